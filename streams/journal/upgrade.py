"""Bring a journal of an earlier version to this one, in one transaction: a kill leaves the old one or the new one.

Version 2 gave every small row a checksum. Version 3 keeps snapshots in rows (streams/journal/memory.py): what an
earlier one remembered is let go, and the next start judges the log from its first record.
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


def from_1(link: sqlite3.Connection) -> None:
    """Version 1 to 2."""
    link.execute("begin immediate")
    try:
        for table, columns in _SEALED.items():
            _seal(link, table, columns)
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
