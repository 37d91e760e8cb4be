"""When a feed's events occurred, in order, kept by the hour: what comes now does not move what came long before."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import Final

import numpy as np

from rules.calendar import HOUR_MS
from rules.detectors.port import IntArray

_NONE: Final = np.zeros(0, np.int64)


class Heard:
    """Instants (ms UTC) that may repeat. One hour is sorted when it is asked for, not when it grows."""

    def __init__(self, times: Sequence[int] | IntArray = ()) -> None:
        self._hours: list[int] = []  # ascending
        self._held: dict[int, list[IntArray]] = {}  # hour -> pieces; one piece is in order
        self.add(np.asarray(times, np.int64))

    def __len__(self) -> int:
        return sum(len(piece) for pieces in self._held.values() for piece in pieces)

    def all(self) -> IntArray:
        """Every instant, ascending."""
        return np.concatenate([self._hour(hour) for hour in self._hours]) if self._hours else _NONE

    def first(self) -> int | None:
        """The earliest instant."""
        return int(self._hour(self._hours[0])[0]) if self._hours else None

    def last(self) -> int | None:
        """The latest instant."""
        return int(self._hour(self._hours[-1])[-1]) if self._hours else None

    def add(self, times: IntArray) -> None:
        """Put many in, in any order."""
        if not len(times):
            return
        hours = times // HOUR_MS
        low, high = int(hours.min()), int(hours.max())
        if low == high:
            self._put(low, times)
            return
        for hour in np.unique(hours).tolist():
            self._put(hour, times[hours == hour])

    def _put(self, hour: int, times: IntArray) -> None:
        pieces = self._held.get(hour)
        if pieces is None:
            insort(self._hours, hour)
            pieces = self._held[hour] = []
        pieces.append(np.sort(times))

    def insert(self, time: int) -> None:
        """Put one in."""
        hour = time // HOUR_MS
        if hour not in self._held:
            self._put(hour, np.array([time], np.int64))
            return
        held = self._hour(hour)
        self._held[hour] = [np.insert(held, int(np.searchsorted(held, time)), time)]

    def remove(self, time: int) -> None:
        """Take one out; nothing where it is not there."""
        hour = time // HOUR_MS
        if hour not in self._held:
            return
        held = self._hour(hour)
        place = int(np.searchsorted(held, time))
        if place < len(held) and held[place] == time:
            if len(held) == 1:
                self._hours.remove(hour)
                del self._held[hour]
            else:
                self._held[hour] = [np.delete(held, place)]

    def _hour(self, hour: int) -> IntArray:
        pieces = self._held[hour]
        if len(pieces) > 1:
            pieces[:] = [np.sort(np.concatenate(pieces), kind="stable")]  # runs in order: merged
        return pieces[0]

    def between(self, start: int, end: int, before: int = 0, after: int = 0) -> IntArray:
        """The instants in [start, end), with up to `before` earlier and `after` later ones, ascending."""
        low = bisect_left(self._hours, start // HOUR_MS)
        high = bisect_left(self._hours, -(-end // HOUR_MS))
        earlier, later, pieces = 0, 0, [self._hour(hour) for hour in self._hours[low:high]]
        while low > 0 and earlier < before:
            low -= 1
            pieces.insert(0, self._hour(self._hours[low]))
            earlier += len(pieces[0])
        while high < len(self._hours) and later < after:
            pieces.append(self._hour(self._hours[high]))
            high += 1
            later += len(pieces[-1])
        if not pieces:
            return _NONE
        held = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        first, beyond = np.searchsorted(held, (start, end)).tolist()
        return held[max(0, first - before) : beyond + after]

    def in_hour(self, hour: int) -> int:
        """How many lie in an hour since 1970."""
        return sum(len(piece) for piece in self._held.get(hour, ()))

    def forget(self, oldest: int) -> None:
        """Let go of what lies before `oldest`, but for the last of it: gaps are measured from there."""
        gone = bisect_left(self._hours, oldest // HOUR_MS)
        if gone == len(self._hours) or int(self._hour(self._hours[gone])[0]) >= oldest:
            gone -= 1  # the last of it lies an hour further back
        if gone < 0:
            return
        last = self._hours[gone]
        held = self._hour(last)
        self._held[last] = [held[int(np.searchsorted(held, oldest)) - 1 :].copy()]
        for hour in self._hours[:gone]:
            del self._held[hour]
        del self._hours[:gone]
