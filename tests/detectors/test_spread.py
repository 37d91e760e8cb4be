"""What is not known of a mean is no spread: it stands beside what was learned, once, and as large as means do err."""

from __future__ import annotations

import numpy as np
import pytest

from rules.detectors.port import FloatArray, IntArray, Memory
from rules.detectors.surprise import Surprise
from tests.detectors.worlds import Week, family

QUARTERS = 40
CITY = family([-1, *[0] * QUARTERS], [-1])
DAYS = 180
LENGTHS = (1, 7, 28)


def rates(dice: np.random.Generator) -> FloatArray:
    """Events a day of each quarter, one on the average."""
    drawn = dice.lognormal(0.0, 1.0, QUARTERS)
    return np.asarray(drawn * QUARTERS / drawn.sum())


def learned(quarters: IntArray) -> Memory:
    counts = np.concatenate([quarters.sum(axis=0, keepdims=True), quarters])
    return Surprise().fit(None, Week(per_cell=1, slots=7).past(counts, kin=CITY, windows=LENGTHS))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_quarters_of_pure_chance_have_no_spread_however_long_the_window(seed: int) -> None:
    dice = np.random.default_rng(seed)
    spread = learned(dice.poisson(np.repeat(rates(dice)[:, None], DAYS, axis=1)))["spread"][1:]
    more = spread[:, :, 0] + spread[:, :, 1] * np.array(LENGTHS)  # of the variance, in parts of it
    assert more.mean(axis=0) == pytest.approx(0.0, abs=0.15)


def test_weeks_that_do_rise_and_fall_are_learned_for_all_that() -> None:
    dice = np.random.default_rng(4)
    weeks = np.repeat(dice.gamma(10.0, 0.1, (QUARTERS, DAYS // 7 + 1)), 7, axis=1)[:, :DAYS]
    spread = learned(dice.poisson(5.0 * rates(dice)[:, None] * weeks))["spread"][1:]
    assert spread[:, 1, 1].mean() == pytest.approx(0.1, rel=0.35)


@pytest.mark.parametrize("days", [28, 224])
def test_a_mean_errs_by_as_much_as_it_says(days: int) -> None:
    """Old events fade, and tell of a rate as whole ones: half the variance of as many that are new."""
    many, rate = 300, 0.8
    alone = family([-1], [-1] * many)
    counts = np.random.default_rng(6).poisson(rate, (many, days))
    memory = Surprise().fit(None, Week(per_cell=1, slots=7).past(counts, kin=alone, windows=LENGTHS))
    errs = float(np.mean((memory["traits"][:, 1] / 7 / rate - 1) ** 2))
    assert float(memory["traits"][:, 2].mean()) == pytest.approx(errs, rel=0.3)
