"""A city's process in one thread: the real gate, journal, engine and desk, turned by hand.

What a process has of its own are its threads: here the writer is turned step by step, and the outbox delivers before
the turn ends. Everything else is the code in service.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from threading import Condition
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from sqlalchemy.exc import OperationalError

from alerts.outbox import Outbox
from rules.book import Book
from rules.records import Order, Record
from rules.signals import Signal
from streams.city import City
from streams.clock import WallClock
from streams.engines import RuleEngines
from streams.journal import DiskFullError, means_full
from streams.metrics import Metrics
from streams.opened import intake_of, open_city
from streams.push import EventAnswer, PushDoor
from streams.runtime import ClockKind, EngineLike, Parcel, StoppedError, Writer
from streams.settings import Settings
from tests.simulation.outside import KEY, Blade, Body

if TYPE_CHECKING:
    from tests.simulation.machine import Machine

DELIVERS_EVERY_MS = 3 * 3_600_000


class _AtOnce(Executor):
    """Runs what it is given before it answers: no second thread."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as fault:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(fault)
        return future


class _Unwaiting(Condition):
    """Nobody else will ever notify: to wait would be to hang."""

    def wait(self, timeout: float | None = None) -> bool:
        return False


class Process:
    """One life: from its start to its end, whichever way."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        habits, city = machine.habits, machine.city
        settings = Settings(data=machine.data, reserve_bytes=0, key=KEY, snapshot_records=habits.snapshot_records)  # type: ignore[arg-type]  # a str is read as a secret
        self._metrics, self._clock = Metrics(), WallClock()
        self._kept = ExitStack()
        crash = machine.blade
        with patch("streams.opened.armed", lambda _: crash), patch("streams.opened.never", crash):
            try:
                opened = open_city(
                    city, settings, self._clock, self._metrics, kind=habits.kind, engines=_Overheard(machine.hear)
                )
            except BaseException:
                self._kept.close()
                raise
        self._kept.callback(opened.close)
        self.shard, self.store = opened.shard, opened.store
        machine.found(opened.recovery)
        try:
            if habits.kind == "wall":
                self.shard.tell_stop(list(city.feeds), self._clock.now())
            self._wire(settings, crash)
        except BaseException:
            self._kept.close()
            raise

    def _wire(self, settings: Settings, crash: Blade) -> None:
        machine = self._machine
        self.outbox = Outbox(self.store, machine.roads, lambda _: self.shard.engine.book)
        self.outbox._threads = _AtOnce()  # type: ignore[assignment]  # it asks for no more than an Executor
        self.writer = Writer(
            self.shard, self._clock, self._metrics, queue_events=100_000, refused_kept=1_000, after_turn=self._deliver,
            snapshot_records=settings.snapshot_records, snapshot_seconds=1e9,
        )  # fmt: skip
        self.writer._ready = _Unwaiting()
        self.door = PushDoor(
            intake_of(machine.city, KEY.encode()), self.writer, self._clock, self._metrics, self.shard.cursors(),
            kind=machine.habits.kind,
        )  # fmt: skip
        self._delivered = 0, -1
        self.turn()

    def turn(self) -> None:
        with patch("streams.runtime.writer.STEP_MS", self._machine.habits.step_ms):
            self.writer._turn()

    def _deliver(self) -> None:
        """As a station does: when something was said, and now and then."""
        now, said = self._machine.time.at, len(self._machine.said)
        if said == self._delivered[1] and now - self._delivered[0] < DELIVERS_EVERY_MS:
            return
        self._delivered = now, said
        try:
            self.outbox.deliver_due(self._clock.now(), wait_for_lanes=True)
        except OperationalError as fault:
            if not means_full(fault.orig):
                raise
            self.shard.choke()

    def delivers(self) -> bool:
        """Deliver what is due; whether anything is still owed."""
        self.outbox.deliver_due(self._clock.now(), wait_for_lanes=True)
        return bool(self.store.backlog())

    def push(self, bodies: Sequence[Body]) -> list[list[EventAnswer]] | None:
        """The answers to each body; None where the city could not take them all now."""
        ways = [self.door.take(feed, lines, arrived_at=arrived_at) for feed, lines, arrived_at in bodies]
        self.turn()
        try:
            return [way.answers([future.result(0) for future, _ in way.waiting]) for way in ways]
        except (DiskFullError, StoppedError):
            return None

    def order(self, order: Order) -> None:
        future = self.writer.submit(Parcel(order=order))
        self.turn()
        future.result(0)

    def use(self, city: City) -> None:
        """The folder was read again and differs."""
        future = self.writer.submit(Parcel(book=city.book))
        self.turn()
        future.result(0)
        self.door.intake = intake_of(city, KEY.encode())

    def stop(self) -> None:
        with patch("streams.runtime.writer.STEP_MS", self._machine.habits.step_ms):
            self.writer._stopping = True
            while self.writer._turn():
                pass
            self.writer._remember()
        self.abandon()

    def abandon(self) -> None:
        self._kept.close()


class _Overheard(RuleEngines):
    """The shipped engines, and whoever listens to every signal in the order in which an engine says it."""

    def __init__(self, hear: Callable[[Sequence[Signal]], None]) -> None:
        self._hear = hear

    def make(self, book: Book, epoch: int, clock: ClockKind) -> EngineLike:
        return self._overheard(super().make(book, epoch, clock))

    def restore(self, rows: Mapping[str, bytes], books: Mapping[str, Book]) -> EngineLike:
        return self._overheard(super().restore(rows, books))

    def _overheard(self, engine: EngineLike) -> EngineLike:
        apply = engine.apply

        def overheard(record: Record, offset: int) -> list[Signal]:
            said = apply(record, offset)
            self._hear(said)
            return said

        engine.apply = overheard  # type: ignore[method-assign]  # one engine, overheard
        return engine
