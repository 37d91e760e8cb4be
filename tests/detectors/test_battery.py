"""The battery: promises that every registered detector keeps. A new detector is in it by being registered."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.book import DetectorSpec
from rules.detectors.port import NEVER, Detector, FloatArray, Law, Points, Promise
from rules.detectors.register import DETECTORS, make
from rules.lessons import BETWEEN, Lessons
from tests.detectors.worlds import (
    TOWN,
    WINDOWS,
    Heard,
    Town,
    Week,
    added_up,
    ending,
    random_counts,
    same,
    town,
    younger,
)

KINDS = sorted(DETECTORS)
LOW = frozenset(kind for kind in KINDS if DETECTORS[kind].hears == "low")
"""Those that hear too little: what is said of higher counts holds of lower ones."""
PROMISE = Promise(2.0, 300, WINDOWS, 4320.0)
DAYS = 91
NOON = DAYS * 144 + 72

every = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module", params=KINDS)
def busy(request: pytest.FixtureRequest) -> Town:
    """A detector of each kind after a quarter of a year of an ordinary town."""
    return town(request.param, random_counts(7, DAYS, 0.3))


def law_of(mean: float, over: float, points: int = 1) -> Law:
    return Law(np.full(points, mean), np.full(points, over), np.ones(points, bool))


def heights_of(detector: Detector) -> FloatArray:
    first = detector.height(PROMISE)
    return np.array([first, detector.rarer(first, 1.5), detector.rarer(first, 10.0), detector.rarer(first, 100.0)])


means = st.floats(1e-4, 1e4)
overs = st.one_of(st.just(0.0), st.floats(1e-6, 5.0))


@every
@given(mean=means, over=overs, count=st.integers(0, 10_000), more=st.integers(0, 10_000))
def test_a_count_further_out_never_scores_lower(kind: str, mean: float, over: float, count: int, more: int) -> None:
    detector = make(DetectorSpec(kind))
    low, high = detector.score(law_of(mean, over, 2), np.array([count, count + more]))
    assert np.isfinite([low, high]).all()
    assert (low >= high - 1e-9) if kind in LOW else (high >= low - 1e-9)


@every
@given(mean=means, over=overs)
def test_the_limit_is_the_first_count_that_reaches_the_height(kind: str, mean: float, over: float) -> None:
    detector = make(DetectorSpec(kind))
    heights = heights_of(detector)
    law = law_of(mean, over, len(heights))
    limits = detector.limits(law, heights)
    if kind in LOW:
        none = limits == NEVER
        assert (detector.score(law, np.zeros(len(heights), np.int64))[none] < heights[none]).all()
        assert (limits >= 0).all()
        assert (detector.score(law, limits) >= heights)[~none].all()
        assert (detector.score(law, limits + 1) < heights)[~none].all()
        return
    assert (limits >= 1).all()
    assert (detector.score(law, limits) >= heights).all()
    assert (detector.score(law, limits - 1) < heights).all()


@every
@given(mean=means, over=overs, steps=st.lists(st.floats(0.0, 4.0), min_size=2, max_size=6))
def test_a_higher_height_never_brings_a_limit_nearer(kind: str, mean: float, over: float, steps: list[float]) -> None:
    detector = make(DetectorSpec(kind))
    heights = detector.height(PROMISE) + np.cumsum(steps)
    limits = detector.limits(law_of(mean, over, len(heights)), heights)
    far = -np.where(limits == NEVER, -1, limits) if kind in LOW else limits
    assert (np.diff(far) >= 0).all()


@every
@given(mean=st.floats(1e-3, 1e3), over=overs, above=st.floats(0.0, 1.0))
def test_mean_and_excess_doubled_never_make_it_less_sure(kind: str, mean: float, over: float, above: float) -> None:
    """Law 7 of the engine, for a count that speaks."""
    detector = make(DetectorSpec(kind))
    heights = heights_of(detector)[:1]
    limit = detector.limits(law_of(mean, over), heights)
    assume(limit[0] != NEVER)  # a drop of so little says nothing
    further = np.round(above * limit).astype(np.int64)
    count = limit - further if kind in LOW else limit + further
    once = detector.score(law_of(mean, over), count)
    twice = detector.score(law_of(2 * mean, over), 2 * count)
    assert (twice >= once - 1e-9).all()


@every
def test_a_rarer_rank_asks_for_no_less(kind: str) -> None:
    heights = heights_of(make(DetectorSpec(kind)))
    assert (np.diff(heights) > 0).all()
    assert make(DetectorSpec(kind)).rarer(heights[0], 1.0) == heights[0]


def test_points_in_another_order_get_the_same_answers(busy: Town) -> None:
    points = ending(range(len(TOWN)), NOON)
    order = np.random.default_rng(3).permutation(len(points))
    moved = Points(points.series[order], points.first[order], points.last[order])
    straight, mixed = busy.law(points), busy.law(moved)
    assert np.array_equal(straight.mean[order], mixed.mean)
    assert np.array_equal(straight.over[order], mixed.over)
    height = busy.detector.height(PROMISE)
    assert np.array_equal(busy.limits(points, height)[order], busy.limits(moved, height))


@every
def test_quarters_that_change_names_change_answers_and_nothing_else(kind: str) -> None:
    counts = random_counts(11, 21, 0.2)
    swap = np.arange(len(TOWN)).reshape(4, 4)[[0, 2, 3, 1]].ravel()
    here, there = town(kind, counts), town(kind, counts[swap])
    points = ending(range(len(TOWN)), 21 * 144 + 80)
    names = Points(np.argsort(swap)[points.series], points.first, points.last)
    assert np.allclose(here.law(points).mean, there.law(names).mean, rtol=1e-9)
    assert np.allclose(here.law(points).over, there.law(names).over, rtol=1e-9)


@every
def test_a_series_younger_than_memory_is_judged(kind: str) -> None:
    counts = random_counts(5, DAYS, 0.3)[:10]
    grown = replace(town(kind, counts, younger(TOWN, 10)), kin=TOWN)
    points = ending(range(10, 16), NOON)
    law = grown.law(points)
    height = grown.detector.height(PROMISE)
    limits = grown.limits(points, height)
    assert law.enough.all()
    assert np.isfinite(law.mean).all()
    assert ((limits != NEVER) | (grown.detector.score(law, np.zeros(len(points), np.int64)) < height)).all()
    assert kind in LOW or (limits != NEVER).all()
    assert np.isfinite(grown.detector.score(law, np.minimum(limits, 1_000))).all()


@every
def test_a_past_of_zeros_gives_finite_limits_and_nothing_never_speaks(kind: str) -> None:
    quiet = town(kind, np.zeros((16, 24 * DAYS), np.int64))
    points = ending(range(16), NOON)
    law, height = quiet.law(points), quiet.detector.height(PROMISE)
    limits = quiet.limits(points, height)
    assert np.isfinite(law.mean).all()
    assert np.isfinite(law.over).all()
    assert (limits == NEVER).all() if kind in LOW else ((limits >= 1) & (limits < 1_000)).all()
    assert (quiet.detector.score(law, np.zeros(len(points), np.int64)) < height).all()
    assert np.isfinite(quiet.detector.score(law, np.full(len(points), 3))).all()


@every
@pytest.mark.parametrize("count", [0, 1, 3, 10_000, 1_000_000])
def test_huge_counts_and_tiny_rates_score_finite(kind: str, count: int) -> None:
    detector = make(DetectorSpec(kind))
    a_week = 0.01 / 168
    for mean in (a_week, 10_000.0):
        for over in (0.0, 1e-10, 1e-8, 1e-3, 1.0, 50.0):
            assert np.isfinite(detector.score(law_of(mean, over), np.array([count]))).all(), (mean, over)


@every
def test_busy_hours_of_ten_thousand_are_learnt(kind: str) -> None:
    huge = town(kind, random_counts(2, 21, 2_500.0))
    points = ending(range(16), 21 * 144 + 72)
    law = huge.law(points)
    limits = huge.limits(points, huge.detector.height(PROMISE))
    assert np.isfinite(law.mean).all()
    assert np.isfinite(law.over).all()
    assert (limits < law.mean).all() if kind in LOW else (limits > law.mean).all()


@every
def test_where_there_is_not_enough_history_nothing_speaks(kind: str) -> None:
    detector = make(DetectorSpec(kind))
    law = replace(law_of(100.0, 0.1, 2), enough=np.array([True, False]))
    if kind != "threshold":  # which needs none, and says so in its law
        assert detector.limits(law, np.full(2, 5.0))[1] == NEVER
        assert detector.score(law, np.array([50, 50]))[1] == -np.inf
    assert detector.limits(law, np.full(2, 5.0))[0] != NEVER


@every
def test_learning_leaves_its_inputs_alone_and_says_the_same_twice(kind: str) -> None:
    detector, clock = make(DetectorSpec(kind)), Week()
    counts = random_counts(1, 20, 0.2)
    first = clock.past(counts[:, :240])
    more = replace(clock.past(counts[:, 240:], 240), frozen=counts[:, 240:] > 3)
    for array in (*vars_of(first), *vars_of(more)):
        array.flags.writeable = False
    memory = detector.fit(None, first)
    for array in memory.values():
        array.flags.writeable = False
    assert same(detector.fit(memory, more), detector.fit(memory, more))


@pytest.mark.parametrize("clock", [Week(), Week(per_cell=1, slots=7)], ids=["hours", "days"])
@every
def test_lessons_that_are_kept_come_to_the_same_memory_again(kind: str, clock: Week) -> None:
    """To the last bit, with series that join, cells that were blind and events that came late."""
    detector, cells, lessons = make(DetectorSpec(kind)), max(1, clock.slots // 7), 10 * BETWEEN
    of_a_day = random_counts(1, lessons, 0.2)[:, : lessons * cells]
    kept, memory = Lessons(detector, detector.fit, lambda n: younger(TOWN, n)), None
    for day in range(lessons):
        kin = TOWN if day > lessons - 20 else younger(TOWN, 10)
        past = clock.past(of_a_day[: len(kin), day * cells : (day + 1) * cells], day * cells, kin)
        late = np.array([day % 10]), np.array([day % clock.slots]), np.array([1])
        past = replace(past, missing=np.full(cells, day % 13 == 0), late=late if day % 5 == 0 else past.late)
        kept.add(past, memory)
        memory = detector.fit(memory, past)
    again = kept.again()
    assert again is not None
    assert memory is not None
    assert same(again, memory)


def vars_of(past: object) -> list[FloatArray]:
    fields = (getattr(past, name) for name in type(past).__dataclass_fields__)  # type: ignore[attr-defined]  # slots
    return [value for value in fields if isinstance(value, np.ndarray)]


def test_memory_comes_back_from_bytes_unchanged(busy: Town) -> None:
    assert busy.memory is not None
    assert all(array.dtype == np.float64 for array in busy.memory.values())
    box = io.BytesIO()
    np.savez(box, **dict(busy.memory))  # type: ignore[arg-type]  # the stub takes every keyword for allow_pickle
    box.seek(0)
    with np.load(box) as loaded:
        back = replace(busy, memory={name: loaded[name] for name in loaded.files})
    points = ending(range(16), NOON)
    assert np.array_equal(busy.law(points).mean, back.law(points).mean)
    assert np.array_equal(busy.law(points).over, back.law(points).over)


def test_missing_cells_change_nothing_whatever_was_counted_in_them(busy: Town) -> None:
    blind = busy.clock.past(np.full((16, 30), 999), 24 * DAYS)
    after = busy.learnt(replace(blind, missing=np.ones(30, bool)))
    assert after.memory is not None
    assert busy.memory is not None
    told_apart = {"about", "events"}  # where the past ends; how much of a category came, heard through or not
    assert same(after.memory, busy.memory, frozenset(told_apart))
    points = ending(range(16), NOON)
    assert np.array_equal(after.law(points).mean, busy.law(points).mean)


def test_a_past_without_cells_changes_nothing(busy: Town) -> None:
    after = busy.learnt(busy.clock.past(np.zeros((16, 0), np.int64), 24 * DAYS))
    points = ending(range(16), NOON)
    assert np.array_equal(after.law(points).mean, busy.law(points).mean)


def test_the_score_does_not_depend_on_who_else_is_asked(busy: Town) -> None:
    points = ending(range(16), NOON)
    law = busy.law(points)
    counts = np.arange(len(points)) % 7
    together = busy.detector.score(law, counts)
    for p in range(0, len(points), 5):
        alone = busy.law(Points(points.series[p : p + 1], points.first[p : p + 1], points.last[p : p + 1]))
        assert busy.detector.score(alone, counts[p : p + 1])[0] == together[p]


@every
def test_no_points_are_no_trouble(kind: str) -> None:
    nobody = np.zeros(0, np.int64)
    quiet = town(kind, added_up(np.zeros((16, 24 * 20), np.int64)))
    law = quiet.law(Points(nobody, nobody, nobody))
    assert len(quiet.detector.score(law, nobody)) == 0
    assert len(quiet.detector.limits(law, np.zeros(0))) == 0


def test_recent_counts_are_read_as_the_past_gives_them() -> None:
    """The fake itself: before the past begins there is nothing."""
    heard = Heard(np.array([2]), begin=4)
    assert heard.total(np.array([0]), np.array([0]), np.array([5])).tolist() == [4]
