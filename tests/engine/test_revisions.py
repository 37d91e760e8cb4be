"""Revisions, stages and cancellations, as ENGINE "Events" says: what each leaves in the counts and in the boxes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np
import pytest

from rules.book import Selector
from rules.canonical import canonical
from rules.engine import Engine
from rules.records import Record
from tests.engine.worlds import MINUTE, START, TICKS, Event, book, frame, log_of, rule, run, tick

ALL = rule("all", categories="type")
FIRST = Event(id=1, occurred=60, arrived=61, area="north", category="traffic.jam")
"""The one that is corrected: told at minute 61, one minute after it happened."""


def counted(engine: Engine, area: str, category: str, since: int = 0, until: int = 1200, of: str = "all") -> int:
    """What a rule counts of a node in the minutes [since, until) after START."""
    counts = engine.rules[of].counts
    series = counts.series.get((area, category))
    if series is None:
        return 0
    first, last = (counts.steps.bucket(START + minute * MINUTE) for minute in (since, until - 1))
    return int(counts.total(np.array([series]), np.array([first]), np.array([last]))[0])


def everywhere(engine: Engine) -> dict[tuple[str, str], int]:
    """Every series that holds anything, with its count."""
    pairs = engine.rules["all"].counts.series
    return {pair: n for pair in pairs if (n := counted(engine, *pair))}


def after(events: Sequence[Event], ticks: Sequence[int] = (62, 65, 70, 200), split: int = 1) -> Engine:
    engine, _ = run(log_of(events, ticks, split=split), book([ALL]))
    return engine


def boxed(engine: Engine) -> dict[str, int]:
    """Events by box, all feeds and days together; empty boxes left out."""
    boxes: dict[str, int] = {}
    for days in engine.boxes().values():
        for day in days.values():
            for box, n in day.items():
                boxes[box] = boxes.get(box, 0) + n
    return {box: n for box, n in boxes.items() if n}


# a higher revision


def test_a_higher_revision_takes_the_old_count_back_where_it_was_counted_across_areas_and_categories() -> None:
    moved = FIRST.corrected(revision=1, arrived=63, area="south", category="fire.wood", count=3, occurred=95)
    engine = after([FIRST, moved], ticks=(62, 100, 200))
    assert everywhere(engine) == {
        (area, category): 3 for area in ("city", "south") for category in ("incident", "fire", "fire.wood")
    }
    assert counted(engine, "city", "incident", 90, 100) == 3
    assert boxed(engine) == {"accepted": 2, "superseded": 1, "counted": 1}


@pytest.mark.parametrize("ticks", [(62, 64, 66, 200), (70, 200)], ids=["a tick between", "no tick between"])
def test_the_highest_of_several_revisions_stands_in_whatever_order_they_come(ticks: tuple[int, ...]) -> None:
    versions = [
        FIRST.corrected(revision=1, area="south"),
        FIRST.corrected(revision=2, area="east", count=2),
        FIRST.corrected(revision=7, category="traffic.crash"),
    ]
    for order in permutations(versions):
        told = [e.corrected(arrived=61 + 2 * n, offset=n) for n, e in enumerate(order)]
        engine = after(told, ticks)
        assert counted(engine, "city", "incident") == 1
        assert counted(engine, "north", "traffic.crash") == 1
        assert boxed(engine)["superseded"] == 2


def test_a_lower_revision_that_comes_later_is_accepted_and_changes_nothing() -> None:
    engine = after([FIRST.corrected(revision=5), FIRST.corrected(revision=4, arrived=63, area="south")])
    assert counted(engine, "north", "traffic.jam") == 1
    assert counted(engine, "south", "traffic.jam") == 0
    assert boxed(engine) == {"accepted": 2, "counted": 1, "superseded": 1}


def test_a_revision_moves_an_event_between_a_rule_that_counts_it_and_one_that_does_not() -> None:
    fires = rule("fires", selector=Selector("fire"))
    burned = FIRST.corrected(revision=1, arrived=63, category="fire.wood")
    engine, _ = run(log_of([FIRST, burned], (62, 65, 200)), book([ALL, fires]))
    assert counted(engine, "north", "fire", of="fires") == 1
    assert counted(engine, "north", "traffic") == 0


def test_a_revision_that_is_a_drill_takes_the_count_back() -> None:
    engine = after([FIRST, FIRST.corrected(revision=1, arrived=63, flags=2)])
    assert everywhere(engine) == {}
    assert boxed(engine) == {"accepted": 2, "superseded": 1, "not_for_counting": 1}


def test_a_revision_moves_a_row_that_counts_once_and_the_next_one_of_its_place_counts_instead() -> None:
    once = rule("all", once_within=60 * MINUTE)
    same_place = FIRST.corrected(id=2, occurred=62, arrived=63, place=9, offset=1)
    first = FIRST.corrected(place=9)
    moved = first.corrected(revision=1, arrived=64, area="south", category="traffic.crash")
    engine, _ = run(log_of([first, same_place, moved], (62, 63, 70, 200)), book([once]))
    assert everywhere(engine)["north", "traffic.jam"] == 1
    assert everywhere(engine)["south", "traffic.crash"] == 1
    assert counted(engine, "city", "incident") == 2


# equal identity, other content


@pytest.mark.parametrize("ticks", [(62, 70, 200), (70, 200)], ids=["a tick between", "no tick between"])
def test_equal_identity_with_other_content_the_larger_content_hash_wins_and_is_a_conflict(
    ticks: tuple[int, ...],
) -> None:
    versions = sorted([FIRST, FIRST.corrected(area="south"), FIRST.corrected(area="east")], key=lambda e: e.content)
    smallest, _, largest = versions
    for first, second in ((smallest, largest), (largest, smallest)):
        engine = after([first, second.corrected(arrived=63, offset=1)], ticks)
        assert counted(engine, largest.area, "traffic.jam") == 1
        assert counted(engine, smallest.area, "traffic.jam") == 0
        assert boxed(engine) == {"accepted": 2, "counted": 1, "superseded": 1}


def test_a_conflict_is_counted_for_its_feed_when_the_later_row_wins() -> None:
    smaller, larger = sorted([FIRST, FIRST.corrected(area="south")], key=lambda e: e.content)
    engine = after([smaller, larger.corrected(arrived=63, offset=1)])
    assert engine.tally.conflicts == {"calls": 1}


def test_a_conflict_is_counted_whichever_of_the_two_came_first() -> None:
    smaller, larger = sorted([FIRST, FIRST.corrected(area="south")], key=lambda e: e.content)
    told = [after([a, b.corrected(arrived=63, offset=1)]) for a, b in ((smaller, larger), (larger, smaller))]
    assert [engine.tally.conflicts for engine in told] == [{"calls": 1}, {"calls": 1}]


def test_a_repeat_is_no_conflict() -> None:
    engine = after([FIRST, FIRST.corrected(arrived=63), FIRST.corrected(arrived=64, offset=7)])
    assert engine.tally.conflicts == {}
    assert boxed(engine) == {"accepted": 1, "counted": 1, "redelivered": 1, "duplicate": 1}


# cancelled


def test_a_revision_with_count_0_cancels() -> None:
    engine = after([FIRST, FIRST.corrected(revision=1, arrived=63, count=0)])
    assert everywhere(engine) == {}
    assert boxed(engine) == {"accepted": 2, "superseded": 1, "cancelled": 1}


def test_a_cancellation_that_comes_first_keeps_the_older_revision_out() -> None:
    engine = after([FIRST.corrected(revision=1, count=0), FIRST.corrected(arrived=63)])
    assert everywhere(engine) == {}
    assert boxed(engine) == {"accepted": 2, "superseded": 1, "cancelled": 1}


def test_what_was_cancelled_can_be_told_again_by_a_higher_revision() -> None:
    again = FIRST.corrected(revision=2, arrived=64, area="east")
    engine = after([FIRST, FIRST.corrected(revision=1, arrived=63, count=0), again])
    assert counted(engine, "city", "incident") == counted(engine, "east", "traffic.jam") == 1
    assert boxed(engine) == {"accepted": 3, "superseded": 2, "counted": 1}


def test_an_alert_whose_events_are_cancelled_while_open_is_withdrawn() -> None:
    burst = [Event(id=n + 1, occurred=60 + n, arrived=61 + n, offset=n) for n in range(6)]
    back = [e.corrected(revision=1, count=0, arrived=68, offset=20 + e.offset) for e in burst]
    _, said = run(log_of(burst + back, (67, 69, 400)), book([rule("many")]))
    assert [s.state for s in said][-1] == "withdrawn"
    assert canonical(said) == []


# late


def test_an_event_is_too_late_by_its_own_times_and_joins_when_its_bucket_has_settled() -> None:
    """Lateness of calls: 30 minutes. Minute 60 settles at 100."""
    late = FIRST.corrected(arrived=95)
    engine, _ = run([tick(62), frame([late])], book([ALL]))
    assert boxed(engine) == {"accepted": 1, "too_late": 1}
    engine, _ = run(log_of([late], (62, 96, 99)), book([ALL]))
    assert everywhere(engine) == {}
    engine, _ = run(log_of([late], (62, 96, 99, 101)), book([ALL]))
    assert counted(engine, "north", "traffic.jam", 60, 70) == 1
    assert boxed(engine) == {"accepted": 1, "counted_late": 1}


def test_a_too_late_event_is_judged_in_no_bucket_that_holds_it() -> None:
    """Three in time and three too late: six in one bucket that would have spoken at four."""
    three = [Event(id=n + 1, occurred=60 + n, arrived=61 + n, offset=n) for n in range(3)]
    late = [e.corrected(id=e.id + 10, arrived=140, offset=10 + e.offset) for e in three]
    engine, said = run(log_of(three + late, TICKS), book([rule("all", windows=(10 * MINUTE,))]))
    assert counted(engine, "north", "traffic.jam", 60, 70) == 6
    assert said == []


def test_a_late_revision_leaves_the_settled_judgement_and_moves_the_count() -> None:
    burst = [Event(id=n + 1, occurred=60 + n, arrived=61 + n, offset=n) for n in range(5)]
    moved = [e.corrected(revision=1, arrived=400, area="south", offset=20 + e.offset) for e in burst]
    of = book([rule("all", windows=(10 * MINUTE,))])
    _, plain = run(log_of(burst, TICKS), of)
    engine, said = run(log_of(burst + moved, TICKS), of)
    (judged,), (told,) = canonical(plain), canonical(said)
    assert told == {**judged, "taken_back": 5, "would_speak": False}
    assert counted(engine, "north", "traffic.jam", 60, 70) == 0
    assert counted(engine, "south", "traffic.jam", 60, 70) == 5


def test_a_late_cancellation_counts_for_windows_that_end_later() -> None:
    """Four within two hours speak. The first two are taken back after their bucket has settled, before the others."""
    long = rule("all", windows=(120 * MINUTE,), categories="")
    events = [Event(id=n + 1, occurred=m, arrived=m + 1, offset=n) for n, m in enumerate((60, 61, 150, 151))]
    back = [e.corrected(revision=1, count=0, arrived=120, offset=9) for e in events[:2]]
    _, spoke = run(log_of(events, TICKS), book([long]))
    _, silent = run(log_of(events + back, TICKS), book([long]))
    assert (len(canonical(spoke)) > 0, canonical(silent)) == (True, [])


def test_a_revision_of_a_too_late_event_that_still_waits_counts_once() -> None:
    late = FIRST.corrected(arrived=95)
    moved = late.corrected(revision=1, arrived=96, area="south")
    engine = after([late, moved], ticks=(94, 98, 101, 200))
    assert everywhere(engine) == {
        (area, category): 1 for area in ("city", "south") for category in ("incident", "traffic", "traffic.jam")
    }
    assert boxed(engine) == {"accepted": 2, "superseded": 1, "counted_late": 1}


# beyond what is remembered, and ahead of time


def test_an_event_older_than_the_horizon_is_beyond_it_on_the_wall_clock_and_counted_on_the_stream_clock() -> None:
    """Horizon of calls: six hours."""
    old = FIRST.corrected(arrived=60 + 6 * 60 + 1)
    ticks = (62, 6 * 60 + 60, 6 * 60 + 65, 1000)
    engine = after([old], ticks)
    assert everywhere(engine) == {}
    assert boxed(engine) == {"accepted": 1, "beyond_horizon": 1}
    stream = Engine(book([ALL]), clock="stream")
    for offset, record in enumerate(log_of([old], ticks), 1):
        stream.apply(record, offset)
    assert counted(stream, "north", "traffic.jam") == 1
    assert boxed(stream) == {"accepted": 1, "counted_late": 1}


def test_at_the_horizon_itself_an_event_is_still_known_again() -> None:
    edge = FIRST.corrected(arrived=60 + 6 * 60 - 1, revision=1, area="south")
    engine = after([FIRST, edge], ticks=(62, 6 * 60 + 65, 1000))
    assert counted(engine, "city", "incident") == counted(engine, "south", "traffic.jam") == 1


def test_an_event_from_the_future_is_held_and_counts_when_its_time_has_come() -> None:
    early = FIRST.corrected(arrived=40)
    engine, _ = run(log_of([early], (50, 59)), book([ALL]))
    assert everywhere(engine) == {}
    assert boxed(engine) == {"accepted": 1, "held": 1}
    engine, _ = run(log_of([early], (50, 59, 61)), book([ALL]))
    assert counted(engine, "north", "traffic.jam", 60, 70) == 1
    assert boxed(engine) == {"accepted": 1, "counted": 1}


def test_a_held_event_that_was_cancelled_meanwhile_never_counts() -> None:
    early = FIRST.corrected(arrived=40)
    engine = after([early, early.corrected(revision=1, count=0, arrived=45, offset=1)], ticks=(50, 59, 61, 200))
    assert everywhere(engine) == {}
    assert boxed(engine) == {"accepted": 2, "superseded": 1, "cancelled": 1}


def test_a_clock_a_little_ahead_is_not_held() -> None:
    ahead = FIRST.corrected(occurred=63)
    engine, _ = run([frame([ahead]), tick(62), tick(70)], book([ALL]))
    assert boxed(engine) == {"accepted": 1, "counted": 1}


# stages


def test_stages_are_events_of_their_own_with_revisions_of_their_own() -> None:
    closing = rule("closing", selector=Selector("incident", stages=("closed",)))
    closed = FIRST.corrected(stage="closed", occurred=90, arrived=91, revision=3)
    reopened = closed.corrected(revision=4, arrived=93, count=0)
    of = book([ALL, closing])
    engine, _ = run(log_of([FIRST, closed], (62, 95, 200)), of)
    assert counted(engine, "north", "traffic.jam", 60, 70) == 1
    assert counted(engine, "north", "traffic.jam", 90, 100, of="closing") == 1
    engine, _ = run(log_of([FIRST, closed, reopened], (62, 92, 95, 200)), of)
    assert counted(engine, "north", "traffic.jam", 60, 70) == 1
    assert counted(engine, "north", "traffic.jam", 90, 100, of="closing") == 0


def test_a_rule_counts_what_was_filed_unless_it_names_stages() -> None:
    stages = ("accepted", "returned", "replied", "closed")
    events = [FIRST, *(FIRST.corrected(stage=stage, arrived=63, offset=n) for n, stage in enumerate(stages, 1))]
    both = rule("both", selector=Selector("incident", stages=("filed", "replied")))
    engine, _ = run(log_of(events, (62, 65, 200)), book([ALL, both]))
    assert counted(engine, "north", "traffic.jam") == 1
    assert counted(engine, "north", "traffic.jam", of="both") == 2
    assert boxed(engine) == {"accepted": 5, "counted": 5}


@pytest.mark.parametrize("split", [1, 2, 100])
def test_the_split_into_frames_and_a_restart_change_none_of_this(split: int) -> None:
    events = [
        FIRST,
        FIRST.corrected(revision=2, area="south", arrived=61, offset=1),
        FIRST.corrected(revision=1, area="east", arrived=61, offset=2),
        FIRST.corrected(stage="closed", arrived=63, offset=3),
        FIRST.corrected(stage="closed", arrived=64, revision=1, count=0, offset=4),
    ]
    of = book([ALL])
    records: list[Record] = log_of(events, (62, 65, 200), split=split)
    engine = Engine(of)
    for offset, record in enumerate(records, 1):
        engine = Engine.restore(engine.snapshot(), {of.digest: of})
        engine.apply(record, offset)
    assert counted(engine, "south", "traffic.jam") == counted(engine, "city", "incident") == 1
    assert boxed(engine) == {"accepted": 5, "superseded": 3, "counted": 1, "cancelled": 1}
