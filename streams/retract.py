"""What a feed said in a span of time, taken back: the rows that stand, out of the journal, as corrections.

The journal alone is read, with the books that were in force, so it makes no difference what the engine still remembers.
What stands as retracted already is left alone: asking twice is harmless.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from rules.book import Book
from rules.corrections import LAST_REVISION, corrections_of
from rules.records import Frame, HearFeed, MuteFeed, Rows, Tick, UseBook
from streams.feeds.rows import joined
from streams.journal import Journal
from streams.runtime.recovery import CLOCK, FIRST_BOOK

FRAME_ROWS: Final = 1024
PARTITION: Final = "retracted"
"""Where corrections lie, in the place of a raw partition."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Retraction:
    """Frames of corrections; how many events they take back, and how many had been taken back before."""

    frames: tuple[Frame, ...] = ()
    events: int = 0
    already: int = 0


def retraction(journal: Journal, feed: str, since: int, until: int) -> Retraction:
    """What takes back the events of `feed` that occurred in [since, until), ms. Raises JournalDamagedError."""
    ids: set[int] = set()
    last = 0
    for frame, now in _accepted(journal, feed):
        ids.update(frame.rows["id0"][_within(frame.rows, since, until)].tolist())
        last = now
    if not ids:
        return Retraction()
    wanted = np.array(sorted(ids), np.uint64)
    versions = [
        structs.replace(frame, rows=frame.rows[chosen])
        for frame, _ in _accepted(journal, feed)
        if (chosen := _among(frame.rows["id0"], wanted)).any()
    ]
    whole = joined(versions)
    standing = whole.rows[_standing(whole.rows)]
    standing = standing[_within(standing, since, until)]
    already = standing["revision"] == LAST_REVISION
    wrong = standing[~already & (standing["count"] > 0)]
    wrong = wrong[np.argsort(wrong["occurred_at"], kind="stable")]
    back = corrections_of(wrong)
    back["partition"], back["arrived_at"] = 0, last + 1
    whole = structs.replace(whole, partitions=(PARTITION,))
    frames = [structs.replace(whole, rows=back[i : i + FRAME_ROWS]) for i in range(0, len(back), FRAME_ROWS)]
    return Retraction(tuple(frames), len(wrong), int(already.sum()))


def _accepted(journal: Journal, feed: str) -> Iterator[tuple[Frame, int]]:
    """The frames of a feed, less the rows that were counted nowhere, and the last tick before each, ms."""
    books = journal.books()
    book: Book | None = books.get(journal.meta(FIRST_BOOK) or "")
    wall = journal.meta(CLOCK) != "stream"
    coming: list[UseBook | MuteFeed | HearFeed] = []
    muted = False
    now = 0
    for _, record in journal.read():
        if isinstance(record, Tick):
            now = record.now
            for order in sorted([order for order in coming if order.start <= now], key=lambda order: order.start):
                coming.remove(order)
                if isinstance(order, UseBook):
                    book = books[order.digest]
                elif book is not None and feed in book.feed_by_name:
                    muted = isinstance(order, MuteFeed)
        elif isinstance(record, UseBook) or (isinstance(record, MuteFeed | HearFeed) and record.feed == feed):
            coming.append(record)
        elif isinstance(record, Frame) and feed in record.feeds and book is not None:
            rows = record.rows[record.rows["feed"] == record.feeds.index(feed)]
            rows = rows[_counted(record, rows, book, feed, wall=wall)]
            if muted:  # it was not listened to, but for what took back
                rows = rows[rows["revision"] == LAST_REVISION]
            if len(rows):
                yield structs.replace(record, rows=rows), now


def _counted(frame: Frame, rows: Rows, book: Book, feed: str, *, wall: bool) -> Mask:
    """Which rows the engine took in under a book: it sets aside what the book does not know, or what is too old."""
    policy = book.feed_by_name.get(feed)
    if policy is None:
        return np.zeros(len(rows), np.bool_)
    areas = np.array([area in book.areas.by_code for area in frame.areas], np.bool_)
    categories = np.array([category in book.categories.by_code for category in frame.categories], np.bool_)
    known: Mask = areas[rows["area"]] & categories[rows["category"]]
    if wall:
        known &= (rows["arrived_at"] - rows["occurred_at"] <= policy.horizon) | (rows["revision"] == LAST_REVISION)
    return known


def _within(rows: Rows, since: int, until: int) -> Mask:
    within: Mask = (rows["occurred_at"] >= since) & (rows["occurred_at"] < until)
    return within


def _among(ids: NDArray[np.uint64], wanted: NDArray[np.uint64]) -> Mask:
    """Which ids are among the wanted, which are sorted; numpy's own way would sort them anew for every frame."""
    places = np.minimum(np.searchsorted(wanted, ids), len(wanted) - 1)
    found: Mask = wanted[places] == ids
    return found


def _standing(rows: Rows) -> NDArray[np.intp]:
    """The places of the rows that stand: of each identity the highest revision, then the larger content."""
    order = np.lexsort((rows["content"], rows["revision"], rows["stage"], rows["id1"], rows["id0"]))
    keys = [rows[name][order] for name in ("id0", "id1", "stage")]
    last = np.ones(len(order), np.bool_)
    last[:-1] = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    return order[last]
