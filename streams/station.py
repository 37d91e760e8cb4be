"""A city in service: everything of it wired together, in the order in which it starts and ends.

data folder - key - journal - engine - desk - outbox - writer - doors (push, files) - board
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import structlog

from alerts.alert import Alert
from alerts.channels.port import Channel
from alerts.channels.register import open_channel
from alerts.outbox import Outbox
from alerts.room import DeskRoom
from alerts.sqlite import SqliteStore
from rules.signals import Signal
from streams.board import CityBoard
from streams.city import City, read_city
from streams.clock import Clock
from streams.engines import RuleEngines
from streams.feeds.connection import connect
from streams.intake import Intake
from streams.journal import Journal, Reserve
from streams.keyring import read_key
from streams.keys import Keys
from streams.metrics import Metrics
from streams.push import PushDoor
from streams.runtime import ClockKind, Engines, Parcel, Shard, Writer
from streams.settings import Settings, SettingsError, read_secret
from streams.watch import Watcher

log = structlog.get_logger()

TICK_OLD_MS: Final = 15_000
"""A last tick older than this says that time does not pass: not ready."""
DELIVER_EVERY: Final = 1.0


class CityError(Exception):
    """A city that cannot be served: lines for people."""


def city_of(folder: Path, language: str = "en") -> City:
    """The city in `folder`. Raises CityError with one line a mistake."""
    reading = read_city(folder)
    if reading.city is None:
        raise CityError(reading.render(language))
    return reading.city


def intake_of(city: City, key: bytes) -> Intake:
    """The door of a city: its feeds connected. Not for two threads at once."""
    trees = city.book.areas, city.book.categories
    feeds = {name: connect(name, file, city.folder, city.zone, *trees) for name, file in city.feeds.items()}
    return Intake(city.name, feeds, *trees, Keys(key), city.place_of)


@dataclass(frozen=True, slots=True)
class Data:
    """Where a city's data lie."""

    folder: Path

    @property
    def journal(self) -> Path:
        return self.folder / "journal.sqlite"

    @property
    def alerts(self) -> Path:
        return self.folder / "alerts.sqlite"

    def lock(self) -> IO[bytes]:
        """Hold the folder for this process. Raises CityError where another one does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        handle = (self.folder / "lock").open("ab")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            raise CityError(
                f"{self.folder}: another process serves this city: stop it, or take another --data"
            ) from None
        return handle


class Station:
    """A city in service. `open`, `start`, then doors are open; `stop` ends it in order."""

    def __init__(
        self,
        city: City,
        settings: Settings,
        clock: Clock,
        metrics: Metrics,
        *,
        kind: ClockKind = "wall",
        shut: bool = False,
        exercise: bool = False,
        engines: Engines | None = None,
        on_fault: Callable[[BaseException], None] | None = None,
    ) -> None:
        self.city = city
        self.kind: Final = kind
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self.data = Data(settings.data / city.name)
        self._lock = self.data.lock()
        self._key = read_key(settings, self.data.folder)
        self.store = SqliteStore(self.data.alerts)
        roads = {desk.id: [channel.name for channel in desk.channels] for desk in city.desks}
        self.desk = DeskRoom(city.book, self.store, roads, shut=shut)
        reserve = Reserve(self.data.folder / "reserve", settings.reserve_bytes)
        self.shard = Shard(
            Journal.open(self.data.journal),
            engines or RuleEngines(),
            self.desk,
            clock,
            metrics,
            reserve=reserve,
            kind=kind,
        )
        self._recover(reserve)
        self.board = CityBoard(city.book, city.languages, shapes_of(city), self.store, exercise=exercise)
        self.shard.listeners.append(self._hear)
        self.outbox = Outbox(self.store, self._channels(), lambda _: self.shard.engine.book)
        self._delivered_at = 0.0
        self._changed = True
        watched = kind == "wall" and any(f.comes.file or f.comes.folder for f in city.feeds.values())
        self.writer = Writer(
            self.shard,
            clock,
            metrics,
            queue_events=settings.queue_events,
            snapshot_records=settings.snapshot_records,
            snapshot_seconds=settings.snapshot_seconds,
            refused_kept=settings.refused_kept,
            backlog=watched,
            after_turn=self._after_turn,
            on_fault=on_fault,
        )
        cursors = self.shard.cursors()
        self.door = PushDoor(intake_of(city, self._key), self.writer, clock, metrics, cursors, kind=kind)
        self._watching = intake_of(city, self._key)
        self.watcher = (
            Watcher(
                city.folder,
                lambda: self._watching,
                self.writer,
                cursors,
                clock,
                metrics,
                every=settings.watch_seconds,
            )
            if watched
            else None
        )

    def _recover(self, reserve: Reserve) -> None:
        begun = self._clock.steady()
        if not reserve.hold():
            log.warning("no_room_for_the_reserve", city=self.city.name)
        last = self.store.last_cause(self.city.name)
        recovery = self.shard.recover(self.city.book, epoch=last.epoch + 1 if last is not None else 0)
        seconds = self._clock.steady() - begun
        self._metrics.recovery_seconds.labels(self.city.name).set(seconds)
        log.info(
            "city_recovered",
            city=self.city.name,
            head=recovery.head,
            records=recovery.records,
            seconds=round(seconds, 3),
        )
        if self.kind == "wall":
            pushed = [name for name, feed in self.city.feeds.items() if feed.comes.push]
            self.shard.tell_stop(pushed, self._clock.now())

    def _channels(self) -> dict[str, Channel]:
        channels: dict[str, Channel] = {}
        for desk in self.city.desks:
            for channel in desk.channels:
                try:
                    channels[channel.name] = open_channel(
                        channel.name,
                        channel.kind,
                        channel.options,
                        language=channel.language,
                        folder=self.data.folder,
                        secrets=read_secret,
                    )
                except ValueError as fault:
                    raise CityError(str(fault)) from None
        return channels

    # life

    def start(self) -> None:
        self.writer.start()
        if self.watcher is not None:
            self.watcher.start()

    def stop(self) -> None:
        """Doors shut, what waits written, a last snapshot, notices under way ended. Idempotent."""
        if self.watcher is not None:
            self.watcher.stop()
        self.writer.stop()
        self.outbox.close()
        self.shard.close()
        self.store.close()
        self._lock.close()

    def reread(self) -> Sequence[str]:
        """Read the folder again and put what changed in force; the mistakes, one line each, where it has any.

        Channels of desks are not opened anew: that needs a restart.
        """
        reading = read_city(self.city.folder)
        if reading.city is None:
            return reading.render(self._settings.language).splitlines()
        city = reading.city
        if city.name != self.city.name:
            return [f"city.yaml: the city is called {city.name} now: serve it as another one"]
        self.writer.submit_waiting(Parcel(book=city.book)).result(self._settings.answer_seconds)
        self.door.intake = intake_of(city, self._key)
        self._watching = intake_of(city, self._key)
        self.board.reshape(shapes_of(city))
        self.city = city
        return []

    # for the doors

    @property
    def pushed_feeds(self) -> tuple[str, ...]:
        return tuple(name for name, feed in self.city.feeds.items() if feed.comes.push or self.kind == "stream")

    @property
    def takes_arrivals(self) -> bool:
        return self.kind == "stream"

    def alive(self) -> bool:
        return self.writer.alive() and (self.watcher is None or self.watcher.alive())

    def unready(self) -> str:
        """Why pushes had better wait; empty when they need not."""
        if not self.alive():
            return "dead"
        if not self.writer.caught_up:
            return "catching up"
        if self.shard.full:
            return "disk full"
        if self.kind == "wall" and self._clock.now() - self.board.now() > TICK_OLD_MS:
            return "no tick"
        return "clock stepped" if self._clock.apart_seconds() else ""

    # on the writer's thread

    def _hear(self, signals: Sequence[Signal], changed: Sequence[Alert]) -> None:
        self._changed = True

    def _after_turn(self) -> None:
        self.board.look(self.shard.engine)
        if self._changed:
            self.board.ring()
        waited = self._clock.steady() - self._delivered_at
        if self._changed or waited >= DELIVER_EVERY:
            self._delivered_at = self._clock.steady()
            self.outbox.deliver_due(self._clock.now())
            self._show()
        self._changed = False

    def _show(self) -> None:
        name = self.city.name
        running: dict[str, int] = dict.fromkeys((desk.id for desk in self.city.desks), 0)
        for alert in self.store.board():
            running[alert.desk] = running.get(alert.desk, 0) + 1
        for desk, n in running.items():
            self._metrics.alerts_open.labels(name, desk).set(n)
        self._metrics.notices_pending.labels(name).set(sum(owed.pending for owed in self.store.backlog()))
        for feed in self.board.feeds():
            self._metrics.feed_heard.labels(name, feed.name).set(feed.heard_at / 1000)
            self._metrics.feed_silent.labels(name, feed.name).set(int(feed.silent_since > 0))


def shapes_of(city: City) -> bytes | None:
    """The city's GeoJSON, for the map."""
    return city.shapes.read_bytes() if city.shapes is not None else None
