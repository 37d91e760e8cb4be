"""Orders: facts that the engine cannot derive, and what they do."""

from __future__ import annotations

import msgspec
import pytest

from rules.book import DetectorSpec, FeedPolicy
from rules.canonical import final_states
from rules.engine import Engine
from rules.records import Calibrate, Down, Record, Retire, StartRule, StopRule, UseBook
from rules.signals import Signal
from rules.silences import FEED_SILENCE
from rules.snapshots import Unreadable
from tests.engine.worlds import HOUR, MINUTE, START, TICKS, Event, book, frame, log_of, rule, run, tick

BURST = [Event(id=i + 1, occurred=60 + i, arrived=61 + i, offset=i) for i in range(6)]
LATER = [
    event.corrected(id=event.id + 100, occurred=event.occurred + 600, arrived=event.arrived + 600) for event in BURST
]


def said_by(engine: Engine, records: list[Record], start: int = 1) -> list[Signal]:
    return [signal for offset, record in enumerate(records, start) for signal in engine.apply(record, offset)]


def test_a_stopped_rule_says_nothing_until_it_is_started() -> None:
    engine = Engine(book([rule("many")]))
    records = log_of(BURST + LATER, TICKS)
    cut = next(i for i, record in enumerate(records) if getattr(record, "now", 0) >= START + 300 * MINUTE)
    stopped = [
        StopRule(START, "many"),
        tick(1),
        *records[:cut],
        StartRule(START + 301 * MINUTE, "many"),
        *records[cut:],
    ]
    said = said_by(engine, stopped)
    assert {signal.first >= START + 600 * MINUTE for signal in said} == {True}


def test_a_rule_that_raises_is_stopped_and_every_other_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(book([rule("poison"), rule("many")]))
    monkeypatch.setattr(engine.rules["poison"], "hear", lambda *_: 1 / 0)
    said = said_by(engine, log_of(BURST, TICKS))
    assert [s.kind for s in said if s.rule == "poison"] == ["stopped"]
    assert any(s.rule == "many" and s.state == "over" for s in said)
    assert "ZeroDivisionError" in engine.stopped["poison"][1]


def test_a_calibration_moves_the_height() -> None:
    deaf = Calibrate(START + 2 * MINUTE, {"many/desk": 50.0})
    engine = Engine(book([rule("many")]))
    assert not said_by(engine, [tick(1), deaf, tick(3), *log_of(BURST, TICKS)])


def test_an_order_takes_effect_at_its_start_and_not_before() -> None:
    deaf = Calibrate(START + 300 * MINUTE, {"many/desk": 50.0})
    engine = Engine(book([rule("many")]))
    said = said_by(engine, [tick(1), deaf, *log_of(BURST + LATER, TICKS)])
    firsts = {signal.first for signal in said}
    assert firsts
    assert max(firsts) < START + 300 * MINUTE


def test_a_new_book_judges_from_its_order_on_and_leaves_other_rules_alone() -> None:
    old, new = book([rule("many")]), book([rule("many"), rule("more", detector=DetectorSpec("threshold", {"n": 3}))])
    engine = Engine(old)
    engine.add_book(new)
    records = log_of(BURST + LATER, TICKS)
    cut = next(i for i, record in enumerate(records) if getattr(record, "now", 0) >= START + 300 * MINUTE)
    with_order = [*records[:cut], UseBook(START + 301 * MINUTE, new.digest), *records[cut:]]
    said = said_by(engine, with_order)
    _, plain = run(records, old)
    many = [s for s in final_states(said).values() if s.rule == "many"]
    assert [(s.key, s.state) for s in many] == [(s.key, s.state) for s in final_states(plain).values()]
    assert {s.first >= START + 300 * MINUTE for s in said if s.rule == "more"} == {True}


def test_a_silent_feed_is_said_and_ends_when_it_is_retired() -> None:
    steady = [Event(id=n + 1, occurred=4 * n, arrived=4 * n + 1, offset=n) for n in range(15 * 24 * 4)]
    ticks = [*range(30, 6 * 1440, 30)]
    engine = Engine(book([]))
    said = said_by(engine, log_of([e for e in steady if e.arrived < 5 * 1440], ticks))
    assert [(s.rule, s.state, s.feed) for s in said] == [(FEED_SILENCE, "running", "calls")] * len(said)
    assert len(said) >= 1
    offset = engine.offset
    said = said_by(engine, [Retire(0, "calls"), tick(7 * 1440)], offset + 1)
    assert [(s.rule, s.state) for s in said] == [(FEED_SILENCE, "over")]


def test_no_episode_is_over_while_its_feed_is_silent() -> None:
    steady = [Event(id=n + 1, occurred=4 * n, arrived=4 * n + 1, area="south", offset=n) for n in range(5 * 360)]
    last = steady[-1].arrived
    burst = [
        Event(id=9_000 + n, occurred=last - 6 + n // 2, arrived=last - 5 + n // 2, offset=9_000 + n) for n in range(9)
    ]
    records = log_of(steady + burst, [*range(30, last + 20 * 60, 30)])
    of = book([rule("burst", categories="", windows=(30 * MINUTE,), detector=DetectorSpec("threshold", {"n": 14}))])
    engine, said = run(records, of)
    states = {s.alert: s.state for s in said if s.rule == "burst"}
    assert set(states.values()) == {"running"}
    more = [
        Event(id=20_000 + n, occurred=last + 1300 + n, arrived=last + 1301 + n, area="south", offset=20_000 + n)
        for n in range(8)
    ]
    again = said_by(engine, [frame(more[:1]), tick(last + 1302)], engine.offset + 1)
    assert not again, "one event is a trickle"
    again = said_by(engine, [frame(more[1:]), tick(last + 1310)], engine.offset + 1)
    assert {s.state for s in again if s.rule == "burst"} == {"over"}


def test_what_an_order_says_was_down_is_missing() -> None:
    down = Down(START, START + 60 * MINUTE, START + 120 * MINUTE)
    engine = Engine(book([rule("many")]))
    said_by(engine, [down, *log_of(BURST, TICKS)])
    missing = engine.rules["many"].missing
    starts = {bucket * 10 * MINUTE for bucket, value in missing.items() if value}
    assert starts == {START + minute * MINUTE for minute in range(60, 120, 10)}


def test_a_snapshot_of_another_format_is_not_read() -> None:
    of = book()
    with pytest.raises(Unreadable):
        Engine.restore(msgspec.msgpack.encode(["d", [["format", 99]]]), {of.digest: of})
    with pytest.raises(Unreadable):
        Engine.restore(b"\xc1 nonsense", {of.digest: of})
    with pytest.raises(Unreadable):
        Engine.restore(Engine(of).snapshot(), {})


def test_a_feed_that_says_silence_is_normal_is_never_called_silent() -> None:
    calm = FeedPolicy("calls", "incident", lateness=30 * MINUTE, horizon=6 * HOUR, silence=False)
    steady = [Event(id=n + 1, occurred=4 * n, arrived=4 * n + 1, offset=n) for n in range(5 * 360)]
    _, said = run(log_of(steady, [*range(30, 12 * 1440, 60)]), book([], feeds=(calm, calm)))
    assert not said
