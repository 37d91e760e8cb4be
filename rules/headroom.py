"""Headroom: how many more events each series surely bears before any of its windows could reach its limit.

A frame then costs one subtraction a series; only where nothing is left the windows themselves are looked at. It is
worked out from what the open windows hold now and from the smallest limit of a block of buckets: those open when the
block began, and some to come. A limit is worked out once a block.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np

from rules.detectors.port import NEVER, BoolArray, IntArray

if TYPE_CHECKING:
    from rules.judge import Judge

ALWAYS: Final = np.iinfo(np.int64).max
_NOT_YET: Final = np.iinfo(np.int64).min
_AHEAD: Final = 36
"""Buckets to come that a block holds."""
_MOST_OPEN: Final = 64
"""With more open buckets than this, windows are looked at instead."""


class Headroom:
    """`left[s]`: events that series s still bears in buckets up to `until[s]`; below 0: it must be looked at."""

    def __init__(self, judge: Judge) -> None:
        self.judge = judge
        self.left = np.zeros(0, np.int64)
        self.until = np.zeros(0, np.int64)
        self.block = (0, -1)  # first and last bucket
        self.limits = np.zeros((len(judge.widths), 0), np.int64)  # the smallest of the block, by window; or _NOT_YET
        self.may_speak: Callable[[IntArray], BoolArray | None] | None = None
        """Where rows to come are at hand: which series may reach a limit at all, if that is known."""

    def _grow(self) -> None:
        fresh = len(self.judge.counts.pairs) - len(self.left)
        if fresh > 0:
            self.left = np.concatenate([self.left, np.zeros(fresh, np.int64)])
            self.until = np.concatenate([self.until, np.full(fresh, _NOT_YET)])
            unknown = np.full((len(self.limits), fresh), _NOT_YET)
            self.limits = np.concatenate([self.limits, unknown], axis=1)

    def spend(self, series: IntArray, buckets: IntArray, deltas: IntArray, open_from: int) -> IntArray:
        """Take what came off the headroom; the series that must be looked at, ascending."""
        self._grow()
        np.subtract.at(self.left, series, np.maximum(deltas, 0))
        short = np.unique(series[(self.left[series] < 0) | (self.until[series] < buckets)])
        if self.may_speak is not None and (may := self.may_speak(short)) is not None:
            short = short[may]
        return self.work_out(short, open_from) if len(short) else short

    def note(self, series: IntArray, buckets: IntArray, deltas: IntArray) -> None:
        """Take what came off the headroom, where nothing need be looked at yet."""
        self._grow()
        np.subtract.at(self.left, series, np.maximum(deltas, 0))
        self.until[series[self.until[series] < buckets]] = _NOT_YET

    def work_out(self, series: IntArray, open_from: int) -> IntArray:
        """Work headroom out for `series`; those that have none."""
        self._grow()
        counts, floors = self.judge.counts, self.judge.floor_of(series)
        widest = int(self.judge.widths[-1])
        top = counts.ring.hi
        n = len(series)
        held = counts.ring.total(series, np.full(n, open_from - widest + 1), np.full(n, top))
        self.left[series] = floors - 1 - held
        self.until[series] = ALWAYS
        many = series[held >= floors]
        if len(many):
            self._from_limits(many, open_from, top)
        return series[self.left[series] < 0]

    def _from_limits(self, series: IntArray, open_from: int, top: int) -> None:
        judge, newest = self.judge, max(top, open_from)
        if not (self.block[0] <= open_from and newest <= self.block[1]):
            self._begin_block(open_from, newest)
        self.until[series] = self.block[1]
        self.left[series] = -1
        if newest > self.block[1] or top - open_from >= _MOST_OPEN:
            return
        resets = judge.resets_of(series)
        clear = series[resets < open_from - int(judge.widths[-1])]
        if not len(clear):
            return
        held = np.arange(open_from, newest + 1)  # later windows hold no more than the last of these
        each, ends = np.repeat(clear, len(held)), np.tile(held, len(clear))
        room = np.full(len(clear), ALWAYS)
        for width, limits in zip(judge.widths.tolist(), self._limits_of(clear), strict=True):
            totals = judge.counts.ring.total(each, ends - width + 1, ends).reshape(len(clear), -1).max(axis=1)
            room = np.minimum(room, limits - 1 - totals)
        self.left[clear] = np.maximum(room, -1)

    def _begin_block(self, open_from: int, newest: int) -> None:
        last, limit = newest + _AHEAD, self.judge.next_refit
        if limit is not None:
            last = min(last, self.judge.counts.steps.bucket(limit - 1))
        self.block = (open_from, last)
        self.limits[:] = _NOT_YET

    def _limits_of(self, series: IntArray) -> IntArray:
        """The smallest limits of the block, shape (windows, series)."""
        if (self.limits[0, series] == _NOT_YET).any():
            unknown = np.flatnonzero(self.limits[0] == _NOT_YET)
            if self.may_speak is not None and (may := self.may_speak(unknown)) is not None:
                unknown = unknown[may]
            # with those that are about to be asked for: one call costs much, a series little
            near = unknown[self._held(unknown) >= self.judge.floor_of(unknown) - 1]
            asked = np.union1d(near, series)
            self.limits[:, asked] = self._smallest_limits(asked)
        return self.limits[:, series]

    def _held(self, series: IntArray) -> IntArray:
        """What all windows that end in the block's open buckets hold at the most."""
        ring, n = self.judge.counts.ring, len(series)
        return ring.total(series, np.full(n, self.block[0] - int(self.judge.widths[-1]) + 1), np.full(n, ring.hi))

    def _smallest_limits(self, series: IntArray) -> IntArray:
        judge = self.judge
        heights, floors = judge.height_of(series), judge.floor_of(series)
        smallest = np.full((len(judge.widths), len(series)), ALWAYS)
        for first, memory in judge.in_force(np.arange(self.block[0], self.block[1] + 1)):
            law = judge.least(memory, series, [(first, width) for width in judge.widths.tolist()])
            limits = judge.detector.limits(law, np.tile(heights, len(judge.widths))).reshape(smallest.shape)
            limits = np.where(limits == NEVER, ALWAYS, np.maximum(limits, floors))
            smallest = np.minimum(smallest, limits)
        return smallest

    def forget(self) -> None:
        """Limits have moved: what was worked out from them no longer stands."""
        self.until[self.until != ALWAYS] = _NOT_YET
        self.block = (0, -1)

    def must_look(self, series: IntArray, bucket: int, resets: IntArray) -> BoolArray:
        """Which series may reach a limit in `bucket`. `resets`, shape as `series`: a window cut short bears less."""
        self._grow()
        found: BoolArray = (self.left[series] < 0) | (self.until[series] < bucket)
        if self.may_speak is not None and (may := self.may_speak(series)) is not None:
            found &= may
        return found | (resets > bucket - int(self.judge.widths[-1]) - 1)
