"""Tails and limits against sums done by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.detectors import tail
from rules.detectors.port import NEVER


def by_hand(mean: float, over: float, count: int) -> float:
    """1 less the probabilities of 0 .. count - 1. Loses its digits below 1e-12."""
    return 1 - math.fsum(math.exp(log_probability(mean, over, k)) for k in range(count))


def log_probability(mean: float, over: float, k: int) -> float:
    if over == 0:
        return k * math.log(mean) - mean - math.lgamma(k + 1)
    size = mean / over
    ways = math.lgamma(k + size) - math.lgamma(size) - math.lgamma(k + 1)
    return ways + k * math.log(over / (1 + over)) - size * math.log1p(over)


def one(mean: float, over: float, count: int) -> float:
    return float(tail.surprise(np.array([mean]), np.array([over]), np.array([count]))[0])


@given(mean=st.floats(0.05, 20), over=st.one_of(st.just(0.0), st.floats(0.01, 4)), count=st.integers(1, 12))
def test_the_tail_is_one_less_the_probabilities_below(mean: float, over: float, count: int) -> None:
    found = one(mean, over, count)
    assert math.exp(-found) == pytest.approx(by_hand(mean, over, count), rel=1e-6, abs=1e-12)


def test_a_count_of_nothing_is_no_surprise() -> None:
    assert one(3.0, 0.5, 0) == 0.0


@pytest.mark.parametrize(("mean", "over"), [(0.001, 0.0), (0.001, 0.3), (5.0, 0.0), (5.0, 2.0), (800.0, 0.1)])
def test_scores_rise_smoothly_where_doubles_end(mean: float, over: float) -> None:
    """The sum in logarithms takes over from the special function without a step."""
    counts = np.arange(1, 6000)
    scores = tail.surprise(np.full(len(counts), mean), np.full(len(counts), over), counts)
    rises = np.diff(scores)
    assert scores[-1] > 700
    assert (rises > -1e-9).all()
    far = scores[1:] > 300
    assert (np.abs(np.diff(rises[far])) < 0.05).all()


@given(mean=st.floats(1e-3, 1e3), count=st.integers(1, 3000))
def test_a_law_hardly_over_poisson_scores_as_poisson(mean: float, count: int) -> None:
    barely = one(mean, 2e-9, count)
    assert barely == pytest.approx(one(mean, 0.0, count), rel=1e-2, abs=1e-6)


@given(
    mean=st.floats(1e-5, 2e3),
    over=st.one_of(st.just(0.0), st.floats(1e-8, 20)),
    height=st.floats(0.01, 60),
)
def test_the_smallest_count_is_what_counting_up_finds(mean: float, over: float, height: float) -> None:
    found = int(tail.smallest(np.array([mean]), np.array([over]), np.array([height]))[0])
    window = np.arange(max(0, found - 400), found + 3)
    scores = tail.surprise(np.full(len(window), mean), np.full(len(window), over), window)
    assert window[np.argmax(scores >= height)] == found


def test_a_hundred_thousand_limits_are_each_the_smallest() -> None:
    dice = np.random.default_rng(8)
    mean, over = 10 ** dice.uniform(-5, 3, 100_000), 10 ** dice.uniform(-4, 1, 100_000)
    height = dice.uniform(0, 30, 100_000)
    limits = tail.smallest(mean, over, height)
    assert (tail.surprise(mean, over, limits) >= height).all()
    assert (tail.surprise(mean, over, np.maximum(limits - 1, 0)) < height)[limits > 0].all()


def test_a_height_of_nothing_is_reached_by_nothing() -> None:
    assert tail.smallest(np.ones(2), np.ones(2), np.array([0.0, -3.0])).tolist() == [0, 0]


def test_no_points_have_no_limits() -> None:
    nobody = np.zeros(0)
    assert len(tail.smallest(nobody, nobody, nobody)) == 0


def below(mean: float, over: float, count: int) -> float:
    return float(tail.surprise_below(np.array([mean]), np.array([over]), np.array([count]))[0])


@given(mean=st.floats(0.05, 60), over=st.one_of(st.just(0.0), st.floats(0.01, 4)), count=st.integers(0, 30))
def test_the_lower_tail_is_the_sum_of_the_probabilities_up_to_the_count(mean: float, over: float, count: int) -> None:
    summed = math.fsum(math.exp(log_probability(mean, over, k)) for k in range(count + 1))
    assert math.exp(-below(mean, over, count)) == pytest.approx(summed, rel=1e-6)


@pytest.mark.parametrize(("mean", "over"), [(900.0, 0.0), (5_000.0, 2.0), (20_000.0, 0.1)])
def test_lower_scores_fall_smoothly_where_doubles_end(mean: float, over: float) -> None:
    counts = np.arange(int(mean))
    scores = tail.surprise_below(np.full(len(counts), mean), np.full(len(counts), over), counts)
    falls = -np.diff(scores)
    assert scores[0] > 700
    assert (falls > -1e-9).all()
    assert (np.abs(np.diff(falls[scores[1:] > 300][5:])) < 0.2).all()


@given(mean=st.floats(1e-3, 1e5), over=st.one_of(st.just(0.0), st.floats(1e-4, 5)), height=st.floats(0.0, 60.0))
def test_the_largest_count_is_the_last_that_reaches_the_height(mean: float, over: float, height: float) -> None:
    (found,) = tail.largest(np.array([mean]), np.array([over]), np.array([height])).tolist()
    if found == NEVER:
        assert below(mean, over, 0) < height
    elif height > 1e-3:
        assert below(mean, over, found) >= height > below(mean, over, found + 1)
