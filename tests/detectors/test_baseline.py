"""Surprise, its mean: how much past it needs, what it learns, what it refuses to learn, whom it leans on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rules.book import DetectorSpec
from rules.detectors.port import NEVER, Kin, Points, Promise
from rules.detectors.register import make
from rules.detectors.surprise import Surprise
from tests.detectors.worlds import (
    LONELY,
    TOWN,
    WINDOWS,
    Heard,
    Town,
    Week,
    ending,
    family,
    flat,
    mean_at,
    random_counts,
    town,
    younger,
)

# how much past


@pytest.mark.parametrize(("days", "speaks"), [(13, False), (14, True)])
def test_it_is_mute_for_its_first_two_weeks(days: int, speaks: bool) -> None:
    place = town("surprise", flat(2, days), LONELY)
    points = ending([0], days * 144 + 5)
    assert (place.limits(points, 12.0) != NEVER).all() == speaks


def test_without_memory_nothing_is_enough() -> None:
    place = Town(make(DetectorSpec("surprise")), None)
    law = place.law(ending(range(16), 999))
    assert not law.enough.any()
    assert np.isfinite(law.mean).all()


def test_learning_time_is_a_parameter() -> None:
    place = town("surprise", flat(2, 5), LONELY)
    assert replace(place, detector=Surprise(learn_days=5)).law(ending([0], 5 * 144 + 5)).enough.all()


def test_missing_days_do_not_count_as_past() -> None:
    past = Week().past(flat(2, 20), kin=LONELY)
    blind = replace(past, missing=past.cells < 24 * 10)
    place = Town(make(DetectorSpec("surprise")), None, kin=LONELY).learnt(blind)
    assert not place.law(ending([0], 20 * 144 + 5)).enough.any()


# the mean


def test_it_learns_the_hours_of_the_week() -> None:
    counts = flat(1, 70)
    counts[0, np.arange(70 * 24) % 168 // 24 == 5] = 4  # Saturdays
    counts[0, np.arange(70 * 24) % 24 == 8] = 10
    place = town("surprise", counts, LONELY)
    assert 5 < mean_at(place, 0, 70, 8) < 10  # a quarter is lent to each hour beside it
    assert mean_at(place, 0, 75, 15) == pytest.approx(4, rel=0.3)
    assert mean_at(place, 0, 71, 15) == pytest.approx(1, rel=0.3)


def test_the_week_as_a_whole_is_expected_as_it_was() -> None:
    place = town("surprise", random_counts(4, 56, 1.0, LONELY), LONELY)
    whole = sum(mean_at(place, 0, 56 + day, 23, 144) for day in range(7))
    assert whole == pytest.approx(168, rel=0.1)


def test_windows_add_up_bucket_by_bucket() -> None:
    place = town("surprise", random_counts(4, 28, 1.0, LONELY), LONELY)
    last = 28 * 144 + 77
    each = place.law(Points(np.zeros(144, np.int64), np.arange(last - 143, last + 1), np.arange(last - 143, last + 1)))
    assert place.law(ending([0], last, [144])).mean[0] == pytest.approx(each.mean.sum(), rel=1e-9)


def test_windows_longer_than_a_week_are_expected_whole() -> None:
    place = town("surprise", flat(3, 56), LONELY)
    law = place.law(ending([0], 56 * 144 + 71, [144 * 7, 144 * 10, 144 * 14]))
    assert law.mean.tolist() == pytest.approx([504, 720, 1008], rel=0.1)


def test_a_window_over_a_holiday_is_expected_cell_by_cell() -> None:
    counts = flat(40, 56)
    counts[0, np.arange(56 * 24) % 168 >= 144] = 10  # Sundays
    plain = town("surprise", counts, LONELY)
    wednesday = 58
    holiday = replace(plain, clock=Week(holidays=frozenset({wednesday})))
    assert mean_at(holiday, 0, wednesday, 23, 144) == pytest.approx(240, rel=0.15)
    half = [mean_at(plain, 0, wednesday - 1, 23, 72), mean_at(holiday, 0, wednesday, 11, 72)]
    assert mean_at(holiday, 0, wednesday, 11, 144) == pytest.approx(sum(half), rel=1e-9)


def test_it_follows_a_level_that_stays() -> None:
    place = town("surprise", np.concatenate((flat(2, 60), flat(6, 90)), axis=1), LONELY)
    assert mean_at(place, 0, 150, 12) == pytest.approx(6, rel=0.15)


def test_one_wild_day_moves_the_level_little() -> None:
    calm = flat(2, 60)
    wild = calm.copy()
    wild[0, -24:] = 60
    before, after = (mean_at(town("surprise", counts, LONELY), 0, 60, 12) for counts in (calm, wild))
    assert after < 1.25 * before


def test_cells_of_an_episode_teach_no_level() -> None:
    place = town("surprise", flat(2, 40), LONELY)
    storm = place.clock.past(flat(6, 1), 40 * 24, LONELY)
    told, untold = place.learnt(replace(storm, frozen=np.ones((1, 24), bool))), place.learnt(storm)
    assert mean_at(told, 0, 41, 12) == pytest.approx(mean_at(place, 0, 41, 12), rel=1e-3)
    assert mean_at(untold, 0, 41, 12) > 1.005 * mean_at(place, 0, 41, 12)


def test_an_episode_that_stands_for_months_becomes_the_new_usual() -> None:
    place = town("surprise", flat(2, 40), LONELY)
    past = place.clock.past(flat(8, 90), 40 * 24, LONELY)
    after = place.learnt(replace(past, frozen=np.ones((1, 90 * 24), bool)))
    assert mean_at(after, 0, 130, 12) == pytest.approx(8, rel=0.15)


def test_a_new_kind_of_event_that_comes_to_stay_is_learnt_within_weeks() -> None:
    counts = random_counts(3, 150, 0.5, TOWN, wave=False)
    counts[3::4, : 24 * 60] = 0  # the fourth category begins on day 60
    counts[3::4, 24 * 60 :] *= 6
    place = town("surprise", counts)
    usual = counts[3, -24 * 28 :].mean()
    assert mean_at(place, 3, 150, 12) == pytest.approx(usual, rel=0.4)


def test_a_change_that_arrives_late_is_learnt_all_the_same() -> None:
    place = town("surprise", flat(2, 30), LONELY)
    late = (np.zeros(3, np.int64), np.array([10, 11, 12]), np.array([40, 40, 40]))
    past = replace(place.clock.past(np.zeros((1, 0), np.int64), 30 * 24, LONELY), late=late)
    assert mean_at(place.learnt(past), 0, 35, 12, 144) > mean_at(place, 0, 35, 12, 144)


def test_taking_back_more_than_was_counted_leaves_nothing_below_nothing() -> None:
    place = town("surprise", flat(1, 30), LONELY)
    late = (np.zeros(1, np.int64), np.array([10]), np.array([-10_000]))
    after = place.learnt(replace(place.clock.past(np.zeros((1, 0), np.int64), 30 * 24, LONELY), late=late))
    assert mean_at(after, 0, 31, 10) > 0


# areas and kin


def test_the_quarters_of_a_town_add_up_to_the_town() -> None:
    place = town("surprise", random_counts(6, 70, 0.4))
    noon = 70 * 144 + 77
    for length in WINDOWS:
        law = place.law(ending(range(16), noon, [length]))
        assert law.mean[[4, 8, 12]].sum() == pytest.approx(law.mean[0], rel=0.1)


def test_shares_multiply_down_a_deeper_tree_of_areas() -> None:
    county = family([-1, 0, 0, 1, 1], [-1])  # a county, two towns, two quarters of the first
    counts = np.zeros((5, 24 * 56), np.int64)
    counts[3], counts[4], counts[2] = 1, 3, 4
    counts[1] = counts[3] + counts[4]
    counts[0] = counts[1] + counts[2]
    place = town("surprise", counts, county)
    means = place.law(ending(range(5), 56 * 144 + 77, [6])).mean
    assert means == pytest.approx([8, 4, 4, 1, 3], rel=0.1)


def test_a_quarter_that_is_busy_at_night_is_expected_busy_at_night() -> None:
    kin = family([-1, 0, 0], [-1])
    hour = np.arange(24 * 56) % 24
    counts = np.stack((np.full(len(hour), 4), np.where(hour < 6, 3, 1), np.where(hour < 6, 1, 3)))
    place = town("surprise", counts, kin)
    assert mean_at(place, 1, 56, 3) > 2 * mean_at(place, 2, 56, 3)
    assert mean_at(place, 1, 56, 14) < 0.5 * mean_at(place, 2, 56, 14)


def test_two_hundred_quiet_days_and_then_nine_in_an_hour_speak() -> None:
    counts = random_counts(9, 200, 0.3)
    counts[12:] = 0  # nothing has ever been heard from the fourth quarter
    counts[:4] = counts[4:8] + counts[8:12]
    for known in (12, 16):  # young to memory, and known to it as zeros
        place = replace(town("surprise", counts[:known], younger(TOWN, known)), kin=TOWN)
        height = place.detector.height(Promise(2.0, 300, WINDOWS, 4320.0))
        assert (place.limits(ending([12, 13, 15], 200 * 144 + 77, [6]), height) <= 9).all()


def test_a_young_series_is_judged_as_the_next_refit_of_nothing_would_judge_it() -> None:
    counts = random_counts(5, 60, 0.3)[:9]
    place = replace(town("surprise", counts, younger(TOWN, 9)), kin=TOWN)
    points = ending(range(9, 16), 60 * 144 + 77)
    today = place.law(points)
    tomorrow = place.learnt(place.clock.past(np.zeros((16, 0), np.int64), 60 * 24)).law(points)
    assert today.mean == pytest.approx(tomorrow.mean, rel=0.2)
    assert today.over == pytest.approx(tomorrow.over, rel=0.5, abs=0.05)


def test_a_category_never_heard_before_is_judged_by_what_its_silence_says() -> None:
    counts = random_counts(5, 60, 0.3)
    known = [s for s in range(16) if s % 4 != 3]
    kin = family([-1, 0, 0, 0], [-1, 0, 0])
    grown = Kin(
        *(
            np.concatenate((field, more))
            for field, more in (
                (kin.area_parent, [-1]),
                (kin.category_parent, [1]),
                (kin.top_area, [12]),
                (kin.area_depth, [0]),
                (kin.category_depth, [2]),
            )
        )
    )
    place = replace(town("surprise", counts[known], kin), kin=grown)
    points = ending([12], 60 * 144 + 77, [6])
    assert place.law(points).mean[0] < 0.01
    assert place.limits(points, 12.0)[0] <= 4


def test_a_feed_that_joined_late_is_not_thinned_by_days_before_it() -> None:
    kin = family([-1], [-1, 0, 0])
    counts = np.zeros((3, 24 * 80), np.int64)
    counts[1], counts[2, 24 * 60 :] = 2, 4
    counts[0] = counts[1] + counts[2]
    began = np.array([0, 0, 24 * 60])
    past = replace(Week().past(counts, kin=kin), began=began)
    place = Town(make(DetectorSpec("surprise")), None, kin=kin).learnt(past)
    assert place.law(ending([2], 80 * 144 + 77, [6])).mean[0] == pytest.approx(4, rel=0.25)


def test_a_young_series_of_a_feed_that_has_just_begun_is_mute() -> None:
    place = town("surprise", random_counts(5, 60, 0.3)[:3], younger(TOWN, 3))
    grown = replace(place, kin=younger(TOWN, 4), recent=Heard(np.zeros(16, np.int64), begin=59 * 144))
    assert not grown.law(ending([3], 60 * 144 + 77)).enough.any()
    assert grown.law(ending([2], 60 * 144 + 77)).enough.all()
