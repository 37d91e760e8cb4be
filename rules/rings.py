"""Rings of cumulated bucket counts: any window is one difference."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np

from rules.detectors.port import IntArray

_GROW: Final = 64


class Ring:
    """Cumulated counts of many series over the last `size` buckets.

    `cum[b % size, s]` holds the events of series s in all buckets up to and including b: one bucket lies in one piece,
    so that time moves on by copying one row. A change in an older bucket is added to every later one, so that
    windows stay differences. Bucket counts never fall below zero.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.cum = np.zeros((size, _GROW), np.int32)
        self.series = 0
        self.lo = 0  # the oldest bucket held
        self.hi = -1  # the newest bucket reached

    def join(self, n: int) -> None:
        """Make room so that series 0..n-1 exist."""
        if n > self.cum.shape[1]:
            grown = np.zeros((self.size, max(n, self.cum.shape[1] * 5 // 4)), np.int32)
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

    def add(self, series: IntArray, bucket: int, delta: int) -> None:
        """Change the counts of some series, each named once, in one bucket that is held."""
        for held in range(bucket, self.hi + 1):
            self.cum[held % self.size, series] += delta

    def add_all(self, series: IntArray, buckets: IntArray, deltas: IntArray) -> None:
        """Change many counts in buckets that are held or to come, shape (P,) each; pairs may repeat."""
        order = np.argsort(buckets, kind="stable")
        series, buckets, deltas = series[order], buckets[order], deltas[order].astype(np.int32)
        edges = [0, *(np.flatnonzero(np.diff(buckets)) + 1).tolist(), len(buckets)]
        for first, beyond in pairwise(edges):
            bucket = int(buckets[first])
            self.reach(bucket)
            mine, change = series[first:beyond], deltas[first:beyond]
            for held in range(bucket, self.hi + 1):
                np.add.at(self.cum[held % self.size], mine, change)

    def total(self, series: IntArray, first: IntArray, last: IntArray) -> IntArray:
        """Counts in buckets first..last, both included, shape (P,); outside of what is held: 0."""
        end = np.minimum(np.maximum(last, self.lo), self.hi)
        before = np.minimum(np.maximum(first - 1, self.lo), self.hi)
        totals: IntArray = self.cum[end % self.size, series].astype(np.int64)
        totals -= self.cum[before % self.size, series]
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
