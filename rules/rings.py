"""Rings of cumulated bucket counts: any window is one difference."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rules.detectors.port import IntArray

_GROW: Final = 64
NARROW: Final = np.dtype(np.int16)
WIDE: Final = np.dtype(np.int32)
_MOST: Final = int(np.iinfo(NARROW).max)
_DENSE: Final = 4
"""Changes of which there is one in so many cells that they reach are laid out in all of those."""


class Ring:
    """Cumulated counts of many series over the last `size` buckets.

    `cum[b % size, s]` holds the events of series s in all buckets up to and including b: one bucket lies in one piece,
    so that time moves on by copying one row. A change in an older bucket is added to every later one, so that
    windows stay differences. Bucket counts never fall below zero.

    Sums run over the edge of their type and begin anew: a difference is right as long as it fits itself. Two bytes do
    while no series holds more than 32,767 events; a ring of a busier one is widened to four.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.cum: NDArray[np.signedinteger[Any]] = np.zeros((size, _GROW), NARROW)
        self._spare = _MOST  # events that may still come before a series could hold more than fits
        self.series = 0
        self.lo = 0  # the oldest bucket held
        self.hi = -1  # the newest bucket reached

    def join(self, n: int) -> None:
        """Make room so that series 0..n-1 exist."""
        if n > self.cum.shape[1]:
            grown = np.zeros((self.size, max(n, self.cum.shape[1] * 5 // 4)), self.cum.dtype)
            grown[:, : self.cum.shape[1]] = self.cum
            self.cum = grown
        self.series = max(self.series, n)

    def reach(self, bucket: int) -> None:
        """Move on so that `bucket` is held; the oldest fall out."""
        if self.hi < self.lo:  # nothing yet
            self.lo, self.hi = bucket - self.size + 1, bucket
            return
        if bucket <= self.hi:
            return
        last = self.cum[self.hi % self.size].copy()
        for held in range(max(self.hi + 1, bucket - self.size + 1), bucket + 1):
            self.cum[held % self.size] = last
        self.hi = bucket
        self.lo = max(self.lo, self.hi - self.size + 1)

    def holds(self, bucket: int) -> bool:
        return bucket > self.lo

    def fill(self, cum: NDArray[np.signedinteger[Any]]) -> None:
        """Take over running sums, shape (size, series), in the narrowest type that will do."""
        self.cum = cum.astype(WIDE)
        self._spare = _MOST - self._fullest()
        if self._spare > _MOST // 2:
            self.cum = self.cum.astype(NARROW)

    def _fullest(self) -> int:
        """The events of the series that holds most."""
        if self.hi < self.lo:
            return 0
        return int((self.cum[self.hi % self.size] - self.cum[self.lo % self.size]).max(initial=0))

    def _spend(self, series: IntArray, deltas: IntArray) -> None:
        """Events come or go, shape (P,) each: widen where a series might hold more than fits."""
        if self.cum.dtype == WIDE:
            return
        deltas = np.abs(deltas)
        self._spare -= int(deltas.sum())
        if self._spare < 0:  # all of them in one series, and nothing fell out: mostly neither is so
            self._spare = _MOST - self._fullest() - int(np.bincount(series, deltas).max(initial=0))
            if self._spare < _MOST // 2:
                self._widen()

    def _widen(self) -> None:
        """Four bytes a sum: what is held, summed up anew."""
        wide = np.zeros(self.cum.shape, WIDE)
        for bucket in range(self.lo + 1, self.hi + 1):
            now, before = bucket % self.size, (bucket - 1) % self.size
            wide[now] = wide[before] + (self.cum[now] - self.cum[before])
        self.cum = wide

    def add(self, series: IntArray, buckets: IntArray, deltas: IntArray) -> None:
        """Change many counts in buckets that are held or to come, shape (P,) each; pairs may repeat."""
        if not len(series):
            return
        self._spend(series, deltas)
        low, high = int(buckets.min()), max(self.hi, int(buckets.max()))
        if (high - max(low, high - self.size) + 1) * self.series <= _DENSE * len(series):
            self._add_dense(series, buckets, deltas)
            return
        deltas = deltas.astype(self.cum.dtype)  # of any other type than the sums', numpy would add ten times as slowly
        old = buckets < self.hi
        if old.any():
            self._add_old(series[old], buckets[old], deltas[old])
            series, buckets, deltas = series[~old], buckets[~old], deltas[~old]
            if not len(buckets):
                return
        order = np.argsort(buckets, kind="stable")
        series, buckets, deltas = series[order], buckets[order], deltas[order]
        edges = [0, *(np.flatnonzero(np.diff(buckets)) + 1).tolist(), len(buckets)]
        for first, beyond in pairwise(edges):
            bucket = int(buckets[first])
            self.reach(bucket)
            np.add.at(self.cum[bucket % self.size], series[first:beyond], deltas[first:beyond])

    def _add_dense(self, series: IntArray, buckets: IntArray, deltas: IntArray) -> None:
        """The same where the changes fill much of the buckets that they reach."""
        self.reach(int(buckets.max()))
        held = buckets > self.lo
        if not held.all():
            series, buckets, deltas = series[held], buckets[held], deltas[held]
        if not len(series):
            return
        low, wide = int(buckets.min()), self.series
        cells = (buckets - low) * wide + series
        weights = None if (deltas == 1).all() else deltas
        grown = np.bincount(cells, weights, minlength=(self.hi - low + 1) * wide).astype(np.int64).reshape(-1, wide)
        rows = np.arange(low, self.hi + 1) % self.size
        self.cum[rows, :wide] += np.cumsum(grown, axis=0).astype(self.cum.dtype)

    def _add_old(self, series: IntArray, buckets: IntArray, deltas: IntArray) -> None:
        """The same in buckets before the newest: what came there lies in every later sum too."""
        low = int(buckets.min())
        touched, place = np.unique(series, return_inverse=True)
        grown = np.zeros((self.hi - low + 1, len(touched)), self.cum.dtype)
        np.add.at(grown, (buckets - low, place), deltas)
        held = np.arange(low, self.hi + 1) % self.size
        self.cum[held[:, None], touched] += np.cumsum(grown, axis=0, dtype=grown.dtype)

    def total(self, series: IntArray, first: IntArray, last: IntArray) -> IntArray:
        """Counts in buckets first..last, both included, shape (P,); outside of what is held: 0."""
        end = np.minimum(np.maximum(last, self.lo), self.hi)
        before = np.minimum(np.maximum(first - 1, self.lo), self.hi)
        totals: IntArray = (self.cum[end % self.size, series] - self.cum[before % self.size, series]).astype(np.int64)
        return totals

    def touched(self, bucket: int) -> IntArray:
        """The series that hold events in a bucket, ascending."""
        if not self.lo < bucket <= self.hi:
            return np.zeros(0, np.int64)
        now, before = self.cum[bucket % self.size], self.cum[(bucket - 1) % self.size]
        return np.flatnonzero(now[: self.series] != before[: self.series])

    def block(self, first: int, cells: int, per_cell: int) -> IntArray:
        """Counts by cell, shape (series, cells), of the cells that begin at bucket `first`."""
        edges = first - 1 + np.arange(cells + 1) * per_cell
        cum = self.cum[np.clip(edges, self.lo, self.hi) % self.size, : self.series]
        return np.ascontiguousarray(np.diff(cum, axis=0).T).astype(np.int64)
