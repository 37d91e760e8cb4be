"""Which node speaks: the smallest set of nodes that explains an excess, over the area tree and the category tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from rules.detectors.port import IntArray, Points
from rules.factors import Parts, separate
from rules.judge import NO_RESET, Judge, Judged

if TYPE_CHECKING:
    from rules.episodes import Fold, Run

Tree = Literal["area", "category"]
Slice = tuple[int, int, int]
"""(series, first, last bucket): where excess lies."""
_TREES: Final[tuple[Tree, ...]] = ("area", "category")

_DOUBT: Final = 2.0
"""Nats by which a common factor must be better before it names a node that its parts already explain.
Twice this on the scale of Kass and Raftery, JASA 90 (1995), 773-795, is "positive" evidence."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A series that speaks in a bucket. `judged` is less the excess of what lies below it."""

    judged: Judged
    together: bool  # it is meant as a whole, whatever below it speaks too


class Attribution:
    """One bucket of one rule. Series are heard from the smallest node up, each on its count less the excess of the
    episodes below it, running or ended, in the same window. What that explains is heard all the same where more than
    half of its parts speak, or where one common factor for its parts tells more than separate ones."""

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

    def hear(self, series: int, speaking: set[int]) -> Heard | None:
        """Whether a loud series speaks after its descendants' excess is taken off; None where that explains it."""
        judge, reset = self.judge, self._reset(series)
        plain = judge.look(series, self.bucket, reset)
        taken = self.excess_below(series, plain.first)
        if taken is None:
            return self._speaks(series, plain, together=False)
        if self._most_parts_speak(series, speaking):
            return self._speaks(series, plain, together=True)
        left = self._speaks(series, judge.look(series, self.bucket, reset, taken), together=False)
        if left is None and not judge.low and self._rises_as_one(series, plain):
            return self._speaks(series, plain, together=True)
        return left

    def excess_below(self, series: int, first: IntArray) -> IntArray | None:
        """Excess of the episodes of descendants in windows first..bucket, shape (windows,); None: there are none.

        Of a drop it is what they lack, below nothing.
        """
        if not self.judge.rule.attribution:
            return None
        below = self.judge.counts.below
        oldest = int(first.min())
        slices = self._slices(
            [
                run
                for run in self.state.runs.values()
                if run.series != series and self._until(run) >= oldest and below(series, run.series)
            ]
        )
        if not slices:
            return None
        n, w = len(slices), len(first)
        each, since, until = (np.repeat(np.array(column, np.int64), w) for column in zip(*slices, strict=True))
        begin = np.maximum(np.tile(first, n), since)
        points = Points(each, begin, np.maximum(until, begin))
        totals = self.judge.counts.ring.total(points.series, points.first, points.last)
        mean = self.judge.law(points, self.bucket).mean
        sign = self.judge.sign
        excess = np.where(until >= begin, np.maximum(sign * (totals - mean), 0.0), 0.0).reshape(n, w)
        taken: IntArray = sign * np.ceil(excess.sum(axis=0) - 1e-9).astype(np.int64)
        return taken

    def _reset(self, series: int) -> int:
        return int(self.state.resets[series]) if series < len(self.state.resets) else NO_RESET

    def _speaks(self, series: int, judged: Judged, *, together: bool) -> Heard | None:
        height = float(self.judge.height_of(np.array([series]))[0])
        return Heard(judged, together) if (judged.scores >= height).any() else None

    def _until(self, run: Run) -> int:
        """The last bucket in which a run's excess may lie."""
        return run.last if run.ended is not None else self.bucket

    def _slices(self, runs: list[Run]) -> list[Slice]:
        """Where the excess of runs lies, from the topmost down; what a run above has taken is not taken again."""
        below = self.judge.counts.below
        kin = self.judge.counts.kin
        pairs = self.judge.counts.pairs
        depth = kin.area_depth + kin.category_depth
        slices: list[Slice] = []
        for run in sorted(runs, key=lambda r: (depth[r.series], r.first, pairs[r.series])):
            taken = [(since, until) for top, since, until in slices if below(top, run.series)]
            slices += [(run.series, *left) for left in _without((run.reach, self._until(run)), taken)]
        return slices

    # parts

    def _codes(self, series: int, tree: Tree) -> list[tuple[str, str]]:
        """The parts of a node along one tree, by code, whether they have counted anything or not."""
        counts = self.judge.counts
        area, category = counts.pairs[series]
        if tree == "area":
            areas = counts.book.areas
            return [(a, category) for a in areas.children[area] if areas.by_code[a].level in counts.area_levels]
        kinds = counts.book.categories
        return [(area, c) for c in kinds.children[category] if kinds.by_code[c].level in counts.category_levels]

    def _most_parts_speak(self, series: int, speaking: set[int]) -> bool:
        """More than half of the parts right below speak: the whole is meant. One part alone is no whole."""
        known = self.judge.counts.series
        running = speaking | set(self.state.active)
        for tree in _TREES:
            parts = self._codes(series, tree)
            if len(parts) > 1 and 2 * sum(known.get(part, -1) in running for part in parts) > len(parts):
                return True
        return False

    def _rises_as_one(self, series: int, plain: Judged) -> bool:
        """Whether a common factor tells more than separate ones along every tree in which the node has parts."""
        if not plain.law.mean[int(np.argmax(plain.scores))] > 0:  # nothing is expected: no factor can be told
            return False
        wholes = [(tree, len(parts)) for tree in _TREES if (parts := self._codes(series, tree))]
        return all(n > 1 and not self._holders(series, plain, tree, _DOUBT) for tree, n in wholes)

    def _holders(self, series: int, plain: Judged, tree: Tree, doubt: float = 0.0) -> tuple[int, ...]:
        """The parts along one tree whose own factors tell more of the rarest window than a common one."""
        counts = self.judge.counts
        codes = self._codes(series, tree)
        window = int(np.argmax(plain.scores))
        known = np.array([counts.series[code] for code in codes if code in counts.series], np.int64)
        first, last = (np.full(len(known), at, np.int64) for at in (int(plain.first[window]), self.bucket))
        totals = counts.ring.total(known, first, last)
        held = totals > 0  # a series without events counts with the rest, as one that was never made does
        points, totals = Points(known[held], first[held], last[held]), totals[held]
        if not len(points):
            return ()
        law = self.judge.law(points, self.bucket)
        mean, over = float(plain.law.mean[window]), float(plain.law.over[window])
        means = np.append(np.nan_to_num(law.mean), 0.0)
        means[-1] = max(mean - float(means.sum()), 0.0)
        parts = Parts(
            np.append(totals, max(int(plain.totals[window]) - int(totals.sum()), 0)),
            means,
            np.append(np.nan_to_num(law.over), over * means[-1] / mean if mean > 0 else 0.0),
            len(codes),
        )
        return tuple(int(points.series[i]) for i in separate(parts, doubt))


def _without(whole: tuple[int, int], taken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """An interval of buckets, both ends included, less others.

    >>> _without((1, 9), [(3, 4), (8, 12)])
    [(1, 2), (5, 7)]
    """
    since, until = whole
    left = []
    for begin, end in sorted(taken):
        if begin > since:
            left.append((since, min(begin - 1, until)))
        since = max(since, end + 1)
        if since > until:
            return left
    return [*left, (since, until)]
