"""Scrubbing: what may be kept of a record that was refused, and of any text that goes to a log."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any, Final

import msgspec

from streams.gate.view import fold

KEPT_BYTES: Final = 2048
"""What is kept of one record at most."""
LONGEST_SHOWN: Final = 120
TIMES: Final = frozenset({"occurred_at", "arrived_at", "due_at", "revision"})
"""Fields of which only the form is kept, as in `####-##-## ##:##`."""
CODES: Final = frozenset({"category", "area", "kind", "severity", "count", "stage", "marks"})
"""Fields of which the words are kept that the city itself uses: a hint for mending a mapping table."""

_DIGITS: Final = re.compile(r"\d(?:[^\w]{0,3}\d){6,}")
_EMAIL: Final = re.compile(r"[\w.+'-]+\s?@\s?[\w-]+(?:\.[\w-]+)*")
_CODED: Final = re.compile(r"(?=[A-Za-z+/_-]*[0-9A-Z])[A-Za-z0-9+/_-]{16,}={0,2}")
_DIGIT: Final = re.compile(r"\d")
_TIME_WORDS: Final = frozenset(("t", "z", "am", "pm"))
_WORD: Final = re.compile(r"[^\W\d_]+")


def scrub(text: str) -> str:
    """The text with runs of seven or more digits of any script, e-mail-like and long base64-like runs replaced.

    >>> scrub("call 138-1234-5678 or a.b@c.org")
    'call ‹digits› or ‹e-mail›'
    """
    folded = fold(text)
    folded = _EMAIL.sub("‹e-mail›", folded)
    folded = _CODED.sub("‹code›", folded)
    return _DIGITS.sub("‹digits›", folded)


def words_of(texts: Iterable[str]) -> frozenset[str]:
    """The words in texts that the city itself wrote: codes, names, values of its tables."""
    return frozenset(word for text in texts for word in _WORD.findall(fold(text).casefold()))


def kept(record: Mapping[str, Any], leads: Mapping[str, str], vocabulary: Container[str]) -> bytes:
    """What is kept of a decoded record, JSON, at most KEPT_BYTES: the forms of its times, the words that the city
    itself uses in the texts that lead to codes, and of everything else the length.

    `leads`: column -> field of the contract; a column that is not there keeps not even its name. Names of persons
    cannot be told from other words for certain, so a word that is not in `vocabulary` is never kept.
    """
    shown: dict[str, Any] = {}
    for number, (column, value) in enumerate(record.items(), start=1):
        field = leads.get(column)
        shown[f"#{number}" if field is None else column] = _shown(field, value, vocabulary)
    data = msgspec.json.encode(shown)
    return data if len(data) <= KEPT_BYTES else b""


def _shown(field: str | None, value: Any, vocabulary: Container[str]) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping | list | tuple):
        return f"‹{len(value)} items›"
    text = str(value)
    if len(text) <= LONGEST_SHOWN and field in TIMES:
        return _masked(text, _TIME_WORDS)
    if len(text) <= LONGEST_SHOWN and field in CODES:
        return _masked(text, vocabulary)
    return f"‹{len(text)} characters›"


def _masked(text: str, vocabulary: Container[str]) -> str:
    """The text with its known words; of other words a dot a character, of digits `#`."""
    folded = _DIGIT.sub("#", fold(text).casefold())
    return _WORD.sub(lambda word: word[0] if word[0] in vocabulary else "•" * len(word[0]), folded)
