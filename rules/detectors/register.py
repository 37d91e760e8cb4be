"""The register of detectors: which kinds there are, how one is made from a rule, what guards its memory."""

from __future__ import annotations

import difflib
import hashlib
import math
from collections.abc import Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Final

from rules.book import DetectorSpec
from rules.detectors.accumulated import Accumulated
from rules.detectors.drop import Drop
from rules.detectors.first_seen import FirstSeen
from rules.detectors.port import Detector
from rules.detectors.ratio import Ratio
from rules.detectors.surprise import Surprise
from rules.detectors.threshold import Threshold

DetectorClass = type[Threshold] | type[Ratio] | type[Surprise] | type[Drop] | type[Accumulated] | type[FirstSeen]

DETECTORS: Final[Mapping[str, DetectorClass]] = MappingProxyType(
    {kind.kind: kind for kind in (Threshold, Ratio, Surprise, Drop, Accumulated, FirstSeen)}
)
"""kind -> class. To add a detector: docs/detectors/your-own.md."""

_MEANING: Final[Mapping[str, int]] = MappingProxyType({"surprise": 2, "drop": 2, "accumulated": 2})
"""Raised when a detector's memory changes its meaning: old memory is then never read."""


def make(spec: DetectorSpec) -> Detector:
    """The detector that `spec` names, parameters filled in.

    Raises ValueError for an unknown kind, an unknown parameter, or a value out of range.
    """
    known = DETECTORS.get(spec.kind)
    if known is None:
        raise ValueError(f"detector kind is {spec.kind!r}: {_instead(spec.kind, DETECTORS)}")
    offered = parameters(spec.kind)
    for name, value in spec.parameters.items():
        if name not in offered:
            raise ValueError(f"{spec.kind} has no parameter {name!r}: {_instead(name, offered)}")
        if not math.isfinite(value):
            raise ValueError(f"{name} is {value!r}: make it a number")
    return known(**{name: float(value) for name, value in spec.parameters.items()})


def parameters(kind: str) -> dict[str, float]:
    """The parameters of a kind with their defaults. Raises KeyError where there is no such kind."""
    return {field.name: float(getattr(DETECTORS[kind](), field.name)) for field in fields(DETECTORS[kind])}


def fingerprint(spec: DetectorSpec) -> str:
    """12 hex digits over kind, every parameter in force and the meaning of the memory.

    Equal where a parameter is spelled out or left at its default. Raises ValueError as `make`.
    """
    detector = make(spec)
    told = [f"{name}={float(getattr(detector, name))!r}" for name in sorted(parameters(spec.kind))]
    text = ";".join([spec.kind, str(_MEANING.get(spec.kind, 1)), *told])
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _instead(name: str, offered: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, offered, n=1)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"take one of {', '.join(sorted(offered))}" if offered else "it takes none"
