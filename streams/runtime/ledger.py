"""Writing a city's journal: group commits measured, and what happens when the disk is full.

When it is, the reserve is given up at once, so that ticks and alerts still find room; new events are turned away until
there is room again for both the reserve and them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import structlog

from rules.records import Frame, Record
from rules.signals import Cause
from streams.journal import Cursor, DiskFullError, Journal, Reserve, kind_of
from streams.journal.kept import text_of
from streams.metrics import Metrics
from streams.refusals import Refusal

log = structlog.get_logger()

TOLD: Final = "told"
HELD_ALARM_BYTES: Final = 256 << 20
"""So much of the write-ahead log may a long reader hold before it is told."""


class Ledger:
    """A journal as the shard writes it. `full`: events are turned away just now."""

    def __init__(self, journal: Journal, city: str, metrics: Metrics, reserve: Reserve | None) -> None:
        self._journal = journal
        self._city = city
        self._metrics = metrics
        self._reserve = reserve
        self._held = False
        self.full = False
        self.told: Cause | None = None
        """The last cause that the desk has heard; written with the next commit, so that it outlives a snapshot."""
        self._told_written: Cause | None = None

    def write(
        self,
        records: Sequence[Record],
        *,
        cursors: Sequence[Cursor] = (),
        refused: Sequence[Refusal] = (),
        meta: Mapping[str, str] | None = None,
    ) -> range:
        """One group commit; the offsets. Raises DiskFullError: nothing was written."""
        if self.full and any(isinstance(record, Frame) for record in records) and not self.breathe():
            raise DiskFullError("disk-full", path=self._city)
        told = self.told
        if told is not None and told != self._told_written:
            meta = {**(meta or {}), TOLD: text_of(told)}
        with self._metrics.commit_seconds.labels(self._city).time():
            try:
                offsets = self._journal.append(records, cursors=cursors, refused=refused, meta=meta)
            except DiskFullError:
                self.choke()
                raise
        self._told_written = told
        self._look_at_the_readers()
        for kind, n in Counter(kind_of(record) for record in records).items():
            self._metrics.records_written.labels(self._city, kind).inc(n)
        return offsets

    def choke(self) -> None:
        """The disk is full: give the reserve up, turn events away."""
        if not self.full:
            log.error("disk_full", city=self._city)
        self.full = True
        self._metrics.journal_full.labels(self._city).set(1)
        if self._reserve is not None:
            self._reserve.release()

    def _look_at_the_readers(self) -> None:
        """Say once that somebody reads for so long that the write-ahead log cannot be emptied."""
        held = self._journal.held_bytes
        self._metrics.journal_held.labels(self._city).set(held)
        if held >= HELD_ALARM_BYTES and not self._held:
            log.error("journal_held_by_a_reader", city=self._city, bytes=held)
        self._held = held >= HELD_ALARM_BYTES

    def breathe(self) -> bool:
        """Whether there is room again, the reserve taken back included."""
        if self._reserve is not None and not self._reserve.hold():
            return False
        self.full = False
        self._metrics.journal_full.labels(self._city).set(0)
        log.info("disk_has_room_again", city=self._city)
        return True
