"""Overrides of a rule's parameters by area: inherited down the tree, and no other area feels them."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given

from rules.book import Book, DetectorSpec, Override, Rule
from rules.canonical import final_states, lines
from rules.engine import Engine
from rules.records import UseBook
from rules.signals import Signal
from tests.engine.test_walk import assert_the_same
from tests.engine.worlds import AREA_TREE, START, TICKS, Event, book, log_of, nights, rule, run, tick

MINUTE = 60_000


def _with(of: Rule, *overrides: Override) -> Book:
    return book([msgspec.structs.replace(of, overrides=overrides)])


PLAIN = rule("many", categories="", attribution=False)
BURSTS = [
    Event(id=20 * n + i, occurred=60 + i, arrived=61 + i, area=area, offset=20 * n + i)
    for n, area in enumerate(("north", "south"), 1)
    for i in range(6)
]


def areas(signals: list[Signal]) -> set[str]:
    return {signal.area for signal in final_states(signals).values()}


@pytest.mark.parametrize("how", [Override("north", rarer=3.0), Override("north", at_least=9)])
def test_an_override_holds_in_its_area_alone(how: Override) -> None:
    assert areas(run(log_of(BURSTS, TICKS), _with(PLAIN))[1]) >= {"north", "south"}
    said = run(log_of(BURSTS, TICKS), _with(PLAIN, how))[1]
    assert "north" not in areas(said)
    assert "south" in areas(said)


def test_what_an_override_does_not_say_is_inherited_and_the_nearest_one_counts() -> None:
    of = msgspec.structs.replace(
        PLAIN,
        overrides=(Override("city", rarer=2.0, at_least=5, reason="all"), Override("north", at_least=7, by="A-1")),
    )
    north, south = of.override_at("north", AREA_TREE), of.override_at("south", AREA_TREE)
    assert north == Override("north", rarer=2.0, at_least=7, by="A-1")
    assert south == Override("city", rarer=2.0, at_least=5, reason="all")
    assert PLAIN.override_at("north", AREA_TREE) is None


def test_a_book_without_overrides_has_the_digest_that_it_always_had() -> None:
    assert b"overrides" not in msgspec.json.encode(PLAIN)
    assert _with(PLAIN, Override("north", rarer=2.0)).digest != _with(PLAIN).digest


def test_an_override_that_joins_in_the_middle_of_an_alert_ends_no_other() -> None:
    before, after = _with(PLAIN), _with(PLAIN, Override("north", rarer=3.0))
    engine = Engine(before)
    engine.add_book(after)
    records = log_of(BURSTS, TICKS)
    cut = next(n for n, record in enumerate(records) if getattr(record, "now", 0) >= START + 70 * MINUTE)
    order = UseBook(START + 71 * MINUTE, after.digest)
    said = [
        signal
        for offset, record in enumerate([*records[: cut + 1], order, tick(72), *records[cut + 1 :]], 1)
        for signal in engine.apply(record, offset)
    ]
    assert {s.state for s in said if s.area == "south"} == {"running", "over"}
    assert len({s.alert for s in said if s.area == "south"}) == 1


OVER = (Override("city", rarer=1.5), Override("north", at_least=6), Override("south", rarer=0.5))
LEARNS = rule("learns", detector=DetectorSpec("surprise", {"learn_days": 1}), categories="service")
MIXED = book([msgspec.structs.replace(one, overrides=OVER) for one in (PLAIN, LEARNS)])


@given(night=nights(most=30, hours=40))
def test_rules_with_overrides_are_walked_as_one_by_one(night: list[Event]) -> None:
    assert_the_same(log_of(night, range(5, 50 * 60, 15)), MIXED)


def test_rarer_asks_for_as_much_more_as_a_colour_does() -> None:
    """Three times rarer under a threshold of 4: 12 events, as an orange of 3 would."""
    twelve = [Event(id=i + 1, occurred=60 + i, arrived=61 + i, offset=i) for i in range(12)]
    of = _with(PLAIN, Override("city", rarer=3.0))
    assert not lines(run(log_of(twelve[:11], TICKS), of)[1])
    assert lines(run(log_of(twelve, TICKS), of)[1])
