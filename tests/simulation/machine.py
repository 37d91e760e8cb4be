"""A city's process in one thread: the real gate, journal, engine and desk, turned by hand, killed where a script says.

What a process has of its own are its threads: here the writer is turned step by step, and the outbox delivers before
the turn ends. Everything else is the code in service.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Condition
from typing import Any
from unittest.mock import patch

from sqlalchemy.exc import OperationalError

from alerts.channels.port import Message, Outcome, Receipt
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
from streams.runtime import ClockKind, EngineLike, Parcel, Recovery, StoppedError, Writer
from streams.settings import Settings
from tests.simulation.clock import MachineTime
from tests.system.disk import Disk, Op, after_power_loss

DELIVERS_EVERY_MS = 3 * 3_600_000
KEY = "a key that every made town shares"


Body = tuple[str, Sequence[bytes], int | None]
"""(feed, lines, arrival that the sender says or None)."""


class Killed(BaseException):
    """The process is gone: nothing of it may answer any more."""


@dataclass
class Road:
    """A channel to the outside: what arrived there stays, whatever becomes of the process."""

    name: str
    dice: Random
    failing: float = 0.0
    language: str = "en"
    heard: list[Message] = field(default_factory=list)
    doubts: int = 0
    on_heard: Callable[[], None] = lambda: None

    def deliver(self, message: Message, at: int) -> Receipt:
        outcome: Outcome = "accepted"
        if self.dice.random() < self.failing:
            outcome = self.dice.choice(("failed", "in_doubt"))
        if outcome != "failed":
            self.heard.append(message)
            self.doubts += outcome == "in_doubt"
            self.on_heard()
        return Receipt(at, outcome, "as the dice say")

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class Blade:
    """Where the process is to die: at the `left`-th passing of `point`."""

    point: str = ""
    left: int = 0
    passed: dict[str, int] = field(default_factory=dict)
    falls: Callable[[str], None] = lambda _: None

    def __call__(self, point: str) -> None:
        self.passed[point] = self.passed.get(point, 0) + 1
        if point != self.point or not self.left:
            return
        self.left -= 1
        if not self.left:
            self.point = ""
            self.falls(point)
            raise Killed(point)


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


@dataclass(frozen=True, slots=True)
class Habits:
    """How a process is set: what differs from seed to seed and never changes what is said."""

    snapshot_records: int
    step_ms: int
    kind: ClockKind


class Machine:
    """The machine that the processes of one town run on, one after the other: its clock, its disk, its roads."""

    def __init__(
        self, city: City, root: Path, time: MachineTime, habits: Habits, roads: Sequence[Road], dice: Random,
        disk: Disk | None,
    ) -> None:  # fmt: skip
        self.city, self.time, self.habits, self.disk = city, time, habits, disk
        self.roads = {road.name: road for road in roads}
        self.said: list[tuple[int, Signal]] = []  # (life, signal)
        self.lives = 0
        self.power = self.desk_lost = False
        self.blade = Blade(falls=self._falls)
        self._dice = dice
        self._root = root
        self.data = root / "life-0"
        self._image: Path | None = None
        self._process: _Process | None = None
        self._seen = 0  # calls that had reached the disk when somebody outside last learned something
        for road in roads:
            road.on_heard = self._on_heard

    @property
    def process(self) -> _Process:
        assert self._process is not None
        return self._process

    @property
    def up(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        """Raises Killed where the blade falls on the way up."""
        self.lives += 1
        self._process = _Process(self)

    def die(self, *, power: bool) -> None:
        """From outside, between two turns."""
        self.power = power
        self._falls("outside")
        self.bury()

    def stop(self) -> None:
        """In order."""
        process, self._process = self.process, None
        process.stop()

    def lose_the_desk(self) -> None:
        """The store of the alerts is gone, between two lives."""
        self.desk_lost = True
        for path in (self.data / self.city.name).glob("alerts.sqlite*"):
            path.unlink()
        if self.disk is not None:
            self.disk.ops[:] = [op for op in self.disk.ops if "alerts.sqlite" not in op.path]
            self.learned()

    def bury(self) -> None:
        """The process is gone; the next one finds what the disk holds."""
        process, self._process = self._process, None
        if process is not None:
            process.abandon()
        assert self._image is not None
        shutil.rmtree(self.data, ignore_errors=True)
        self.data, self._image = self._image, None

    def hear(self, said: Sequence[Signal]) -> None:
        self.said += [(self.lives, signal) for signal in said]

    def found(self, recovery: Recovery) -> None:
        """A start found the log up to here: what earlier lives said of records beyond it was of no durable record."""
        last = max(recovery.head, 0) + recovery.records + len(recovery.torn)
        self.said = [one for one in self.said if one[0] == self.lives or one[1].cause.offset <= last]

    def learned(self) -> None:
        """Somebody outside has learned something: what was written until now must outlive any loss of power."""
        self._seen = len(self.disk.ops) if self.disk is not None else 0

    def _on_heard(self) -> None:
        self.learned()
        self.blade("in-delivery")

    def _falls(self, point: str) -> None:
        """Keep what the disk holds at this moment, or what it may hold after a loss of power."""
        self._image = self._root / f"life-{self.lives}"
        shutil.copytree(self.data, self._image, ignore=shutil.ignore_patterns("*-shm", "lock"))
        if self.disk is None:
            return
        prefix, now = str(self.data), str(self._image)
        if not self.power:
            self.disk.ops[:] = [_moved(op, prefix, now) for op in self.disk.ops]
        else:
            at = self._dice.randint(self._seen, len(self.disk.ops))
            left = after_power_loss([op for op in self.disk.ops[:at] if op.path.startswith(prefix)], self._dice)
            for path in self._image.rglob("*.sqlite*"):
                path.unlink()
            self.disk.ops.clear()
            for name, content in left.items():
                if name.endswith("-shm"):
                    continue
                moved = now + name.removeprefix(prefix)
                Path(moved).write_bytes(content)
                self.disk.ops += [Op("write", moved, 0, content), Op("sync", moved)]
        self._seen = len(self.disk.ops)


def _moved(op: Op, old: str, new: str) -> Op:
    return Op(op.kind, new + op.path.removeprefix(old), op.at, op.data) if op.path.startswith(old) else op


class _Process:
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

    def restore(self, data: bytes, books: Mapping[str, Book]) -> EngineLike:
        return self._overheard(super().restore(data, books))

    def _overheard(self, engine: EngineLike) -> EngineLike:
        apply = engine.apply

        def overheard(record: Record, offset: int) -> list[Signal]:
            said = apply(record, offset)
            self._hear(said)
            return said

        engine.apply = overheard  # type: ignore[method-assign]  # one engine, overheard
        return engine
