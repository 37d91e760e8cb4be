"""Files and bodies into raw records, each with its place. What cannot be read is a record too: a broken one."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import IO, Final, NamedTuple

import msgspec

from streams.cloudevents import BATCH, STRUCTURED
from streams.contract import RECORD_BYTES
from streams.feeds.blocks import Json
from streams.feeds.documents import Cut, records_in_document
from streams.feeds.packed import opened
from streams.feeds.sheets import Sheet, sheet
from streams.feeds.spec import FeedFile
from streams.refusals import Reason, Refused

LARGEST_DOCUMENT: Final = 256 * 1024 * 1024
"""Bytes of one JSON document. Larger feeds come as JSON lines or CSV."""
_BLOCK: Final = 1 << 20
JSON: Final = "application/json"
NDJSON: Final = frozenset({"application/x-ndjson", "application/ndjson", "application/jsonl", "application/json-lines"})


class Broken(NamedTuple):
    """A record that could not be read, and why. `data` is what came, for its length and digest alone."""

    reason: Reason
    field: str
    data: bytes


class Record(NamedTuple):
    """A raw record: `offset` is its line (from 1), or its number in a JSON document (from 0)."""

    offset: int
    data: bytes | Mapping[str, object] | Broken


class UnknownMediaType(ValueError):
    """A body of a type that is not read here."""


def records_in(path: Path, file: FeedFile) -> Iterator[Record]:
    """The records of a file, .gz and .xz unpacked. Raises Refused where the file as a whole cannot be read:
    bomb, malformed, too_large, missing_field or duplicate_key (its header)."""
    with opened(path) as stream:
        yield from records_of(stream, file)


def batches_in(path: Path, file: FeedFile, size: int) -> Iterator[Sheet | list[Record]]:
    """The same, many at a time: rows of a CSV that are plain as sheets, everything else as some `size` records."""
    with opened(path) as stream:
        if file.format == "csv":
            yield from _csv_batches(stream, file)
            return
        records = records_of(stream, file)
        while batch := list(islice(records, size)):
            yield batch


def records_of(stream: IO[bytes], file: FeedFile, header: tuple[str, ...] = (), line: int = 0) -> Iterator[Record]:
    """The records of a stream. To go on in a grown file, give the CSV's `header` and the `line` already read."""
    if file.format == "csv":
        yield from _csv_records(stream, file, header, line)
    elif file.format == "json":
        yield from _document_records(stream, file.json_)
    else:
        for number, data in enumerate(_lines(stream), start=line + 1):
            if data.strip():
                yield Record(number, data)


def header_of(stream: IO[bytes], file: FeedFile) -> tuple[str, ...]:
    """The columns of a CSV: as the feed file says, else the stream's first line. Raises Refused."""
    if file.csv.header is not None:
        return tuple(file.csv.header)
    return _header(stream.readline(RECORD_BYTES), file)


def _header(first: bytes, file: FeedFile) -> tuple[str, ...]:
    try:
        text = first.removeprefix(b"\xef\xbb\xbf").decode(file.csv.encoding)
        cells = next(csv.reader([text], delimiter=file.csv.delimiter, strict=True), [])
    except UnicodeDecodeError:
        raise Refused(Reason.NOT_UTF8, "header") from None
    except csv.Error:
        raise Refused(Reason.MALFORMED, "header") from None
    names = tuple(cell.strip() for cell in cells)
    if not any(names):
        raise Refused(Reason.MISSING_FIELD, "header")
    if len(set(names)) < len(names):
        raise Refused(Reason.DUPLICATE_KEY, "header")
    return names


def split(body: bytes, content_type: str, shape: Json | None = None) -> list[bytes | Mapping[str, object] | Broken]:
    """The records of an HTTP body: one object, an array, JSON lines, a CloudEvent or a batch of them.

    `shape`: where the records lie in a JSON document of the feed; None: they are the body.
    Raises UnknownMediaType, and Refused where the body as a whole cannot be read.
    """
    kind = content_type.partition(";")[0].strip().lower() or JSON
    if kind in NDJSON:
        return [line for line in body.splitlines() if line.strip()]
    if kind not in (JSON, STRUCTURED, BATCH):
        raise UnknownMediaType(kind[:80])
    text = body.lstrip()
    if not text:
        raise Refused(Reason.MALFORMED)
    if shape is not None and kind == JSON:
        return [raw_of(cut) for cut in records_in_document(body, shape)]
    if text[:1] != b"[":
        return [body]
    try:
        return [bytes(item) for item in msgspec.json.decode(body, type=list[msgspec.Raw])]
    except msgspec.DecodeError:
        raise Refused(Reason.MALFORMED) from None
    except UnicodeDecodeError:
        raise Refused(Reason.NOT_UTF8) from None
    except RecursionError:
        raise Refused(Reason.TOO_DEEP) from None


def _lines(stream: IO[bytes]) -> Iterator[bytes]:
    """Lines without their ends. One longer than RECORD_BYTES comes as its beginning, too long to be accepted."""
    for block in _blocks(stream):
        yield from block


def _blocks(stream: IO[bytes]) -> Iterator[list[bytes]]:
    """The same lines, as many at a time as a block holds."""
    rest = b""
    while block := stream.read(_BLOCK):
        lines = (rest + block).split(b"\n")
        rest = lines.pop()
        if lines:
            yield lines
        if len(rest) > 2 * RECORD_BYTES:
            rest = rest[: RECORD_BYTES + 1]
    if rest:
        yield [rest]


class _Source:
    """Decoded lines for the CSV parser. Keeps the lines of the present record, so that they can be read again."""

    def __init__(self, blocks: Iterator[list[bytes]], encoding: str, line: int) -> None:
        self._blocks = blocks
        self._encoding = encoding
        self._again: list[tuple[int, bytes]] = []
        self._number = line
        self.taken: list[tuple[int, bytes]] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        number, data = self.next_line()
        self.taken.append((number, data))
        if sum(len(line) for _, line in self.taken) > RECORD_BYTES:
            raise Refused(Reason.TOO_LARGE)
        return data.decode(self._encoding) + "\n"

    def next_line(self) -> tuple[int, bytes]:
        """The next line with its number. Raises StopIteration."""
        while not self._again:
            first, lines = self.next_block()
            self.give_back(list(enumerate(lines, start=first)))
        return self._again.pop()

    def next_block(self) -> tuple[int, list[bytes]]:
        """The number of the next line, and lines from there on; not while lines are left to be read again.

        Raises StopIteration.
        """
        lines = next(self._blocks)
        first = self._number + 1
        self._number += len(lines)
        return first, lines

    def give_back(self, lines: Sequence[tuple[int, bytes]]) -> None:
        """These lines are read again, in their order."""
        self._again.extend(reversed(lines))

    @property
    def drained(self) -> bool:
        """Whether no line is left to be read again: a block comes next."""
        return not self._again


def _csv_source(
    stream: IO[bytes], file: FeedFile, header: tuple[str, ...], line: int
) -> tuple[_Source, tuple[str, ...]]:
    """The lines of a CSV below its header, and the columns' names. Raises Refused where the header is none."""
    blocks = _blocks(stream)
    if not header and file.csv.header is not None:
        header = tuple(file.csv.header)
    elif not header:
        begun = next(blocks, [b""])
        header = _header(begun[0], file)
        line += 1
        blocks = chain([begun[1:]], blocks)
    return _Source(blocks, file.csv.encoding, line), header


def _csv_records(stream: IO[bytes], file: FeedFile, header: tuple[str, ...], line: int) -> Iterator[Record]:
    source, header = _csv_source(stream, file, header, line)
    reader = csv.reader(source, delimiter=file.csv.delimiter, strict=True)
    while True:
        try:
            record = _csv_record(source, reader, file, header)
        except StopIteration:
            return
        if record is not None:
            yield record


def _csv_batches(stream: IO[bytes], file: FeedFile) -> Iterator[Sheet | list[Record]]:
    """A sheet a block where all its lines are plain, else its records one by one."""
    source, header = _csv_source(stream, file, (), 0)
    reader = csv.reader(source, delimiter=file.csv.delimiter, strict=True)
    while True:
        try:
            first, lines = source.next_block()
        except StopIteration:
            return
        plain = sheet(header, first, lines, file.csv.delimiter, file.csv.encoding, RECORD_BYTES)
        if plain is not None:
            yield plain
            continue
        source.give_back(list(enumerate(lines, start=first)))
        records: list[Record] = []
        with suppress(StopIteration):  # the end of the file: what came before it counts
            while not source.drained:
                record = _csv_record(source, reader, file, header)
                if record is not None:
                    records.append(record)
        yield records


def _csv_record(source: _Source, reader: Iterator[list[str]], file: FeedFile, header: tuple[str, ...]) -> Record | None:
    """The record that begins at the next line; None for an empty line. Raises StopIteration at the end."""
    number, data = source.next_line()
    cells: list[str] | Broken
    if b'"' in data or len(data) > RECORD_BYTES:
        source.give_back([(number, data)])
        cells = _quoted(source, reader)
    else:
        try:
            cells = data.decode(file.csv.encoding).rstrip("\r").split(file.csv.delimiter)
        except UnicodeDecodeError:
            cells = Broken(Reason.NOT_UTF8, "", data)
    if isinstance(cells, Broken):
        return Record(number, cells)
    if len(cells) == len(header):
        return Record(number, dict(zip(header, cells, strict=True)))
    return Record(number, Broken(Reason.MALFORMED, "", data)) if any(cells) else None


def _quoted(source: _Source, reader: Iterator[list[str]]) -> list[str] | Broken:
    """The cells of a record with quotes, or what is wrong with its first line: an open quote spoils one line, and
    the rest are read again."""
    source.taken.clear()
    reason = Reason.MALFORMED
    try:
        return next(reader, [])
    except UnicodeDecodeError:
        reason = Reason.NOT_UTF8
    except Refused as refused:
        reason = refused.reason
    except csv.Error:
        reason = Reason.MALFORMED
    spoilt = source.taken[0][1]
    source.give_back(source.taken[1:])
    return Broken(reason, "", spoilt)


def _document_records(stream: IO[bytes], shape: Json) -> Iterator[Record]:
    data = stream.read(LARGEST_DOCUMENT + 1)
    if len(data) > LARGEST_DOCUMENT:
        raise Refused(Reason.TOO_LARGE)
    for number, cut in enumerate(records_in_document(data, shape)):
        yield Record(number, raw_of(cut))


def raw_of(cut: Cut) -> bytes | Mapping[str, object] | Broken:
    """A record cut out of a document, as intake takes it."""
    if cut.fault is not None:
        return Broken(cut.fault.reason, cut.fault.field, cut.data)
    return cut.data if cut.value is None else cut.value
