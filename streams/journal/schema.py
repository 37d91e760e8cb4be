"""Tables of the journal, and how a connection to it is made.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when two connections commit and checkpoint at once: so one
connection writes and checkpoints, every other is `query_only`.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from streams.journal import upgrade, wal
from streams.journal.faults import JournalError, told

VERSION: Final = 3
READABLE: Final = 2
"""The oldest version that can be read as it is, by who does not write."""
BUSY_SECONDS: Final = 5.0
CHECKPOINT_BYTES: Final = 8 << 20
"""So much is written between two checkpoints."""
PAGE_BYTES: Final = 4096
WAL_KEPT_BYTES: Final = 64 << 20
"""The write-ahead log is cut to this once a long reader has gone."""

TABLES: Final = """
create table log (offset integer primary key autoincrement, kind text not null, data blob not null, sum blob not null);
create table books (digest text primary key, data blob not null) without rowid;
create table cursors (
    partition text primary key, offset integer not null, mark text not null, sum blob not null
) without rowid;
create table refused (
    serial integer primary key autoincrement, feed text not null, reason text not null, field text not null,
    partition text not null, offset integer not null, n integer not null, at integer not null,
    length integer not null, digest text not null, kept blob not null, sum blob not null
);
create index refused_place on refused (partition, offset);
create table meta (name text primary key, value text not null, sum blob not null) without rowid;
"""

STATE: Final = """
create table heads (head integer primary key, rows blob not null, told text not null, sum blob not null);
create table state (name text not null, slot integer not null, data blob not null, primary key (name, slot));
"""
"""Snapshots: streams/journal/memory.py."""

REFUSED_DAYS: Final = """
create table refused_days (
    feed text not null, day integer not null, refused integer not null, forgotten integer not null,
    primary key (feed, day)
) without rowid;
insert into refused_days select feed, at / 86400000, count(distinct partition || ':' || offset || ':' || n), 0
    from refused group by 1, 2;
"""
"""How many raw places were refused, by feed and day of arrival (UTC), and how many of them are no longer kept.

Made beside the tables of version 1 when a writer first opens the file, from what is still kept then."""


def connect(path: Path, *, read_only: bool) -> tuple[sqlite3.Connection, int]:
    """A connection in WAL mode with synchronous=FULL, and how many pages of a write that was cut off it left out.

    Raises JournalError where the file is none of ours, JournalDamagedError where its write-ahead log is damaged.
    """
    if read_only and not path.exists():
        raise JournalError("journal-missing", path=path)
    cut = 0 if read_only else wal.cut_pages(path)  # before SQLite opens it and writes over what it left out
    with told(path):
        link = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            if read_only:
                link.execute("pragma query_only = 1")
                link.execute("pragma wal_autocheckpoint = 0")
            else:
                link.execute("pragma journal_mode = wal")
                new = link.execute("select count(*) from sqlite_master").fetchone()[0] == 0
                _prepare(link, new=new)
                if cut:  # or its pages lie there still when the next write is cut off, and look like damage
                    link.execute("pragma wal_checkpoint(truncate)")
            _check_version(link, path, READABLE if read_only else VERSION)
        except BaseException:
            link.close()
            raise
    return link, cut


def _prepare(link: sqlite3.Connection, *, new: bool) -> None:
    link.execute("pragma synchronous = full")
    link.execute(f"pragma wal_autocheckpoint = {WAL_KEPT_BYTES // PAGE_BYTES}")  # the journal does it long before
    link.execute(f"pragma journal_size_limit = {WAL_KEPT_BYTES}")
    if new:
        link.executescript(f"begin; {TABLES} {STATE} {REFUSED_DAYS} pragma user_version = {VERSION}; commit;")
        return
    if link.execute("pragma user_version").fetchone()[0] == 1:
        upgrade.from_1(link)
    if link.execute("pragma user_version").fetchone()[0] == 2:
        link.executescript(f"begin; drop table snapshots; {STATE} pragma user_version = {VERSION}; commit;")
    if link.execute("pragma user_version").fetchone()[0] == VERSION and not counts_refusals(link):
        link.executescript(f"begin; {REFUSED_DAYS} commit;")


def counts_refusals(link: sqlite3.Connection) -> bool:
    """Whether the file keeps the totals of its refusals."""
    return link.execute("select 1 from sqlite_master where name = 'refused_days'").fetchone() is not None


def _check_version(link: sqlite3.Connection, path: Path, oldest: int) -> None:
    found = link.execute("pragma user_version").fetchone()[0]
    if found > VERSION:
        raise JournalError("journal-version", path=path, found=found, wanted=VERSION)
    if found < oldest:
        raise JournalError("journal-older", path=path, found=found, wanted=VERSION)
