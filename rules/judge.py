"""One rule's judgement of single buckets: which series reach their limit in which window."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar, cast

import numpy as np

from rules.book import Book, Rule
from rules.calendar import DAY_MS
from rules.counts import Counts
from rules.detectors.port import (
    NEVER,
    Arranging,
    BoolArray,
    Detector,
    FloatArray,
    Foreseeing,
    IntArray,
    Law,
    Memory,
    Past,
    Points,
    Promise,
    Sparing,
)
from rules.detectors.register import make
from rules.exclusions import left_out
from rules.headroom import Headroom
from rules.learned import Rows
from rules.lessons import Lessons
from rules.records import Exclude
from rules.succession import carried

_REFIT_SLOTS: Final = 96
"""Refits are spread over the day in quarters of an hour, by a hash of the rule's id."""

T = TypeVar("T")

NO_RESET: Final = np.iinfo(np.int64).min // 2


class View(NamedTuple):
    """What one bucket says, before attribution. Rows are the series that hold an event in it, or may have dropped."""

    series: IntArray  # (n,) ascending
    resets: IntArray  # (n,) the bucket after which its windows may begin
    scores: FloatArray  # (n, windows); -inf where a window cannot speak
    loud: BoolArray  # (n,) any window reaches its height


class Judged(NamedTuple):
    """One series in one bucket, looked at closely. Arrays have shape (windows,)."""

    first: IntArray
    totals: IntArray
    law: Law
    scores: FloatArray


class Judge:
    """Baselines in force, heights and views of the open buckets of one rule."""

    def __init__(self, rule: Rule, book: Book, counts: Counts) -> None:
        self.rule = rule
        self.book = book
        self.counts = counts
        self.detector: Detector = make(rule.detector)
        self.arranging = self.detector if isinstance(self.detector, Arranging) else None
        self.settled = self.detector.judges == "settled"
        self.low = self.detector.hears == "low"
        self.sign = -1 if self.low else 1  # which way is further from what is usual
        self.windows = tuple(counts.steps.count(length) for length in rule.windows)
        self.widths = np.array(self.windows, np.int64)
        slot = int.from_bytes(hashlib.blake2b(rule.id.encode(), digest_size=4).digest(), "big") % _REFIT_SLOTS
        self.nominal = slot * (DAY_MS // _REFIT_SLOTS)
        self.next_refit: int | None = None
        self.memories: list[tuple[int, Memory | None]] = [(NO_RESET, None)]  # (first bucket it judges, memory)
        self.learned_to: int | None = None  # the first cell not taken in yet
        self.learned: list[tuple[str, str]] = []  # the memory's rows
        self.rows = Rows(counts, self.learned)
        self.lessons = Lessons(self.detector, self._taught, self.rows.kin_of_first)
        self.heights = np.zeros(0)
        self.floors = np.zeros(0, np.int64)
        self.calibrated: dict[str, float] = {}
        self.missing: dict[int, bool] = {}  # settled buckets in which a feed was not heard
        self.exclusions: list[Exclude] = []  # the engine's own: times that teach nothing
        self.gap_in: Callable[[int, int], float] = lambda _first, _last: 0.0
        """Which part of buckets first..last a feed was silent at a stretch: no drop may rest on that."""
        self.views: dict[int, View] = {}
        self.room: Headroom | None = None
        if isinstance(self.detector, Foreseeing) and not self.settled:
            self.room = Headroom(self)
        self.resets = np.zeros(0, np.int64)  # of the settled fold, by series
        self.kept: dict[int, dict[tuple[object, ...], Any]] = {}  # by bucket: laws and lines that counts do not move
        self._desks: tuple[Book, Counter[str]] | None = None  # as counted under a book
        self._droppable: tuple[int, IntArray] | None = None  # (first bucket of the memory, series)

    def has_learned(self, bucket: int) -> bool:
        """Whether a refit has taken the bucket in, or none ever will."""
        if self.detector.refits != "day":
            return True
        return self.learned_to is not None and self.counts.steps.cell_of(bucket) < self.learned_to

    def adopt(self, old: Judge) -> None:
        """Go on with what another judge of the same selector, windows and detector has learned, as far as the trees of
        the book have room for it (`succession`)."""
        found = carried(old.learned, old.memories, self.detector, self.counts)
        if found is None:
            return
        for pair in found.learned:
            self.counts.join(pair)
        self.memories, self.learned_to, self.next_refit = found.memories, old.learned_to, old.next_refit
        self.learned[:] = found.learned
        if found.whole:  # else what was learned is not learned again: the rows of the lessons are others
            self.lessons.take(old.lessons)
        self.rows.late_seen = old.rows.late_seen if old.counts is self.counts else 0

    def drop(self, bucket: int) -> None:
        """Forget what was worked out for a bucket: it has settled, or its baseline has changed."""
        self.views.pop(bucket, None)
        self.kept.pop(bucket, None)

    def once_per_bucket(self, bucket: int, key: tuple[object, ...], work: Callable[[], T]) -> T:
        """`work()`, kept until the bucket is dropped. `key` must hold all that `work` depends on but the baseline."""
        kept = self.kept.setdefault(bucket, {})
        found: T | None = kept.get(key)
        if found is None:
            found = kept[key] = work()
        return found

    # heights

    def height_of(self, series: IntArray) -> FloatArray:
        """The score at which each series speaks: one height per first desk."""
        missing = len(self.counts.pairs) - len(self.heights)
        if missing > 0:
            fresh = [self._series_height(*pair) for pair in self.counts.pairs[len(self.heights) :]]
            self.heights = np.concatenate([self.heights, np.array(fresh)])
        return self.heights[series]

    def _series_height(self, area: str, category: str) -> float:
        height = self._desk_height(area, category)
        override = self.rule.override_at(area, self.book.areas)
        return height if override is None else self.detector.rarer(height, override.rarer)

    def floor_of(self, series: IntArray) -> IntArray:
        """With fewer events each series never speaks, shape as `series`."""
        pairs, known = self.counts.pairs, len(self.floors)
        if known < len(pairs):
            found = [self.rule.override_at(area, self.book.areas) for area, _ in pairs[known:]]
            fresh = [self.rule.at_least if one is None or one.at_least is None else one.at_least for one in found]
            self.floors = np.concatenate([self.floors, np.array(fresh, np.int64)])
        return self.floors[series]

    def _desk_height(self, area: str, category: str) -> float:
        return self.height_at(self.book.first_desk(area, category))

    def height_at(self, desk: str) -> float:
        """The score at which the rule speaks at a first desk: as calibrated, else worked out from the promise."""
        if desk not in self.calibrated:
            self.calibrated[desk] = self.analytic(desk)
        return self.calibrated[desk]

    def analytic(self, desk: str) -> float:
        """The height by the detector's own bound."""
        promise = Promise(self.rule.false_alarms, self._possible(desk), self.windows, self.counts.steps.per_month)
        return self.detector.height(promise)

    def _possible(self, desk: str) -> int:
        """How many series this rule can have whose first desk is `desk`."""
        return max(1, self.possible_desks()[desk])

    def possible_desks(self) -> Counter[str]:
        """How many series this rule can have at each first desk."""
        if self._desks is not None and self._desks[0] is self.book:
            return self._desks[1]
        areas = [n.code for n in self.book.areas.nodes if n.level in self.counts.area_levels]
        root = self.rule.selector.category
        tree = self.book.categories
        categories = [
            n.code
            for n in tree.nodes
            if n.code == root or (tree.holds(root, n.code) and n.level in self.counts.category_levels)
        ]
        found = Counter(self.book.first_desk(a, c) for a in areas for c in categories)
        self._desks = self.book, found
        return found

    def recalibrate(self, heights: dict[str, float]) -> None:
        """Heights per desk from a calibration; views are judged anew by the next change."""
        self.calibrated.update(heights)
        self.judge_anew()

    def judge_anew(self) -> None:
        """Heights have moved: nothing that was worked out with the old ones stands."""
        self.heights, self.floors = np.zeros(0), np.zeros(0, np.int64)
        self.views.clear()
        self.kept.clear()
        self._droppable = None

    # baselines

    def memory_for(self, bucket: int) -> Memory | None:
        for first, memory in reversed(self.memories):
            if bucket >= first:
                return memory
        return None

    def in_force(self, buckets: IntArray) -> list[tuple[IntArray, Memory | None]]:
        """The buckets (ascending) by the memory that judges them."""
        starts = np.array([first for first, _ in self.memories])
        which = np.maximum(np.searchsorted(starts, buckets, side="right") - 1, 0)
        return [(buckets[which == number], self.memories[number][1]) for number in np.unique(which).tolist()]

    def resets_of(self, series: IntArray) -> IntArray:
        """The settled reset of each series; NO_RESET where there is none."""
        return _gather(self.resets, series)

    def least(self, memory: Memory | None, series: IntArray, blocks: Sequence[tuple[IntArray, int]]) -> Law:
        """The law with the smallest limit among each series' windows in each block, shape (B * S,), block after block.
        A block: the buckets in which its windows end, and their width in buckets."""
        rows = self.rows
        last = np.concatenate([buckets for buckets, _ in blocks])
        many = np.array([len(buckets) for buckets, _ in blocks])
        first = last - np.repeat([width for _, width in blocks], many) + 1
        return cast(Foreseeing, self.detector).least(  # as its headroom, or whoever looks ahead, has asked
            memory, rows, self.counts.steps, rows.row_of(series), first, last, np.cumsum(many) - many, rows.kin,
            self.windows,
        )  # fmt: skip

    def may_judge(self, bucket: int) -> bool:
        """Not before the tick has reached the refit whose baseline is in force for the bucket."""
        return self.next_refit is None or self.counts.steps.start(bucket) < self.next_refit

    def refit(self, at: int, frozen: list[tuple[int, int, int]], missing: dict[int, bool]) -> None:
        """Take in the cells that have settled by `at`; the new baseline judges buckets from `at` on.

        `frozen`: (series, first, last bucket) of episodes, whose buckets teach no level.
        """
        counts, steps = self.counts, self.counts.steps
        if self.detector.refits != "day" or counts.first_bucket is None or counts.first_open is None:
            return
        begin = self.learned_to if self.learned_to is not None else steps.cell_of(counts.first_bucket)
        begin = max(begin, steps.cell_of(max(counts.surely_held, counts.ring.lo, counts.forgotten)) + 1)
        stop = steps.cell_of(counts.first_open)
        if stop <= begin:
            return
        past = self._past(begin, stop, frozen, missing)
        begins, in_force = self.memories[-1]
        before = in_force
        if self.lessons.stale is not None:
            before = self.lessons.again()
        self.lessons.add(past, before)
        memory = self._taught(before, past)
        self.learned_to = stop
        first = steps.bucket(at)
        if steps.start(first) < at:
            first += 1
        if isinstance(self.detector, Sparing) and in_force is not None:  # from now on it judges, and is taught no more
            self.memories[-1] = begins, self.detector.judged_by(in_force)
        self.memories.append((first, memory))
        oldest = counts.first_open
        while len(self.memories) > 1 and self.memories[1][0] <= oldest:
            del self.memories[0]

    def _past(self, begin: int, stop: int, frozen: list[tuple[int, int, int]], missing: dict[int, bool]) -> Past:
        counts, steps = self.counts, self.counts.steps
        cells = np.arange(begin, stop)
        first = begin * steps.per_cell
        block = counts.ring.block(first, len(cells), steps.per_cell)
        blind = np.array(
            [any(missing.get(b, False) for b in range(c * steps.per_cell, (c + 1) * steps.per_cell)) for c in cells]
        )
        still = np.zeros(block.shape, bool)
        for series, run_first, run_last in frozen:
            low = max(0, steps.cell_of(run_first) - begin)
            still[series, low : max(0, steps.cell_of(run_last) - begin + 1)] = True
        late = [(s, steps.slot_of_cell(steps.cell_of(b)), d) for s, b, d in self.rows.take_late() if b < first]
        self.rows.learn(np.flatnonzero(block.any(axis=1)).tolist() + [s for s, _, _ in late])
        order = self.rows.series_of(np.arange(len(self.learned)))
        columns = np.array(late, np.int64).reshape(-1, 3)
        block, still = block[order], still[order]
        return Past(
            cells,
            np.array([steps.slot_of_cell(c) for c in cells.tolist()], np.int64),
            np.array([steps.day_of_cell(c) for c in cells.tolist()], np.int64),
            blind,
            block,
            still,
            (self.rows.row_of(columns[:, 0]), columns[:, 1], columns[:, 2]),
            self.rows.kin_of_learned(),
            steps.per_cell,
            self.windows,
            steps.slots_per_week,
        )

    def leave_out(self, order: Exclude) -> None:
        """Learn what an exclusion is about anew at the next refit, as far as it was learned."""
        steps = self.counts.steps
        first, last = steps.cell_of(steps.bucket(order.since)), steps.cell_of(steps.bucket(order.until - 1))
        self.lessons.leave_out(first, last, self.learned_to)

    def _taught(self, memory: Memory | None, past: Past) -> Memory:
        """The memory after a lesson, in which what is excluded stands as it was expected."""
        if self.exclusions:
            pairs = self.learned[: len(past.counts)]
            expect = partial(self.expected, memory)
            counts = left_out(past.counts, past.cells, past.missing, pairs, self.counts, self.exclusions, expect)
            past = replace(past, counts=counts)
        return self.detector.fit(memory, past)

    def expected(self, memory: Memory | None, rows: IntArray, cells: IntArray) -> FloatArray:
        """What a baseline expects of cells, shape (rows, cells); before the first one, nothing."""
        per_cell = self.counts.steps.per_cell
        if memory is None:
            return np.zeros((len(rows), len(cells)))
        first = np.tile(cells * per_cell, len(rows))
        points = Points(np.repeat(rows, len(cells)), first, first + per_cell - 1)
        law = self.detector.law(memory, self.rows, self.counts.steps, points, self.rows.kin, self.windows)
        return law.mean.reshape(len(rows), len(cells))

    # judging

    def law(self, points: Points, bucket: int) -> Law:
        """What the baseline in force for `bucket` expects of windows."""
        rows = self.rows
        mine = Points(rows.row_of(points.series), points.first, points.last)
        return self.detector.law(self.memory_for(bucket), rows, self.counts.steps, mine, rows.kin, self.windows)

    def bound(self, points: Points, bucket: int) -> Law:
        """The law by which windows score no less than by `law`, however their counts come to lie."""
        if self.arranging is None:
            return self.law(points, bucket)
        rows = self.rows
        mine = Points(rows.row_of(points.series), points.first, points.last)
        return self.arranging.bound(self.memory_for(bucket), rows, self.counts.steps, mine, rows.kin, self.windows)

    def moved_by_counts(self, bucket: int) -> bool:
        """Whether counts move the laws of a bucket: then none is kept."""
        if self.detector.refits != "day":
            return True
        return self.arranging is not None and self.arranging.reads_counts(self.memory_for(bucket))

    def _judged_by(self, points: Points, bucket: int) -> Law:
        """The law of windows that end in `bucket`; a drop expects nothing of a feed's longest silence in them."""
        law = self.law(points, bucket)
        if not self.low:
            return law
        starts, which = np.unique(points.first, return_inverse=True)
        heard = np.array([1.0 - self.gap_in(first, bucket) for first in starts.tolist()])
        return replace(law, mean=law.mean * heard[which])

    def scores(self, series: IntArray, bucket: int, resets: IntArray) -> FloatArray:
        """Scores of each series' windows that end in `bucket`, shape (n, windows)."""
        n, w = len(series), len(self.widths)
        first = np.maximum(bucket - self.widths[None, :] + 1, resets[:, None] + 1).ravel()
        each = np.repeat(series, w)
        last = np.full(n * w, bucket, np.int64)
        totals = self.counts.ring.total(each, first, last)
        scores = np.full(n * w, -np.inf)
        enough = first <= bucket
        floors = np.repeat(self.floor_of(series), w)
        enough &= self._whole(first, bucket) if self.low else totals >= floors
        at = np.flatnonzero(enough)
        if len(at):
            points = Points(each[at], first[at], last[at])
            law = self._judged_by(points, bucket)
            scores[at] = self._heard(law, totals[at], floors[at], self.detector.score(law, totals[at]))
        return scores.reshape(n, w)

    def best(self, series: IntArray, buckets: IntArray) -> FloatArray:
        """The best score of each series' windows that end in its bucket, none of them cut, by the memory in force for
        the first; shape (P,) all."""
        found, floors = np.full(len(series), -np.inf), self.floor_of(series)
        for width in self.widths.tolist():
            first = buckets - width + 1
            totals = self.counts.ring.total(series, first, buckets)
            at = np.arange(len(series)) if self.low else np.flatnonzero(totals >= floors)
            if len(at):
                law = self.law(Points(series[at], first[at], buckets[at]), int(buckets[0]))
                scores = self._heard(law, totals[at], floors[at], self.detector.score(law, totals[at]))
                found[at] = np.maximum(found[at], scores)
        return found

    def _heard(self, law: Law, totals: IntArray, floors: IntArray, scores: FloatArray) -> FloatArray:
        """Scores, less those of windows that hold (or, for a drop, let expect) too little to speak at all."""
        held: BoolArray = (law.mean if self.low else totals) >= floors
        return np.where(held, scores, -np.inf)

    def _whole(self, first: IntArray, bucket: int) -> BoolArray:
        """Whether windows first..bucket lie in the feeds' past and every feed was heard in all of their buckets."""
        began = self.counts.first_bucket if self.counts.first_bucket is not None else bucket + 1
        deaf = max((b for b in self.missing if b <= bucket), default=NO_RESET)
        return np.asarray(first > max(deaf, began - 1, self.counts.ring.lo))

    def reaches(self, count: int, limit: int) -> bool:
        """Whether a count speaks; a limit of NEVER, or of -1 as evidence has it, is reached by none."""
        return limit not in (NEVER, -1) and self.sign * count >= self.sign * limit

    def _to_look_at(self, bucket: int) -> IntArray:
        """The series whose windows may speak in a bucket: those that hold an event in it; for drops, those that let
        expect enough, whatever came."""
        return self.may_drop(bucket) if self.low else self.counts.ring.touched(bucket)

    def may_drop(self, bucket: int) -> IntArray:
        """Series of which a count of nothing in the longest window (at least a week) would speak; once per refit."""
        first = next((first for first, _ in reversed(self.memories) if bucket >= first), NO_RESET)
        if self._droppable is None or self._droppable[0] != first:
            self._droppable = first, self._find_droppable(first)
        return self._droppable[1]

    def _find_droppable(self, first: int) -> IntArray:
        """`first`: where the memory in force begins to judge, so that all depends on the memory alone."""
        series = np.sort(self.rows.series_of(np.arange(len(self.learned))))
        if not len(series) or self.memory_for(first) is None:
            return np.zeros(0, np.int64)
        longest = max(int(self.widths[-1]), self.counts.steps.count(7 * DAY_MS))
        points = Points(series, np.full(len(series), first - longest + 1), np.full(len(series), first))
        limits = self.detector.limits(self.law(points, first), self.height_of(series))
        return np.asarray(series[limits != NEVER], np.int64)

    def look(self, series: int, bucket: int, reset: int, taken: IntArray | None = None) -> Judged:
        """One series closely; `taken` is the excess of its descendants per window (what they lack: below nothing),
        shape (windows,)."""
        first = np.maximum(bucket - self.widths + 1, reset + 1)
        points = Points(np.full(len(first), series, np.int64), first, np.full(len(first), bucket, np.int64))
        totals = self.counts.ring.total(points.series, points.first, points.last)
        if taken is not None:
            totals = np.maximum(totals - taken, 0)
        law = self._law_of(series, reset, points, bucket)
        scores = self._heard(law, totals, self.floor_of(points.series), self.detector.score(law, totals))
        if self.low:
            scores = np.where(self._whole(first, bucket), scores, -np.inf)
        return Judged(first, totals, law, scores)

    def _law_of(self, series: int, reset: int, points: Points, bucket: int) -> Law:
        if self.moved_by_counts(bucket):
            return self.law(points, bucket)
        cut = max(reset, bucket - int(self.widths[-1]))
        return self.once_per_bucket(bucket, ("law", series, cut), lambda: self._judged_by(points, bucket))

    def quiet(self, points: Points, bucket: int, counts: IntArray) -> BoolArray:
        """Whether counts of windows that end in `bucket` lie below (a drop: above) their lower line: what is expected
        plus half of the excess at the limit; always where a window cannot speak. Shape (P,)."""
        key = ("quiet", points.series.tobytes(), points.first.tobytes())
        if self.moved_by_counts(bucket):
            law = self._judged_by(points, bucket)
        else:
            law = self.once_per_bucket(bucket, key, lambda: self._judged_by(points, bucket))
        heights = self.height_of(points.series)
        if self.low:
            limits = self.detector.limits(law, heights)
            return np.asarray((limits == NEVER) | (counts > law.mean + (limits - law.mean) / 2))
        # is what lies as far above the expected again a limit? One score instead of a search
        twice = np.floor(2 * counts - law.mean).astype(np.int64)
        enough = twice >= self.floor_of(points.series)
        return ~(enough & (self.detector.score(law, np.maximum(twice, 0)) >= heights))

    def view(self, bucket: int, resets: IntArray, changed: IntArray | None = None) -> View:
        """The bucket's view under `resets` (by series); only what changed is judged again."""
        series = self._to_look_at(bucket)
        mine = _gather(resets, series)
        if self.room is not None:
            look = self.room.must_look(series, bucket, mine)
            series, mine = series[look], mine[look]
        old = self.views.get(bucket)
        if old is None:
            scores = self.scores(series, bucket, mine) if len(series) else np.zeros((0, len(self.widths)))
        else:
            scores = np.full((len(series), len(self.widths)), -np.inf)
            fresh = np.ones(len(series), bool)
            if len(old.series) and len(series):
                at = np.minimum(np.searchsorted(old.series, series), len(old.series) - 1)
                same = (old.series[at] == series) & (old.resets[at] == mine)
                if changed is not None:
                    same &= ~np.isin(series, changed)
                scores[same] = old.scores[at[same]]
                fresh = ~same
            if fresh.any():
                scores[fresh] = self.scores(series[fresh], bucket, mine[fresh])
            elif len(series) == len(old.series):
                return old
        loud: BoolArray = np.any(scores >= self.height_of(series)[:, None], axis=1)
        view = self.views[bucket] = View(series, mine, scores, loud)
        return view

    def limits(self, law: Law, height: float | FloatArray, series: int | IntArray) -> IntArray:
        """The smallest counts that speak, at least the floor of the series (a drop: the largest, where enough is
        expected); NEVER stays. `height` and `series`: of all of them, or one each."""
        floor = self.floor_of(np.atleast_1d(series))
        found = self.detector.limits(law, np.broadcast_to(height, len(law.mean)))
        if self.low:
            return np.where(law.mean >= floor, found, NEVER)
        return np.where(found == NEVER, NEVER, np.maximum(found, floor))


def _gather(resets: IntArray, series: IntArray) -> IntArray:
    """Resets of series; those younger than the array have none."""
    found = np.full(len(series), NO_RESET, np.int64)
    known = series < len(resets)
    found[known] = resets[series[known]]
    return found
