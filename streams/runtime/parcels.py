"""What is handed to a city and what comes back: parcels, receipts, and how a start went."""

from __future__ import annotations

from dataclasses import dataclass

from rules.book import Book
from rules.records import Frame, Order
from streams.journal import Cursor
from streams.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one source hands over at once; written whole or not at all.

    `stamp`: the arrival of its rows, ms; None: the moment it is taken. On the stream clock rows carry their own.
    """

    frame: Frame | None = None
    order: Order | None = None
    book: Book | None = None
    tick: int | None = None
    refused: tuple[Refusal, ...] = ()
    cursor: Cursor | None = None
    stamp: int | None = None

    @property
    def weight(self) -> int:
        """Events that wait while this waits."""
        return max(1, len(self.refused) + (0 if self.frame is None else len(self.frame.rows)))


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a parcel: the engine's answer to each row of its frame, in order."""

    answers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recovery:
    """How a start went: the head it began from, the records judged again, the torn ones set aside.

    `cut_pages`: of a write that the last stop cut off, and that nobody was answered for.
    """

    head: int
    records: int
    torn: tuple[int, ...]
    bad_snapshots: int
    cut_pages: int = 0
