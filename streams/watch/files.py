"""One file of a feed, read on from where its cursor stands.

A file is known again by device, inode and the bytes just before the cursor: a rotated file keeps its cursor under its
new name, a truncated or replaced one begins anew as the next generation. Its name is kept nowhere: it may name people.

Plain CSV and JSON lines are read as they grow, up to the last whole line. Packed files and JSON documents are read
whole, and again when their content is another one.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from streams.feeds.connection import Feed
from streams.feeds.readers import Record, header_of, records_in, records_of
from streams.journal import Cursor
from streams.keys import Keys
from streams.refusals import Refused

PIECE_BYTES: Final = 1 << 20
PIECE_RECORDS: Final = 2_000
TAIL: Final = 256
"""Bytes before the cursor by which a file is known again."""
UNFINISHED: Final = (".tmp", ".part", ".swp", "~")
WHOLE_SUFFIXES: Final = (".gz", ".xz")

Cursors = Callable[[str], Cursor | None]


@dataclass(frozen=True, slots=True)
class Piece:
    """Records read together. `cursor` is where reading goes on once they are written; `stamp` the file's time, ms."""

    records: tuple[Record, ...]
    cursor: Cursor
    stamp: int
    fault: Refused | None = None  # the file as a whole cannot be read


@dataclass(frozen=True, slots=True)
class Source:
    """A file on disk that belongs to a feed."""

    feed: Feed
    path: Path

    @property
    def is_whole(self) -> bool:
        return self.path.suffix in WHOLE_SUFFIXES or self.feed.file.format == "json"

    def pieces(self, keys: Keys, cursors: Cursors, *, settled: bool = True) -> Iterator[Piece]:
        """What lies unread. `settled`: the file has not changed of late, so that a torn last record is its end.

        Raises OSError where the file cannot be read.
        """
        return self._whole(keys, cursors) if self.is_whole else self._grown(keys, cursors, settled)

    def partition(self, keys: Keys, cursors: Cursors) -> str:
        """The name under which its records lie in the log, where any do; else the one they will have."""
        if self.is_whole:
            return _name(keys, self.feed.name, _digest(self.path))
        return _generation(self, keys, cursors).partition

    def stamp(self) -> int:
        return self.path.stat().st_mtime_ns // 1_000_000

    # read as it grows

    def _grown(self, keys: Keys, cursors: Cursors, settled: bool) -> Iterator[Piece]:
        place = _generation(self, keys, cursors)
        stamp = self.stamp()
        try:
            header = self._header() if place.offset else ()
        except Refused as fault:
            yield Piece((), place.cursor(self.path), stamp, fault)
            return
        while True:
            data = _read(self.path, place.offset, PIECE_BYTES)
            end = _whole_lines(data, quoted=self.feed.file.format == "csv", settled=settled)
            if end == 0:
                return
            try:
                records = tuple(records_of(io.BytesIO(data[:end]), self.feed.file, header, place.line))
                header = header or self._header()
            except Refused as fault:  # the header: nothing can be read until the file is another one
                yield Piece((), place.moved(len(data), 0).cursor(self.path), stamp, fault)
                return
            place = place.moved(end, data.count(b"\n", 0, end))
            yield Piece(records, place.cursor(self.path), stamp)

    def _header(self) -> tuple[str, ...]:
        if self.feed.file.format != "csv":
            return ()
        with self.path.open("rb") as stream:
            return header_of(stream, self.feed.file)

    # read whole

    def _whole(self, keys: Keys, cursors: Cursors) -> Iterator[Piece]:
        digest = _digest(self.path)
        partition = _name(keys, self.feed.name, digest)
        known = cursors(partition)
        done = known.offset if known else 0
        stamp = self.stamp()
        records = enumerate(records_in(self.path, self.feed.file), start=1)
        try:
            while batch := list(islice(records, PIECE_RECORDS)):
                last = batch[-1][0]
                if last > done:
                    fresh = tuple(record for n, record in batch if n > done)
                    yield Piece(fresh, Cursor(partition, last, digest), stamp)
        except Refused as fault:
            if known is None or known.mark != f"refused-{digest}":
                yield Piece((), Cursor(partition, done, f"refused-{digest}"), stamp, fault)


def sources_of(feed: Feed, folder: Path) -> list[Source]:
    """The files of a feed that are there now, oldest first. Raises OSError where its folder cannot be looked into."""
    comes = feed.file.comes
    if comes.file is not None:
        return [Source(feed, folder / comes.file)]
    if comes.folder is None:
        return []
    inside = [path for path in (folder / comes.folder).iterdir() if _is_ours(path)]
    return [Source(feed, path) for path in sorted(inside, key=lambda path: (path.stat().st_mtime_ns, path.name))]


def _is_ours(path: Path) -> bool:
    return (
        path.is_file()
        and not path.is_symlink()
        and not path.name.startswith(".")
        and not path.name.endswith(UNFINISHED)
    )


@dataclass(frozen=True, slots=True)
class _Place:
    partition: str
    offset: int  # bytes
    line: int

    def moved(self, length: int, lines: int) -> _Place:
        return _Place(self.partition, self.offset + length, self.line + lines)

    def cursor(self, path: Path) -> Cursor:
        return Cursor(self.partition, self.offset, f"{self.line}:{_tail(path, self.offset)}")


def _generation(source: Source, keys: Keys, cursors: Cursors) -> _Place:
    """Where reading goes on: the newest generation of this inode, if the bytes before its cursor are still the same."""
    stat = source.path.stat()
    generation = 0
    while True:
        partition = _name(keys, source.feed.name, f"{stat.st_dev}:{stat.st_ino}:{generation}")
        cursor = cursors(partition)
        if cursor is None:
            return _Place(partition, 0, 0)
        line, _, tail = cursor.mark.partition(":")
        if cursor.offset <= stat.st_size and _tail(source.path, cursor.offset) == tail:
            return _Place(partition, cursor.offset, int(line))
        generation += 1


def _name(keys: Keys, feed: str, identity: str) -> str:
    return f"file-{feed}-{keys.short('partition', identity):016x}"


def _tail(path: Path, offset: int) -> str:
    first = max(0, offset - TAIL)
    return hashlib.blake2b(_read(path, first, offset - first), digest_size=8).hexdigest()


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def _read(path: Path, offset: int, length: int) -> bytes:
    with path.open("rb") as stream:
        stream.seek(offset)
        return stream.read(length)


def _whole_lines(data: bytes, *, quoted: bool, settled: bool) -> int:
    """Length of the whole records at the beginning of `data`: up to a line's end that lies in no open quote."""
    end = data.rfind(b"\n") + 1
    while quoted and end and data.count(b'"', 0, end) % 2:
        end = data.rfind(b"\n", 0, end - 1) + 1
    if end or not data:
        return end
    full = len(data) >= PIECE_BYTES
    return len(data) if settled or full else 0


def picked(source: Source, offsets: Sequence[int]) -> Mapping[int, Record]:
    """The records of a file at these places (lines, or numbers in a document). Raises OSError, Refused."""
    wanted = set(offsets)
    return {record.offset: record for record in records_in(source.path, source.feed.file) if record.offset in wanted}
