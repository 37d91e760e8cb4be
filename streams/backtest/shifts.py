"""Shifts over a span of the past: when each began, how many were whole, and how many alerts fell into each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from alerts.desks import Desk, Shift

EIGHT_HOURS: Final = (Shift("0-8", "00:00", "08:00"), Shift("8-16", "08:00", "16:00"), Shift("16-24", "16:00", "00:00"))
"""Of a desk that names no shifts."""

Spread = tuple[float, float, int]
"""Alerts a shift: median, 95th percentile, most."""


def shift_starts(desk: Desk, since: int, until: int) -> list[int]:
    """When each shift that reaches into the span begins, ms, ascending."""
    begun = sorted({start for start, _ in _turns(desk, since, until) if start < until})
    first = int(np.searchsorted(np.array(begun), since, "right")) - 1
    return begun[max(first, 0) :] or [since]


def whole_shifts(desk: Desk, since: int, until: int) -> int:
    """How many began and ended in the span."""
    return sum(since <= start and end <= until for start, end in _turns(desk, since, until))


def spread(begins: Sequence[int], said: Sequence[int]) -> Spread:
    """Alerts told at `said` (ms) over shifts that begin so."""
    shifts = np.searchsorted(np.array(begins), np.array(said, np.int64), "right") - 1
    counts = np.bincount(shifts[shifts >= 0], minlength=len(begins))
    middle, high = np.percentile(counts, [50, 95]).tolist()
    return round(middle, 2), round(high, 2), int(counts.max())


def _turns(desk: Desk, since: int, until: int) -> Iterator[tuple[int, int]]:
    """(begin, end) of the shifts of all days that the span touches, and of the day before, ms."""
    zone, shifts = ZoneInfo(desk.zone), desk.shifts or EIGHT_HOURS
    day = datetime.fromtimestamp(since / 1000, zone).date() - timedelta(days=1)
    last = datetime.fromtimestamp(until / 1000, zone).date()
    while day <= last:
        for shift in shifts:
            if day.weekday() in shift.days:
                over_midnight = timedelta(days=int(shift.end <= shift.start))
                yield _at(day, shift.start, zone), _at(day + over_midnight, shift.end, zone)
        day += timedelta(days=1)


def _at(day: date, hour: str, zone: ZoneInfo) -> int:
    return round(datetime.combine(day, time.fromisoformat(hour), zone).astimezone(UTC).timestamp() * 1000)
