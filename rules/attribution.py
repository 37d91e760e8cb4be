"""Which node speaks: the smallest whose removal brings its ancestors below their limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rules.detectors.port import IntArray, Points
from rules.judge import NO_RESET, Judge, Judged

if TYPE_CHECKING:
    from rules.episodes import Fold, Run


class Attribution:
    """Plain form, over both trees: series are heard from the smallest node up, and each is judged on its
    count less the excess of the episodes below it, running or ended, in the same window."""

    def __init__(self, state: Fold, judge: Judge, bucket: int) -> None:
        self.state = state
        self.judge = judge
        self.bucket = bucket

    def deepest_first(self, series: IntArray) -> list[int]:
        """Series ordered so that every descendant stands before its ancestors."""
        kin = self.judge.counts.kin
        depth = kin.area_depth[series] + kin.category_depth[series]
        pairs = self.judge.counts.pairs
        return [
            s
            for _, s in sorted(zip((-depth).tolist(), series.tolist(), strict=True), key=lambda x: (x[0], pairs[x[1]]))
        ]

    def hear(self, series: int, speaking: set[int]) -> Judged | None:
        """The series' windows after its descendants' excess is taken off; None where that explains it."""
        judge = self.judge
        reset = int(self.state.resets[series]) if series < len(self.state.resets) else NO_RESET
        height = float(judge.height_of(np.array([series]))[0])
        first = np.maximum(self.bucket - judge.widths + 1, reset + 1)
        taken = self.excess_below(series, first) if judge.rule.attribution else None
        if taken is not None and self._most_children_speak(series, speaking):
            taken = None
        heard = judge.look(series, self.bucket, reset, taken)
        return heard if (heard.scores >= height).any() else None

    def excess_below(self, series: int, first: IntArray) -> IntArray | None:
        """Excess of the episodes of descendants in windows first..bucket, shape (windows,); None: there are none.

        Of a drop it is what they lack, below nothing.
        """
        below = self.judge.counts.below
        oldest = int(first.min())
        runs = self._topmost(
            [
                run
                for run in self.state.runs.values()
                if run.series != series and self._until(run) >= oldest and below(series, run.series)
            ]
        )
        if not runs or not self.judge.rule.attribution:
            return None
        n, w = len(runs), len(first)
        begin = np.maximum(first[None, :], np.array([r.reach for r in runs])[:, None]).ravel()
        end = np.repeat(np.array([min(self._until(r), self.bucket) for r in runs]), w)
        points = Points(np.repeat(np.array([r.series for r in runs]), w), begin, np.maximum(end, begin))
        totals = self.judge.counts.ring.total(points.series, points.first, points.last)
        mean = self.judge.law(points, self.bucket).mean
        sign = self.judge.sign
        excess = np.where(end >= begin, np.maximum(sign * (totals - mean), 0.0), 0.0).reshape(n, w)
        taken: IntArray = sign * np.ceil(excess.sum(axis=0) - 1e-9).astype(np.int64)
        return taken

    def _until(self, run: Run) -> int:
        """The last bucket in which a run's excess may lie."""
        return run.last if run.ended is not None else self.bucket

    def _topmost(self, runs: list[Run]) -> list[Run]:
        """Runs that lie below no other: an event is taken off once."""
        below = self.judge.counts.below
        kin = self.judge.counts.kin
        kept: list[Run] = []
        pairs = self.judge.counts.pairs
        depth = kin.area_depth + kin.category_depth
        for run in sorted(runs, key=lambda r: (depth[r.series], r.first, pairs[r.series])):
            if not any(below(top.series, run.series) and _overlap(top, run) for top in kept):
                kept.append(run)
        return kept

    def _most_children_speak(self, series: int, speaking: set[int]) -> bool:
        """More than half of the areas right below speak in the same category: the parent is meant."""
        counts = self.judge.counts
        area, category = counts.pairs[series]
        book = counts.book
        children = [a for a in book.areas.children[area] if book.areas.by_code[a].level in counts.area_levels]
        if len(children) < 2:
            return False
        running = speaking | set(self.state.active)
        heard = sum(counts.series.get((child, category), -1) in running for child in children)
        return 2 * heard > len(children)


def _overlap(a: Run, b: Run) -> bool:
    a_end = a.last if a.ended is not None else 2**62
    b_end = b.last if b.ended is not None else 2**62
    return a.reach <= b_end and b.reach <= a_end
