"""Rules in shadow: they change nothing that is told, and once promoted tell what they would have told all along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from rules.book import Book, DetectorSpec, Override, Rule
from rules.canonical import canonical, final_states
from rules.engine import Engine
from rules.records import Blind, DropShadow, Record, StartShadow, Tick, UseBook
from rules.shadows.score import shadows_of
from rules.signals import Signal
from tests.engine.worlds import HOUR, MINUTE, START, TICKS, Event, book, log_of, nights, replace_struct, rule

MANY: Final = rule("many", categories="", attribution=False)
OTHERS: Final = (rule("quick", attribution=False, categories="", keep=10 * MINUTE), rule("once", once_within=HOUR))
CHANGES: Final[tuple[dict[str, object], ...]] = (
    {"names": {"en": "Other words"}},
    {"detector": DetectorSpec("threshold", {"n": 3})},
    {"at_least": 2, "detector": DetectorSpec("ratio", {"times": 2, "against": 2}), "windows": (HOUR,)},
    {"overrides": (Override("north", rarer=2.0),)},
    {"keep": 60 * MINUTE},
    {"windows": (60 * MINUTE,)},
    {"windows": (60 * MINUTE, 240 * MINUTE)},
    {"once_within": HOUR},
    {"categories": "type", "attribution": True},
    {"step": 20 * MINUTE, "windows": (60 * MINUTE,)},
)
VARIANTS: Final = tuple(replace_struct(MANY, {"version": f"v{n}", **some}) for n, some in enumerate(CHANGES, 2))
NEW: Final = rule("new", detector=DetectorSpec("threshold", {"n": 2}), windows=(HOUR,))
BURST: Final = [Event(id=i + 1, occurred=60 + i, arrived=61 + i, offset=i) for i in range(6)]
Orders = dict[int, tuple[Record, ...]]
"""Minute -> Orders that follow the first tick from then on."""


def start(candidate: Rule, shifts: int = 0) -> StartShadow:
    return StartShadow(0, candidate.id, msgspec.json.encode(candidate), shifts=shifts, by="A-1", reason="quieter")


NOTHING: Final = Blind(0, "nobody", 0, 0)
"""An Order that says nothing."""


def with_orders(records: Sequence[Record], orders: Orders) -> list[Record]:
    """The log with Orders in it, each beginning with the tick after it."""
    found: list[Record] = []
    left = dict(sorted(orders.items()))
    for record in records:
        found.append(record)
        while isinstance(record, Tick) and left and record.now >= START + next(iter(left)) * MINUTE:
            now = left.pop(next(iter(left)))
            found += [msgspec.structs.replace(one, start=record.now + 1) for one in now]
    return found


def judged(records: Sequence[Record], of: Book, *more: Book, cut: int = -1) -> tuple[Engine, list[list[Signal]]]:
    """What is said of each record; `cut`: the record before which the process is replaced."""
    engine = Engine(of)
    said = []
    books = {one.digest: one for one in (of, *more)}
    for one in more:
        engine.add_book(one)
    for offset, record in enumerate(records, 1):
        if offset == cut:
            engine = Engine.restore(engine.snapshot(), books)
        said.append(engine.apply(record, offset))
    assert not engine.stopped, engine.stopped
    return engine, said


def flat(said: Sequence[Sequence[Signal]]) -> list[Signal]:
    return [signal for some in said for signal in some]


CANDIDATES: Final = st.sampled_from((*VARIANTS, NEW))
MINUTES: Final = st.sampled_from((20, 63, 66, 90, 200, 400))


@given(night=nights(), candidate=CANDIDATES, minute=MINUTES, drop=st.sampled_from((0, 30, 300)))
@example(night=BURST, candidate=VARIANTS[6], minute=20, drop=300)
def test_a_shadow_changes_no_signal(night: list[Event], candidate: Rule, minute: int, drop: int) -> None:
    of, records = book([MANY, *OTHERS]), log_of(night, TICKS)
    shadowed: Orders = {minute: (start(candidate),), minute + drop: (DropShadow(0, candidate.id),)}
    if not drop:
        shadowed = {minute: (start(candidate), NOTHING)}
    bare: Orders = {at: (NOTHING,) * len(some) for at, some in shadowed.items()}
    engine, said = judged(with_orders(records, shadowed), of)
    assert said == judged(with_orders(records, bare), of)[1]
    assert [one.rule for one in shadows_of(engine)] == ([] if drop else [candidate.id])


@given(night=nights(), candidate=CANDIDATES, minute=MINUTES, cut=st.integers(1, 130))
@example(night=BURST, candidate=VARIANTS[1], minute=63, cut=9)
def test_a_shadow_hears_the_same_after_any_restart_and_looked_ahead(
    night: list[Event], candidate: Rule, minute: int, cut: int
) -> None:
    of = book([MANY, *OTHERS])
    records = with_orders(log_of(night, TICKS), {minute: (start(candidate),)})
    engine, said = judged(records, of)
    again, same = judged(records, of, cut=cut)
    assert (shadows_of(again), same) == (shadows_of(engine), said)
    assert again.rows() == engine.rows()
    ahead = Engine(of)
    assert list(ahead.apply_all(list(enumerate(records, 1)))) == flat(said)
    assert shadows_of(ahead) == shadows_of(engine)


@given(night=nights(), candidate=CANDIDATES, minute=MINUTES, later=st.sampled_from((15, 30, 90, 400)))
@example(night=BURST, candidate=VARIANTS[4], minute=20, later=90)
@example(night=BURST, candidate=VARIANTS[1], minute=63, later=30)
def test_from_its_promotion_on_a_shadow_tells_what_it_had_told_in_force_from_its_start(
    night: list[Event], candidate: Rule, minute: int, later: int
) -> None:
    of = book([MANY, *OTHERS])
    new = book(sorted((candidate, *OTHERS, *([MANY] if candidate is NEW else [])), key=lambda one: one.id))
    records, used = log_of(night, TICKS), UseBook(0, new.digest)
    promoted = with_orders(records, {minute: (start(candidate),), minute + later: (used,)})
    in_force = with_orders(records, {minute: (used,), minute + later: (NOTHING,)})
    engine, said = judged(promoted, of, new)
    _, lived = judged(in_force, of, new)
    place = promoted.index(next(one for one in promoted if isinstance(one, UseBook)))
    running = [one for one in final_states(flat(lived[:place])).values() if one.state == "running"]
    told = [one for one in flat(said[place:]) if one.rule_version == candidate.version]
    assert canonical(of_the_rule(told, candidate)) == canonical(
        of_the_rule([*running, *flat(lived[place:])], candidate)
    )
    assert not engine.shadows.at_work
    left = of_the_rule(final_states(flat(said)).values(), candidate)
    assert [one.alert for one in left if one.state == "running"] == [
        one.alert for one in final_states(told).values() if one.state == "running" and one.rule == candidate.id
    ], "what the rule before it had running is over, or goes on under the same name"


def of_the_rule(signals: Iterable[Signal], candidate: Rule) -> list[Signal]:
    """What was said of a rule, whichever text of those that judge alike it was said under."""
    mine = [one for one in signals if one.rule == candidate.id]
    return [msgspec.structs.replace(one, rule_version=candidate.version) for one in mine]


def test_an_alert_that_both_have_running_keeps_its_name_when_the_shadow_is_promoted() -> None:
    candidate = msgspec.structs.replace(MANY, version="v2", detector=DetectorSpec("threshold", {"n": 3}))
    of, new = book([MANY]), book([candidate])
    orders: Orders = {20: (start(candidate),), 70: (UseBook(0, new.digest),)}
    _, said = judged(with_orders(log_of(BURST, TICKS), orders), of, new)
    versions = [(one.alert, one.state, one.rule_version) for one in flat(said) if one.area == "north"]
    assert len({alert for alert, *_ in versions}) == 1
    assert [(state, version) for _, state, version in versions][-2:] == [("running", "v2"), ("over", "v2")]


def test_what_a_shadow_says_is_held_week_by_week_against_what_was_told() -> None:
    candidate = msgspec.structs.replace(MANY, version="v2", detector=DetectorSpec("threshold", {"n": 3}))
    small = [Event(id=50 + i, occurred=300 + i, arrived=301 + i, area="south", offset=50 + i) for i in range(3)]
    orders: Orders = {20: (start(candidate, shifts=14),)}
    engine, _ = judged(with_orders(log_of([*BURST, *small], TICKS), orders), book([MANY]))
    found = shadows_of(engine)[0]
    assert (found.version, found.in_force, found.by, found.reason, found.shifts) == ("v2", "v1", "A-1", "quieter", 14)
    week = found.weeks[0]
    assert len(found.weeks) == 1
    assert (week.ours, week.theirs, week.both) == (len(found.ours), len(found.theirs), len(found.theirs))
    assert {said.area for said in found.ours} - {said.area for said in found.theirs} == {"south"}
    assert week.earlier_minutes is not None
    assert week.earlier_minutes >= 0


def test_a_shadow_that_raises_stops_alone_and_no_desk_is_told() -> None:
    of = book([MANY])
    orders: Orders = {20: (start(VARIANTS[1]),)}
    records = with_orders(log_of(BURST, TICKS), orders)
    engine, said = Engine(of), []
    for offset, record in enumerate(records, 1):
        said += engine.apply(record, offset)
        for watch in engine.shadows.watches():
            watch.hear = lambda *_: 1 / 0  # type: ignore[method-assign,assignment]  # the only way to have a rule raise
    assert said == flat(judged(with_orders(log_of(BURST, TICKS), {20: (NOTHING,)}), of)[1])
    assert "ZeroDivisionError" in shadows_of(engine)[0].stopped
    assert list(engine.stopped) == ["many~"]


def test_a_shadow_that_the_book_cannot_hold_waits_and_says_why() -> None:
    strange = msgspec.structs.replace(MANY, version="v2", areas="county")
    engine, _ = Engine(book([MANY])), None
    for offset, record in enumerate(with_orders(log_of(BURST, TICKS), {20: (start(strange),)}), 1):
        engine.apply(record, offset)
    assert shadows_of(engine)[0].stopped == "unfit"
