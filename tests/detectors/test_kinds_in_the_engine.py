"""The engine's laws in a world whose rules hear too little, slow rises and what was never seen.

Six ordinary days are lived through once; every example goes on from a snapshot of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from random import Random
from typing import Final

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from rules.book import Book, DetectorSpec
from rules.canonical import canonical, final_states
from rules.detectors.port import Points
from rules.engine import Engine
from rules.records import Record
from rules.signals import COUNTED, Signal
from tests.engine.worlds import (
    AREAS,
    HOUR,
    MINUTE,
    START,
    Event,
    book,
    log_of,
    nights,
    rule,
    run,
    shuffled_between_ticks,
)

DAY: Final = 1440
BEGIN: Final = 6 * DAY
"""When the night begins: the north falls quiet, fires of wood are new, crashes have trebled for a day."""
TICKS: Final = range(BEGIN + 5, BEGIN + 17 * 60, 45)


def world() -> Book:
    drop = DetectorSpec("drop", {"learn_days": 3})
    rise = DetectorSpec("accumulated", {"learn_days": 2, "guard_days": 1})
    new = DetectorSpec("first_seen", {"history_days": 3})
    return book(
        [
            rule("less", detector=drop, windows=(2 * HOUR, 4 * HOUR), step=30 * MINUTE, categories="", keep=HOUR),
            rule("rise", detector=rise, windows=(6 * HOUR, 24 * HOUR), step=HOUR, categories="service"),
            rule("new", detector=new, windows=(48 * HOUR,), step=HOUR),
        ]
    )


@cache
def ordinary() -> tuple[Event, ...]:
    """Sixteen jams an hour, half of them in the north until the night, and a crash now and then."""
    dice = np.random.default_rng(4)
    times = np.cumsum(dice.exponential(60 / 16, 7 * DAY * 16 // 60))
    areas = dice.choice(AREAS, len(times), p=(0.6, 0.25, 0.15))
    crash = dice.random(len(times)) < np.where(times > BEGIN - DAY, 0.3, 0.1)
    kinds = np.where(crash, "traffic.crash", "traffic.jam")
    return tuple(
        Event(n + 1_000, int(at), int(at) + 1, str(area), str(kind), offset=n + 1_000)
        for n, (at, area, kind) in enumerate(zip(times, areas, kinds, strict=True))
        if at < BEGIN + 8 * 60 and not (area == "north" and BEGIN + 60 <= at < BEGIN + 360)
    )


@cache
def six_days() -> bytes:
    engine, _ = run(
        log_of([e for e in ordinary() if e.arrived < BEGIN], [*range(5, BEGIN, 15), BEGIN], 10_000), world()
    )
    return engine.snapshot()


def restored(snapshot: bytes) -> Engine:
    of = world()
    return Engine.restore(snapshot, {of.digest: of})


def night_of(extra: Sequence[Event]) -> list[Event]:
    """The ordinary night and more, by arrival: `extra` are minutes of the night; none that would be held."""
    events = [e for e in ordinary() if e.arrived >= BEGIN]
    come = [e for e in extra if e.arrived >= e.occurred]
    events += [e.corrected(occurred=BEGIN + e.occurred, arrived=BEGIN + e.arrived) for e in come]
    return sorted(events, key=lambda e: e.arrived)


def lived(records: Sequence[Record], engine: Engine | None = None) -> tuple[Engine, list[Signal]]:
    engine = engine or restored(six_days())
    begin = engine.offset + 1
    said = [signal for offset, record in enumerate(records, begin) for signal in engine.apply(record, offset)]
    assert not engine.stopped, engine.stopped
    return engine, said


FIRES: Final = [Event(n + 1, 200 + 9 * n, 201 + 9 * n, "south", "fire.wood", offset=n) for n in range(5)]


def test_the_night_holds_what_the_rules_listen_for() -> None:
    _, said = lived(log_of(night_of(FIRES), TICKS))
    assert {signal.kind for signal in said} >= {"drop", "accumulated", "first_seen"}


def test_what_comes_late_to_a_drop_may_show_that_there_was_none() -> None:
    quiet = log_of(night_of([]), TICKS)
    _, said = lived(quiet)
    drop = next(signal for signal in reversed(said) if signal.kind == "drop" and signal.area == "north")
    found = drop.evidence
    assert (found.later, found.taken_back, found.would_speak) == (0, 0, True)
    missing = found.limit + 1 - found.observed
    since = (found.peak - START) // MINUTE - 30 - BEGIN
    late = [Event(n + 1, since + n % 30, since + 300 + n, "north", "traffic.jam", offset=n) for n in range(missing)]
    for events, speaks in ((late[:-1], True), (late, False)):
        _, told = lived(log_of(night_of(events), TICKS))
        last = final_states(told)[drop.alert].evidence
        assert (last.observed, last.later, last.would_speak) == (found.observed, len(events), speaks)
        assert (last.peak, last.limit) == (found.peak, found.limit)
    back = late[-1].corrected(revision=1, count=0, arrived=late[-1].arrived + 20)
    _, told = lived(log_of(night_of([*late, back]), TICKS))
    last = final_states(told)[drop.alert].evidence
    assert (last.later, last.taken_back, last.would_speak) == (missing, 1, True)


@given(night=nights(most=20), dice=st.randoms(use_true_random=False))
@example(night=FIRES, dice=Random(1))
def test_law_1_order_of_reading_between_ticks_changes_no_judgement(night: list[Event], dice: Random) -> None:
    events = night_of(night)
    _, said = lived(log_of(events, TICKS))
    _, jittery = lived(log_of(shuffled_between_ticks(events + night_of(night[:3]), TICKS, dice), TICKS, split=5))
    assert canonical(jittery) == canonical(said)


@given(night=nights(most=20), cut=st.integers(0, 40))
@example(night=FIRES, cut=20)
def test_law_2_a_restart_anywhere_says_the_same_signals(night: list[Event], cut: int) -> None:
    records = log_of(night_of(night), TICKS, split=20)
    _, undisturbed = lived(records)
    engine, said = lived(records[:cut])
    _, after = lived(records[cut:], restored(engine.snapshot()))
    assert said + after == undisturbed


@given(night=nights(most=20))
@example(night=FIRES)
def test_a_replay_that_looks_ahead_says_what_one_by_one_says(night: list[Event]) -> None:
    engine = restored(six_days())
    records = list(enumerate(log_of(night_of(night), TICKS), engine.offset + 1))
    assert list(engine.apply_all(records)) == lived([record for _, record in records])[1]


@given(night=nights(most=12), extra=nights(most=4, hours=3))
def test_law_3_adding_an_event_and_taking_it_back_restores_every_judgement(
    night: list[Event], extra: list[Event]
) -> None:
    """Not of drops and silences: what was taken back has told all the same that its feed was alive (decision 0008)."""
    added = [e.corrected(id=e.id + 500, revision=0, flags=0, arrived=e.occurred) for e in extra if e.revision == 0]
    back = [e.corrected(revision=9, count=0, arrived=e.arrived + 1) for e in added]
    _, plain = lived(log_of(night_of(night), TICKS))
    _, again = lived(log_of(night_of([*night, *added, *back]), TICKS))
    counted = COUNTED - {"drop"}
    assert canonical(s for s in again if s.kind in counted) == canonical(s for s in plain if s.kind in counted)


@given(night=nights(most=20), more=st.lists(st.integers(1, 1000), max_size=6))
@example(night=FIRES, more=[62, 63, 350, 352])
def test_law_5_a_tick_more_moves_only_when_things_are_said(night: list[Event], more: list[int]) -> None:
    events = night_of(night)
    _, said = lived(log_of(events, TICKS))
    _, often = lived(log_of(events, sorted({*TICKS, *(BEGIN + at for at in more)})))
    assert canonical(often) == canonical(said)


def before_refit(name: str, open_then: Sequence[Event]) -> Engine:
    """The engine just after a rule's next refit; `open_then` have come since the last tick before it."""
    refit = refit_of(name)
    before = [e for e in ordinary() if BEGIN <= e.arrived < refit]
    events = sorted([*before, *open_then], key=lambda e: e.arrived)
    return lived(log_of(events, [*range(BEGIN + 5, refit, 60), refit, refit + 1]))[0]


@cache
def undisturbed(name: str) -> Engine:
    return before_refit(name, [])


@cache
def refit_of(name: str) -> int:
    """When a rule learns next, in minutes."""
    nominal = restored(six_days()).rules[name].judge.next_refit
    assert nominal is not None
    return (nominal - START) // MINUTE


@given(
    name=st.sampled_from(("less", "rise", "new")),
    open_then=st.lists(st.tuples(st.integers(0, 29), st.sampled_from(AREAS)), min_size=1, max_size=8),
)
def test_law_4_what_lies_behind_the_lateness_moves_no_baseline(name: str, open_then: list[tuple[int, str]]) -> None:
    """Events of the last half hour before a refit, the lateness, are open when it learns."""
    refit = refit_of(name)
    late = [
        Event(90_000 + n, refit - 1 - ago, refit - 1, area, offset=90_000 + n)
        for n, (ago, area) in enumerate(open_then)
    ]
    judges = [engine.rules[name].judge for engine in (undisturbed(name), before_refit(name, late))]
    assert judges[0].next_refit != refit * MINUTE + START  # it has learned
    assert judges[0].learned == judges[1].learned
    for one, other in zip(*(judge.memories for judge in judges), strict=True):
        assert one[0] == other[0]
        _assert_same(one[1], other[1])


def _assert_same(one: object, other: object) -> None:
    assert isinstance(one, dict)
    assert isinstance(other, dict)
    assert one.keys() == other.keys()
    for key in one:
        np.testing.assert_array_equal(one[key], other[key])


@given(night=nights(most=20))
@example(night=FIRES)
def test_the_colour_is_the_one_that_the_shown_count_reaches(night: list[Event]) -> None:
    _, said = lived(log_of(night_of(night), TICKS))
    for signal in said:
        if signal.kind not in COUNTED:
            continue
        found, sign = signal.evidence, -1 if signal.kind == "drop" else 1
        reached = [
            colour for colour, limit in found.rank_limits if limit >= 0 and sign * limit <= sign * found.observed
        ]
        assert found.colour == reached[-1]
        assert sign * found.observed >= sign * found.limit > sign * found.would_not_have_spoken
        assert any(w.length == found.window and w.observed == found.observed and w.spoke for w in found.windows)


def test_settled_rules_judge_nothing_that_is_open() -> None:
    engine, _ = lived(log_of(night_of(FIRES), TICKS))
    for name in ("less", "rise"):
        watch = engine.rules[name]
        assert not watch.foresees
        assert not watch.loud
        assert watch.judge.views == {}
    judge = engine.rules["new"].judge
    series = np.array([judge.counts.series["south", "fire.wood"]])
    bucket = judge.counts.ring.hi
    assert judge.law(Points(series, np.array([bucket - 40]), np.array([bucket])), bucket).enough.all()
