"""The default detector on the published weekly design.

    python -m benchmarks.weekly --data w.npz --out scores.npz

Reads nothing of the simulator's file but the counts `y0` (no current outbreak) and `y`. `surprise` learns weeks 1-575,
then week by week, as a rule with a step and windows of weeks does through the same door, and judges weeks 576-624 by
what was known the week before. Every series is a city of its own. Written are alarms at many heights (`alert`: windows
begin anew after an alarm) and the highest score of each week (`status`: no reset), as `benchmarks.weekly_judged`
reads them; besides `promised_rates` and `promised_heights`: the height that each rate of false alarms is solved for,
out of fitted laws alone.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from rules.book import DetectorSpec
from rules.detectors.port import BoolArray, Detector, FloatArray, IntArray, Kin, Law, Memory, Past, Points
from rules.detectors.register import make

FIRST: Final = 576
"""The first evaluated week; weeks are numbered from 1."""
WINDOWS: Final = (1, 2, 4)
HEIGHTS: Final = np.round(np.arange(-2.5, 5.5, 0.1), 2)
RATES: Final = np.array([0.005, 0.01, 0.025, 0.05])
AHEAD: Final = 8
"""Weeks that are drawn: so far the curve tells ahead."""
DRAWS: Final = 10
SEED: Final = 1
NONE: Final = -(2**62)


class Weeks:
    """A clock of weeks: a bucket is a cell, and the week has one slot."""

    def slot(self, buckets: IntArray) -> IntArray:
        return np.zeros(len(buckets), np.int64)

    cell_slot = slot

    def cell(self, buckets: IntArray) -> IntArray:
        return buckets

    def fraction_through_cell(self, buckets: IntArray) -> FloatArray:
        return np.ones(len(buckets))


@dataclass(frozen=True, slots=True)
class Counts:
    """Counts by series and week, shape (S, N); column n is week n + 1."""

    weeks: IntArray
    running: IntArray

    @classmethod
    def of(cls, weeks: IntArray) -> Counts:
        return cls(weeks, np.concatenate([np.zeros((len(weeks), 1), np.int64), np.cumsum(weeks, axis=1)], axis=1))

    def total(self, series: IntArray, first: IntArray, last: IntArray) -> IntArray:
        return np.asarray(self.running[series, last] - self.running[series, np.maximum(first - 1, 0)])

    def began(self, series: IntArray) -> IntArray:
        return np.ones(len(series), np.int64)


def alone(series: int) -> Kin:
    """As many cities of one area and one category."""
    none, zero = np.full(series, -1, np.int64), np.zeros(series, np.int64)
    return Kin(none, none, np.arange(series), zero, zero)


def past(counts: IntArray, first: int, windows: tuple[int, ...]) -> Past:
    """Weeks first, first + 1, ... as a refit is given them; counts of shape (S, weeks)."""
    weeks = np.arange(first, first + counts.shape[1])
    nothing = np.zeros(0, np.int64)
    return Past(
        weeks, np.zeros(len(weeks), np.int64), weeks * 7 + 1, np.zeros(len(weeks), bool), counts,
        np.zeros(counts.shape, bool), (nothing, nothing, nothing), alone(len(counts)), 1, windows, 1,
    )  # fmt: skip


@dataclass(slots=True)
class Watched:
    """The detector on many series, week after week."""

    detector: Detector
    counts: Counts
    windows: tuple[int, ...]
    memory: Memory | None = None

    def weeks(self, first: int) -> Iterator[int]:
        """The weeks from `first` on, each when all before it has been learnt."""
        start = 1
        for week in range(first, self.counts.weeks.shape[1] + 1):
            learnt = past(self.counts.weeks[:, start - 1 : week - 1], start, self.windows)
            self.memory = self.detector.fit(self.memory, learnt)
            start = week
            yield week

    def law(self, series: IntArray, first: IntArray, week: int) -> Law:
        points = Points(series, first, np.full(len(series), week))
        return self.detector.law(self.memory, self.counts, Weeks(), points, alone(len(self.counts.weeks)), self.windows)

    def scores(self, series: IntArray, week: int, reset: IntArray) -> FloatArray:
        """The highest score of the windows that end in `week` and begin after the resets, shape as `series`."""
        begin = np.maximum(week - np.array(self.windows)[None, :] + 1, reset[:, None] + 1)
        fresh = np.ones(begin.shape, bool)  # windows cut to one length are one window
        fresh[:, 1:] = begin[:, 1:] != begin[:, :-1]
        fresh &= begin <= week
        each = np.broadcast_to(series[:, None], begin.shape)[fresh]
        law = self.law(each, begin[fresh], week)
        found = np.full(begin.shape, -np.inf)
        totals = self.counts.total(each, begin[fresh], np.full(len(each), week))
        found[fresh] = self.detector.score(law, totals)
        return np.asarray(found.max(axis=1))

    def at_heights(self, week: int, last: IntArray) -> BoolArray:
        """Alarms of a week at each height, windows beginning after the last one, (HEIGHTS, S); noted in `last`."""
        after = np.where(last > week - self.windows[-1], last, NONE)  # resets that cut a window, else none
        series = np.broadcast_to(np.arange(last.shape[1]), last.shape)
        asked, which = np.unique(np.stack([after.ravel(), series.ravel()]), axis=1, return_inverse=True)
        found = self.scores(asked[1], week, asked[0])[which.reshape(last.shape)] >= HEIGHTS[:, None]
        last[found] = week
        return np.asarray(found)


def watch(counts: IntArray, windows: tuple[int, ...], detector: Detector | None = None) -> tuple[BoolArray, FloatArray]:
    """Alarms at each height, shape (HEIGHTS, S, weeks), and scores without reset, shape (S, weeks)."""
    watched = Watched(detector or make(DetectorSpec("surprise")), Counts.of(counts), windows)
    series = np.arange(len(counts))
    weeks = counts.shape[1] - FIRST + 1
    alarms = np.zeros((len(HEIGHTS), len(counts), weeks), bool)
    scores = np.zeros((len(counts), weeks))
    last = np.full((len(HEIGHTS), len(counts)), NONE)
    for place, week in enumerate(watched.weeks(FIRST)):
        scores[:, place] = watched.scores(series, week, np.full(len(series), NONE))
        alarms[:, :, place] = watched.at_heights(week, last)
    return alarms, scores


def promised(counts: IntArray, windows: tuple[int, ...], rates: FloatArray, draws: int, seed: int) -> FloatArray:
    """The height that each rate of false alarms a week is solved for: fitted laws are drawn from and judged."""
    watched = Watched(make(DetectorSpec("surprise")), Counts.of(counts[:, : FIRST - 1 + AHEAD]), windows)
    next(watched.weeks(FIRST))
    series = np.arange(len(counts))
    dice = np.random.default_rng(seed)
    begin = FIRST - windows[-1] + 1
    laws = [watched.law(series, np.full(len(series), week), week) for week in range(begin, FIRST + AHEAD)]
    alarms = np.zeros(len(HEIGHTS))
    for _ in range(draws):
        null = counts[:, : FIRST - 1 + AHEAD].copy()
        for place, law in enumerate(laws):
            over = np.maximum(law.over, 1e-6)
            null[:, begin - 1 + place] = dice.poisson(dice.gamma(law.mean / over, over))
        drawn = Watched(watched.detector, Counts.of(null), windows, watched.memory)
        last = np.full((len(HEIGHTS), len(series)), NONE)
        for week in range(FIRST, FIRST + AHEAD):
            found = drawn.at_heights(week, last)
            alarms += found.mean(axis=1) / (AHEAD * draws)
    return np.interp(-rates, -alarms, HEIGHTS)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.weekly", description=__doc__.split("\n")[0])
    parser.add_argument("--data", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--reps", type=int, help="only the first so many replicates")
    given = parser.parse_args(arguments)
    kept: dict[str, object] = {}
    begun = time.process_time()
    with np.load(given.data) as data:
        for name, which in (("null", "y0"), ("out", "y")):
            counts = data[which][:, : given.reps].astype(np.int64)
            shape = counts.shape[:2]
            alarms, scores = watch(counts.reshape(-1, counts.shape[-1]), WINDOWS)
            kept[f"surprise_alert__{name}grid"] = alarms.reshape(len(HEIGHTS), *shape, -1)
            kept[f"surprise_status__{name}"] = scores.reshape(*shape, -1)
            if name == "null":
                kept["promised_rates"] = RATES
                kept["promised_heights"] = promised(counts.reshape(-1, counts.shape[-1]), WINDOWS, RATES, DRAWS, SEED)
    seconds = time.process_time() - begun
    judged = 2 * shape[0] * shape[1] * scores.shape[1]
    np.savez_compressed(given.out, heights=HEIGHTS, **kept)  # type: ignore[arg-type]  # the stub takes every keyword for allow_pickle
    print(
        f"{judged} series-weeks in {seconds:.1f} s of one core: {1000 * seconds / judged:.3f} ms each", file=sys.stderr
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
