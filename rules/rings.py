"""Rings of cumulated bucket counts: any window is one difference."""

from __future__ import annotations

from typing import Final

import numpy as np

from rules.detectors.port import IntArray

_GROW: Final = 64


class Ring:
    """Cumulated counts of many series over the last `size` buckets.

    `cum[s, b % size]` holds the events of series s in all buckets up to and including b. A change in an older
    bucket is added to every later slot, so that windows stay differences. Bucket counts never fall below zero.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.cum = np.zeros((_GROW, size), np.int32)
        self.series = 0
        self.lo = 0  # the oldest bucket held
        self.hi = -1  # the newest bucket reached

    def join(self, n: int) -> None:
        """Make room so that series 0..n-1 exist."""
        if n > len(self.cum):
            grown = np.zeros((max(n, 2 * len(self.cum)), self.size), np.int32)
            grown[: len(self.cum)] = self.cum
            self.cum = grown
        self.series = max(self.series, n)

    def reach(self, bucket: int) -> None:
        """Move on so that `bucket` is held; the oldest fall out."""
        if self.hi < self.lo:  # nothing yet
            self.lo, self.hi = bucket - self.size + 1, bucket
            return
        while self.hi < bucket:
            steps = min(bucket - self.hi, self.size - 1)
            last = self.cum[:, self.hi % self.size].copy()
            slots = np.arange(self.hi + 1, self.hi + 1 + steps) % self.size
            self.cum[:, slots] = last[:, None]
            self.hi += steps
        self.lo = max(self.lo, self.hi - self.size + 1)

    def holds(self, bucket: int) -> bool:
        return bucket > self.lo

    def add(self, series: IntArray, bucket: int, delta: int) -> None:
        """Change the counts of some series in one bucket that is held."""
        start, stop = bucket % self.size, self.hi % self.size
        if start <= stop:
            self.cum[series, start : stop + 1] += delta
        else:
            self.cum[series, start:] += delta
            self.cum[series, : stop + 1] += delta

    def total(self, series: IntArray, first: IntArray, last: IntArray) -> IntArray:
        """Counts in buckets first..last, both included, shape (P,); outside of what is held: 0."""
        end = np.clip(last, self.lo, self.hi)
        before = np.clip(first - 1, self.lo, self.hi)
        return (self.cum[series, end % self.size] - self.cum[series, before % self.size]).astype(np.int64)

    def touched(self, bucket: int) -> IntArray:
        """The series that hold events in a bucket, ascending."""
        if not self.lo < bucket <= self.hi:
            return np.zeros(0, np.int64)
        now, before = bucket % self.size, (bucket - 1) % self.size
        return np.flatnonzero(self.cum[: self.series, now] != self.cum[: self.series, before])

    def block(self, first: int, cells: int, per_cell: int) -> IntArray:
        """Counts by cell, shape (series, cells), of the cells that begin at bucket `first`."""
        edges = first - 1 + np.arange(cells + 1) * per_cell
        cum = self.cum[: self.series, np.clip(edges, self.lo, self.hi) % self.size]
        return np.diff(cum, axis=1).astype(np.int64)
