"""Buckets: UTC below a day, the city's calendar above it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import DAY_MS, HOUR_MS, Calendar
from rules.steps import Steps, refit_time

NEW_YORK = Calendar("America/New_York", holidays=frozenset({"2016-07-04"}), workdays=frozenset({"2016-07-09"}))


def at(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@given(when=st.integers(at("2015-01-01"), at("2017-01-01")), kind=st.sampled_from(("", "day", "week")))
def test_every_instant_lies_in_its_bucket(when: int, kind: str) -> None:
    steps = Steps(10 * 60_000 if not kind else DAY_MS, kind, NEW_YORK)
    bucket = steps.bucket(when)
    assert steps.start(bucket) <= when < steps.end(bucket)
    assert steps.end(bucket) == steps.start(bucket + 1)


def test_the_day_of_the_clock_change_has_twenty_three_hours() -> None:
    steps = Steps(DAY_MS, "day", NEW_YORK)
    spring, autumn = date(2016, 3, 13).toordinal(), date(2016, 11, 6).toordinal()
    assert steps.end(spring) - steps.start(spring) == 23 * HOUR_MS
    assert steps.end(autumn) - steps.start(autumn) == 25 * HOUR_MS


def test_weeks_begin_on_local_monday() -> None:
    steps = Steps(7 * DAY_MS, "week", NEW_YORK)
    begin = NEW_YORK.local(steps.start(steps.bucket(at("2016-03-16T12:00:00"))))
    assert (begin.weekday(), begin.hour, begin.date()) == (0, 0, date(2016, 3, 14))


def test_a_holiday_is_read_as_a_sunday_and_a_make_up_day_as_a_monday() -> None:
    assert NEW_YORK.hour_of_week(at("2016-07-04T16:00:00")) == 6 * 24 + 12
    assert NEW_YORK.hour_of_week(at("2016-07-09T16:00:00")) == 12


def test_the_end_of_a_bucket_lies_further_in_its_cell_than_its_start() -> None:
    steps = Steps(10 * 60_000, "", NEW_YORK)
    first = steps.bucket(at("2016-01-01T05:00:00"))
    fractions = steps.fraction_through_cell(np.arange(first, first + 6))
    np.testing.assert_allclose(fractions, np.arange(1, 7) / 6)


@given(after=st.integers(0, 10**13), nominal=st.integers(0, DAY_MS - 1))
def test_the_next_refit_comes_within_a_day_at_its_nominal_time(after: int, nominal: int) -> None:
    found = refit_time(after, nominal)
    assert after < found <= after + DAY_MS
    assert found % DAY_MS == nominal
