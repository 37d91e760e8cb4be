"""Every order in which records may come does what docs/decisions/0001-records.md says of it."""

from __future__ import annotations

import msgspec
import pytest

from rules.canonical import canonical
from rules.engine import Engine
from rules.records import Down, Frame, Record, Retire, StartRule, StopRule, Tick, UseBook
from rules.signals import Signal
from tests.engine.worlds import HOUR, MINUTE, START, TICKS, Event, book, frame, log_of, rule, tick

BURST = [Event(id=i + 1, occurred=60 + i, arrived=61 + i, offset=i) for i in range(6)]
MANY = book([rule("many")])


def lived(*records: Record) -> tuple[Engine, list[Signal]]:
    engine = Engine(MANY)
    said = [signal for offset, record in enumerate(records, 1) for signal in engine.apply(record, offset)]
    return engine, said


def states(said: list[Signal]) -> list[tuple[str, str]]:
    return [(signal.rule, signal.state) for signal in said]


@pytest.mark.parametrize("record", [frame(BURST), tick(500), StopRule(START, "many")], ids=["frame", "tick", "order"])
def test_a_record_at_or_below_the_head_is_known_and_does_nothing(record: Record) -> None:
    engine, _ = lived(*log_of(BURST, TICKS[:9]))
    before = engine.rows()
    for offset in (1, engine.offset):
        assert engine.apply(record, offset) == []
    assert engine.rows() == before


def test_frames_before_the_first_tick_are_counted_and_nothing_settles() -> None:
    engine, said = lived(frame(BURST))
    assert states(said) == [("many", "running")]
    assert engine.tick is None
    assert all(watch.first_open is None for watch in engine.rules.values())


@pytest.mark.parametrize("now", [START + 80 * MINUTE, START], ids=["the same", "an older one"])
def test_a_tick_at_or_below_the_last_one_moves_the_offset_alone(now: int) -> None:
    engine, _ = lived(frame(BURST), tick(80))
    before = engine.rows()
    assert engine.apply(Tick(now), 3) == []
    after = engine.rows()
    assert engine.offset == 3
    assert {name for name in before if before[name] != after[name]} == {"head"}


def test_an_empty_frame_moves_the_offset_alone() -> None:
    engine, _ = lived(frame(BURST), tick(80))
    before = engine.rows()
    assert engine.apply(frame([]), 3) == []
    assert {name for name in before if before[name] != engine.rows()[name]} == {"head"}


def test_a_row_of_a_feed_that_the_book_does_not_know_is_kept_and_not_counted() -> None:
    strange: Frame = msgspec.structs.replace(frame(BURST), feeds=("strange", "sensors"))
    engine, said = lived(strange, tick(80))
    assert said == []
    (day,) = engine.boxes()["strange"].values()
    assert day["accepted"] == day["not_for_counting"] == len(BURST)


def test_an_order_of_the_past_acts_after_the_last_tick_and_one_of_the_future_waits() -> None:
    engine, _ = lived(tick(10), StopRule(START - HOUR, "many"))
    assert not engine.stopped
    engine.apply(tick(11), 3)
    assert set(engine.stopped) == {"many"}
    engine.apply(StartRule(START + 20 * MINUTE, "many"), 4)
    engine.apply(tick(19), 5)
    assert set(engine.stopped) == {"many"}
    engine.apply(tick(20), 6)
    assert not engine.stopped


def test_orders_of_one_start_act_by_offset() -> None:
    at = START + 20 * MINUTE
    assert not lived(tick(10), StopRule(at, "many"), StartRule(at, "many"), tick(30))[0].stopped
    assert lived(tick(10), StartRule(at, "many"), StopRule(at, "many"), tick(30))[0].stopped


def test_starting_what_runs_and_stopping_what_is_stopped_or_unknown_says_nothing() -> None:
    engine, said = lived(tick(10), StartRule(START, "many"), StopRule(START, "gone"), tick(20))
    assert said == []
    again: list[Record] = [StopRule(START, "many"), tick(30), StopRule(START, "many"), tick(40)]
    for offset, record in enumerate(again, 5):
        assert engine.apply(record, offset) == []


def test_a_tick_far_ahead_does_what_is_due_on_the_way_in_order_of_its_own_time() -> None:
    down = Down(START + 5 * HOUR, START + 4 * HOUR, START + 5 * HOUR)
    _, said = lived(frame(BURST), tick(80), down, *(tick(minute) for minute in range(90, 1_900, 10)))
    _, at_once = lived(frame(BURST), tick(80), down, tick(1_890))
    assert [(s.key, s.state, s.over_at) for s in at_once] == [(s.key, s.state, s.over_at) for s in said]
    assert states(said) == [("many", "running"), ("many", "over")]
    assert canonical(at_once) == canonical(said)


def test_a_retired_feed_that_brings_rows_is_counted() -> None:
    _, said = lived(tick(10), Retire(START, "calls"), tick(20), frame(BURST), tick(80))
    assert states(said) == [("many", "running")]


def test_an_order_for_a_book_that_nobody_laid_ready_ends_the_process() -> None:
    with pytest.raises(KeyError):
        lived(tick(10), UseBook(START, "no such digest"), tick(20))
