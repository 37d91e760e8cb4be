"""The course of the years: what it follows, what it does not learn, how soon it lets a new level in."""

from __future__ import annotations

import numpy as np
import pytest

from rules.detectors import curve
from rules.detectors.port import FloatArray


def weeks_of(dice: np.random.Generator, mean: FloatArray, dispersion: float = 1.5, rows: int = 8) -> FloatArray:
    """Counts (rows, N) with the mean of shape (N,) and a negative binomial law."""
    size = mean / (dispersion - 1.0)
    return np.asarray(dice.negative_binomial(np.tile(size, (rows, 1)), 1.0 / dispersion), np.float64)


def fitted(counts: FloatArray, ahead: int = 8) -> curve.Curve:
    n = counts.shape[1]
    return curve.fitted(counts, np.ones_like(counts), np.arange(n), np.arange(n, n + ahead))


@pytest.mark.parametrize("year", [52.0, 365.2425 / 7], ids=["weeks by number", "calendar"])
def test_the_season_is_followed_whichever_way_the_year_is_counted(year: float) -> None:
    week = np.arange(628)
    mean = 20 * np.exp(0.6 * np.cos(2 * np.pi * week / year))
    found = fitted(weeks_of(np.random.default_rng(1), mean[:620]))
    assert found.mean.mean(axis=0) == pytest.approx(mean[620:], rel=0.06)
    assert found.dispersion.mean() == pytest.approx(1.5, rel=0.15)
    assert not found.moved.any()


def test_a_trend_is_followed_and_a_level_is_not_taken_for_one() -> None:
    week = np.arange(328)
    rising, flat = 10 * np.exp(0.004 * week), np.full(328, 10.0)
    up, level = (fitted(weeks_of(np.random.default_rng(2), mean[:320])) for mean in (rising, flat))
    assert up.mean[:, 0].mean() == pytest.approx(rising[320], rel=0.1)
    assert level.mean[:, 0].mean() == pytest.approx(10.0, rel=0.1)


def test_past_spikes_hardly_move_mean_and_dispersion() -> None:
    counts = weeks_of(np.random.default_rng(3), np.full(300, 9.0))
    calm = fitted(counts)
    for start in (60, 120, 200, 260):
        counts[:, start : start + 3] += (12, 18, 9)
    struck = fitted(counts)
    assert struck.mean == pytest.approx(calm.mean, rel=0.05)
    assert struck.dispersion == pytest.approx(calm.dispersion, rel=0.25)


@pytest.mark.parametrize("times", [0.25, 3.0])
def test_a_level_that_moves_for_good_is_learnt_within_twelve_weeks(times: float) -> None:
    mean = np.where(np.arange(212) < 200, 20.0, 20.0 * times)
    found = fitted(weeks_of(np.random.default_rng(4), mean))
    assert found.moved.mean() > 0.5
    assert np.median(found.mean[:, 0]) == pytest.approx(20.0 * times, rel=0.2)


def test_after_a_move_the_season_of_the_years_before_is_still_known() -> None:
    week = np.arange(308)
    mean = 30 * np.exp(0.7 * np.cos(2 * np.pi * week / 52)) * np.where(week < 280, 1.0, 2.0)
    found = fitted(weeks_of(np.random.default_rng(5), mean[:300]))
    assert found.mean.mean(axis=0) == pytest.approx(mean[300:], rel=0.15)


def test_weeks_not_heard_teach_nothing() -> None:
    counts = weeks_of(np.random.default_rng(6), np.full(200, 12.0))
    deaf = counts.copy()
    deaf[:, 100:130] = 0.0
    seen = np.ones_like(counts)
    seen[:, 100:130] = 0.0
    found = curve.fitted(deaf, seen, np.arange(200), np.arange(200, 204))
    assert found.mean.mean() == pytest.approx(12.0, rel=0.05)
    assert not found.moved.any()


@pytest.mark.parametrize("level", [0.0, 0.01, 10_000.0])
def test_nothing_at_all_and_ten_thousand_a_week_are_told_finitely(level: float) -> None:
    counts = np.random.default_rng(7).poisson(level, (64, 120)).astype(np.float64)
    found = fitted(counts)
    assert np.isfinite(found.mean).all()
    assert np.isfinite(found.doubt).all()
    assert (found.dispersion >= 1.0).all()
    assert found.mean.mean() == pytest.approx(max(level, 0.5 / 120), rel=0.6)


def test_few_weeks_know_a_level_and_neither_trend_nor_season() -> None:
    found = fitted(np.tile([3.0, 4.0, 5.0, 6.0, 5.0, 4.0, 3.0, 2.0, 3.0, 4.0], (1, 1)), ahead=52)
    assert np.ptp(found.mean) < 1e-6
