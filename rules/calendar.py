"""The city's calendar: local days, holidays and make-up working days, hours of the week."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import msgspec

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_SUNDAY = 6


class Calendar(msgspec.Struct, frozen=True, dict=True):
    """`holidays` are read as Sundays; `workdays` (make-up days) as Mondays. Dates are local, ISO."""

    zone: str
    holidays: frozenset[str] = frozenset()
    workdays: frozenset[str] = frozenset()

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def local(self, at: int) -> datetime:
        """The local clock at `at` (ms UTC)."""
        return datetime.fromtimestamp(at / 1000, tz=UTC).astimezone(self._zone)

    def weekday(self, day: date) -> int:
        """0 is Monday ... 6 is Sunday, holidays and make-up days told apart."""
        iso = day.isoformat()
        if iso in self.holidays:
            return _SUNDAY
        return 0 if iso in self.workdays else day.weekday()

    def hour_of_week(self, at: int) -> int:
        """0-167 in local time: 24 * weekday + hour."""
        local = self.local(at)
        return 24 * self.weekday(local.date()) + local.hour

    def start_of_day(self, day: date) -> int:
        """The first instant of a local day, ms UTC (days of 23 and 25 hours included)."""
        return round(datetime(day.year, day.month, day.day, tzinfo=self._zone).timestamp() * 1000)

    def day_of(self, at: int) -> date:
        return self.local(at).date()

    def next_day(self, day: date) -> date:
        return day + timedelta(days=1)
