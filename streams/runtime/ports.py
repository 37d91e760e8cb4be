"""The doors of the runtime: what it asks of an engine, of those who make one, and of the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, Protocol

from alerts.alert import Alert
from rules.book import Book
from rules.feeds import FeedView
from rules.records import Record
from rules.shown import Count, Recount
from rules.signals import Signal

ClockKind = Literal["wall", "stream"]
"""Which clock a log keeps: fixed by its first record."""


class EngineLike(Protocol):
    """What the runtime asks of a city's engine (`rules.engine.Engine`)."""

    epoch: int

    @property
    def book(self) -> Book: ...
    @property
    def offset(self) -> int: ...
    @property
    def tick(self) -> int | None: ...
    @property
    def stopped(self) -> Mapping[str, tuple[int, str]]: ...  # rule -> (offset, why)
    @property
    def last_answers(self) -> Sequence[str]: ...
    def add_book(self, book: Book) -> None: ...
    def apply(self, record: Record, offset: int) -> list[Signal]: ...
    def apply_all(self, records: Sequence[tuple[int, Record]]) -> Iterable[Signal]: ...
    def rows(self) -> Mapping[str, bytes]: ...
    def feeds(self) -> Sequence[FeedView]: ...
    def show_counts(self, level: str | None = None, since: int = 0) -> None: ...
    def counted(self, *, open_too: bool) -> Sequence[Count | Recount]: ...


class Engines(Protocol):
    """Makes engines, anew or from the rows of a snapshot. `restore` raises ValueError where they are of another
    format."""

    def make(self, book: Book, epoch: int, clock: ClockKind) -> EngineLike: ...
    def restore(self, rows: Mapping[str, bytes], books: Mapping[str, Book]) -> EngineLike: ...


class Desk(Protocol):
    """Where signals go (`alerts.room.DeskRoom`). While `shut`, alerts are kept and no notice is written."""

    book: Book
    shut: bool

    def apply(self, signals: Sequence[Signal], wall_at: int) -> list[Alert]: ...


class Counts(Protocol):
    """Where counts for pages go (`alerts.counts.CountStore`)."""

    def put_counts(self, city: str, rows: Sequence[Count | Recount]) -> None: ...
    def forget_counts(self, city: str, now: int, kept: int) -> None: ...


Listener = Callable[[Sequence[Signal], Sequence[Alert]], None]
"""Hears every signal and the alerts it changed, on the writer's thread, after the desk's commit."""
