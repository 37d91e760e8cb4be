"""A height between quiet histories and the past: what came has its say by how much of it there is."""

from __future__ import annotations

import math

import numpy as np
import pytest

from rules.blending import blended

PROMISED, MODEL = 2.0, 10.0


def tail(rate: float, months: float, seed: int = 1) -> list[float]:
    """Scores above 10 that come `rate` times a month at 10 and fall as e^-x."""
    dice = np.random.default_rng(seed)
    return [10 + float(x) for x in dice.exponential(size=round(rate * months))]


def test_without_episodes_the_model_has_the_say() -> None:
    assert blended(MODEL, PROMISED, 1.0, [], 3.0, least=3.0) == MODEL
    assert blended(2.0, PROMISED, 1.0, [], 3.0, least=3.0) == 3.0
    assert blended(MODEL, PROMISED, 1.0, [12.0], 0.0, least=3.0) == MODEL


def test_a_past_that_agrees_with_the_model_moves_it_little() -> None:
    assert blended(MODEL, PROMISED, 1.0, tail(2.0, 24), 24.0, least=3.0) == pytest.approx(MODEL, abs=0.3)


@pytest.mark.parametrize("months", [1.0, 3.0, 24.0])
def test_a_city_with_eight_times_the_alerts_is_asked_for_more_and_wholly_once_enough_is_known(months: float) -> None:
    scores = tail(16.0, months)
    found = blended(MODEL, PROMISED, 1.0, scores, months, least=3.0)
    weight = len(scores) / (len(scores) + 12)
    assert found == pytest.approx(MODEL + weight * math.log(8), abs=0.5)


def test_a_past_that_was_quieter_than_promised_lowers_it() -> None:
    assert MODEL - 1 < blended(MODEL, PROMISED, 1.0, [10.2, 11.0, 10.5, 12.0], 4.0, least=3.0) < MODEL


def test_more_of_the_same_scores_never_lowers_the_height() -> None:
    scores = tail(5.0, 3.0)
    found = [blended(MODEL, PROMISED, 1.0, scores * n, 3.0, least=3.0) for n in (1, 2, 3, 4)]
    assert found == sorted(found)


def test_it_stays_above_the_least_height_and_ends_where_scores_have_no_end() -> None:
    assert blended(3.1, 5.0, 1.0, [3.2], 50.0, least=3.0) == 3.0
    assert blended(MODEL, PROMISED, 0.4, [690.0] * 200, 3.0, least=3.0) < 750
