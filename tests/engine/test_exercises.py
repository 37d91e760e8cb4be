"""Exercises: events that say they are one are told as one, once enough have come, and counted nowhere."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from rules.canonical import lines
from rules.engine import Engine
from rules.exercises import LEAST, QUIET_MS
from rules.records import EXERCISE, Record
from rules.signals import EXERCISE_RULE, Signal
from tests.engine.worlds import MINUTE, START, Event, book, frame, rule, tick

MANY = book([rule("many", categories="")])


def drill(at: int, n: int = LEAST, first: int = 1, area: str = "north") -> list[Event]:
    return [
        Event(id=first + i, occurred=at + i, arrived=at + i + 1, offset=first + i, area=area, flags=EXERCISE)
        for i in range(n)
    ]


def said_by(engine: Engine, records: list[Record]) -> list[Signal]:
    first = max(engine.offset, 0) + 1
    return [s for offset, record in enumerate(records, first) for s in engine.apply(record, offset)]


def test_an_exercise_is_told_as_one_by_area_and_category_grows_and_is_over() -> None:
    engine = Engine(MANY)
    said = said_by(engine, [tick(0), frame(drill(10)), tick(16), frame(drill(16, 2, 50)), tick(19), tick(60)])
    assert [(s.kind, s.rule, s.area, s.state, s.evidence.observed) for s in said] == [
        ("exercise", EXERCISE_RULE, "north", "running", 5),
        ("exercise", EXERCISE_RULE, "north", "running", 7),
        ("exercise", EXERCISE_RULE, "north", "over", 7),
    ]
    assert {s.alert for s in said} == {said[0].alert}
    assert 0 <= said[-1].over_at - (START + 18 * MINUTE + QUIET_MS) < 1000  # the worlds of these tests are a little off
    assert said[0].evidence.rank == 0
    assert not engine.exercises


def test_an_exercise_moves_no_count_and_no_limit_and_is_told_beside_what_is_real() -> None:
    real = [replace(event, flags=0) for event in drill(10, 8, 100)]
    quiet, drilled = Engine(MANY), Engine(MANY)
    alone = said_by(quiet, [tick(0), frame(real), tick(30), tick(90)])
    both = said_by(drilled, [tick(0), frame(drill(10, 18) + real), tick(30), tick(90)])
    rest = [signal for signal in both if signal.kind != "exercise"]
    assert rest
    assert [(s.key, s.state, s.evidence) for s in rest] == [(s.key, s.state, s.evidence) for s in alone]
    assert {s.alert for s in both} - {s.alert for s in rest}
    boxes = drilled.boxes()["calls"].popitem()[1]
    assert (boxes["not_for_counting"], boxes["counted"]) == (18, 8)


def test_a_line_that_is_tested_is_told_to_nobody() -> None:
    assert not said_by(Engine(MANY), [tick(0), frame(drill(10, LEAST - 1)), tick(16), tick(60)])


def test_a_repeat_of_an_exercise_is_none() -> None:
    engine = Engine(MANY)
    again = frame(drill(10, 3))
    assert not said_by(engine, [tick(0), again, tick(14), frame(drill(10, 3)), tick(16), tick(60)])


def test_two_exercises_are_two_where_one_had_ended() -> None:
    said = said_by(Engine(MANY), [tick(0), frame(drill(10)), tick(20), frame(drill(40, first=50)), tick(46), tick(80)])
    assert [s.state for s in said] == ["running", "over", "running", "over"]
    assert len({s.alert for s in said}) == 2


def test_how_often_it_ticks_and_how_records_were_read_changes_no_exercise() -> None:
    events = drill(10, 7) + drill(12, 9, 50, "south") + drill(45, 6, 90)
    told = lines(said_by(Engine(MANY), [tick(0), frame(events), tick(200)]))
    dice = Random(7)
    for _ in range(20):
        jittery = dice.sample(events * 2, k=2 * len(events))
        assert lines(said_by(Engine(MANY), [tick(0), *(frame([event]) for event in jittery), tick(200)])) == told
    often: list[Record] = [tick(0)]
    for minute in range(1, 200):
        often += [frame([event]) for event in events if event.arrived == minute]
        often.append(tick(minute))
    assert lines(said_by(Engine(MANY), often)) == told
    assert lines(list(Engine(MANY).apply_all(list(enumerate(often))))) == told


def test_an_exercise_goes_on_after_a_restart() -> None:
    head: list[Record] = [tick(0), frame(drill(10, 3)), tick(13), frame(drill(13, 1, 40))]
    tail: list[Record] = [frame(drill(14, 2, 50)), tick(17)]
    whole = Engine(MANY)
    told = [(s.id, s.evidence) for s in said_by(whole, [*head, *tail, tick(60)])]
    first = Engine(MANY)
    before = said_by(first, head)
    second = Engine.restore(first.snapshot(), {MANY.digest: MANY})
    after = said_by(second, [*tail, tick(60)])
    assert [(s.id, s.evidence) for s in (*before, *after)] == told
    assert second.snapshot() == whole.snapshot()
