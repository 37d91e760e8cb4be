"""Counts for pages: what settled and what is open, absolute; whoever looks changes nothing."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.counts import Key, MemoryCounts, key_of
from rules.book import DetectorSpec
from rules.engine import Engine
from rules.records import Record, Tick
from rules.shown import Count
from rules.signals import Signal
from tests.engine import towns
from tests.engine.test_restart import BOOKS, BURST, DROPS, LEARNS, logs
from tests.engine.worlds import HOUR, MINUTE, START, TICKS, Event, book, log_of, rule

LATEST = START + 10_000 * HOUR


def shown_by(engine: Engine, store: MemoryCounts, *, open_too: bool = False) -> None:
    store.put_counts("small", engine.counted(open_too=open_too))


def lived(
    records: Sequence[Record], looks: set[int], cuts: set[int], *, whole: bool = False, level: str = "district"
) -> tuple[MemoryCounts, list[Signal], dict[str, bytes]]:
    """What is kept of counts where they are taken at `looks`, and taken and the engine made anew of its rows at `cuts`;
    what was said, and the memory in the end."""
    books = {of.digest: of for of in BOOKS}
    engine, store, said = Engine(BOOKS[0]), MemoryCounts(), []
    for of in books.values():
        engine.add_book(of)
    engine.show_counts(level)
    begun = 0
    for n in sorted({*cuts, *looks, len(records)}):
        part = list(enumerate(records, 1))[begun:n]
        told = engine.apply_all(part) if whole else (s for offset, one in part for s in engine.apply(one, offset))
        said += list(told)
        begun = max(begun, n)
        shown_by(engine, store, open_too=n in looks)
        if n in cuts:
            engine = Engine.of_rows(engine.rows(), books)
            engine.show_counts(level)
    return store, said, engine.rows()


def settled(store: MemoryCounts) -> dict[Key, Count]:
    """Rows that tell of something: of a series that was not heard yet, one of nothing may be there or not."""
    return {key_of(row): row for row in store.counts("small", 0, LATEST) if row.settled and row.count}


def alike(one: MemoryCounts, other: MemoryCounts) -> bool:
    """Whether the counts are the same, and, where an hour was said before something came late, all else."""
    mine, theirs = settled(one), settled(other)
    assert mine.keys() == theirs.keys()
    assert {key: row.count for key, row in mine.items()} == {key: row.count for key, row in theirs.items()}
    both = [key for key in mine if None not in (mine[key].expected, theirs[key].expected)]
    return {key: _decided(mine[key]) for key in both} == {key: _decided(theirs[key]) for key in both}


def _decided(row: Count) -> Count:
    """Of buckets into which nothing had come, only rules that learn decide whether they are missing."""
    return row if row.rule in (LEARNS.id, DROPS.id) else msgspec.structs.replace(row, missing=False)


@given(records=logs(), looks=st.sets(st.integers(0, 90), max_size=9), cuts=st.sets(st.integers(1, 90), max_size=4))
@example(records=log_of(BURST, TICKS), looks={3, 9, 10, 80}, cuts={11, 30})
def test_whenever_it_is_looked_the_same_is_shown_and_nothing_else_is_said(
    records: list[Record], looks: set[int], cuts: set[int]
) -> None:
    plain, _, _ = lived(records, set(), set())
    assert alike(plain, lived(records, set(), set(), whole=True)[0])
    store, again, remembered = lived(records, looks, cuts)
    assert alike(store, plain)
    unseen, unseen_said, unseen_memory = lived(records, set(), cuts, level="")
    assert (again, remembered) == (unseen_said, unseen_memory)
    assert unseen.counts("small", 0, LATEST) == []


def run(events: Sequence[Event], ticks: Sequence[int], *, to: int) -> MemoryCounts:
    """A rule of four in an hour over some events, ticked to `to` minutes, with what is open."""
    engine, store = Engine(book((rule("many", windows=(HOUR,), categories="service"),))), MemoryCounts()
    engine.show_counts("district")
    for offset, record in enumerate(log_of(events, ticks), 1):
        if isinstance(record, Tick) and record.now > START + to * MINUTE:
            break
        engine.apply(record, offset)
        shown_by(engine, store, open_too=True)
    return store


def row(store: MemoryCounts, area: str, category: str, hour: int) -> Count:
    start = (START // HOUR + hour) * HOUR
    found = store.counts("small", start, start + HOUR, area=area, category=category)
    return found[0]


EVENTS = [Event(id=n + 1, occurred=60 + 2 * n, arrived=61 + 2 * n, offset=n) for n in range(5)]


def test_an_open_hour_counts_on_and_is_said_for_good_when_its_last_bucket_settles() -> None:
    first = START // HOUR
    hour = (START + 60 * MINUTE) // HOUR - first
    early = row(run(EVENTS, range(10, 300, 1), to=64), "north", "incident", hour)
    assert (early.count, early.settled, early.limit, early.step) == (2, False, 4, HOUR)
    late = row(run(EVENTS, range(10, 300, 1), to=250), "north", "incident", hour)
    assert (late.count, late.settled, late.limit, late.version) == (5, True, 4, "v1")


def test_what_comes_too_late_counts_in_the_hour_in_which_it_occurred() -> None:
    late = Event(id=99, occurred=61, arrived=290, offset=99)
    hour = (START + 60 * MINUTE) // HOUR - START // HOUR
    found = row(run([*EVENTS, late], range(10, 310, 1), to=305), "north", "incident", hour)
    assert (found.count, found.settled) == (6, True)


def test_of_areas_below_the_town_the_whole_is_shown_and_of_the_town_each_category() -> None:
    shown = {(one.area, one.category) for one in run(EVENTS, range(10, 300, 10), to=250).counts("small", 0, LATEST)}
    assert shown == {("city", "incident"), ("city", "traffic"), ("north", "incident")}


def test_a_learned_hour_is_shown_with_its_band_and_the_count_that_would_speak() -> None:
    engine = towns.engine_of()
    engine.show_counts("town")
    store = MemoryCounts()
    for n, record in enumerate(towns.later(towns.usual(9), hours=10), 1):
        engine.apply(record, 1_000_000 + n)
    store.put_counts("town", engine.counted(open_too=False))
    found = store.counts("town", towns.NOW, towns.NOW + 6 * HOUR, area="town", category="any")
    assert len(found) == 6
    for one in found:
        assert one.expected is not None
        assert one.low is not None
        assert one.high is not None
        assert one.limit is not None
        assert 0 <= one.low < one.expected < one.high < one.limit


def test_each_rule_is_shown_with_its_own_limit() -> None:
    """Also where none has judged yet: all that came came too late, so no judge has asked for its heights."""
    rules = tuple(rule(f"of-{n}", detector=DetectorSpec("threshold", {"n": n})) for n in (4, 9))
    learns = rule("learns", detector=DetectorSpec("surprise", {"learn_days": 1}), windows=(HOUR,))
    engine = Engine(book((learns, *rules)))
    engine.show_counts("city")
    late = Event(id=1, occurred=60, arrived=200)
    for n, record in enumerate(log_of([late], range(10, 400, 10)), 1):
        engine.apply(record, n)
    limits = {one.rule: one.limit for one in engine.counted(open_too=True) if isinstance(one, Count)}
    assert (limits["of-4"], limits["of-9"]) == (4, 9)


def test_a_detector_that_raises_is_shown_without_what_it_expects(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(book((rule("many", detector=DetectorSpec("threshold", {"n": 9})),)))
    engine.show_counts("district")
    for n, record in enumerate(log_of(EVENTS, range(10, 200, 10)), 1):
        engine.apply(record, n)

    def fails(*_: object) -> None:
        raise ValueError("no law")

    monkeypatch.setattr(type(engine.rules["many"].judge.detector), "law", fails)
    shown = engine.counted(open_too=False)
    assert shown
    assert all(isinstance(one, Count) and one.expected is None and one.limit is None for one in shown)
    assert not engine.stopped
