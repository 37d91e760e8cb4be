"""Tables of the journal, and how a connection to it is made.

SQLite 3.7.0 to 3.51.2 can corrupt a WAL database when two connections commit and checkpoint at once: so one
connection writes and checkpoints, every other is `query_only`.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from streams.journal.faults import JournalError, told

VERSION: Final = 1
BUSY_SECONDS: Final = 5.0
WAL_PAGES: Final = 2_000
"""Pages of the write-ahead log at which the writer checkpoints (8 MiB)."""

TABLES: Final = """
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
"""

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


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """A connection in WAL mode with synchronous=FULL. Raises JournalError where the file is none of ours."""
    if read_only and not path.exists():
        raise JournalError("journal-missing", path=path)
    with told(path):
        link = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            if read_only:
                link.execute("pragma query_only = 1")
                link.execute("pragma wal_autocheckpoint = 0")
            else:
                _prepare(link)
            _check_version(link, path)
        except BaseException:
            link.close()
            raise
    return link


def _prepare(link: sqlite3.Connection) -> None:
    link.execute("pragma journal_mode = wal")
    link.execute("pragma synchronous = full")
    link.execute(f"pragma wal_autocheckpoint = {WAL_PAGES}")
    if link.execute("select count(*) from sqlite_master").fetchone()[0] == 0:
        link.executescript(f"begin; {TABLES} {REFUSED_DAYS} pragma user_version = {VERSION}; commit;")
    elif link.execute("pragma user_version").fetchone()[0] == VERSION and not counts_refusals(link):
        link.executescript(f"begin; {REFUSED_DAYS} commit;")


def counts_refusals(link: sqlite3.Connection) -> bool:
    """Whether the file keeps the totals of its refusals."""
    return link.execute("select 1 from sqlite_master where name = 'refused_days'").fetchone() is not None


def _check_version(link: sqlite3.Connection, path: Path) -> None:
    found = link.execute("pragma user_version").fetchone()[0]
    if found != VERSION:
        raise JournalError("journal-version", path=path, found=found, wanted=VERSION)
