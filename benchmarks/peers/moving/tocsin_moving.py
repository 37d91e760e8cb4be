"""Moving: a window against the exponential moving mean of the windows before it."""

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
class Moving:
    """Speak above m + 3 * sqrt(m) + 3, where each window before weighs `weight`, and 1 - `weight` of the one after it.

    Score: count / the smallest count above that; it speaks at 1. What lies more than `windows` back weighs nothing.
    """

    weight: float = 0.05
    windows: float = 400.0
    kind: ClassVar[str] = "moving"
    refits: ClassVar[Literal["day", "step"]] = "step"
    hears: ClassVar[Side] = "high"
    judges: ClassVar[Literal["open", "settled"]] = "open"

    def __post_init__(self) -> None:
        if not 0 < self.weight <= 1:
            raise ValueError(f"weight is {self.weight:g}: make it a number above 0, at most 1")
        if self.windows != int(self.windows) or not 1 <= self.windows <= 1000:
            raise ValueError(f"windows is {self.windows:g}: make it a whole number of windows, 1 to 1000")

    @property
    def reach(self) -> int:
        return int(self.windows) + 1

    def fit(self, memory: Memory | None, past: Past) -> Memory:
        return memory or {}

    def law(
        self, memory: Memory | None, recent: Recent, clock: Clock, points: Points, kin: Kin, windows: tuple[int, ...]
    ) -> Law:
        back = np.arange(1, self.reach)
        first = (points.first[:, None] - back * points.length[:, None]).ravel()
        last = first + np.repeat(points.length, len(back)) - 1
        before = recent.total(np.repeat(points.series, len(back)), first, last).reshape(len(points), len(back))
        mean = before @ (self.weight * (1 - self.weight) ** (back - 1))
        return Law(mean, np.zeros(len(points)), np.ones(len(points), bool))

    def _unit(self, law: Law) -> FloatArray:
        return np.asarray(np.floor(law.mean + 3 * np.sqrt(law.mean) + 3) + 1)

    def score(self, law: Law, counts: IntArray) -> FloatArray:
        return np.where(law.enough, counts / self._unit(law), -np.inf)

    def limits(self, law: Law, heights: FloatArray) -> IntArray:
        return np.where(law.enough, reaching(heights, self._unit(law)), NEVER)

    def height(self, promise: Promise) -> float:
        return 1.0

    def rarer(self, height: float, times: float) -> float:
        return height * times
