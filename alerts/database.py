"""Alerts in a database: the same queries over a SQLite file and over PostgreSQL. Port and fake: alerts.store.

What is written is written under one lock, so that every check of a change sees what it is checked against: SQLite's own
(BEGIN IMMEDIATE on the one connection that writes), or an advisory lock of the store's schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
from alembic.util import CommandError
from sqlalchemy import Engine, Row, func, select, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError

from alerts import alert as alert_module
from alerts import engines, schema, seals, tables
from alerts.alert import Alert
from alerts.chain import link
from alerts.channels.port import Receipt
from alerts.duty_rows import DutyRows, insert, last_link
from alerts.notice import WAIT_TOP_MS, Notice, revived
from alerts.seals import StoreDamagedError
from alerts.store import Backlog, Change, Known, check_cause, check_versions
from rules.signals import Cause

_S = TypeVar("_S", bound="DatabaseStore")

CHUNK: Final = 500
"""Ids in one query: well below SQLite's bound on variables."""


class DatabaseStore(DutyRows):
    """A store over two engines: one writes, one only reads. Brings the schema up to date, and looks for damage.

    `name`: what the store is called where it cannot be used. Raises schema.StoreTooNewError, seals.StoreDamagedError.
    """

    def __init__(self, writer: Engine, reader: Engine, name: Path | str) -> None:
        self._writer = writer
        self._reader = reader
        try:
            schema.upgrade(writer, name)
            with writer.begin() as db:
                seals.check(db, name)
        except (DatabaseError, CommandError) as fault:
            self.close()
            raise StoreDamagedError(name, type(fault).__name__) from fault
        except BaseException:
            self.close()
            raise

    def commit(self, change: Change) -> int:
        with self._writer.begin() as db:
            _hold(db)
            check_cause(change, _last_cause(db, change.city))
            check_versions(change, _versions(db, change.was))
            version = _version(db) + 1
            if change.alerts:
                _upsert(db, [_alert_row(alert, version, change.due.get(alert.id, 0)) for alert in change.alerts])
            if change.acts:
                links = link(change.city, last_link(db), change.acts)
                db.execute(tables.chain.insert(), [msgspec.structs.asdict(one) for one in links])
            if change.notices:
                fresh = insert(db, tables.notices).on_conflict_do_nothing(index_elements=["id"])
                db.execute(fresh, [_notice_row(notice) for notice in change.notices])
            if change.cause is not None:
                _remember(db, change.city, change.cause)
        return version

    def version(self) -> int:
        with self._reader.connect() as db:
            return _version(db)

    def last_cause(self, city: str) -> Cause | None:
        with self._reader.connect() as db:
            return _last_cause(db, city)

    def alert(self, alert_id: str) -> Alert | None:
        return self.alerts((alert_id,)).get(alert_id)

    def alerts(self, ids: Iterable[str]) -> dict[str, Alert]:
        return {i: alert for i, (_, alert) in self.known(ids).items()}

    def known(self, ids: Iterable[str]) -> dict[str, Known]:
        wanted, a = list(ids), tables.alerts.c
        found: list[Known] = []
        for i in range(0, len(wanted), CHUNK):
            found += self._known(select(a.version, a.body).where(a.id.in_(wanted[i : i + CHUNK])))
        return {alert.id: (version, alert) for version, alert in found}

    def board(self, desk: str | None = None, *, ended_since: int | None = None) -> list[Alert]:
        a = tables.alerts.c
        shown = a.state == "open"
        if ended_since is not None:
            shown = shown | ((a.state != "open") & (a.ended_at >= ended_since))
        query = _told(desk).where(shown, a.held_at == 0).order_by(a.rank.desc(), a.said_at.desc(), a.id)
        return self._read(query)

    def between(self, since: int, until: int, *, desk: str | None = None) -> list[Alert]:
        a = tables.alerts.c
        return self._read(_told(desk).where(a.said_at >= since, a.said_at < until).order_by(a.said_at, a.id))

    def changed_since(self, version: int) -> list[Alert]:
        a = tables.alerts.c
        return self._read(select(a.body).where(a.version > version).order_by(a.version, a.id))

    def final(self) -> Iterator[Alert]:
        a = tables.alerts.c
        with self._reader.connect() as db:
            rows = db.execution_options(yield_per=CHUNK).scalars(select(a.body).order_by(a.said_at, a.id))
            yield from map(alert_module.decode, rows)

    def notices_of(self, alert_id: str) -> list[Notice]:
        n = tables.notices.c
        return self._notices(select(tables.notices).where(n.alert == alert_id).order_by(n.seq))

    def due(self, channel: str, now: int, limit: int = 100) -> list[Notice]:
        n, earlier = tables.notices.c, tables.notices.alias("earlier")
        e = earlier.c
        overtakes = (
            select(e.seq)
            .where(e.alert == n.alert, e.channel == n.channel, e.desk == n.desk, e.seq < n.seq, e.state == "pending")
            .exists()
        )
        due = (n.next_try_at <= now) | (n.next_try_at > now + WAIT_TOP_MS)
        query = select(tables.notices).where(n.state == "pending", n.channel == channel, due, ~overtakes)
        return self._notices(query.order_by(n.seq).limit(limit))

    def record(self, notice: Notice) -> None:
        with self._writer.begin() as db:
            _update_notice(db, notice)

    def revive(self, channel: str, now: int) -> int:
        n = tables.notices.c
        with self._writer.begin() as db:
            rows = db.execute(select(tables.notices).where(n.channel == channel, n.state == "dead")).all()
            for row in rows:
                _update_notice(db, revived(_notice(row), now))
        return len(rows)

    def backlog(self) -> list[Backlog]:
        n = tables.notices.c
        query = (
            select(n.channel, n.state, func.count(), func.min(n.created_at))
            .where(n.state.in_(("pending", "dead")))
            .group_by(n.channel, n.state)
        )
        owed: dict[str, Backlog] = {}
        with self._reader.connect() as db:
            for channel, state, count, oldest in db.execute(query):
                entry = owed.get(channel, Backlog(channel, 0, 0, 0))
                change = {"pending": count, "oldest_at": oldest} if state == "pending" else {"dead": count}
                owed[channel] = msgspec.structs.replace(entry, **change)
        return [owed[channel] for channel in sorted(owed)]

    def close(self) -> None:
        """Readers first: the last connection to go checkpoints, and that one must be the writer."""
        self._reader.dispose()
        self._writer.dispose()

    def _read(self, query: Any) -> list[Alert]:
        with self._reader.connect() as db:
            return [alert_module.decode(body) for body in db.scalars(query)]

    def _notices(self, query: Any) -> list[Notice]:
        with self._reader.connect() as db:
            return [_notice(row) for row in db.execute(query)]


class SqliteStore(DatabaseStore):
    """The store of one machine: a file, made where it is not there."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        super().__init__(*engines.sqlite(path), path)

    @classmethod
    def look(cls, path: Path) -> SqliteStore:
        """One that only reads, beside a process that writes. Raises FileNotFoundError, and as the others do."""
        if not path.is_file():
            raise FileNotFoundError(path)
        return _looking(cls, engines.sqlite_reader(path), path)


class PostgresStore(DatabaseStore):
    """The store of a city in a PostgreSQL database that others may share: a schema of its own, made where it is not
    there. `url`: postgresql://..., never shown. Raises engines.DatabaseUnusableError beside the others."""

    def __init__(self, url: str, city: str) -> None:
        super().__init__(*engines.postgres(url, city), _named(city))

    @classmethod
    def look(cls, url: str, city: str) -> PostgresStore:
        """One that only reads, beside a process that writes. Raises as the others do."""
        return _looking(cls, engines.postgres_reader(url, city), _named(city))


def _named(city: str) -> str:
    return f"the database, schema {engines.schema_of(city)}"


def _looking(kind: type[_S], reader: Engine, name: Path | str) -> _S:
    store = kind.__new__(kind)
    store._reader = store._writer = reader
    with reader.connect() as db:
        schema.check(db, name)
    return store


def _hold(db: Connection) -> None:
    """One change at a time: SQLite's transaction holds the file already."""
    if db.dialect.name == "postgresql":
        db.execute(text("select pg_advisory_xact_lock(hashtextextended(current_schema(), 0))"))


def _versions(db: Connection, was: Mapping[str, int]) -> dict[str, int]:
    a, wanted = tables.alerts.c, list(was)
    found: dict[str, int] = {}
    for i in range(0, len(wanted), CHUNK):
        rows = db.execute(select(a.id, a.version).where(a.id.in_(wanted[i : i + CHUNK])))
        found.update((alert, version) for alert, version in rows)
    return found


def _told(desk: str | None) -> Any:
    query = select(tables.alerts.c.body).where(tables.alerts.c.told)
    return query if desk is None else query.where(tables.alerts.c.desk == desk)


def _version(db: Connection) -> int:
    return db.scalar(select(func.max(tables.alerts.c.version))) or 0


def _last_cause(db: Connection, city: str) -> Cause | None:
    c = tables.causes.c
    row = db.execute(select(c.epoch, c.offset, c.n).where(c.city == city)).first()
    return Cause(*row) if row else None


def _remember(db: Connection, city: str, cause: Cause) -> None:
    now = {"epoch": cause.epoch, "offset": cause.offset, "n": cause.n}
    whole = seals.sealed(tables.causes, {"city": city, **now})
    row = insert(db, tables.causes).values(whole)
    db.execute(row.on_conflict_do_update(index_elements=["city"], set_={**now, "sum": whole["sum"]}))


def _update_notice(db: Connection, notice: Notice) -> None:
    row = _notice_row(notice)
    changed = {name: row[name] for name in ("state", "attempts", "next_try_at", "give_up_at", "receipt", "sum")}
    db.execute(tables.notices.update().where(tables.notices.c.id == notice.id).values(changed))


def _upsert(db: Connection, rows: list[dict[str, object]]) -> None:
    row = insert(db, tables.alerts)
    changed = {name: row.excluded[name] for name in rows[0] if name != "id"}
    db.execute(row.on_conflict_do_update(index_elements=["id"], set_=changed), rows)


def _alert_row(alert: Alert, version: int, due_at: int) -> dict[str, object]:
    signal = alert.signal
    row = {
        "id": alert.id,
        "city": alert.city,
        "state": alert.state,
        "desk": alert.desk,
        "rule": signal.rule,
        "area": signal.area,
        "category": signal.category,
        "rank": alert.rank,
        "said_at": signal.said_at,
        "ended_at": alert.ended_at,
        "told": bool(alert.moves),
        "version": version,
        "stage": alert.duty.stage,
        "due_at": due_at,
        "told_at": alert.duty.told_at,
        "held_at": alert.duty.held_at,
        "body": alert_module.encode(alert),
    }
    return seals.sealed(tables.alerts, row)


def _notice_row(notice: Notice) -> Mapping[str, object]:
    row = {
        "id": notice.id,
        "city": notice.city,
        "alert": notice.alert_id,
        "desk": notice.desk,
        "channel": notice.channel,
        "reason": notice.reason,
        "created_at": notice.created_at,
        "state": notice.state,
        "attempts": notice.attempts,
        "next_try_at": notice.next_try_at,
        "give_up_at": notice.give_up_at,
        "receipt": msgspec.json.encode(notice.receipt) if notice.receipt else None,
        "body": alert_module.encode(notice.alert),
    }
    return seals.sealed(tables.notices, row)


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        id=row.id,
        city=row.city,
        alert_id=row.alert,
        desk=row.desk,
        channel=row.channel,
        reason=row.reason,
        created_at=row.created_at,
        alert=alert_module.decode(row.body),
        state=row.state,
        attempts=row.attempts,
        next_try_at=row.next_try_at,
        give_up_at=row.give_up_at,
        receipt=msgspec.json.decode(row.receipt, type=Receipt) if row.receipt else None,
    )
