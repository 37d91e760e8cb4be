"""What a city keeps: the journal, the alert store, and the database where there is one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from alerts.engines import schema_of
from alerts.offsets import Partition
from streams.city import City
from streams.doctor.finding import Finding, bad, good, note
from streams.journal import Journal, JournalError
from streams.messages import SpokenError
from streams.opened import ALERTS, journal_of, store_beside
from streams.settings import Settings

LARGEST_LOOKED_THROUGH: Final = 4 << 30
"""Of a larger file only what opening it reads is looked at."""
OLDEST_POSTGRES: Final = 140_000
MOST_APART_MS: Final = 5_000
CONNECT_SECONDS: Final = 5
_ASK: Final = """
select current_setting('server_version_num')::int as version, pg_is_in_recovery() as standby,
       current_setting('default_transaction_read_only')::bool as read_only,
       (extract(epoch from clock_timestamp()) * 1000)::bigint as now,
       exists (select from pg_namespace where nspname = %(schema)s) as there,
       has_database_privilege(current_database(), 'CREATE') as may_make,
       coalesce((select ssl from pg_stat_ssl where pid = pg_backend_pid()), false) as tls
"""
_SAID: Final = (
    ("password authentication failed", "doctor-postgres-password"),
    ("no password supplied", "doctor-postgres-password"),
    ("no pg_hba.conf entry", "doctor-postgres-hba"),
    ("could not translate host name", "doctor-postgres-host"),
    ("failed to resolve host", "doctor-postgres-host"),
    ("does not exist", "doctor-postgres-missing"),
    ("certificate", "doctor-postgres-certificate"),
    ("SSL", "doctor-postgres-certificate"),
)
"""What libpq says of a connection that fails -> our message. Its own words hold the address, and are not repeated."""


def last_tick(city: City, settings: Settings) -> int | None:
    """The newest tick of the journal, ms; None where none can be read."""
    try:
        with closing(Journal.open(journal_of(city.name, settings), read_only=True)) as journal:
            return journal.last_tick()
    except JournalError:
        return None


def heard(city: City, settings: Settings) -> Mapping[Partition, int]:
    """How far its desk has read on the Kafka road; nothing where there is none, or none can be read."""
    try:
        with store_beside(city.name, settings) as store:
            return store.offsets()
    except SpokenError:
        return {}


def of_sqlite(city: City, settings: Settings) -> Iterator[Finding]:
    """The journal, and the alert store where it is no database of its own."""
    path = journal_of(city.name, settings)
    if not path.exists():
        yield note("sqlite", "doctor-journal-none", path=path)
        return
    try:
        with closing(Journal.open(path, read_only=True)) as journal:
            _look_through(path)
            yield good("sqlite", "doctor-journal-good", path=path, offset=journal.last_offset)
    except JournalError as fault:
        yield bad("sqlite", fault)
    except sqlite3.DatabaseError as fault:
        yield bad("sqlite", "doctor-file-damaged", path=path, what=type(fault).__name__)
    if not settings.database.get_secret_value():
        yield from _of_alerts(city, settings)


def _of_alerts(city: City, settings: Settings) -> Iterator[Finding]:
    path = settings.data / city.name / ALERTS
    try:
        with store_beside(city.name, settings):
            pass
        _look_through(path)
        yield good("sqlite", "doctor-alerts-good", path=path)
    except SpokenError as fault:
        yield bad("sqlite", fault)
    except sqlite3.DatabaseError as fault:
        yield bad("sqlite", "store-damaged", path=path, what=type(fault).__name__)


def _look_through(path: Path) -> None:
    """Raises sqlite3.DatabaseError."""
    if path.stat().st_size > LARGEST_LOOKED_THROUGH:
        return
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5.0)) as db:
        (told,) = db.execute("pragma quick_check(1)").fetchone()
    if told != "ok":
        raise sqlite3.DatabaseError("quick_check")


@dataclass(frozen=True, slots=True)
class Database:
    """What a PostgreSQL says of itself and of us."""

    version: int
    standby: bool
    read_only: bool
    now: int
    there: bool
    may_make: bool
    tls: bool
    host: str
    port: int

    @property
    def here(self) -> bool:
        """On this machine: nobody listens between."""
        return self.host in {"127.0.0.1", "::1", "localhost"} or self.host.startswith("/")


def of_postgres(city: City, settings: Settings, now: int) -> Iterator[Finding]:
    """Whether the database answers, lets us in and write, is new enough, has our clock. Nothing where none is set."""
    url = settings.database.get_secret_value()
    if not url:
        return
    found = asked(url, city.name)
    if isinstance(found, Finding):
        yield found
        return
    faults = list(_faults(found, schema_of(city.name), now))
    if found.there and not faults:
        try:
            with store_beside(city.name, settings):
                pass
        except SpokenError as fault:
            faults.append(bad("postgresql", fault))
    if not found.tls and not found.here:
        yield note("postgresql", "doctor-postgres-plain")
    at, version = f"{found.host}:{found.port}", found.version // 10_000
    yield from faults or [good("postgresql", "doctor-postgres-good", at=at, version=version)]


def asked(url: str, city: str) -> Database | Finding:
    """What it says, or why it says nothing."""
    try:
        import psycopg  # noqa: PLC0415 - an extra: a machine over SQLite has none
        from psycopg.rows import dict_row  # noqa: PLC0415 - as above
    except ModuleNotFoundError:
        return bad("postgresql", "database-driver", why="")
    try:
        with psycopg.connect(
            url.replace("+psycopg", "", 1), connect_timeout=CONNECT_SECONDS, row_factory=dict_row
        ) as db:
            row = db.execute(_ASK, {"schema": schema_of(city)}).fetchone()
            assert row is not None  # it selects one
            return Database(**row, host=db.info.host, port=db.info.port)
    except psycopg.ProgrammingError:
        return bad("postgresql", "database-address", why="")
    except psycopg.Error as fault:
        said = str(fault)
        return bad("postgresql", next((message for words, message in _SAID if words in said), "doctor-postgres-answer"))


def _faults(found: Database, schema: str, now: int) -> Iterator[Finding]:
    if found.version < OLDEST_POSTGRES:
        told = {"found": found.version // 10_000, "wanted": OLDEST_POSTGRES // 10_000}
        yield bad("postgresql", "doctor-postgres-old", **told)
    if found.standby or found.read_only:
        yield bad("postgresql", "doctor-postgres-read-only")
    if not found.there and not found.may_make:
        yield bad("postgresql", "doctor-postgres-schema", schema=schema)
    if abs(found.now - now) > MOST_APART_MS:
        yield bad("clock", "doctor-clock-apart", seconds=abs(found.now - now) // 1000)
