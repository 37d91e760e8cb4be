"""Bring a journal of an earlier version to this one, in one transaction: a kill leaves the old one or the new one.

Version 2 gave every small row a checksum, and a snapshot the last cause that its desk had been told.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from streams.journal import sums

_SEALED: Final = {
    "meta": ("name", "value"),
    "cursors": ("partition", "offset", "mark"),
    "refused": ("feed", "reason", "field", "partition", "offset", "n", "at", "length", "digest", "kept"),
}
"""table -> its columns in the order of its checksum; the first is, or leads, its key."""
_SNAPSHOTS: Final = (
    "create table snapshots (head integer primary key, data blob not null, told text not null, sum blob not null)"
)


def from_1(link: sqlite3.Connection) -> None:
    """Version 1 to 2."""
    link.execute("begin immediate")
    try:
        for table, columns in _SEALED.items():
            _seal(link, table, columns)
        kept = link.execute("select head, data, sum from snapshots").fetchall()
        link.execute("drop table snapshots")
        link.execute(_SNAPSHOTS)
        for head, data, mark in kept:
            if mark == sums.of_data(head, "snapshot", data):
                row = head, data, ""
                link.execute("insert into snapshots values (?, ?, ?, ?)", (*row, sums.of_row("snapshots", *row)))
        link.execute("pragma user_version = 2")
        link.execute("commit")
    except BaseException:
        link.execute("rollback")
        raise


def _seal(link: sqlite3.Connection, table: str, columns: tuple[str, ...]) -> None:
    key = "serial" if table == "refused" else columns[0]
    link.execute(f"alter table {table} add column sum blob not null default x''")
    for name, *values in link.execute(f"select {key}, {', '.join(columns)} from {table}").fetchall():  # noqa: S608 - our own names
        link.execute(f"update {table} set sum = ? where {key} = ?", (sums.of_row(table, *values), name))  # noqa: S608 - as above
