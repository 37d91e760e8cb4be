"""The one writer of a city: a thread that gathers what waits, commits it as a group, and lets time pass.

Sources hand over parcels and get a future that is done after the fsync and the judgement. The queue has a bound in
events: a push beyond it is turned away at once (429), a reader of files waits. While one group commits, the next
gathers by itself, so nothing is ever held back to make a group larger.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final

import structlog

from alerts.export import rfc3339
from streams.clock import Clock
from streams.journal import DiskFullError
from streams.metrics import Metrics
from streams.runtime.parcels import Parcel, Receipt
from streams.runtime.shard import Shard

log = structlog.get_logger()

TICK_SECONDS: Final = 1.0
STEP_MS: Final = 10_000
"""After a stop, ticks go on in steps of at most this."""
LONG_STOP_MS: Final = 86_400_000
LONG_STEP_MS: Final = 86_400_000
"""Before the last day of a longer stop (a load of the past, then the present): no source is read meanwhile, and the
engine orders what is due inside a tick by its own time (law 5)."""
LONG_STEPS_AT_ONCE: Final = 1
STEPS_AT_ONCE: Final = 200
"""Ticks between two looks at whether the city is told to stop."""
TELL_SECONDS: Final = 5.0
"""How often the log tells how far a city that catches up has come."""
GROUP_EVENTS: Final = 20_000
"""Most events of one group commit."""
FULL_DISK_PAUSE: Final = 0.5
BREATHE_SECONDS: Final = 5.0
"""How often a city whose disk is full looks for room, also while nobody sends."""


class QueueFullError(Exception):
    """More events wait than the queue may hold: try again later."""


class StoppedError(Exception):
    """The writer has stopped, in order or by a fault: nothing was written."""


class Writer:
    """`start` after the shard has recovered; `stop` ends it in order, with a last snapshot."""

    def __init__(
        self,
        shard: Shard,
        clock: Clock,
        metrics: Metrics,
        *,
        queue_events: int,
        snapshot_records: int,
        snapshot_seconds: float,
        refused_kept: int,
        backlog: bool = False,
        after_turn: Callable[[], None] | None = None,
        on_fault: Callable[[BaseException], None] | None = None,
    ) -> None:
        self._shard = shard
        self._clock = clock
        self._metrics = metrics
        self._bound = queue_events
        self._snapshot_records = snapshot_records
        self._snapshot_seconds = snapshot_seconds
        self._refused_kept = refused_kept
        self._after_turn = after_turn
        self._on_fault = on_fault
        self._waiting: deque[tuple[Parcel, Future[Receipt]]] = deque()
        self._events = 0
        self._ready = threading.Condition()
        self._flooded = False
        self._stopping = False
        self._backlog = backlog
        self._caught_up = False
        self.wrote = False
        """Whether the present turn wrote what waited; else it only let time pass."""
        self._remembered_at = self._told_at = self._breathed_at = clock.steady()
        self._thread = threading.Thread(target=self._run, name="tocsin-writer", daemon=True)
        metrics.queue_bound.labels(shard.city).set(queue_events)

    # for sources, any thread

    def submit(self, parcel: Parcel) -> Future[Receipt]:
        """Hand over a parcel. Raises QueueFullError, StoppedError."""
        future: Future[Receipt] = Future()
        with self._ready:
            if self._stopping:
                raise StoppedError
            if self._events + parcel.weight > self._bound and self._waiting:
                if not self._flooded:
                    log.warning("flood", city=self._shard.city, waiting=self._events, bound=self._bound)
                self._flooded = True  # said once, until the queue has run dry
                raise QueueFullError
            self._put(parcel, future)
        return future

    def submit_waiting(self, parcel: Parcel, *, seconds: float = 60.0) -> Future[Receipt]:
        """Hand over a parcel, waiting for room. Raises QueueFullError after `seconds`, StoppedError."""
        future: Future[Receipt] = Future()
        with self._ready:
            room = self._ready.wait_for(
                lambda: self._stopping or not self._waiting or self._events + parcel.weight <= self._bound, seconds
            )
            if self._stopping:
                raise StoppedError
            if not room:
                raise QueueFullError
            self._put(parcel, future)
        return future

    def _put(self, parcel: Parcel, future: Future[Receipt]) -> None:
        self._waiting.append((parcel, future))
        self._events += parcel.weight
        self._metrics.queue_events.labels(self._shard.city).set(self._events)
        self._ready.notify_all()

    def backlog_read(self) -> None:
        """The readers of files have handed over what lay there at the start: time may pass freely now."""
        with self._ready:
            self._backlog = False
            self._ready.notify_all()

    @property
    def caught_up(self) -> bool:
        """Whether the ticks have reached the present (wall), or the log is taken up (stream)."""
        return self._caught_up and self._thread.is_alive()

    def alive(self) -> bool:
        return self._thread.is_alive()

    # life

    def start(self) -> None:
        self._thread.start()

    def stop(self, *, seconds: float = 30.0) -> None:
        """Write what waits, remember, end. Idempotent."""
        with self._ready:
            self._stopping = True
            self._ready.notify_all()
        if self._thread.ident is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        try:
            while self._turn():
                pass
            self._remember()
        except BaseException as fault:
            log.exception("writer_broke", city=self._shard.city)  # a broken promise: told, and the process ends
            self._fail(fault)
            if self._on_fault is None:
                raise
            self._on_fault(fault)

    def _fail(self, fault: BaseException) -> None:
        with self._ready:
            self._stopping = True
            left = list(self._waiting)
            self._waiting.clear()
            self._ready.notify_all()
        for _, future in left:
            future.set_exception(StoppedError(type(fault).__name__))

    def _turn(self) -> bool:
        """Gather, write, let time pass; False when stopped and nothing waits."""
        group = self._gather()
        if group and not self._caught_up and not self._reach(group):
            self._turn_away(group)
            return True
        self.wrote = bool(group)
        if group:
            self._write(group)
        elif self._stopping:
            return False
        self._pass_time()
        self._breathe_sometimes()
        self._shard.show_counts()
        self._remember_sometimes()
        if self._after_turn is not None:
            self._after_turn()
        return True

    def _gather(self) -> list[tuple[Parcel, Future[Receipt]]]:
        """What waits, oldest first; while a backlog is read, pushes of the present wait for the past."""
        with self._ready:
            if not self._stopping and not any(self._may_pass(parcel) for parcel, _ in self._waiting):
                self._ready.wait(TICK_SECONDS)
            group: list[tuple[Parcel, Future[Receipt]]] = []
            left: deque[tuple[Parcel, Future[Receipt]]] = deque()
            events = 0
            while self._waiting and (not group or events + self._waiting[0][0].weight <= GROUP_EVENTS):
                first = self._waiting.popleft()
                if not self._may_pass(first[0]):
                    left.append(first)
                    continue
                self._events -= first[0].weight
                if first[1].set_running_or_notify_cancel():  # else whoever sent it has gone: nothing was promised
                    group.append(first)
                    events += first[0].weight
            self._waiting.extendleft(reversed(left))
            self._flooded = self._flooded and bool(self._waiting)
            self._metrics.queue_events.labels(self._shard.city).set(self._events)
            self._ready.notify_all()
        return group

    def _may_pass(self, parcel: Parcel) -> bool:
        return not self._backlog or self._stopping or parcel.stamp is not None or self._shard.kind == "stream"

    def _write(self, group: list[tuple[Parcel, Future[Receipt]]]) -> None:
        try:
            receipts = self._shard.take([parcel for parcel, _ in group])
        except DiskFullError as fault:
            for _, future in group:
                future.set_exception(fault)
            return
        except BaseException as fault:
            for _, future in group:
                future.set_exception(StoppedError(type(fault).__name__))
            raise
        for (_, future), receipt in zip(group, receipts, strict=True):
            future.set_result(receipt)

    def _reach(self, group: list[tuple[Parcel, Future[Receipt]]]) -> bool:
        """Let time pass up to the group: to its earliest stamp while a backlog is read, else to the present.

        False where the city was told to stop on the way: what waits was promised nothing.
        """
        stamps = [parcel.stamp for parcel, _ in group if parcel.stamp is not None]
        if not self._backlog:
            self._pass_time()
            return self._caught_up
        if self._shard.kind == "wall" and stamps:
            return self._tick(min(*stamps, self._clock.now()) - 1)
        return True

    @staticmethod
    def _turn_away(group: list[tuple[Parcel, Future[Receipt]]]) -> None:
        for _, future in group:
            future.set_exception(StoppedError("told to stop while catching up"))

    def _pass_time(self) -> None:
        apart = self._clock.apart_seconds()
        self._metrics.clock_apart.set(apart)
        if self._shard.kind == "stream":
            self._caught_up = True
            return
        if self._backlog:
            return
        now = self._clock.now()
        if self._caught_up and now - self._shard.tick < 1000 * TICK_SECONDS:
            return
        arrived = self._tick(now)
        if arrived and not self._caught_up and self._after_turn is not None:
            self._after_turn()  # the board has the time before anyone is told that it is the present
        self._caught_up = arrived or self._caught_up

    def _tick(self, now: int) -> bool:
        """Tick on to `now`; False where the city was told to stop on the way, which a short way never is."""
        try:
            while True:
                last = self._shard.tick
                if 0 < last < now - LONG_STOP_MS:
                    step, until = LONG_STEP_MS, min(now - LONG_STOP_MS, last + LONG_STEPS_AT_ONCE * LONG_STEP_MS)
                else:
                    step, until = STEP_MS, min(now, last + STEPS_AT_ONCE * STEP_MS) if last > 0 else now
                self._shard.tick_to(until, step=step)
                if until >= now:
                    return True
                if self._stopping:
                    return False
                self._tell()
        except DiskFullError:
            with self._ready:
                self._ready.wait(FULL_DISK_PAUSE)
        return True

    def _tell(self) -> None:
        """How far the city has come on a longer way: to whoever looks at it, and now and then to the log."""
        if self._after_turn is not None:
            self._after_turn()
        if self._clock.steady() - self._told_at >= TELL_SECONDS:
            self._told_at = self._clock.steady()
            log.info("catching_up", city=self._shard.city, at=rfc3339(self._shard.tick)[:10])

    def _breathe_sometimes(self) -> None:
        if self._shard.full and self._clock.steady() - self._breathed_at >= BREATHE_SECONDS:
            self._breathed_at = self._clock.steady()
            self._shard.breathe()

    def _remember_sometimes(self) -> None:
        waited = self._clock.steady() - self._remembered_at
        due = self._shard.unremembered >= self._snapshot_records or (
            self._shard.unremembered > 0 and waited >= self._snapshot_seconds
        )
        if not due:
            return
        self._remember()
        self._remembered_at = self._clock.steady()

    def _remember(self) -> None:
        try:
            self._shard.remember()
            self._shard.forget_refused(self._refused_kept)
        except DiskFullError:  # the log says it all again
            log.warning("snapshot_waits_for_room", city=self._shard.city)
