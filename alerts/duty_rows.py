"""What the desk has done, in a database: which alerts are owed, held and due, and the chain. Part of the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Engine, Row, bindparam, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from alerts import alert as alert_module
from alerts import tables
from alerts.alert import Alert
from alerts.chain import Head, Link, Proof, verify
from alerts.decoded import Decoded
from alerts.duty import OWED
from alerts.store import LAST, Known
from rules.signals import EXERCISE_RULE

READ_AT_ONCE: Final = 500


class DutyRows:
    """The half of `alerts.store.Store` that speaks of duties; `alerts.database.DatabaseStore` has the other one."""

    _writer: Engine
    _reader: Engine
    _decoded: Decoded

    def due_acts(self, now: int, limit: int = 500) -> list[Known]:
        a = tables.alerts.c
        due = select(a.version, a.body).where(a.due_at > 0, a.due_at <= now)
        return self._known(due.order_by(a.due_at, a.id).limit(limit))

    def owed(self) -> list[Known]:
        a = tables.alerts.c
        moved = select(tables.chain.c.seq).where(tables.chain.c.alert == a.id).exists()
        owed = select(a.version, a.body).where(a.stage.in_(sorted(OWED)), a.told, (a.state == "open") | moved)
        return self._known(owed.order_by(a.said_at, a.id))

    def told_since(self, desk: str, since: int, below: int) -> int:
        a = tables.alerts.c
        told = (a.desk == desk) & (a.told_at >= since) & (a.told_at > 0) & (a.rule != EXERCISE_RULE)
        with self._reader.connect() as db:
            lower = db.scalar(select(func.count()).where(told, a.rank < below)) or 0
        return lower + sum(
            alert.told_otherwise for _, alert in self._known(select(a.version, a.body).where(told, a.rank >= below))
        )

    def held_since(self, desk: str, since: int) -> int:
        a = tables.alerts.c
        held = select(func.count()).where(a.held_at >= max(since, 1), a.desk == desk)
        with self._reader.connect() as db:
            return db.scalar(held) or 0

    def held(self, desk: str | None = None) -> list[Known]:
        a = tables.alerts.c
        held = select(a.version, a.body).where(a.held_at > 0)
        held = held if desk is None else held.where(a.desk == desk)
        return self._known(held.order_by(a.rank.desc(), a.held_at, a.id))

    def held_spells(self) -> dict[str, int]:
        a = tables.alerts.c
        with self._reader.connect() as db:
            spells = db.execute(select(a.desk, func.min(a.held_at)).where(a.held_at > 0).group_by(a.desk)).all()
        return {row[0]: row[1] for row in spells}

    def held_areas(self) -> dict[str, int]:
        a = tables.alerts.c
        with self._reader.connect() as db:
            counts = db.execute(select(a.area, func.count()).where(a.held_at > 0).group_by(a.area)).all()
        return {row[0]: row[1] for row in counts}

    def explained_areas(self) -> dict[str, int]:
        a = tables.alerts.c
        with self._reader.connect() as db:
            counts = db.execute(select(a.area, func.count()).where(a.explained_by != "").group_by(a.area)).all()
        return {row[0]: row[1] for row in counts}

    def held_by(self, mute: str) -> list[Known]:
        a, c = tables.alerts.c, tables.chain
        hid = select(c.c.alert).where(c.c.verb == "hold", c.c.alert == a.id).exists()
        known = self._known(select(a.version, a.body).where(hid).order_by(a.said_at, a.id))
        return [(version, alert) for version, alert in known if alert.duty.mute == mute]

    def last_told(self, desk: str) -> Alert | None:
        a = tables.alerts.c
        told = select(a.version, a.body).where(a.desk == desk, a.told_at > 0).order_by(a.told_at.desc(), a.id.desc())
        return next((alert for _, alert in self._known(told.limit(1))), None)

    def set_due(self, due: Mapping[str, tuple[int, int]]) -> None:
        if due:
            a = tables.alerts.c
            one = tables.alerts.update().where(a.id == bindparam("alert"), a.version == bindparam("read"))
            rows = [{"alert": i, "read": version, "due": at} for i, (version, at) in due.items()]
            with self._writer.begin() as db:
                db.execute(one.values(due_at=bindparam("due")), rows)

    def links(self, after: int = 0, until: int = LAST) -> Iterator[Link]:
        c = tables.chain.c
        with self._reader.connect() as db:
            rows = db.execution_options(yield_per=READ_AT_ONCE).execute(
                select(tables.chain).where(c.seq > after, c.seq <= until).order_by(c.seq)
            )
            yield from map(_link, rows)

    def entries(self, *, before: int = 0, alert: str = "", verb: str = "") -> Iterator[Link]:
        c = tables.chain.c
        query = select(tables.chain).order_by(c.seq.desc())
        query = query.where(c.seq < before) if before else query
        query = query.where(c.alert == alert) if alert else query
        query = query.where(c.verb == verb) if verb else query
        with self._reader.connect() as db:
            yield from map(_link, db.execution_options(yield_per=READ_AT_ONCE).execute(query))

    def links_of(self, alert_id: str, after: int = 0) -> list[Link]:
        c = tables.chain.c
        query = select(tables.chain).where(c.alert == alert_id, c.seq > after).order_by(c.seq)
        with self._reader.connect() as db:
            return [_link(row) for row in db.execute(query)]

    def links_among(self, ids: Iterable[str], until: int) -> Iterator[Link]:
        c, wanted = tables.chain.c, sorted(ids)
        for i in range(0, len(wanted), READ_AT_ONCE):
            among = select(tables.chain).where(c.alert.in_(wanted[i : i + READ_AT_ONCE]), c.seq <= until)
            with self._reader.connect() as db:
                yield from [_link(row) for row in db.execute(among.order_by(c.alert, c.seq))]

    def last_link(self) -> Link | None:
        with self._reader.connect() as db:
            return last_link(db)

    def prove(self, heads: Sequence[Head], key: bytes) -> Proof:
        """Hold chain and duties against the heads that were sent out, all as of one moment. Works while serving."""
        a, c = tables.alerts.c, tables.chain.c
        with self._reader.connect() as db:
            bodies = db.execute(select(a.body)).scalars()
            duties = {alert.id: alert.duty for alert in map(alert_module.decode, bodies)}
            rows = db.execution_options(yield_per=READ_AT_ONCE).execute(select(tables.chain).order_by(c.seq))
            return verify(map(_link, rows), heads, duties, key)

    def keep_head(self, head: Head) -> None:
        row = insert_into(self._writer, tables.heads).values(at=head.at, seq=head.seq, body=msgspec.json.encode(head))
        with self._writer.begin() as db:
            db.execute(row.on_conflict_do_nothing(index_elements=["at"]))

    def heads(self, limit: int) -> list[Head]:
        h = tables.heads.c
        with self._reader.connect() as db:
            bodies = db.scalars(select(h.body).order_by(h.at.desc()).limit(limit))
            return [msgspec.json.decode(body, type=Head) for body in bodies]

    def last_head(self) -> Head | None:
        h = tables.heads.c
        with self._reader.connect() as db:
            body = db.scalar(select(h.body).order_by(h.seq.desc(), h.at.desc()).limit(1))
        return msgspec.json.decode(body, type=Head) if body is not None else None

    def _known(self, query: Any) -> list[Known]:
        """The alerts that `query` finds, in its order; those that have not changed are not read again."""
        a, found = tables.alerts.c, dict[str, Known]()
        with self._reader.connect() as db:
            places = [(row[0], row[1]) for row in db.execute(query.with_only_columns(a.id, a.version))]
            missing: list[str] = []
            for i, version in places:
                known = self._decoded.get(i, version)
                if known is None:
                    missing.append(i)
                else:
                    found[i] = version, known
            for at in range(0, len(missing), READ_AT_ONCE):
                bodies = select(a.version, a.body).where(a.id.in_(missing[at : at + READ_AT_ONCE]))
                for version, body in db.execute(bodies):
                    alert = alert_module.decode(body)
                    self._decoded.put(version, alert)
                    found[alert.id] = version, alert
        return [found[i] for i, _ in places if i in found]


def hold(db: Connection) -> None:
    """One change at a time: SQLite's transaction holds the file already."""
    if db.dialect.name == "postgresql":
        db.execute(text("select pg_advisory_xact_lock(hashtextextended(current_schema(), 0))"))


def insert_into(engine: Engine, table: Any) -> Any:
    return (postgresql.insert if engine.dialect.name == "postgresql" else sqlite.insert)(table)


def insert(db: Connection, table: Any) -> Any:
    return insert_into(db.engine, table)


def last_link(db: Connection) -> Link | None:
    row = db.execute(select(tables.chain).order_by(tables.chain.c.seq.desc()).limit(1)).first()
    return _link(row) if row is not None else None


def _link(row: Row[Any]) -> Link:
    return Link(row.seq, row.body, row.hash, row.alert, row.verb, row.at)
