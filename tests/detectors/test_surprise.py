"""Surprise, its spread, its steps and its promise."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from rules.book import DetectorSpec
from rules.detectors.port import IntArray, Points, Promise
from rules.detectors.register import make
from rules.detectors.tail import smallest
from tests.detectors.worlds import (
    LONELY,
    WINDOWS,
    Heard,
    Week,
    ending,
    flat,
    random_counts,
    town,
)

TWO_MONTHLY = Promise(2.0, 300, WINDOWS, 4320.0)


# the spread


def test_a_steady_past_is_judged_nearly_as_poisson() -> None:
    place = town("surprise", random_counts(12, 80, 5.0, LONELY, wave=False), LONELY)
    points = ending([0], 80 * 144 + 77)
    law = place.law(points)
    poisson = smallest(law.mean, np.zeros(3), np.full(3, 14.0))
    assert (place.limits(points, 14.0) >= poisson).all()
    assert (place.limits(points, 14.0) - poisson <= 0.25 * poisson).all()


def test_a_constant_past_is_judged_nearly_as_poisson() -> None:
    place = town("surprise", flat(3, 80), LONELY)
    points = ending([0], 80 * 144 + 77, [6, 18])
    law = place.law(points)
    assert (place.limits(points, 14.0) - smallest(law.mean, np.zeros(2), np.full(2, 14.0)) <= 2).all()


def test_storms_that_nobody_was_told_of_raise_the_limits() -> None:
    dice = np.random.default_rng(5)
    calm = dice.poisson(4.0, (1, 24 * 90))
    stormy = dice.poisson(4.0 * dice.gamma(2.0, 0.5, (1, 24 * 90)))
    points = ending([0], 90 * 144 + 77)
    low, high = (town("surprise", counts, LONELY).limits(points, 12.0) for counts in (calm, stormy))
    assert (high > low).all()


def test_a_day_with_an_episode_teaches_no_spread() -> None:
    place = town("surprise", flat(2, 60), LONELY)
    counts = flat(2, 1)
    counts[0, 10:14] = 40
    past = place.clock.past(counts, 60 * 24, LONELY)
    frozen = np.zeros((1, 24), bool)
    frozen[0, 12:14] = True  # it spoke in its third hour
    points = ending([0], 61 * 144 + 77, [6])
    told, untold = place.learnt(replace(past, frozen=frozen)), place.learnt(past)
    assert told.law(points).over[0] == pytest.approx(place.law(points).over[0], rel=0.1)
    assert untold.law(points).over[0] > 2 * told.law(points).over[0]


def test_each_window_length_has_its_own_spread() -> None:
    """Shocks of an hour, gone the next: the day's relative spread is far below the hour's."""
    dice = np.random.default_rng(6)
    counts = dice.poisson(6.0 * dice.gamma(2.0, 0.5, (1, 24 * 120)))
    law = town("surprise", counts, LONELY).law(ending([0], 120 * 144 + 77))
    relative = law.over / law.mean
    assert relative[0] == pytest.approx(0.5, rel=0.4)
    assert relative[2] < 0.25 * relative[0]


def test_a_length_between_two_windows_lies_between_their_spreads() -> None:
    dice = np.random.default_rng(6)
    counts = dice.poisson(6.0 * dice.gamma(2.0, 0.5, (1, 24 * 90)))
    law = town("surprise", counts, LONELY).law(ending([0], 90 * 144 + 77, [18, 48, 144]))
    relative = law.over / law.mean
    assert relative[0] > relative[1] > relative[2]


def test_few_events_seen_make_it_less_sure() -> None:
    short, long = (town("surprise", random_counts(2, days, 0.02, LONELY), LONELY) for days in (15, 300))
    laws = [place.law(ending([0], days * 144 + 77, [6])) for place, days in ((short, 15), (long, 300))]
    assert laws[0].over[0] / laws[0].mean[0] > laws[1].over[0] / laws[1].mean[0]


# other steps


def test_steps_of_a_day_know_the_days_of_the_week() -> None:
    clock = Week(per_cell=1, slots=7)
    counts = np.tile([20, 20, 20, 20, 20, 60, 5], 20)[None]
    detector = make(DetectorSpec("surprise"))
    memory = detector.fit(None, clock.past(counts, kin=LONELY, windows=(1, 7)))
    days = np.arange(140, 147)
    points = Points(np.zeros(8, np.int64), np.append(days, 140), np.append(days, 146))
    law = detector.law(memory, Heard(np.zeros(1, np.int64)), clock, points, LONELY, (1, 7))
    assert law.enough.all()
    assert law.mean[:5] == pytest.approx([20] * 5, rel=0.2)
    assert law.mean[5] > 45
    assert law.mean[6] < 10
    assert law.mean[7] == pytest.approx(165, rel=0.1)


def test_steps_of_a_week_know_the_level() -> None:
    clock = Week(per_cell=1, slots=1)
    detector = make(DetectorSpec("surprise"))
    memory = detector.fit(None, clock.past(np.full((1, 60), 12), kin=LONELY, windows=(1, 4)))
    points = Points(np.zeros(2, np.int64), np.array([60, 57]), np.array([60, 60]))
    law = detector.law(memory, Heard(np.zeros(1, np.int64)), clock, points, LONELY, (1, 4))
    assert law.enough.all()
    assert law.mean == pytest.approx([12, 48], rel=0.1)


def test_steps_of_six_hours_know_the_part_of_the_day() -> None:
    class Quarters(Week):
        def cell_slot(self, cells: IntArray) -> IntArray:
            return np.asarray(cells * 6 % 168)

    clock = Quarters(per_cell=1)
    counts = np.tile([2, 8, 16, 6], 70)[None]
    detector = make(DetectorSpec("surprise"))
    memory = detector.fit(None, clock.past(counts, kin=LONELY, windows=(1, 4)))
    last = np.array([280, 281, 282, 283, 283])
    points = Points(np.zeros(5, np.int64), np.array([280, 281, 282, 283, 280]), last)
    law = detector.law(memory, Heard(np.zeros(1, np.int64)), clock, points, LONELY, (1, 4))
    assert law.enough.all()
    assert law.mean == pytest.approx([2, 8, 16, 6, 32], rel=0.25)


# the promise


def test_the_height_is_the_union_bound_of_the_promise() -> None:
    chances = 300 * (4320 / 6 + 4320 / 18 + 4320 / 144) * 3
    assert make(DetectorSpec("surprise")).height(TWO_MONTHLY) == pytest.approx(math.log(chances / 2))


def test_ten_times_rarer_is_the_logarithm_of_ten_higher() -> None:
    assert make(DetectorSpec("surprise")).rarer(12.0, 10.0) == pytest.approx(12.0 + math.log(10))


def test_the_height_keeps_the_promise_on_a_town_of_chance() -> None:
    """120 days of Poisson counts in 16 series: two alarms a month were promised at most."""
    days, start = 150, 30
    counts = random_counts(21, days, 0.3)
    place = town("surprise", counts[:, : start * 24])
    height = place.detector.height(Promise(2.0, 16, (6, 18, 144), 4320.0))
    alarms = 0
    for day in range(start, days):
        for hours in (1, 3, 24):
            ends = np.arange(day * 24 + hours, day * 24 + 25, hours)
            series, end = (grid.ravel() for grid in np.meshgrid(np.arange(16), ends, indexing="ij"))
            law = place.law(Points(series, 6 * (end - hours), 6 * end - 1))
            summed = np.concatenate((np.zeros((16, 1), np.int64), np.cumsum(counts, axis=1)), axis=1)
            seen = summed[series, end] - summed[series, end - hours]
            alarms += int((place.detector.score(law, seen) >= height).sum())
        place = place.learnt(place.clock.past(counts[:, day * 24 : day * 24 + 24], day * 24))
    assert alarms <= 2 * (days - start) / 30


# what memory refuses


def test_memory_of_another_grain_is_refused() -> None:
    place = town("surprise", flat(1, 15), LONELY)
    with pytest.raises(ValueError, match="memory of 168 slots"):
        place.learnt(Week(per_cell=1, slots=7).past(flat(1, 1)[:, :5], kin=LONELY))


def test_memory_of_more_series_than_the_past_is_refused() -> None:
    place = town("surprise", random_counts(1, 15, 0.2))
    with pytest.raises(ValueError, match="memory of 16 series"):
        place.learnt(Week().past(flat(1, 1), 15 * 24, LONELY))
