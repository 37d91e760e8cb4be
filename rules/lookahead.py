"""Looking ahead in a replay: stretches in which a rule surely stays silent are counted but not judged.

Most of a year is quiet. Where the rows to come are already at hand, one vectorised look with *all* of them counted
(repeats, corrections and rows of one place too) bounds every window from above; where even that bound reaches no
height, nothing can speak, and the slow way is not walked. What is said stays equal, signal by signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from rules.counts import Counts, laid_out
from rules.detectors.port import FloatArray, IntArray, Points
from rules.facts import Fact
from rules.records import ROW, Frame, joined
from rules.steps import Steps

if TYPE_CHECKING:
    from rules.watch import RuleWatch

_SHARES: Final = (1, 4, 16)
"""The stretch up to the next refit is tried whole, then its first quarter, then its first sixteenth."""

RETRY_MS: Final = 1_800_000
"""Where the next rows may speak, they are judged one by one for this long before the next look."""

_WIDE: Final = 1 << 32
_KIND: Final = ("feed", "stage", "category", "area", "flags", "severity")
_NONE: Final = np.zeros(0, np.int64)


class Lookahead:
    """The rows to come, by arrival."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        frames = [*joined(frames)]
        rows = np.concatenate([np.zeros(0, ROW), *(frame.rows for frame in frames)])
        kinds: dict[tuple[str, str, str, str, int, int], int] = {}
        kind_of = np.empty(len(rows), np.int64)
        at = 0
        for frame in frames:
            kind_of[at : at + len(frame.rows)] = _kinds(frame, kinds)
            at += len(frame.rows)
        order = np.argsort(rows["arrived_at"], kind="stable")
        self.arrived = np.ascontiguousarray(rows["arrived_at"][order])
        self.occurred = np.ascontiguousarray(rows["occurred_at"][order])
        self.weight = np.ascontiguousarray(rows["count"][order]).astype(np.int64)
        self.kind = kind_of[order]
        self.kinds = [_bare_fact(*kind) for kind in kinds]
        self._fed: dict[int, _Fed] = {}

    def _fed_by(self, counts: Counts) -> _Fed:
        """What each kind of row feeds in some counts."""
        found = self._fed.get(id(counts))
        if found is None or found.counts is not counts:
            found = self._fed[id(counts)] = _Fed(counts, self.kinds)
        return found

    def quiet_until(self, rule: RuleWatch, after: int) -> int:
        """The arrival time up to which the rule surely stays silent; `after` where nothing is sure."""
        limit = rule.judge.next_refit
        if limit is None or limit <= after or not len(self.arrived):
            return after
        for share in _SHARES:
            until = after + (limit - after) // share
            if self._silent(rule, after, until):
                return until
        return after

    def _silent(self, rule: RuleWatch, after: int, until: int) -> bool:
        counts, judge = rule.counts, rule.judge
        begin, end = np.searchsorted(self.arrived, (after, until), side="right")
        chosen = slice(int(begin), int(end))
        keys, weights = self._increments(rule, chosen)
        if not len(keys):
            return True
        keys, inverse = np.unique(keys, return_inverse=True)
        grown = np.zeros(len(keys), np.int64)
        np.add.at(grown, inverse, weights)
        before = np.concatenate([[0], np.cumsum(grown)])
        series, buckets = keys // _WIDE, keys % _WIDE
        limit, open_from = judge.next_refit, rule.first_open
        assert limit is not None
        assert open_from is not None
        judged = buckets >= open_from
        judged &= buckets < counts.steps.bucket(limit) + 1
        last_key = np.flatnonzero(judged)
        if not len(last_key):
            return True
        resets = rule.fold.reset_for(counts)
        heights = judge.height_of(series[judged])
        for window in judge.windows:
            first = np.maximum(buckets[judged] - window + 1, resets[series[judged]] + 1)
            held = counts.ring.total(series[judged], first, buckets[judged])
            if counts.folded is not None:  # a row taken back may let the next one of its place count
                held = held + counts.folded.total(series[judged], first, buckets[judged])
            low = np.searchsorted(keys, series[judged] * _WIDE + first)
            totals = held + before[last_key + 1] - before[np.minimum(low, last_key + 1)]
            maybe = np.flatnonzero((totals >= judge.rule.at_least) & (first <= buckets[judged]))
            if not len(maybe):
                continue
            points = Points(series[judged][maybe], first[maybe], buckets[judged][maybe])
            if self._reaches(rule, points, totals[maybe], heights[maybe]):
                return False
        return True

    def _reaches(self, rule: RuleWatch, points: Points, totals: IntArray, heights: FloatArray) -> bool:
        """Whether any point reaches its height under the baseline in force for it."""
        judge = rule.judge
        starts = np.array([start for start, _ in judge.memories])
        version = np.searchsorted(starts, points.last, side="right")
        for number in np.unique(version).tolist():
            mine = version == number
            some = Points(points.series[mine], points.first[mine], points.last[mine])
            law = judge.law(some, int(some.last.min()))
            if (judge.detector.score(law, totals[mine]) >= heights[mine]).any():
                return True
        return False

    def _increments(self, rule: RuleWatch, chosen: slice) -> tuple[IntArray, IntArray]:
        """(series, bucket) keys and weights of the rows to come, of late rows that wait, and of open buckets."""
        counts = rule.counts
        buckets = _buckets(counts.steps, self.occurred[chosen])
        which, fed = self._fed_by(counts).spread(self.kind[chosen])
        keys = [fed * _WIDE + buckets[which]]
        weights = [self.weight[chosen][which]]
        for _, _, fact, sign in counts.late:
            if sign > 0:
                fed = counts.fed_by(fact.area, fact.category)
                keys.append(fed * _WIDE + counts.steps.bucket(fact.occurred_at))
                weights.append(np.full(len(fed), fact.count, np.int64))
        for bucket in range(rule.first_open or 0, counts.ring.hi + 1):
            touched = counts.ring.touched(bucket)
            keys.append(touched * _WIDE + bucket)
            weights.append(np.zeros(len(touched), np.int64))
        return np.concatenate(keys), np.concatenate(weights)


class _Fed:
    """From kinds of rows to the series of some counts, laid end to end; a series joins when its rows draw near."""

    def __init__(self, counts: Counts, kinds: Sequence[Fact]) -> None:
        self.counts = counts
        self._kinds = kinds
        self._many = np.full(len(kinds), -1, np.int64)  # -1: not asked for yet
        self._first = np.zeros(len(kinds), np.int64)
        self._flat = _NONE

    def spread(self, kinds: IntArray) -> tuple[IntArray, IntArray]:
        """(row, series) of every series that every row feeds, shape (P,) each."""
        fresh = np.unique(kinds[self._many[kinds] < 0])
        if len(fresh):
            self._learn(fresh)
        return laid_out(self._first[kinds], self._many[kinds], self._flat)

    def _learn(self, numbers: IntArray) -> None:
        counts = self.counts
        pieces = [self._flat]
        for kind in (self._kinds[number] for number in numbers.tolist()):
            counted = kind.feed in counts.lateness and counts.selects(kind)
            pieces.append(counts.fed_by(kind.area, kind.category) if counted else _NONE)
        many = np.array([len(piece) for piece in pieces], np.int64)
        self._many[numbers], self._first[numbers] = many[1:], np.cumsum(many)[:-1]
        self._flat = np.concatenate(pieces)


def _kinds(frame: Frame, known: dict[tuple[str, str, str, str, int, int], int]) -> IntArray:
    """The number of each row's kind, shape (rows,); new ones join `known`."""
    columns = [frame.rows[name].astype(np.int64) for name in _KIND]
    packed = columns[0].copy()
    for column in columns[1:]:
        width = int(column.max(initial=0)) - min(int(column.min(initial=0)), 0) + 1
        packed = packed * width + column
    _, first, place = np.unique(packed, return_index=True, return_inverse=True)
    numbers = []
    for feed, stage, category, area, flags, severity in zip(*(c[first].tolist() for c in columns), strict=True):
        names = (frame.feeds[feed], frame.stages[stage], frame.categories[category], frame.areas[area])
        numbers.append(known.setdefault((*names, flags, severity), len(known)))
    return np.array(numbers, np.int64)[place]


def _buckets(steps: Steps, occurred: IntArray) -> IntArray:
    if not steps.calendar_step:
        return occurred // steps.step
    return np.array([steps.bucket(at) for at in occurred.tolist()], np.int64)


def _bare_fact(feed: str, stage: str, category: str, area: str, flags: int, severity: int) -> Fact:
    return Fact(0, 0, stage, 0, 0, feed, category, area, 0, 0, 1, flags, severity, 0, "", 0, 0, 0)
