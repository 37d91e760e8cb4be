"""Surprise: a count that its baseline makes unlikely."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import numpy as np

from rules.detectors import expected, learning, tail
from rules.detectors.ledger import Ledger
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

_OVERLAP: Final = 3.0
"""Chances per window length and window: windows overlap bucket by bucket (docs/decisions/0004-surprise.md)."""


@dataclass(frozen=True, slots=True)
class Surprise:
    """Hear a count that its baseline makes unlikely, from a hundredth of an event to thousands expected.

    Baseline: hour-of-week shape x level x share of the area x day part, as `docs/detectors/surprise.md` tells.
    Law: negative binomial, variance = mean (1 + kappa) + alpha mean^2, one pair per window length, and
    1 / (events seen) more for what is not known of the mean. Score: -log P(Y >= count), natural logarithm;
    the height comes from the promise of false alarms, analytic until a calibration says better.
    A slow swell over weeks is learnt as the new usual and stays unheard.

    learn_days: days of past before it speaks; shape_days, level_days, share_days, spread_days: half-lives.
    """

    learn_days: float = 14.0
    shape_days: float = 84.0
    level_days: float = 28.0
    share_days: float = 84.0
    spread_days: float = 364.0
    kind: ClassVar[str] = "surprise"
    refits: ClassVar[Literal["day", "step"]] = "day"
    hears: ClassVar[Side] = "high"
    judges: ClassVar[Literal["open", "settled"]] = "open"

    def __post_init__(self) -> None:
        for name in ("learn_days", "shape_days", "level_days", "share_days", "spread_days"):
            value = getattr(self, name)
            if not 1 <= value <= 36_500:
                raise ValueError(f"{name} is {value:g}: make it a number of days, 1 to 36500")

    @property
    def reach(self) -> int:
        """The judged window alone."""
        return 1

    def fit(self, memory: Memory | None, past: Past) -> Memory:
        """Memory after `past`, learnt day by day. Raises ValueError where memory has another grain or more series."""
        ledger = Ledger.blank(past) if memory is None else Ledger.read(memory)
        learning.learn(ledger, past, learning.Pace.of(self))
        return ledger.written()

    def law(
        self, memory: Memory | None, recent: Recent, clock: Clock, points: Points, kin: Kin, windows: tuple[int, ...]
    ) -> Law:
        if memory is None or not memory["traits"].shape[0]:
            floor = np.full(len(points), expected.LEAST_MEAN)
            return Law(floor, np.zeros(len(points)), np.zeros(len(points), bool))
        return expected.law(memory, recent, clock, points, kin, self.learn_days)

    def least(
        self, memory: Memory | None, recent: Recent, clock: Clock, series: IntArray, first: IntArray, last: IntArray,
        kin: Kin, windows: tuple[int, ...],
    ) -> Law:  # fmt: skip
        if memory is None or not memory["traits"].shape[0]:
            floor = np.full(len(series), expected.LEAST_MEAN)
            return Law(floor, np.zeros(len(series)), np.zeros(len(series), bool))
        return expected.least(memory, recent, clock, series, first, last, kin, self.learn_days)

    def score(self, law: Law, counts: IntArray) -> FloatArray:
        return np.where(law.enough, tail.surprise(law.mean, law.over, counts), -np.inf)

    def limits(self, law: Law, heights: FloatArray) -> IntArray:
        limits = np.full(len(law.mean), NEVER)
        can = law.enough
        limits[can] = tail.smallest(law.mean[can], law.over[can], heights[can])
        return limits

    def height(self, promise: Promise) -> float:
        """Union bound: all series, all windows of a month, each a chance that `_OVERLAP` allows for overlap."""
        windows = sum(promise.buckets_per_month / max(length, 1) for length in promise.window_buckets)
        chances = max(promise.series, 1) * windows * _OVERLAP
        return max(math.log(chances / promise.false_alarms), math.log(2.0))

    def rarer(self, height: float, times: float) -> float:
        return height + math.log(times)
