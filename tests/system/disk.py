"""A disk that remembers, tears and fails: SQLite's own file layer, with a recorder between it and the real one.

The journal opens its file as in service; SQLite then calls through the table of functions that we laid under the file.
No compiler, no tracing of the process, no second SQLite. Decision: docs/decisions/0012.
Source: https://sqlite.org/c3ref/io_methods.html, https://sqlite.org/c3ref/vfs.html.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import random
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Literal

OK: Final = 0
FULL: Final = 13
IOERR_WRITE: Final = 10 | (3 << 8)
SECTORS: Final = (512, 4096)

_Open = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.POINTER(ctypes.c_int)
)
_Delete = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int)
_Write = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_int64)
_Truncate = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int64)
_Sync = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_METHODS: Final = ("Close", "Read", "Write", "Truncate", "Sync", "FileSize", "Lock", "Unlock", "CheckReservedLock",
    "FileControl", "SectorSize", "DeviceCharacteristics", "ShmMap", "ShmLock", "ShmBarrier", "ShmUnmap", "Fetch",
    "Unfetch",
)  # fmt: skip


class _IoMethods(ctypes.Structure):
    _fields_ = (("version", ctypes.c_int), *((name, ctypes.c_void_p) for name in _METHODS))


class _File(ctypes.Structure):
    _fields_ = (("methods", ctypes.POINTER(_IoMethods)),)


class _Vfs(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_int),
        ("file_size", ctypes.c_int),
        ("longest", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("data", ctypes.c_void_p),
        ("Open", ctypes.c_void_p),
        ("Delete", ctypes.c_void_p),
        *((f"other{n}", ctypes.c_void_p) for n in range(14)),
    )


Kind = Literal["write", "truncate", "sync", "delete"]


@dataclass(frozen=True, slots=True)
class Op:
    """One call that reached the disk. `at`: offset of a write, new length of a truncation, 1 for a synced deletion."""

    kind: Kind
    path: str
    at: int = 0
    data: bytes = b""


@dataclass(slots=True)
class Disk:
    """What was called, in order; `fault` may answer a call with an error code of SQLite instead."""

    ops: list[Op] = field(default_factory=list)
    fault: Callable[[Op], int] = field(default=lambda _: OK)

    def call(self, op: Op, real: Callable[[], int]) -> int:
        try:
            code = self.fault(op) or real()
        except Exception:  # noqa: BLE001 - C cannot be told: without a code, SQLite would believe that it was written
            traceback.print_exc()
            return IOERR_WRITE
        if code == OK:
            self.ops.append(op)
        return code


@contextmanager
def laid_under_sqlite() -> Iterator[Disk]:
    """Every database opened inside, in this process, writes through the disk that this yields."""
    sqlite = ctypes.CDLL(_sqlite3.__file__)
    sqlite.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
    real = sqlite.sqlite3_vfs_find(None)
    disk, shim = Disk(), _Vfs.from_buffer_copy(real.contents)
    shim.name, shim.next = b"recorder", None
    tables: dict[int, _IoMethods] = {}
    paths: dict[int, str] = {}
    kept: list[Any] = []  # callbacks live as long as SQLite may call them

    def opened(_vfs: int, name: int, file: int, flags: int, out: Any) -> int:
        code = int(_Open(real.contents.Open)(ctypes.addressof(real.contents), name, file, flags, out))
        handle = ctypes.cast(file, ctypes.POINTER(_File)).contents
        if code == OK and handle.methods and name:
            paths[file] = ctypes.string_at(name).decode()
            key = ctypes.addressof(handle.methods.contents)
            if key not in tables:
                tables[key] = _recording(handle.methods.contents, disk, paths, kept)
            handle.methods = ctypes.pointer(tables[key])
        return code

    def deleted(_vfs: int, name: bytes, sync: int) -> int:
        ours = _Delete(real.contents.Delete)
        return disk.call(Op("delete", name.decode(), sync), lambda: ours(ctypes.addressof(real.contents), name, sync))

    kept += [_Open(opened), _Delete(deleted)]
    shim.Open, shim.Delete = (ctypes.cast(callback, ctypes.c_void_p).value for callback in kept)
    sqlite.sqlite3_vfs_register(ctypes.byref(shim), 1)
    try:
        yield disk
    finally:
        sqlite.sqlite3_vfs_register(real, 1)
        sqlite.sqlite3_vfs_unregister(ctypes.byref(shim))
        _ALIVE.append((shim, tables, kept))


_ALIVE: Final[list[Any]] = []
"""A connection that is closed later still calls through its table."""


def _recording(methods: _IoMethods, disk: Disk, paths: dict[int, str], kept: list[Any]) -> _IoMethods:
    table = _IoMethods.from_buffer_copy(methods)
    write, truncate, sync = _Write(methods.Write), _Truncate(methods.Truncate), _Sync(methods.Sync)

    def written(file: int, data: int, length: int, at: int) -> int:
        op = Op("write", paths[file], at, ctypes.string_at(data, length))
        return disk.call(op, lambda: write(file, data, length, at))

    def truncated(file: int, length: int) -> int:
        return disk.call(Op("truncate", paths[file], length), lambda: truncate(file, length))

    def synced(file: int, flags: int) -> int:
        return disk.call(Op("sync", paths[file]), lambda: sync(file, flags))

    ours = [_Write(written), _Truncate(truncated), _Sync(synced)]
    kept += ours
    table.Write, table.Truncate, table.Sync = (ctypes.cast(callback, ctypes.c_void_p).value for callback in ours)
    return table


# what a power loss leaves


@dataclass(slots=True)
class _Content:
    synced: bytearray | None = None  # None: no name in the folder that is sure to be there
    since: list[Op] = field(default_factory=list)
    ghost: bytearray | None = None  # what comes back where a deletion was not synced

    def take(self, op: Op) -> None:
        if op.kind == "sync":
            self.synced = self.left(self.since)
            self.since, self.ghost = [], None
        elif op.kind == "delete":
            self.ghost = self.synced if not op.at else None
            self.synced, self.since = None, []
        else:
            self.since.append(op)

    def left(self, pieces: Iterable[Op], rubbish: random.Random | None = None) -> bytearray:
        found = bytearray(self.synced or b"")
        for piece in pieces:
            _apply(found, piece, rubbish)
        return found


def after_power_loss(ops: Sequence[Op], dice: random.Random) -> dict[str, bytes]:
    """path -> what a disk may hold that lost its power after `ops`.

    What was synced is there. Of the rest of each file: nothing, everything, a first part, or any pieces in any order,
    torn at 512 bytes or 4 KiB; what a file grew by and did not get is zeros or rubbish. A file that was made or deleted
    and not synced since may be there or not.
    """
    files: dict[str, _Content] = {}
    for op in ops:
        content = files.setdefault(op.path, _Content())
        if _syncs_the_folder(op, content):
            for other in files.values():
                other.ghost = None
        content.take(op)
    found = {}
    for path, content in files.items():
        if content.synced is None and not content.since:
            if content.ghost is not None and dice.random() < 0.5:
                found[path] = bytes(content.ghost)
        elif content.synced is not None or dice.random() < 0.8:
            pieces = _survivors(content.since, dice) if content.since else []
            found[path] = bytes(content.left(pieces, dice if dice.random() < 0.2 else None))
    return found


def _syncs_the_folder(op: Op, content: _Content) -> bool:
    """SQLite syncs the folder with a synced deletion, and with the first sync of a log or journal that it made."""
    made = content.synced is None and op.path.endswith(("-wal", "-journal"))
    return (op.kind == "delete" and op.at == 1) or (op.kind == "sync" and made)


def _survivors(ops: Sequence[Op], dice: random.Random) -> list[Op]:
    way = dice.choice(("none", "all", "first", "pieces", "pieces"))
    if way == "none":
        return []
    if way == "all":
        return list(ops)
    sector = dice.choice(SECTORS)
    pieces = [piece for op in ops for piece in _torn(op, sector)]
    if way == "first":
        return pieces[: dice.randrange(len(pieces) + 1)]
    kept = [piece for piece in pieces if dice.random() < 0.5]
    dice.shuffle(kept)
    return kept


def _torn(op: Op, sector: int) -> Iterator[Op]:
    """The sectors of a write: each reaches the disk whole or not at all."""
    if op.kind == "truncate":
        yield op
        return
    start, end = op.at, op.at + len(op.data)
    while start < end:
        stop = min(end, (start // sector + 1) * sector)
        yield Op("write", op.path, start, op.data[start - op.at : stop - op.at])
        start = stop


def _apply(content: bytearray, op: Op, rubbish: random.Random | None = None) -> None:
    if op.kind == "truncate":
        del content[op.at :]
        content.extend(bytes(max(0, op.at - len(content))))
        return
    grown = op.at - len(content)
    if grown > 0:
        content.extend(rubbish.randbytes(grown) if rubbish is not None else bytes(grown))
    content[op.at : op.at + len(op.data)] = op.data
