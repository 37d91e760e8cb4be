"""A city opened for work: its folder read, its data folder held, its key, alerts, journal and engine at hand.

What serving, loading and retrying share. `open_city` leaves nothing open where it raises.
"""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Final

import structlog
from sqlalchemy.exc import DatabaseError

from alerts.acting import Acting
from alerts.database import DatabaseStore, PostgresStore, SqliteStore
from alerts.desks import Desk
from alerts.engines import DatabaseUnusableError
from alerts.handing import Handing
from alerts.lines import Lines
from alerts.room import DeskRoom
from alerts.routing import route_of
from alerts.schema import StoreTooNewError, StoreTooOldError
from alerts.seals import StoreDamagedError
from alerts.sole import HeldElsewhereError, Lost, Sole, never_lost
from streams.city import City, read_city
from streams.clock import Clock
from streams.crashpoints import armed, never
from streams.feeds.connection import FeedFault, connect
from streams.intake import Intake
from streams.journal import Journal, Reserve
from streams.keyring import read_key
from streams.keys import Keys
from streams.messages import SpokenError
from streams.metrics import Metrics
from streams.named import names_of
from streams.runtime import ClockKind, Engines, Recovery, Shard, Shown
from streams.settings import Settings

log = structlog.get_logger()

ALERTS: Final = "alerts.sqlite"
JOURNAL: Final = "journal.sqlite"


class CityError(SpokenError):
    """A city that cannot be worked with: lines for people."""


def city_with(folder: Path, change: Path, language: str) -> City:
    """The city as it would be with the rule file `change` in the place of the one of its name, or beside the others.

    Raises CityError with what is wrong with it.
    """
    if change.suffix != ".yaml" or "." in change.stem:
        raise CityError("backtest-change-name", path=change)
    reading = read_city(folder, {f"rules/{change.name}": change})
    if reading.city is None:
        raise CityError("as-it-is", text=reading.render(language))
    return reading.city


def city_of(folder: Path, language: str = "en") -> City:
    """The city in `folder`. Raises CityError with one line a mistake."""
    reading = read_city(folder)
    if reading.city is None:
        raise CityError("as-it-is", text=reading.render(language))
    return reading.city


def intake_of(city: City, key: bytes) -> Intake:
    """The door of a city: its feeds connected. Not for two threads at once. Raises CityError."""
    trees = city.book.areas, city.book.categories
    try:
        feeds = {name: connect(name, file, city.folder, city.zone, *trees) for name, file in city.feeds.items()}
    except FeedFault:
        raise CityError("feed-unconnected", city=city.folder) from None
    return Intake(city.name, feeds, *trees, Keys(key), city.place_of)


@dataclass(frozen=True, slots=True)
class OpenedDesk:
    """A city's desk: what a process has of it on either road. `close` ends it, the lock last; `lost`: whether another
    process may have the store by now."""

    folder: Path
    key: bytes
    store: DatabaseStore
    desk: DeskRoom
    acting: Acting
    handing: Handing
    lines: Lines
    lost: Lost
    close: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Opened(OpenedDesk):
    """What `open_city` gives: a desk, and the log that speaks to it."""

    shard: Shard
    recovery: Recovery


def journal_of(city: str, settings: Settings) -> Path:
    """Where the journal of a city lies."""
    return settings.data / city / JOURNAL


def open_city(
    city: City,
    settings: Settings,
    clock: Clock,
    metrics: Metrics,
    *,
    kind: ClockKind,
    engines: Engines,
    loading: bool = False,
    shut: bool = False,
) -> Opened:
    """Hold the city's data and take up its log where it ends. Raises CityError, JournalError, SettingsError."""
    folder = settings.data / city.name
    with contextlib.ExitStack() as stack:
        stack.callback(hold_folder(folder).close)
        key = read_key(settings, folder)
        reserve = Reserve(folder / "reserve", settings.reserve_bytes)
        short = not reserve.hold() or reserve.pinched()
        if short:
            log.warning("no_room_for_the_reserve", city=city.name)
            reserve.release()
        desk = _desk_of(city, settings, folder, key, stack, shut=shut)
        crash = armed(settings.crash_at) if kind == "stream" else never
        shard = Shard(
            Journal.open(journal_of(city.name, settings), crash=crash),
            engines,
            desk.desk,
            clock,
            metrics,
            reserve=reserve,
            kind=kind,
            loading=loading,
            crash=crash,
            counts=desk.store,
            shown=shown_of(city),
        )
        stack.callback(shard.close)
        if short:
            shard.choke()  # what is free is for what is known already, until there is room for both
        recovery = _recover(shard, city, desk.store, clock, metrics)
        return Opened(
            folder, key, desk.store, desk.desk, desk.acting, desk.handing, desk.lines, desk.lost, stack.pop_all().close,
            shard=shard, recovery=recovery,
        )  # fmt: skip


def open_desk(city: City, settings: Settings, *, shut: bool = False) -> OpenedDesk:
    """Hold the city's data and take up its desk, whose log is elsewhere. Raises CityError, SettingsError."""
    folder = settings.data / city.name
    with contextlib.ExitStack() as stack:
        stack.callback(hold_folder(folder).close)
        desk = _desk_of(city, settings, folder, read_key(settings, folder), stack, shut=shut)
        return replace(desk, close=stack.pop_all().close)


def _desk_of(
    city: City, settings: Settings, folder: Path, key: bytes, stack: contextlib.ExitStack, *, shut: bool
) -> OpenedDesk:
    """The desk of a city whose folder is held; what it opens is ended by `stack`."""
    lost = _alone(city.name, settings, stack)
    store = store_of(city.name, settings, folder)
    stack.callback(store.close)
    if not shut:
        store.put_names(city.name, names_of(city))
    desks = desks_of(city)
    roads = {desk.id: [channel.name for channel in desk.channels] for desk in city.desks}
    standby = {channel.name: channel.standby for desk in city.desks for channel in desk.channels if channel.standby}
    untaken = {channel.name for desk in city.desks for channel in desk.channels if channel.untaken}
    acting = Acting(city.name, store, desks, len(city.book.ladder) - 1, route_of(city.book))
    desk = DeskRoom(
        city.book, store, roads, standby=standby, untaken=untaken, desks=desks, mutes=acting.running_mutes, shut=shut
    )
    handing = Handing(city.name, store, lambda: acting.desks, lambda: desk.book, lambda: acting.mutes)
    lines = Lines(
        city.name,
        store,
        lambda: acting.desks,
        lambda now: frozenset(mute.id for mute in acting.running_mutes(now)),
    )
    return OpenedDesk(folder, key, store, desk, acting, handing, lines, lost, stack.close)


def _alone(city: str, settings: Settings, stack: contextlib.ExitStack) -> Lost:
    """Be the only process on the city's store. Raises CityError where another one is."""
    url = settings.database.get_secret_value()
    if not url:
        return never_lost
    with _faults_of_a_store():
        PostgresStore(url, city).close()  # its schema is there from here on
        try:
            sole = Sole(url, city)
        except HeldElsewhereError:
            raise CityError("city-held", city=city) from None
    stack.callback(sole.close)
    return sole.lost


def shown_of(city: City) -> Shown:
    """What of its counts pages see."""
    return Shown(city.counts_level, city.counts_kept)


def desks_of(city: City) -> Mapping[str, Desk]:
    """Its desks by id, as clocks and moves read them."""
    return {desk.id: desk for desk in city.desks}


def store_of(city: str, settings: Settings, folder: Path) -> DatabaseStore:
    """Where alerts lie. Raises CityError."""
    url = settings.database.get_secret_value()
    with _faults_of_a_store():
        return PostgresStore(url, city) if url else SqliteStore(folder / ALERTS)


@contextlib.contextmanager
def store_beside(city: str, settings: Settings) -> Iterator[DatabaseStore]:
    """Where alerts lie, to be read beside whoever writes it. Raises CityError, also where what is read is damaged."""
    url, path = settings.database.get_secret_value(), settings.data / city / ALERTS
    if not url and not path.is_file():
        raise CityError("store-missing", path=path)
    try:
        with _faults_of_a_store():
            found = PostgresStore.look(url, city) if url else SqliteStore.look(path)
        with contextlib.closing(found) as store:
            yield store
    except DatabaseError as fault:
        raise CityError("store-damaged", path=path, what=type(fault).__name__) from None


@contextlib.contextmanager
def _faults_of_a_store() -> Iterator[None]:
    """What may be wrong when one is opened, in words for people."""
    try:
        yield
    except DatabaseUnusableError as fault:
        raise CityError(f"database-{fault.what}", why=fault.why) from None
    except StoreTooOldError as fault:
        raise CityError("store-older", path=fault.path, found=fault.revision, wanted=fault.known) from None
    except StoreTooNewError as fault:
        raise CityError("store-version", path=fault.path, found=fault.revision, wanted=fault.known) from None
    except StoreDamagedError as fault:
        raise CityError("store-damaged", path=fault.path, what=fault.what) from None


def _recover(shard: Shard, city: City, store: DatabaseStore, clock: Clock, metrics: Metrics) -> Recovery:
    begun = clock.steady()
    recovery = shard.recover(city.book, heard=store.last_cause(city.name))
    seconds = clock.steady() - begun
    metrics.recovery_seconds.labels(city.name).set(seconds)
    log.info("city_recovered", city=city.name, head=recovery.head, records=recovery.records, seconds=round(seconds, 3))
    return recovery


def hold_folder(folder: Path) -> IO[bytes]:
    """Hold the data folder for this process. Raises CityError where another one does."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / "lock").open("ab")
    except OSError as fault:
        raise CityError("folder-unwritable", folder=folder, why=fault.strerror) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        raise CityError("folder-held", folder=folder) from None
    return handle
