"""What is at hand is walked (decision 0017): the signals and the memory are those of record by record."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.book import Book, DetectorSpec, Selector
from rules.engine import Engine
from rules.records import Blind, Down, Exclude, HearFeed, MuteFeed, Order, Record, Review, StartRule, StopRule
from rules.signals import Signal
from tests.engine.remembered import remembered
from tests.engine.worlds import HOUR, MINUTE, START, Event, book, frame, log_of, nights, rule, tick

LONE: Final = book(
    [
        rule(
            "quick", categories="", areas="city", attribution=False, windows=(HOUR,),
            detector=DetectorSpec("threshold", {"n": 4}),
        )
    ]
)  # fmt: skip
REFIT: Final = 640
"""The minute in which the lone rule's baseline is due anew."""


def ticks(*minutes: int) -> list[Record]:
    return [tick(minute) for minute in minutes]


def walked(records: Sequence[Record], of: Book, cuts: Sequence[int] = ()) -> tuple[Engine, list[Signal]]:
    """An engine to which records were given in some pieces, and what it said."""
    numbered = list(enumerate(records, 1))
    engine, edges = Engine(of), [0, *cuts, len(records)]
    said: list[Signal] = []
    for first, beyond in pairwise(edges):
        said += engine.apply_all(numbered[first:beyond])
    return engine, said


def assert_the_same(records: Sequence[Record], of: Book, cuts: Sequence[int] = ()) -> list[Signal]:
    alone = Engine(of)
    one_by_one = [signal for offset, record in enumerate(records, 1) for signal in alone.apply(record, offset)]
    engine, said = walked(records, of, cuts)
    assert said == one_by_one
    assert remembered(engine) == remembered(alone)
    for counts in engine.counts.values():
        assert all(of.categories.holds(counts.selector.category, category) for _, category in counts.pairs)
    return said


def events(*minutes: int, first: int = 1) -> list[Event]:
    return [Event(id=first + n, occurred=at, arrived=at, offset=n) for n, at in enumerate(minutes)]


def test_a_row_that_is_held_over_a_refit_is_counted_with_those_to_come() -> None:
    held = Event(id=9, occurred=REFIT + 12, arrived=REFIT - 10, offset=9)
    before: list[Record] = [frame(events(621, 622, 623)), tick(625), frame([held]), tick(635)]
    assert assert_the_same([*ticks(580, 610), *before, *ticks(641, 645, 651, 660, 670, 700, 840)], LONE)


def test_a_held_row_that_was_released_after_a_refit_is_counted_with_those_to_come() -> None:
    held = Event(id=9, occurred=REFIT + 12, arrived=REFIT - 10, offset=9)
    after = [*ticks(641, 660, 665), frame(events(670, 671, 672)), *ticks(680, 700, 720, 840)]
    assert assert_the_same([*ticks(540, 580, 610, 625), frame([held]), tick(635), *after], LONE)


@pytest.mark.parametrize("occurred", [REFIT - 8, REFIT + 3])
def test_a_row_that_arrives_between_a_refit_and_its_tick_speaks_at_once(occurred: int) -> None:
    late = Event(id=9, occurred=occurred, arrived=REFIT + 3, offset=9)
    before = [*ticks(540, 580, 610), frame(events(620, 621, 622)), *ticks(625, 635)]
    said = assert_the_same([*before, frame([late]), *ticks(650, 660, 670, 700, 840)], LONE)
    assert not said[0].late


@pytest.mark.parametrize("cuts", [(), (2,)])
def test_a_tick_that_falls_back_parts_no_rows(cuts: tuple[int, ...]) -> None:
    first, earlier = Event(id=1, occurred=60, arrived=64), Event(id=1, occurred=60, arrived=62, offset=1)
    records = [*ticks(0, 60), frame([first]), tick(50), frame([earlier]), *ticks(70, 75)]
    assert_the_same(records, book(), cuts)


def test_a_late_row_joins_its_place_while_that_is_open() -> None:
    folding = book([rule("once", once_within=HOUR, categories="", detector=DetectorSpec("threshold", {"n": 9}))])
    one = Event(id=1, occurred=310, arrived=310, place=1)
    late = Event(id=2, occurred=275, arrived=306, place=1, offset=1)
    records = [*ticks(0, 120, 260), frame([late]), frame([one]), *ticks(320, 380, 430, 445)]
    assert_the_same(records, folding)


def test_a_change_of_what_a_rule_does_not_count_makes_no_series_of_it() -> None:
    """While the feeds' past begins, all changes are looked at; a rule may be awake then."""
    jams = book([rule("jams", selector=Selector("traffic.jam"), detector=DetectorSpec("threshold", {"n": 3}))])
    fire = Event(id=9, occurred=62, arrived=66, category="fire.wood", offset=9)
    changed = fire.corrected(revision=1, arrived=70, area="south", offset=10)
    head: list[Record] = [tick(0), frame([*events(60, 61, 62, 63), fire]), tick(68)]
    assert assert_the_same([*head, frame([changed]), *ticks(71, 75, 80, 90, 240)], jams)


def test_identities_are_forgotten_at_the_same_ticks() -> None:
    """Over several days: what a book that joins late still finds depends on it."""
    assert_the_same(log_of(events(*range(30, 2830, 7)), range(5, 3000, 15)), book())


def test_an_hour_in_which_nothing_came_is_told_to_be_missing_whatever_is_at_hand() -> None:
    """Evidence shows the hours before. Whether a feed was missing in an empty one hung on whether later rows had been
    counted when it settled."""
    records = log_of(events(30, 700, 701, 702, 703), range(5, 1000, 15))
    records.insert(20, Blind(START + 290 * MINUTE, "calls", START + 400 * MINUTE, START + 500 * MINUTE))
    said = assert_the_same(records, LONE)
    assert any(cell.missing for cell in said[0].evidence.cells)


ORDERS: Final[dict[str, Order]] = {
    "blind": Blind(0, "calls", START + 300 * MINUTE, START + 500 * MINUTE),
    "down": Down(0, START + 700 * MINUTE, START + 720 * MINUTE),
    "stop": StopRule(0, "many"),
    "start": StartRule(0, "many"),
    "mute": MuteFeed(0, "calls", id="m", by="A1"),
    "hear": HearFeed(0, "calls"),
    "exclude": Exclude(0, "north", "incident", START, START + 700 * MINUTE, id="e", by="A1"),
    "review": Review(0, "e", by="A2"),
}


@given(
    night=nights(most=30, hours=40),
    orders=st.lists(st.tuples(st.integers(40, 150), st.sampled_from(sorted(ORDERS))), max_size=3),
    cuts=st.lists(st.integers(1, 150), max_size=3).map(sorted),
)
def test_days_with_orders_in_them_are_walked_as_one_by_one(
    night: list[Event], orders: list[tuple[int, str]], cuts: list[int]
) -> None:
    records = log_of(night, range(5, 50 * 60, 15))
    for place, name in sorted(orders, reverse=True):
        now = max((record.now for record in records[:place] if hasattr(record, "now")), default=0)
        order = ORDERS[name]
        records.insert(
            place, type(order)(**{**{f: getattr(order, f) for f in order.__struct_fields__}, "start": now + 1})
        )
    assert_the_same(records, book(), cuts)
