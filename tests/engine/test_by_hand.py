"""What one operator orders at once: feeds muted and heard, times excluded, and reviews that are owed."""

from __future__ import annotations

import numpy as np
import pytest

from rules.book import DetectorSpec, FeedPolicy
from rules.canonical import lines
from rules.corrections import corrections_of
from rules.engine import Engine
from rules.lessons import BETWEEN
from rules.records import Exclude, Frame, HearFeed, MuteFeed, Record, Review, Rows, StopRule, Tick
from rules.reviews import REVIEW_OVERDUE, REVIEW_WITHIN_MS
from rules.signals import Signal
from tests.engine.worlds import HOUR, MINUTE, START, Event, book, frame, log_of, rule, tick

DAY = 24 * 60
MANY = book([rule("many", categories="")])


def burst(at: int, n: int = 6, first: int = 1) -> list[Event]:
    return [Event(id=first + i, occurred=at + i, arrived=at + i + 1, offset=first + i) for i in range(n)]


def said_by(engine: Engine, records: list[Record]) -> list[Signal]:
    first = max(engine.offset, 0) + 1
    return [s for offset, record in enumerate(records, first) for s in engine.apply(record, offset)]


# feeds


def test_a_muted_feed_is_counted_nowhere_until_it_is_heard() -> None:
    engine = Engine(MANY)
    mute, hear = MuteFeed(START + 30 * MINUTE, "calls"), HearFeed(START + 300 * MINUTE, "calls")
    head: list[Record] = [tick(0), mute, tick(30), frame(burst(60)), tick(120)]
    assert not said_by(engine, head)
    assert set(engine.boxes()["calls"].popitem()[1].items()) >= {("not_for_counting", 6)}
    said = said_by(engine, [hear, tick(300), frame(burst(310, first=50)), tick(330)])
    assert {(s.rule, s.area) for s in said} == {("many", "north")}
    assert min(s.first for s in said) >= START + 300 * MINUTE


def test_rows_that_came_before_the_mute_acts_are_counted() -> None:
    engine = Engine(MANY)
    assert said_by(engine, [tick(30), MuteFeed(START + 90 * MINUTE, "calls"), frame(burst(60)), tick(80)])


def test_while_a_feed_is_muted_its_time_is_missing_and_nothing_is_over() -> None:
    engine = Engine(MANY)
    said = said_by(engine, [tick(30), frame(burst(60)), tick(75), MuteFeed(0, "calls"), *map(tick, range(80, 600, 20))])
    assert {s.state for s in said} == {"running"}
    assert engine.rules["many"].missing[(START + 100 * MINUTE) // (10 * MINUTE)]
    later = said_by(engine, [HearFeed(0, "calls"), *map(tick, range(600, 900, 20))])
    assert [s.state for s in later if s.rule == "many"][-1] == "over"


def test_the_silence_of_a_muted_feed_is_told_to_nobody() -> None:
    steady = [Event(id=n + 1, occurred=4 * n, arrived=4 * n + 1, offset=n) for n in range(5 * 360)]
    last = steady[-1].arrived
    records = log_of(steady, [*range(30, last + 30, 30)])
    engine = Engine(book([]))
    said_by(engine, records)
    assert not said_by(engine, [MuteFeed(0, "calls"), *map(tick, range(last + 60, last + 3 * DAY, 60))])
    silent = Engine(book([]))
    said_by(silent, records)
    told = said_by(silent, [*map(tick, range(last + 60, last + DAY, 60))])
    assert told
    over = said_by(silent, [MuteFeed(0, "calls"), tick(last + DAY + 60)])
    assert [s.state for s in over] == ["over"]


def test_a_correction_reaches_a_muted_feed() -> None:
    """A feed that said nonsense is muted, and then what it said is taken back."""
    engine = Engine(MANY)
    wrong = frame(burst(60))
    said_by(engine, [tick(30), wrong, tick(75), MuteFeed(0, "calls"), tick(80)])
    back = corrections_of(wrong.rows)
    back["arrived_at"] = START + 81 * MINUTE
    said = said_by(engine, [_with(wrong, back), tick(90)])
    assert [s.state for s in said] == ["withdrawn"]


def _with(like: Frame, rows: Rows) -> Frame:
    return Frame(
        like.city, like.feeds, like.stages, like.categories, like.areas, like.offices, ("retracted",), rows
    )  # fmt: skip


# exclusions


LEARNS = DetectorSpec("surprise", {"learn_days": 7})


def _learned(*orders: Record, cut: bool = False, by: DetectorSpec = LEARNS) -> tuple[Engine, bytes]:
    """Four weeks of two calls an hour, and six hours of twenty that no rule speaks of; what one learns of them. `cut`:
    the process is replaced every hour of the two days after them, before and after whatever is learned."""
    learns = rule("learns", detector=by, windows=(HOUR,), categories="", at_least=100)
    events, number = [], 0
    for hour in range(28 * 24):
        for n in range(20 if 20 * 24 <= hour < 20 * 24 + 6 else 2):
            number += 1
            minute = hour * 60 + n * 3
            events.append(Event(id=number, occurred=minute, arrived=minute + 1, area=("north", "south")[n % 2]))
    of = book([learns], feeds=(FeedPolicy("calls", "incident", lateness=30 * MINUTE, silence=False),))
    engine, said = Engine(of), list[Signal]()
    records: list[Record] = list(orders) + log_of(events, range(60, 28 * DAY + 60, 60))
    for record in records:
        if cut and isinstance(record, Tick) and 21 * DAY < (record.now - START) // MINUTE < 23 * DAY:
            engine = Engine.restore(engine.snapshot(), {of.digest: of})
        said += said_by(engine, [record])
    return engine, lines(said)


def _rate(engine: Engine, area: str = "city") -> float:
    """What is expected of an hour at the end."""
    judge = engine.rules["learns"].judge
    series = judge.counts.series[area, "incident"]
    cell = judge.counts.steps.cell_of(judge.counts.ring.hi)
    rows = judge.rows.row_of(np.array([series]))
    return float(judge.expected(judge.memories[-1][1], rows, np.array([cell]))[0, 0])


@pytest.mark.parametrize(("area", "category"), [("city", "incident"), ("north", "incident")])
def test_what_is_excluded_leaves_the_baseline_of_its_area_and_of_those_above(area: str, category: str) -> None:
    day = 20 * 24 * HOUR
    plain, _ = _learned()
    out, _ = _learned(Exclude(START, area, category, START + day, START + day + 6 * HOUR))
    assert _rate(out, area) < _rate(plain, area)
    assert _rate(out) < _rate(plain)
    assert _rate(out, "south") == pytest.approx(1.0, abs=0.03 if area == "city" else 0.3)


SIX_HOURS = (START + 20 * 24 * HOUR, START + 20 * 24 * HOUR + 6 * HOUR)


@pytest.mark.parametrize("by", [LEARNS, DetectorSpec("accumulated", {"learn_days": 7, "guard_days": 3})])
def test_what_was_learned_already_is_learned_again_as_if_it_had_been_excluded_beforehand(by: DetectorSpec) -> None:
    """To the last bit, while its lesson is kept; what came longer ago stays as it was learned."""
    before, _ = _learned(Exclude(START, "north", "incident", *SIX_HOURS), by=by)
    plain, _ = _learned(by=by)
    long_ago = (START + 9 * 24 * HOUR, START + 10 * 24 * HOUR)
    for days, about, like in ((1, SIX_HOURS, before), (5, SIX_HOURS, before), (5, long_ago, plain)):
        order = Exclude(SIX_HOURS[1] + days * 24 * HOUR, "north", "incident", *about)
        engine, _ = _learned(order, cut=days == 1, by=by)
        ours, theirs = (one.rules["learns"].judge.memories[-1][1] for one in (engine, like))
        assert ours is not None
        assert theirs is not None
        assert all(np.array_equal(ours[part], theirs[part]) for part in theirs), days


def test_lessons_learned_again_with_nothing_left_out_come_to_the_same() -> None:
    engine, _ = _learned()
    judge = engine.rules["learns"].judge
    assert BETWEEN < len(judge.lessons.kept) <= 2 * BETWEEN
    lessons = list(judge.lessons.before), list(judge.lessons.kept)
    was, again = judge.memories[-1][1], judge.lessons.again()
    assert was is not None
    assert again is not None
    assert all(np.array_equal(again[part], was[part]) for part in was)
    assert (judge.lessons.before, judge.lessons.kept) == lessons


def test_an_exclusion_about_another_time_or_a_finer_area_than_is_kept_changes_nothing() -> None:
    plain, said = _learned()
    for order in (
        Exclude(START, "city", "incident", START - 9 * HOUR, START - HOUR),
        Exclude(START, "nowhere", "incident", START, START + 90 * HOUR),
        Exclude(START, "city", "traffic.jam", START, START + 90 * HOUR),
    ):
        other, said_too = _learned(order)
        assert (said_too, _rate(other)) == (said, _rate(plain))


# reviews


def test_an_order_that_nobody_reviews_is_told_after_a_day_and_no_more_once_it_is_reviewed() -> None:
    engine = Engine(MANY)
    stop = StopRule(START, "many", id="aa", by="A100001", reason="too loud")
    said = said_by(engine, [stop, *map(tick, range(0, 26 * 60, 60))])
    assert [(s.kind, s.rule, s.rule_version, s.state, s.first - REVIEW_WITHIN_MS) for s in said] == [
        ("review", "many", "aa", "running", START)
    ]
    own = Review(0, "aa", by="A100001")
    assert not said_by(engine, [own, tick(27 * 60)]), "who gave it is no second account"
    (over,) = said_by(engine, [Review(0, "aa", by="A100002"), tick(28 * 60)])
    assert (over.state, over.alert) == ("over", said[0].alert)
    assert not engine.reviews.owed


def test_an_order_that_is_reviewed_within_its_day_is_told_to_nobody() -> None:
    engine = Engine(MANY)
    orders: list[Record] = [MuteFeed(START, "calls", id="aa", by="A1"), tick(1), Review(0, "aa", by="A2")]
    assert not said_by(engine, [*orders, *map(tick, range(2, 50 * 60, 60))])


def test_an_overdue_review_is_told_however_seldom_it_ticks() -> None:
    def lived(minutes: range) -> bytes:
        order = Exclude(START, "north", "fire", START, START + HOUR, id="aa", by="A1")
        late = Review(START + 30 * HOUR, "aa", by="A2")
        return lines(said_by(Engine(MANY), [order, tick(0), late, *map(tick, minutes)]))

    assert lived(range(60, 40 * 60, 60)) == lived(range(39 * 60, 40 * 60, 60)) != b""
    assert REVIEW_OVERDUE.encode() in lived(range(60, 40 * 60, 60))


def test_an_order_that_is_handed_over_twice_is_obeyed_once() -> None:
    engine = Engine(MANY)
    mute = MuteFeed(0, "calls", id="aa", by="A1")
    said_by(engine, [tick(0), mute, tick(10), HearFeed(0, "calls", id="bb", by="A1"), tick(20), mute, tick(30)])
    assert engine.watches["calls"].muted_since is None
