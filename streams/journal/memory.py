"""An engine's memory in rows, and the last two heads that name them; over an open connection.

Each row has two slots. What changes is written into the slot that the last head does not name, so that this head stays
whole until the next one has taken its place; what does not change is written once more, into the other slot, some of it
at a time. So a row may be damaged: what changed is found under the older head, and what did not in its other slot. A
row of another moment is never taken: the head holds the checksum that it must have.
"""

from __future__ import annotations

import sqlite3
import zlib
from typing import Final

import msgspec

from rules.signals import Cause
from streams.journal import sums
from streams.journal.kept import Snapshot, cause_of, text_of

HEADS_KEPT: Final = 2
SECOND_BYTES: Final = 4 << 20
"""So much of what has not changed is written a second time with one snapshot: the writer's thread waits for it."""
_FAST: Final = 1
"""zlib's level: most of a row is repetition."""


class _Kept(msgspec.Struct, frozen=True, array_like=True):
    """Where a row of a head lies: `twin`, that the other slot holds it too."""

    slot: int
    twin: bool
    sum: bytes


_Named = dict[str, _Kept]


def there(link: sqlite3.Connection) -> bool:
    """Whether the file keeps its snapshots in rows: one of version 2 that is only read does not."""
    return link.execute("select 1 from sqlite_master where name = 'heads'").fetchone() is not None


def put(link: sqlite3.Connection, snapshot: Snapshot, since: int | None) -> int:
    """Write the rows that the last head does not name as they are, then the head; how many bytes were written.

    `since`: the head that the engine was taken up from or gave last; later ones, which could not be used, go.
    """
    newest = snapshot.head - 1 if since is None else min(since, snapshot.head - 1)
    link.execute("delete from heads where head > ?", (newest,))
    last = _last(link)
    now: _Named = {}
    written = second = 0
    for name, data in snapshot.rows.items():
        mark = sums.of_state(name, data)
        was = last.get(name)
        same = was is not None and was.sum == mark
        if was is not None and same and (was.twin or second >= SECOND_BYTES):
            now[name] = was
            continue
        slot = 0 if was is None else 1 - was.slot
        size = _write(link, name, slot, data)
        written += size
        if was is not None and same:
            second += size
            now[name] = _Kept(was.slot, True, mark)
        else:
            now[name] = _Kept(slot, False, mark)
    named, said = msgspec.msgpack.encode(now), text_of(snapshot.told)
    link.execute("insert into heads values (?, ?, ?, ?)", sums.sealed("heads", snapshot.head, named, said))
    link.execute(
        "delete from heads where head not in (select head from heads order by head desc limit ?)", (HEADS_KEPT,)
    )
    lying = {name for (name,) in link.execute("select distinct name from state")}
    link.executemany("delete from state where name = ?", [(name,) for name in lying - now.keys() - last.keys()])
    return written + len(named)


def _write(link: sqlite3.Connection, name: str, slot: int, data: bytes) -> int:
    packed = zlib.compress(data, _FAST)
    link.execute("insert or replace into state values (?, ?, ?)", (name, slot, packed))
    return len(packed)


def _last(link: sqlite3.Connection) -> _Named:
    """What the newest head names; where that cannot be read no slot is known to be free, and all heads go."""
    row = link.execute("select max(head) from heads").fetchone()
    found = None if row[0] is None else _named(link, row[0])
    if found is None:
        link.execute("delete from heads")
        return {}
    return found[0]


def heads(link: sqlite3.Connection) -> list[int]:
    """The heads kept, newest first."""
    return [head for (head,) in link.execute("select head from heads order by head desc")] if there(link) else []


def take(link: sqlite3.Connection, head: int) -> Snapshot | None:
    """The snapshot of a head; None where the head, or a row in both of its slots, does not match its checksum."""
    found = _named(link, head)
    if found is None:
        return None
    named, told = found
    rows, healed = {}, []
    for name, kept in named.items():
        data = _sound(link, name, kept.slot, kept.sum)
        if data is None:
            data = _sound(link, name, 1 - kept.slot, kept.sum)
            healed.append(name)
        if data is None:
            return None
        rows[name] = data
    return Snapshot(head, rows, told, tuple(healed))


def mend(link: sqlite3.Connection, snapshot: Snapshot) -> None:
    """Write the rows that were found in their other slot again into their own."""
    found = _named(link, snapshot.head)
    assert found is not None
    for name in snapshot.healed:
        _write(link, name, found[0][name].slot, snapshot.rows[name])


def _named(link: sqlite3.Connection, head: int) -> tuple[_Named, Cause | None] | None:
    """What a head names, and what its desk had been told; None where it cannot be read."""
    try:
        row = link.execute("select head, rows, told, sum from heads where head = ?", (head,)).fetchone()
    except sqlite3.DatabaseError:  # its pages are damaged: the older one, or the log, says the same
        return None
    if row is None or row[-1] != sums.of_row("heads", *row[:-1]):
        return None
    _, named, told, _ = row
    return msgspec.msgpack.decode(named, type=_Named), cause_of(told)


def _sound(link: sqlite3.Connection, name: str, slot: int, mark: bytes) -> bytes | None:
    """What lies in a slot, where that is what a head means."""
    try:
        row = link.execute("select data from state where name = ? and slot = ?", (name, slot)).fetchone()
        data = zlib.decompress(row[0]) if row is not None else None
    except (sqlite3.DatabaseError, zlib.error, TypeError):  # its pages, or its bytes, are damaged
        return None
    return data if data is not None and sums.of_state(name, data) == mark else None
