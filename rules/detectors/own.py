"""Detectors that other packages offer: the entry points of the group `tocsin.detectors`, kind = class.

What is installed beside us is part of the program, as our own detectors are: it is read once, when the register is
made. A class that breaks the door is left out, and what is wrong with it is told wherever its kind is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import MISSING, fields, is_dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final, NamedTuple, cast

from rules.detectors.port import Detector

GROUP: Final = "tocsin.detectors"
_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SAID: Final = {
    "refits": ("day", "step"),
    "hears": ("high", "low"),
    "judges": ("open", "settled"),
}
_DOES: Final = ("fit", "law", "score", "limits", "height", "rarer")
_LONGEST: Final = 200
"""Characters kept of what a package raised."""


class Found(NamedTuple):
    """What other packages offer. `broken`: kind -> why it cannot be used."""

    kinds: dict[str, type[Detector]]
    broken: dict[str, str]


def found(taken: Collection[str], offers: Iterable[EntryPoint] | None = None) -> Found:
    """All that is offered; `taken`: kinds that are ours. Of one kind offered twice neither is used: which of them came
    first would depend on the machine."""
    kinds: dict[str, type[Detector]] = {}
    broken: dict[str, str] = {}
    offered = sorted(entry_points(group=GROUP) if offers is None else offers, key=lambda one: (one.name, one.value))
    for offer in dict.fromkeys(offered):
        if offer.name in kinds or offer.name in broken:
            broken[offer.name] = f"{GROUP} has it twice: leave one of the packages out"
            kinds.pop(offer.name, None)
            continue
        try:
            kinds[offer.name] = _kept(offer, taken)
        except Exception as fault:  # noqa: BLE001 - whatever a package raises costs its own kind alone
            told = str(fault) if isinstance(fault, _BrokenError) else f"{offer.value}: {type(fault).__name__}: {fault}"
            broken[offer.name] = " ".join(told.split())[:_LONGEST]
    return Found(kinds, broken)


class _BrokenError(ValueError):
    """What is offered is no detector: says what it lacks."""


def _kept(offer: EntryPoint, taken: Collection[str]) -> type[Detector]:
    """The class that an entry point names. Raises _BrokenError, and whatever the package raises."""
    if not _KIND.fullmatch(offer.name):
        raise _BrokenError(f"{GROUP} has {offer.name!r}: make it small letters, digits and _")
    if offer.name in taken:
        raise _BrokenError(f"{offer.value} is called {offer.name}, as one of ours is: give it another kind")
    made: Any = offer.load()
    where = offer.value
    if not isinstance(made, type) or not is_dataclass(made):
        raise _BrokenError(f"{where} is no dataclass: docs/detectors/your-own.md shows one")
    if getattr(made, "kind", None) != offer.name:
        raise _BrokenError(f"{where} has kind {getattr(made, 'kind', None)!r}: make it {offer.name!r}")
    for name, known in _SAID.items():
        if getattr(made, name, None) not in known:
            raise _BrokenError(f"{where} has {name} {getattr(made, name, None)!r}: make it one of {', '.join(known)}")
    lacks = [name for name in _DOES if not callable(getattr(made, name, None))]
    lacks += [] if hasattr(made, "reach") else ["reach"]
    if lacks:
        raise _BrokenError(f"{where} lacks {', '.join(lacks)}: rules/detectors/port.py says what a detector does")
    if bare := [one.name for one in fields(made) if one.default is MISSING]:
        raise _BrokenError(f"{where} has no default for {', '.join(bare)}: a rule may leave every parameter out")
    meaning = getattr(made, "meaning", 1)
    if type(meaning) is not int or meaning < 1:
        raise _BrokenError(f"{where} has meaning {meaning!r}: make it a whole number from 1 on")
    for one in fields(made):
        float(cast(Any, one.default))  # all parameters are numbers
    made()
    return cast(type[Detector], made)
