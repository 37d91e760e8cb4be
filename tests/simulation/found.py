"""What the disk holds at the end of a life, and what a fresh engine says of it."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import cached_property

import numpy as np

from alerts.room import DeskRoom
from alerts.store import MemoryStore
from rules.book import Book, Rule
from rules.engine import Engine
from rules.records import Frame, Order, Record
from rules.signals import Signal
from streams.journal import Journal
from streams.keys import Keys
from streams.refusals import Refusal
from streams.rewind import first_book
from streams.simulate import Sent
from tests.simulation import plain
from tests.simulation.lived import Lived
from tests.simulation.muted import listening
from tests.simulation.outside import KEY
from tests.simulation.plain import Came

RowId = tuple[int, int, int]
"""(id0, id1, revision)."""


class Found:
    """What the disk holds at the end, and what a fresh engine says of it."""

    def __init__(self, lived: Lived) -> None:
        self.lived = lived
        with closing(Journal.open(lived.journal, read_only=True)) as journal:
            self.records: list[tuple[int, Record]] = list(journal.read())
            self.books = journal.books()
            self.first: Book = first_book(journal)
            self.epoch = int(journal.meta("epoch") or 0)
            self.refused: list[Refusal] = journal.refused(limit=-1)
        self.store = MemoryStore()
        self.engine, self.signals = self._judged_and_told()

    def _judged_and_told(self) -> tuple[Engine, list[Signal]]:
        desk, engine, signals = DeskRoom(self.first, self.store, {}), self.fresh(), list[Signal]()
        for offset, record in self.records:
            said = engine.apply(record, offset)
            if said:
                desk.book = engine.book
                desk.apply(said, 0)
                signals += said
        return engine, signals

    def fresh(self) -> Engine:
        engine = Engine(self.first, epoch=self.epoch, clock=self.lived.weather.kind)
        for book in self.books.values():
            engine.add_book(book)
        return engine

    @cached_property
    def rows(self) -> dict[RowId, tuple[Frame, np.void]]:
        """The first row of each identity and revision."""
        found: dict[RowId, tuple[Frame, np.void]] = {}
        for _, record in self.records:
            if isinstance(record, Frame):
                for row in record.rows:
                    found.setdefault((int(row["id0"]), int(row["id1"]), int(row["revision"])), (record, row))
        return found

    @cached_property
    def sents(self) -> dict[RowId, Sent]:
        """Everything that was sent and answered, by the identity that its row must have."""
        keys = Keys(KEY.encode())
        sents = [sent for body, _, _ in self.lived.answers for sent in body.sents]
        if not sents:
            return {}
        ids = keys.identities([sent.feed for sent in sents], [sent.id for sent in sents]).tolist()
        return {(id0, id1, sent.revision): sent for (id0, id1), sent in zip(ids, sents, strict=True)}

    @cached_property
    def story(self) -> list[plain.Moved]:
        """What came to stand and was taken back: the sender's events with the log's arrivals."""
        came = [
            Came(self.sents[name], arrived)
            for _, record, muted in listening(self.records)
            if isinstance(record, Frame)
            for *name_of, arrived in record.rows[["id0", "id1", "revision", "arrived_at"]].tolist()
            if (name := tuple(name_of)) in self.sents and self.sents[name].feed not in muted
        ]
        return plain.moved(came, self.first.feed_by_name)

    @cached_property
    def unheard(self) -> set[tuple[str, str, int]]:
        """(feed, id, revision) of what came while nobody listened to its feed: it is new when it comes again."""
        names = [
            tuple(name)
            for _, record, muted in listening(self.records)
            if isinstance(record, Frame) and muted
            for name in record.rows[["id0", "id1", "revision"]].tolist()
        ]
        sents = [self.sents[name] for name in names if name in self.sents]
        return {(sent.feed, sent.id, sent.revision) for sent in sents}

    def orders(self, *kinds: type[Order]) -> list[Order]:
        return [record for _, record in self.records if isinstance(record, kinds)]


def judged(engine: Engine, records: Sequence[tuple[int, Record]]) -> tuple[Engine, list[Signal]]:
    said = [signal for offset, record in records for signal in engine.apply(record, offset)]
    return engine, said


def short(signal: Signal | None) -> str:
    if signal is None:
        return "nothing"
    return f"{signal.rule} {signal.area} {signal.category} {signal.state} {signal.cause} first {signal.first}"


def feeds_of(rule: Rule, book: Book) -> set[str]:
    return set(rule.selector.feeds) or {feed.name for feed in book.feeds}
