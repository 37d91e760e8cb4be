"""Accumulated: a rise too slow for any single day to speak of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Final, Literal

import numpy as np
from scipy.special import ndtr, ndtri_exp

from rules.detectors import expected, learning, tail, waiting
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

_CAP: Final = 3.0
"""Standard deviations above its mean that a single day counts for at most."""
_LEAST_DAYS: Final = 3.0
"""Shorter windows are judged as they are: no day of theirs is single."""
_HEIGHTS: Final = (2.0, 700.0)
"""Below, the run length's formula does not hold; beyond, no chance can be told from none."""
_LAGS: Final = frozenset({"pooled", "spread"})
"""What a day's residuals move when it comes, and is derived when the day has waited; of a blind one it is not."""


@dataclass(frozen=True, slots=True)
class Accumulated:
    """Hear a rise of weeks: whole settled days against a baseline that ends `guard_days` before them.

    Window-limited likelihood ratio over the rule's windows (7 and 28 days): has the rate been higher for so long?
    As a window's likelihood ratio rises with its count, it is put on one scale by its tail: score -log P(Y >= count),
    negative binomial. A day counts for three standard deviations above its mean at most, so that one storm is no
    rise. After an episode windows begin anew. The height follows from the run length between false alarms. A
    spike of hours is for `Surprise`; a change of season is a rise like any other.

    learn_days: days of past before it speaks, the guard not counted; guard_days: what the baseline leaves out;
    shape_days, level_days, share_days, spread_days: half-lives.
    """

    learn_days: float = 56.0
    guard_days: float = 28.0
    shape_days: float = 364.0
    level_days: float = 28.0
    share_days: float = 84.0
    spread_days: float = 364.0
    kind: ClassVar[str] = "accumulated"
    refits: ClassVar[Literal["day", "step"]] = "day"
    hears: ClassVar[Side] = "high"
    judges: ClassVar[Literal["open", "settled"]] = "settled"

    def __post_init__(self) -> None:
        for name in ("learn_days", "guard_days", "shape_days", "level_days", "share_days", "spread_days"):
            value, most = getattr(self, name), 92 if name == "guard_days" else 36_500
            if not 1 <= value <= most:
                raise ValueError(f"{name} is {value:g}: make it a number of days, 1 to {most}")

    @property
    def reach(self) -> int:
        """The judged window alone."""
        return 1

    def fit(self, memory: Memory | None, past: Past) -> Memory:
        """Memory after `past`. Raises ValueError where memory has another grain or more series."""
        ledger = Ledger.blank(past) if memory is None else Ledger.read(memory)
        waits = waiting.Waiting.read(memory, len(past.kin))
        waiting.learn(ledger, waits, past, learning.Pace.of(self), self.guard_days)
        return {**ledger.written(), **waits.written()}

    def judged_by(self, memory: Memory) -> Memory:
        return {name: part for name, part in memory.items() if name not in LEARNED_BY | waiting.NAMES}

    def taught_by(self, memory: Memory) -> Memory:
        return {name: part for name, part in memory.items() if name not in DERIVED - _LAGS}

    def whole(self, taught: Memory, kin: Callable[[int], Kin]) -> Memory:
        ledger = Ledger.read({**dict.fromkeys(DERIVED, np.zeros(0)), **taught})
        learning.derive(ledger, kin(len(ledger.row)), learning.Pace.of(self))
        return {**ledger.written(), **taught}

    def only(self, memory: Memory, rows: IntArray) -> Memory:
        ledger = Ledger.read(memory)
        waits = waiting.Waiting.read(memory, len(ledger.row))
        rows = rows[rows < len(ledger.row)]
        ledger.keep(rows)
        waits.counts, waits.frozen = waits.counts[rows], waits.frozen[rows]
        return {**ledger.written(), **waits.written()}

    def law(
        self, memory: Memory | None, recent: Recent, clock: Clock, points: Points, kin: Kin, windows: tuple[int, ...]
    ) -> Law:
        if memory is None or not memory["traits"].shape[0]:
            floor = np.full(len(points), expected.LEAST_MEAN)
            return Law(floor, np.zeros(len(points)), np.zeros(len(points), bool))
        law = expected.law(memory, recent, clock, points, kin, self.learn_days)
        per_day = max(1, round(memory["about"][1] * memory["about"][0] / (7 * memory["about"][4])))
        beyond = np.zeros(len(points), np.int64)
        long = np.flatnonzero(points.length >= _LEAST_DAYS * per_day)
        if len(long):
            days, of = _days_of(Points(points.series[long], points.first[long], points.last[long]), per_day)
            usual = expected.law(memory, recent, clock, days, kin, self.learn_days)
            most = usual.mean + _CAP * np.sqrt(usual.mean * (1 + usual.over)) + 1.0
            more = np.maximum(recent.total(days.series, days.first, days.last) - np.ceil(most).astype(np.int64), 0)
            beyond[long] = np.bincount(of, weights=more, minlength=len(long)).astype(np.int64)
        return replace(law, extra={"beyond": beyond.astype(np.float64)})

    def score(self, law: Law, counts: IntArray) -> FloatArray:
        calm = np.maximum(counts - _beyond(law), 0)
        return np.where(law.enough, tail.surprise(law.mean, law.over, calm), -np.inf)

    def limits(self, law: Law, heights: FloatArray) -> IntArray:
        limits = np.full(len(law.mean), NEVER)
        can = law.enough
        limits[can] = tail.smallest(law.mean[can], law.over[can], heights[can]) + _beyond(law)[can]
        return limits

    def height(self, promise: Promise) -> float:
        """The score that all series and windows together reach `false_alarms` times a month, by their run lengths."""
        buckets = max(promise.series, 1) * promise.buckets_per_month
        low, high = _HEIGHTS
        for _ in range(60):
            middle = (low + high) / 2
            alarms = buckets * sum(1 / run_length(middle, max(window, 1)) for window in promise.window_buckets)
            low, high = (middle, high) if alarms > promise.false_alarms else (low, middle)
        return high

    def rarer(self, height: float, times: float) -> float:
        return height + math.log(times)


def run_length(score: float, window: int) -> float:
    """Mean number of buckets between two clumps of windows of `window` buckets whose tail reaches e^-score.

    1 / (z phi(z) / w * nu(z sqrt(2 / w))) with P(Z > z) = e^-score: neighbouring windows share all but one bucket.
    Source: Siegmund, Sequential Analysis (1985), chapters 8 and 10; nu as in Siegmund and Yakir (2007).

    >>> round(run_length(9.0, 7)), round(run_length(9.0, 28))
    (12297, 28527)
    """
    z = -float(ndtri_exp(-score))
    x = z * math.sqrt(2 / window)
    phi = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    half = math.exp(-x * x / 8) / math.sqrt(2 * math.pi)
    overshoot = (2 / x) * (float(ndtr(x / 2)) - 0.5) / ((x / 2) * float(ndtr(x / 2)) + half)
    rate = z * phi * overshoot / window
    return 1 / rate if rate > 0 else math.inf


def _beyond(law: Law) -> IntArray:
    """What single days brought beyond what a day counts for, shape (P,)."""
    return np.asarray(law.extra.get("beyond", np.zeros(len(law.mean))), np.int64)


def _days_of(points: Points, per_day: int) -> tuple[Points, IntArray]:
    """Every day of every window, counted back from its end, and the place of the window that it belongs to."""
    count = -(-points.length // per_day)
    of = np.repeat(np.arange(len(points)), count)
    back = np.arange(len(of)) - np.repeat(np.cumsum(count) - count, count)
    last = points.last[of] - back * per_day
    first = np.maximum(last - per_day + 1, points.first[of])
    return Points(points.series[of], first, last), of
