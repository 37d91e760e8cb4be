"""The laws of ENGINE hold for rules on matters too."""

from __future__ import annotations

from random import Random

from hypothesis import example, given
from hypothesis import strategies as st

from rules.book import Book
from rules.canonical import canonical
from rules.engine import Engine
from rules.records import Order, Record, StartRule, StopRule, Tick, UseBook
from rules.signals import Signal
from tests.engine.matters import LATER, RULES, Told, city, log_of, matters, rule, run
from tests.engine.worlds import HOUR, MINUTE, START, TICKS

BOOKS = (city(), city(table=LATER), city((*RULES[1:4], rule("late", areas="city", step=HOUR), rule("new"))))
SOME = [Told(1, 5, 5), Told(2, 30, 31, matter=2), Told(3, 40, 40), Told(1, 120, 121, stage="replied")]


@given(night=matters(), dice=st.randoms(use_true_random=False), twice=st.booleans())
@example(night=SOME, dice=Random(1), twice=True)
def test_law_1_order_of_reading_between_ticks_changes_no_judgement(
    night: list[Told], dice: Random, twice: bool
) -> None:
    other = night + [dice.choice(night) for _ in night] if twice and night else night
    _, said = run(log_of(night, TICKS))
    _, jittery = run(log_of(_shuffled(other, dice), TICKS, split=3))
    assert canonical(jittery) == canonical(said)


def _shuffled(night: list[Told], dice: Random) -> list[Told]:
    left, mixed = list(night), []
    for minute in TICKS:
        due = [one for one in left if one.arrived < minute]
        left = [one for one in left if one.arrived >= minute]
        dice.shuffle(due)
        mixed += due
    return mixed


@given(night=matters())
@example(night=SOME)
def test_a_replay_that_looks_ahead_says_what_one_by_one_says(night: list[Told]) -> None:
    records = list(enumerate(log_of(night, TICKS), 1))
    alone, one_by_one = run([record for _, record in records])
    engine = Engine(city())
    assert list(engine.apply_all(records)) == one_by_one
    assert {name: row for name, row in engine.rows().items() if name.startswith("matter/")} == {
        name: row for name, row in alone.rows().items() if name.startswith("matter/")
    }


@given(night=matters(), more=st.lists(st.integers(1, 1190), max_size=6))
@example(night=SOME, more=[62, 63, 300])
def test_law_5_a_tick_more_moves_only_when_things_are_said(night: list[Told], more: list[int]) -> None:
    _, said = run(log_of(night, TICKS))
    _, often = run(log_of(night, [*TICKS, *more]))
    assert canonical(often) == canonical(said)


@given(night=matters(), extra=matters(most=4, hours=3))
def test_law_3_adding_a_step_and_taking_it_back_at_once_restores_every_judgement(
    night: list[Told], extra: list[Told]
) -> None:
    added = [one.corrected(id=one.id + 500, revision=0, count=1) for one in extra]
    added = [one.corrected(arrived=one.occurred, id=500 + n) for n, one in enumerate(added)]
    back = [one.corrected(revision=9, count=0) for one in added]
    _, plain = run(log_of(night, TICKS))
    _, restored = run(log_of(night + added + back, TICKS))
    assert canonical(restored) == canonical(plain)


NAMES = ("late", "again", "then", "gone")


@st.composite
def logs(draw: st.DrawFn) -> list[Record]:
    """A night with Orders anywhere between its records."""
    records = log_of(draw(matters()), TICKS, split=draw(st.integers(1, 6)))
    for _ in range(draw(st.integers(0, 4))):
        place = draw(st.integers(0, len(records)))
        last = max((r.now for r in records[:place] if isinstance(r, Tick)), default=START)
        start, n = last + draw(st.sampled_from((-HOUR, 0, 1, 7 * MINUTE, 5 * HOUR))), draw(st.integers(0, 3))
        orders: tuple[Order, ...] = (
            UseBook(start, BOOKS[n % 3].digest), StopRule(start, NAMES[n]), StartRule(start, NAMES[n]),
        )  # fmt: skip
        records.insert(place, draw(st.sampled_from(orders)))
    return records


@given(records=logs(), cuts=st.sets(st.integers(1, 90), max_size=6))
@example(records=log_of(SOME, TICKS), cuts={2, 5, 9, 12, 80})
def test_law_2_any_restarts_say_the_same_and_remember_the_same(records: list[Record], cuts: set[int]) -> None:
    undisturbed, said = lived(records, set())
    again, repeated = lived(records, cuts)
    assert repeated == said
    assert again.rows() == undisturbed.rows()


def lived(records: list[Record], cuts: set[int]) -> tuple[Engine, list[Signal]]:
    books: dict[str, Book] = {of.digest: of for of in BOOKS}
    engine, said = Engine(BOOKS[0]), []
    for of in BOOKS:
        engine.add_book(of)
    for offset, record in enumerate(records, 1):
        if offset in cuts:
            engine = Engine.of_rows(engine.rows(), books)
        said += engine.apply(record, offset)
    return engine, said


@given(records=logs())
def test_a_walk_over_orders_says_what_one_by_one_says(records: list[Record]) -> None:
    _, one_by_one = lived(records, set())
    engine = Engine(BOOKS[0])
    for of in BOOKS:
        engine.add_book(of)
    assert list(engine.apply_all(list(enumerate(records, 1)))) == one_by_one
