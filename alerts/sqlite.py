"""Alerts in a SQLite file: WAL, synchronous=FULL. One connection writes and checkpoints; readers are query_only.

Several writing connections can corrupt a WAL database (SQLite 3.7.0 to 3.51.2): hence a pool of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from alembic.util import CommandError
from sqlalchemy import URL, Engine, create_engine, event, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import QueuePool

from alerts import alert as alert_module
from alerts import schema, seals, tables
from alerts.alert import Alert, Move
from alerts.notice_rows import NoticeRows, notice_row
from alerts.seals import StoreDamagedError
from alerts.store import Change, StaleError
from rules.signals import Cause

READERS: Final = 4
"""Reading connections at most; one more waits."""
BUSY_TIMEOUT_MS: Final = 5_000
CHUNK: Final = 500
"""Ids in one query: well below SQLite's bound on variables."""


class SqliteStore(NoticeRows):
    """The shipped store. Makes the file, or brings it up to date, and looks whether it is whole.

    Raises schema.StoreTooNewError, seals.StoreDamagedError. Port and fake: alerts.store.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._writer = _engine(path, 1, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
        self._reader = _engine(path, READERS, "query_only=ON")
        try:
            schema.upgrade(self._writer, path)
            with self._writer.begin() as db:
                seals.check(db, path)
        except (DatabaseError, CommandError) as fault:
            self.close()
            raise StoreDamagedError(path, type(fault).__name__) from fault
        except BaseException:
            self.close()
            raise

    def commit(self, change: Change) -> int:
        with self._writer.begin() as db:
            last = _last_cause(db, change.city)
            if last is not None and change.cause <= last:
                raise StaleError(f"{change.city}: {change.cause} is not later than {last}")
            version = _version(db) + 1
            _upsert(db, [_alert_row(alert, version) for alert in change.alerts])
            if change.moves:
                db.execute(tables.moves.insert(), [_move_row(alert, move) for alert, move in change.moves])
            if change.notices:
                fresh = insert(tables.notices).on_conflict_do_nothing(index_elements=["id"])
                db.execute(fresh, [notice_row(notice) for notice in change.notices])
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
        wanted = list(ids)
        found: dict[str, Alert] = {}
        with self._reader.connect() as db:
            for i in range(0, len(wanted), CHUNK):
                query = select(tables.alerts.c.body).where(tables.alerts.c.id.in_(wanted[i : i + CHUNK]))
                found.update((a.id, a) for a in map(alert_module.decode, db.scalars(query)))
        return found

    def board(self, desk: str | None = None, *, ended_since: int | None = None) -> list[Alert]:
        a = tables.alerts.c
        shown = a.state == "open"
        if ended_since is not None:
            shown = shown | ((a.state != "open") & (a.ended_at >= ended_since))
        query = _told(desk).where(shown).order_by(a.rank.desc(), a.said_at.desc(), a.id)
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

    def close(self) -> None:
        """Readers first: the last connection to go checkpoints, and that one must be the writer."""
        self._reader.dispose()
        self._writer.dispose()

    def _read(self, query: Any) -> list[Alert]:
        with self._reader.connect() as db:
            return [alert_module.decode(body) for body in db.scalars(query)]


def _engine(path: Path, connections: int, *pragmas: str) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)), poolclass=QueuePool, pool_size=connections, max_overflow=0
    )

    @event.listens_for(engine, "connect")
    def _prepare(raw: Any, _record: object) -> None:
        raw.isolation_level = None  # the driver's own BEGIN comes too late to read before writing
        raw.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        for pragma in pragmas:
            raw.execute(f"PRAGMA {pragma}")

    begin = "BEGIN IMMEDIATE" if connections == 1 else "BEGIN"

    @event.listens_for(engine, "begin")
    def _begin(db: Connection) -> None:
        db.exec_driver_sql(begin)

    return engine


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
    row = insert(tables.causes).values(whole)
    db.execute(row.on_conflict_do_update(index_elements=["city"], set_={**now, "sum": whole["sum"]}))


def _upsert(db: Connection, rows: list[dict[str, object]]) -> None:
    row = insert(tables.alerts)
    changed = {name: row.excluded[name] for name in rows[0] if name != "id"}
    db.execute(row.on_conflict_do_update(index_elements=["id"], set_=changed), rows)


def _alert_row(alert: Alert, version: int) -> dict[str, object]:
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
        "body": alert_module.encode(alert),
    }
    return seals.sealed(tables.alerts, row)


def _move_row(alert: Alert, move: Move) -> dict[str, object]:
    cause = alert.signal.cause
    return {
        "alert": alert.id,
        "epoch": cause.epoch,
        "offset": cause.offset,
        "n": cause.n,
        "reason": move.reason,
        "desk": alert.desk,
        "at": move.at,
        "wall_at": move.wall_at,
        "colour": move.colour,
        "observed": move.observed,
        "area": move.area,
    }
