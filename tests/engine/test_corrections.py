"""Corrections take back what was counted, whether the memory still knows it or not, and never twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from rules.book import Book, DetectorSpec
from rules.canonical import canonical
from rules.corrections import corrections_of
from rules.detectors.port import Points
from rules.engine import Engine
from rules.records import CORRECTION, Frame, Record, UseBook
from rules.signals import Signal
from tests.engine.test_revisions import ALL, FIRST, boxed, counted, everywhere
from tests.engine.worlds import (
    AREAS,
    CATEGORIES,
    END,
    HOUR,
    MINUTE,
    START,
    Event,
    book,
    frame,
    log_of,
    nights,
    rule,
    run,
    tick,
)

DAY = 24 * 60
SPARSE = tuple(range(5, END, 95))
"""Ticks, in minutes after START."""
LONG = rule("all", windows=(HOUR, 48 * HOUR), categories="type")
"""Its ring reaches back four days, the memory of identities six hours."""


def back(events: Sequence[Event], minute: int) -> Frame:
    """What takes these events back, arrived in the minute after `minute`."""
    whole = frame(events)
    rows = corrections_of(whole.rows)
    rows["arrived_at"] = START + minute * MINUTE + 1
    return structs.replace(whole, rows=rows, partitions=("retracted",))


def applied(records: Sequence[Record], of: Book, engine: Engine | None = None) -> tuple[Engine, list[Signal]]:
    engine = engine or Engine(of)
    said = [signal for n, record in enumerate(records, max(engine.offset, 0) + 1) for signal in engine.apply(record, n)]
    assert not engine.stopped, engine.stopped
    return engine, said


def cells(engine: Engine) -> dict[tuple[str, str, str, int], int]:
    """Every count above zero: (counts, area, category, bucket)."""
    found = {}
    for name, counts in engine.counts.items():
        for (area, category), series in counts.series.items():
            for bucket in range(counts.ring.lo + 1, counts.ring.hi + 1):
                n = int(counts.total(np.array([series]), np.array([bucket]), np.array([bucket]))[0])
                if n:
                    found[name, area, category, bucket] = n
    return found


def test_what_came_since_the_last_tick_is_taken_back_once() -> None:
    engine, _ = applied([frame([FIRST]), back([FIRST], 62), tick(70)], book([ALL]))
    assert everywhere(engine) == {}
    assert boxed(engine) == {"accepted": 2, "superseded": 1, "cancelled": 1}


@pytest.mark.parametrize("minute", [63, 200, 10 * 60, 3 * DAY], ids=["open", "settled", "forgotten", "purged"])
def test_what_was_counted_is_taken_back_however_long_ago_it_was(minute: int) -> None:
    kept = FIRST.corrected(id=2, offset=1)
    records = [*log_of([FIRST, kept], (62,)), *map(tick, range(150, minute, 150)), back([FIRST], minute)]
    engine, _ = applied([*records, tick(minute + 1), tick(minute + 60)], book([LONG]))
    assert counted(engine, "north", "traffic.jam", 60, 70) == counted(engine, "city", "incident", 60, 70) == 1
    assert boxed(engine) == {"accepted": 3, "counted": 1, "superseded": 1, "cancelled": 1}


@pytest.mark.parametrize("later", [0, 1, 300, 30 * 60])
@pytest.mark.parametrize("minute", [63, 3 * DAY])
def test_taking_back_twice_is_harmless(minute: int, later: int) -> None:
    of = book([LONG])
    records = [*log_of([FIRST, FIRST.corrected(id=2, offset=1)], (62,)), *map(tick, range(150, minute, 150))]
    first, second = back([FIRST], minute), back([FIRST], minute + later)
    if later < 6 * 60:  # beyond it the archive knows, see `tocsin feeds retract`
        records += [first, second, tick(minute + later + 1)] if later == 0 else [first, tick(minute + 1), second]
    else:
        records += [first]
    engine, _ = applied([*records, tick(minute + later + 60)], of)
    assert counted(engine, "north", "traffic.jam", 60, 70) == 1
    assert boxed(engine).get("redelivered", 0) == (1 if later < 6 * 60 else 0)


def test_no_revision_of_the_feed_brings_back_what_was_retracted() -> None:
    again = FIRST.corrected(revision=10**13, arrived=66, area="south")
    records = [*log_of([FIRST], (62,)), back([FIRST], 63), tick(65), frame([again]), tick(70)]
    engine, _ = applied(records, book([ALL]))
    assert everywhere(engine) == {}
    assert boxed(engine) == {"accepted": 3, "superseded": 2, "cancelled": 1}


def test_it_is_the_standing_revision_and_its_count_that_are_taken_back() -> None:
    stands = FIRST.corrected(revision=4, arrived=64, area="south", count=5)
    records = [*log_of([FIRST, stands], (62, 70, 3 * DAY)), back([stands], 3 * DAY), tick(3 * DAY + 5)]
    engine, _ = applied(records, book([LONG]))
    assert everywhere(engine) == {}


def test_a_retraction_of_an_open_burst_withdraws_its_alert() -> None:
    burst = [Event(id=n + 1, occurred=60 + n, arrived=61 + n, offset=n) for n in range(6)]
    _, said = applied([*log_of(burst, (67,)), back(burst, 68), tick(69), tick(400)], book([rule("many")]))
    assert "running" in {signal.state for signal in said}
    assert said[-1].state == "withdrawn"


def test_a_retraction_of_a_settled_burst_leaves_its_judgement_and_changes_windows_that_end_later() -> None:
    four_in_two_days = rule("all", windows=(48 * HOUR,), categories="", detector=DetectorSpec("threshold", {"n": 4}))
    wrong = [Event(id=n + 1, occurred=60 + n, arrived=61 + n, offset=n) for n in range(3)]
    right = Event(id=9, occurred=DAY, arrived=DAY + 1, offset=9)
    head = log_of(wrong, (67, 600))
    tail: list[Record] = [frame([right]), tick(DAY + 5), tick(DAY + 60)]
    of = book([four_in_two_days])
    assert canonical(applied([*head, *tail], of)[1]) != []
    assert canonical(applied([*head, back(wrong, 601), tick(602), *tail], of)[1]) == []
    burst = [*wrong, *(e.corrected(id=e.id + 20, offset=e.offset + 20) for e in wrong)]
    told = canonical(applied(log_of(burst, (67, 600)), of)[1])
    after = canonical(applied([*log_of(burst, (67, 600)), back(burst, 601), tick(602)], of)[1])
    assert [alert["key"] for alert in after] == [alert["key"] for alert in told] != []


def test_a_place_that_counts_once_lets_its_next_row_count_when_the_first_is_retracted() -> None:
    once = rule("all", once_within=HOUR, windows=(48 * HOUR,))
    three = [FIRST.corrected(id=n + 1, occurred=60 + n, arrived=61 + n, place=5, offset=n) for n in range(3)]
    records = [*log_of(three, (70, DAY)), back(three[:1], DAY), tick(DAY + 5)]
    engine, _ = applied(records, book([once]))
    assert counted(engine, "north", "traffic.jam", 60, 70) == 1
    engine, _ = applied([*records, back(three, DAY + 6), tick(DAY + 9)], book([once]))
    assert everywhere(engine) == {}


def test_a_rule_that_came_when_the_memory_had_forgotten_is_not_driven_below_zero() -> None:
    old, new = book([LONG]), book([LONG, rule("young", windows=(72 * HOUR,), categories="type")])
    engine = Engine(old)
    engine.add_book(new)
    there = FIRST.corrected(id=2, occurred=2 * DAY, arrived=2 * DAY + 1, offset=1)
    records = [
        *log_of([FIRST, there], (62, DAY, 2 * DAY, 2 * DAY + 5)),
        UseBook(START + (2 * DAY + 6) * MINUTE, new.digest),
        tick(2 * DAY + 10),
        back([FIRST, there], 2 * DAY + 11),
        tick(2 * DAY + 60),
    ]
    applied(records, old, engine)
    assert cells(engine) == {}
    assert counted(engine, "north", "traffic.jam", 0, 70, of="young") == 0


def test_what_the_city_no_longer_knows_is_set_aside() -> None:
    engine, _ = applied([*log_of([FIRST], (62,)), back([FIRST], 63), tick(64)], book([ALL], feeds=()))
    assert boxed(engine) == {"accepted": 2, "not_for_counting": 2}


def standing(night: Sequence[Event]) -> list[Event]:
    """Of each identity the highest revision, then the larger content."""
    found: dict[tuple[int, str], Event] = {}
    for event in night:
        at = found.get((event.id, event.stage))
        if at is None or (event.revision, event.content) > (at.revision, at.content):
            found[event.id, event.stage] = event
    return list(found.values())


def test_a_correction_of_a_row_that_never_counted_stops_nothing() -> None:
    """As one whose identity had been forgotten, and that carries another version than the one that stood."""
    once = rule("all", once_within=HOUR, windows=(48 * HOUR,))
    other = FIRST.corrected(place=5, revision=3)
    records = [*log_of([FIRST.corrected(place=5)], (62, DAY)), back([other], DAY), tick(DAY + 5)]
    engine, _ = applied(records, book([once]))
    assert counted(engine, "north", "traffic.jam") == 1


@given(night=nights(), chosen=st.sets(st.integers(1, 40)), split=st.integers(1, 50))
def test_a_night_less_what_was_retracted_is_a_night_without_it(
    night: list[Event], chosen: set[int], split: int
) -> None:
    """By minute 1,200 most of it has been forgotten."""
    night = [e.corrected(arrived=max(e.arrived, e.occurred)) for e in night if e.arrived - e.occurred <= 6 * 60]
    wrong = [event for event in standing(night) if event.id in chosen and event.count]
    pieces: list[Record] = [back(wrong[i : i + split], END) for i in range(0, len(wrong), split)]
    of = book()
    whole, _ = applied([*log_of(night, SPARSE), *pieces, tick(END + 60)], of)
    without = [event for event in night if (event.id, event.stage) not in {(e.id, e.stage) for e in wrong}]
    plain, _ = applied([*log_of(without, SPARSE), tick(END + 60)], of)
    assert {cell: n for cell, n in cells(whole).items() if n} == cells(plain)
    boxes = boxed(whole)
    assert all(n >= 0 for days in whole.boxes().values() for day in days.values() for n in day.values())
    assert boxes.get("accepted", 0) + boxes.get("duplicate", 0) + boxes.get("redelivered", 0) == len(night) + len(wrong)
    flagged = sum(event.flags != 0 for event in wrong)
    assert boxes.get("cancelled", 0) >= len(wrong) - flagged


@given(night=nights(most=12), split=st.integers(1, 4), cut=st.integers(0, 12))
def test_a_restart_within_a_retraction_changes_nothing(night: list[Event], split: int, cut: int) -> None:
    night = [e for e in night if e.count and e.revision == 0 and 0 <= e.arrived - e.occurred <= 6 * 60]
    first = standing(night)
    of = book()
    pieces: list[Record] = [back(first[i : i + split], END) for i in range(0, len(first), split)]
    records = [*log_of(night, SPARSE), *pieces, *pieces, tick(END + 60)]
    undisturbed, said = applied(records, of)
    engine, again = Engine(of), []
    for offset, record in enumerate(records, 1):
        if offset == len(records) - cut:
            engine = Engine.restore(engine.snapshot(), {of.digest: of})
        again += engine.apply(record, offset)
    assert again == said
    assert engine.boxes() == undisturbed.boxes()
    assert cells(engine) == cells(undisturbed)


def steady(days: int) -> list[Event]:
    return [Event(n + 1, n * 20, n * 20 + 1, AREAS[n % 3], CATEGORIES[n // 3 % 3], offset=n) for n in range(days * 72)]


def means(engine: Engine, minute: int) -> dict[tuple[str, str], float]:
    """What is expected of each learned series in the hour before a minute."""
    judge = engine.rules["surge"].judge
    bucket = judge.counts.steps.bucket(START + minute * MINUTE)
    series = np.array([judge.counts.series[pair] for pair in judge.learned])
    points = Points(series, np.full(len(series), bucket - 5), np.full(len(series), bucket))
    return dict(zip(judge.learned, judge.law(points, bucket).mean.tolist(), strict=True))


def learned(events: Sequence[Event], wrong: Sequence[Event], minute: int, until: int) -> Engine:
    """A learning city in which `wrong` are taken back at `minute`."""
    surge = rule("surge", detector=DetectorSpec("surprise", {"learn_days": 1}), windows=(HOUR,), categories="")
    ticks = [t for t in range(30, until, 30) if t != minute]
    records = log_of(list(events), [*ticks, until])
    at = next(n for n, record in enumerate(records) if getattr(record, "now", 0) > START + minute * MINUTE)
    if wrong:
        records.insert(at, back(wrong, minute))
    return applied(records, book([surge]))[0]


def test_a_baseline_that_had_not_learned_what_was_retracted_never_does() -> None:
    """The day's refit comes after the retraction: to the last bit as if it had never been counted."""
    days = steady(4)
    wrong = [Event(9_000 + n, 3 * DAY + n, 3 * DAY + n + 1, "north", offset=9_000 + n) for n in range(3)]
    without = learned(days, [], 3 * DAY + 20, 4 * DAY + 1)
    assert means(learned([*days, *wrong], wrong, 3 * DAY + 20, 4 * DAY + 1), 4 * DAY) == means(without, 4 * DAY)
    assert means(learned([*days, *wrong], [], 3 * DAY + 20, 4 * DAY + 1), 4 * DAY) != means(without, 4 * DAY)


def test_a_baseline_that_has_learned_what_is_retracted_unlearns_it_at_its_next_refit() -> None:
    """But for what has faded since: the sum forgets the three events a little, the retraction takes them whole."""
    days = steady(5)
    wrong = [Event(9_000 + n, 2 * DAY + 40 * n, 2 * DAY + 40 * n + 1, "north", offset=9_000 + n) for n in range(24)]
    without = means(learned(days, [], 0, 5 * DAY + 1), 5 * DAY)["north", "incident"]
    kept = means(learned([*days, *wrong], [], 0, 5 * DAY + 1), 5 * DAY)["north", "incident"]
    taken = means(learned([*days, *wrong], wrong, 4 * DAY + 10, 5 * DAY + 1), 5 * DAY)["north", "incident"]
    assert kept > 1.05 * without
    assert abs(taken - without) < 0.2 * (kept - without)


def test_the_flag_travels_with_the_row() -> None:
    rows = back([FIRST.corrected(flags=1, revision=3, count=2)], 90).rows
    assert int(rows["flags"][0]) == CORRECTION | 1
    assert (int(rows["count"][0]), int(rows["due_at"][0]), int(rows["revision"][0])) == (2, 3, 2**63 - 1)


def test_a_correction_is_not_heard_as_a_sign_of_life() -> None:
    engine, _ = run([*log_of([FIRST], (62,)), back([FIRST], 63), tick(64)], book([ALL]))
    assert engine.watches["calls"].last_heard == START + 61 * MINUTE + 2
