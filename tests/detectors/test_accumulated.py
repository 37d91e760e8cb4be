"""Accumulated: rises of weeks, at the price that was promised."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pytest

from rules.book import DetectorSpec
from rules.detectors import learning, tail
from rules.detectors.accumulated import Accumulated, run_length
from rules.detectors.ledger import Ledger
from rules.detectors.port import BoolArray, FloatArray, IntArray, Kin, Law, Points, Promise
from rules.detectors.register import make
from tests.detectors.worlds import LONELY, TOWN, Week, ending, family, younger

WINDOWS: Final = (7, 28)
DAYS_A_MONTH: Final = 30.0
CLOCK: Final = Week(per_cell=1, slots=7)
LAST: Final = 28
"""Speaking days no further apart are one alarm."""


def alarms(loud: BoolArray) -> int:
    """Runs of speaking days, one series after another; shape (S, days)."""
    days = [np.flatnonzero(row) for row in loud]
    return sum(1 + int((np.diff(at) > LAST).sum()) for at in days if len(at))


@dataclass(frozen=True, slots=True)
class Counted:
    """Recent counts, a bucket a day; `cum[s, d]` is what came before day d."""

    cum: IntArray

    @classmethod
    def of(cls, counts: IntArray) -> Counted:
        return cls(np.concatenate((np.zeros((len(counts), 1), np.int64), counts.cumsum(axis=1)), axis=1))

    def total(self, series: IntArray, first: IntArray, last: IntArray) -> IntArray:
        return np.asarray(self.cum[series, last + 1] - self.cum[series, np.maximum(first, 0)])

    def began(self, series: IntArray) -> IntArray:
        return np.zeros(len(series), np.int64)


def scores(counts: IntArray, kin: Kin, begin: int) -> tuple[FloatArray, Law]:
    """The rarest window of each series on each day from `begin` on (others 0), day by day; and the last law."""
    detector, recent = Accumulated(), Counted.of(counts)
    memory = detector.fit(None, CLOCK.past(counts[:, :begin], 0, kin, WINDOWS))
    found = np.zeros(counts.shape)
    for day in range(begin, counts.shape[1]):
        points = ending(range(len(kin)), day, WINDOWS)
        law = detector.law(memory, recent, CLOCK, points, kin, WINDOWS)
        totals = recent.total(points.series, points.first, points.last)
        found[:, day] = detector.score(law, totals).reshape(-1, len(WINDOWS)).max(axis=1)
        memory = detector.fit(memory, CLOCK.past(counts[:, day : day + 1], day, kin, WINDOWS))
    return found, law


@pytest.mark.parametrize(("mean", "over"), [(2.0, 0.0), (10.0, 1.0), (50.0, 0.0)])
@pytest.mark.parametrize("promised", [0.3, 0.05])
def test_the_run_length_between_false_alarms_is_that_of_the_promise(mean: float, over: float, promised: float) -> None:
    """One series whose law is known, for 16,000 months: windows that overlap are counted twice, so it errs low."""
    dice, days = np.random.default_rng(17), 480_000
    height = Accumulated().height(Promise(promised, 1, WINDOWS, DAYS_A_MONTH))
    counts = dice.poisson(mean, days) if over == 0 else dice.negative_binomial(mean / over, 1 / (1 + over), days)
    cum = np.concatenate(([0], counts.cumsum()))
    loud = np.zeros((1, days), bool)
    for window in WINDOWS:
        limit = tail.smallest(np.array([mean * window]), np.array([over]), np.array([height]))
        loud[0, window - 1 :] |= cum[window:] - cum[:-window] >= limit
    achieved = alarms(loud) / (days / DAYS_A_MONTH)
    assert 0.4 <= achieved / promised <= 1.25


def test_what_it_learns_keeps_the_promise() -> None:
    """Twelve areas and their city over three years, nothing ever wrong: baseline and spread are its own."""
    dice, days, begin, promised = np.random.default_rng(23), 1000, 90, 1.0
    week = np.array([1.1, 1.1, 1.1, 1.1, 1.1, 0.8, 0.7])[np.arange(days) % 7]
    leaves = dice.poisson(np.array([0.2, 0.5, 1, 2, 3, 4, 5, 6, 8, 10, 15, 20])[:, None] * week)
    counts, kin = np.concatenate((leaves.sum(axis=0, keepdims=True), leaves)), family([-1] + [0] * 12, [-1])
    found, _ = scores(counts, kin, begin)
    height = Accumulated().height(Promise(promised, len(kin), WINDOWS, DAYS_A_MONTH))
    achieved = alarms(found >= height) / ((days - begin) / DAYS_A_MONTH)
    assert 0.05 <= achieved / promised <= 1.25


def steady(days: int, mean: float, seed: int) -> IntArray:
    return np.random.default_rng(seed).poisson(mean, (1, days)).astype(np.int64)


HEIGHT: Final = Accumulated().height(Promise(2.0, 100, WINDOWS, DAYS_A_MONTH))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_three_quarters_more_are_heard_within_two_weeks_though_no_day_stands_out(seed: int) -> None:
    counts = steady(420, 8.0, seed)
    counts[0, 400:] += np.random.default_rng(seed + 50).poisson(6.0, 20)
    found, _ = scores(counts, LONELY, 380)
    assert (found[0, 380:400] < HEIGHT).all()
    assert (found[0, 400:414] >= HEIGHT).any()
    assert (tail.surprise(np.full(20, 8.0), np.zeros(20), counts[0, 400:]) < 12.0).all()  # what one day would need


def test_a_rise_does_not_teach_the_baseline_that_judges_it() -> None:
    """On the 28th day of a rise the baseline is still that of the days before it."""
    counts = steady(228, 8.0, 3)
    counts[0, 200:] *= 3
    _, law = scores(counts, LONELY, 227)
    assert law.mean[1] / 28 == pytest.approx(8.0, rel=0.15)


def test_one_storm_is_no_rise() -> None:
    counts = steady(220, 8.0, 4)
    counts[0, 205] = 400
    found, _ = scores(counts, LONELY, 190)
    assert (found[0] < HEIGHT).all()
    detector = make(DetectorSpec("accumulated"))
    memory = detector.fit(None, CLOCK.past(counts[:, :205], 0, LONELY, WINDOWS))
    points = ending([0], 206, WINDOWS)
    stormy = detector.law(memory, Counted.of(counts), CLOCK, points, LONELY, WINDOWS)
    calm = detector.law(memory, Counted.of(np.minimum(counts, 12)), CLOCK, points, LONELY, WINDOWS)
    more = detector.limits(stormy, np.full(2, HEIGHT)) - detector.limits(calm, np.full(2, HEIGHT))
    assert (stormy.mean == calm.mean).all()
    assert (more > 350).all()


def test_it_speaks_only_where_the_past_before_the_guard_is_long_enough() -> None:
    detector = Accumulated()
    for days, enough in ((83, False), (90, True)):
        counts = steady(days, 8.0, 5)
        memory = detector.fit(None, CLOCK.past(counts, 0, LONELY, WINDOWS))
        law = detector.law(memory, Counted.of(counts), CLOCK, ending([0], days - 1, WINDOWS), LONELY, WINDOWS)
        assert law.enough.tolist() == [enough, enough]


def test_what_waits_is_no_more_than_the_guard() -> None:
    detector = Accumulated(guard_days=14)
    memory = detector.fit(None, CLOCK.past(steady(100, 3.0, 6), 0, LONELY, WINDOWS))
    assert memory["waiting_cells"].shape == (3, 14)
    assert memory["waiting_cells"][0].tolist() == list(range(86, 100))


def test_a_past_told_at_once_or_day_by_day_teaches_the_same() -> None:
    detector, counts = Accumulated(), steady(120, 3.0, 7)
    at_once = detector.fit(None, CLOCK.past(counts, 0, LONELY, WINDOWS))
    daily = None
    for day in range(120):
        daily = detector.fit(daily, CLOCK.past(counts[:, day : day + 1], day, LONELY, WINDOWS))
    assert daily is not None
    assert all(np.allclose(daily[name], at_once[name]) for name in at_once)


def test_what_is_kept_of_a_memory_makes_the_same_one_again_after_blind_days_too() -> None:
    """To the last bit: the spread learns a day when it comes, and is worked out when the day has waited, if it was not
    blind."""
    dice, detector, memory = np.random.default_rng(9), Accumulated(guard_days=5), None
    lagged = 0
    for day in range(90):
        kin = TOWN if day >= 20 else younger(TOWN, 6)
        past = CLOCK.past(dice.poisson(6.0, (len(kin), 1)).astype(np.int64), day, kin, WINDOWS)
        late = (np.array([2]), np.array([day % 7]), np.array([1])) if day % 11 == 10 else past.late
        past = replace(past, missing=np.array([day % 13 in (4, 5, 6)]), frozen=past.counts > 11, late=late)
        memory = detector.fit(memory, past)
        again = detector.whole(detector.taught_by(memory), lambda rows: younger(TOWN, rows))
        assert again.keys() == memory.keys()
        assert [name for name in memory if not np.array_equal(again[name], memory[name])] == [], day
        ledger = Ledger.read(memory)
        learning.derive(ledger, kin, learning.Pace.of(detector))
        lagged += not np.array_equal(ledger.spread, memory["spread"])
    assert lagged > 5, "nothing lagged: the test would be blind"


def test_a_memory_that_only_judges_still_has_the_law_that_it_had() -> None:
    detector, counts = Accumulated(), steady(120, 3.0, 7)
    memory = detector.fit(None, CLOCK.past(counts, 0, LONELY, WINDOWS))
    spare = detector.judged_by(memory)
    assert sum(part.nbytes for part in spare.values()) < sum(part.nbytes for part in memory.values())
    points = ending([0], 119, WINDOWS)
    whole, bare = (detector.law(m, Counted.of(counts), CLOCK, points, LONELY, WINDOWS) for m in (memory, spare))
    assert (whole.mean == bare.mean).all()
    assert (whole.over == bare.over).all()
    assert (whole.extra["beyond"] == bare.extra["beyond"]).all()


def test_rarer_alarms_need_longer_runs_and_longer_windows_bring_fewer() -> None:
    lengths = [run_length(score, window) for score in (4.0, 8.0, 16.0) for window in (7, 28)]
    assert lengths[0] < lengths[2] < lengths[4]
    assert all(short < long for short, long in zip(lengths[::2], lengths[1::2], strict=True))
    assert run_length(700.0, 7) > 1e300


def test_points_shorter_than_three_days_are_judged_as_they_are() -> None:
    counts = steady(100, 3.0, 8)
    counts[0, 99] = 500
    detector = Accumulated()
    memory = detector.fit(None, CLOCK.past(counts[:, :99], 0, LONELY, WINDOWS))
    one_day = Points(np.array([0]), np.array([99]), np.array([99]))
    law = detector.law(memory, Counted.of(counts), CLOCK, one_day, LONELY, WINDOWS)
    assert law.extra["beyond"].tolist() == [0.0]
