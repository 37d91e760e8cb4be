"""Which node is named, with the real detector and a learned past."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules.calendar import HOUR_MS
from rules.canonical import canonical, final_states
from rules.engine import Engine
from rules.records import Record, Tick
from rules.signals import Signal
from tests.engine.towns import (
    KINDS,
    LONE,
    NEW,
    NOW,
    QUARTERS,
    Row,
    after,
    alerts,
    book,
    burst,
    engine_of,
    frame,
    later,
    learned,
    named,
    timed,
    usual,
)

A = ("a1", "a2", "a3", "a4", "a5")


@pytest.mark.parametrize(("area", "n"), [("b1", 6), ("b1", 40), ("a1", 14), ("c1", 22), ("c1", 120)])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_one_hour_burst_is_one_alert_in_48_hours(area: str, n: int, seed: int) -> None:
    said = after(later([*usual(50, seed), *burst(area, n, begin=120.0)], hours=50))
    assert named(said) == [(area, "noise")]
    assert {s.alert for s in said} == {alerts(said)[0].alert}, "nothing was said beside it and taken back"


@pytest.mark.parametrize("seed", [1, 2])
def test_an_even_rise_is_named_at_the_parent(seed: int) -> None:
    rises = [row for q in A for row in burst(q, 6 if q == "a1" else 3, begin=121.0)]
    said = after(later([*usual(30, seed), *rises]))
    assert named(said) == [("a", "noise")]


def test_a_part_that_dominates_an_even_rise_does_not_take_its_name() -> None:
    rises = burst("a1", 8, begin=121.0) + [row for q in ("a2", "a3", "a4", "a5") for row in burst(q, 2, begin=125.0)]
    assert named(after(later([*usual(30), *rises]))) == [("a", "noise")]


def test_a_burst_under_a_parent_that_rises_mildly_is_named_where_it_is() -> None:
    mild = [*burst("a1", 2, begin=125.0), *burst("a3", 1, begin=140.0)]
    said = after(later([*usual(30), *mild, *burst("a2", 14, begin=120.0)]))
    assert named(said) == [("a2", "noise")]


def test_a_parent_with_one_part_is_not_named_in_its_place() -> None:
    assert named(after(later([*usual(30), *burst(LONE, 10, begin=120.0)]))) == [(LONE, "noise")]


def test_more_than_half_of_the_parts_speaking_names_the_parent() -> None:
    rises = [row for q in ("b1", "b2", "b3") for row in burst(q, 12, begin=120.0)]
    assert named(after(later([*usual(30), *rises]))) == [("b", "noise")]


def test_two_bursts_in_one_district_are_two_alerts() -> None:
    rises = [*burst("b1", 12, begin=120.0), *burst("b4", 12, begin=140.0)]
    assert named(after(later([*usual(30), *rises]))) == [("b1", "noise"), ("b4", "noise")]


def test_a_parent_that_spoke_before_its_parts_holds_them_in_one_alert() -> None:
    """Both begin at once: the district reaches its limit first. What its short run leaves to its parts stays theirs."""
    rises = [*burst("b1", 12, begin=120.0), *burst("b4", 12, begin=120.0)]
    assert named(after(later([*usual(30), *rises]))) == [("b", "noise")]


def test_a_burst_of_one_type_is_named_by_its_type() -> None:
    assert named(after(later([*usual(30), *burst("b2", 9, "fire.car", 120.0)]))) == [("b2", "fire.car")]


def test_an_even_rise_of_all_types_is_named_by_their_kind() -> None:
    rises = [row for kind in KINDS if kind != "noise" for row in burst("b2", 4, kind, 120.0)]
    said = after(later([*usual(30), *rises]))
    assert named(said) == [("b2", "fire")]


def test_a_rise_that_spreads_keeps_its_id_and_its_name_moves_up() -> None:
    first = burst("a1", 14, begin=120.0, minutes=40.0)
    rest = [row for q in ("a2", "a3", "a4", "a5") for row in burst(q, 9, begin=165.0, minutes=60.0)]
    said = after(later([*usual(30), *first, *rest]))
    told = [s for s in said if s.alert == alerts(said)[0].alert]
    assert [(s.area, s.state) for s in (told[0], told[-1])] == [("a1", "running"), ("a", "over")]
    assert named(said) == [("a", "noise")]


def test_alerts_that_fall_together_become_the_earliest() -> None:
    first = [*burst("a2", 12, begin=120.0, minutes=30.0), *burst("a1", 16, begin=131.0, minutes=30.0)]
    rest = [row for q in ("a3", "a4", "a5") for row in burst(q, 12, begin=160.0, minutes=60.0)]
    said = after(later([*usual(30), *first, *rest]))
    final = final_states(said).values()
    stays = alerts(said)[0]
    assert named(said) == [("a", "noise")]
    assert next(s for s in said if s.alert == stays.alert).area == "a2"
    merged = [s for s in final if s.state == "merged"]
    assert [(s.area, s.merged_into) for s in merged] == [("a1", stays.alert)]


def test_half_a_frame_makes_no_name_stick() -> None:
    """The rows of one quarter are read first, in frames of their own; what they seemed to say is gone in the end."""
    rows = list(enumerate(timed(row for q in A for row in burst(q, 6, begin=121.0, minutes=5.0))))
    engine, said = engine_of(), list[Signal]()
    for offset, area in enumerate(A):
        said += engine.apply(frame([row for row in rows if row[1][1] == area]), 2_000_000 + offset)
    assert said[0].area == "a1"
    for offset, record in enumerate(later([])):
        said += engine.apply(record, 3_000_000 + offset)
    assert [(s.alert, s.area) for s in alerts(said)] == [(said[0].alert, "a")]


def test_without_attribution_every_node_that_speaks_has_an_alert_of_its_own() -> None:
    """A rule may say so; then one burst is told on every level that reaches its limit."""
    engine = Engine.restore(learned(attribution=False), {book(attribution=False).digest: book(attribution=False)})
    said = [s for n, record in enumerate(later(burst("b1", 12), hours=6)) for s in engine.apply(record, 2_000_000 + n)]
    assert set(named(said)) >= {("b1", "noise"), ("b", "noise"), ("town", "noise")}
    assert len(set(named(said))) == len(named(said))


@st.composite
def storms(draw: st.DrawFn) -> list[Row]:
    """A few hours of bursts anywhere, quarters never heard before among them."""
    rows: list[Row] = []
    for _ in range(draw(st.integers(1, 6))):
        area = draw(st.sampled_from((*QUARTERS, *NEW, LONE, "a", "town")))
        kind = draw(st.sampled_from((*KINDS, "fire", "any")))
        begin, minutes = draw(st.integers(0, 180)), draw(st.sampled_from((10.0, 40.0, 90.0)))
        rows += burst(area, draw(st.integers(3, 14)), kind, float(begin), minutes)
    return rows


TWO_YOUNG = [
    *burst("a1", 3, "fire.bin", 72.0, 10.0),
    *burst("c4", 3, "fire", 34.0, 40.0),
    *burst("c5", 3, "fire", 61.0, 10.0),
]
"""Two quarters of one district, both heard for the first time."""


@given(storm=storms(), dice=st.randoms(use_true_random=False), split=st.integers(2, 40))
@example(storm=TWO_YOUNG, dice=Random(3), split=2)
def test_names_do_not_hang_on_the_order_of_reading(storm: list[Row], dice: Random, split: int) -> None:
    """Another order numbers the series differently; ties are broken by codes."""
    rows, dumps = list(enumerate(timed(storm))), list[object]()
    for mixed in (False, True):
        engine, said, offset = engine_of(), list[Signal](), 2_000_000
        for end in range(NOW + HOUR_MS, NOW + 9 * HOUR_MS, HOUR_MS):
            due = [row for row in rows if end - HOUR_MS <= row[1][0] < end]
            if mixed:
                dice.shuffle(due)
            pieces = [due[n : n + split] for n in range(0, len(due), split)]
            records: list[Record] = [*(frame(piece) for piece in pieces), Tick(end)]
            for record in records:
                offset += 1
                said += engine.apply(record, offset)
        assert not engine.stopped, engine.stopped
        dumps.append(canonical(said))
    assert dumps[0] == dumps[1]


@given(storm=storms())
def test_no_alert_is_named_below_the_limit_of_its_own_node(storm: list[Row]) -> None:
    for signal in after(later(storm, hours=5)):
        found = signal.evidence
        assert found.observed >= found.limit > found.would_not_have_spoken
