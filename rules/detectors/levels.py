"""The level of a category: events a week, followed with a half-life of 28 days and not led away by a spike.

What a cell or a day teaches is capped at three standard deviations above what was expected; cells that stood in
an episode teach nothing. A level that stays above for `STAYS` days (weekends may interrupt) is the new usual:
from then on neither cap nor episode holds it back.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rules.detectors.ledger import Ledger
from rules.detectors.port import BoolArray, FloatArray, Memory

STAYS: Final = 14.0
_CAP: Final = 3.0
_LEAST_VARIANCE: Final = 0.3
_PRIOR_EVENTS: Final = 3.0
_UNSEEN_EVENTS: Final = 0.5


def capped(counts: FloatArray, means: FloatArray, alpha: FloatArray) -> FloatArray:
    """Counts held at three standard deviations above their means; shapes (n, C), (n, C), (n, 1)."""
    spread = np.sqrt(np.maximum(means + alpha * means**2, _LEAST_VARIANCE))
    return np.minimum(counts, means + _CAP * spread)


def capped_days(counts: FloatArray, means: FloatArray, alpha: FloatArray) -> tuple[FloatArray, BoolArray]:
    """The same for the day's sum, cells scaled down alike; which rows were held. Shapes (n, C), (n, C), (n, 1)."""
    count, mean = counts.sum(axis=1, keepdims=True), means.sum(axis=1, keepdims=True)
    held = capped(count, mean, alpha)
    return counts * (held / np.maximum(count, 1e-9)), (held < count)[:, 0]


def after_day(stood: FloatArray, above: BoolArray) -> FloatArray:
    """The days that a series has stood above, after one more day."""
    return np.clip(stood + np.where(above, 1.0, -1.0), 0.0, 2 * STAYS)


def rates(ledger: Ledger) -> FloatArray:
    """Events a week, shape (T,): the recent ones, with three events of the long rate."""
    return _rate(ledger.level_events, ledger.level_weeks, ledger.long_events, ledger.long_weeks)


def rate_of_unseen(memory: Memory) -> float:
    """Events a week of a category that has not been seen since the past began."""
    none = np.zeros(1)
    level, long = memory["level_weeks"].max(keepdims=True), memory["long_weeks"].max(keepdims=True)
    return float(_rate(none, level, none, long)[0])


def _rate(level_events: FloatArray, level_weeks: FloatArray, events: FloatArray, weeks: FloatArray) -> FloatArray:
    long = (events + _UNSEEN_EVENTS) / (weeks + _UNSEEN_EVENTS)
    return np.asarray((level_events + _PRIOR_EVENTS) / (level_weeks + _PRIOR_EVENTS / long))
