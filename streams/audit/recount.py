"""A second, plain counting of a log's rows, made apart from the engine: each row into its box, by identity alone.

The engine works row by row and undoes what it told; here the rows between two ticks are laid side by side and the one
that stands is picked. Both must come to the same figures.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from heapq import heappop, heappush
from typing import Final

import msgspec

from rules.book import Book, FeedPolicy
from rules.calendar import DAY_MS
from rules.records import CORRECTION, EXERCISE, SELF_INITIATED, Frame, HearFeed, MuteFeed, Record, Tick, UseBook

Key = tuple[int, int, str]
"""(first and second half of the id hash, stage)."""
FeedDay = tuple[str, int]
"""(feed, days since 1970, UTC)."""

FORGET_EVERY_MS: Final = DAY_MS


class Row(msgspec.Struct, gc=False):
    """An accepted row as it lies in a frame, names instead of indices; times in ms. `box` is where it lies so far."""

    key: Key
    version: tuple[int, int]
    feed: str
    stage: str
    category: str
    area: str
    occurred_at: int
    arrived_at: int
    received_at: int  # differs from arrived_at for a row that was held
    count: int
    flags: int
    severity: int
    place: int
    raw: tuple[str, int, int]
    box: str = ""


class Change(msgspec.Struct, frozen=True, gc=False):
    """`row` came to stand (+1) or was taken back (-1); `at` is the arrival that did it, ms."""

    row: Row
    sign: int
    at: int


class _Known(msgspec.Struct):
    stood: Row | None = None
    forget_at: int = 0
    fresh: dict[tuple[int, int], Row] = {}


class Recount:
    """The rows of a log by feed, day and box. Feed it records in order, then ask."""

    def __init__(self, book: Book, books: Mapping[str, Book], *, wall: bool, since: int = 0) -> None:
        """`since`: changes of rows that occurred earlier are not kept, ms."""
        self.book = book
        self.tick: int | None = None
        self.rows: Counter[FeedDay] = Counter()
        self.boxes: dict[FeedDay, Counter[str]] = defaultdict(Counter)
        self.changes: list[Change] = []
        self.books_begun: list[tuple[int, Book]] = []  # (city time from which it was in force, book)
        self._books = books
        self._wall = wall
        self._since = since
        self._policies: dict[str, FeedPolicy] = dict(book.feed_by_name)
        self._orders: list[tuple[int, int, UseBook | MuteFeed | HearFeed]] = []
        self._muted: set[str] = set()
        self._obeyed: set[str] = set()
        self._known: dict[Key, _Known] = {}
        self._touched: dict[Key, None] = {}
        self._held: list[tuple[int, int, Row]] = []
        self._pushed = 0
        self._forgot_at = 0

    def take(self, records: Iterable[tuple[int, Record]]) -> None:
        """Count the records of a log, in order."""
        for offset, record in records:
            if isinstance(record, Frame):
                for row in rows_of(record):
                    self._receive(row)
            elif isinstance(record, Tick):
                self._pass(record.now)
            elif isinstance(record, UseBook | MuteFeed | HearFeed):
                heappush(self._orders, (record.start, offset, record))

    def settle(self) -> None:
        """After the last record: what came since the last tick is told as it stands."""
        for key in self._touched:
            self._fold(self._known[key])

    # rows

    def _receive(self, row: Row) -> None:
        self.rows[row.feed, row.received_at // DAY_MS] += 1
        book = self.book
        known = row.feed in book.feed_by_name and row.area in book.areas.by_code
        known = known and (row.feed not in self._muted or bool(row.flags & CORRECTION))
        if not (known and row.category in book.categories.by_code):
            self._put(row, "not_for_counting")
        elif row.occurred_at > row.arrived_at + self._policies[row.feed].skew:
            self._pushed += 1
            heappush(self._held, (row.occurred_at, self._pushed, row))
            self._put(row, "held")
        elif self._wall and row.arrived_at - row.occurred_at > self._policies[row.feed].horizon:
            self._put(row, "beyond_horizon")
        else:
            self._lay(row)

    def _put(self, row: Row, box: str) -> None:
        boxes = self.boxes[row.feed, row.received_at // DAY_MS]
        if row.box:
            boxes[row.box] -= 1
        row.box = box
        boxes[box] += 1

    def _lay(self, row: Row) -> None:
        """Beside the others of its identity since the last tick; of equal versions the earliest stays."""
        known = self._known.get(row.key)
        if known is None:
            known = self._known[row.key] = _Known()
        stood = known.stood
        if stood is not None and stood.version == row.version and row.arrived_at <= known.forget_at:
            self._put(row, _repeat(stood, row))
            return
        twin = known.fresh.get(row.version)
        if twin is not None and twin.arrived_at <= row.arrived_at:
            self._put(row, _repeat(twin, row))
            return
        if twin is not None:
            self._put(twin, _repeat(row, twin))
        known.fresh[row.version] = row
        self._touched[row.key] = None

    # time

    def _pass(self, now: int) -> None:
        if self.tick is not None and now <= self.tick:
            return
        while self._orders and self._orders[0][0] <= now:
            start, _, order = heappop(self._orders)
            if isinstance(order, UseBook):
                self._open(self._books[order.digest], max(start, (self.tick or 0) + 1))
            else:
                self._listen(order)
        while self._held and self._held[0][0] <= now:
            row = heappop(self._held)[-1]
            row.arrived_at = row.occurred_at
            self._lay(row)
        self.tick = now
        for key in self._touched:
            self._close(self._known[key])
        self._touched.clear()
        if now - self._forgot_at > FORGET_EVERY_MS:
            self._forget(now)

    def _open(self, book: Book, at: int) -> None:
        self.book = book
        self._policies.update(book.feed_by_name)
        self.books_begun.append((at, book))

    def _listen(self, order: MuteFeed | HearFeed) -> None:
        """A feed that no book had by then cannot be muted; an order that came twice is obeyed once."""
        known = order.feed in self._policies and order.id not in self._obeyed
        self._obeyed.update({order.id} - {""})
        if known and isinstance(order, MuteFeed):
            self._muted.add(order.feed)
        elif known:
            self._muted.discard(order.feed)

    def _forget(self, now: int) -> None:
        """Identities that nothing can meet any more: every row to come arrives after `now`."""
        self._forgot_at = now
        gone = [key for key, known in self._known.items() if known.stood is not None and known.forget_at < now]
        for key in gone:
            del self._known[key]

    def _fold(self, known: _Known) -> Row | None:
        """Tell the fresh rows by arrival: each that beats what stands replaces it. Returns what stands."""
        current = known.stood
        for row in sorted(known.fresh.values(), key=lambda r: (r.arrived_at, *r.version)):
            if current is known.stood and current is not None and row.arrived_at > known.forget_at:
                current = None
            if current is not None and row.version < current.version:
                self._put(row, "superseded")
                continue
            if current is not None:
                self._put(current, "superseded")
                self._keep(current, -1, row.arrived_at)
            self._put(row, self._box(row))
            self._keep(row, +1, row.arrived_at)
            current = row
        return current

    def _close(self, known: _Known) -> None:
        before = known.stood
        current = self._fold(known)
        for row in known.fresh.values():
            if row.box == "too_late":
                self._put(row, "counted_late")
        known.fresh = {}
        known.stood = current
        if current is not None and current is not before:
            begins = current.occurred_at if self._wall else max(current.occurred_at, current.received_at)
            known.forget_at = begins + self._policies[current.feed].horizon

    def _box(self, row: Row) -> str:
        if row.flags & (SELF_INITIATED | EXERCISE):
            return "not_for_counting"
        if row.count == 0:
            return "cancelled"
        return "too_late" if row.arrived_at - row.occurred_at > self._policies[row.feed].lateness else "counted"

    def _keep(self, row: Row, sign: int, at: int) -> None:
        if row.occurred_at >= self._since:
            self.changes.append(Change(row, sign, at))


def _repeat(kept: Row, copy: Row) -> str:
    return "redelivered" if kept.raw == copy.raw else "duplicate"


_COLUMNS: Final = (
    "feed", "stage", "category", "area", "partition", "offset", "n", "id0", "id1", "revision", "content", "occurred_at",
    "arrived_at", "count", "flags", "severity", "place",
)  # fmt: skip


def rows_of(frame: Frame) -> Iterator[Row]:
    """The rows of a frame, in order."""
    columns = (frame.rows[name].tolist() for name in _COLUMNS)
    for (
        feed, stage, category, area, partition, offset, n, id0, id1, revision, content, occurred, arrived, count, flags,
        severity, place,
    ) in zip(*columns, strict=True):  # fmt: skip
        told = frame.stages[stage]
        yield Row(
            (id0, id1, told), (revision, content), frame.feeds[feed], told, frame.categories[category],
            frame.areas[area], occurred, arrived, arrived, count, flags, severity, place,
            (frame.partitions[partition], offset, n),
        )  # fmt: skip


__all__ = ["Change", "FeedDay", "Recount", "Row", "rows_of"]
