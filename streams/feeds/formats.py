"""Formats of times: strptime's notation and four words, as widths and as regular expressions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_WIDTHS: Final = {"Y": 4, "m": 2, "d": 2, "H": 2, "I": 2, "M": 2, "S": 2, "y": 2, "p": 2}
_PATTERNS: Final = {
    "Y": r"(?P<Y>[0-9]{4})",
    "y": r"(?P<y>[0-9]{2})",
    "m": r"(?P<m>[0-9]{1,2})",
    "d": r"(?P<d>[0-9]{1,2})",
    "H": r"(?P<H>[0-9]{1,2})",
    "I": r"(?P<I>[0-9]{1,2})",
    "M": r"(?P<M>[0-9]{1,2})",
    "S": r"(?P<S>[0-9]{1,2})",
    "f": r"(?P<f>[0-9]{1,9})",
    "p": r"(?P<p>[AaPp][Mm])",
    "b": r"(?P<b>[A-Za-z]{3})",
    "B": r"(?P<B>[A-Za-z]{3,9})",
    "z": r"(?P<z>Z|[+-][0-9]{2}:?[0-9]{2})",
    "%": "%",
}
_RFC3339: Final = re.compile(
    r"(?P<Y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})[Tt](?P<H>[0-9]{2}):(?P<M>[0-9]{2}):(?P<S>[0-9]{2})"
    r"(?:\.(?P<f>[0-9]{1,9}))?(?P<z>[Zz]|[+-][0-9]{2}:[0-9]{2})?",
    re.ASCII,
)
WORDS: Final = {"rfc3339": "%Y-%m-%dT%H:%M:%SZ", "iso_local": "%Y-%m-%dT%H:%M:%S", "epoch_s": "", "epoch_ms": ""}


@dataclass(frozen=True, slots=True)
class Layout:
    """A format whose texts all have one width."""

    fields: tuple[tuple[str, int, int], ...]  # (directive, start, end)
    literals: tuple[tuple[int, int], ...]  # (position, code point)
    width: int
    offset_sign: int = 0  # of the offset from UTC that the text ends with; 0: it has none


def problem_with(form: str) -> str | None:
    """What is wrong with a format, in a few words; None where it can be read."""
    if form in WORDS:
        return None
    try:
        pattern_of(form)
    except (KeyError, re.error) as fault:
        return f"{fault} is not known or stands twice"
    names = set(re.findall(r"%([A-Za-z])", form))
    if not ({"Y", "y"} & names and {"m", "b", "B"} & names and "d" in names):
        return "it needs year, month and day"
    return None


def is_day(form: str) -> bool:
    """Whether the format has no time of day."""
    return form not in WORDS and "%H" not in form and "%I" not in form


@lru_cache(maxsize=256)
def layouts(form: str) -> tuple[Layout, ...]:
    """The fixed widths in which a format comes; none where widths vary."""
    texts: tuple[tuple[str, int], ...] = ((WORDS.get(form, form), 0),)
    if form == "rfc3339":
        texts = (("%Y-%m-%dT%H:%M:%SZ", 0), ("%Y-%m-%dT%H:%M:%S+%H:%M", 1), ("%Y-%m-%dT%H:%M:%S-%H:%M", -1))
    found = (_layout(text, sign) for text, sign in texts)
    return tuple(layout for layout in found if layout is not None)


def _layout(text: str, offset_sign: int) -> Layout | None:
    fields: list[tuple[str, int, int]] = []
    literals: list[tuple[int, int]] = []
    position = 0
    for number, piece in enumerate(re.split(r"%(.)", text)):
        if number % 2 == 0:
            literals += [(position + i, ord(char)) for i, char in enumerate(piece)]
            position += len(piece)
        elif piece in _WIDTHS:
            fields.append((piece, position, position + _WIDTHS[piece]))
            position += _WIDTHS[piece]
        else:
            return None
    return Layout(tuple(fields), tuple(literals), position, offset_sign)


@lru_cache(maxsize=256)
def pattern_of(form: str) -> re.Pattern[str]:
    """The regular expression of a format. Raises KeyError for a directive that is not known."""
    if form == "rfc3339":
        return _RFC3339
    text = WORDS.get(form, form)
    pieces = re.split(r"%(.)", text)
    found = "".join(re.escape(piece) if i % 2 == 0 else _PATTERNS[piece] for i, piece in enumerate(pieces))
    return re.compile(found, re.ASCII)
