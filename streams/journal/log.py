"""The journal of one city: records in one order, each answered for after its fsync.

One object that writes a file (`open`), any number that read it (`read_only=True`). Not thread-safe: the writer thread
owns the one that writes. Offsets begin at 1 and are never given twice, also after a torn tail was cut.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

import msgspec

from rules import book as books
from rules.book import Book
from rules.calendar import DAY_MS
from rules.records import Frame, Record, RecordKind, Tick, decode, encode
from streams.journal.faults import JournalDamagedError, told
from streams.journal.kept import Cursor, RefusedDay, Snapshot
from streams.journal.schema import connect, counts_refusals
from streams.refusals import Place, Reason, Refusal

SNAPSHOTS_KEPT: Final = 2
TORN: Final = "torn"
_REFUSE: Final = (
    "insert into refused (feed, reason, field, partition, offset, n, at, length, digest, kept)"
    " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_REFUSED: Final = (
    "select feed, reason, field, partition, offset, n, at, length, digest, kept from refused"
    " where ?1 is null or feed = ?1 order by serial desc limit ?2"
)
_REPLACED: Final = "delete from refused where partition = ? and offset = ? and n = ? returning feed, at"
_PUT_THROUGH: Final = "delete from refused where partition = ? and offset = ? returning feed, at"
_COUNT: Final = (
    "insert into refused_days values (?1, ?2, ?3, ?4) on conflict (feed, day) do update"
    " set refused = refused + ?3, forgotten = forgotten + ?4"
)
_GOING: Final = (
    "select feed, at / 86400000, count(*) from refused"
    " where serial <= (select serial from refused order by serial desc limit 1 offset ?) group by 1, 2"
)
_FORGET: Final = (
    "delete from refused where serial <= (select serial from refused order by serial desc limit 1 offset ?)"
)
_KEPT: Final = (
    "select feed, at / 86400000, count(distinct partition || ':' || offset || ':' || n) from refused group by 1, 2"
)
PAGE: Final = 500
"""Records read at a time: a long reader keeps the write-ahead log from shrinking."""


def kind_of(record: Record) -> RecordKind:
    if isinstance(record, Frame):
        return "frame"
    return "tick" if isinstance(record, Tick) else "order"


def _sum(number: int, kind: str, data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=8, key=f"{number}/{kind}".encode()).digest()


class Journal:
    """Log, books, snapshots, cursors and refused records of a city, in one SQLite file."""

    def __init__(self, path: Path, link: sqlite3.Connection) -> None:
        self._path = path
        self._link = link
        self._last = self._find_last()

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """The journal at `path`, made where there is none (unless read only). Raises JournalError."""
        return cls(path, connect(path, read_only=read_only))

    def close(self) -> None:
        self._link.close()

    def _find_last(self) -> int:
        with told(self._path):
            given = self._link.execute("select seq from sqlite_sequence where name = 'log'").fetchone()
        return int(given[0]) if given else 0

    @property
    def last_offset(self) -> int:
        """The offset given last; 0 where the log is empty."""
        return self._last

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with told(self._path):
            self._link.execute("begin immediate")
            try:
                yield self._link
                self._link.execute("commit")
            except BaseException:
                if self._link.in_transaction:
                    self._link.execute("rollback")
                raise

    # the log

    def append(
        self,
        records: Sequence[Record],
        *,
        cursors: Iterable[Cursor] = (),
        refused: Iterable[Refusal] = (),
        meta: Mapping[str, str] | None = None,
    ) -> range:
        """Write all or nothing, durable on return; the offsets given. Raises DiskFullError, JournalError."""
        first = self._last + 1
        rows = []
        for offset, record in enumerate(records, start=first):
            kind, data = kind_of(record), encode(record)
            rows.append((offset, kind, data, _sum(offset, kind, data)))
        with self._transaction() as link:
            link.executemany("insert into log (offset, kind, data, sum) values (?, ?, ?, ?)", rows)
            link.executemany(
                "insert into cursors values (?, ?, ?) on conflict (partition) do update set offset = excluded.offset,"
                " mark = excluded.mark where excluded.offset >= cursors.offset",
                [(cursor.partition, cursor.offset, cursor.mark) for cursor in cursors],
            )
            self._keep(link, refused)
            link.executemany("insert or replace into meta values (?, ?)", (meta or {}).items())
        self._last += len(rows)
        return range(first, self._last + 1)

    def cut_torn(self, after: int) -> list[int]:
        """Set aside the records at the end that do not match their checksum; their offsets.

        Raises JournalDamagedError where a good record follows a bad one.
        """
        torn: list[int] = []
        for offset, kind, data, mark in self._rows(after):
            if mark != _sum(offset, kind, data) or not _readable(data):
                torn.append(offset)
            elif torn:
                raise JournalDamagedError("journal-damaged", path=self._path, offset=torn[0])
        if torn:
            with self._transaction() as link:
                link.executemany("update log set kind = ? where offset = ?", [(TORN, offset) for offset in torn])
        return torn

    def read(self, after: int = 0) -> Iterator[tuple[int, Record]]:
        """Records with offsets above `after`, in order, each checked. Raises JournalDamagedError."""
        for offset, kind, data, mark in self._rows(after):
            if mark != _sum(offset, kind, data):
                raise JournalDamagedError("journal-damaged", path=self._path, offset=offset)
            yield offset, decode(data)

    def last_tick(self) -> int | None:
        """The newest tick of the log, ms; None where there is none. Cheap: a served log ticks every second."""
        query = "select offset, kind, data, sum from log where kind = 'tick' order by offset desc limit 1"
        with told(self._path):
            row = self._link.execute(query).fetchone()
        if row is None or row[3] != _sum(*row[:3]):
            return None
        record = decode(row[2])
        return record.now if isinstance(record, Tick) else None

    def _rows(self, after: int) -> Iterator[tuple[int, str, bytes, bytes]]:
        query = "select offset, kind, data, sum from log where offset > ? and kind != ? order by offset limit ?"
        while True:
            with told(self._path):
                page = self._link.execute(query, (after, TORN, PAGE)).fetchall()
            yield from page
            if len(page) < PAGE:
                return
            after = page[-1][0]

    @contextmanager
    def moment(self) -> Iterator[int]:
        """What is read inside is of one moment, whatever a writer does meanwhile; yields the last offset of then.

        Keep it short: a long reader keeps the write-ahead log from shrinking.
        """
        with told(self._path):
            self._link.execute("begin")
            try:
                self._last = self._find_last()
                yield self._last
            finally:
                self._link.execute("rollback")

    # what lies beside it

    def put_book(self, book: Book) -> None:
        with self._transaction() as link:
            link.execute("insert or ignore into books values (?, ?)", (book.digest, books.encode(book)))

    def books(self) -> dict[str, Book]:
        """Every book that ever judged this log, by digest."""
        with told(self._path):
            rows = self._link.execute("select digest, data from books").fetchall()
        return {digest: books.decode(data) for digest, data in rows}

    def put_snapshot(self, snapshot: Snapshot) -> None:
        """Write it and forget all but the last two."""
        mark = _sum(snapshot.head, "snapshot", snapshot.data)
        with self._transaction() as link:
            link.execute("insert or replace into snapshots values (?, ?, ?)", (snapshot.head, snapshot.data, mark))
            link.execute(
                "delete from snapshots where head not in (select head from snapshots order by head desc limit ?)",
                (SNAPSHOTS_KEPT,),
            )

    def snapshots(self) -> Iterator[Snapshot | None]:
        """The snapshots kept, newest first; None stands for one that does not match its checksum."""
        with told(self._path):
            heads = self._link.execute("select head from snapshots order by head desc").fetchall()
        for (head,) in heads:
            with told(self._path):
                data, mark = self._link.execute("select data, sum from snapshots where head = ?", (head,)).fetchone()
            yield Snapshot(head, data) if mark == _sum(head, "snapshot", data) else None

    def cursor(self, partition: str) -> Cursor | None:
        with told(self._path):
            row = self._link.execute("select * from cursors where partition = ?", (partition,)).fetchone()
        return Cursor(*row) if row else None

    def cursors(self) -> dict[str, Cursor]:
        with told(self._path):
            rows = self._link.execute("select partition, offset, mark from cursors").fetchall()
        return {row[0]: Cursor(*row) for row in rows}

    @staticmethod
    def _keep(link: sqlite3.Connection, refused: Iterable[Refusal]) -> None:
        """Keep refused records, one a raw place: a later refusal of a place takes the earlier one's."""
        days: Counter[tuple[str, int]] = Counter()
        for r in refused:
            for feed, at in link.execute(_REPLACED, _place(r.place)).fetchall():
                days[feed, at // DAY_MS] -= 1
            link.execute(_REFUSE, (r.feed, r.reason.value, r.field, *_place(r.place), r.at, r.length, r.digest, r.kept))
            days[r.feed, r.at // DAY_MS] += 1
        link.executemany(_COUNT, [(*day, n, 0) for day, n in days.items()])

    def refused(self, *, feed: str | None = None, limit: int = 100) -> list[Refusal]:
        """The refused records kept last, newest first."""
        with told(self._path):
            rows = self._link.execute(_REFUSED, (feed, limit)).fetchall()
        return [Refusal(row[0], Reason(row[1]), row[2], Place(*row[3:6]), *row[6:]) for row in rows]

    def forget_places(self, partition: str, offsets: Iterable[int]) -> None:
        """Forget the refused records of these places: they were put through."""
        with self._transaction() as link:
            days: Counter[tuple[str, int]] = Counter()
            for offset in offsets:
                gone = link.execute(_PUT_THROUGH, (partition, offset)).fetchall()
                days.update((feed, at // DAY_MS) for feed, at in gone)
            link.executemany(_COUNT, [(*day, -n, 0) for day, n in days.items()])

    def forget_refused(self, kept: int) -> int:
        """Keep the last `kept` refused records; how many went."""
        with self._transaction() as link:
            going = link.execute(_GOING, (kept,)).fetchall()
            link.executemany(_COUNT, [(feed, day, 0, n) for feed, day, n in going])
            return link.execute(_FORGET, (kept,)).rowcount

    def refused_days(self) -> list[RefusedDay]:
        """How many records were refused, by feed and day; those that are no longer kept too."""
        with told(self._path):
            kept = {(feed, day): n for feed, day, n in self._link.execute(_KEPT)}
            if not counts_refusals(self._link):  # a file that no writer of this release has opened yet
                return [RefusedDay(*day, n, 0, n) for day, n in kept.items()]
            rows = self._link.execute("select feed, day, refused, forgotten from refused_days").fetchall()
        counted = {(feed, day): (refused, forgotten) for feed, day, refused, forgotten in rows}
        return [
            RefusedDay(*day, *counted.get(day, (0, 0)), kept.get(day, 0))
            for day in sorted(counted.keys() | kept.keys())
        ]

    def meta(self, name: str) -> str | None:
        with told(self._path):
            row = self._link.execute("select value from meta where name = ?", (name,)).fetchone()
        return row[0] if row else None

    def put_meta(self, name: str, value: str) -> None:
        with self._transaction() as link:
            link.execute("insert or replace into meta values (?, ?)", (name, value))


def _readable(data: bytes) -> bool:
    try:
        decode(data)
    except (msgspec.MsgspecError, ValueError):
        return False
    return True


def _place(place: Place) -> tuple[str, int, int]:
    return place.partition, place.offset, place.n
