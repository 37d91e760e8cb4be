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

_CODED: Final = (r"[^\x20-\x7e\x1e]", r"[@%\\=+]", r"&#?[0-9A-Za-z]{2,8};")
_HEX: Final = (r"(?:3[0-9](?:00)?){7,}", r"1[Ff]8[Bb]08")
_BASE32: Final = r"[A-Z2-7]{16,}"
_GROUPED: Final = (
    r"(?:[0-9][^0-9A-Za-z\x1e]){8,}",
    r"[0-9]{3}[ -][0-9]{2}[ -][0-9]{4}",
    r"[0-9]{3}\)? ?[ .-]?[0-9]{3,4}[ .-][0-9]{4}",
)
_TOLD: Final = re.compile(
    r"tel|phone|mobile|cell|whatsapp|wechat|weixin|qq|fax|plate|licen|lic[. ]|m[rs]{1,2}[. ]|miss|madam|name"
    r"|[^a-z]at[^a-z]"
)
"""Searched in lower case."""
_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{16,}")
_SCANS: Final = {
    Class.ID: (
        *_CODED,
        *_HEX,
        _BASE32,
        *_GROUPED,
        r"[0-9]{13,}",
        r"(?:[0-9][ ()*/_-]{0,3}){15,}",
        "[A-Za-z][ ,]+[A-Za-z]",
    ),
    Class.PART: (*_CODED, *_HEX, _BASE32, *_GROUPED, r"[0-9]{13,}", r"(?:[0-9][ ()*/_-]{0,3}){15,}"),
    Class.PLACE: (*_CODED, *_HEX, *_GROUPED, r"[A-Za-z0-9+/_-]{12,}", r"(?:[0-9][ .()_*/-]*){9,}"),
    Class.PLAIN: (*_CODED, r"[A-Za-z0-9+/_-]{8,}", r"[0-9]{6,}", "[ .()-]"),
}
_PATTERNS: Final = {kind: tuple(re.compile(scan) for scan in scans) for kind, scans in _SCANS.items()}


def suspects(texts: Sequence[str], kind: Class) -> Sequence[str]:
    """Those of the texts that the gate has to look at one by one. What else stands in the column changes nothing."""
    holding = [text for text in texts if BETWEEN in text]
    if holding:
        texts = [text for text in texts if BETWEEN not in text]
    if not texts:
        return holding
    scanned = BETWEEN.join(texts)
    ends = list(accumulate(len(text) + 1 for text in texts))
    found: set[int] = set()
    for pattern in _PATTERNS[kind]:
        _mark(pattern, scanned, ends, found, _always)
    # Texts that are not ASCII are suspect already; so every character may stay one character here.
    _mark(_TOLD, scanned.encode("ascii", "replace").decode().lower(), ends, found, _always)
    if kind in (Class.ID, Class.PART):
        _mark(_RUN, scanned, ends, found, _has_both_cases)
    return [*holding, *(texts[place] for place in sorted(found))]


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
