"""Fakes behind the runtime's doors: an engine that counts, and a desk that listens. And the rows they are fed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
import numpy as np

from alerts.alert import Alert
from rules.book import Book, FeedPolicy
from rules.calendar import Calendar
from rules.feeds import FeedView
from rules.records import ROW, Frame, Order, Record, Tick, UseBook
from rules.shown import Count, Recount
from rules.signals import Cause, Evidence, Signal
from rules.trees import Node, Tree
from streams.runtime import ClockKind

SPEAKS_AT = 3
"""The fake raises a signal at every third new row."""


class _Memory(msgspec.Struct):
    digest: str
    epoch: int
    offset: int
    tick: int
    known: list[tuple[int, int]]
    orders: int


class CountingEngine:
    """Counts rows it has not seen; says a signal at every third. Keeps what was said, in order."""

    def __init__(self, book: Book, epoch: int) -> None:
        self.book = book
        self.epoch = epoch
        self.offset = 0
        self.tick = 0
        self.last_answers: list[str] = []
        self.stopped: dict[str, tuple[int, str]] = {}
        self.known: set[tuple[int, int]] = set()
        self.orders = 0
        self._books = {book.digest: book}

    def add_book(self, book: Book) -> None:
        self._books[book.digest] = book

    def apply(self, record: Record, offset: int) -> list[Signal]:
        if offset <= self.offset:
            raise AssertionError(f"record {offset} after record {self.offset}")
        self.offset = offset
        self.last_answers = []
        if isinstance(record, Tick):
            if record.now <= self.tick:
                raise AssertionError("a tick went backwards")
            self.tick = record.now
            return []
        if isinstance(record, Frame):
            return self._count(record, offset)
        return self._obey(record)

    def apply_all(self, records: Sequence[tuple[int, Record]]) -> Iterator[Signal]:
        for offset, record in records:
            yield from self.apply(record, offset)

    def _obey(self, order: Order) -> list[Signal]:
        self.orders += 1
        if isinstance(order, UseBook):
            self.book = self._books[order.digest]
        return []

    def _count(self, frame: Frame, offset: int) -> list[Signal]:
        said = []
        for n, row in enumerate(frame.rows):
            if self.tick and row["arrived_at"] <= self.tick:
                raise AssertionError("a row arrived at or before the last tick")
            identity = (int(row["id0"]), int(row["id1"]))
            self.last_answers.append("duplicate" if identity in self.known else "accepted")
            if identity not in self.known:
                self.known.add(identity)
                if len(self.known) % SPEAKS_AT == 0:
                    said.append(signal(Cause(self.epoch, offset, n), f"alert-{len(self.known)}", self.book.city))
        return said

    def feeds(self) -> list[FeedView]:
        return [FeedView(feed.name, self.tick, 0, (0,) * 36, silent_after=90_000) for feed in self.book.feeds]

    def show_counts(self, level: str | None = None, since: int = 0) -> None:
        pass

    def counted(self, *, open_too: bool) -> list[Count | Recount]:
        return []

    def rows(self) -> dict[str, bytes]:
        memory = _Memory(self.book.digest, self.epoch, self.offset, self.tick, sorted(self.known), self.orders)
        return {"head": msgspec.msgpack.encode(memory)}


class CountingEngines:
    """Makes them; remembers the last one made, for tests to look into."""

    def __init__(self) -> None:
        self.last: CountingEngine | None = None

    def make(self, book: Book, epoch: int, clock: ClockKind) -> CountingEngine:
        self.last = CountingEngine(book, epoch)
        return self.last

    def restore(self, rows: Mapping[str, bytes], books: Mapping[str, Book]) -> CountingEngine:
        memory = msgspec.msgpack.decode(rows["head"], type=_Memory)
        engine = CountingEngine(books[memory.digest], memory.epoch)
        engine.offset, engine.tick, engine.orders = memory.offset, memory.tick, memory.orders
        engine.known = set(memory.known)
        self.last = engine
        return engine


class ListeningDesk:
    """Keeps every signal whose cause is later than the last, as the real desk does."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.shut = False
        self.heard: list[Signal] = []

    def apply(self, signals: Sequence[Signal], wall_at: int) -> list[Alert]:
        for signal in signals:
            if not self.heard or signal.cause > self.heard[-1].cause:
                self.heard.append(signal)
        return []


def signal(cause: Cause, alert: str, city: str) -> Signal:
    evidence = Evidence(0, 1, 1.0, 1.0, 1, 0, 1, 0, "yellow", ())
    return Signal(
        f"{alert}-{cause.offset}-{cause.n}", alert, alert, cause, city, "running", "spike", "surge", "v1", "town",
        "incident", "", 0, 1, 1, 1, 0, False, "", evidence,
    )  # fmt: skip


def book(*, version: str = "one") -> Book:
    return Book(
        city="town",
        areas=Tree(("city",), (Node("town", "", "city", {"en": version}),)),
        categories=Tree(("all",), (Node("incident", "", "all", {"en": "Incident"}),)),
        calendar=Calendar("UTC"),
        feeds=(FeedPolicy("calls", "incident", 3_600_000),),
        rules=(),
        desks=(),
    )


def frame(ids: Sequence[int], *, arrived_at: int = 0) -> Frame:
    """One row an id."""
    rows = np.zeros(len(ids), dtype=ROW)
    rows["id0"] = ids
    rows["offset"] = ids
    rows["count"] = 1
    rows["arrived_at"] = arrived_at
    return Frame("town", ("calls",), ("filed",), ("incident",), ("town",), ("",), ("push",), rows)
