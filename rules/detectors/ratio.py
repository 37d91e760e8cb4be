"""Ratio: a window against the windows just before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from rules.detectors.port import (
    NEVER,
    Clock,
    FloatArray,
    IntArray,
    Kin,
    Law,
    Memory,
    Past,
    Points,
    Promise,
    Recent,
    Side,
)
from rules.detectors.threshold import reaching


@dataclass(frozen=True, slots=True)
class Ratio:
    """Speak when a window holds `times` the mean of the `against` windows of its length just before it.

    Score: count / (times * max(mean, at_least)); it speaks at 1. `at_least` (events a window) is the least mean
    that is compared with, so that a quiet past asks for `times * at_least` events and never divides by zero.
    It hears every morning rush as a spike: for a limit that knows the hour of the week take `Surprise`.
    """

    times: float = 3.0
    against: float = 4.0
    at_least: float = 1.0
    kind: ClassVar[str] = "ratio"
    refits: ClassVar[Literal["day", "step"]] = "step"
    hears: ClassVar[Side] = "high"
    judges: ClassVar[Literal["open", "settled"]] = "open"

    def __post_init__(self) -> None:
        if not 0 < self.times < 1e6:
            raise ValueError(f"times is {self.times:g}: make it a number above 0")
        if self.against != int(self.against) or not 1 <= self.against <= 1000:
            raise ValueError(f"against is {self.against:g}: make it a whole number of windows, 1 to 1000")
        if not 0 < self.at_least < 1e6:
            raise ValueError(f"at_least is {self.at_least:g}: make it a number of events above 0")

    @property
    def reach(self) -> int:
        """The judged window and those it is compared with."""
        return int(self.against) + 1

    def fit(self, memory: Memory | None, past: Past) -> Memory:
        return memory or {}

    def law(
        self, memory: Memory | None, recent: Recent, clock: Clock, points: Points, kin: Kin, windows: tuple[int, ...]
    ) -> Law:
        reach = int(self.against) * points.length
        before = recent.total(points.series, points.first - reach, points.first - 1)
        mean = before / self.against
        enough = points.first - reach >= recent.began(points.series)
        return Law(mean, np.zeros(len(points)), enough)

    def score(self, law: Law, counts: IntArray) -> FloatArray:
        return np.where(law.enough, counts / self._unit(law), -np.inf)

    def limits(self, law: Law, heights: FloatArray) -> IntArray:
        return np.where(law.enough, reaching(heights, self._unit(law)), NEVER)

    def height(self, promise: Promise) -> float:
        return 1.0

    def rarer(self, height: float, times: float) -> float:
        """A rank that is `times` rarer asks for `times` the ratio."""
        return height * times

    def _unit(self, law: Law) -> FloatArray:
        """The count at which the ratio is met, shape (P,)."""
        return np.asarray(self.times * np.maximum(law.mean, self.at_least), dtype=np.float64)
