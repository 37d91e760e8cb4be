"""Scrubbing: what may be kept of a record that was refused, and of any text that goes to a log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from streams.gate.name import looks_like_name
from streams.gate.verdict import Gate
from streams.gate.view import Class, fold

KEPT_BYTES: Final = 2048
"""What is kept of one record at most."""
LONGEST_SHOWN: Final = 120
TIMES: Final = frozenset({"occurred_at", "arrived_at", "due_at", "revision"})
"""Fields of which only the form is kept, as in `####-##-## ##:##`."""
CODES: Final = frozenset({"category", "area", "kind", "severity", "count", "stage", "marks"})
"""Fields whose text is kept where the gate finds nothing in it: what a mapping table is mended with."""

_DIGITS: Final = re.compile(r"\d(?:[^\w]{0,3}\d){6,}")
_EMAIL: Final = re.compile(r"[\w.+'-]+\s?@\s?[\w-]+(?:\.[\w-]+)*")
_CODED: Final = re.compile(r"(?=[A-Za-z+/_-]*[0-9A-Z])[A-Za-z0-9+/_-]{16,}={0,2}")
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


def kept(record: Mapping[str, Any], leads: Mapping[str, str], gate: Gate) -> bytes:
    """What is kept of a decoded record, JSON, at most KEPT_BYTES: the forms of its times, the texts that lead to
    codes where the gate finds nothing in them, and of everything else its length.

    `leads`: column -> field of the contract; a column that is not there keeps not even its name.
    """
    shown: dict[str, Any] = {}
    for number, (column, value) in enumerate(record.items(), start=1):
        field = leads.get(column)
        shown[f"#{number}" if field is None else column] = _shown(field, value, gate)
    data = msgspec.json.encode(shown)
    return data if len(data) <= KEPT_BYTES else b""


def _shown(field: str | None, value: Any, gate: Gate) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Mapping | list | tuple):
        return f"‹{len(value)} items›"
    text = str(value)
    if field in CODES and len(text) <= LONGEST_SHOWN and not looks_like_name(text):
        if gate.verdict(text, Class.PLAIN) is None:
            return scrub(text)
    elif field in TIMES and len(text) <= LONGEST_SHOWN:
        return _form(text)
    return f"‹{len(text)} characters›"


def _form(text: str) -> str:
    """The form of a time: digits as `#`, words as `a`, but for the marks that times use."""
    form = re.sub(r"\d", "#", text)
    return _WORD.sub(lambda word: word[0] if word[0].upper() in ("T", "Z", "AM", "PM") else "a" * len(word[0]), form)
