"""An engine's memory in a compacted topic: rows in two slots, and the last two heads that name them.

What changes is written into the slot that the newest head does not name, in one transaction with the head that names
it. So whatever record of the last transaction is lost, the head before it is whole; a row of another moment is never
taken, for a head holds the checksum that each must have. The same as in the journal (streams/journal/memory.py), over
keys in place of tables; a row that has not changed is not written twice, for the brokers keep copies.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec

from streams.journal import sums

PIECE_BYTES: Final = 256 << 10
"""A row longer than this lies in several records."""
_FAST: Final = 1
_SEPARATOR: Final = "\x1f"
_HEAD: Final = "head"
_ROW: Final = "row"

Entry = tuple[bytes, bytes | None]
"""(key, value) of a record of the topic; None forgets the key."""


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    slot: int
    pieces: int
    sum: bytes


class Written(msgspec.Struct, frozen=True, array_like=True):
    """What a transaction wrote. `through`: the last record of the partition that it contains; `heads`: of every city of
    the partition, the offset of its newest head by then."""

    through: int
    heads: dict[str, int]


class _Head(msgspec.Struct, frozen=True, array_like=True):
    """What an engine was after the record at `offset`. `serial`: the later of two heads has the larger."""

    serial: int
    offset: int
    rows: dict[str, _Kept]
    written: Written


class Memory:
    """What the topic holds of one city. `put` says what to write, `heads` what may be taken up, newest first."""

    def __init__(self, city: str) -> None:
        self._city = city
        self._lying: dict[str, bytes] = {}  # keys within the city -> values, as they are read at a start
        self._heads: dict[int, _Head] = {}  # by slot
        self._keys: dict[tuple[str, int], int] = {}  # (row, slot) -> pieces that lie there

    def lay(self, key: str, value: bytes | None) -> None:
        """What was read at a start, in its order."""
        if value is None:
            self._lying.pop(key, None)
        else:
            self._lying[key] = value

    def written(self) -> Iterator[Written]:
        """What the heads say of the transactions that wrote them, whole or not."""
        self._look()
        for head in self._heads.values():
            yield head.written

    def heads(self) -> Iterator[tuple[int, Mapping[str, bytes]]]:
        """(offset, rows) of each whole head, newest first. What comes after must be judged again."""
        self._look()
        for head in sorted(self._heads.values(), key=lambda head: -head.serial):
            rows = {name: self._row(name, kept) for name, kept in head.rows.items()}
            whole = {name: data for name, data in rows.items() if data is not None}
            if len(whole) == len(rows):
                yield head.offset, whole

    def taken_up(self, offset: int | None) -> None:
        """The engine goes on from the head at `offset` (None: from nothing): a later one is no longer meant."""
        self._heads = {slot: head for slot, head in self._heads.items() if offset is not None and head.offset <= offset}
        self._lying.clear()

    def put(self, offset: int, rows: Mapping[str, bytes], written: Written) -> list[Entry]:
        """What to write, all in one transaction, so that the topic holds `rows` as they are after `offset`."""
        last = max(self._heads.values(), key=lambda head: head.serial, default=None)
        named = last.rows if last is not None else {}
        now: dict[str, _Kept] = {}
        entries: list[Entry] = []
        for name, data in rows.items():
            mark, was = sums.of_state(name, data), named.get(name)
            if was is not None and was.sum == mark:
                now[name] = was
                continue
            slot = 0 if was is None else 1 - was.slot
            pieces = self._pieces(name, slot, data)
            entries += pieces
            now[name] = _Kept(slot, len(pieces), mark)
            self._keys[name, slot] = max(len(pieces), self._keys.get((name, slot), 0))
        slot = 0 if last is None else 1 - self._slot_of(last)
        head = _Head(0 if last is None else last.serial + 1, offset, now, written)
        self._heads[slot] = head
        entries.append((self._key(_HEAD, str(slot)), _sealed(msgspec.msgpack.encode(head))))
        return [*entries, *self._forgotten()]

    def _slot_of(self, head: _Head) -> int:
        return next(slot for slot, other in self._heads.items() if other is head)

    def _forgotten(self) -> Iterator[Entry]:
        """Rows that no head names any more."""
        meant = {name for head in self._heads.values() for name in head.rows}
        for name, slot in [place for place in self._keys if place[0] not in meant]:
            for piece in range(self._keys.pop((name, slot))):
                yield self._key(_ROW, name, str(slot), str(piece)), None

    def _pieces(self, name: str, slot: int, data: bytes) -> list[Entry]:
        packed = zlib.compress(data, _FAST)
        parts = [packed[at : at + PIECE_BYTES] for at in range(0, len(packed), PIECE_BYTES)]
        return [(self._key(_ROW, name, str(slot), str(n)), part) for n, part in enumerate(parts)]

    def _key(self, *parts: str) -> bytes:
        return _SEPARATOR.join((self._city, *parts)).encode()

    def _look(self) -> None:
        """Find heads and rows among what lies there."""
        for key, value in self._lying.items():
            kind, *rest = key.split(_SEPARATOR)
            if kind == _HEAD and (head := _head(value)) is not None:
                self._heads[int(rest[0])] = head
            elif kind == _ROW:
                name, slot, piece = _SEPARATOR.join(rest[:-2]), int(rest[-2]), int(rest[-1])
                self._keys[name, slot] = max(piece + 1, self._keys.get((name, slot), 0))

    def _row(self, name: str, kept: _Kept) -> bytes | None:
        keys = [_SEPARATOR.join((_ROW, name, str(kept.slot), str(piece))) for piece in range(kept.pieces)]
        try:
            data = zlib.decompress(b"".join(self._lying[key] for key in keys))
        except (KeyError, zlib.error):  # lost, or of another moment
            return None
        return data if sums.of_state(name, data) == kept.sum else None


def begins(found: Mapping[str, int], written: Iterable[Written]) -> int:
    """Up to which record of the partition all engines are; `found`: the offset of each city's engine.

    A city whose newest head was taken up holds all that its transaction contained of the partition, and all that later
    ones did, for those had nothing of it. One that was taken up from an older head must be told again from there.
    """
    last = max(written, key=lambda one: one.through, default=None)
    if last is None:
        return 0
    behind = [found.get(city, 0) for city, offset in last.heads.items() if found.get(city, 0) < offset]
    return min([last.through, *behind])


def _sealed(data: bytes) -> bytes:
    return sums.of_state(_HEAD, data) + data


def _head(value: bytes) -> _Head | None:
    mark, data = value[:16], value[16:]
    if sums.of_state(_HEAD, data) != mark:
        return None
    try:
        return msgspec.msgpack.decode(data, type=_Head)
    except msgspec.MsgspecError:  # of a format to come: the log says it all again
        return None


def by_city(entries: Iterable[tuple[bytes | None, bytes | None]]) -> dict[str, Memory]:
    """What a partition of the topic holds, read from its beginning."""
    found: dict[str, Memory] = {}
    for key, value in entries:
        city, _, rest = (key or b"").decode("utf-8", "replace").partition(_SEPARATOR)
        found.setdefault(city, Memory(city)).lay(rest, value)
    return found
