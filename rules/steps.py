"""Buckets: half-open intervals of event time, numbered. Below a day on UTC, above it by the city's calendar."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import numpy as np

from rules.calendar import DAY_MS, HOUR_MS, Calendar
from rules.detectors.port import FloatArray, IntArray

_WEEK_DAYS = 7
_QUARTER_MS = 900_000
"""Days begin on a quarter of an hour of UTC in every zone since 1972."""


class Steps:
    """Bucket arithmetic of one step. Bucket numbers are consecutive integers.

    Sub-day steps: floor(t / step). Days: the local day's ordinal. Weeks: ordinal // 7 of its Monday.
    A *cell* is the grain that detectors learn in: an hour below a day, else the bucket itself.
    """

    def __init__(self, step: int, calendar_step: str, calendar: Calendar) -> None:
        self.step = step
        self.calendar_step = calendar_step
        self.calendar = calendar
        self.per_cell = max(1, HOUR_MS // step) if not calendar_step else 1
        self.slots_per_week = 168 if not calendar_step else 7 if calendar_step == "day" else 1
        self._slot_of_cell = lru_cache(maxsize=4096)(self._find_slot)

    # buckets and time

    def bucket(self, at: int) -> int:
        if not self.calendar_step:
            return at // self.step
        ordinal = self.calendar.day_of(at).toordinal()
        return ordinal if self.calendar_step == "day" else (ordinal - 1) // _WEEK_DAYS

    def buckets(self, at: IntArray) -> IntArray:
        """The bucket of each time, shape (P,)."""
        if not self.calendar_step:
            return at // self.step
        quarters, inverse = np.unique(at // _QUARTER_MS, return_inverse=True)
        return np.array([self.bucket(quarter * _QUARTER_MS) for quarter in quarters.tolist()], np.int64)[inverse]

    def start(self, bucket: int) -> int:
        """The bucket's first instant, ms UTC."""
        if not self.calendar_step:
            return bucket * self.step
        return self._calendar_start(bucket)

    def end(self, bucket: int) -> int:
        return self.start(bucket + 1)

    @lru_cache(maxsize=4096)  # noqa: B019 - one Steps a rule, kept as long as the engine
    def _calendar_start(self, bucket: int) -> int:
        ordinal = bucket if self.calendar_step == "day" else bucket * _WEEK_DAYS + 1
        return self.calendar.start_of_day(date.fromordinal(ordinal))

    def count(self, length: int) -> int:
        """How many buckets a window of `length` ms has."""
        unit = self.step if not self.calendar_step else DAY_MS if self.calendar_step == "day" else 7 * DAY_MS
        return max(1, round(length / unit))

    @property
    def per_month(self) -> float:
        """Buckets in 30 days."""
        return 30 * DAY_MS / (self.step if not self.calendar_step else self.step_ms)

    @property
    def step_ms(self) -> int:
        """The bucket's usual length in ms."""
        if not self.calendar_step:
            return self.step
        return DAY_MS if self.calendar_step == "day" else 7 * DAY_MS

    # cells, for detectors (Clock)

    def cell_of(self, bucket: int) -> int:
        return bucket // self.per_cell

    def cell_start(self, cell: int) -> int:
        return self.start(cell * self.per_cell)

    def _find_slot(self, cell: int) -> int:
        at = self.cell_start(cell)
        if not self.calendar_step:
            return self.calendar.hour_of_week(at)
        return self.calendar.weekday(self.calendar.day_of(at)) if self.calendar_step == "day" else 0

    def slot_of_cell(self, cell: int) -> int:
        return int(self._slot_of_cell(cell))

    def day_of_cell(self, cell: int) -> int:
        return self.calendar.day_of(self.cell_start(cell)).toordinal()

    def cell(self, buckets: IntArray) -> IntArray:
        return buckets // self.per_cell

    def cell_slot(self, cells: IntArray) -> IntArray:
        if not len(cells):
            return np.zeros(0, np.int64)
        low, high = int(cells.min()), int(cells.max())
        if high - low >= len(cells):
            return np.fromiter(map(self._slot_of_cell, cells.tolist()), np.int64, len(cells))
        table = np.fromiter(map(self._slot_of_cell, range(low, high + 1)), np.int64)  # many points of few cells
        return table[cells - low]

    def slot(self, buckets: IntArray) -> IntArray:
        return self.cell_slot(self.cell(buckets))

    def fraction_through_cell(self, buckets: IntArray) -> FloatArray:
        """How far into its cell each bucket's end lies, in (0, 1]."""
        return (buckets % self.per_cell + 1) / float(self.per_cell)


def refit_time(after: int, nominal: int) -> int:
    """The first instant > `after` that lies `nominal` ms after a UTC midnight."""
    day = (after - nominal) // DAY_MS + 1
    return day * DAY_MS + nominal
