"""Heights solved for a promise: how many alerts a month a rule would raise at each first desk where nothing happens.

Quiet histories (rules/nulls.py) go through the code that judges the city: overlapping windows, parents and children,
attribution, episodes, resets; what is counted are alerts, at the first desk of the area and category they name.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from rules.calendar import DAY_MS
from rules.detectors.port import FloatArray, IntArray
from rules.episodes import Fold, fold
from rules.judge import Judge
from rules.nulls import Null, can_be_drawn
from rules.speech import Speech

MONTH_MS: Final = 30 * DAY_MS
"""The month of a promise."""
LEAST: Final = math.log(20.0)
"""No height is solved below this: what happens by chance in one window of twenty is not worth an alert. Where a desk
has too few series to use its promise up, fewer alerts come than it allows."""
_OFFSETS: Final = (-0.8, -0.4, 0.0)
"""Heights tried about the guess: below it alerts are more, and tell more."""
_FIRST: Final = 6
"""Histories on which the guess is made better, before all are judged."""
_STEP_MOST: Final = 1.6
_CELLS_MOST: Final = 20_000_000
"""Series x buckets of one history."""


@dataclass(frozen=True, slots=True)
class Solved:
    """The height of one rule at one first desk. Rates are alerts in 30 days.

    `modelled`: what quiet histories give at `height`; `slope`: what the logarithm of that falls by for each unit of
    height; `alerts`: how many of them the figure rests on; `hours`: how
    long a month alerts stand, all of the desk together; `before`: the height in force until now.
    """

    height: float
    promised: float
    modelled: float
    alerts: int
    hours: float
    before: float
    slope: float


def solve(judge: Judge, at: int, *, months: float, seed: int = 0) -> dict[str, Solved]:
    """Heights by first desk for a rule whose baseline stands at `at` (ms); none where nothing can be drawn.

    `months` of quiet past are judged. The same memory, time and seed give the same heights.
    """
    if not can_be_drawn(judge):
        return {}
    return _Solving(judge, at, months=months, seed=seed).solved()


def desks_of(judge: Judge) -> list[str]:
    """The first desks of what a rule may name, by name."""
    return sorted({desk for desk in judge.possible_desks() if desk})


@dataclass(slots=True)
class Tally:
    """Alerts and buckets in alert, by first desk."""

    alerts: Counter[str]
    buckets: Counter[str]


class _Solving:
    """One rule on its way to its heights."""

    def __init__(self, judge: Judge, at: int, *, months: float, seed: int) -> None:
        steps = judge.counts.steps
        self.promised = judge.rule.false_alarms
        span = min(round(steps.per_month), max(64, _CELLS_MOST // max(1, len(judge.learned))))
        if steps.calendar_step:
            span *= 12
        self.null = Null(judge, steps.bucket(at) + 1, span)
        self.step_hours = steps.step_ms / 3_600_000
        month = span / steps.per_month
        times = max(1, math.ceil(months / month))
        self.months = times * month
        book, pairs = judge.book, self.null.counts.pairs
        self.desk_of = np.array([book.first_desk(*pair) for pair in pairs])
        self.before = {desk: judge.height_at(desk) for desk in sorted(set(self.desk_of.tolist()) - {""})}
        digest = hashlib.blake2b(f"{judge.rule.id}/{at}/{seed}".encode(), digest_size=8).digest()
        self.seeds = np.random.SeedSequence(int.from_bytes(digest, "big")).spawn(times)

    def solved(self) -> dict[str, Solved]:
        """Guess, try heights about the guess over all histories, and again where the guess was far off."""
        heights, found = self._guess(), dict[str, Solved]()
        for histories in (_FIRST, _FIRST, len(self.seeds)):
            tallies, part = self._tried(heights, histories)
            found = {desk: self._between(desk, heights[desk], tallies, part) for desk in heights}
            heights = {desk: one.height for desk, one in found.items()}
        return found

    def _guess(self) -> dict[str, float]:
        """Where runs of loud buckets, all series of a desk together, come as often as was promised; nothing of desks
        that heard none."""
        some = self.seeds[: max(1, min(len(self.seeds), 4))]
        peaks: dict[str, list[float]] = {desk: [] for desk in self.before}
        for seed in some:
            buckets, series, scores = self._loud(seed)
            for desk in peaks:
                mine = self.desk_of[series] == desk
                peaks[desk] += _peaks(buckets[mine], scores[mine], int(self.null.judge.widths[0]))
        wanted = self.promised * self.months * len(some) / len(self.seeds)
        guess = {}
        for desk, reached in peaks.items():
            if not reached:  # nothing may speak yet, or hardly ever does: its bound stays
                continue
            ranked = sorted(reached, reverse=True)
            place = min(len(ranked), max(1, round(2 * wanted))) - 1
            guess[desk] = max(LEAST, ranked[place] + math.log((place + 1) / wanted))
        return guess

    def _between(self, desk: str, guess: float, tallies: list[Tally], months: float) -> Solved:
        """The height at which a line through the logarithms of what was heard passes the promise."""
        tried = np.array([max(guess + offset, LEAST) for offset in _OFFSETS])
        heard = np.array([tally.alerts[desk] for tally in tallies], float)
        wanted = self.promised * months
        some = heard > 0
        if not some.any():
            height, slope = max(LEAST, guess - _STEP_MOST), -1.0
        else:
            weights, logs = heard[some], np.log(heard[some])
            at, level = np.average(tried[some], weights=weights), np.average(logs, weights=weights)
            wide = float((weights * (tried[some] - at) ** 2).sum())
            slope = float((weights * (tried[some] - at) * (logs - level)).sum() / wide) if wide > 1e-9 else -1.0
            slope = min(max(slope, -2.0), -0.4)
            height = float(at + (math.log(wanted) - level) / slope)
            height = max(LEAST, min(max(height, guess - _STEP_MOST), guess + _STEP_MOST))
        nearest = int(np.argmin(np.abs(tried - height)))
        factor = math.exp(slope * (height - tried[nearest]))
        return Solved(
            height=round(height, 4),
            promised=self.promised,
            modelled=round(float(heard[nearest]) * factor / months, 3),
            alerts=int(heard[nearest]),
            hours=round(tallies[nearest].buckets[desk] * self.step_hours * factor / months, 2),
            before=round(self.before[desk], 4),
            slope=round(-slope, 3),
        )

    def _tried(self, heights: Mapping[str, float], histories: int) -> tuple[list[Tally], float]:
        """What some histories hold, by offset from `heights`, and how many months they are."""
        tried = [
            self.before | {desk: max(height + offset, LEAST) for desk, height in heights.items()} for offset in _OFFSETS
        ]
        tallies = [Tally(Counter(), Counter()) for _ in tried]
        for seed in self.seeds[:histories]:
            buckets, series, scores = self._loud(seed)
            for each, tally in zip(tried, tallies, strict=True):
                _at(self.null.judge, each)
                height = self.null.judge.height_of(series)
                heard(self.null, each, np.unique(buckets[scores >= height]), tally)
        return tallies, self.months * min(histories, len(self.seeds)) / len(self.seeds)

    def _loud(self, seed: np.random.SeedSequence) -> tuple[IntArray, IntArray, FloatArray]:
        """Draw one history: (bucket, series, score) of what reaches the least height, by bucket; shape (P,) each."""
        self.null.draw(np.random.default_rng(seed))
        _at(self.null.judge, dict.fromkeys(self.before, LEAST))  # what may drop is asked of the least height
        return self.null.loud(LEAST)


def _peaks(buckets: IntArray, scores: FloatArray, apart: int) -> list[float]:
    """The highest score of each run of buckets that lie no more than `apart` apart."""
    if not len(buckets):
        return []
    starts = np.flatnonzero(np.concatenate(([True], np.diff(buckets) > apart)))
    peaks: list[float] = np.maximum.reduceat(scores, starts).tolist()
    return peaks


def heard(null: Null, heights: Mapping[str, float], loud: IntArray, tally: Tally) -> None:
    """Fold a drawn history at `heights`: alerts by the first desk of what they name, into `tally`.

    `loud`: the buckets in which anything may speak, ascending.
    """
    judge = null.judge
    _at(judge, heights)
    state, speech = Fold(np.zeros(0, np.int64)), Speech(judge)
    longest = int(judge.widths[-1])
    bucket, place = null.begin - 1, 0
    while True:
        if state.active and bucket + 1 < null.beyond:
            bucket += 1
        else:
            place = int(np.searchsorted(loud, bucket, side="right"))
            if place == len(loud):
                break
            bucket = int(loud[place])
        fold(state, judge, bucket, missing=False)
        judge.drop(bucket)
        _count(state, judge, speech, bucket - longest - 1, tally)
    _count(state, judge, speech, null.beyond + longest, tally)


def _at(judge: Judge, heights: Mapping[str, float]) -> None:
    judge.calibrated = dict(heights)
    judge.judge_anew()


def _count(state: Fold, judge: Judge, speech: Speech, oldest: int, tally: Tally) -> None:
    """Take out the episodes that nothing reaches any more, and count them."""
    kept = []
    for episode in state.episodes:
        runs = [state.runs[run_id] for run_id in episode.runs]
        if (
            max(run.last if run.ended is not None else oldest for run in runs) >= oldest
            and oldest < judge.counts.ring.hi
        ):
            kept.append(episode)
            continue
        area, category = judge.counts.pairs[speech.named(runs, oldest).series]
        desk = judge.book.first_desk(area, category)
        tally.alerts[desk] += 1
        until = max(run.ended if run.ended is not None else run.last for run in runs)
        tally.buckets[desk] += until - min(run.first for run in runs) + 1
        for run_id in episode.runs:
            del state.runs[run_id]
    state.episodes = kept
