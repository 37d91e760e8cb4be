"""Local clocks to UTC, a column at a time, with the hours that daylight saving repeats or skips told apart."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 2199
_DAY_MS: Final = 86_400_000
_STRIDE: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LocalTimes:
    """What local times mean. All arrays of one shape; `earlier` and `later` differ only where `twice`.

    Where `never` (the hour that clocks skip), `earlier` is the time read by the clock as it was before the
    change, so that 02:30 becomes 03:30.
    """

    earlier: IntArray  # ms UTC
    later: IntArray  # ms UTC
    twice: BoolArray
    never: BoolArray


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone as two arrays: instants of change (ms UTC, ascending) and the offsets from then on (ms)."""

    changes: IntArray
    offsets: IntArray  # one longer: offsets[0] holds before changes[0]

    def offset(self, utc: IntArray) -> IntArray:
        return self.offsets[np.searchsorted(self.changes, utc, side="right")]

    def read(self, local: IntArray) -> LocalTimes:
        """`local`: ms since 1970-01-01 on the local clock."""
        before, after = self.offset(local - _DAY_MS), self.offset(local + _DAY_MS)
        first, second = local - before, local - after
        first_holds, second_holds = self.offset(first) == before, self.offset(second) == after
        twice = first_holds & second_holds & (first != second)
        never = ~first_holds & ~second_holds
        earlier = np.where(first_holds | never, first, second)
        return LocalTimes(
            np.where(twice, np.minimum(first, second), earlier),
            np.where(twice, np.maximum(first, second), earlier),
            twice,
            never,
        )


@lru_cache(maxsize=64)
def zone_of(name: str) -> Zone:
    """The zone called `name` (IANA). Raises zoneinfo.ZoneInfoNotFoundError."""
    zone = ZoneInfo(name)
    changes: list[int] = []
    at = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - timedelta(days=2)
    offsets = [_offset(zone, at)]
    end = datetime(LAST_YEAR + 1, 1, 3, tzinfo=UTC)
    while at < end:
        until = at + _STRIDE
        if _offset(zone, until) != offsets[-1]:
            change = _change_between(zone, at, until)
            changes.append(round(change.timestamp() * 1000))
            offsets.append(_offset(zone, until))
        at = until
    return Zone(np.array(changes, np.int64), np.array(offsets, np.int64))


def _offset(zone: ZoneInfo, at: datetime) -> int:
    offset = at.astimezone(zone).utcoffset() or timedelta()
    return round(offset.total_seconds() * 1000)


def _change_between(zone: ZoneInfo, early: datetime, late: datetime) -> datetime:
    """The first second with the offset of `late`."""
    low, high = int(early.timestamp()), int(late.timestamp())
    wanted = _offset(zone, late)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == wanted:
            high = middle
        else:
            low = middle
    return datetime.fromtimestamp(high, UTC)
