"""The gate's verdict on columns of texts: one scan for what could be wrong at all, then a look at each that could."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
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
REMEMBERED: Final = 65_536
"""Texts found clean that are remembered; what was refused is not."""

_BETWEEN: Final = "\x1e"
"""Stands between texts that are scanned together; never in a text that is clean."""
_CODED: Final = r"[^\x20-\x7e\x1e]|[@%\\=+]|&#?[0-9A-Za-z]{2,8};|[A-Za-z0-9+/_-]{16,}"
_TOLD: Final = (
    r"(?i:\b(?:tel|phone|mobile|cell|whatsapp|wechat|weixin|qq|fax|plate|licen[cs]e|lic|mr|mrs|ms|miss|madam|name|"
    r"surname)|\bat\b)"
)
_NUMBERED: Final = r"[0-9]{13,}|[0-9][ .()-]+[0-9]|(?:[0-9][^0-9A-Za-z\x1e]){8,}"
_SUSPECT: Final = {
    Class.ID: re.compile(rf"{_CODED}|{_TOLD}|{_NUMBERED}|[A-Za-z][ ,]+[A-Za-z]"),
    Class.PART: re.compile(rf"{_CODED}|{_TOLD}|{_NUMBERED}"),
    Class.PLACE: re.compile(rf"{_CODED}|{_TOLD}|(?:[0-9][ .()_*/-]*){{9,}}|(?:[0-9][^0-9A-Za-z\x1e]){{8,}}"),
    Class.PLAIN: re.compile(rf"{_CODED}|[0-9]{{6,}}|[ .()-]"),
}


class Gate:
    """Judges texts. It keeps no text that it refused."""

    __slots__ = ("_clean",)

    def __init__(self) -> None:
        self._clean: dict[Class, set[str]] = {kind: set() for kind in Class}

    def judge(self, texts: Sequence[str], kind: Class) -> dict[int, Reason]:
        """Index of a text -> why it is refused; what may pass is not there."""
        distinct = set(texts)
        scanned = _BETWEEN.join(distinct)
        if _SUSPECT[kind].search(scanned) is None and scanned.count(_BETWEEN) < max(len(distinct), 1):
            return {}
        refused = {text: reason for text in distinct if (reason := self.verdict(text, kind))}
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


def _verdict(text: str, kind: Class) -> Reason | None:
    found = _seen(view_of(text, kind))
    if found is not None:
        return found
    for inner in layers(text):
        found = _seen(view_of(inner, kind, disguised=True))
        if found is not None:
            return found
    return None


def _seen(view: View) -> Reason | None:
    for detects, reason in DETECTORS:
        if detects(view):
            return reason
    return None
