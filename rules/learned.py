"""Rows of a detector's memory: series in the order in which they were learned, whatever order they were read in.

Series of counts are numbered as their first event is read, so two orders of reading number them differently, and
sums over them would differ in the last bit. A memory's rows are a function of what had settled.
"""

from __future__ import annotations

import numpy as np

from rules.counts import Counts
from rules.detectors.port import IntArray, Kin


class Rows:
    """Translates series of the counts to rows of the memory; series not learned yet stand behind the learned."""

    def __init__(self, counts: Counts, learned: list[tuple[str, str]]) -> None:
        self.counts = counts
        self.learned = learned
        self.late_seen = 0
        self._known = (-1, -1)
        self._row = np.zeros(0, np.int64)
        self._series = np.zeros(0, np.int64)
        self._kin: Kin = _empty()
        self._kin_learned: Kin = _empty()

    def learn(self, series: list[int]) -> None:
        """Append rows for series that have settled events, ancestors first, then by code."""
        pairs, kin = self.counts.pairs, self.counts.kin
        depth = kin.area_depth + kin.category_depth
        known = set(self.learned)
        fresh = {pairs[s]: int(depth[s]) for s in series if pairs[s] not in known}
        self.learned += sorted(fresh, key=lambda pair: (fresh[pair], pair))

    def take_late(self) -> list[tuple[int, int, int]]:
        """The changes in settled buckets since this was last asked, (series, bucket, delta)."""
        counts = self.counts
        late = counts.late_cells[max(0, self.late_seen - counts.late_dropped) :]
        self.late_seen = counts.late_dropped + len(counts.late_cells)
        return late

    def row_of(self, series: IntArray) -> IntArray:
        self._follow()
        return self._row[series]

    def series_of(self, rows: IntArray) -> IntArray:
        self._follow()
        return self._series[rows]

    @property
    def kin(self) -> Kin:
        """All series, in rows."""
        self._follow()
        return self._kin

    def kin_of_learned(self) -> Kin:
        self._follow()
        return self._kin_learned

    def kin_of_first(self, n: int) -> Kin:
        """Of so many of them, as they were when no more had been learned."""
        return _first(self.kin, n)

    def _follow(self) -> None:
        now = (len(self.counts.pairs), len(self.learned))
        if now == self._known:
            return
        series = self.counts.series
        first = [series[pair] for pair in self.learned]
        behind = np.ones(now[0], bool)
        behind[first] = False
        self._series = np.concatenate([np.array(first, np.int64), np.flatnonzero(behind)])
        self._row = np.empty(now[0], np.int64)
        self._row[self._series] = np.arange(now[0])
        kin = self.counts.kin
        self._kin = Kin(
            self._moved(kin.area_parent),
            self._moved(kin.category_parent),
            self._moved(kin.top_area),
            kin.area_depth[self._series],
            kin.category_depth[self._series],
        )
        n = now[1]
        self._kin_learned = _first(self._kin, n)
        self._known = now

    def _moved(self, column: IntArray) -> IntArray:
        """A column of series, in rows; -1 stays."""
        mine = column[self._series]
        return np.where(mine >= 0, self._row[mine], -1)

    # Recent, for detectors that look at counts

    def total(self, series: IntArray, first: IntArray, last: IntArray) -> IntArray:
        return self.counts.total(self.series_of(series), first, last)

    def began(self, series: IntArray) -> IntArray:
        return self.counts.began(series)


def _first(kin: Kin, n: int) -> Kin:
    """The first n rows; the learned stand first, and so do all their ancestors."""
    return Kin(
        kin.area_parent[:n], kin.category_parent[:n], kin.top_area[:n], kin.area_depth[:n], kin.category_depth[:n]
    )


def _empty() -> Kin:
    none = np.zeros(0, np.int64)
    return Kin(none, none, none, none, none)
