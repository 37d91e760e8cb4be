"""Threshold and ratio: what they hear, by example."""

from __future__ import annotations

import numpy as np

from rules.book import DetectorSpec
from rules.detectors.port import NEVER, Detector, Law, Points
from rules.detectors.ratio import Ratio
from rules.detectors.register import make
from tests.detectors.worlds import TOWN, Heard, Week


def judged(detector: Detector, heard: Heard, points: Points) -> Law:
    return detector.law(None, heard, Week(), points, TOWN, (6, 18))


HOUR = Points(np.array([0]), np.array([600]), np.array([605]))


def test_a_threshold_of_ten_speaks_at_ten() -> None:
    detector = make(DetectorSpec("threshold", {"n": 10}))
    law = judged(detector, Heard(np.array([5])), HOUR)
    assert detector.limits(law, np.array([1.0])).tolist() == [10]
    assert detector.score(law, np.array([9]))[0] < 1 <= detector.score(law, np.array([10]))[0]


def test_a_threshold_needs_no_past() -> None:
    detector = make(DetectorSpec("threshold"))
    assert judged(detector, Heard(np.array([0]), begin=605), HOUR).enough.all()


def test_a_threshold_asks_for_ten_times_as_many_at_a_rank_ten_times_rarer() -> None:
    detector = make(DetectorSpec("threshold", {"n": 7}))
    law = judged(detector, Heard(np.array([0])), HOUR)
    assert detector.limits(law, np.array([detector.rarer(1.0, 10.0)])).tolist() == [70]


def test_a_ratio_compares_with_the_mean_of_the_windows_just_before() -> None:
    law = judged(Ratio(times=3, against=4), Heard(np.array([2])), HOUR)
    assert law.mean.tolist() == [12.0]  # six buckets of two
    assert Ratio(times=3, against=4).limits(law, np.array([1.0])).tolist() == [36]


def test_a_ratio_looks_only_at_buckets_before_the_window() -> None:
    """A past that begins with the window itself is none."""
    law = judged(Ratio(against=1), Heard(np.array([9]), begin=600), HOUR)
    assert law.mean.tolist() == [0.0]
    assert not law.enough.any()


def test_a_ratio_with_a_quiet_past_asks_for_times_its_least_mean() -> None:
    detector = Ratio(times=3, at_least=2)
    law = judged(detector, Heard(np.array([0])), HOUR)
    assert detector.limits(law, np.array([1.0])).tolist() == [6]
    assert np.isfinite(detector.score(law, np.array([0, 1000]))).all()


def test_a_ratio_is_mute_until_all_windows_to_compare_with_lie_in_the_past() -> None:
    detector = Ratio(against=4)
    first, last = np.array([24, 23]), np.array([29, 28])
    law = judged(detector, Heard(np.array([1])), Points(np.zeros(2, np.int64), first, last))
    assert law.enough.tolist() == [True, False]
    assert detector.limits(law, np.ones(2))[1] == NEVER


def test_ratios_that_are_no_round_numbers_meet_their_limit_exactly() -> None:
    detector = Ratio(times=1.1, at_least=0.3)
    means = np.linspace(0.01, 40, 500)
    law = Law(means, np.zeros(500), np.ones(500, bool))
    limits = detector.limits(law, np.ones(500))
    assert (detector.score(law, limits) >= 1).all()
    assert (detector.score(law, limits - 1) < 1).all()
