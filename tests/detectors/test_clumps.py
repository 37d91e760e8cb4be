"""How large clumps are is learned: two rows of one cause and five of one cause have one variance and not one tail."""

from __future__ import annotations

import numpy as np
import pytest

from rules.detectors import clumps
from rules.detectors.ledger import Ledger
from rules.detectors.port import IntArray, Memory
from rules.detectors.surprise import Surprise
from tests.detectors.worlds import Week, family

QUARTERS = 40
CITY = family([-1, *[0] * QUARTERS], [-1])
DAYS = 70
KAPPA = 0.3


def learned(sizes: IntArray, chances: list[float], *, shocks: float = 0.0) -> Memory:
    """Ten weeks of quarters in which causes bring so many rows, half an event a day each without clumps' further rows.

    `shocks`: variance of a factor that each cell of a quarter has.
    """
    dice = np.random.default_rng(5)
    causes = np.full((QUARTERS, DAYS * 24), 0.15)
    if shocks:
        causes = causes * dice.gamma(1 / shocks, shocks, causes.shape)
    counts = np.zeros(causes.shape, np.int64)
    for size, chance in zip(sizes.tolist(), chances, strict=True):
        counts += size * dice.poisson(causes * chance)
    return Surprise().fit(None, Week().past(np.concatenate([counts.sum(axis=0, keepdims=True), counts]), kin=CITY))


def sizes_of(memory: Memory) -> tuple[float, float]:
    rows = memory["row"].astype(np.int64)
    clumped, onward = clumps.sizes(memory, rows, memory["spread"][:, 0, 0])
    return float(clumped[1]), float(onward[1])


def test_where_no_cause_brings_more_than_two_rows_no_third_is_drawn() -> None:
    clumped, onward = sizes_of(learned(np.array([1, 2]), [0.82, 0.18]))
    assert clumped == pytest.approx(0.18, abs=0.05)
    assert onward < 0.06


def test_causes_of_five_rows_are_drawn_rarer_and_larger_than_pairs_of_the_same_variance() -> None:
    pairs, _ = sizes_of(learned(np.array([1, 2]), [0.82, 0.18]))
    clumped, onward = sizes_of(learned(np.array([1, 5]), [0.98, 0.02]))
    assert clumped < pairs / 2
    assert onward == pytest.approx(0.5, abs=0.12), "tau / kappa is 3, as of all clumps of five"


def test_shocks_are_not_taken_for_large_clumps() -> None:
    _, onward = sizes_of(learned(np.array([1, 2]), [0.82, 0.18], shocks=0.3))
    assert onward < 0.12


@pytest.mark.parametrize("kappa", [0.0, 0.02, 0.3, 1.0, 3.0])
@pytest.mark.parametrize("tau", [0.0, 0.05, 4.0])
def test_what_is_drawn_has_the_variance_that_was_learned(kappa: float, tau: float) -> None:
    memory = {"clumps": np.array([[1e9 * tau, 1e9]])}
    clumped, onward = (float(a[0]) for a in clumps.sizes(memory, np.zeros(1, np.int64), np.array([kappa])))
    assert 0 <= clumped <= 1
    assert 0 <= onward <= 0.9
    further = 1 / (1 - onward)
    assert clumped * 2 * further**2 / (1 + clumped * further) == pytest.approx(kappa, abs=1e-6)


def test_a_memory_that_knows_no_sizes_is_drawn_by_the_first_guess_and_learns_from_there() -> None:
    memory = learned(np.array([1, 2]), [0.82, 0.18])
    old = {name: values for name, values in memory.items() if name != "clumps"}
    onward = sizes_of(old)[1]
    kappa = float(old["spread"][1, 0, 0])
    assert onward == pytest.approx(2 * kappa / (2 * kappa + 3), rel=1e-6), "sizes are logarithmic by first guess"
    assert not Ledger.read(old).clumps.any()
