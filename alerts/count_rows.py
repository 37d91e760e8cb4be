"""The rows of counts: what a store over whatever database keeps for pages and boards. Port: alerts.counts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.engine import Connection

from alerts import tables
from alerts.counts import COARSE_KEPT_MS, DAY_MS
from alerts.duty_rows import insert
from rules.shown import Count, Recount

_KEY: Final = tuple(column.name for column in tables.counts.primary_key)
_FIELDS: Final = Count.__struct_fields__


class CountRows:
    """The counts of a store: one engine writes, the other only reads."""

    _writer: Engine
    _reader: Engine

    def put_counts(self, city: str, rows: Sequence[Count | Recount]) -> None:
        if not rows:
            return
        with self._writer.begin() as db:
            put(db, city, rows)

    def counts(
        self, city: str, since: int, until: int, *,
        area: str | None = None, rule: str | None = None, category: str | None = None,
    ) -> list[Count]:  # fmt: skip
        c = tables.counts.c
        query = select(*(c[name] for name in _FIELDS)).where(c.city == city, c.start >= since, c.start < until)
        for column, wanted in ((c.area, area), (c.rule, rule), (c.category, category)):
            if wanted is not None:
                query = query.where(column == wanted)
        with self._reader.connect() as db:
            found = db.execute(query.order_by(c.start, c.rule, c.area, c.category)).all()
        return [Count(*row) for row in found]

    def forget_counts(self, city: str, now: int, kept: int) -> None:
        c = tables.counts.c
        with self._writer.begin() as db:
            fine = (c.step < DAY_MS) & (c.start < now - kept)
            coarse = (c.step >= DAY_MS) & (c.start < now - max(kept, COARSE_KEPT_MS))
            db.execute(tables.counts.delete().where(c.city == city, fine | coarse))


def put(db: Connection, city: str, rows: Sequence[Count | Recount]) -> None:
    """Within a transaction: rows in their order, each run of one kind in one statement."""
    for recounts, run in groupby(rows, key=lambda row: isinstance(row, Recount)):
        _upsert(db, [{"city": city, **msgspec.structs.asdict(_whole(row))} for row in run], recounts=recounts)


def _whole(row: Count | Recount) -> Count:
    return row.alone() if isinstance(row, Recount) else row


def _upsert(db: Connection, values: list[dict[str, Any]], *, recounts: bool) -> None:
    row, c = insert(db, tables.counts), tables.counts.c
    changed = {name: row.excluded[name] for name in values[0] if name not in _KEY}
    if recounts:
        kept = row.on_conflict_do_update(index_elements=list(_KEY), set_={"count": row.excluded["count"]})
    else:
        later = row.excluded["settled"] | ~c.settled
        kept = row.on_conflict_do_update(index_elements=list(_KEY), set_=changed, where=later)
    db.execute(kept, values)
