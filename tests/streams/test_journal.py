"""The journal: one order, durable, checked, and honest about what it cannot read."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.records import ROW, Frame, Record, StopRule, Tick
from streams.journal import (
    Cursor,
    DiskFullError,
    Journal,
    JournalDamagedError,
    JournalError,
    Reserve,
    log,
    sums,
)
from streams.refusals import Place, Reason, Refusal


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    with closing(Journal.open(path)) as opened:
        yield opened


def edit(path: Path, statement: str, *values: object) -> None:
    """What a failing disk or a stranger does behind the journal's back."""
    with closing(sqlite3.connect(path)) as link:
        link.execute(statement, values)
        link.commit()


def frame(rows: int = 2) -> Frame:
    block = np.zeros(rows, dtype=ROW)
    block["occurred_at"] = np.arange(rows)
    return Frame("town", ("calls",), ("filed",), ("incident",), ("town",), ("",), ("push",), block)


def refusal(n: int) -> Refusal:
    return Refusal("calls", Reason.UNKNOWN_FIELD, "#3", Place("push", n), 5, 2, "00ff", b"{}")


RECORDS: list[Record] = [Tick(1), StopRule(2, "surge"), Tick(3)]


def test_records_come_back_in_the_order_they_were_written(journal: Journal) -> None:
    assert list(journal.append(RECORDS[:2])) == [1, 2]
    assert list(journal.append(RECORDS[2:])) == [3]
    assert list(journal.read()) == [(1, RECORDS[0]), (2, RECORDS[1]), (3, RECORDS[2])]
    assert list(journal.read(after=2)) == [(3, RECORDS[2])]


def test_a_frame_comes_back_row_for_row(journal: Journal) -> None:
    journal.append([frame(3)])
    ((_, back),) = journal.read()
    assert isinstance(back, Frame)
    assert back.rows.tolist() == frame(3).rows.tolist()


def test_more_records_than_a_page_are_all_read(journal: Journal) -> None:
    journal.append([Tick(n) for n in range(1_203)])
    assert [record.now for _, record in journal.read() if isinstance(record, Tick)] == list(range(1_203))


def test_what_another_process_committed_is_there_after_its_death(path: Path) -> None:
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom streams.journal import Journal, log\n"
        "journal = Journal.open(Path(sys.argv[1])); journal.append([log.Tick(7)]); os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", script, str(path)], check=False, cwd=Path(__file__).parents[2])
    with closing(Journal.open(path)) as journal:
        assert list(journal.read()) == [(1, Tick(7))]


def test_a_cursor_moves_with_its_frame_or_not_at_all(journal: Journal, path: Path) -> None:
    journal.append([Tick(1)], cursors=[Cursor("file-1", 10, "aa")])
    edit(path, "create trigger no before insert on log begin select raise(abort, 'no'); end")
    with pytest.raises(JournalError):
        journal.append([Tick(2)], cursors=[Cursor("file-1", 20, "bb")])
    assert journal.cursor("file-1") == Cursor("file-1", 10, "aa")
    assert journal.last_offset == 1


def test_a_full_disk_writes_nothing_and_says_so(journal: Journal) -> None:
    pages = journal._link.execute("pragma page_count").fetchone()[0]
    journal._link.execute(f"pragma max_page_count = {pages + 1}")
    with pytest.raises(DiskFullError, match="the disk is full"):
        journal.append([frame(2_000)])
    journal._link.execute(f"pragma max_page_count = {pages + 1_000}")
    assert list(journal.append([frame(2_000)])) == [1]


def test_a_torn_tail_is_cut_and_its_offsets_are_not_given_again(journal: Journal, path: Path) -> None:
    journal.append(RECORDS)
    edit(path, "update log set data = substr(data, 1, 2) where offset = 3")
    assert journal.cut_torn(0) == [3]
    assert [offset for offset, _ in journal.read()] == [1, 2]
    journal.close()
    with closing(Journal.open(path)) as again:
        assert list(again.append([Tick(9)])) == [4]
        assert [offset for offset, _ in again.read()] == [1, 2, 4]


def test_damage_in_the_middle_is_not_cut(journal: Journal, path: Path) -> None:
    journal.append(RECORDS)
    edit(path, "update log set data = ? where offset = 2", b"\x81")
    with pytest.raises(JournalDamagedError, match="record 2 does not match its checksum"):
        journal.cut_torn(0)
    with pytest.raises(JournalDamagedError):
        list(journal.read())


@given(byte=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_every_flipped_bit_of_a_record_is_seen(tmp_path_factory: pytest.TempPathFactory, byte: int, bit: int) -> None:
    path = tmp_path_factory.mktemp("bits") / "journal.sqlite"
    with closing(Journal.open(path)) as journal:
        journal.append([frame(1)])
        data = bytearray(journal._link.execute("select data from log").fetchone()[0])
        data[byte % len(data)] ^= 1 << bit
        edit(path, "update log set data = ?", bytes(data))
        assert journal.cut_torn(0) == [1]


def test_refused_records_are_shown_newest_first_and_forgotten_oldest_first(journal: Journal) -> None:
    journal.append([], refused=[refusal(n) for n in range(5)])
    assert journal.forget_refused(3) == 2
    assert journal.refused(limit=10) == [refusal(4), refusal(3), refusal(2)]
    assert journal.refused(feed="other") == []


def test_a_reader_cannot_write(journal: Journal, path: Path) -> None:
    journal.append(RECORDS)
    with closing(Journal.open(path, read_only=True)) as reader:
        assert len(list(reader.read())) == 3
        with pytest.raises(JournalError):
            reader.append([Tick(4)])


def test_a_file_of_another_version_is_not_touched(path: Path) -> None:
    Journal.open(path).close()
    edit(path, "pragma user_version = 99")
    for read_only in (False, True):
        with pytest.raises(JournalError, match="version 99, this program reads 3: use the release"):
            Journal.open(path, read_only=read_only)


VERSION_1 = """
create table log (offset integer primary key autoincrement, kind text not null, data blob not null, sum blob not null);
create table books (digest text primary key, data blob not null) without rowid;
create table snapshots (head integer primary key, data blob not null, sum blob not null);
create table cursors (partition text primary key, offset integer not null, mark text not null) without rowid;
create table refused (
    serial integer primary key autoincrement, feed text not null, reason text not null, field text not null,
    partition text not null, offset integer not null, n integer not null, at integer not null,
    length integer not null, digest text not null, kept blob not null
);
create index refused_place on refused (partition, offset);
create table meta (name text primary key, value text not null) without rowid;
insert into meta values ('epoch', '3');
insert into cursors values ('push-calls', 7, '');
insert into refused values (1, 'calls', 'unknown_field', '#3', 'push', 4, 0, 5, 2, '00ff', x'7b7d');
pragma user_version = 1;
"""


def test_a_journal_of_the_first_version_is_brought_up_to_date(path: Path) -> None:
    with closing(sqlite3.connect(path)) as link:
        link.executescript(VERSION_1)
        link.execute("insert into snapshots values (5, x'01', ?)", (sums.of_data(5, "snapshot", b"\x01"),))
        link.commit()
    for _ in range(2):
        with closing(Journal.open(path)) as journal:
            assert journal.meta("epoch") == "3"
            assert journal.cursor("push-calls") == Cursor("push-calls", 7)
            assert list(journal.snapshots()) == [], "what an earlier version remembered is judged again"
            assert [kept.length for kept in journal.refused()] == [2]
            assert [day.refused for day in journal.refused_days()] == [1]


def test_a_small_row_that_does_not_match_its_checksum_ends_the_start(journal: Journal, path: Path) -> None:
    journal.append(RECORDS, cursors=[Cursor("push", 3)], meta={"epoch": "0"}, refused=[refusal(1)])
    for table, column in (("refused", "length"), ("meta", "value"), ("cursors", "offset")):
        edit(path, f"update {table} set {column} = {column} + 1")
        with pytest.raises(JournalDamagedError, match=f"table {table} does not match"):
            list(journal.refused()) if table == "refused" else Journal.open(path)
        edit(path, f"update {table} set {column} = {column} - 1")


def test_a_record_that_is_gone_is_told(journal: Journal, path: Path) -> None:
    journal.append(RECORDS)
    edit(path, "delete from log where offset = 2")
    with pytest.raises(JournalDamagedError, match="record 2"):
        list(journal.read())
    edit(path, "delete from log where offset = 3")
    with pytest.raises(JournalDamagedError, match="record 3"):
        Journal.open(path)


def test_a_write_that_was_cut_off_is_left_out_and_told(journal: Journal, path: Path, tmp_path: Path) -> None:
    for n in range(1, 6):
        journal.append([Tick(n)])
    copy = killed(path, tmp_path / "cut", lambda log: log[:-100])
    with closing(Journal.open(copy)) as again:
        assert again.last_offset == 4
        assert again.cut_pages > 0


def test_a_write_that_is_cut_off_after_another_one_is_no_damage(journal: Journal, path: Path, tmp_path: Path) -> None:
    journal.append(RECORDS)
    once = cut_off(journal, path, tmp_path / "once", [frame(2_000)])  # so long that no later one writes over all of it
    with closing(Journal.open(once)) as again:
        assert (again.last_offset, again.cut_pages > 0) == (3, True)
        again.append([Tick(4)])
        twice = cut_off(again, once, tmp_path / "twice", [Tick(5)])
    with closing(Journal.open(twice)) as third:
        assert (third.last_offset, third.cut_pages > 0) == (4, True)


def cut_off(journal: Journal, path: Path, folder: Path, records: list[Record]) -> Path:
    """What a power loss leaves while `records` are written: all of their pages but the first one."""
    size = 24 + 4096
    before = Path(f"{path}-wal").read_bytes()
    journal.append(records)

    def first_page_lost(data: bytes) -> bytes:
        at = next(at for at in range(32, len(data), size) if data[at : at + size] != before[at : at + size])
        return data[: at + 24] + bytes(4096) + data[at + size :]

    return killed(path, folder, first_page_lost)


def test_damage_further_in_front_of_the_write_ahead_log_is_no_cut(journal: Journal, path: Path, tmp_path: Path) -> None:
    for n in range(1, 6):
        journal.append([Tick(n)])

    def flipped(data: bytes, at: int) -> bytes:
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    for at in (20, 32 + 24 + 100):  # its header; the first page
        copy = killed(path, tmp_path / str(at), partial(flipped, at=at))
        with pytest.raises(JournalDamagedError, match="commits behind the damage"):
            Journal.open(copy)


def killed(path: Path, folder: Path, damage: Callable[[bytes], bytes]) -> Path:
    """What a kill leaves of the journal at `path`, its write-ahead log damaged."""
    folder.mkdir()
    copy = folder / path.name
    copy.write_bytes(path.read_bytes())
    Path(f"{copy}-wal").write_bytes(damage(Path(f"{path}-wal").read_bytes()))
    return copy


def test_a_long_reader_holds_the_write_ahead_log_and_nobody_waits(
    journal: Journal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "CHECKPOINT_BYTES", 1)
    journal.append([Tick(1)])
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("begin")
        reader.execute("select count(*) from log").fetchone()
        journal.append([Tick(2)])
        journal.append([Tick(3)])
        assert journal.held_bytes > 0
        reader.execute("commit")
    journal.append([Tick(4)])
    assert journal.held_bytes == 0


def test_a_file_that_is_no_database_gets_one_clear_sentence(path: Path) -> None:
    path.write_bytes(b"not a database, but long enough to be looked at as one" * 20)
    with pytest.raises(JournalError, match="SQLITE_NOTADB"):
        Journal.open(path)


def test_a_reserve_is_held_given_up_and_taken_back(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve", 4096)
    assert reserve.hold()
    assert (tmp_path / "reserve").stat().st_size == 4096
    reserve.release()
    assert not (tmp_path / "reserve").exists()
    assert reserve.hold()


def test_a_reserve_that_does_not_fit_leaves_nothing_behind(tmp_path: Path) -> None:
    assert not Reserve(tmp_path / "reserve", 1 << 60).hold()
    assert list(tmp_path.iterdir()) == []


def test_a_reader_makes_no_journal_where_there_is_none(path: Path) -> None:
    with pytest.raises(JournalError, match="no journal here"):
        Journal.open(path, read_only=True)
    assert not path.exists()
