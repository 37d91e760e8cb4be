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
from sqlalchemy import Engine, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError

from alerts import alert as alert_module
from alerts import engines, schema, seals, tables
from alerts.alert import Alert
from alerts.board_rows import BoardRows, let_boards_read
from alerts.chain import link
from alerts.count_rows import CountRows
from alerts.decoded import Decoded
from alerts.duty_rows import DutyRows, hold, insert, last_link
from alerts.notice_rows import NoticeRows, notice_row
from alerts.offset_rows import OffsetRows, move
from alerts.purge_rows import PurgeRows
from alerts.seals import StoreDamagedError
from alerts.store import Change, Known, check_cause, check_versions
from rules.signals import Cause

_S = TypeVar("_S", bound="DatabaseStore")

CHUNK: Final = 500
"""Ids in one query: well below SQLite's bound on variables."""


class DatabaseStore(DutyRows, NoticeRows, PurgeRows, CountRows, BoardRows, OffsetRows):
    """A store over two engines: one writes, one only reads. Brings the schema up to date, and looks for damage.

    `name`: what the store is called where it cannot be used. Raises schema.StoreTooNewError, seals.StoreDamagedError.
    """

    def __init__(self, writer: Engine, reader: Engine, name: Path | str) -> None:
        self._writer = writer
        self._reader = reader
        self._decoded = Decoded()
        try:
            schema.upgrade(writer, name)
            with writer.begin() as db:
                seals.check(db, name)
                let_boards_read(db)
        except (DatabaseError, CommandError) as fault:
            self.close()
            raise StoreDamagedError(name, type(fault).__name__) from fault
        except BaseException:
            self.close()
            raise

    def commit(self, change: Change) -> int:
        with self._writer.begin() as db:
            hold(db)
            check_cause(change, _last_cause(db, change.city))
            check_versions(change, _versions(db, change.was))
            move(db, change.read)
            version = _version(db) + 1
            if change.alerts:
                _upsert(db, [_alert_row(alert, version, change.due.get(alert.id, 0)) for alert in change.alerts])
            if change.acts:
                links = link(change.city, last_link(db), change.acts)
                db.execute(tables.chain.insert(), [msgspec.structs.asdict(one) for one in links])
            if change.notices:
                fresh = insert(db, tables.notices).on_conflict_do_nothing(index_elements=["id"])
                db.execute(fresh, [notice_row(notice) for notice in change.notices])
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

    def open_by_desk(self) -> dict[str, int]:
        a = tables.alerts.c
        shown = select(a.desk, func.count()).where(a.told, a.state == "open", a.held_at == 0).group_by(a.desk)
        with self._reader.connect() as db:
            return {row[0]: row[1] for row in db.execute(shown)}

    def running(self, limit: int) -> list[Alert]:
        a = tables.alerts.c
        query = _told(None).where(a.state == "open", a.held_at == 0, a.told_at > 0)
        return self._read(query.order_by(a.rank.desc(), a.said_at.desc(), a.id).limit(limit))

    def explained_by(self, alert_id: str) -> list[Alert]:
        a = tables.alerts.c
        return self._read(select(a.body).where(a.explained_by == alert_id).order_by(a.said_at, a.id))

    def between(self, since: int, until: int, *, desk: str | None = None, rule: str | None = None) -> list[Alert]:
        a = tables.alerts.c
        query = _told(desk).where(a.said_at >= since, a.said_at < until)
        return self._read((query if rule is None else query.where(a.rule == rule)).order_by(a.said_at, a.id))

    def changed_since(self, version: int) -> list[Alert]:
        a = tables.alerts.c
        return self._read(select(a.body).where(a.version > version).order_by(a.version, a.id))

    def every_value(self) -> Iterator[tuple[str, object]]:
        """("table.column row", value) of all that lies here: for whoever looks through it."""
        with self._reader.connect() as db:
            for table in tables.metadata.sorted_tables:
                for n, row in enumerate(db.execute(select(table).execution_options(yield_per=CHUNK)), start=1):
                    for column, value in zip(table.columns.keys(), row, strict=True):
                        yield f"{table.name}.{column} {n}", value

    def final(self) -> Iterator[Alert]:
        a = tables.alerts.c
        with self._reader.connect() as db:
            rows = db.execution_options(yield_per=CHUNK).scalars(select(a.body).order_by(a.said_at, a.id))
            yield from map(alert_module.decode, rows)

    def close(self) -> None:
        """Readers first: the last connection to go checkpoints, and that one must be the writer."""
        self._reader.dispose()
        self._writer.dispose()

    def _read(self, query: Any) -> list[Alert]:
        return [alert for _, alert in self._known(query)]


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
    store._decoded = Decoded()
    with reader.connect() as db:
        schema.check(db, name)
    return store


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
        "explained_by": alert.duty.by,
        "body": alert_module.encode(alert),
    }
    return seals.sealed(tables.alerts, row)
