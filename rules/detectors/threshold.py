"""Threshold: n events in a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from rules.detectors.port import Clock, FloatArray, IntArray, Kin, Law, Memory, Past, Points, Promise, Recent, Side


@dataclass(frozen=True, slots=True)
class Threshold:
    """Speak at `n` events in a window, whatever is usual. No history is needed and none is kept.

    Score: count / n; it speaks at 1. Its price in false alarms is whatever the series makes of it:
    where the usual count comes near n it speaks daily. For a limit that knows the hour: `Surprise`.
    """

    n: float = 10.0
    kind: ClassVar[str] = "threshold"
    refits: ClassVar[Literal["day", "step"]] = "step"
    hears: ClassVar[Side] = "high"
    judges: ClassVar[Literal["open", "settled"]] = "open"

    def __post_init__(self) -> None:
        if not 0 < self.n < 1e9:
            raise ValueError(f"n is {self.n:g}: make it a count above 0")

    @property
    def reach(self) -> int:
        """The judged window alone."""
        return 1

    def fit(self, memory: Memory | None, past: Past) -> Memory:
        return memory or {}

    def law(
        self, memory: Memory | None, recent: Recent, clock: Clock, points: Points, kin: Kin, windows: tuple[int, ...]
    ) -> Law:
        nothing = np.zeros(len(points))
        return Law(nothing, nothing, np.ones(len(points), bool))

    def least(
        self, memory: Memory | None, recent: Recent, clock: Clock, series: IntArray, first: IntArray, last: IntArray,
        starts: IntArray, kin: Kin, windows: tuple[int, ...],
    ) -> Law:  # fmt: skip
        nothing = np.zeros(len(starts) * len(series))
        return Law(nothing, nothing, np.ones(len(nothing), bool))

    def score(self, law: Law, counts: IntArray) -> FloatArray:
        return np.asarray(counts / self.n, dtype=np.float64)

    def limits(self, law: Law, heights: FloatArray) -> IntArray:
        return reaching(heights, np.full(len(heights), self.n))

    def height(self, promise: Promise) -> float:
        return 1.0

    def rarer(self, height: float, times: float) -> float:
        """A rank that is `times` rarer asks for `times` as many events."""
        return height * times


def reaching(heights: FloatArray, unit: FloatArray) -> IntArray:
    """The smallest counts with count / unit >= height, exactly as floating point divides; shape (P,).

    >>> reaching(np.array([1.0, 2.5]), np.array([10.0, 3.0]))
    array([10,  8])
    """
    counts = np.ceil(heights * unit).astype(np.int64)
    counts = np.where((counts - 1) / unit >= heights, counts - 1, counts)
    counts = np.where(counts / unit < heights, counts + 1, counts)
    return np.maximum(counts, 0)
