"""Windows of days and weeks by their likelihood: what the score promises whoever builds on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules.book import DetectorSpec
from rules.detectors import arranged, likelihood
from rules.detectors.port import NEVER, IntArray, Law, Points
from rules.detectors.register import make
from tests.detectors.worlds import LONELY, Heard, Week

WINDOWS = (1, 2, 4)
means = st.floats(1e-3, 1e4)
overs = st.one_of(st.just(0.0), st.floats(1e-6, 5.0))
lengths = st.sampled_from((1, 2, 3, 4))


def law_of(mean: float, over: float, length: int, points: int = 1) -> Law:
    law = Law(np.full(points, mean), np.full(points, over), np.ones(points, bool))
    return arranged.weighed(law, np.full(points, length), WINDOWS)


@given(mean=means, over=overs, length=lengths, count=st.integers(0, 10_000), more=st.integers(0, 10_000))
def test_a_count_further_out_never_scores_lower(mean: float, over: float, length: int, count: int, more: int) -> None:
    low, high = arranged.score(law_of(mean, over, length, 2), np.array([count, count + more]))
    assert np.isfinite([low, high]).all()
    assert high >= low - 1e-6 * max(1.0, abs(low))


@given(mean=means, over=overs, length=lengths, height=st.floats(0.0, 12.0))
@example(mean=0.001, over=3.0, length=1, height=4.0)
def test_the_limit_is_the_first_count_that_reaches_the_height(
    mean: float, over: float, length: int, height: float
) -> None:
    law = law_of(mean, over, length)
    limit = arranged.limits(law, np.array([height]))
    if limit[0] == NEVER:
        assert arranged.score(law, np.array([2**40 - 1]))[0] < height
        return
    assert arranged.score(law, limit)[0] >= height
    assert arranged.score(law, limit - 1)[0] < height


@given(mean=st.floats(1e-2, 1e3), over=overs, length=lengths, height=st.floats(2.0, 12.0))
def test_mean_and_excess_doubled_never_make_it_less_sure(mean: float, over: float, length: int, height: float) -> None:
    """Law 7 of the engine, for a count that speaks."""
    law = law_of(mean, over, length)
    limit = arranged.limits(law, np.array([height]))
    once, twice = arranged.score(law, limit)[0], arranged.score(law_of(2 * mean, over, length), 2 * limit)[0]
    assert twice >= once - 1e-6


@given(mean=st.floats(1e-2, 1e3), over=overs, length=lengths, height=st.floats(0.0, 12.0), more=st.floats(1.0, 3.0))
def test_what_expects_least_bounds_whatever_expects_more(
    mean: float, over: float, length: int, height: float, more: float
) -> None:
    busier = law_of(mean * more, over, length)
    limit = arranged.limits(busier, np.array([height]))
    plain = Law(np.array([mean]), np.array([over]), np.ones(1, bool))
    least = arranged.weighed(plain, np.array([length]), WINDOWS, least=True)
    assert arranged.score(least, limit)[0] >= height - 1e-6


def watched(counts: IntArray) -> tuple[Law, Law]:
    """The law of the last four days of a quiet year, and its bound, of one series of many clumps."""
    clock = Week(per_cell=1, slots=1)
    detector = make(DetectorSpec("surprise"))
    dice = np.random.default_rng(3)
    past = dice.negative_binomial(2.0, 0.2, (1, 200))
    memory = detector.fit(None, clock.past(past, kin=LONELY, windows=WINDOWS))

    class Lying(Heard):
        def total(self, series: IntArray, first: IntArray, last: IntArray) -> IntArray:
            return np.array([counts[a - 200 : b - 199].sum() for a, b in zip(first, last, strict=True)], np.int64)

    points = Points(np.zeros(1, np.int64), np.array([200]), np.array([203]))
    recent = Lying(np.zeros(1, np.int64))
    law = detector.law(memory, recent, clock, points, LONELY, WINDOWS)
    bound = detector.bound(memory, recent, clock, points, LONELY, WINDOWS)  # type: ignore[attr-defined]  # surprise has it
    return law, bound


def test_counts_in_one_week_say_less_than_the_same_in_four_where_counts_come_in_clumps() -> None:
    total = np.array([60])
    clumped, even = watched(np.array([60, 0, 0, 0]))[0], watched(np.array([15, 15, 15, 15]))[0]
    detector = make(DetectorSpec("surprise"))
    assert detector.score(even, total)[0] > detector.score(clumped, total)[0] + 1.0
    assert detector.limits(even, np.array([3.0]))[0] < detector.limits(clumped, np.array([3.0]))[0]


@pytest.mark.parametrize("counts", [[60, 0, 0, 0], [15, 15, 15, 15], [20, 20, 20, 0], [0, 0, 0, 3], [0, 1, 0, 0]])
def test_no_arrangement_scores_more_than_the_bound(counts: list[int]) -> None:
    law, bound = watched(np.array(counts))
    detector = make(DetectorSpec("surprise"))
    total = np.array([sum(counts)])
    assert detector.score(law, total)[0] <= detector.score(bound, total)[0]


def test_the_weights_of_windows_add_up_to_one() -> None:
    for windows in ((1,), (1, 7), (1, 2, 4), (1, 2, 4, 8, 16)):
        assert likelihood.priors(np.array(windows)).sum() == pytest.approx(1.0)


def test_where_history_is_short_nothing_speaks() -> None:
    law = replace(law_of(3.0, 0.5, 2), enough=np.array([False]))
    detector = make(DetectorSpec("surprise"))
    assert detector.limits(law, np.array([1.0]))[0] == NEVER
    assert detector.score(law, np.array([500]))[0] == -np.inf
