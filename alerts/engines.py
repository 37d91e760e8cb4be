"""Connections of the alert store: one engine that writes and one that reads, for SQLite and for PostgreSQL.

SQLite: WAL, synchronous=FULL. One connection writes and checkpoints, readers are query_only: several connections that
write can corrupt a WAL database (SQLite 3.7.0 to 3.51.2), hence a pool of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool
from sqlalchemy.schema import CreateSchema

READERS: Final = 4
"""Reading connections at most; one more waits."""
BUSY_TIMEOUT_MS: Final = 5_000
_READS: Final = r"-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\ read"
"""Several queries of a reader see one moment, as they do in SQLite."""
_HEARD_OF: Final = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2"
CONNECT_SECONDS: Final = 5
STATEMENT_MS: Final = 30_000
"""No query of the store is longer: one that hangs would hold the writer."""


def sqlite(path: Path) -> tuple[Engine, Engine]:
    """(writer, reader) over a file."""
    writer = _sqlite(path, 1, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
    return writer, sqlite_reader(path)


def sqlite_reader(path: Path) -> Engine:
    """An engine that cannot write."""
    return _sqlite(path, READERS, "query_only=ON")


def _sqlite(path: Path, connections: int, *pragmas: str) -> Engine:
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


def schema_of(city: str) -> str:
    """The schema of a city's store: its name with a prefix, which no schema of others begins with."""
    return f"tocsin_{city}"


def postgres(url: str, city: str) -> tuple[Engine, Engine]:
    """(writer, reader) over a database, in the city's own schema, which is made where it is not there.

    Needs the extra `postgres`. Raises DatabaseUnusableError.
    """
    with _unusable():
        writer = _postgres(url, schema_of(city), 2, "-c synchronous_commit=on")
        with writer.begin() as db:
            db.execute(CreateSchema(schema_of(city), if_not_exists=True))
    return writer, postgres_reader(url, city)


def postgres_alone(url: str, city: str) -> Engine:
    """One connection, of whose end the server hears within some seconds. Raises DatabaseUnusableError."""
    with _unusable():
        alone = _postgres(url, schema_of(city), 1, _HEARD_OF)
        with alone.connect():
            return alone


def postgres_reader(url: str, city: str) -> Engine:
    """An engine that cannot write. Raises DatabaseUnusableError."""
    with _unusable():
        reader = _postgres(url, schema_of(city), READERS, _READS)
        with reader.connect():
            return reader


@contextmanager
def _unusable() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError:
        raise DatabaseUnusableError("driver", "") from None
    except ArgumentError:
        raise DatabaseUnusableError("address", "") from None  # the fault repeats the address, password and all
    except DBAPIError as fault:
        raise DatabaseUnusableError("answer", type(fault.orig).__name__) from None


class DatabaseUnusableError(Exception):
    """No store can be opened there. `what`: driver (the extra is not installed), address (none of PostgreSQL), answer
    (nobody answers, or we may not enter; `why` is the driver's word for it, which names no address)."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"the database cannot be used: {what} {why}".rstrip())
        self.what = what
        self.why = why


def _postgres(url: str, schema: str, connections: int, options: str) -> Engine:
    address = make_url(url)
    if address.get_backend_name() != "postgresql":
        raise ArgumentError
    return create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_size=connections,
        max_overflow=0,
        pool_pre_ping=True,  # after a fail-over the old connections are dead
        connect_args={
            "connect_timeout": CONNECT_SECONDS,
            "options": f'-c search_path="{schema}" -c statement_timeout={STATEMENT_MS} {options}',
        },
    )
