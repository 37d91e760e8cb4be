"""The rows of offsets: how far a desk has read, in a database. Part of the store; port: alerts.offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Engine, select
from sqlalchemy.engine import Connection

from alerts import tables
from alerts.duty_rows import hold, insert
from alerts.offsets import Partition, ReadTo, check_read


class OffsetRows:
    """The offsets of a store: one engine writes, the other only reads."""

    _writer: Engine
    _reader: Engine

    def offsets(self) -> Mapping[Partition, int]:
        with self._reader.connect() as db:
            return _kept(db)

    def read_on(self, read: Sequence[ReadTo]) -> None:
        if read:
            with self._writer.begin() as db:
                hold(db)
                move(db, read)


def move(db: Connection, read: Sequence[ReadTo]) -> None:
    """Within a transaction that holds the store. Raises StaleError."""
    if not read:
        return
    check_read(read, _kept(db))
    row = insert(db, tables.offsets)
    moved = row.on_conflict_do_update(index_elements=["topic", "partition"], set_={"offset": row.excluded["offset"]})
    db.execute(moved, [{"topic": one.topic, "partition": one.partition, "offset": one.offset} for one in read])


def _kept(db: Connection) -> dict[Partition, int]:
    o = tables.offsets.c
    return {(row[0], row[1]): row[2] for row in db.execute(select(o.topic, o.partition, o.offset))}
