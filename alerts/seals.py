"""Checksums of the alert store's rows: made with each row, looked at when the store is opened.

A flipped bit could close an alert or hold back its notice, and the database need not see it. What a clock does next
(`due_at`) is reckoned anew at each start, so it has no part in a sum; `explained_by` is a copy out of the body. The
chain has hashes of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

from alerts import tables

SEALED: Final = (tables.alerts, tables.notices, tables.causes)
_NOT_SUMMED: Final = frozenset({"seq", "sum", "due_at", "explained_by"})


class StoreDamagedError(Exception):
    """The store does not hold what was written into it: where, and what of it."""

    def __init__(self, path: Path | str, what: str) -> None:
        super().__init__(f"{path}: damaged ({what})")
        self.path = path
        self.what = what


def sealed(table: Table, row: Mapping[str, object]) -> dict[str, object]:
    """A whole row (all columns but those that are not summed may be left out) with its checksum."""
    return {**row, "sum": _sum(table, row)}


def check(db: Connection, path: Path | str) -> None:
    """Look through every row. Raises StoreDamagedError."""
    if db.dialect.name == "sqlite" and db.exec_driver_sql("pragma quick_check(1)").scalar() != "ok":
        raise StoreDamagedError(path, "its pages")
    for table in SEALED:
        for row in db.execute(select(table)).mappings():
            if row["sum"] is not None and row["sum"] != _sum(table, dict(row)):
                raise StoreDamagedError(path, table.name)


def _sum(table: Table, row: Mapping[str, object]) -> bytes:
    values = [row[column.name] for column in table.columns if column.name not in _NOT_SUMMED]
    return hashlib.blake2b(msgspec.msgpack.encode(values), digest_size=8, key=table.name.encode()).digest()
