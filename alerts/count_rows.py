"""The rows of counts: what a store over whatever database keeps for pages and boards. Port: alerts.counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, literal, select, tuple_
from sqlalchemy.engine import Connection

from alerts import tables
from alerts.counts import COARSE_KEPT_MS, DAY_MS, Place
from alerts.duty_rows import hold, insert
from alerts.near import LEAST, PARTS
from alerts.offset_rows import move
from alerts.offsets import ReadTo
from rules.shown import Count, Recount

_KEY: Final = tuple(column.name for column in tables.counts.primary_key)
_FIELDS: Final = Count.__struct_fields__
_PLACE: Final = tuple(tables.counts.c[name] for name in ("start", "rule", "area", "category", "step"))


class CountRows:
    """The counts of a store: one engine writes, the other only reads."""

    _writer: Engine
    _reader: Engine

    def put_counts(self, city: str, rows: Sequence[Count | Recount], read: Sequence[ReadTo] = ()) -> None:
        if not rows and not read:
            return
        with self._writer.begin() as db:
            if read:
                hold(db)
                move(db, read)
            put(db, city, rows)

    def counts(
        self, city: str, since: int, until: int, *,
        area: str | None = None, rule: str | None = None, category: str | None = None,
        step: int = 0, after: Place | None = None, most: int | None = None,
    ) -> list[Count]:  # fmt: skip
        c = tables.counts.c
        query = _begun(city, since, until)
        for column, wanted in ((c.area, area), (c.rule, rule), (c.category, category)):
            if wanted is not None:
                query = query.where(column == wanted)
        if step:
            query = query.where(c.step >= step)
        if after is not None:
            query = query.where(tuple_(*_PLACE) > tuple_(*map(literal, after)))
        return self._counts(query.limit(most))

    def near_counts(self, city: str, since: int, until: int, falling: Collection[str]) -> list[Count]:
        c = tables.counts.c
        reach, room = c.limit, c.limit - c.count
        rises = (reach >= LEAST) & (room > 0) & ((room * PARTS <= reach) | (room <= 1))
        if falling:
            low_reach, low_room = c.expected - c.limit, c.count - c.limit
            falls = (low_reach >= LEAST) & (low_room > 0) & ((low_room * PARTS <= low_reach) | (low_room <= 1))
            low = c.rule.in_(sorted(falling))
            near = (low & falls & c.settled & ~c.missing) | (~low & rises)
        else:
            near = rises
        return self._counts(_begun(city, since, until).where(near))

    def _counts(self, query: Any) -> list[Count]:
        with self._reader.connect() as db:
            found = db.execute(query.order_by(*_PLACE)).all()
        return [Count(*row) for row in found]

    def forget_counts(self, city: str, now: int, kept: int) -> None:
        c = tables.counts.c
        with self._writer.begin() as db:
            fine = (c.step < DAY_MS) & (c.start < now - kept)
            coarse = (c.step >= DAY_MS) & (c.start < now - max(kept, COARSE_KEPT_MS))
            db.execute(tables.counts.delete().where(c.city == city, fine | coarse))


def _begun(city: str, since: int, until: int) -> Any:
    c = tables.counts.c
    return select(*(c[name] for name in _FIELDS)).where(c.city == city, c.start >= since, c.start < until)


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
