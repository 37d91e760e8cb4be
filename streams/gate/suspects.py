"""Which texts of a column deserve a closer look: one scan a pattern over all of them, and no identity overlooked.

Several plain patterns are some times faster than one with many branches: each begins with a set of characters that
the engine skips to.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Final

from streams.gate.view import Class

BETWEEN: Final = "\x1e"
"""Stands between texts that are scanned together; a text that holds it is looked at anyway."""


class Outline:
    """What texts that are scanned together are made of: enough to prove, without a search, that a pattern cannot stand
    in any of them. Each proof is a search for a fixed text, some ten times faster than the pattern's own."""

    __slots__ = ("kinds", "scanned", "squeezed")
    scanned: str
    kinds: str
    squeezed: str

    def __init__(self, scanned: str) -> None:
        self.scanned = scanned
        self.kinds = scanned.translate(_KINDS)
        """Digits as 0, letters as A and a, marks as a dot; what is not printable ASCII as it was, or as `?`."""
        self.squeezed = self.kinds.replace(".", "")

    def holds(self, *kinds: str) -> bool:
        return any(text in self.kinds for text in kinds)


def _kind(char: str) -> str:
    if char.isdigit():
        return "0"
    if char.isalpha():
        return "A" if char.isupper() else "a"
    if char == BETWEEN:
        return BETWEEN
    return "." if char.isprintable() else "?"


_KINDS: Final = "".join(_kind(chr(code)) for code in range(128))

Scan = tuple[re.Pattern[str], Callable[[Outline], bool], str]
"""A pattern, what must hold where it stands in any text, and a fixed text that then stands in that very text's outline:
where there is one, only texts that hold it are searched. Ids of digits and letters (UUIDs) let the others run long."""


def _scan(pattern: str, needs: Callable[[Outline], bool] = lambda _: True, *, within: str = "") -> Scan:
    return re.compile(pattern), needs, within


def _letters(seen: Outline) -> bool:
    return seen.holds("a", "A")


_CODED: Final = (
    _scan(r"[^\x20-\x7e\x1e]", lambda seen: not seen.scanned.isascii() or seen.holds("?")),
    _scan(r"[@%\\=+]", lambda seen: any(mark in seen.scanned for mark in "@%\\=+")),
    _scan(r"&#?[0-9A-Za-z]{2,8};", lambda seen: "&" in seen.scanned),
)
_HEX: Final = (
    _scan(r"(?:3[0-9](?:00)?){7,}", lambda seen: seen.holds("0" * 14)),
    _scan(r"1[Ff]8[Bb]08", lambda seen: seen.holds("0a0a00", "0A0A00", "0a0A00", "0A0a00")),
)
_BASE32: Final = _scan(r"[A-Z2-7]{16,}", lambda seen: "A" * 16 in seen.kinds.replace("0", "A"))
_GROUPED: Final = (
    _scan(r"(?:[0-9][^0-9A-Za-z\x1e]){8,}", lambda seen: seen.holds("0." * 8)),
    _scan(r"[0-9]{3}[ -][0-9]{2}[ -][0-9]{4}", lambda seen: seen.holds("000.00.0000")),
    _scan(r"[0-9]{3}\)? ?[ .-]?[0-9]{3,4}[ .-][0-9]{4}", lambda seen: seen.holds("000.0000"), within="000.0000"),
)
_LONG_NUMBERS: Final = (
    _scan(r"[0-9]{13,}", lambda seen: seen.holds("0" * 13)),
    _scan(r"(?:[0-9][ ()*/_-]{0,3}){15,}", lambda seen: "0" * 15 in seen.squeezed, within="0" * 15),
)
_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_SCANS: Final[dict[Class, tuple[Scan, ...]]] = {
    Class.ID: (
        *_CODED,
        *_HEX,
        _BASE32,
        *_GROUPED,
        *_LONG_NUMBERS,
        _scan("[A-Za-z][ ,]+[A-Za-z]", lambda seen: _letters(seen) and (" " in seen.scanned or "," in seen.scanned)),
    ),
    Class.PART: (*_CODED, *_HEX, _BASE32, *_GROUPED, *_LONG_NUMBERS),
    Class.PLACE: (
        *_CODED,
        *_HEX,
        *_GROUPED,
        _scan(r"[A-Za-z0-9+/_-]{12,}"),
        _scan(r"(?:[0-9][ .()_*/-]*){9,}", lambda seen: "0" * 9 in seen.squeezed),
    ),
    Class.PLAIN: (*_CODED, _scan(r"[A-Za-z0-9+/_-]{8,}"), _scan(r"[0-9]{6,}"), _scan("[ .()-]")),
}
_TOLD: Final = re.compile(
    r"tel|phone|mobile|cell|whatsapp|wechat|weixin|qq|fax|plate|licen|lic[. ]|m[rs]{1,2}[. ]|miss|madam|name"
    r"|[^a-z]at[^a-z]"
)
"""Searched in lower case."""
_TOLD_NEEDS: Final = (
    "tel", "phone", "mobile", "cell", "whatsapp", "wechat", "weixin", "qq", "fax", "plate", "lic", "mr", "ms", "mi",
    "madam", "name", "at",
)  # fmt: skip
"""One of these stands in lower case wherever `_TOLD` does."""


def suspects(texts: Sequence[str], kind: Class) -> Sequence[str]:
    """Those of the texts that the gate has to look at one by one. What else stands in the column changes nothing."""
    holding = [text for text in texts if BETWEEN in text]
    if holding:
        texts = [text for text in texts if BETWEEN not in text]
    if not texts:
        return holding
    scanned = BETWEEN.join(texts)
    seen = Outline(scanned)
    ends = list(accumulate(len(text) + 1 for text in texts))
    found: set[int] = set()
    for pattern, needs, within in _SCANS[kind]:
        if not needs(seen):
            continue
        if within:
            found.update(place for place in _places_of(within, seen) if pattern.search(texts[place]))
        else:
            _mark(pattern, scanned, ends, found, _always)
    if _letters(seen):
        # Texts that are not ASCII are suspect already; so every character may stay one character here.
        lowered = scanned.encode("ascii", "replace").decode().lower()
        if any(word in lowered for word in _TOLD_NEEDS):
            _mark(_TOLD, lowered, ends, found, _always)
    if kind in (Class.ID, Class.PART) and seen.holds("a") and seen.holds("A"):
        _mark(_RUN, scanned, ends, found, _has_both_cases)
    return [*holding, *(texts[place] for place in sorted(found))]


def _places_of(text: str, seen: Outline) -> list[int]:
    """The texts in whose outline `text` stands; one without marks may be broken by marks."""
    outline = seen.kinds if "." in text else seen.squeezed
    return [place for place, one in enumerate(outline.split(BETWEEN)) if text in one]


def _mark(
    pattern: re.Pattern[str], scanned: str, ends: Sequence[int], found: set[int], counts: Callable[[str], bool]
) -> None:
    """Add the places of texts in which the pattern stands; after a hit the rest of that text is skipped."""
    hit = pattern.search(scanned)
    while hit is not None:
        if counts(hit[0]):
            place = bisect_right(ends, hit.start())
            found.add(place)
            hit = pattern.search(scanned, ends[place])
        else:
            hit = pattern.search(scanned, hit.end())


def _always(_: str) -> bool:
    return True


def _has_both_cases(run: str) -> bool:
    """Base64 of a text has both cases; hexadecimal ids and those of words in one case have not."""
    return run.lower() != run and run.upper() != run
