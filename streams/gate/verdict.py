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
from streams.gate.suspects import suspects
from streams.gate.view import Class, View, view_of
from streams.refusals import Reason

Detector = tuple[Callable[[View], bool], Reason, int]
"""What looks for something, the reason it gives, and how many digits there must be for it to find anything."""

DETECTORS: Final[tuple[Detector, ...]] = (
    (citizen, Reason.CITIZEN_NUMBER, 9),
    (card, Reason.CARD, 13),
    (phone, Reason.PHONE, 6),
    (plate, Reason.PLATE, 1),
    (email, Reason.EMAIL, 0),
    (name, Reason.NAME, 0),
)
NUMBERS: Final = DETECTORS[:3]
"""Those that look at digits alone."""
_NUMBER: Final = re.compile(r"[0-9]+")
_HEX_DIGITS: Final = re.compile(r"(?:3[0-9]){7,}")
REMEMBERED: Final = 65_536
"""Texts of a class found clean that are remembered; what was refused is not."""
_RECURRING: Final = frozenset({Class.PLACE, Class.PLAIN})
"""Classes whose texts come again: all that passed are remembered. Of identities only those that had to be looked at."""


class Gate:
    """Judges texts. It keeps no text that it refused."""

    __slots__ = ("_clean",)

    def __init__(self) -> None:
        self._clean: dict[Class, set[str]] = {kind: set() for kind in Class}

    def judge(self, texts: Sequence[str], kind: Class) -> dict[int, Reason]:
        """Index of a text -> why it is refused; what may pass is not there."""
        clean = self._clean[kind]
        fresh = list(set(texts) - clean)
        refused: dict[str, Reason] = {}
        for text in suspects(fresh, kind):
            reason = self._looked_at(text, kind)
            if reason is not None:
                refused[text] = reason
        if kind in _RECURRING:
            self._remember([text for text in fresh if text not in refused], kind)
        if not refused:
            return {}
        return {i: refused[text] for i, text in enumerate(texts) if text in refused}

    def verdict(self, text: str, kind: Class) -> Reason | None:
        """Why the text is refused; None where it may pass."""
        return self._looked_at(text, kind) if suspects([text], kind) else None

    def _looked_at(self, text: str, kind: Class) -> Reason | None:
        clean = self._clean[kind]
        if text in clean:
            return None
        reason = _verdict(text, kind)
        if reason is None:
            self._remember([text], kind)
        return reason

    def _remember(self, texts: Sequence[str], kind: Class) -> None:
        clean = self._clean[kind]
        if len(clean) + len(texts) > REMEMBERED:
            clean.clear()
        clean.update(texts[:REMEMBERED])


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


def _seen(view: View, detectors: Sequence[Detector]) -> Reason | None:
    digits = sum(map(view.plain.count, "0123456789"))
    for detects, reason, least in detectors:
        if digits >= least and detects(view):
            return reason
    return None
