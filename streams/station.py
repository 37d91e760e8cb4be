"""A city in service: everything of it wired together, in the order in which it starts and ends.

data folder - key - journal - engine - desk - outbox - writer - doors (push, files) - board
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import structlog
from msgspec import structs

from alerts.alert import Alert
from alerts.api.door import DutyCity
from alerts.ordered import ordered
from rules.engine import Engine
from rules.records import Calibrate
from rules.signals import Signal
from streams.city import City, read_city
from streams.clock import Clock
from streams.engines import RuleEngines
from streams.feeds.spec import FeedFile
from streams.handover import Handed, take_handed
from streams.messages import SpokenError, say
from streams.metrics import Metrics
from streams.named import names_of
from streams.office import Office
from streams.opened import intake_of, journal_of, open_city, shown_of
from streams.push import PushDoor
from streams.refused_lately import RefusedLately
from streams.releases import ReleaseError, Swap, released
from streams.runtime import ClockKind, Engines, Parcel, Writer
from streams.settings import Settings
from streams.stand import stand_of
from streams.watch import Feeder, Poller, Watcher, opened_fetch
from streams.weekly import Weekly
from streams.workshop import RuleRoom

log = structlog.get_logger()

TURNS_UNSEEN: Final = 15
"""Turns that only brought rows, and that the board and the folder of what is handed over may wait for."""


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
    ) -> None:
        self.city = city = released(city, settings.data, settings.language)
        if kind == "wall":
            _check_polls(city)
        self.kind: Final = kind
        self.on_fault: Callable[[BaseException], None] | None = None
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._opened = opened = open_city(
            city, settings, clock, metrics, kind=kind, engines=engines or RuleEngines(), shut=shut
        )
        self.shard, self.desk, self.store, key = opened.shard, opened.desk, opened.store, opened.key
        if kind == "wall":
            self.shard.tell_stop([name for name, feed in city.feeds.items() if _is_missed(feed)], clock.now())
        self.workshop = RuleRoom(lambda: self.city, settings.data, clock, self._ring)
        self.office = Office(
            lambda: self.city,
            opened,
            settings,
            clock,
            metrics,
            book=lambda: self.shard.engine.book,
            refused=RefusedLately(journal_of(city.name, settings), clock.steady),
            workshop=self.workshop,
            exercise=exercise,
            choke=self.shard.choke,
        )
        self.board, self.acting = self.office.board, self.office.acting
        self.shard.listeners.append(self._hear)
        self._unseen = 0
        self._stopped = False
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
            on_fault=self._broke,
        )
        cursors = self.shard.cursors()
        self.door = PushDoor(intake_of(city, key), self.writer, clock, metrics, cursors, kind=kind)
        self.weekly = Weekly(city.folder, city.name, settings, clock) if kind == "wall" and not shut else None
        self.board.look(self.shard.engine, catching_up=self._catching_up)
        self._intakes = [intake_of(city, key), intake_of(city, key)]  # an intake is for one thread alone
        self._readers: tuple[Watcher | Poller, ...] = ()
        if kind == "wall":
            every = settings.watch_seconds
            files = Feeder(lambda: self._intakes[0], self.writer, cursors, clock, metrics)
            polls = Feeder(lambda: self._intakes[1], self.writer, cursors, clock, metrics)
            watcher = Watcher(city.folder, files, self.writer, clock, metrics, every=every)
            self._readers = (watcher, Poller(polls, opened_fetch, clock, every=every))

    def _pushed(self) -> list[str]:
        return [name for name, feed in self.city.feeds.items() if feed.comes.push]

    # life

    def start(self) -> None:
        self.writer.start()
        for reader in self._readers:
            reader.start()

    def stop(self) -> None:
        """Doors shut, what waits written, a last snapshot, notices under way ended. Idempotent."""
        if self._stopped:
            return
        self._stopped = True
        for reader in self._readers:
            reader.stop()
        self.workshop.stop()
        self.writer.stop()
        if self.weekly is not None:
            self.weekly.stop()
        self.office.close()
        self._opened.close()

    def reread(self) -> Sequence[str]:
        """Read the folder again and put what changed in force; the mistakes, one line each, where it has any.

        Channels of desks are not opened anew: that needs a restart.
        """
        reading = read_city(self.city.folder)
        if reading.city is None:
            return reading.render(self._settings.language).splitlines()
        try:
            city = released(reading.city, self._settings.data, self._settings.language)
        except ReleaseError as fault:
            return fault.render(self._settings.language).splitlines()
        if city.name != self.city.name:
            return [say("renamed", self._settings.language, name=city.name)]
        try:
            _check_polls(city)
        except SpokenError as fault:
            return [fault.render(self._settings.language)]
        self.writer.submit_waiting(Parcel(book=city.book)).result(self._settings.answer_seconds)
        self.door.intake = intake_of(city, self._opened.key)
        self._intakes[:] = [intake_of(city, self._opened.key), intake_of(city, self._opened.key)]
        self.office.reread(city)
        self.city = city
        return []

    # for the doors

    @property
    def duty(self) -> DutyCity:
        """What people do with its alerts goes through here."""
        return self.office.duty

    @property
    def key(self) -> bytes:
        """The city's key."""
        return self._opened.key

    @property
    def pushed_feeds(self) -> tuple[str, ...]:
        return tuple(self._pushed() if self.kind == "wall" else self.city.feeds)

    @property
    def takes_arrivals(self) -> bool:
        return self.kind == "stream"

    def alive(self) -> bool:
        return self.writer.alive() and all(reader.alive() for reader in self._readers)

    def unready(self) -> str:
        """Why pushes had better wait; empty when they need not."""
        if not self.alive():
            return "dead"
        return self.office.behind(caught_up=self.writer.caught_up, full=self.shard.full, paced=self.kind == "wall")

    # on the writer's thread

    def _ring(self) -> None:
        self.board.ring()

    def _broke(self, fault: BaseException) -> None:
        if self.on_fault is not None:
            self.on_fault(fault)

    def _hear(self, signals: Sequence[Signal], changed: Sequence[Alert]) -> None:
        self.office.heard()

    @property
    def _catching_up(self) -> bool:
        return self.kind == "wall" and not self.writer.caught_up

    @property
    def stopped_rules(self) -> tuple[str, ...]:
        """Rules that judge nothing just now, by hand or because they raised."""
        return self.office.stopped_rules

    def _after_turn(self) -> None:
        self.shard.show(shown_of(self.city))  # as the folder has it, where it was read again
        rows_alone = self._brought_rows_alone()
        if self.writer.caught_up and self.shard.tick and not rows_alone:
            take_handed(self.shard, self._opened.folder, self._note)
            engine = self.shard.engine
            if self.weekly is not None and isinstance(engine, Engine):
                self.weekly.look(engine)
        self.office.look(self.shard.engine, catching_up=self._catching_up, rows_alone=rows_alone)
        if not rows_alone and isinstance(self.shard.engine, Engine):  # it wakes whoever waits until pages show it
            self.workshop.look(stand_of(self.shard.engine))
        self.office.turn(caught_up=self.writer.caught_up, catching_up=self._catching_up)

    def _note(self, order: Handed | Swap, at: int) -> bool:
        """Write what a person ordered into the desk's chain; whether there was room."""
        if isinstance(order, Swap):
            self.city = replace(self.city, book=self.shard.engine.book)
            with self.office.on_a_full_disk():
                self.store.put_names(self.city.name, names_of(self.city))
            entry = structs.replace(ordered(order.order, at), id=order.id, about=order.release)
        elif not isinstance(order, Calibrate) and order.by:
            entry = ordered(order, at)
        else:
            return True
        with self.office.on_a_full_disk():
            self.acting.ordered(entry)
        return self.acting.knows_order(entry.id)

    def _brought_rows_alone(self) -> bool:
        """Whether this turn wrote rows and no time has passed in it: then what need not follow each frame waits for
        the tick, or for some turns. They come in hundreds a second; a look at a feed costs as much as it is long, and
        one at a folder lets another thread go first."""
        shown = self.shard.tick == self.board.now() and not self.board.city().catching_up
        alone = self.kind == "wall" and self.writer.wrote and self.writer.caught_up and shown
        self._unseen = self._unseen + 1 if alone and self._unseen < TURNS_UNSEEN else 0
        return self._unseen > 0


def _is_missed(feed: FeedFile) -> bool:
    """Whether nobody hears it while this is stopped: what is pushed, and an address that shows what is the case."""
    return feed.comes.push or feed.comes.url is not None


def _check_polls(city: City) -> None:
    """Raises SpokenError where an address cannot be polled: said before the doors open."""
    for name, feed in city.feeds.items():
        if feed.comes.url is not None:
            opened_fetch(name, feed.comes)
