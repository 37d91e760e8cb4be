"""What is known of rows while they are read: between which two ticks, and under which durations of their feeds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from rules.book import FeedPolicy
from rules.detectors.port import IntArray
from rules.names import Names


class Reading:
    """In which interval between two ticks the rows that are being taken in were read."""

    def __init__(self, first_place: int = 0, intervals: IntArray | None = None) -> None:
        self.intervals = np.zeros(0, np.int64) if intervals is None else intervals
        self.first = int(self.intervals[0]) if len(self.intervals) else 0
        self.apart: dict[int, int] = {}  # place -> the interval of its story
        self._first_place = first_place
        self._inserted: list[IntArray] = [np.zeros(0, np.int64)]

    def inserted(self, intervals: IntArray) -> None:
        """Those of the rows that lie from the next new place on."""
        self._inserted.append(intervals)

    def of(self, places: IntArray) -> IntArray:
        """Those of rows that stand alone, shape as `places`; what was read before is of the first."""
        found = np.full(len(places), self.first, np.int64)
        new = places >= self._first_place
        if new.any():
            if len(self._inserted) > 1:
                self._inserted = [np.concatenate(self._inserted)]
            found[new] = self._inserted[0][places[new] - self._first_place]
        return found


class Policies:
    """Feeds' durations by the engine's number of the feed, shape (feeds,) each, ms."""

    def __init__(self, feeds: Mapping[str, FeedPolicy], names: Names) -> None:
        known = [feeds.get(name) for name in names.names["feed"]]
        self.lateness = np.array([feed.lateness if feed else 0 for feed in known], np.int64)
        self.horizon = np.array([feed.horizon if feed else 0 for feed in known], np.int64)
        self.skew = np.array([feed.skew if feed else 0 for feed in known], np.int64)
