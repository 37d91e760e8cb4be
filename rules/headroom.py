"""Headroom: how many more events each series surely bears before any of its windows could reach its limit.

A frame then costs one subtraction a series; only where nothing is left the windows themselves are looked at. It is
worked out for all open buckets and some to come, from the smallest limit among them and what the windows hold now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from rules.detectors.port import NEVER, BoolArray, FloatArray, IntArray

if TYPE_CHECKING:
    from rules.judge import Judge

ALWAYS: Final = np.iinfo(np.int64).max
_NOT_YET: Final = np.iinfo(np.int64).min
_AHEAD: Final = 36
"""Buckets to come for which headroom is worked out at a time."""
_MOST_OPEN: Final = 64
"""With more open buckets than this, windows are looked at instead."""


class Headroom:
    """`left[s]`: events that series s still bears in buckets up to `until[s]`; below 0: it must be looked at."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.left = np.zeros(0, np.int64)
        self.until = np.zeros(0, np.int64)

    def _grow(self) -> None:
        fresh = len(self.judge.counts.pairs) - len(self.left)
        if fresh > 0:
            self.left = np.concatenate([self.left, np.zeros(fresh, np.int64)])
            self.until = np.concatenate([self.until, np.full(fresh, _NOT_YET)])

    def spend(self, series: IntArray, buckets: IntArray, deltas: IntArray, open_from: int) -> IntArray:
        """Take what came off the headroom; the series that must be looked at, ascending."""
        self._grow()
        np.subtract.at(self.left, series, np.maximum(deltas, 0))
        short = np.unique(series[(self.left[series] < 0) | (self.until[series] < buckets)])
        return self.work_out(short, open_from) if len(short) else short

    def note(self, series: IntArray, buckets: IntArray, deltas: IntArray) -> None:
        """Take what came off the headroom, where nothing need be looked at yet."""
        self._grow()
        np.subtract.at(self.left, series, np.maximum(deltas, 0))
        self.until[series[self.until[series] < buckets]] = _NOT_YET

    def work_out(self, series: IntArray, open_from: int) -> IntArray:
        """Work headroom out for `series`; those that have none."""
        self._grow()
        counts, rule = self.judge.counts, self.judge.rule
        widest = int(self.judge.widths[-1])
        top = counts.ring.hi
        n = len(series)
        held = counts.ring.total(series, np.full(n, open_from - widest + 1), np.full(n, top))
        self.left[series] = rule.at_least - 1 - held
        self.until[series] = ALWAYS
        many = series[held >= rule.at_least]
        if len(many):
            self._from_limits(many, open_from, top)
        return series[self.left[series] < 0]

    def _from_limits(self, series: IntArray, open_from: int, top: int) -> None:
        judge = self.judge
        limit = judge.next_refit
        last = max(top, open_from) + _AHEAD
        if limit is not None:
            last = min(last, judge.counts.steps.bucket(limit - 1))
        self.until[series] = last
        self.left[series] = -1
        if last < max(top, open_from) or top - open_from >= _MOST_OPEN:
            return
        resets = judge.resets_of(series)
        clear = series[resets < open_from - int(judge.widths[-1])]
        if not len(clear):
            return
        buckets = np.arange(open_from, last + 1)
        held = buckets[: max(top - open_from, 0) + 1]  # later windows hold no more than the last of these
        room = np.full(len(clear), ALWAYS)
        heights = judge.height_of(clear)
        for width in judge.widths.tolist():
            each = np.repeat(clear, len(held))
            ends = np.tile(held, len(clear))
            totals = judge.counts.ring.total(each, ends - width + 1, ends).reshape(len(clear), -1).max(axis=1)
            for first, memory in judge.in_force(buckets):
                limits = judge.least_limits(memory, clear, first, width, heights)
                limits = np.where(limits == NEVER, ALWAYS, np.maximum(limits, judge.rule.at_least))
                room = np.minimum(room, limits - 1 - totals)
        self.left[clear] = np.maximum(room, -1)

    def forget(self) -> None:
        """Limits have moved: what was worked out from them no longer stands."""
        self.until[self.until != ALWAYS] = _NOT_YET

    def must_look(self, series: IntArray, bucket: int, resets: IntArray) -> BoolArray:
        """Which series may reach a limit in `bucket`. `resets`, shape as `series`: a window cut short bears less."""
        self._grow()
        found: BoolArray = (self.left[series] < 0) | (self.until[series] < bucket)
        return found | (resets > bucket - int(self.judge.widths[-1]) - 1)


__all__ = ["ALWAYS", "FloatArray", "Headroom"]
