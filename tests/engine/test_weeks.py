"""Rules whose step is a day or a week, through the whole engine: what is heard, once, and the same on every way in."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Final

import msgspec
import numpy as np
import pytest

from rules.book import Book
from rules.calendar import DAY_MS
from rules.engine import Engine
from rules.records import Frame, Record
from rules.signals import Signal
from tests.engine import towns
from tests.engine.towns import Timed

WEEK: Final = 7 * DAY_MS
MONDAY: Final = towns.START // WEEK * WEEK + 4 * DAY_MS
"""1970 began on a Thursday."""
WEEKS: Final = 44


@cache
def book(step: str) -> Book:
    length = DAY_MS if step == "day" else WEEK
    return towns.book(
        areas="town", categories="", windows=(length, 2 * length, 4 * length), step=length, calendar_step=step,
        keep=length, false_alarms=1.0,
    )  # fmt: skip


def rows(weekly: list[int], seed: int = 1) -> list[Timed]:
    """So many calls in each week from MONDAY on, at any hour, in quarter b2."""
    dice = np.random.default_rng(seed)
    found: list[Timed] = []
    for week, many in enumerate(weekly):
        found += [(int(at), "b2", "noise") for at in MONDAY + week * WEEK + dice.integers(0, WEEK, many)]
    return sorted(found)


def usual(weeks: int = WEEKS, mean: float = 12.0, seed: int = 3) -> list[int]:
    found: list[int] = np.random.default_rng(seed).poisson(mean, weeks).tolist()
    return found


def log(weekly: list[int], every: int = DAY_MS) -> list[Record]:
    return towns.log_of(rows(weekly), MONDAY, MONDAY + len(weekly) * WEEK, every)


def told(records: list[Record], of: Book) -> list[Signal]:
    engine = Engine(of, clock="stream")
    said = list(engine.apply_all(list(enumerate(records, 1))))
    assert not engine.stopped, engine.stopped
    return said


def weeks_of(said: list[Signal]) -> list[int]:
    """The weeks in which alerts that stand begin."""
    return [(signal.first - MONDAY) // WEEK for signal in towns.alerts(said)]


@pytest.mark.parametrize("step", ["day", "week"])
def test_a_rise_of_a_fortnight_is_heard_once_and_in_its_time(step: str) -> None:
    weekly = usual()
    weekly[38:40] = [34, 30]
    heard = weeks_of(told(log(weekly), book(step)))
    assert len([week for week in heard if week in (38, 39, 40)]) == 1
    assert len(heard) <= WEEKS / 4.3  # one a month was promised


def test_nothing_at_all_says_nothing_and_the_first_calls_after_a_year_of_zeros_speak() -> None:
    weekly = [1, *[0] * (WEEKS - 2), 6]
    assert weeks_of(told(log(weekly), book("week")))[-1:] == [WEEKS - 1]


def test_counts_of_ten_thousand_a_week_are_judged() -> None:
    weekly = np.random.default_rng(5).poisson(10_000, 10).tolist()
    weekly[9] += 1_500
    assert 9 in weeks_of(told(log(weekly), book("week")))


def test_a_level_that_moves_for_good_is_one_alert_and_then_the_usual() -> None:
    weekly = usual(40, 20.0) + usual(30, 50.0)
    heard = weeks_of(told(log(weekly), book("week")))
    assert len([week for week in heard if 40 <= week < 44]) == 1
    assert len([week for week in heard if week >= 56]) <= 1


def test_a_level_that_falls_for_good_says_nothing_and_rises_from_it_are_heard() -> None:
    weekly = usual(40, 40.0) + usual(24, 8.0)
    weekly[62] = 30
    heard = weeks_of(told(log(weekly), book("week")))
    assert 62 in heard
    assert not [week for week in heard if 40 <= week < 62]


@pytest.mark.parametrize("step", ["day", "week"])
def test_walked_or_record_by_record_it_says_the_same(step: str) -> None:
    weekly = usual(30)
    weekly[24:26] = [40, 31]
    records = log(weekly, DAY_MS // 2)
    alone = Engine(book(step), clock="stream")
    one_by_one = [signal for n, record in enumerate(records, 1) for signal in alone.apply(record, n)]
    assert told(records, book(step)) == one_by_one
    assert one_by_one


@pytest.mark.parametrize("step", ["day", "week"])
def test_a_restart_at_any_place_says_the_same(step: str) -> None:
    weekly = usual(30)
    weekly[24:26] = [40, 31]
    records, of = log(weekly), book(step)
    wanted, cuts = told(records, of), [0, 100, 172, 175, len(records)]
    engine, said = Engine(of, clock="stream"), list[Signal]()
    for first, beyond in pairwise(cuts):
        said += [s for n in range(first, beyond) for s in engine.apply(records[n], n + 1)]
        engine = Engine.restore(engine.snapshot(), {of.digest: of})
    assert said == wanted


def test_the_order_in_which_a_day_is_read_is_left_without_trace() -> None:
    weekly = usual(30)
    weekly[24:26] = [40, 31]
    records, of = log(weekly), book("week")
    turned = [msgspec.structs.replace(r, rows=r.rows[::-1].copy()) if isinstance(r, Frame) else r for r in records]
    kept = [(s.area, s.first, s.last, s.evidence) for s in towns.alerts(told(records, of))]
    assert [(s.area, s.first, s.last, s.evidence) for s in towns.alerts(told(turned, of))] == kept
