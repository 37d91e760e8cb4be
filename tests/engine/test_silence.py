"""Quiet is not blind: when a feed's silence is said, what is missing, and what is held back meanwhile (law 8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from random import Random

import msgspec
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules.book import Book, DetectorSpec, FeedPolicy
from rules.calendar import DAY_MS
from rules.canonical import canonical, final_states
from rules.engine import Engine
from rules.records import Blind, Down, Record, Retire
from rules.signals import Signal
from rules.silences import FEED_SILENCE
from tests.engine.worlds import (
    HOUR,
    MINUTE,
    START,
    TICKS,
    Event,
    book,
    frame,
    log_of,
    nights,
    rule,
    run,
    shuffled_between_ticks,
    tick,
)

DAY = 1440
EVERY = 4
"""Minutes between two events of the steady feed."""
KNOWN = 5 * DAY
"""Its rate is learned by then."""
STEP = 10
"""Minutes between ticks."""


def steady(since: int, until: int, every: int = EVERY, first_id: int = 1, **changes: object) -> list[Event]:
    """Events of `calls`, one every so many minutes, each a minute on its way."""
    times = range(since, until, every)
    return [
        Event(id=first_id + n, occurred=at, arrived=at + 1, area="south", offset=first_id + n).corrected(**changes)
        for n, at in enumerate(times)
    ]


def of_rules() -> Book:
    """One rule that the steady feed alone never reaches; identities are kept for a month."""
    feeds = (
        FeedPolicy("calls", "incident", lateness=30 * MINUTE, horizon=30 * DAY_MS),
        FeedPolicy("sensors", "incident", lateness=10 * MINUTE, horizon=30 * DAY_MS),
    )
    many = rule("many", categories="", windows=(30 * MINUTE,), detector=DetectorSpec("threshold", {"n": 20}))
    return book([many], feeds=feeds)


@cache
def _learned() -> bytes:
    engine = Engine(of_rules())
    for offset, record in enumerate(log_of(steady(0, KNOWN - 1), [*range(30, KNOWN, 60), KNOWN]), 1):
        engine.apply(record, offset)
    return engine.snapshot()


def learned() -> Engine:
    """An engine that has heard the steady feed for five days, its last event four minutes ago."""
    of = of_rules()
    return Engine.restore(_learned(), {of.digest: of})


def go_on(
    engine: Engine, events: Iterable[Event], until: int, orders: Sequence[Record] = (), step: int = STEP
) -> list[Signal]:
    """Events and orders after the five days, ticks every ten minutes."""
    begin = ((engine.tick or 0) - START) // MINUTE
    records = [*orders, *log_of(list(events), [*range(begin + step, until, step), until])]
    return [s for offset, record in enumerate(records, engine.offset + 1) for s in engine.apply(record, offset)]


def burst(at: int, n: int = 16, first_id: int = 90_000, **changes: object) -> list[Event]:
    return [
        Event(
            id=first_id + i, occurred=at + i // 2, arrived=at + 1 + i // 2, area="south", offset=first_id + i
        ).corrected(**changes)
        for i in range(n)
    ]


def silences(said: Iterable[Signal]) -> list[Signal]:
    return [signal for signal in said if signal.rule == FEED_SILENCE]


def states(said: Iterable[Signal], rule_id: str = "many") -> list[str]:
    return [signal.state for signal in said if signal.rule == rule_id]


# what is heard


@given(night=nights(), dice=st.randoms(use_true_random=False))
@example(night=[*burst(60, 6), *burst(60, 6, arrived=75)], dice=Random(3))
def test_law_1_a_feed_is_heard_alike_in_any_order_of_reading(night: list[Event], dice: Random) -> None:
    again = [
        event.corrected(arrived=event.arrived + dice.choice((1, 4, 9)), offset=event.offset + 500) for event in night
    ]
    both = [*night, *again]
    engine, _ = run(log_of(both, [*TICKS, 2_000]))
    other, _ = run(log_of(shuffled_between_ticks(both, [*TICKS, 2_000], dice), [*TICKS, 2_000], split=3))
    for name, watch in engine.watches.items():
        twin = other.watches[name]
        assert twin.times.tolist() == watch.times.tolist()
        assert (twin.recent, twin.heard_at) == (watch.recent, watch.heard_at)


@pytest.mark.parametrize("early_first", [True, False])
def test_a_repeat_with_another_stamp_is_heard_once(early_first: bool) -> None:
    early = Event(id=1, occurred=60, arrived=61, offset=1)
    late = early.corrected(arrived=70, offset=2)
    engine, _ = run([tick(50), frame([early, late] if early_first else [late, early]), tick(80)])
    watch = engine.watches["calls"]
    assert len(watch.times) == 1
    assert watch.recent == [(START + 61 * MINUTE + 2, 1)]


def test_an_amended_event_is_one_event_and_a_sign_of_life() -> None:
    event = Event(id=1, occurred=60, arrived=61, offset=1)
    amended = event.corrected(arrived=75, revision=1, category="fire.wood", occurred=58, offset=2)
    engine, _ = run([tick(50), frame([event]), tick(70), frame([amended]), tick(80)])
    watch = engine.watches["calls"]
    assert watch.times.tolist() == [START + 58 * MINUTE + 1]
    assert watch.heard_at == START + 75 * MINUTE + 2


def test_an_event_taken_back_leaves_the_rate_as_it_was() -> None:
    plain, _ = run(log_of(steady(0, 600), TICKS))
    more = burst(300, 8)
    back = [event.corrected(revision=1, count=0, arrived=event.arrived + 1, occurred=event.occurred) for event in more]
    moved, _ = run(log_of([*steady(0, 600), *more], TICKS))
    restored, _ = run(log_of([*steady(0, 600), *more, *[b.corrected(occurred=b.occurred) for b in back]], TICKS))
    assert len(moved.watches["calls"].times) == len(plain.watches["calls"].times) + 8
    assert len(restored.watches["calls"].times) == len(moved.watches["calls"].times), "what was cancelled was heard"


# when silence is said


def test_a_silence_is_said_within_the_time_that_is_stated_and_a_tick() -> None:
    engine = learned()
    stated = {view.name: view.silent_after for view in engine.feeds()}["calls"]
    assert 40 * MINUTE < stated < 3 * HOUR
    said = silences(go_on(engine, [], KNOWN + 6 * 60))
    first = said[0]
    assert first.evidence.peak == engine.watches["calls"].heard_at
    assert first.evidence.limit == -(-stated // MINUTE)
    assert first.said_at <= first.evidence.peak + stated + STEP * MINUTE


def test_what_is_expected_of_a_feed_is_a_plain_number() -> None:
    """Pages and the interface write it out; also where nothing is expected."""
    engine = learned()
    expected = [view.usual for view in engine.feeds()]
    assert [type(number) for number in expected] == [float] * len(expected)


def test_a_feed_without_a_known_rate_states_no_time() -> None:
    engine, said = run(log_of(steady(0, 600), TICKS))
    assert {view.silent_after for view in engine.feeds()} == {0}
    assert not silences(said)


def test_a_feed_that_comes_in_lumps_is_not_silent_between_them_but_is_when_one_is_missing() -> None:
    lumps = [event.corrected(arrived=(event.occurred // 360 + 1) * 360) for event in steady(0, 12 * DAY)]
    feeds = (FeedPolicy("calls", "incident", lateness=6 * HOUR, horizon=DAY_MS),)
    of = book([], feeds=(*feeds, of_rules().feeds[1]))
    engine, said = run(log_of(lumps, [*range(30, 12 * DAY + 31, 60)]), of)
    assert not silences(said)
    stated = {view.name: view.silent_after for view in engine.feeds()}["calls"]
    assert 6 * HOUR < stated < 12 * HOUR
    more = [tick(at) for at in range(12 * DAY + 90, 12 * DAY + 24 * 60, 60)]
    said = [s for offset, record in enumerate(more, engine.offset + 1) for s in engine.apply(record, offset)]
    assert [signal.state for signal in silences(said)][:1] == ["running"]


def test_a_busy_feed_is_not_called_silent_within_a_minute() -> None:
    engine = learned()
    engine.watches["calls"].rates.hourly[:] = 1e6
    assert {view.name: view.silent_after for view in engine.feeds()}["calls"] == MINUTE


def test_two_silences_in_one_bucket_are_two_alerts() -> None:
    engine = learned()
    said = go_on(engine, steady(KNOWN + 300, KNOWN + 360, first_id=50_000), KNOWN + 12 * 60)
    assert len({signal.alert for signal in silences(said)}) == 2


# F22: silent, then a trickle


def trickle(until: int) -> list[Event]:
    return steady(KNOWN + 300, until, every=100 * EVERY, first_id=50_000)


def test_a_feed_that_trickles_at_one_percent_stays_silent_in_one_alert() -> None:
    engine = learned()
    said = go_on(engine, trickle(KNOWN + 3 * DAY), KNOWN + 3 * DAY)
    assert {signal.state for signal in silences(said)} == {"running"}
    assert len({signal.alert for signal in silences(said)}) == 1


def test_a_feed_that_falls_to_a_trickle_without_a_pause_is_silent_too() -> None:
    engine = learned()
    thin = steady(KNOWN, KNOWN + 2 * DAY, every=60, first_id=50_000)  # one in fifteen, no gap long enough alone
    said = silences(go_on(engine, thin, KNOWN + 2 * DAY))
    assert {signal.state for signal in said} == {"running"}


@given(times=st.lists(st.integers(0, 2_000), min_size=1, max_size=12, unique=True), step=st.sampled_from((10, 90, 700)))
@example(times=[0, 30, 60, 90, 120, 150, 180, 400], step=700)
def test_law_5_a_silence_is_the_same_however_seldom_it_is_looked(times: list[int], step: int) -> None:
    thin = [Event(id=50_000 + n, occurred=KNOWN + at, arrived=KNOWN + at + 1, offset=n) for n, at in enumerate(times)]
    thin.sort(key=lambda event: event.arrived)
    full = steady(KNOWN + 2_010, KNOWN + 2_100, first_id=60_000)
    often = go_on(learned(), [*thin, *full], KNOWN + 2_110)
    seldom = go_on(learned(), [*thin, *full], KNOWN + 2_110, step=step)
    assert canonical(seldom) == canonical(often)


def test_what_a_trickle_brings_is_missing_not_zero() -> None:
    engine = learned()
    go_on(engine, trickle(KNOWN + 2 * DAY), KNOWN + 2 * DAY)
    watch = engine.watches["calls"]
    day = [START + minute * MINUTE for minute in range(KNOWN + 360, KNOWN + DAY, 10)]
    assert all(watch.missing(start, start + 10 * MINUTE) for start in day)
    before = [START + minute * MINUTE for minute in range(KNOWN - DAY, KNOWN - 10, 10)]
    assert not any(watch.missing(start, start + 10 * MINUTE) for start in before)


def test_a_trickle_teaches_nothing() -> None:
    engine = learned()
    usual = engine.watches["calls"].rates.hourly.copy()
    go_on(engine, trickle(KNOWN + 4 * DAY), KNOWN + 4 * DAY)
    less = np.flatnonzero(engine.watches["calls"].rates.hourly < 0.9 * usual)
    assert len(less) <= 1, "but the hour that the night's learning cut, when the gap was not yet rare"


def test_nothing_recovers_on_a_trickle_and_everything_does_when_the_feed_is_back() -> None:
    engine = learned()
    said = go_on(engine, [*burst(KNOWN + 1), *trickle(KNOWN + 2 * DAY)], KNOWN + 2 * DAY)
    assert set(states(said)) == {"running"}
    back = go_on(engine, steady(KNOWN + 2 * DAY, KNOWN + 2 * DAY + 300, first_id=60_000), KNOWN + 2 * DAY + 300)
    assert states(back)[-1] == "over"
    over = silences(back)[-1]
    assert over.state == "over"
    assert abs(over.over_at - (START + (KNOWN + 2 * DAY) * MINUTE)) < 10 * MINUTE


# F21: a day again, a week at once


def test_a_day_that_is_sent_again_counts_nothing_and_is_no_sign_of_life() -> None:
    engine, plain = learned(), learned()
    day = steady(0, KNOWN - 1)[-DAY // EVERY :]
    again = [event.corrected(arrived=KNOWN + 10 + n // 10) for n, event in enumerate(day)]
    said = go_on(engine, again, KNOWN + 6 * 60)
    expected = go_on(plain, [], KNOWN + 6 * 60)
    assert canonical(said) == canonical(expected)
    assert engine.watches["calls"].times.tolist() == plain.watches["calls"].times.tolist()
    assert [s.state for s in silences(said)] == [s.state for s in silences(expected)]
    boxes = [box for day_of in engine.boxes()["calls"].values() for box in [day_of]]
    assert sum(box["duplicate"] + box["redelivered"] for box in boxes) == len(day)


def test_a_week_that_comes_at_once_goes_into_history_without_a_flood() -> None:
    engine = learned()
    came = KNOWN + 7 * DAY
    week = [event.corrected(arrived=came) for event in steady(KNOWN, came, first_id=50_000)]
    said = go_on(engine, [*week, *steady(came + 4, came + 300, first_id=60_000)], came + 6 * 60)
    assert states(said) == []
    counts = next(iter(engine.counts.values()))
    held = np.arange(counts.ring.lo + 1, counts.steps.bucket(START + came * MINUTE))
    south = np.full(len(held), counts.series["south", "incident"])
    assert len(held) > 100
    assert set(counts.ring.total(south, held, held).tolist()) <= {2, 3}, "each row lies where it happened"


def test_after_a_gap_the_backlog_lands_in_its_event_time_and_is_no_spike() -> None:
    engine = learned()
    came = KNOWN + 6 * 60
    backlog = [event.corrected(arrived=came) for event in steady(KNOWN, came, first_id=50_000)]
    said = go_on(engine, [*backlog, *steady(came + 4, came + 300, first_id=60_000)], came + 6 * 60)
    assert states(said) == []
    assert [signal.state for signal in silences(said)][-1] == "over"


# missing buckets speak


@pytest.mark.parametrize("down", [True, False])
def test_a_count_over_its_limit_speaks_at_once_in_a_missing_bucket_and_is_marked(down: bool) -> None:
    engine = learned()
    since, until = START + KNOWN * MINUTE, START + (KNOWN + 120) * MINUTE
    order = Down(0, since, until) if down else Blind(0, "calls", since, until)
    said = go_on(engine, burst(KNOWN + 40, 24), KNOWN + 180, [order])
    spoken = [s for s in said if s.rule == "many"]
    assert spoken[0].at < START + (KNOWN + 60) * MINUTE
    assert {s.evidence.incomplete for s in spoken} == {True}
    whole = go_on(learned(), burst(KNOWN + 1, 24), KNOWN + 180)
    assert {s.evidence.incomplete for s in whole if s.rule == "many"} == {False}


def test_an_alert_whose_window_turns_out_to_be_missing_is_told_again_as_incomplete() -> None:
    engine = learned()
    thin = steady(KNOWN + 90, KNOWN + 100, first_id=50_000)
    said = [s for s in go_on(engine, [*burst(KNOWN + 92, 24), *thin], KNOWN + 300) if s.rule == "many"]
    assert [said[0].evidence.incomplete, said[-1].evidence.incomplete] == [False, True]


# law 8


def test_an_order_that_says_blind_now_holds_back_what_would_be_over() -> None:
    engine = learned()
    blind = Blind(0, "calls", START + (KNOWN + 5) * MINUTE, START + (KNOWN + 300) * MINUTE)
    on = [*burst(KNOWN + 1), *steady(KNOWN, KNOWN + 500, first_id=50_000)]
    said = go_on(engine, on, KNOWN + 290 + 210, [blind])
    over = [signal for signal in said if signal.rule == "many" and signal.state == "over"]
    assert over
    assert over[0].at >= START + (KNOWN + 300) * MINUTE


def test_a_feed_that_is_retired_lets_its_episodes_end() -> None:
    engine = learned()
    assert set(states(go_on(engine, burst(KNOWN + 1), KNOWN + 12 * 60))) == {"running"}
    retire = Retire(0, "calls")
    said = go_on(engine, [], KNOWN + 12 * 60 + 60, [retire])
    assert states(said) == ["over"]


@given(
    pause=st.integers(0, 20 * 60),
    thin=st.sampled_from((0, 100 * EVERY, 300 * EVERY)),
    blind=st.none() | st.tuples(st.integers(0, 12 * 60), st.integers(10, 12 * 60)),
    whole_city=st.booleans(),
    retire=st.none() | st.integers(0, 24 * 60),
    bursts=st.lists(st.integers(0, 8), min_size=1, max_size=3),
    step=st.sampled_from((10, 30)),
)
@example(pause=600, thin=400, blind=(0, 60), whole_city=False, retire=None, bursts=[1], step=10)
@example(pause=1200, thin=0, blind=None, whole_city=False, retire=900, bursts=[1], step=30)
def test_law_8_no_episode_is_said_to_be_over_while_its_feed_is_silent(
    pause: int,
    thin: int,
    blind: tuple[int, int] | None,
    whole_city: bool,
    retire: int | None,
    bursts: list[int],
    step: int,
) -> None:
    """Bursts, then a pause or a trickle, then the feed is back; between them nothing recovers but by `retire`."""
    engine = learned()
    longest = {view.name: view.silent_after for view in engine.feeds()}["calls"] // MINUTE
    last = KNOWN + 10
    back = last + pause
    events = [e for n, at in enumerate(bursts) for e in burst(KNOWN + at, 16, first_id=90_000 + 100 * n)]
    events += steady(last + 200, back - 30, every=thin, first_id=50_000) if thin else []
    orders: list[Record] = []
    covered = range(0)
    if blind is not None:
        covered = range(KNOWN + blind[0], KNOWN + sum(blind))
        span = (START + covered.start * MINUTE, START + covered.stop * MINUTE)
        orders.append(Down(0, *span) if whole_city else Blind(0, "calls", *span))
    if retire is not None:
        orders.append(Retire(START + (KNOWN + retire) * MINUTE, "calls"))
    end = max(back, covered.stop) + 300
    events += steady(back, end - 2, first_id=60_000)
    said = go_on(engine, events, end, orders, step=step)
    silent = range(last + longest + 10 + step, back)
    for signal in said:
        if signal.state != "over" or signal.rule != "many":
            continue
        minute = (signal.at - START) // MINUTE
        if retire is not None and minute >= KNOWN + retire:
            continue
        assert minute not in silent
        assert minute not in covered
    final = [signal.state for signal in final_states(said).values() if signal.rule == "many"]
    assert set(final) <= {"over", "withdrawn", "merged"}, "the feed is back: everything ends"


# long without a tick


def test_law_5_days_without_a_tick_lose_no_bucket_that_has_not_settled() -> None:
    on = [*burst(KNOWN + 1, 16), *steady(KNOWN + 12, KNOWN + 9 * DAY - 2, first_id=50_000)]
    often, seldom = learned(), learned()
    told = go_on(often, on, KNOWN + 9 * DAY)
    records: list[Record] = [*(frame(on[i : i + 200]) for i in range(0, len(on), 200)), tick(KNOWN + 9 * DAY)]
    rare = [s for offset, record in enumerate(records, seldom.offset + 1) for s in seldom.apply(record, offset)]
    assert canonical(rare) == canonical(told)
    assert seldom.watches["calls"].times.tolist() == often.watches["calls"].times.tolist()


def test_the_memory_of_a_watch_is_bounded() -> None:
    engine = learned()
    orders = [Blind(0, "calls", START + n, START + n + 1) for n in range(50)]
    go_on(engine, steady(KNOWN, KNOWN + 20 * DAY, every=20, first_id=50_000), KNOWN + 20 * DAY, orders, step=120)
    watch = engine.watches["calls"]
    assert watch.covered == []
    assert len(watch.times) < 11 * DAY // EVERY
    assert len(watch.recent) < 100
    assert msgspec.msgpack.encode(watch.recent)
