"""The journal of one city: records in one order, each answered for after its fsync.

One object that writes a file (`open`), any number that read it (`read_only=True`). Not thread-safe: the writer thread
owns the one that writes. Offsets begin at 1 and are never given twice, also after a torn tail was cut.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from rules import book as books
from rules.book import Book
from rules.records import Frame, Record, RecordKind, Tick, decode, encode
from streams.crashpoints import Crash, CrashPoint, never
from streams.journal import memory, sums
from streams.journal import refused as refused_records
from streams.journal.faults import JournalDamagedError, JournalError, told
from streams.journal.kept import Cursor, RefusedDay, Snapshot
from streams.journal.schema import CHECKPOINT_BYTES, PAGE_BYTES, VERSION, connect
from streams.refusals import Refusal

TORN: Final = "torn"
PAGE: Final = 500
"""Records read at a time: a long reader keeps the write-ahead log from shrinking."""
_SMALL: Final = ("meta", "cursors", "books")
"""Tables that are looked through at every start."""
COMMIT_BYTES: Final = 8 * PAGE_BYTES
REFUSED_BYTES: Final = 1_024
"""What a commit, and a refused record, write beside their data, at most and about: pages of trees and indexes."""


def kind_of(record: Record) -> RecordKind:
    if isinstance(record, Frame):
        return "frame"
    return "tick" if isinstance(record, Tick) else "order"


class Journal:
    """Log, books, snapshots, cursors and refused records of a city, in one SQLite file."""

    def __init__(self, path: Path, link: sqlite3.Connection, cut_pages: int, crash: Crash) -> None:
        self._path = path
        self._link = link
        self._crash = crash
        self._last = 0
        self._unchecked = 0  # bytes written since the last checkpoint
        self.cut_pages: Final = cut_pages
        """Pages of a write that the last stop cut off, found and left out at the start."""
        self.held_bytes = 0
        """Bytes of the write-ahead log that the last checkpoint had to leave: somebody reads for long."""

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False, crash: Crash = never) -> Self:
        """The journal at `path`, made where there is none (unless read only). Raises JournalError."""
        journal = cls(path, *connect(path, read_only=read_only), crash)
        try:
            with told(path):
                journal._look()
        except BaseException:
            journal.close()
            raise
        return journal

    def close(self) -> None:
        self._link.close()

    def _look(self) -> None:
        """Whether what a start reads without being asked is whole. Raises JournalDamagedError."""
        with self.moment():
            if self._last != int(self._one("select max(offset) from log") or 0):
                raise JournalDamagedError("journal-damaged", path=self._path, offset=self._last)
            for table in _SMALL:
                if self._one(f"pragma quick_check({table})") != "ok":
                    raise JournalDamagedError("journal-row-damaged", path=self._path, table=table)
            for table in ("meta", "cursors"):
                for *values, mark in self._link.execute(f"select * from {table}"):  # noqa: S608 - one of two literals
                    if mark != sums.of_row(table, *values):
                        raise JournalDamagedError("journal-row-damaged", path=self._path, table=table)

    def _find_last(self) -> int:
        return int(self._one("select seq from sqlite_sequence where name = 'log'") or 0)

    def _one(self, query: str) -> Any:
        row = self._link.execute(query).fetchone()
        return row[0] if row else None

    @property
    def last_offset(self) -> int:
        """The offset given last; 0 where the log is empty."""
        return self._last

    @contextmanager
    def _transaction(self, inside: CrashPoint = CrashPoint.IN_COMMIT) -> Iterator[sqlite3.Connection]:
        with told(self._path):
            self._link.execute("begin immediate")
            try:
                yield self._link
                self._crash(inside)
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
            rows.append((offset, kind, data, sums.of_data(offset, kind, data)))
        self._checkpoint_sometimes()
        with self._transaction() as link:
            link.executemany("insert into log (offset, kind, data, sum) values (?, ?, ?, ?)", rows)
            link.executemany(
                "insert into cursors values (?, ?, ?, ?) on conflict (partition) do update"
                " set offset = excluded.offset, mark = excluded.mark, sum = excluded.sum"
                " where excluded.offset >= cursors.offset",
                [sums.sealed("cursors", cursor.partition, cursor.offset, cursor.mark) for cursor in cursors],
            )
            kept = refused_records.keep(link, refused)
            link.executemany(
                "insert or replace into meta values (?, ?, ?)",
                [sums.sealed("meta", name, value) for name, value in (meta or {}).items()],
            )
            self._crash(CrashPoint.BEFORE_COMMIT)
        self._crash(CrashPoint.AFTER_COMMIT)
        self._last += len(rows)
        self._unchecked += sum(len(data) for _, _, data, _ in rows) + kept * REFUSED_BYTES + COMMIT_BYTES
        return range(first, self._last + 1)

    def _checkpoint_sometimes(self) -> None:
        """Before a group, so that no answer waits for it. Never waits for a reader: what it holds stays for later."""
        if self._unchecked < CHECKPOINT_BYTES:
            return
        self._crash(CrashPoint.IN_CHECKPOINT)
        with told(self._path):
            _, pages, done = self._link.execute("pragma wal_checkpoint(passive)").fetchone()
        self.held_bytes = pages * PAGE_BYTES if done < pages else 0
        self._unchecked = 0

    def cut_torn(self, after: int) -> list[int]:
        """Set aside the records at the end that do not match their checksum; their offsets.

        Raises JournalDamagedError where a good record follows a bad one.
        """
        torn: list[int] = []
        for offset, kind, data, mark in self._rows(after):
            if mark != sums.of_data(offset, kind, data):
                torn.append(offset)
            elif torn:
                raise JournalDamagedError("journal-damaged", path=self._path, offset=torn[0])
        if torn:
            with self._transaction() as link:
                link.executemany("update log set kind = ? where offset = ?", [(TORN, offset) for offset in torn])
                self._crash(CrashPoint.CUTTING_TAIL)
        return torn

    def read(self, after: int = 0) -> Iterator[tuple[int, Record]]:
        """Records with offsets above `after`, in order, each checked. Raises JournalDamagedError."""
        for offset, kind, data, mark in self._rows(after):
            if mark != sums.of_data(offset, kind, data):
                raise JournalDamagedError("journal-damaged", path=self._path, offset=offset)
            yield offset, self._decoded(offset, data)

    def last_tick(self) -> int | None:
        """The newest tick of the log, ms; None where there is none. Cheap: a served log ticks every second."""
        query = "select offset, kind, data, sum from log where kind = 'tick' order by offset desc limit 1"
        with told(self._path):
            row = self._link.execute(query).fetchone()
        if row is None or row[3] != sums.of_data(*row[:3]):
            return None
        record = self._decoded(row[0], row[2])
        return record.now if isinstance(record, Tick) else None

    def _rows(self, after: int) -> Iterator[tuple[int, str, bytes, bytes]]:
        """Rows above `after` that are not torn. Raises JournalDamagedError where one between them is gone."""
        query = "select offset, kind, data, sum from log where offset > ? order by offset limit ?"
        after = max(0, after)  # an engine that has heard nothing stands before 0
        while True:
            with told(self._path):
                page = self._link.execute(query, (after, PAGE)).fetchall()
            for row in page:
                if row[0] != after + 1:
                    raise JournalDamagedError("journal-damaged", path=self._path, offset=after + 1)
                after = row[0]
                if row[1] != TORN:
                    yield row
            if len(page) < PAGE:
                return

    def _decoded(self, offset: int, data: bytes) -> Record:
        """The record. Its checksum matches: what cannot be read was written by another version, and is not torn."""
        try:
            return decode(data)
        except (msgspec.MsgspecError, ValueError) as fault:
            raise JournalError("record-unknown", path=self._path, offset=offset, version=VERSION) from fault

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
        for digest, data in rows:
            if sums.of_book(data) != digest:
                raise JournalDamagedError("journal-row-damaged", path=self._path, table="books")
        return {digest: books.decode(data) for digest, data in rows}

    def put_snapshot(self, snapshot: Snapshot, *, since: int | None = None) -> int:
        """Write what changed of it and forget all but the last two; how many bytes were written.

        `since`: the head that its engine was taken up from or gave last (None: the newest); later ones go.
        """
        with self._transaction(inside=CrashPoint.IN_SNAPSHOT) as link:
            written = memory.put(link, snapshot, since)
        self._unchecked += written + COMMIT_BYTES
        return written

    def snapshots(self) -> Iterator[Snapshot | None]:
        """The snapshots kept, newest first; None stands for one that cannot be read whole."""
        with told(self._path):
            heads = memory.heads(self._link)
        for head in heads:
            yield memory.take(self._link, head)

    def mend_snapshot(self, snapshot: Snapshot) -> None:
        """Write its rows that were damaged again."""
        with self._transaction() as link:
            memory.mend(link, snapshot)

    def cursor(self, partition: str) -> Cursor | None:
        with told(self._path):
            row = self._link.execute(
                "select partition, offset, mark from cursors where partition = ?", (partition,)
            ).fetchone()
        return Cursor(*row) if row else None

    def cursors(self) -> dict[str, Cursor]:
        with told(self._path):
            rows = self._link.execute("select partition, offset, mark from cursors").fetchall()
        return {row[0]: Cursor(*row) for row in rows}

    def refused(self, *, feed: str | None = None, limit: int = 100) -> list[Refusal]:
        """The refused records kept last, newest first. Raises JournalDamagedError."""
        with told(self._path):
            try:
                return refused_records.kept(self._link, feed, limit)
            except refused_records.DamagedRowError:
                raise JournalDamagedError("journal-row-damaged", path=self._path, table="refused") from None

    def forget_places(self, partition: str, offsets: Iterable[int]) -> None:
        """Forget the refused records of these places: they were put through."""
        with self._transaction() as link:
            refused_records.forget_places(link, partition, offsets)

    def forget_refused(self, kept: int) -> int:
        """Keep the last `kept` refused records; how many went."""
        with self._transaction() as link:
            return refused_records.forget(link, kept)

    def refused_days(self) -> list[RefusedDay]:
        """How many records were refused, by feed and day; those that are no longer kept too."""
        with told(self._path):
            return refused_records.days(self._link)

    def integrity(self) -> str:
        """What SQLite says of the whole file: "ok", else the first thing that is wrong. Reads all of it."""
        with told(self._path):
            return str(self._one("pragma integrity_check(1)"))

    def meta(self, name: str) -> str | None:
        with told(self._path):
            row = self._link.execute("select value from meta where name = ?", (name,)).fetchone()
        return row[0] if row else None

    def put_meta(self, name: str, value: str) -> None:
        with self._transaction() as link:
            link.execute("insert or replace into meta values (?, ?, ?)", sums.sealed("meta", name, value))
