"""Looking ahead in a replay: from which rows on a rule might say something, so that before them it is only counted.

Most of a year is quiet. Where the rows to come are at hand, one look over *all* of them up to a rule's next refit
(repeats, corrections and rows of one place too) bounds every window from above; a bucket in which even that bound
reaches no height says nothing, whatever part of the rows has come. What is said stays equal, signal by signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from rules.detectors.port import BoolArray, IntArray, Memory, Points
from rules.facts import FactRows

if TYPE_CHECKING:
    from rules.engine import Engine
    from rules.rings import Ring
    from rules.watch import RuleWatch

_BLOCK: Final = 72
"""Buckets that are bounded together, by the window among theirs that expects least."""
_NONE: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Foresight:
    """Of one rule up to its next refit: `buckets`, ascending, in which it might speak, and when the first row arrives
    that lies in each or in a later one, shape (B,), ms; `series`, which may speak at all, shape (S,)."""

    buckets: IntArray
    first_row: IntArray
    series: BoolArray
    resets: IntArray  # of the settled fold, by series, when this was worked out
    until: int  # the refit: before it all of this holds
    sure: bool = True

    def quiet_until(self, rule: RuleWatch, now: int) -> int:
        """The arrival time up to which the rule surely stays silent; `now` where nothing is sure."""
        if not self.sure or rule.first_open is None:
            return now
        place = int(np.searchsorted(self.buckets, rule.first_open))
        if place == len(self.buckets):
            return self.until - 1
        if self.buckets[place] <= rule.counts.ring.hi:  # rows lie there, or later: more in its window may do
            return now
        return int(self.first_row[place]) - 1

    def may_speak(self, rule: RuleWatch, series: IntArray) -> BoolArray | None:
        """Which of `series` may say anything, shape as `series`; None where nothing is sure of any."""
        if not self.sure or not self.holds(rule):
            return None
        found = np.ones(len(series), bool)  # what has joined since may
        known = series < len(self.series)
        found[known] = self.series[series[known]]
        return found

    def holds(self, rule: RuleWatch) -> bool:
        """Whether nothing has moved that it rests on, and no row has arrived that it does not know of."""
        return self.knows(rule) and np.array_equal(self.resets, rule.fold.resets)

    def knows(self, rule: RuleWatch) -> bool:
        """Whether no row has arrived that it does not know of, nor a baseline come into force."""
        if rule.ahead is None or rule.ahead.engine.arrived > self.until:
            return False
        return self.until == rule.judge.next_refit


class Lookahead:
    """The rows to come, by arrival."""

    def __init__(self, engine: Engine, rows: FactRows, kinds: IntArray) -> None:
        self.engine = engine
        arrived = np.ascontiguousarray(rows["arrived_at"])
        order: IntArray | slice = slice(None)
        if len(arrived) and (arrived[1:] < arrived[:-1]).any():
            order = np.argsort(arrived, kind="stable")
        self.names = engine.names
        self.arrived: IntArray = arrived[order]
        self.occurred: IntArray = np.ascontiguousarray(rows["occurred_at"][order])
        self.count: IntArray = rows["count"][order].astype(np.int64)
        self.kinds: IntArray = kinds[order]

    def look(self, rule: RuleWatch, now: int) -> None:
        """After the tick `now`: what the rows to come may let the rule say, and up to when it surely stays silent."""
        limit = rule.judge.next_refit
        if limit is None or limit <= now:
            rule.foresight, rule.quiet_until = None, now
            return
        ahead = rule.foresight
        if ahead is None or not ahead.holds(rule):
            before = ahead if ahead is not None and ahead.sure and ahead.knows(rule) else None
            ahead = rule.foresight = self.foresight(rule, now, before)
        rule.quiet_until = max(now, ahead.quiet_until(rule, now)) if rule.idle else now

    def foresight(self, rule: RuleWatch, now: int, before: Foresight | None = None) -> Foresight:
        """What the rows that arrive after `now` may let the rule say before its next refit.

        Where only resets have moved since `before` was worked out, series that could not speak then, and whose own has
        not moved, still cannot: they are not asked again.

        Nothing is sure while rows are held, nor of a rule that raises here: it is judged record by record, and stopped
        where it raises then, as it would be without a look ahead.
        """
        limit = rule.judge.next_refit
        assert limit is not None
        if self.engine.identities.held:
            return Foresight(_NONE, _NONE, np.zeros(0, bool), rule.fold.resets.copy(), limit, sure=False)
        try:
            return self._foresee(rule, now, limit, before)
        except (MemoryError, TimeoutError):
            raise
        except Exception:  # noqa: BLE001 - law 10: the slow way raises it again, at its own record
            return Foresight(_NONE, _NONE, np.zeros(0, bool), rule.fold.resets.copy(), limit, sure=False)

    def _foresee(self, rule: RuleWatch, now: int, limit: int, before: Foresight | None) -> Foresight:
        counts = rule.counts
        begin, end = np.searchsorted(self.arrived, (now, limit), side="right").tolist()
        mine = np.flatnonzero(counts.routes.selected(self.kinds[begin:end], self.names))
        mine = mine[self.count[begin:end][mine] > 0] + begin
        arrived, buckets = self.arrived[mine], counts.steps.buckets(self.occurred[mine])
        which, series = counts.routes.spread(self.kinds[mine])
        many = self.count[mine][which]
        cells = [(series, buckets[which], many)]
        early = []  # buckets of rows that wait already
        for _, _, fact, sign in counts.late:
            if sign > 0:
                fed, bucket = counts.fed_by(fact.area, fact.category), counts.steps.bucket(fact.occurred_at)
                cells.append((fed, np.full(len(fed), bucket), np.full(len(fed), fact.count)))
                early.append(bucket)
        resets = rule.fold.reset_for(counts)
        all_series, all_buckets, all_many = (np.concatenate(column) for column in zip(*cells, strict=True))
        asked = np.ones(len(resets), bool)
        if before is not None:
            known = min(len(before.resets), len(resets))
            asked[:known] = before.resets[:known] != resets[:known]
            asked[: len(before.series)] |= before.series[: len(asked)]
        found, speaking = _Bound(rule, all_series, all_buckets, all_many, limit, asked).loud()
        newest = np.maximum.accumulate(buckets) if len(buckets) else _NONE
        at = np.searchsorted(newest, found)
        first_row = (
            np.where(at < len(arrived), arrived[np.minimum(at, len(arrived) - 1)], limit) if len(found) else _NONE
        )
        if early and len(found):
            first_row = np.where(found <= max(early), now, first_row)
        return Foresight(found, first_row, speaking, resets.copy(), limit)


class _Bound:
    """Every window of the series that rows will feed, with all of them counted: arrays of buckets x series."""

    def __init__(
        self, rule: RuleWatch, series: IntArray, buckets: IntArray, many: IntArray, limit: int, asked: BoolArray
    ) -> None:
        """`asked`: which series are looked at, shape (S,)."""
        assert rule.first_open is not None
        self.rule, self.judge = rule, rule.judge
        self.first = rule.first_open
        ring, widest = rule.counts.ring, int(self.judge.widths[-1])
        newest = max(ring.hi, int(buckets.max(initial=self.first - 1)))
        self.last = min(rule.counts.steps.bucket(limit), newest)
        self.before = self.first - widest  # the bucket before the first window
        held = (buckets > self.before) & (buckets <= self.last)
        series, buckets, many = series[held], buckets[held], many[held]
        alive = np.zeros(len(rule.counts.pairs), bool)
        alive[series[buckets >= self.first]] = True
        spans = [self._running(of, self.first - 1) for of in self._rings()]
        for running in spans:
            alive |= (running[-1] != running[0])[: len(alive)]
        alive &= asked
        self.series = np.flatnonzero(alive)
        place = np.cumsum(alive) - 1
        mine = alive[series]
        shape = (max(0, self.last - self.before), len(self.series))
        cells = (buckets[mine] - self.before - 1) * shape[1] + place[series[mine]]
        grown = np.bincount(cells, many[mine], minlength=shape[0] * shape[1]).astype(np.int64).reshape(shape)
        for of in self._rings():
            grown += np.diff(self._running(of, self.before)[:, self.series], axis=0)
        self.holds: BoolArray = grown[self.first - self.before - 1 :] > 0
        self.sums = np.concatenate([np.zeros((1, shape[1]), np.int64), np.cumsum(grown, axis=0)])
        self.resets = rule.fold.reset_for(rule.counts)[self.series]
        self.heights, self.floors = self.judge.height_of(self.series), self.judge.floor_of(self.series)

    def _rings(self) -> list[Ring]:
        counts = self.rule.counts  # a row taken back may let the next one of its place count
        return [counts.ring] if counts.folded is None else [counts.ring, counts.folded]

    def _running(self, ring: Ring, before: int) -> IntArray:
        """Events up to each bucket from `before` to the last, less those up to `before`, shape (buckets, series)."""
        at = np.clip(np.arange(before, max(self.last, before) + 1), ring.lo, max(ring.hi, ring.lo)) % ring.size
        sums = ring.cum[at, : len(self.rule.counts.pairs)]
        found: IntArray = (sums - sums[0]).astype(np.int64)
        return found

    def loud(self) -> tuple[IntArray, BoolArray]:
        """The buckets in which a series may reach its height, ascending; and which series may, shape (S,)."""
        speaking = np.zeros(len(self.rule.counts.pairs), bool)
        if self.last < self.first or not len(self.series):
            return _NONE, speaking
        judge, judged = self.judge, np.arange(self.first, self.last + 1)
        found = np.zeros(len(judged), bool)
        for buckets, memory in judge.in_force(judged):
            spans = [
                (buckets[begin : begin + _BLOCK], width)
                for width in judge.widths.tolist()
                for begin in range(0, len(buckets), _BLOCK)
            ]
            windows = [
                self._windows(block, may, width)
                for (block, width), may in zip(spans, self._may(memory, spans), strict=True)
                if len(may)
            ]
            if windows:
                place, first, last, totals = (np.concatenate(column) for column in zip(*windows, strict=True))
                law = judge.bound(Points(self.series[place], first, last), int(buckets[0]))
                loud = judge.detector.score(law, totals) >= self.heights[place]
                found[last[loud] - self.first] = True
                speaking[self.series[place[loud]]] = True
        return judged[found], speaking

    def _may(self, memory: Memory | None, spans: Sequence[tuple[IntArray, int]]) -> list[IntArray]:
        """Of each block of buckets with a width: which series, at their places, one of its windows may be loud for."""
        judge = self.judge
        cut = self.resets > self.before
        most = np.array([self._most(block, width) for block, width in spans])
        may = (most >= self.floors) & ~cut
        asked = np.flatnonzero(may.any(axis=0))
        if len(asked):
            which, place = np.nonzero(may[:, asked])
            law = judge.least(memory, self.series[asked], spans).at(which * len(asked) + place)
            chosen = asked[place]
            loud = judge.detector.score(law, most[which, chosen]) >= self.heights[chosen]
            may[which[~loud], chosen[~loud]] = False
        may[:, cut] = True
        return [np.flatnonzero(row) for row in may]

    def _most(self, buckets: IntArray, width: int) -> IntArray:
        """The most that a window of `width` holds that ends in one of `buckets` in which its series has events."""
        begin, end = int(buckets[0]), int(buckets[-1]) + 1
        sums = self.sums[begin - self.before : end - self.before]
        totals = sums - self.sums[begin - self.before - width : end - self.before - width]
        most: IntArray = (totals * self.holds[begin - self.first : end - self.first]).max(axis=0)
        return most

    def _windows(
        self, buckets: IntArray, chosen: IntArray, width: int
    ) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Windows of the series at `chosen` that end in `buckets` and hold enough to speak: place of the series, first
        and last bucket, events; shape (P,) each."""
        ends = buckets[:, None]
        first = np.maximum(ends - width + 1, self.resets[chosen] + 1)
        totals = self.sums[ends - self.before, chosen]
        totals = totals - self.sums[np.minimum(first - 1, ends) - self.before, chosen]
        enough = (totals >= self.floors[chosen]) & (first <= ends)
        enough &= self.holds[buckets - self.first][:, chosen]
        at, which = np.nonzero(enough)
        return chosen[which], first[at, which], buckets[at], totals[at, which]
