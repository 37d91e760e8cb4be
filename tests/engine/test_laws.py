"""The laws of ENGINE as properties. A broken one prints the shrunken night as a log that a person can read."""

from __future__ import annotations

from random import Random

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from rules.canonical import canonical, final_states
from rules.engine import Engine
from tests.engine.remembered import remembered
from tests.engine.worlds import (
    CATEGORIES,
    HOUR,
    MINUTE,
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

BURST = [Event(id=i + 1, occurred=60 + i, arrived=61 + i, offset=i) for i in range(6)]


@given(night=nights(), dice=st.randoms(use_true_random=False), twice=st.booleans())
@example(night=BURST, dice=Random(1), twice=True)
def test_law_1_order_of_reading_between_ticks_changes_no_judgement(
    night: list[Event], dice: Random, twice: bool
) -> None:
    other = night + [dice.choice(night) for _ in range(len(night))] if night and twice else night
    _, said = run(log_of(night, TICKS))
    _, jittery = run(log_of(shuffled_between_ticks(other, TICKS, dice), TICKS, split=3))
    assert canonical(jittery) == canonical(said)


@given(night=nights(), cut=st.integers(0, 60), splits=st.integers(1, 5))
@example(night=BURST, cut=9, splits=2)
def test_law_2_a_restart_anywhere_says_the_same_signals_in_the_same_order(
    night: list[Event], cut: int, splits: int
) -> None:
    records = log_of(night, TICKS, split=splits)
    _, undisturbed = run(records)
    of = book()
    engine, said = Engine(of), []
    for offset, record in enumerate(records, 1):
        if offset == cut:
            engine = Engine.restore(engine.snapshot(), {of.digest: of})
        said += engine.apply(record, offset)
    assert said == undisturbed


@given(night=nights(), splits=st.integers(1, 4))
def test_law_2_another_split_into_frames_ends_in_the_same_states(night: list[Event], splits: int) -> None:
    _, whole = run(log_of(night, TICKS))
    _, pieces = run(log_of(night, TICKS, split=splits))
    assert canonical(pieces) == canonical(whole)


HELD_AND_AHEAD = [
    Event(id=5, occurred=221, arrived=221, offset=4),
    Event(id=6, occurred=222, arrived=222, offset=5),
    Event(id=15, occurred=288, arrived=285, offset=14),
    Event(id=21, occurred=280, arrived=260, area="east", feed="sensors", offset=20),
]
"""The third is read before the tick that lets the fourth, held until it occurs, join it."""
LATE_AND_AHEAD = [
    Event(id=i + 1, occurred=occurred, arrived=arrived, offset=i)
    for i, (occurred, arrived) in enumerate([(60, 60), (210, 210), (280, 320), *[(60, 60), (0, 0)] * 5, (323, 323)])
]
"""The third is too late, and joins its settled bucket in a tick that the last row was read before."""
FOLDED_AND_AHEAD = [
    Event(id=1, occurred=120, arrived=120, feed="sensors", place=1),
    Event(id=1, occurred=132, arrived=132, feed="sensors", place=1, revision=2, count=3, offset=1),
    Event(id=2, occurred=312, arrived=312, offset=2),
]
"""The second does not count next to what it replaces, whose time is too late to be taken back before it settles; then
it does, in a bucket that held nothing."""


@given(night=nights())
@example(night=HELD_AND_AHEAD)
@example(night=LATE_AND_AHEAD)
@example(night=FOLDED_AND_AHEAD)
def test_a_replay_that_looks_ahead_says_what_one_by_one_says(night: list[Event]) -> None:
    records = list(enumerate(log_of(night, TICKS), 1))
    alone, one_by_one = run([record for _, record in records])
    engine = Engine(book())
    assert list(engine.apply_all(records)) == one_by_one
    assert remembered(engine) == remembered(alone)


@given(night=nights(), extra=nights(most=3))
def test_law_3_adding_an_event_never_lowers_a_count(night: list[Event], extra: list[Event]) -> None:
    added = [e.corrected(id=e.id + 500, revision=0, place=0, count=1) for e in extra]
    before, _ = run(log_of(night, TICKS))
    after, _ = run(log_of(night + added, TICKS))
    for name, counts in before.counts.items():
        for pair, series in counts.series.items():
            lo, hi = counts.ring.lo + 1, counts.ring.hi
            more = after.counts[name]
            was = counts.total(np.array([series]), np.array([lo]), np.array([hi]))
            now = more.total(np.array([more.series[pair]]), np.array([lo]), np.array([hi]))
            assert now >= was


@given(night=nights(), extra=nights(most=4, hours=3))
def test_law_3_adding_an_event_and_taking_it_back_restores_every_judgement(
    night: list[Event], extra: list[Event]
) -> None:
    added = [
        e.corrected(id=e.id + 500, revision=0, flags=0) for e in extra if e.revision == 0 and e.arrived >= e.occurred
    ]
    added = [e.corrected(arrived=e.occurred) for e in added]
    back = [e.corrected(revision=9, count=0, arrived=e.arrived + 1) for e in added]
    _, plain = run(log_of(night, TICKS))
    _, restored = run(log_of(night + added + back, TICKS))
    assert canonical(restored) == canonical(plain)


@given(night=nights(), more=st.lists(st.integers(1, 1190), max_size=6))
@example(night=BURST, more=[62, 63, 64])
def test_law_5_a_tick_more_moves_only_when_things_are_said(night: list[Event], more: list[int]) -> None:
    _, said = run(log_of(night, TICKS))
    _, often = run(log_of(night, [*TICKS, *more]))
    assert canonical(often) == canonical(said)


@given(night=nights(), dice=st.randoms(use_true_random=False))
def test_law_9_every_row_lies_in_one_box(night: list[Event], dice: Random) -> None:
    twice = night + [dice.choice(night) for _ in range(5)] if night else night
    engine, _ = run(log_of(twice, TICKS))
    sent: dict[tuple[str, str], int] = {}
    for record in log_of(twice, TICKS):
        for row in getattr(record, "rows", []):
            day = str(np.datetime64(int(row["arrived_at"]), "ms").astype("datetime64[D]"))
            feed = ("calls", "sensors")[int(row["feed"])]
            sent[feed, day] = sent.get((feed, day), 0) + 1
    boxes = engine.boxes()
    for (feed, day), rows in sent.items():
        found = boxes[feed][day]
        assert min(found.values()) >= 0
        assert found["duplicate"] + found["redelivered"] + found["accepted"] == rows
    assert sum(sum(b.values()) - b["accepted"] for days in boxes.values() for b in days.values()) == len(twice)


@given(night=nights())
def test_a_repeat_of_the_whole_night_counts_nothing(night: list[Event]) -> None:
    engine, said = run(log_of(night, TICKS))
    again, more = run(log_of(night + night, TICKS, split=7))
    assert canonical(more) == canonical(said)
    for name, counts in engine.counts.items():
        assert counts.series.keys() == again.counts[name].series.keys()


def test_a_burst_speaks_at_the_frame_that_reaches_the_limit() -> None:
    engine = Engine(book())
    engine.apply(tick(0), 1)
    said = [engine.apply(frame([event]), offset) for offset, event in enumerate(BURST, 2)]
    first = next(i for i, signals in enumerate(said) if any(s.rule == "many" for s in signals))
    assert first == 3  # the fourth event: n = 4


def test_a_burst_in_one_area_is_one_alert_of_that_area_and_category() -> None:
    _, said = run(log_of(BURST, TICKS))
    alerts = [s for s in final_states(said).values() if s.rule == "many" and s.state in ("running", "over")]
    assert [(a.area, a.category, a.state) for a in alerts] == [("north", CATEGORIES[0], "over")]
    assert alerts[0].evidence.observed == len(BURST)


def test_an_alert_that_nothing_took_back_ends_over_even_where_keep_outlasts_the_windows() -> None:
    of = book([rule("short", windows=(30 * MINUTE,), keep=3 * HOUR, categories="")])
    _, said = run(log_of(BURST, range(5, 1200, 60)), of)
    assert [s.state for s in final_states(said).values()] == ["over"]


@given(night=nights())
@example(night=[*BURST, *(e.corrected(id=e.id + 50, area="south", occurred=e.occurred + 5) for e in BURST)])
def test_the_colour_is_the_one_that_the_shown_count_reaches(night: list[Event]) -> None:
    _, said = run(log_of(night, TICKS))
    for signal in said:
        found = signal.evidence
        if signal.kind == "silence":
            continue
        reached = [colour for colour, limit in found.rank_limits if 0 <= limit <= found.observed]
        assert found.colour == reached[-1]
        assert found.observed >= found.limit > found.would_not_have_spoken
        assert any(w.length == found.window and w.observed == found.observed and w.spoke for w in found.windows)
