"""What comes to a window that has spoken when it has settled, and what is taken back of it, is told; nothing is judged
again."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import structs

from alerts import life
from alerts.alert import Alert, Reason
from rules.book import Book, DetectorSpec
from rules.canonical import canonical, final_states
from rules.engine import Engine
from rules.records import EXERCISE, Frame, Record, StopRule
from rules.signals import COUNTED, Signal
from tests.engine.test_corrections import back, standing
from tests.engine.worlds import (
    END,
    HOUR,
    MINUTE,
    RULES,
    START,
    TICKS,
    Event,
    book,
    frame,
    log_of,
    nights,
    rule,
    run,
    tick,
)

DAYS = tuple(structs.replace(feed, horizon=240 * HOUR) for feed in book().feeds)
MANY = book([rule("many")], feeds=DAYS)
BURST = [Event(id=n + 1, occurred=60 + n, arrived=61 + n, offset=n) for n in range(6)]
"""Six where four speak, all in one bucket of ten minutes that settles at minute 100."""
SAID = log_of(BURST, range(65, 405, 10))


def later(n: int, arrived: int, **changes: object) -> Event:
    """One more jam in the north, in the bucket of the burst."""
    return Event(id=100 + n, occurred=65, arrived=arrived, offset=100 + n).corrected(**changes)


def told(records: Sequence[Record], of: Book = MANY) -> list[Signal]:
    """What is said of the one alert that the records make."""
    _, said = run(records, of)
    assert len({signal.alert for signal in said}) == 1
    return said


def since(said: Sequence[Signal], records: Sequence[Record]) -> list[tuple[int, int, bool]]:
    """(later, taken back, would speak) of the signals that came after `records`."""
    found = [signal.evidence for signal in said if signal.cause.offset > len(records)]
    return [(evidence.later, evidence.taken_back, evidence.would_speak) for evidence in found]


def reasons(said: Sequence[Signal]) -> list[Reason | None]:
    alert: Alert | None = None
    found: list[Reason | None] = []
    for signal in said:
        alert, reason = life.apply(alert, signal, "desk", signal.at)
        found.append(reason)
    return found


def test_a_too_late_event_is_told_and_judged_in_nothing() -> None:
    said = told([*SAID, frame([later(1, 410)]), tick(420), tick(430)])
    before, after = said[-2:]
    assert since(said, SAID) == [(1, 0, True)]
    assert (after.evidence.observed, after.evidence.counted_now) == (before.evidence.observed, 7)
    assert after.evidence.windows == before.evidence.windows
    assert after.evidence.cells == before.evidence.cells
    assert (after.key, after.alert, after.state, after.over_at) == (before.key, before.alert, "over", before.over_at)
    assert after.cause.offset == len(SAID) + 2  # at the tick that let it join


@pytest.mark.parametrize(
    "changes", [{"occurred": 30}, {"occurred": 70}, {"area": "south"}, {"category": "fire.wood"}, {"flags": EXERCISE}]
)
def test_what_comes_beside_the_window_is_not_told(changes: dict[str, object]) -> None:
    assert since(told([*SAID, frame([later(1, 410, **changes)]), tick(420)]), SAID) == []


def test_a_figure_that_makes_no_difference_changes_the_alert_without_a_notice() -> None:
    assert reasons(told([*SAID, frame([later(1, 410)]), tick(420)]))[-2:] == ["over", None]


def test_what_is_retracted_below_the_limit_would_not_have_spoken_and_is_a_correction() -> None:
    said = told([*SAID, back(BURST[:2], 410), tick(420), back(BURST[2:3], 425), tick(430)])
    assert since(said, SAID) == [(0, 2, True), (0, 3, False)]
    assert reasons(said)[-2:] == [None, "corrected"]
    assert [signal.state for signal in said[-2:]] == ["over", "over"]


def test_what_comes_later_may_make_it_speak_again() -> None:
    said = told([*SAID, back(BURST[:3], 410), tick(420), frame([later(1, 425)]), tick(430)])
    assert since(said, SAID) == [(0, 3, False), (1, 3, True)]
    assert reasons(said)[-2:] == ["corrected", "corrected"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"count": 4}, [(3, 0, True)]),
        ({"count": 0}, [(0, 1, True)]),
        ({"area": "south"}, [(0, 1, True)]),
        ({"occurred": 30}, [(0, 1, True)]),
        ({"occurred": 66}, []),
        ({"category": "traffic.crash"}, [(0, 1, True)]),
    ],
    ids=["more", "cancelled", "elsewhere", "before", "within", "another"],
)
def test_a_late_revision_is_one_change_of_its_event(
    changes: dict[str, object], found: list[tuple[int, int, bool]]
) -> None:
    again = BURST[0].corrected(revision=1, arrived=300, **changes)
    head = log_of(BURST, range(65, 305, 10))
    assert since(told([*head, frame([again]), tick(305), tick(400)]), head) == found


def test_changes_that_come_together_are_told_once() -> None:
    together: list[Record] = [frame([later(n, 410) for n in range(3)]), back(BURST[:1], 411), tick(420)]
    assert since(told([*SAID, *together]), SAID) == [(3, 1, True)]


def test_a_change_in_a_settled_bucket_of_an_open_peak_is_counted_there_and_not_told_twice() -> None:
    """The peak is the bucket of minute 80, whose window reaches back to the settled one of minute 60."""
    slow = [Event(id=n + 1, occurred=at, arrived=at + 1, offset=n) for n, at in enumerate((60, 61, 81, 82, 83))]
    records = [*log_of(slow, (85, 101)), frame([Event(id=9, occurred=61, arrived=102, feed="sensors")]), tick(105)]
    evidence = told([*records, *map(tick, range(115, 400, 10))])[-1].evidence
    assert (evidence.observed, evidence.later, evidence.taken_back) == (6, 0, 0)


def test_a_rarer_bucket_of_the_same_run_begins_anew() -> None:
    more = [Event(id=20 + n, occurred=112 + n % 3, arrived=116, offset=20 + n) for n in range(9)]
    burst = [*log_of(BURST, range(65, 105, 10)), frame([later(1, 106, feed="sensors")]), tick(111)]
    said = told([*burst, frame(more), tick(120), *map(tick, range(130, 400, 10))])
    assert (1, 0, True) in [(s.evidence.later, s.evidence.taken_back, s.evidence.would_speak) for s in said]
    last = said[-1].evidence
    assert (last.peak, last.later) == (START + 110 * MINUTE, 0)
    assert last.observed == 16


def test_of_rows_of_one_place_only_those_that_count_are_told() -> None:
    once = book(
        [rule("once", once_within=HOUR, categories="", detector=DetectorSpec("threshold", {"n": 3}))], feeds=DAYS
    )
    burst = [event.corrected(place=n + 1) for n, event in enumerate(BURST)]
    head = log_of(burst, range(65, 405, 10))
    same_place = later(1, 410, place=1)
    assert since(told([*head, frame([same_place]), tick(420)], once), head) == []
    said = told([*head, frame([same_place]), tick(420), back(burst[:1], 421), tick(430)], once)
    assert since(said, head) == []  # the next row of its place counts instead
    said = told([*head, back(burst[:1], 421), tick(430)], once)
    assert since(said, head) == [(0, 1, True)]


@pytest.mark.parametrize("days", [1, 2])
def test_an_alert_is_told_as_long_as_its_window_is_held(days: int) -> None:
    """Half an hour, two of lateness and of windows and two days: what comes on the second day is still told."""
    quiet = [Event(id=50 + n, occurred=n * 95, arrived=n * 95 + 1, area="east", offset=50 + n) for n in range(5, 60)]
    head = log_of([*BURST, *(e for e in quiet if e.occurred < days * 1440)], range(65, days * 1440 + 5, 15))
    said = run([*head, frame([later(1, days * 1440 + 10)]), tick(days * 1440 + 20)], MANY)[1]
    assert since([signal for signal in said if signal.kind in COUNTED], head) == [(1, 0, True)]


@pytest.mark.parametrize(("until", "found"), [(3195, [(1, 0, True)]), (3215, [])], ids=["whole", "in part"])
def test_a_window_that_is_no_longer_held_whole_is_told_nothing(until: int, found: list[tuple[int, int, bool]]) -> None:
    """The window of two hours from minute 60 on; 311 buckets are held, and half an hour is open."""
    slow = [Event(id=n + 1, occurred=60 + 10 * n, arrived=61 + 10 * n, offset=n) for n in range(12)]
    head = log_of(slow, range(65, until, 10))
    said = run([*head, frame([later(1, until, occurred=171)]), tick(until + 10)], MANY)[1]
    assert since([signal for signal in said if signal.kind in COUNTED], head) == found


def test_an_alert_whose_window_is_gone_is_no_longer_told_and_no_longer_kept() -> None:
    head = log_of(BURST, range(65, 4 * 1440, 95))
    engine, said = run([*head, frame([later(1, 4 * 1440)]), tick(4 * 1440 + 10)], MANY)
    assert since(said, head) == []
    engine.apply(frame([later(2, 4 * 1440 + 12, occurred=4 * 1440 + 11)]), engine.offset + 1)
    for n in range(8):
        engine.apply(frame([later(3 + n, 4 * 1440 + 13, occurred=4 * 1440 + 12)]), engine.offset + 1)
    engine.apply(tick(5 * 1440), engine.offset + 1)
    assert START + 60 * MINUTE not in [alert.first for alert in engine.rules["many"].speech.told.values()]


def test_of_a_rule_that_was_stopped_nothing_more_is_told() -> None:
    stop: list[Record] = [StopRule(START + 401 * MINUTE, "many"), tick(405)]
    engine = Engine(MANY)
    records = [*SAID, *stop, frame([later(1, 410)]), tick(420)]
    said = [signal for offset, record in enumerate(records, 1) for signal in engine.apply(record, offset)]
    assert since(said, [*SAID, *stop]) == []


# laws


@st.composite
def disturbed(draw: st.DrawFn) -> list[tuple[int, Frame]]:
    """A night by arrival, a frame a row, and corrections of what stood: (minute after which it arrives, frame)."""
    night = [e.corrected(arrived=max(e.arrived, e.occurred)) for e in draw(nights())]
    found = [(event.arrived, frame([event])) for event in night]
    for minute in draw(st.lists(st.integers(60, END - 20), max_size=3)):
        stood = [e for e in standing([e for e in night if e.arrived < minute]) if e.count]
        gone = draw(st.sets(st.integers(0, max(len(stood) - 1, 0)), max_size=8))
        wrong = [stood[n] for n in sorted(gone) if n < len(stood)]
        night = [e for e in night if (e.id, e.stage) not in {(w.id, w.stage) for w in wrong}]
        if wrong:
            found.append((minute, back(wrong, minute)))
    return sorted(found, key=lambda pair: pair[0])


def log(pieces: Sequence[tuple[int, Frame]], ticks: Sequence[int], dice: Random | None = None) -> list[Record]:
    """Pieces by the tick interval they arrive in, in any order within it; a correction is made of what was
    read, so that it comes behind the rows."""
    records: list[Record] = []
    left = list(pieces)
    for minute in sorted(set(ticks)):
        due = [piece for at, piece in left if at < minute]
        left = [(at, piece) for at, piece in left if at >= minute]
        if dice is not None:
            dice.shuffle(due)
            due.sort(key=lambda piece: piece.partitions == ("retracted",))
        records += [*due, tick(minute)]
    return records


LATE_BURST = [
    *((61 + n, frame([event])) for n, event in enumerate(BURST)),
    (300, frame([later(1, 300)])),
    (301, frame([later(2, 301, area="south")])),
    (302, back(BURST[:4], 302)),
    (330, frame([BURST[4].corrected(revision=1, occurred=329, arrived=330)])),
    (352, frame([BURST[5].corrected(revision=1, occurred=400, arrived=352)])),
    (380, frame([later(3, 380)])),
    (410, frame([later(1, 410, revision=2, count=0)])),
]
"""Quiet but for what is told of its window; the row of minute 352 is held until it occurs, and leaves it then."""
LATE_PLACE = [
    *((61 + n, frame([event.corrected(place=n + 1)])) for n, event in enumerate(BURST)),
    (300, frame([later(1, 300, occurred=20, place=1)])),
    (420, frame([Event(id=7, occurred=420, arrived=420)])),
]
"""A row of a place before its window: the one in it no longer counts."""


@given(pieces=disturbed())
@example(pieces=LATE_BURST)
def test_the_count_that_is_told_is_the_count_that_is_held(pieces: list[tuple[int, Frame]]) -> None:
    engine, said = run(log(pieces, [*TICKS, END]))
    for signal in final_states(said).values():
        if signal.kind in COUNTED and signal.state in ("running", "over"):
            evidence, counts = signal.evidence, engine.rules[signal.rule].counts
            (window,) = [one for one in evidence.windows if one.length == evidence.window]
            series = np.array([counts.series[signal.area, signal.category]])
            first, last = (np.array([counts.steps.bucket(at)]) for at in (window.since, window.until - 1))
            assert int(counts.total(series, first, last)[0]) == evidence.counted_now
            assert evidence.would_speak == (evidence.counted_now >= evidence.limit)


@given(pieces=disturbed(), dice=st.randoms(use_true_random=False))
@example(pieces=LATE_BURST, dice=Random(3))
def test_law_1_the_order_of_reading_between_ticks_changes_nothing_that_is_told(
    pieces: list[tuple[int, Frame]], dice: Random
) -> None:
    _, said = run(log(pieces, [*TICKS, END]))
    _, jittery = run(log(pieces, [*TICKS, END], dice))
    assert canonical(jittery) == canonical(said)


@given(pieces=disturbed(), cut=st.integers(1, 160))
@example(pieces=LATE_BURST, cut=30)
@example(pieces=LATE_BURST, cut=38)
def test_law_2_a_restart_in_between_says_the_same_signals(pieces: list[tuple[int, Frame]], cut: int) -> None:
    of, records = book(), log(pieces, [*TICKS, END])
    undisturbed, said = run(records)
    engine, again = Engine(of), []
    for offset, record in enumerate(records, 1):
        if offset == cut:
            engine = Engine.of_rows(engine.rows(), {of.digest: of})
        again += engine.apply(record, offset)
    assert again == said
    assert engine.rows() == undisturbed.rows()


@given(pieces=disturbed(), more=st.lists(st.integers(1, END - 1), max_size=6))
@example(pieces=LATE_BURST, more=[299, 300, 301, 302, 303])
def test_law_5_a_tick_more_moves_only_when_it_is_told(pieces: list[tuple[int, Frame]], more: list[int]) -> None:
    assert canonical(run(log(pieces, [*TICKS, *more, END]))[1]) == canonical(run(log(pieces, [*TICKS, END]))[1])


FORESEEN = book([known for known in RULES if known.id != "ratio"])
"""Of these a replay knows how long nothing is said, and passes what comes till then in one step."""


@given(pieces=disturbed(), every=st.sampled_from((1, 5, 15)), of=st.sampled_from((FORESEEN, book())))
@example(pieces=LATE_BURST, every=5, of=FORESEEN)
@example(pieces=LATE_PLACE, every=5, of=FORESEEN)
def test_a_replay_that_looks_ahead_tells_the_same_at_the_same_records(
    pieces: list[tuple[int, Frame]], every: int, of: Book
) -> None:
    records = list(enumerate(log(pieces, [*range(5, END, every), END]), 1))
    assert list(Engine(of).apply_all(records)) == run([record for _, record in records], of)[1]
