"""A city at work: every record written before it is judged, judged once, and judged again after a kill."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from alerts.alert import Alert
from rules.book import Book
from rules.records import Blind, Frame, Tick, UseBook
from rules.signals import Cause, Signal
from streams.clock import HandClock
from streams.journal import Cursor, DiskFullError, Journal, JournalError, Reserve
from streams.metrics import Metrics
from streams.runtime import ClockKind, Parcel, Recovery, Shard
from tests.streams.counting import CountingEngines, ListeningDesk, book, frame

NOON = 1_452_000_000_000


class City:
    """A shard with its fakes on one folder; `again` is a new process over the same folder."""

    def __init__(self, folder: Path, *, kind: ClockKind = "wall", reserve: int = 0, use: Book | None = None) -> None:
        self.folder = folder
        self.path = folder / "journal.sqlite"
        self.clock = HandClock(NOON)
        self.engines = CountingEngines()
        self.metrics = Metrics()
        self.book = use or book()
        self.desk = ListeningDesk(self.book)
        self.journal = Journal.open(self.path)
        hold = Reserve(folder / "reserve", reserve)
        hold.hold()
        self.shard = Shard(self.journal, self.engines, self.desk, self.clock, self.metrics, reserve=hold, kind=kind)

    def recover(self) -> Recovery:
        return self.shard.recover(self.book)

    def known(self) -> set[int]:
        assert self.engines.last is not None
        return {identity for identity, _ in self.engines.last.known}


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    made = City(tmp_path)
    made.recover()
    with closing(made.shard):
        yield made


def again(old: City, *, use: Book | None = None, kind: ClockKind = "wall") -> City:
    """The process died without a word; another one opens the folder."""
    old.journal.close()
    return City(old.folder, use=use, kind=kind)


def records(city: City) -> list[object]:
    return [record for _, record in city.journal.read()]


def test_rows_are_answered_one_by_one(city: City) -> None:
    first, second = city.shard.take([Parcel(frame=frame([1, 2])), Parcel(frame=frame([2, 3]))])
    assert first.answers == ("accepted", "accepted")
    assert second.answers == ("duplicate", "accepted")


def test_rows_are_stamped_by_the_one_writer(city: City) -> None:
    city.shard.take([Parcel(frame=frame([1], arrived_at=5))])
    (written,) = records(city)
    assert isinstance(written, Frame)
    assert written.rows["arrived_at"].tolist() == [NOON]


def test_no_stamp_lies_at_or_below_the_last_tick(city: City) -> None:
    city.shard.tick_to(NOON + 500, step=10_000)
    city.shard.take([Parcel(frame=frame([1])), Parcel(frame=frame([2]), stamp=NOON - 9_000)])
    stamps = [record.rows["arrived_at"][0] for record in records(city) if isinstance(record, Frame)]
    assert stamps == [NOON + 501, NOON + 501]
    assert b'tocsin_stamps_lifted_total{city="town"} 2.0' in city.metrics.page()


def test_on_the_stream_clock_rows_keep_their_own_arrival(tmp_path: Path) -> None:
    city = City(tmp_path, kind="stream")
    with closing(city.shard):
        city.recover()
        city.shard.take(
            [Parcel(frame=frame([1], arrived_at=70)), Parcel(tick=80), Parcel(frame=frame([2], arrived_at=60))]
        )
        first, tick, second = records(city)
    assert isinstance(first, Frame)
    assert isinstance(second, Frame)
    assert first.rows["arrived_at"].tolist() == [70]
    assert tick == Tick(80)
    assert second.rows["arrived_at"].tolist() == [81]


def test_a_tick_never_goes_backwards(tmp_path: Path) -> None:
    city = City(tmp_path, kind="stream")
    with closing(city.shard):
        city.recover()
        city.shard.take([Parcel(tick=80), Parcel(tick=50), Parcel(tick=80)])
        city.shard.tick_to(40, step=10)
        assert records(city) == [Tick(80)]


def test_ticks_go_on_in_small_steps_after_a_stop(city: City) -> None:
    city.shard.tick_to(NOON, step=10_000)
    city.shard.tick_to(NOON + 25_000, step=10_000)
    assert records(city) == [Tick(NOON), Tick(NOON + 10_000), Tick(NOON + 20_000), Tick(NOON + 25_000)]


def test_after_a_kill_the_log_is_judged_again_and_the_desk_hears_nothing_twice(city: City) -> None:
    city.shard.take([Parcel(frame=frame(range(1, 8)))])
    heard = list(city.desk.heard)
    after = again(city)
    after.desk.heard = list(heard)
    with closing(after.shard):
        recovery = after.recover()
        assert recovery.records == 1
        assert after.known() == set(range(1, 8))
        assert after.desk.heard == heard
        assert len(heard) == 2


def test_a_start_goes_on_from_the_last_snapshot(city: City) -> None:
    city.shard.take([Parcel(frame=frame([1]))])
    city.shard.remember()
    city.shard.take([Parcel(frame=frame([2]))])
    after = again(city)
    with closing(after.shard):
        assert after.recover() == Recovery(head=1, records=1, torn=(), bad_snapshots=0)
        assert after.known() == {1, 2}


def test_a_bad_snapshot_falls_back_to_the_older_one_and_then_to_nothing(city: City) -> None:
    for n in (1, 2):
        city.shard.take([Parcel(frame=frame([n]))])
        city.shard.remember()
    city.journal._link.execute("update state set data = x'00' where slot = 1")  # the second head's
    after = again(city)
    assert after.recover() == Recovery(head=1, records=1, torn=(), bad_snapshots=1)
    after.journal._link.execute("update state set data = x'00'")
    last = again(after)
    with closing(last.shard):
        assert last.recover() == Recovery(head=0, records=2, torn=(), bad_snapshots=2)
        assert last.known() == {1, 2}


def test_a_torn_tail_is_told(city: City) -> None:
    city.shard.take([Parcel(frame=frame([1])), Parcel(frame=frame([2]))])
    city.journal._link.execute("update log set sum = x'00' where offset = 2")
    after = again(city)
    with closing(after.shard):
        assert after.recover().torn == (2,)
        assert after.known() == {1}
        assert b'tocsin_journal_cut_records_total{city="town"} 1.0' in after.metrics.page()


def test_a_changed_book_enters_by_an_order_once(city: City) -> None:
    city.shard.tick_to(NOON, step=10_000)
    changed = book(version="two")
    after = again(city, use=changed)
    after.recover()
    assert records(after)[1:] == [UseBook(NOON + 1, changed.digest), Tick(NOON + 1)]
    last = again(after, use=changed)
    with closing(last.shard):
        last.recover()
        assert len(records(last)) == 3
        assert last.shard.engine.book == changed


def test_a_long_stop_is_told_for_the_feeds_that_push(city: City) -> None:
    city.shard.tick_to(NOON, step=10_000)
    city.shard.tell_stop(["calls"], NOON + 200_000)
    assert len(records(city)) == 1
    city.shard.tell_stop(["calls"], NOON + 900_000)
    assert records(city)[1:] == [Blind(NOON + 1, "calls", NOON, NOON + 900_000)]


def test_a_long_stop_is_told_before_time_passes_where_the_disk_is_full_at_the_start(city: City) -> None:
    city.shard.tick_to(NOON, step=10_000)
    after = again(city)
    with closing(after.shard):
        after.recover()
        pages = after.journal._link.execute("pragma page_count").fetchone()[0]
        after.journal._link.execute(f"pragma max_page_count = {pages}")
        after.shard.tell_stop(["calls", *(f"feed-{n}" for n in range(500))], NOON + 900_000)
        with pytest.raises(DiskFullError):
            after.shard.tick_to(NOON + 900_000, step=900_000)
        after.journal._link.execute("pragma max_page_count = 100000")
        after.shard.tick_to(NOON + 900_000, step=900_000)
        told = records(after)[1:]
        assert [order.feed for order in told[:-1] if isinstance(order, Blind)] == [
            "calls",
            *(f"feed-{n}" for n in range(500)),
        ]
        assert told[-1] == Tick(NOON + 900_000)


def test_a_log_keeps_the_clock_of_its_first_record(city: City) -> None:
    after = again(city, kind="stream")
    with closing(after.shard), pytest.raises(JournalError, match="start it with --clock wall"):
        after.recover()


def test_a_log_made_anew_has_a_higher_epoch_than_the_desk_has_heard(tmp_path: Path) -> None:
    city = City(tmp_path)
    city.shard.recover(city.book, heard=Cause(3, 900, 0))
    city.shard.take([Parcel(frame=frame([1, 2, 3]))])
    assert [heard.cause.epoch for heard in city.desk.heard] == [4]
    after = again(city)
    with closing(after.shard):
        after.shard.recover(after.book, heard=city.desk.heard[-1].cause)
        assert after.engines.last is not None
        assert after.engines.last.epoch == 4


def test_a_log_put_back_from_a_copy_is_heard_again(city: City) -> None:
    city.shard.take([Parcel(frame=frame([1, 2, 3]))])
    after = again(city)
    with closing(after.shard):
        after.desk.heard = list(city.desk.heard)
        after.shard.recover(after.book, heard=Cause(0, 700, 0))
        after.shard.take([Parcel(frame=frame([4, 5, 6]))])
        assert [heard.cause.epoch for heard in after.desk.heard] == [0, 1, 1]


def test_a_full_disk_at_the_desk_gives_the_reserve_up_and_says_it_again(tmp_path: Path) -> None:
    class FullOnce(ListeningDesk):
        full = True

        def apply(self, signals: Sequence[Signal], wall_at: int) -> list[Alert]:
            if self.full:
                self.full = False
                fault = sqlite3.OperationalError("database or disk is full")
                fault.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise OperationalError("insert", {}, fault)
            return super().apply(signals, wall_at)

    city = City(tmp_path, reserve=4096)
    desk = FullOnce(city.book)
    city.shard._telling.desk = desk
    with closing(city.shard):
        city.recover()
        city.shard.take([Parcel(frame=frame([1, 2, 3]))])
        assert len(desk.heard) == 1
        assert city.shard.full
        assert not (tmp_path / "reserve").exists()


def test_signals_wait_where_even_the_reserve_is_used_up_and_no_snapshot_passes_them(tmp_path: Path) -> None:
    class Full(ListeningDesk):
        full = True

        def apply(self, signals: Sequence[Signal], wall_at: int) -> list[Alert]:
            if self.full:
                fault = sqlite3.OperationalError("database or disk is full")
                fault.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise OperationalError("insert", {}, fault)
            return super().apply(signals, wall_at)

    city = City(tmp_path, reserve=4096)
    city.shard._telling.desk = desk = Full(city.book)
    with closing(city.shard):
        city.recover()
        city.shard.take([Parcel(frame=frame([1, 2, 3]))])
        city.shard.remember()
        assert (desk.heard, list(city.journal.snapshots())) == ([], [])
        desk.full = False
        assert city.shard.breathe()
        city.shard.remember()
        assert [heard.cause.n for heard in desk.heard] == [2]
        assert [kept.told for kept in city.journal.snapshots() if kept] == [desk.heard[-1].cause]


def test_a_desk_that_lost_what_it_was_told_is_told_again_in_silence(tmp_path: Path) -> None:
    class Noting(ListeningDesk):
        silent: list[bool]

        def apply(self, signals: Sequence[Signal], wall_at: int) -> list[Alert]:
            self.silent += [self.shut] * len(signals)
            return super().apply(signals, wall_at)

    city = City(tmp_path)
    city.recover()
    city.shard.take([Parcel(frame=frame([1, 2, 3]))])
    city.shard.remember()
    city.shard.take([Parcel(frame=frame([4, 5, 6]))])
    after = again(city)
    after.shard._telling.desk = desk = Noting(after.book)
    desk.silent = []
    with closing(after.shard):
        recovery = after.shard.recover(after.book, heard=None)
    assert [heard.alert for heard in desk.heard] == [heard.alert for heard in city.desk.heard]
    assert desk.silent == [True, False]
    assert recovery.bad_snapshots == 0


def test_a_full_disk_takes_no_events_until_the_reserve_is_held_again(tmp_path: Path) -> None:
    city = City(tmp_path, reserve=4096)
    with closing(city.shard):
        city.recover()
        pages = city.journal._link.execute("pragma page_count").fetchone()[0]
        city.journal._link.execute(f"pragma max_page_count = {pages + 2}")
        with pytest.raises(DiskFullError):
            city.shard.take([Parcel(frame=frame(range(1, 500)), cursor=Cursor("file-1", 9))])
        assert not (tmp_path / "reserve").exists()
        assert city.journal.cursors() == {}
        city.shard.tick_to(NOON, step=1)
        city.journal._link.execute("pragma max_page_count = 100000")
        city.shard.take([Parcel(frame=frame(range(1, 500)), cursor=Cursor("file-1", 9))])
        assert (tmp_path / "reserve").exists()
        assert len(city.known()) == 499


@given(
    groups=st.lists(st.lists(st.lists(st.integers(1, 30), max_size=4), min_size=1, max_size=3), max_size=8),
    stops=st.sets(st.integers(0, 8)),
    snapshots=st.sets(st.integers(0, 8)),
)
def test_any_place_of_restart_gives_the_same_signals_in_the_same_order(
    tmp_path_factory: pytest.TempPathFactory,
    groups: list[list[list[int]]],
    stops: set[int],
    snapshots: set[int],
) -> None:
    assert run(tmp_path_factory, groups, stops, snapshots) == run(tmp_path_factory, groups, set(), set())


def run(
    factory: pytest.TempPathFactory, groups: list[list[list[int]]], stops: set[int], snapshots: set[int]
) -> list[Signal]:
    city = City(factory.mktemp("city"))
    city.recover()
    for n, group in enumerate(groups):
        city.shard.take([Parcel(frame=frame(ids)) for ids in group])
        if n in snapshots:
            city.shard.remember()
        if n in stops:
            heard = city.desk.heard
            city = again(city)
            city.desk.heard = heard
            city.recover()
    city.shard.close()
    return city.desk.heard
