"""The engine of a city as it was: the log judged again by the same code, from a snapshot that lies early enough.

Reads only; works beside a running writer, whose records never change once they are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from itertools import groupby, takewhile
from pathlib import Path
from typing import Final, Literal, Protocol

from rules.book import Book
from rules.engine import Engine
from rules.records import Frame, Record
from rules.signals import Signal
from streams.journal import Journal, JournalError, RefusedDay, Snapshot
from streams.past import DAY
from streams.runtime.recovery import CLOCK, EPOCH, FIRST_BOOK

STRETCH_MS: Final = 7 * DAY
"""Records laid before the engine at a time, so that it can look ahead over quiet stretches."""

Kind = Literal["wall", "stream"]


class Log(Protocol):
    """A city's log as whoever judges it again reads it: a journal, or its topics (streams/kafka/topic_log.py)."""

    def meta(self, name: str, /) -> str | None:
        """The book that it begins with, its epoch, its clock."""

    def books(self) -> Mapping[str, Book]:
        """Every book that ever judged it, by digest."""

    def moment(self) -> AbstractContextManager[int]:
        """What is read inside is of one moment; yields the last offset of then."""

    def snapshots(self) -> Iterator[Snapshot | None]:
        """Those kept, newest first; None stands for one that cannot be read whole."""

    def read(self, after: int = 0) -> Iterator[tuple[int, Record]]:
        """Records with offsets above `after`, in order."""

    def refused_days(self) -> Sequence[RefusedDay]:
        """How many records were refused, by feed and day of arrival."""


def first_book(journal: Log) -> Book:
    """The book that the log begins with. Raises JournalError where the log has not begun."""
    digest = journal.meta(FIRST_BOOK)
    if digest is None:
        raise JournalError("log-empty")
    return journal.books()[digest]


def clock_of(journal: Log) -> Kind:
    """The clock of the log; a log that was loaded and never served keeps the wall's."""
    return "stream" if journal.meta(CLOCK) == "stream" else "wall"


def engine_at(journal: Log, snapshots: Iterable[Snapshot | None], *, until: int | None = None) -> Engine:
    """The newest engine among `snapshots` that has seen nothing beyond `until` (ms, city time), else one that has
    seen nothing at all."""
    books = journal.books()
    engine: Engine | None = None
    for snapshot in snapshots:
        if snapshot is None:
            continue
        try:
            found = Engine.of_rows(snapshot.rows, books)
        except ValueError:  # of another format: the log says it all again
            continue
        if until is None or max(found.tick or 0, found.arrived) <= until:
            engine = found
            break
    if engine is None:
        engine = Engine(first_book(journal), epoch=int(journal.meta(EPOCH) or 0), clock=clock_of(journal))
    for book in books.values():
        engine.add_book(book)
    return engine


def engine_now(journal: Journal) -> Engine:
    """The engine at the log's present end. Raises JournalError."""
    with journal.moment() as cut:
        snapshots = list(journal.snapshots())
    engine = engine_at(journal, snapshots)
    for _ in judged(engine, takewhile(lambda item: item[0] <= cut, journal.read(after=engine.offset))):
        pass
    return engine


def engine_beside(path: Path) -> Engine:
    """The engine at the present end of the log in `path`, beside whoever writes it. Raises JournalError."""
    with closing(Journal.open(path, read_only=True)) as journal:
        return engine_now(journal)


def judged(engine: Engine, records: Iterable[tuple[int, Record]]) -> Iterator[Signal]:
    """What the engine says of the records, some days of them at a time."""
    for _, stretch in groupby(_timed(records), key=lambda item: item[0] // STRETCH_MS):
        yield from engine.apply_all([record for _, record in stretch])


def _timed(records: Iterable[tuple[int, Record]]) -> Iterator[tuple[int, tuple[int, Record]]]:
    """Each record with the time it brings, ms: never falling."""
    at = 0
    for offset, record in records:
        at = max(at, time_of(record))
        yield at, (offset, record)


def time_of(record: Record) -> int:
    """The city time that a record brings, ms; 0 where it brings none."""
    if isinstance(record, Frame):
        return int(record.rows["arrived_at"].max()) if len(record.rows) else 0
    return int(getattr(record, "now", 0))
