"""Drop: a count that its baseline makes unlikely low."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from rules.detectors import tail
from rules.detectors.port import NEVER, FloatArray, IntArray, Law, Side
from rules.detectors.surprise import Surprise


@dataclass(frozen=True, slots=True)
class Drop(Surprise):
    """Hear a count that its baseline makes unlikely low, once its window has settled.

    Baseline, law and promise are those of `Surprise`; score: -log P(Y <= count), natural logarithm. Judged are whole
    windows of settled buckets in which every feed was heard: a silent feed is no drop, it has an alert of its own.
    Where not even a count of 0 would be rare enough nothing is said: with a promise of 2 a month over 300 series a
    window must let expect about 13 events. A decline over weeks is learnt as the new usual and stays unheard.

    learn_days: days of past before it speaks; shape_days, level_days, share_days, spread_days: half-lives.
    """

    kind: ClassVar[str] = "drop"
    hears: ClassVar[Side] = "low"
    judges: ClassVar[Literal["open", "settled"]] = "settled"

    def score(self, law: Law, counts: IntArray) -> FloatArray:
        return np.where(law.enough, tail.surprise_below(law.mean, law.over, counts), -np.inf)

    def limits(self, law: Law, heights: FloatArray) -> IntArray:
        """The largest counts that speak; NEVER where history is too short or so little expected that none does."""
        limits = np.full(len(law.mean), NEVER)
        can = law.enough
        limits[can] = tail.largest(law.mean[can], law.over[can], heights[can])
        return limits
