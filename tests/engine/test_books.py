"""A new book on the way: feeds that come and go, trees that grow, rules whose words change."""

from __future__ import annotations

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from rules.book import Book, DeskReach, DetectorSpec, FeedPolicy, Selector
from rules.canonical import final_states
from rules.engine import Engine
from rules.records import Blind, Frame, Record, Retire, StartRule, StopRule, Tick, UseBook
from rules.shadows.score import shadows_of
from rules.signals import Cause, Signal
from rules.trees import Node, Tree
from tests.engine.test_shadows import NOTHING, Orders, flat, judged, start, with_orders
from tests.engine.worlds import AREA_TREE, HOUR, MINUTE, START, TICKS, Event, book, frame, log_of, nights, rule, tick

BURST = [Event(id=i + 1, occurred=60 + i, arrived=61 + i, offset=i) for i in range(6)]
LATER = [e.corrected(id=e.id + 100, occurred=e.occurred + 600, arrived=e.arrived + 600) for e in BURST]


def changed_at(minute: int, old: Book, new: Book, records: list[Record]) -> tuple[Engine, list[Signal]]:
    """The log with the new book in force from `minute` on."""
    engine, said, offset, told = Engine(old), list[Signal](), 0, False
    engine.add_book(new)
    for record in records:
        if not told and isinstance(record, Tick) and record.now >= START + minute * MINUTE:
            told = True
            offset += 1
            engine.apply(UseBook(record.now + 1, new.digest), offset)
        offset += 1
        said += engine.apply(record, offset)
    assert not engine.stopped
    return engine, said


def test_a_feed_that_left_the_book_stops_nothing_and_snapshots_still_read() -> None:
    old = book([rule("many")])
    new = book([rule("many")], feeds=old.feeds[:1])
    night = [*BURST, *(e.corrected(id=e.id + 50, feed="sensors") for e in LATER)]
    engine, _ = changed_at(300, old, new, log_of(night, TICKS))
    again = Engine.restore(engine.snapshot(), {b.digest: b for b in (old, new)})
    assert again.boxes() == engine.boxes()


def test_a_held_row_of_a_feed_that_left_is_let_go() -> None:
    old = book([rule("many")])
    new = book([rule("many")], feeds=old.feeds[:1])
    ahead = Event(id=9, occurred=400, arrived=10, feed="sensors")
    engine, _ = changed_at(100, old, new, log_of([ahead], TICKS))
    assert sum(day["held"] for day in engine.boxes()["sensors"].values()) == 0


def test_a_tree_that_grows_takes_no_count_below_zero() -> None:
    grown = Tree(AREA_TREE.levels, (*AREA_TREE.nodes, Node("west", "city", "district", {"en": "west"})))
    for rules in ([rule("many")], [rule("many", once_within=HOUR)]):
        old, new = book(rules), book(rules, areas=grown)
        first = Event(id=1, occurred=10, arrived=11, area="south", place=5)
        moved = first.corrected(revision=1, area="north", arrived=30)
        engine, _ = changed_at(20, old, new, log_of([first, moved], range(5, 200, 5)))
        for counts in engine.counts.values():
            assert counts.ring.cum.min() >= 0
            assert ("north", "incident") in counts.series


def test_other_words_and_other_desks_cost_a_rule_nothing() -> None:
    old = book([rule("many")])
    words = msgspec.structs.replace(rule("many"), version="v2", guidance={"en": "Look again."})
    desks = (DeskReach("north-desk", ("north",), ("incident",)), *old.desks)
    new = book([words], desks=desks)
    records = log_of(BURST + LATER, TICKS)
    _, plain = changed_at(9_999, old, old, records)
    for minute in (63, 300):
        _, said = changed_at(minute, old, new, records)
        assert [(s.key, s.state) for s in final_states(said).values()] == [
            (s.key, s.state) for s in final_states(plain).values()
        ]


@given(
    night=nights(),
    minute=st.sampled_from((20, 63, 66, 90, 200)),
    back=st.sampled_from((0, 5, 30, 300)),
    cut=st.integers(1, 130),
)
@example(night=BURST, minute=63, back=0, cut=9)
@example(night=BURST, minute=63, back=5, cut=12)
def test_another_rule_s_longest_window_is_nothing_to_those_that_share_its_counts(
    night: list[Event], minute: int, back: int, cut: int
) -> None:
    """Longer, and short again after `back` minutes (0: never): the others say the same, after a restart too."""
    short, other = rule("many"), rule("other", detector=DetectorSpec("threshold", {"n": 3}))
    long = msgspec.structs.replace(short, version="v2", windows=(HOUR, 5 * HOUR))
    old, new = book([short, other]), book([long, other])
    assert len(Engine(old).counts) == 1
    records, tried = log_of(night, TICKS), start(msgspec.structs.replace(other, keep=HOUR))
    changes: Orders = {minute: (UseBook(0, new.digest),)}
    if back:
        changes[minute + back] = (UseBook(0, old.digest),)
    changed = with_orders(records, {10: (tried,), **changes})
    engine, said = judged(changed, old, new)
    undisturbed, plain = judged(with_orders(records, {10: (tried,), **dict.fromkeys(changes, (NOTHING,))}), old)
    assert told_of("other", said) == told_of("other", plain)
    assert shadows_of(engine)[0].ours == shadows_of(undisturbed)[0].ours, "nor to what is tried beside them"
    again, same = judged(changed, old, new, cut=cut)
    assert same == said
    assert again.rows() == engine.rows()
    ahead = Engine(old)
    ahead.add_book(new)
    assert list(ahead.apply_all(list(enumerate(changed, 1)))) == flat(said)
    assert len(engine.counts) == (1 if back else 2), "counts that nobody needs any more are let go"


def told_of(name: str, said: list[list[Signal]]) -> list[Signal]:
    """What was said of a rule; what tells its signals from those that others cause is not looked at."""
    cause = Cause(0, 0, 0)
    return [msgspec.structs.replace(s, id="", cause=cause) for s in flat(said) if s.rule == name]


def test_what_was_learned_outlives_another_keep() -> None:
    surge = rule("surge", detector=DetectorSpec("surprise", {"learn_days": 1}), windows=(HOUR,))
    old, new = book([surge]), book([msgspec.structs.replace(surge, keep=HOUR, version="v2")])
    steady = [Event(n + 1, n * 20, n * 20 + 1, offset=n) for n in range(3 * 72)]
    engine, _ = changed_at(2 * 1440, old, new, log_of(steady, range(30, 3 * 1440 + 60, 30)))
    judge = engine.rules["surge"].judge
    assert judge.memories[-1][1] is not None
    assert judge.learned


def test_a_new_feed_is_counted_at_once_and_after_a_restart_alike() -> None:
    new = book([rule("many")])
    old = book([rule("many")], feeds=new.feeds[:1])
    night = [e.corrected(feed="sensors", arrived=e.occurred) for e in LATER]
    engine, said = changed_at(300, old, new, log_of(night, TICKS))
    assert {s.state for s in final_states(said).values()} == {"over"}
    assert len(engine.counts) == 1


def test_orders_that_name_something_unknown_do_nothing() -> None:
    engine = Engine(book([rule("many")]))
    orders: list[Record] = [
        Retire(START, "nobody"), Blind(START, "nobody", START, START + HOUR), StartRule(START, "none"),
        StopRule(START, "none"), tick(1), StartRule(START + 2 * MINUTE, "none"), tick(5),
    ]  # fmt: skip
    said = [signal for offset, record in enumerate(orders, 1) for signal in engine.apply(record, offset)]
    assert said == []


def test_one_id_in_two_stages_at_one_instant_may_come_and_go() -> None:
    both = rule("both", selector=Selector("incident", stages=("filed", "closed")), once_within=HOUR)
    filed = Event(id=1, occurred=10, arrived=11, place=3)
    closed = filed.corrected(stage="closed")
    gone = [e.corrected(revision=1, count=0, arrived=12) for e in (filed, closed)]
    engine = Engine(book([both]))
    for offset, record in enumerate(log_of([filed, closed, *gone], range(5, 100, 5)), 1):
        engine.apply(record, offset)
    assert all(not counts.once.rows for counts in engine.counts.values() if counts.once)


def test_a_ratio_over_a_day_keeps_the_days_it_compares_with() -> None:
    day = 24 * HOUR
    steady = rule("ratio", detector=DetectorSpec("ratio", {"times": 1.6}), windows=(day,), categories="", step=HOUR)
    of = book([steady], feeds=(FeedPolicy("calls", "incident", lateness=30 * MINUTE), *book().feeds[1:]))
    engine, said = Engine(of), []
    events = [Event(n + 1, n * 20, n * 20 + 1, offset=n) for n in range(9 * 72)]
    for offset, record in enumerate(log_of(events, range(60, 9 * 1440 + 120, 60)), 1):
        said += engine.apply(record, offset)
    assert said == []


def test_a_day_with_a_hole_is_missing() -> None:
    daily = rule("daily", step=24 * HOUR, calendar_step="day", windows=(24 * HOUR,), categories="")
    hole = range(8 * 1440 + 180, 8 * 1440 + 20 * 60)
    minutes = [m for m in range(0, 10 * 1440, 4) if m not in hole]
    engine = Engine(book([daily]))
    events = [Event(n + 1, m, m + 1, offset=n) for n, m in enumerate(minutes)]
    for offset, record in enumerate(log_of(events, range(60, 10 * 1440 + 120, 60)), 1):
        engine.apply(record, offset)
    assert sum(engine.rules["daily"].missing.values()) == 1


def test_a_frame_of_an_unknown_place_is_kept_and_not_counted() -> None:
    engine = Engine(book([rule("many")]))
    known = frame([Event(id=1, occurred=1, arrived=2)])
    strange = Frame("small", known.feeds, known.stages, known.categories, ("nowhere",) * 4, known.offices,
                    known.partitions, known.rows)  # fmt: skip
    assert engine.apply(strange, 1) == []
    assert sum(day["not_for_counting"] for day in engine.boxes()["calls"].values()) == 1
