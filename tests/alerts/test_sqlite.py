"""What only the file has to promise: it outlives the process, and its schema its versions."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from alerts import tables
from alerts.chain import Head
from alerts.database import SqliteStore
from alerts.room import DeskRoom
from alerts.schema import MIGRATIONS, StoreTooNewError, StoreTooOldError, configuration, upgrade
from alerts.seals import StoreDamagedError
from tests.alerts.signals import CITY, book, signal
from tests.golden import make as golden


def test_a_file_opened_again_holds_what_was_committed(tmp_path: Path) -> None:
    path = tmp_path / "alerts.sqlite"
    killed = SqliteStore(path)
    DeskRoom(book(), killed, {"county": ["line"]}).apply([signal(1)], 5)
    again = SqliteStore(path)  # the first was never closed, as after a kill
    assert again.alert("a1") == killed.alert("a1")
    assert again.last_cause(CITY) == signal(1).cause
    assert [n.alert_id for n in again.due("line", 5)] == ["a1"]
    assert again.version() == killed.version()
    again.close()
    killed.close()


def test_the_writer_waits_for_the_disk_and_readers_cannot_write(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "alerts.sqlite")
    with store._writer.connect() as db:
        assert db.scalar(text("PRAGMA journal_mode")) == "wal"
        assert db.scalar(text("PRAGMA synchronous")) == 2
        assert db.scalar(text("PRAGMA foreign_keys")) == 1
    with store._reader.connect() as db, pytest.raises(OperationalError, match="readonly"):
        db.execute(tables.causes.delete())
    store.close()


def test_what_was_over_in_a_store_of_before_there_were_duties_is_owed_by_nobody(tmp_path: Path) -> None:
    path = tmp_path / "alerts.sqlite"
    with closing(sqlite3.connect(path)) as db:
        db.executescript((golden.FILES / "alerts.0002.sql").read_text(encoding="utf-8"))
    store = SqliteStore(path)
    assert {alert.state for alert in store.final()} == {"over"}
    assert store.owed() == []
    store.close()


def test_a_reader_does_not_hold_the_writer_up(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "alerts.sqlite")
    room = DeskRoom(book(), store, {})
    room.apply([signal(1), signal(2, alert="b")], 5)
    slow = store.final()
    next(slow)
    room.apply([signal(3, alert="c")], 6)
    assert {a.id for a in store.final()} == {"a1", "b", "c"}
    assert [a.id for a in slow] == ["b"]
    store.close()


def test_threads_may_share_the_store(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "alerts.sqlite")
    room = DeskRoom(book(), store, {"county": ["line"]})
    faults: list[BaseException] = []

    def read() -> None:
        try:
            for _ in range(30):
                for notice in store.due("line", 10**14):
                    store.record(notice)
                store.board()
        except BaseException as fault:
            faults.append(fault)
            raise

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for i in range(1, 30):
        room.apply([signal(i, alert=f"a{i}")], i)
    for reader in readers:
        reader.join()
    assert faults == []
    assert len(store.board()) == 29
    store.close()


def test_the_migrations_make_exactly_the_tables_that_the_code_reads(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'alerts.sqlite'}")
    upgrade(engine, tmp_path)
    with engine.connect() as db:
        assert compare_metadata(MigrationContext.configure(db), tables.metadata) == []
    engine.dispose()


def test_the_migrations_go_down_and_up_again(tmp_path: Path) -> None:
    path = tmp_path / "alerts.sqlite"
    engine = create_engine(f"sqlite:///{path}")
    upgrade(engine, path)
    with engine.begin() as db:
        command.downgrade(configuration(db), "base")
    with closing(sqlite3.connect(path)) as raw:
        left = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert left == {"alembic_version"}
    upgrade(engine, path)
    engine.dispose()
    SqliteStore(path).close()


def test_a_store_of_a_newer_version_is_left_untouched_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "alerts.sqlite"
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreTooNewError, match="newer version"):
        SqliteStore(path)


def test_a_store_whose_tables_are_just_being_made_is_not_of_a_newer_version(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "alerts.sqlite")) as raw:
        raw.execute("PRAGMA journal_mode = WAL")
    with pytest.raises(StoreTooOldError):
        SqliteStore.look(tmp_path / "alerts.sqlite")


def test_the_migrations_travel_with_the_package() -> None:
    assert (MIGRATIONS / "env.py").is_file()
    assert (MIGRATIONS / "versions" / "0001_first.py").is_file()


def test_a_path_with_odd_characters_can_hold_a_store(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "a 100% new folder?" / "预警.sqlite")
    assert store.version() == 0
    store.close()
    assert (tmp_path / "a 100% new folder?" / "预警.sqlite").is_file()


def test_an_alert_of_an_older_store_keeps_its_checksum_and_a_damaged_one_its_damage(tmp_path: Path) -> None:
    old = golden.laid(golden.FILES / "alerts.0002.sql", tmp_path / "alerts.sqlite")
    with closing(sqlite3.connect(old)) as raw, raw:
        assert raw.execute("select count(*) from alerts where sum is not null").fetchone()[0] > 0
    SqliteStore(old).close()
    SqliteStore(old).close()  # the sums that were made anew agree
    hurt = golden.laid(golden.FILES / "alerts.0002.sql", tmp_path / "hurt.sqlite")
    with closing(sqlite3.connect(hurt)) as raw, raw:
        raw.execute("update alerts set desk = 'elsewhere' where rowid = 1")
    with pytest.raises(StoreDamagedError):
        SqliteStore(hurt)


def test_one_that_only_looks_reads_beside_the_writer_and_cannot_write(tmp_path: Path) -> None:
    path = tmp_path / "alerts.sqlite"
    with pytest.raises(FileNotFoundError):
        SqliteStore.look(path)
    store = SqliteStore(path)
    DeskRoom(book(), store, {}).apply([signal(1)], 5)
    looking = SqliteStore.look(path)
    assert looking.alert("a1") == store.alert("a1")
    with pytest.raises(OperationalError, match="readonly"):
        looking.keep_head(Head(CITY, 1, "00", 5))
    looking.close()
    store.close()


def test_one_that_only_looks_leaves_an_older_store_as_it_is(tmp_path: Path) -> None:
    old = golden.laid(golden.FILES / "alerts.0002.sql", tmp_path / "alerts.sqlite")
    with pytest.raises(StoreTooOldError, match="older version"):
        SqliteStore.look(old)
