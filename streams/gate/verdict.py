"""The gate's verdict on columns of texts: one scan for what could be wrong at all, then a look at each that could."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Final

from streams.gate.card import card
from streams.gate.citizen import citizen
from streams.gate.email import email
from streams.gate.layers import layers
from streams.gate.name import name
from streams.gate.phone import phone
from streams.gate.plate import plate
from streams.gate.view import Class, View, view_of
from streams.refusals import Reason

DETECTORS: Final[tuple[tuple[Callable[[View], bool], Reason], ...]] = (
    (citizen, Reason.CITIZEN_NUMBER),
    (card, Reason.CARD),
    (phone, Reason.PHONE),
    (plate, Reason.PLATE),
    (email, Reason.EMAIL),
    (name, Reason.NAME),
)
NUMBERS: Final = DETECTORS[:3]
"""Those that look at digits alone."""
_NUMBER: Final = re.compile(r"[0-9]+")
_HEX_DIGITS: Final = re.compile(r"(?:3[0-9]){7,}")
REMEMBERED: Final = 65_536
"""Texts found clean that are remembered; what was refused is not."""

_BETWEEN: Final = "\x1e"
"""Stands between texts that are scanned together; never in a text that is clean."""
_CODED: Final = r"[^\x20-\x7e\x1e]|[@%\\=+]|&#?[0-9A-Za-z]{2,8};"
_RUN: Final = r"[A-Za-z0-9+/_-]"
_TOLD: Final = (
    r"(?i:(?<![a-z])(?:tel|phone|mobile|cell|whatsapp|wechat|weixin|qq|fax|plate|licen[cs]e|lic|mr|mrs|ms|miss|madam|name|"
    r"surname)|(?<![a-z])at(?![a-z]))"
)
_NUMBERED: Final = r"[0-9]{13,}|[0-9][ .()-]+[0-9]|(?:[0-9][^0-9A-Za-z\x1e]){8,}"
_SUSPECT: Final = {
    Class.ID: re.compile(rf"{_CODED}|{_RUN}{{16,}}|{_TOLD}|{_NUMBERED}|[A-Za-z][ ,]+[A-Za-z]"),
    Class.PART: re.compile(rf"{_CODED}|{_RUN}{{16,}}|{_TOLD}|{_NUMBERED}"),
    Class.PLACE: re.compile(
        rf"{_CODED}|{_RUN}{{12,}}|{_TOLD}|(?:[0-9][ .()_*/-]*){{9,}}|(?:[0-9][^0-9A-Za-z\x1e]){{8,}}"
    ),
    Class.PLAIN: re.compile(rf"{_CODED}|{_RUN}{{8,}}|[0-9]{{6,}}|[ .()-]"),
}


class Gate:
    """Judges texts. It keeps no text that it refused."""

    __slots__ = ("_clean",)

    def __init__(self) -> None:
        self._clean: dict[Class, set[str]] = {kind: set() for kind in Class}

    def judge(self, texts: Sequence[str], kind: Class) -> dict[int, Reason]:
        """Index of a text -> why it is refused; what may pass is not there."""
        distinct = list(set(texts))
        refused: dict[str, Reason] = {}
        for text in _suspects(distinct, kind):
            reason = self.verdict(text, kind)
            if reason is not None:
                refused[text] = reason
        if not refused:
            return {}
        return {i: refused[text] for i, text in enumerate(texts) if text in refused}

    def verdict(self, text: str, kind: Class) -> Reason | None:
        """Why the text is refused; None where it may pass."""
        clean = self._clean[kind]
        if text in clean:
            return None
        reason = _verdict(text, kind) if _SUSPECT[kind].search(text) or _BETWEEN in text else None
        if reason is None:
            if len(clean) >= REMEMBERED:
                clean.clear()
            clean.add(text)
        return reason


def _suspects(texts: Sequence[str], kind: Class) -> Sequence[str]:
    """Those of the texts that deserve a closer look, by one scan over all of them."""
    scanned = _BETWEEN.join(texts)
    if scanned.count(_BETWEEN) != max(len(texts) - 1, 0):
        return texts
    search, ends = _SUSPECT[kind].search, list(accumulate(len(text) + 1 for text in texts))
    suspects: list[str] = []
    found = search(scanned)
    while found is not None:
        place = bisect_right(ends, found.start())
        suspects.append(texts[place])
        found = search(scanned, ends[place]) if ends[place] < len(scanned) else None
    return suspects


def _verdict(text: str, kind: Class) -> Reason | None:
    if _NUMBER.fullmatch(text):
        return _number_verdict(text, kind)
    found = _seen(view_of(text, kind), DETECTORS)
    if found is not None:
        return found
    for inner in layers(text):
        found = _seen(view_of(inner, kind, disguised=True), DETECTORS)
        if found is not None:
            return found
    return None


def _number_verdict(digits: str, kind: Class) -> Reason | None:
    """The same for a text of ASCII digits alone, where only numbers, and digits written in hex, can stand."""
    found = _seen(View(digits, digits, kind, disguised=False), NUMBERS)
    if found is None and _HEX_DIGITS.fullmatch(digits):
        inner = bytes.fromhex(digits).decode("ascii")
        found = _seen(View(inner, inner, kind, disguised=True), NUMBERS)
    return found


def _seen(view: View, detectors: Sequence[tuple[Callable[[View], bool], Reason]]) -> Reason | None:
    for detects, reason in detectors:
        if detects(view):
            return reason
    return None
