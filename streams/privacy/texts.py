"""Every text that bytes hold, however they are packed: for whoever has to look at all of them."""

from __future__ import annotations

import json
import re
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec

SQLITE: Final = b"SQLite format 3\x00"
DEEPEST: Final = 16
"""Values within values that are opened; our own records are four deep."""
UNPACKED: Final = 1 << 30
"""Bytes that one packed value may hold."""
LINE: Final = 1 << 20
"""Bytes of a file that is read in pieces: no line of ours is longer."""
_RUN: Final = re.compile(rb"[\x20-\x7e]{11,}|(?:[\xe3-\xe9][\x80-\xbf]{2}[\x20-\x7e]{0,2}){4,}")
"""In blocks of numbers, most of them hashes, chance writes short words too: so eleven letters, or four Chinese ones."""
BESIDE: Final = ("-wal", "-shm", "-journal")
"""Files beside a database: SQLite reads them itself."""


def texts_in_file(path: Path) -> Iterator[tuple[str, str]]:
    """(where within the file, text). Raises OSError, sqlite3.Error."""
    with path.open("rb") as file:
        if file.read(len(SQLITE)) == SQLITE:
            yield from _in_database(path)
            return
        file.seek(0)
        for n, line in enumerate(iter(lambda: file.readline(LINE), b""), start=1):
            for text in texts_in(line):
                yield str(n), text


def _in_database(path: Path) -> Iterator[tuple[str, str]]:
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as link:
        tables = [name for (name,) in link.execute("select name from sqlite_master where type = 'table' order by 1")]
        for table in tables:
            named = table.replace('"', '""')
            rows = link.execute(f'select * from "{named}"')  # noqa: S608 - a name that the file itself gives, quoted
            columns = [column[0] for column in rows.description]
            for n, row in enumerate(rows, start=1):
                for column, value in zip(columns, row, strict=True):
                    for text in texts_in(value):
                        yield f"{table}.{column} {n}", text


def texts_in(value: Any, depth: int = 0) -> Iterator[str]:
    """The texts of a value: of bytes what they are a packing of, else their runs of letters."""
    if depth > DEEPEST:
        return
    if isinstance(value, str):
        inner = _json(value)
        yield from [value] if inner is None else texts_in(inner, depth + 1)
    elif isinstance(value, bytes | memoryview):
        yield from _in_bytes(bytes(value), depth)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from texts_in(name, depth + 1)
            yield from texts_in(one, depth + 1)
    elif isinstance(value, list | tuple | set):
        for one in value:
            yield from texts_in(one, depth + 1)


def _in_bytes(data: bytes, depth: int) -> Iterator[str]:
    for unpack in (_inflated, _msgpack, _plain):
        found = unpack(data)
        if found is not None:
            yield from texts_in(found, depth + 1)
            return
    for run in _RUN.findall(data):
        yield run.decode("utf-8")


def _inflated(data: bytes) -> bytes | None:
    if data[:1] != b"\x78":
        return None
    try:
        return zlib.decompressobj().decompress(data, UNPACKED)
    except zlib.error:
        return None


def _msgpack(data: bytes) -> Any:
    """What our own records are packed as; None where it is none, or a lone number, as any byte would be."""
    try:
        found = msgspec.msgpack.decode(data, ext_hook=lambda _code, inner: bytes(inner))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict | list | str) else None


def _plain(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if all(char.isprintable() or char.isspace() for char in text) else None


def _json(text: str) -> Any:
    """The value of a text that is a JSON object or list; None where it is none."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
