"""The benchmark of names puts in what it says, and holds its bar."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import names
from benchmarks.province import World, read_tree, size_heard
from rules.detectors.tail import smallest


def test_the_province_has_its_counties_and_townships() -> None:
    levels = [node.level for node in read_tree().nodes]
    assert (levels.count("city"), levels.count("county"), levels.count("township")) == (11, 90, 1387)


@pytest.mark.parametrize(("mean", "power"), [(0.002, 0.5), (0.3, 0.8), (40.0, 0.95)])
def test_a_rise_is_as_large_as_the_detector_that_knows_the_law_needs(mean: float, power: float) -> None:
    height, over = 14.6, 0.02 * mean
    extra = size_heard(mean, over, height, power)
    limit = max(3, int(smallest(np.array([mean]), np.array([over]), np.array([height]))[0]))
    dice = np.random.default_rng(1)
    counts = dice.poisson(mean * dice.gamma(50.0, 0.02, 100_000)) + dice.poisson(extra, 100_000)
    assert np.mean(counts >= limit) == pytest.approx(power, abs=0.01)


def test_rises_lie_where_and_when_they_say() -> None:
    tree = read_tree()
    world = World(tree, 5)
    rises, times, places = world.rises([("alone", 20), ("confounded", 10), ("even", 10)], 14.6)
    assert sorted(rise.kind for rise in rises) == ["alone"] * 20 + ["confounded"] * 10 + ["even"] * 10
    for rise in rises:
        during = (rise.start <= times) & (times < rise.end)
        under = np.array([tree.holds(rise.area, world.codes[place]) for place in places[during].tolist()])
        assert 0.5 <= rise.power <= 0.95
        assert rise.kind == "even" or 0.05 <= rise.rate <= 50.0
        assert abs(int(under.sum()) - rise.extra) < 6 * np.sqrt(rise.extra) + 12
        cities = {tree.paths[world.codes[place]][-2] for place in places[during].tolist()}
        assert tree.paths[rise.area][-2] in cities


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
def test_nine_in_ten_heard_are_named_rightly() -> None:
    assert names.main([]) == 0
