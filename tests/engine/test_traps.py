"""What breaks detectors: days that are strange and no spike, or one spike that could be told many times."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
import pytest

from rules.book import Book, DetectorSpec
from rules.calendar import DAY_MS, HOUR_MS, Calendar
from rules.engine import Engine
from rules.signals import Signal
from tests.engine import towns
from tests.engine.towns import Timed, after, burst, later, named, usual

NEW_YORK: Final = "America/New_York"
WINTER: Final = 1_704_067_200_000 + 5 * HOUR_MS
"""1 January 2024, midnight in New York: a Monday."""


def test_a_bulk_load_by_one_quarter_is_one_alert_there_and_none_above() -> None:
    assert named(after(later(usual(30) + burst("b2", 200, begin=240.0, minutes=2.0)))) == [("b2", "noise")]


def test_one_walk_with_many_reports_is_one_alert() -> None:
    """138 reports of one kind in three hours, quarter after quarter of one district."""
    walk = [row for n in range(1, 6) for row in burst(f"b{n}", 27 + n % 2, begin=300 + 36.0 * n, minutes=36.0)]
    assert len(walk) == 138
    assert len(named(after(later(usual(30) + walk)))) == 1


def lived(of: Book, rows: list[Timed], start: int, days: int) -> list[Signal]:
    engine = Engine(of, clock="stream")
    log = towns.log_of(rows, start, start + days * DAY_MS, DAY_MS)
    said = list(engine.apply_all(list(enumerate(log, 1))))
    assert not engine.stopped, engine.stopped
    return towns.alerts(said)


def test_a_kind_that_is_given_another_name_is_told_once_and_its_whole_not_at_all() -> None:
    of = towns.book(
        areas="town", categories="type", windows=(DAY_MS, 2 * DAY_MS, 4 * DAY_MS), step=DAY_MS, calendar_step="day",
        keep=2 * DAY_MS,
    )  # fmt: skip
    dice, rows = np.random.default_rng(2), list[Timed]()
    for day in range(90):
        for kind, mean in (("fire.bin", 6.0), ("fire.grass", 6.0)):
            mapped = "fire.car" if kind == "fire.bin" and day >= 60 else kind
            at = towns.START + day * DAY_MS + dice.integers(0, DAY_MS, dice.poisson(mean))
            rows += [(int(t), "b2", mapped) for t in at]
    told = [(s.category, (s.first - towns.START) // DAY_MS) for s in lived(of, rows, towns.START, 90)]
    assert [category for category, day in told if 60 <= day <= 64] == ["fire.car"]
    assert len(told) <= 3


def by_day(days: int, holidays: frozenset[int], seed: int = 4) -> list[Timed]:
    """Sixty calls on working days, twelve on Sundays and holidays; in New York by the local clock."""
    dice, calendar, rows = np.random.default_rng(seed), Calendar(NEW_YORK), list[Timed]()
    first = calendar.day_of(WINTER)
    for day in range(days):
        start = calendar.start_of_day(first.fromordinal(first.toordinal() + day))
        until = calendar.start_of_day(first.fromordinal(first.toordinal() + day + 1))
        mean = 12.0 if day % 7 == 6 or day in holidays else 60.0
        rows += [(int(at), "b2", "noise") for at in dice.integers(start, until, dice.poisson(mean))]
    return sorted(rows)


def daily(holidays: frozenset[str], kind: str = "surprise") -> Book:
    of = towns.book(
        areas="town", categories="", windows=(DAY_MS, 2 * DAY_MS), step=DAY_MS, calendar_step="day", keep=DAY_MS,
        detector=DetectorSpec(kind),
    )  # fmt: skip
    return msgspec.structs.replace(of, calendar=Calendar(NEW_YORK, holidays=holidays))


def days_of(told: list[Signal]) -> set[int]:
    """Local days since the first in which alerts begin."""
    calendar = Calendar(NEW_YORK)
    return {(calendar.day_of(signal.first) - calendar.day_of(WINTER)).days for signal in told}


def test_holidays_and_the_days_of_23_and_25_hours_say_nothing() -> None:
    """19 February, 27 May; clocks go forward on 10 March."""
    free = frozenset({49, 147})
    dates = frozenset({"2024-02-19", "2024-05-27"})
    for kind in ("surprise", "drop"):
        told = lived(daily(dates, kind), by_day(160, free), WINTER, 160)
        days = days_of(told)
        assert not days & {n + near for n in (49, 147, 69) for near in (-1, 0, 1)}, kind
        assert len(days) <= 2 * 160 / 30, kind  # as was promised


def test_a_working_day_on_a_sunday_is_told_unless_the_calendar_knows_it() -> None:
    """Clocks go forward on that very day."""
    busy = [(at + 69 * DAY_MS, area, kind) for at, area, kind in by_day(1, frozenset(), seed=9)]
    rows = sorted(by_day(100, frozenset()) + busy)
    assert 69 in days_of(lived(daily(frozenset()), rows, WINTER, 100))
    known = msgspec.structs.replace(daily(frozenset()), calendar=Calendar(NEW_YORK, workdays=frozenset({"2024-03-10"})))
    assert 69 not in days_of(lived(known, rows, WINTER, 100))


def quiet_hours(rows: list[Timed], since: int, until: int) -> list[Timed]:
    """The same past, of which nothing came in for some time."""
    return [row for row in rows if not since <= row[0] < until]


def test_an_outage_inside_the_past_leaves_what_is_usual_as_it_was() -> None:
    """Twelve days in which nothing was heard, of which nobody told; read as counts, they would take a third off."""
    feed = msgspec.structs.replace(towns.book().feeds[0], silence=True)
    of = msgspec.structs.replace(towns.book(), feeds=(feed,))
    calm = towns.calm(towns.START, towns.NOW)
    deaf = quiet_hours(calm, towns.START + 22 * DAY_MS, towns.START + 34 * DAY_MS)
    rise = towns.timed(burst("b2", 9, begin=240.0, minutes=50.0))
    told = {}
    for name, rows in (("whole", calm), ("deaf", deaf)):
        engine = Engine(of, clock="stream")
        log = towns.log_of([*rows, *rise], towns.START, towns.NOW + DAY_MS, HOUR_MS)
        said = towns.alerts(engine.apply_all(list(enumerate(log, 1))))
        assert not engine.stopped
        (told[name],) = [alert for alert in said if alert.rule == "surge"]
    assert (told["deaf"].area, told["deaf"].category) == ("b2", "noise")
    assert told["deaf"].evidence.expected == pytest.approx(told["whole"].evidence.expected, rel=0.2)


def test_a_quarter_that_was_never_heard_of_speaks_on_its_first_day_and_says_how_much_is_known() -> None:
    """The town has six weeks of past, and so has the quarter: of nothing."""
    (told,) = towns.alerts(after(later(usual(30) + burst(towns.NEW[0], 9, begin=240.0, minutes=50.0))))
    assert (told.area, told.category) == (towns.NEW[0], "noise")
    assert told.evidence.history_days == pytest.approx(towns.PAST_DAYS, abs=1)


def test_a_town_that_begins_today_is_mute_until_it_has_learned() -> None:
    begun = towns.calm(towns.START, towns.START + 3 * DAY_MS) + [
        (towns.START + DAY_MS + round(minute * 60_000), area, kind) for minute, area, kind in burst("b2", 40)
    ]
    assert lived(towns.book(), begun, towns.START, 3) == []
