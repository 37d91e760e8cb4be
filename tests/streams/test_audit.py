"""The audit of law 9: two countings that know nothing of one another agree, and a planted loss is found."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.book import Book, decode, encode
from rules.engine import Engine
from rules.records import Record, Tick, UseBook
from streams.audit import Audit, Recount, audit, lines, table
from streams.audit.audit import compared
from streams.audit.series import compare, reaches_back_to
from streams.engines import RuleEngines
from streams.journal import Cursor, Journal, JournalDamagedError, RefusedDay, Snapshot
from streams.messages import SpokenError
from streams.refusals import Place, Reason, Refusal
from streams.runtime.recovery import FIRST_BOOK
from tests.engine.worlds import HOUR, MINUTE, RULES, START, TICKS, Event, book, log_of, nights, rule

DAY = 86_400_000
BOOKS = (
    book(),
    book([*RULES, rule("young", categories="", once_within=20 * MINUTE)]),
    book([rule("many", keep=HOUR)]),
)
BURST = [Event(id=i + 1, occurred=60 + i, arrived=61 + i, offset=i) for i in range(6)]


def judged(records: Sequence[tuple[int, Record]], of: Book, clock: str = "wall") -> Audit:
    """The audit of records without a journal around them: one engine from the start, one recount."""
    engine = Engine(of, clock="stream" if clock == "stream" else "wall")
    for known in BOOKS:
        engine.add_book(known)
    for offset, record in records:
        engine.apply(record, offset)
    assert not engine.stopped
    recount = Recount(of, {b.digest: b for b in BOOKS}, wall=clock == "wall", since=reaches_back_to(engine))
    recount.take(records)
    recount.settle()
    totals = compare(engine, recount.changes, recount.books_begun, of)
    return compared(engine, recount, [], records[-1][0] if records else 0, totals)


@given(
    night=nights(),
    split=st.integers(1, 9),
    orders=st.lists(st.tuples(st.integers(0, 60), st.sampled_from(BOOKS)), max_size=3),
    clock=st.sampled_from(("wall", "stream")),
    unfinished=st.integers(0, 12),
)
def test_the_second_counting_comes_to_the_engines_figures(
    night: list[Event], split: int, orders: list[tuple[int, Book]], clock: str, unfinished: int
) -> None:
    records = log_of(night, TICKS, split)
    for place, of in orders:
        at = min(place, len(records))
        last = max((r.now for r in records[:at] if isinstance(r, Tick)), default=START)
        records.insert(at, UseBook(last + 1, of.digest))
    found = judged(list(enumerate(records[: len(records) - unfinished], 1)), BOOKS[0], clock)
    assert not found.imbalances
    assert not any(one.differs for one in found.compared)


def test_an_ordinary_night_compares_real_events() -> None:
    found = judged(list(enumerate(log_of(BURST, TICKS), 1)), BOOKS[0])
    assert found.balanced
    assert all(one.cells and one.events >= len(BURST) for one in found.compared)
    assert sum(day.received for day in found.days.values()) == len(BURST)


class Kept:
    """A journal with a night in it, as a city in service leaves it: frames, ticks, a snapshot half way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        of = decode(encode(book()))
        records = log_of(BURST, TICKS)
        engine = RuleEngines().make(of, 0, "wall")
        with closing(Journal.open(path)) as journal:
            journal.put_book(of)
            journal.append([], meta={FIRST_BOOK: of.digest, "clock": "wall", "epoch": "0"})
            half = len(records) // 2
            for offset in journal.append(records[:half]):
                engine.apply(records[offset - 1], offset)
            journal.put_snapshot(Snapshot(half, engine.rows()))
            journal.append(records[half:], refused=[refusal(n) for n in range(5)])

    def audit(self, **how: bool) -> Audit:
        with closing(Journal.open(self.path, read_only=True)) as journal:
            return audit(journal, **how)

    def tamper(self, work: Callable[[sqlite3.Connection], object]) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as link:
            work(link)

    def tamper_engine(self, work: Callable[[Engine], object]) -> None:
        """The memory of the engine goes wrong, as a bug would make it, and is remembered."""
        with closing(Journal.open(self.path)) as journal:
            (snapshot,) = journal.snapshots()
            assert snapshot is not None
            engine = Engine.of_rows(snapshot.rows, journal.books())
            work(engine)
            journal.put_snapshot(Snapshot(snapshot.head, engine.rows()))


def refusal(n: int, *, at: int = START) -> Refusal:
    return Refusal("calls", Reason.BAD_TIME, "occurred_at", Place("push-calls", n), at, 10, "00" * 16)


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "journal.sqlite")


@pytest.mark.parametrize("whole", [False, True])
def test_a_sound_journal_is_balanced_from_its_snapshot_and_from_its_first_record(kept: Kept, whole: bool) -> None:
    found = kept.audit(whole=whole)
    assert found.balanced
    (day,) = found.days.values()
    assert (day.refused, day.accepted, day.received) == (5, len(BURST), 5 + len(BURST))
    assert sum(one.events for one in found.compared) > 0


def test_a_row_that_the_engine_forgot_is_found_by_feed_and_day(kept: Kept) -> None:
    def forget(engine: Engine) -> None:
        (boxes,) = engine.tally.counts.values()
        boxes["counted"] -= 1

    kept.tamper_engine(forget)
    found = kept.audit()
    told = {(one.feed, one.day, one.what): (one.log, one.engine) for one in found.imbalances}
    day = "2023-11-14"
    assert told == {
        ("calls", day, "received"): (len(BURST), len(BURST) - 1),
        ("calls", day, "counted"): (len(BURST), len(BURST) - 1),
    }
    assert kept.audit(whole=True).balanced


def test_a_row_in_the_wrong_box_is_found_where_the_sums_agree(kept: Kept) -> None:
    kept.tamper_engine(lambda engine: engine.tally.move("calls", START, "counted", "superseded"))
    assert {one.what for one in kept.audit().imbalances} == {"counted", "superseded"}


def test_an_event_counted_twice_in_a_series_is_found_by_rule_area_and_bucket(kept: Kept) -> None:
    def double(engine: Engine) -> None:
        counts = engine.counts[engine.rules["many"].fingerprint]
        series = counts.fed_by("north", "traffic.jam")
        bucket = counts.steps.bucket(START + 60 * MINUTE)
        counts.ring.add(series, np.full(len(series), bucket), np.ones(len(series), np.int64))

    kept.tamper_engine(double)
    found = kept.audit()
    assert not found.imbalances
    differs = [cell for one in found.compared for cell in one.differs]
    assert {cell.rule for cell in differs} == {"many"}
    assert {cell.engine - cell.recounted for cell in differs} == {1}
    assert ("north", "traffic.jam", START + 60 * MINUTE) in {(c.area, c.category, c.start) for c in differs}


FIRST_FRAME = "offset = (select min(offset) from log where kind = 'frame')"


def test_a_frame_that_is_gone_from_the_log_is_told_by_the_journal_itself(kept: Kept) -> None:
    kept.tamper(lambda link: link.execute(f"delete from log where {FIRST_FRAME}"))
    with pytest.raises(JournalDamagedError, match="record 5"):
        kept.audit()


def test_a_frame_that_was_set_aside_is_found(kept: Kept) -> None:
    kept.tamper(lambda link: link.execute(f"update log set kind = 'torn' where {FIRST_FRAME}"))
    found = kept.audit()
    assert "received" in {one.what for one in found.imbalances}
    assert not found.balanced


def test_a_refused_record_that_vanished_is_found(kept: Kept) -> None:
    kept.tamper(lambda link: link.execute("delete from refused where offset = 3"))
    assert [(one.what, one.log, one.engine) for one in kept.audit().imbalances] == [("refused", 4, 5)]


def test_refused_records_stay_counted_when_they_are_forgotten_and_not_when_put_through(kept: Kept) -> None:
    with closing(Journal.open(kept.path)) as journal:
        journal.append([], refused=[refusal(4, at=START + DAY), refusal(9, at=START + DAY)])
        assert journal.forget_refused(3) == 3
        journal.forget_places("push-calls", [9])
        days = [(one.day - START // DAY, one.refused, one.forgotten, one.kept) for one in journal.refused_days()]
    assert days == [(0, 4, 3, 1), (1, 1, 0, 1)]
    assert kept.audit().balanced


def test_a_journal_of_an_older_release_counts_what_it_still_keeps(kept: Kept) -> None:
    kept.tamper(lambda link: link.execute("drop table refused_days"))
    assert kept.audit().balanced
    with closing(Journal.open(kept.path)) as journal:
        assert journal.refused_days() == [RefusedDay("calls", START // DAY, 5, 0, 5)]


def test_what_a_writer_adds_after_the_cut_is_not_looked_at(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = Journal.read

    def read(self: Journal, after: int = 0):  # type: ignore[no-untyped-def]  # as Journal.read
        if after == 0:
            with closing(Journal.open(kept.path)) as writer:
                late = [Event(id=99, occurred=1_300, arrived=1_301)]
                writer.append(log_of(late, [1_310]), cursors=[Cursor("push-calls", 99)])
        yield from reading(self, after)

    monkeypatch.setattr(Journal, "read", read)
    found = kept.audit()
    assert found.balanced
    assert sum(day.accepted for day in found.days.values()) == len(BURST)


def test_a_log_that_has_not_begun_gets_one_clear_sentence(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    Journal.open(path).close()
    with closing(Journal.open(path, read_only=True)) as journal, pytest.raises(SpokenError, match="has not begun"):
        audit(journal)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_differs_is_told_to_people_and_to_programs(kept: Kept, language: str) -> None:
    kept.tamper_engine(lambda engine: engine.tally.move("calls", START, "counted", "superseded"))
    found = kept.audit()
    *told, verdict = lines(found, language)
    assert sum("2023-11-14" in line for line in told) == 2
    assert "small" in verdict
    data = msgspec.json.decode(msgspec.json.encode(table(found)))
    assert data["balanced"] is False
    assert {(one["what"], one["log"] - one["engine"]) for one in data["imbalances"]} == {
        ("counted", 1),
        ("superseded", -1),
    }
    boxes = data["feeds"]["calls"]["2023-11-14"]
    assert boxes["received"] == boxes["refused"] + boxes["accepted"] == 5 + len(BURST)
