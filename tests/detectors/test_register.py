"""The register: what is offered, what is refused, what guards memory."""

from __future__ import annotations

import math

import pytest

from rules.book import DetectorSpec
from rules.detectors.register import DETECTORS, fingerprint, make, parameters
from rules.detectors.threshold import Threshold


@pytest.mark.parametrize("kind", sorted(DETECTORS))
def test_a_kind_is_made_with_its_defaults(kind: str) -> None:
    detector = make(DetectorSpec(kind))
    assert detector.kind == kind
    assert {name: getattr(detector, name) for name in parameters(kind)} == parameters(kind)


def test_a_parameter_takes_the_place_of_its_default() -> None:
    assert make(DetectorSpec("threshold", {"n": 25})) == Threshold(n=25.0)


def test_an_unknown_kind_is_told_with_a_guess() -> None:
    with pytest.raises(ValueError, match="'suprise': did you mean 'surprise'"):
        make(DetectorSpec("suprise"))


def test_an_unknown_parameter_is_told_with_a_guess() -> None:
    with pytest.raises(ValueError, match="ratio has no parameter 'time': did you mean 'times'"):
        make(DetectorSpec("ratio", {"time": 3}))


def test_an_unknown_parameter_far_from_all_is_told_with_the_list() -> None:
    with pytest.raises(ValueError, match="take one of against, at_least, times"):
        make(DetectorSpec("ratio", {"zzz": 3}))


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("threshold", "n", 0),
        ("threshold", "n", math.nan),
        ("threshold", "n", math.inf),
        ("ratio", "times", -1),
        ("ratio", "against", 2.5),
        ("ratio", "against", 0),
        ("ratio", "at_least", 0),
        ("surprise", "learn_days", 0),
        ("surprise", "level_days", 1e9),
    ],
)
def test_a_value_out_of_range_is_told_by_name(kind: str, name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^{name} is .*: make it a "):
        make(DetectorSpec(kind, {name: value}))


def test_a_default_spelled_out_keeps_the_fingerprint() -> None:
    assert fingerprint(DetectorSpec("surprise")) == fingerprint(DetectorSpec("surprise", {"level_days": 28}))


def test_another_parameter_is_another_fingerprint() -> None:
    specs = [DetectorSpec(kind) for kind in DETECTORS]
    specs += [DetectorSpec("surprise", {"level_days": 29}), DetectorSpec("threshold", {"n": 11})]
    assert len({fingerprint(spec) for spec in specs}) == len(specs)


def test_a_fingerprint_of_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="no parameter"):
        fingerprint(DetectorSpec("threshold", {"m": 3}))
