"""When a clock warns and when it runs out: hours, calendar days and working days, pauses taken out. Pure.

Days are local days of the city. The day of the start is not counted; a day counts when the clock runs at its end; the
time is up at the end of the last counted day. So days of 23 and 25 hours are days, and a pause from Tuesday to Thursday
costs two. Hours are time that passed, whatever the clocks on the wall do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from rules.calendar import HOUR_MS, Calendar
from rules.matters.table import Length

NEVER: Final = 1 << 62
FOREVER: Final = NEVER
_WEEKEND: Final = 5
_LONGEST_DAYS: Final = 20_000

Pauses = Sequence[tuple[int, int]]
"""[since, until) in ms, ascending, apart; FOREVER: still paused."""


class Due(NamedTuple):
    """ms. From `warns` on no more than the warned part of the time is left; after `at` it is over. NEVER: it stands
    still before that."""

    warns: int
    at: int


def due(start: int, length: Length, warned: int, pauses: Pauses, calendar: Calendar, *, moves_on: bool = False) -> Due:
    """The clock that runs from `start`; `warned`: the part of the time, in percent, that is left when it warns.

    `moves_on`: calendar days that end on no working day end with the next one.
    """
    if length.unit == "hours":
        whole = length.amount * HOUR_MS
        return Due(_passed(start, whole * (100 - warned) // 100, pauses), _passed(start, whole, pauses))
    days = _counted(start, length.unit == "working_days", pauses, calendar)
    taken = length.amount * (100 - warned)
    last = None
    warns = NEVER if taken else _end_of(calendar.day_of(start), calendar)
    for number, day in enumerate(days, 1):
        begins, ends = calendar.start_of_day(day), _end_of(day, calendar)
        if number * 100 == taken:
            warns = ends
        elif (number - 1) * 100 < taken < number * 100:
            warns = begins + (ends - begins) * (taken - (number - 1) * 100) // 100
        last = day
        if number == length.amount:
            break
    else:
        return Due(warns, NEVER)
    assert last is not None
    if moves_on and length.unit == "days":
        while not is_working(last, calendar):
            last += timedelta(days=1)
    return Due(warns, _end_of(last, calendar))


def stated(at: int, told_at: int, start: int, warned: int, pauses: Pauses) -> Due:
    """The clock whose end the feed said at `told_at`; pauses since then move it.

    It warns when `warned` percent of the plain time from `start` are left.
    """

    def moved(instant: int) -> int:
        return instant if instant <= told_at else _passed(told_at, instant - told_at, pauses)

    return Due(moved(at - max(at - start, 0) * warned // 100), moved(at))


def is_working(day: date, calendar: Calendar) -> bool:
    """Monday to Friday but holidays, and make-up days."""
    return calendar.weekday(day) < _WEEKEND


def _passed(start: int, length: int, pauses: Pauses) -> int:
    """When `length` ms have passed since `start` outside of the pauses."""
    at = start + length
    for since, until in pauses:
        if until <= start or max(since, start) >= at:
            continue
        if until == FOREVER:
            return NEVER
        at += until - max(since, start)
    return at


def _counted(start: int, working: bool, pauses: Pauses, calendar: Calendar) -> Iterator[date]:
    """The days that count, the day of the start left out; they end where the clock stands still for good."""
    day = calendar.day_of(start)
    for _ in range(_LONGEST_DAYS):
        day += timedelta(days=1)
        if working and not is_working(day, calendar):
            continue
        ends = _end_of(day, calendar)
        stands = next((until for since, until in pauses if since < ends <= until), None)
        if stands is None:
            yield day
        elif stands == FOREVER:
            return


def _end_of(day: date, calendar: Calendar) -> int:
    return calendar.start_of_day(day + timedelta(days=1))
