"""The register of detectors: which kinds there are, how one is made from a rule, what guards its memory."""

from __future__ import annotations

import difflib
import hashlib
import math
from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final, cast

from rules.book import DetectorSpec
from rules.detectors import own
from rules.detectors.accumulated import Accumulated
from rules.detectors.drop import Drop
from rules.detectors.first_seen import FirstSeen
from rules.detectors.port import Detector
from rules.detectors.ratio import Ratio
from rules.detectors.surprise import Surprise
from rules.detectors.threshold import Threshold

SHIPPED: Final[Mapping[str, type[Detector]]] = MappingProxyType(
    {kind.kind: kind for kind in (Threshold, Ratio, Surprise, Drop, Accumulated, FirstSeen)}
)
"""kind -> class, of ours."""

_OWN: Final = own.found(SHIPPED)

DETECTORS: Final[Mapping[str, type[Detector]]] = MappingProxyType({**SHIPPED, **_OWN.kinds})
"""kind -> class, those of other packages included. To add a detector: docs/detectors/your-own.md."""

BROKEN: Final[Mapping[str, str]] = MappingProxyType(_OWN.broken)
"""Kinds that another package offers and that cannot be used -> why."""

_MEANING: Final[Mapping[str, int]] = MappingProxyType({"surprise": 2, "drop": 2, "accumulated": 2})
"""Raised when a detector's memory changes its meaning: old memory is then never read."""


def make(spec: DetectorSpec) -> Detector:
    """The detector that `spec` names, parameters filled in.

    Raises ValueError for an unknown kind, an unknown parameter, or a value out of range.
    """
    known: Any = DETECTORS.get(spec.kind)
    if known is None and spec.kind in BROKEN:
        raise ValueError(f"detector kind is {spec.kind!r}, which cannot be used: {BROKEN[spec.kind]}")
    if known is None:
        raise ValueError(f"detector kind is {spec.kind!r}: {_instead(spec.kind, DETECTORS)}")
    offered = parameters(spec.kind)
    for name, value in spec.parameters.items():
        if name not in offered:
            raise ValueError(f"{spec.kind} has no parameter {name!r}: {_instead(name, offered)}")
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value!r}: make it a number")
    made = known(**{name: float(value) for name, value in spec.parameters.items()})
    return cast(Detector, made)


def parameters(kind: str) -> dict[str, float]:
    """The parameters of a kind with their defaults. Raises KeyError where there is no such kind."""
    made: Any = DETECTORS[kind]
    return {field.name: float(getattr(made(), field.name)) for field in fields(made)}


def meaning(kind: str) -> int:
    """The number of what the memory of a kind means. Raises KeyError where there is no such kind."""
    return _MEANING.get(kind, int(getattr(DETECTORS[kind], "meaning", 1)))


def fingerprint(spec: DetectorSpec) -> str:
    """12 hex digits over kind, every parameter in force and the meaning of the memory.

    Equal where a parameter is spelled out or left at its default. Raises ValueError as `make`.
    """
    detector = make(spec)
    told = [f"{name}={float(getattr(detector, name))!r}" for name in sorted(parameters(spec.kind))]
    text = ";".join([spec.kind, str(meaning(spec.kind)), *told])
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _instead(name: str, offered: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, offered, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"take one of {', '.join(sorted(offered))}" if offered else "it takes none"
