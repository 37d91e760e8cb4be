"""Taking up a log where it ends: which snapshot, which book, which epoch, and what of its tail can be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog

from rules.book import Book
from rules.signals import Cause
from streams.journal import Journal, JournalError, Snapshot
from streams.journal.kept import cause_of
from streams.metrics import Metrics
from streams.runtime.ledger import TOLD
from streams.runtime.ports import ClockKind, EngineLike, Engines

log = structlog.get_logger()

CLOCK: Final = "clock"
EPOCH: Final = "epoch"
FIRST_BOOK: Final = "first_book"
BOOK: Final = "book"


def check_clock(journal: Journal, kind: ClockKind, *, loading: bool) -> None:
    """Fix the log's clock, or find it as it was fixed. Raises JournalError."""
    was = journal.meta(CLOCK)
    if loading:
        if was is not None:
            raise JournalError("log-is-live")
    elif was is None:
        journal.put_meta(CLOCK, kind)
    elif was != kind:
        raise JournalError("clock-differs", was=was)


@dataclass(frozen=True, slots=True)
class Restored:
    """An engine to go on with, how many snapshots were passed over as bad, and what the desk has lost.

    `lost_to`: the desk was told up to here, and no longer knows it; None: it knows all.
    """

    engine: EngineLike
    bad: int
    lost_to: Cause | None


def restored(
    journal: Journal, engines: Engines, book: Book, kind: ClockKind, heard: Cause | None, metrics: Metrics
) -> Restored:
    """The engine from the newest good snapshot that its desk has caught up with, else from nothing.

    `heard` is the last cause the desk has applied. A log made anew, or put back from a copy, gets an epoch above it:
    else the desk would take what it says for repeats. A desk that has lost what it was told (an older copy of its
    store, or none) is told again out of the log.
    """
    first = _first_book(journal, book, heard)
    engine, bad, lost_to = _newest(journal, engines, book.city, heard, metrics)
    if engine is None:
        engine = engines.make(journal.books()[first], int(journal.meta(EPOCH) or 0), kind)
    if lost_to is not None:
        log.warning("desk_is_behind_its_log", city=book.city, told=lost_to.offset, heard=heard.offset if heard else 0)
    if heard is not None and (engine.epoch, journal.last_offset) < (heard.epoch, heard.offset):
        log.warning("log_is_behind_its_desk", city=book.city, last=journal.last_offset, heard=heard.offset)
        engine.epoch = heard.epoch + 1
        journal.put_meta(EPOCH, str(engine.epoch))
    for known in journal.books().values():
        engine.add_book(known)
    return Restored(engine, bad, lost_to)


def _first_book(journal: Journal, book: Book, heard: Cause | None) -> str:
    """The digest of the book the log begins with; a log without one begins now."""
    first = journal.meta(FIRST_BOOK)
    if first is not None:
        return first
    epoch = heard.epoch + 1 if heard is not None else 0
    journal.append([], meta={FIRST_BOOK: book.digest, BOOK: book.digest, EPOCH: str(epoch)})
    return book.digest


def _newest(
    journal: Journal, engines: Engines, city: str, heard: Cause | None, metrics: Metrics
) -> tuple[EngineLike | None, int, Cause | None]:
    books, bad = journal.books(), 0
    told = cause_of(journal.meta(TOLD))
    lost_to = told if told is not None and (heard is None or heard < told) else None
    for snapshot in journal.snapshots():
        if snapshot is not None:
            if snapshot.told is not None and (heard is None or heard < snapshot.told):
                lost_to = max(lost_to or snapshot.told, snapshot.told)
                continue
            try:
                engine = engines.restore(snapshot.rows, books)
            except ValueError as fault:  # of another format: the log says it all again
                log.info("snapshot_of_another_format", city=city, what=str(fault))
            else:
                _mend(journal, snapshot, city, metrics)
                return engine, bad, lost_to
        bad += 1
        log.warning("snapshot_refused", city=city)
        metrics.snapshots_refused.labels(city).inc()
    return None, bad, lost_to


def _mend(journal: Journal, snapshot: Snapshot, city: str, metrics: Metrics) -> None:
    """Rows that were found in their other slot get both again, or the next damage would cost a whole snapshot."""
    if not snapshot.healed:
        return
    log.warning("snapshot_rows_healed", city=city, rows=list(snapshot.healed))
    metrics.snapshot_rows_healed.labels(city).inc(len(snapshot.healed))
    journal.mend_snapshot(snapshot)
