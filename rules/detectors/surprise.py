"""Surprise: a count that its baseline makes unlikely."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import numpy as np

from rules.detectors import arranged, expected, learning, tail
from rules.detectors.ledger import DERIVED, LEARNED_BY, Ledger
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
_DAYS: Final = 31.0
"""So many buckets a month, or fewer, are days or weeks."""
_LEAST_HEIGHT: Final = 2.0
"""Less than seven to one for a rise is not worth telling."""
_RARER: Final = 30.0
"""How many times rarer a likelihood ratio is by chance than its bound (Ville) says: over the published scenarios."""


@dataclass(frozen=True, slots=True)
class Surprise:
    """Hear a count that its baseline makes unlikely, from a hundredth of an event to thousands expected.

    Steps of days and weeks follow the course of the years (`curve`) and are judged by likelihood ratio (`likelihood`);
    finer ones as follows.

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

    def judged_by(self, memory: Memory) -> Memory:
        return {name: part for name, part in memory.items() if name not in LEARNED_BY}

    def taught_by(self, memory: Memory) -> Memory:
        return {name: part for name, part in memory.items() if name not in DERIVED}

    def whole(self, taught: Memory, kin: Callable[[int], Kin]) -> Memory:
        ledger = Ledger.read({**dict.fromkeys(DERIVED, np.zeros(0)), **taught})
        learning.derive(ledger, kin(len(ledger.row)), learning.Pace.of(self))
        return ledger.written()

    def only(self, memory: Memory, rows: IntArray) -> Memory:
        ledger = Ledger.read(memory)
        ledger.keep(rows)
        return ledger.written()

    def law(
        self, memory: Memory | None, recent: Recent, clock: Clock, points: Points, kin: Kin, windows: tuple[int, ...]
    ) -> Law:
        if memory is None or not memory["traits"].shape[0]:
            floor = np.full(len(points), expected.LEAST_MEAN)
            return Law(floor, np.zeros(len(points)), np.zeros(len(points), bool))
        law = self.bound(memory, recent, clock, points, kin, windows)
        if not self.reads_counts(memory):
            return law

        def means(parts: Points) -> FloatArray:
            return expected.law(memory, recent, clock, parts, kin, self.learn_days).mean

        return arranged.arranged(law, points, recent, means)

    def bound(
        self, memory: Memory | None, recent: Recent, clock: Clock, points: Points, kin: Kin, windows: tuple[int, ...]
    ) -> Law:
        """The law of windows whose counts lie as a rise would have them: by any other it scores no higher."""
        if memory is None or not memory["traits"].shape[0]:
            floor = np.full(len(points), expected.LEAST_MEAN)
            return Law(floor, np.zeros(len(points)), np.zeros(len(points), bool))
        law = expected.law(memory, recent, clock, points, kin, self.learn_days)
        return arranged.weighed(law, points.length, windows) if self.reads_counts(memory) else law

    def reads_counts(self, memory: Memory | None) -> bool:
        """Whether laws look at how the counts of a window lie: they do for days and weeks."""
        return self.hears == "high" and memory is not None and arranged.wanted(memory)

    def least(
        self, memory: Memory | None, recent: Recent, clock: Clock, series: IntArray, first: IntArray, last: IntArray,
        starts: IntArray, kin: Kin, windows: tuple[int, ...],
    ) -> Law:  # fmt: skip
        if memory is None or not memory["traits"].shape[0]:
            floor = np.full(len(starts) * len(series), expected.LEAST_MEAN)
            return Law(floor, np.zeros(len(floor)), np.zeros(len(floor), bool))
        law = expected.least(memory, recent, clock, series, first, last, starts, kin, self.learn_days)
        if not self.reads_counts(memory):
            return law
        return arranged.weighed(law, np.repeat((last - first + 1)[starts], len(series)), windows, least=True)

    def score(self, law: Law, counts: IntArray) -> FloatArray:
        scores = arranged.score(law, counts) if "unit" in law.extra else tail.surprise(law.mean, law.over, counts)
        return np.where(law.enough, scores, -np.inf)

    def limits(self, law: Law, heights: FloatArray) -> IntArray:
        if "unit" in law.extra:
            return arranged.limits(law, heights)
        limits = np.full(len(law.mean), NEVER)
        can = law.enough
        limits[can] = tail.smallest(law.mean[can], law.over[can], heights[can])
        return limits

    def height(self, promise: Promise) -> float:
        """Union bound: all series, all windows of a month, each a chance that `_OVERLAP` allows for overlap.

        Days and weeks are judged by their ratio: that e^h is reached is a chance of e^-h / `_RARER` a bucket.
        """
        if promise.buckets_per_month <= _DAYS:
            chances = max(promise.series, 1) * promise.buckets_per_month
            return max(math.log(chances / (promise.false_alarms * _RARER)), _LEAST_HEIGHT)
        windows = sum(promise.buckets_per_month / max(length, 1) for length in promise.window_buckets)
        chances = max(promise.series, 1) * windows * _OVERLAP
        return max(math.log(chances / promise.false_alarms), math.log(2.0))

    def rarer(self, height: float, times: float) -> float:
        return height + math.log(times)
