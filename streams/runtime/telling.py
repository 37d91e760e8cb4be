"""Telling the desk what the engine said: at once, or, where the disk is too full even for that, when there is room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import OperationalError

from rules.book import Book
from rules.signals import Cause, Signal
from streams.crashpoints import Crash, CrashPoint
from streams.journal import means_full
from streams.metrics import Metrics
from streams.runtime.ledger import Ledger
from streams.runtime.ports import Desk, Listener

log = structlog.get_logger()


class Telling:
    """`told`: the last cause that the desk has heard; `waiting`: signals that found no room."""

    def __init__(self, desk: Desk, ledger: Ledger, metrics: Metrics, crash: Crash) -> None:
        self.desk = desk
        self._ledger = ledger
        self._metrics = metrics
        self._crash = crash
        self.told: Cause | None = None
        self.waiting: list[Signal] = []
        self.listeners: list[Listener] = []

    def say(self, signals: Sequence[Signal], book: Book, wall_at: int) -> None:
        """Signals of one book, in the order of their causes."""
        for signal in signals:
            self._metrics.signals_raised.labels(book.city, signal.rule, signal.state).inc()
        self.desk.book = book
        self.waiting += signals
        self._crash(CrashPoint.BEFORE_TELLING)
        self._tell(wall_at)
        self._crash(CrashPoint.AFTER_TELLING)

    def again(self, wall_at: int) -> None:
        """Whether there is room by now for what waits."""
        if self.waiting:
            log.warning("alerts_wait_for_room", city=self.desk.book.city, signals=len(self.waiting))
            self._tell(wall_at)

    def _tell(self, wall_at: int) -> None:
        signals = self.waiting
        try:
            changed = self.desk.apply(signals, wall_at)
        except OperationalError as fault:
            if not means_full(fault.orig):
                raise
            had_room = not self._ledger.full
            self._ledger.choke()  # alerts live on what was kept back for them
            if had_room:
                self._tell(wall_at)
            return
        self.waiting = []
        last = signals[-1].cause
        self.told = self._ledger.told = max(self.told or last, last)
        for hear in self.listeners:
            hear(signals, changed)

    @contextmanager
    def in_silence(self, *, silent: bool) -> Iterator[None]:
        """While the desk is told what it was told before and has lost: alerts are kept, no notice leaves again."""
        was = self.desk.shut
        self.desk.shut = was or silent
        try:
            yield
        finally:
            self.desk.shut = was
