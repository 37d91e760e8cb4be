"""Laying counts out for pages and boards: what has settled at once, what is open at most every ten seconds.

On the writer's thread. A snapshot of the engine waits until all that has settled by then is kept: after a kill the log
says again what came later, and nothing is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog
from sqlalchemy.exc import OperationalError

from rules.shown import Count, Recount
from streams.journal import means_full
from streams.metrics import Metrics
from streams.runtime.ledger import Ledger
from streams.runtime.ports import Counts, EngineLike

log = structlog.get_logger()

OPEN_SECONDS: Final = 10.0
DAY_MS: Final = 86_400_000
MOST_WAITING: Final = 500_000
"""Rows kept for a store whose disk is full; of more the oldest are let go, and that is said."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a city's counts is kept: areas down to `level` ("": none), for `kept` ms."""

    level: str = ""
    kept: int = 0


NONE_SHOWN: Final = Shown()


class Showing:
    """`shown`: assign another one when the city's file changes, and `follow` the engine again."""

    def __init__(self, city: str, counts: Counts | None, shown: Shown, ledger: Ledger, metrics: Metrics) -> None:
        self._city = city
        self._counts = counts
        self.shown = shown
        self._ledger = ledger
        self._metrics = metrics
        self._waiting: list[Count | Recount] = []
        self._open_at: float | None = None
        self._forgot_on = 0

    def follow(self, engine: EngineLike, now: int) -> None:
        """Ask an engine for counts from here on; `now`: city time, ms, at or before which it stands."""
        level = self.shown.level if self._counts is not None else ""
        engine.show_counts(level, max(0, now - self.shown.kept))
        self._open_at = None

    @property
    def waiting(self) -> bool:
        """Whether rows found no room."""
        return bool(self._waiting)

    def show(self, engine: EngineLike, steady: float | None = None) -> None:
        """Keep what has settled; and, where `steady` (seconds) is given and it is time, what is open."""
        if self._counts is None or not self.shown.level:
            return
        opens = steady is not None and (self._open_at is None or steady - self._open_at >= OPEN_SECONDS)
        self._waiting += engine.counted(open_too=opens)
        if opens:
            self._open_at = steady
        if len(self._waiting) > MOST_WAITING:
            log.error("counts_let_go", city=self._city, rows=len(self._waiting) - MOST_WAITING)
            del self._waiting[:-MOST_WAITING]
        self._keep(engine.tick or 0)

    def _keep(self, now: int) -> None:
        counts, rows = self._counts, self._waiting
        if counts is None or (not rows and now // DAY_MS == self._forgot_on):
            return
        try:
            if rows:
                with self._metrics.counts_seconds.labels(self._city).time():
                    counts.put_counts(self._city, rows)
                self._metrics.counts_written.labels(self._city).inc(len(rows))
                self._waiting = []
            if now // DAY_MS != self._forgot_on:
                counts.forget_counts(self._city, now, self.shown.kept)
                self._forgot_on = now // DAY_MS
        except OperationalError as fault:
            if not means_full(fault.orig):
                raise
            self._ledger.choke()  # pages wait for room; alerts live on what was kept back for them
