"""Deadlines worked out by hand on paper calendars, none of them by the code: holidays, make-up days, pauses, and zones
that save daylight."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from rules.calendar import Calendar
from rules.matters.reckoning import NEVER, due
from rules.matters.table import Length

CALENDARS: Final = {
    # the State Council's days for 2025: Spring Festival, Qingming, Labour Day, Dragon Boat, National Day
    "cn": Calendar(
        "Asia/Shanghai",
        frozenset({
            "2025-01-01", *(f"2025-01-{day}" for day in (28, 29, 30, 31)), *(f"2025-02-0{day}" for day in (1, 2, 3, 4)),
            "2025-04-04", "2025-04-05", "2025-04-06", *(f"2025-05-0{day}" for day in (1, 2, 3, 4, 5)),
            "2025-05-31", "2025-06-01", "2025-06-02", *(f"2025-10-0{day}" for day in range(1, 9)),
        }),
        frozenset({"2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"}),
    ),
    # clocks forward on 9 March 2025, back on 2 November; Veterans Day and Thanksgiving
    "us": Calendar("America/New_York", frozenset({"2025-11-11", "2025-11-27"})),
    # clocks forward on 30 March 2025, back on 26 October
    "de": Calendar("Europe/Berlin", frozenset({"2025-05-01", "2025-10-03"})),
}  # fmt: skip

TABLE: Final = """
city | from             | time             | due              | warns            | paused
cn   | 2025-01-24 09:00 | 1 working_days   | 2025-01-27 00:00 | 2025-01-26 19:12 |
cn   | 2025-01-24 09:00 | 2 working_days   | 2025-01-28 00:00 | 2025-01-27 14:24 |
cn   | 2025-01-24 09:00 | 3 working_days   | 2025-02-06 00:00 | 2025-02-05 09:36 |
cn   | 2025-01-24 09:00 | 5 working_days   | 2025-02-08 00:00 | 2025-02-07 00:00 |
cn   | 2025-01-24 09:00 | 6 working_days   | 2025-02-09 00:00 | 2025-02-07 19:12 |
cn   | 2025-01-24 09:00 | 7 working_days   | 2025-02-11 00:00 | 2025-02-08 14:24 |
cn   | 2025-01-24 09:00 | 15 days          | 2025-02-09 00:00 | 2025-02-06 00:00 |
cn   | 2025-01-24 23:59 | 1 days           | 2025-01-26 00:00 | 2025-01-25 19:12 |
cn   | 2025-01-24 00:00 | 1 days           | 2025-01-26 00:00 | 2025-01-25 19:12 |
cn   | 2025-01-28 12:00 | 1 working_days   | 2025-02-06 00:00 | 2025-02-05 19:12 |
cn   | 2025-02-04 23:59 | 2 working_days   | 2025-02-07 00:00 | 2025-02-06 14:24 |
cn   | 2025-02-07 17:00 | 1 working_days   | 2025-02-09 00:00 | 2025-02-08 19:12 |
cn   | 2025-02-07 17:00 | 2 working_days   | 2025-02-11 00:00 | 2025-02-10 14:24 |
cn   | 2025-02-14 10:00 | 1 working_days   | 2025-02-18 00:00 | 2025-02-17 19:12 |
cn   | 2025-04-03 15:00 | 1 working_days   | 2025-04-08 00:00 | 2025-04-07 19:12 |
cn   | 2025-04-03 15:00 | 3 days           | 2025-04-07 00:00 | 2025-04-06 09:36 |
cn   | 2025-04-03 15:00 | 3 days moves_on  | 2025-04-08 00:00 | 2025-04-06 09:36 |
cn   | 2025-04-25 09:00 | 1 working_days   | 2025-04-28 00:00 | 2025-04-27 19:12 |
cn   | 2025-04-25 09:00 | 4 working_days   | 2025-05-01 00:00 | 2025-04-30 04:48 |
cn   | 2025-04-25 09:00 | 5 working_days   | 2025-05-07 00:00 | 2025-05-01 00:00 |
cn   | 2025-04-30 18:00 | 1 working_days   | 2025-05-07 00:00 | 2025-05-06 19:12 |
cn   | 2025-04-30 18:00 | 60 days          | 2025-06-30 00:00 | 2025-06-18 00:00 |
cn   | 2025-04-30 18:00 | 60 days moves_on | 2025-07-01 00:00 | 2025-06-18 00:00 |
cn   | 2025-05-30 11:00 | 2 working_days   | 2025-06-05 00:00 | 2025-06-04 14:24 |
cn   | 2025-09-26 16:00 | 1 working_days   | 2025-09-29 00:00 | 2025-09-28 19:12 |
cn   | 2025-09-26 16:00 | 3 working_days   | 2025-10-01 00:00 | 2025-09-30 09:36 |
cn   | 2025-09-26 16:00 | 4 working_days   | 2025-10-10 00:00 | 2025-10-09 04:48 |
cn   | 2025-09-26 16:00 | 5 working_days   | 2025-10-11 00:00 | 2025-10-10 00:00 |
cn   | 2025-09-26 16:00 | 6 working_days   | 2025-10-12 00:00 | 2025-10-10 19:12 |
cn   | 2025-09-26 16:00 | 7 working_days   | 2025-10-14 00:00 | 2025-10-11 14:24 |
cn   | 2025-10-10 20:00 | 10 working_days  | 2025-10-24 00:00 | 2025-10-22 00:00 |
cn   | 2025-10-11 09:00 | 1 working_days   | 2025-10-14 00:00 | 2025-10-13 19:12 |
cn   | 2024-12-30 09:00 | 3 working_days   | 2025-01-04 00:00 | 2025-01-03 09:36 |
cn   | 2025-01-31 10:00 | 1 hours          | 2025-01-31 11:00 | 2025-01-31 10:48 |
cn   | 2025-01-27 20:00 | 24 hours         | 2025-01-28 20:00 | 2025-01-28 15:12 |
cn   | 2025-03-03 09:00 | 5 working_days   | 2025-03-13 00:00 | 2025-03-12 00:00 | 2025-03-04 10:00, 2025-03-06 15:00
cn   | 2025-03-03 09:00 | 2 working_days   | 2025-03-06 00:00 | 2025-03-05 14:24 | 2025-03-04 10:00, 2025-03-04 16:00
cn   | 2025-03-03 09:00 | 5 working_days   | never            | never            | 2025-03-05 10:00, never
cn   | 2025-03-03 09:00 | 1 working_days   | 2025-03-05 00:00 | 2025-03-04 19:12 | 2025-03-03 10:00, 2025-03-03 18:00
cn   | 2025-03-03 09:00 | 10 hours         | 2025-03-03 21:00 | 2025-03-03 19:00 | 2025-03-03 12:00, 2025-03-03 14:00
cn   | 2025-03-03 09:00 | 2 hours          | 2025-03-03 11:00 | 2025-03-03 10:36 | 2025-03-03 12:00, 2025-03-03 14:00
cn   | 2025-03-03 09:00 | 15 days          | 2025-03-29 00:00 | 2025-03-26 00:00 | 2025-03-10 09:00, 2025-03-20 09:00
us   | 2025-03-07 12:00 | 1 working_days   | 2025-03-11 00:00 | 2025-03-10 19:12 |
us   | 2025-03-07 12:00 | 2 days           | 2025-03-10 00:00 | 2025-03-09 14:48 |
us   | 2025-03-08 12:00 | 24 hours         | 2025-03-09 13:00 | 2025-03-09 08:12 |
us   | 2025-03-08 12:00 | 1 days           | 2025-03-10 00:00 | 2025-03-09 19:24 |
us   | 2025-11-01 12:00 | 24 hours         | 2025-11-02 11:00 | 2025-11-02 06:12 |
us   | 2025-11-01 12:00 | 1 days           | 2025-11-03 00:00 | 2025-11-02 19:00 |
us   | 2025-10-31 09:00 | 5 working_days   | 2025-11-08 00:00 | 2025-11-07 00:00 |
us   | 2025-11-10 09:00 | 1 working_days   | 2025-11-13 00:00 | 2025-11-12 19:12 |
us   | 2025-11-26 15:00 | 2 working_days   | 2025-12-02 00:00 | 2025-12-01 14:24 |
us   | 2025-03-07 12:00 | 10 days          | 2025-03-18 00:00 | 2025-03-16 00:00 |
us   | 2025-03-09 01:30 | 2 hours          | 2025-03-09 04:30 | 2025-03-09 04:06 |
us   | 2025-11-02 00:30 | 5 hours          | 2025-11-02 04:30 | 2025-11-02 03:30 |
us   | 2025-03-08 12:00 | 24 hours         | 2025-03-10 00:00 | 2025-03-09 19:12 | 2025-03-08 18:00, 2025-03-09 06:00
us   | 2024-02-27 08:00 | 3 days           | 2024-03-02 00:00 | 2024-03-01 09:36 |
de   | 2025-03-28 10:00 | 3 days           | 2025-04-01 00:00 | 2025-03-31 09:36 |
de   | 2025-10-24 10:00 | 3 days           | 2025-10-28 00:00 | 2025-10-27 09:36 |
de   | 2025-10-25 10:00 | 1 days           | 2025-10-27 00:00 | 2025-10-26 19:00 |
de   | 2025-10-02 10:00 | 1 working_days   | 2025-10-07 00:00 | 2025-10-06 19:12 |
de   | 2025-04-30 10:00 | 2 working_days   | 2025-05-06 00:00 | 2025-05-05 14:24 |
de   | 2025-03-29 20:00 | 12 hours         | 2025-03-30 09:00 | 2025-03-30 06:36 |
"""
ROWS: Final = [tuple(cell.strip() for cell in line.split("|")) for line in TABLE.strip().splitlines()[1:]]


def instant(text: str, zone: str) -> int:
    if text == "never":
        return NEVER
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def test_there_are_sixty_of_them_at_least() -> None:
    assert len(set(ROWS)) >= 60


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_a_clock_runs_out_and_warns_as_it_was_worked_out_by_hand(row: tuple[str, ...]) -> None:
    city, begins, time, ends, warns, paused = row
    calendar = CALENDARS[city]
    amount, unit, *moves_on = time.split()
    pauses = [instant(text.strip(), calendar.zone) for text in paused.split(",")] if paused else []
    spans = [(pauses[0], pauses[1])] if pauses else []
    length = Length(int(amount), unit)  # type: ignore[arg-type]  # a word of the table
    found = due(instant(begins, calendar.zone), length, 20, spans, calendar, moves_on=bool(moves_on))
    assert (found.at, found.warns) == (instant(ends, calendar.zone), instant(warns, calendar.zone))
