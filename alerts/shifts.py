"""Turns of duty: who is there at a moment, from when until when. Pure; shifts are local, what comes out is UTC.

Shifts begin and end at wall-clock times of the desk's zone, so a turn over the end of daylight saving has an hour more.
A time that a zone leaves out is read with the offset before the gap, one that it has twice is the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from alerts.desks import Desk, Shift

DAY: Final = Shift("day", "00:00", "00:00")
"""The turn of a desk that is always there: a local day. Its budget is counted over it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of duty of a desk: [since, until), ms UTC."""

    desk: str
    shift: str
    since: int
    until: int


def turn_at(desk: Desk, now: int) -> Turn | None:
    """The turn under way at `now` (ms UTC), the one that began last where shifts overlap; None: nobody is there."""
    under_way = [turn for turn in _turns_about(desk, now) if turn.since <= now < turn.until]
    return max(under_way, key=lambda turn: (turn.since, turn.shift), default=None)


def next_turn(desk: Desk, now: int) -> Turn | None:
    """The turn that begins next after `now`; None only where no shift begins within eight days."""
    coming = [turn for turn in _turns_about(desk, now) if turn.since > now]
    return min(coming, key=lambda turn: (turn.since, turn.shift), default=None)


def _turns_about(desk: Desk, now: int) -> Iterator[Turn]:
    """Turns that begin from two days before `now` to eight after it."""
    zone = ZoneInfo(desk.zone)
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone(zone).date()
    for shift in desk.shifts or (DAY,):
        for ahead in range(-2, 9):
            day = today + timedelta(days=ahead)
            if day.weekday() in shift.days:
                over_midnight = timedelta(days=int(shift.end <= shift.start))
                since, until = _ms(day, shift.start, zone), _ms(day + over_midnight, shift.end, zone)
                yield Turn(desk.id, shift.name, since, until)


def _ms(day: date, hour: str, zone: ZoneInfo) -> int:
    return int(datetime.combine(day, time.fromisoformat(hour), zone).timestamp()) * 1000
