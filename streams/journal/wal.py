"""What SQLite leaves out of a write-ahead log without a word, and whether that can be a write that was cut off.

SQLite reads a write-ahead log up to the first frame that does not match its checksum. After a kill or a power loss that
is right: every commit is synced before it is answered, so at most the one under way is cut. A flipped bit further in
front looks the same to SQLite, and everything behind it would be gone: that is told, never passed over.
Format: https://sqlite.org/walformat.html (header of 32 bytes, frames of 24 bytes and a page).
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final

from streams.journal.faults import JournalDamagedError

_HEADER: Final = 32
_FRAME: Final = 24
_MAGIC: Final = {0x377F0682: "<", 0x377F0683: ">"}
_MOST_CUT: Final = 1
"""Commits that a cut can cost: the one under way."""


def cut_pages(path: Path) -> int:
    """Pages behind the last good commit in the log of the database at `path`: a write that was cut off.

    To be asked by the first connection, after its first read and before its first write: the index beside the log then
    says how far SQLite could read. Raises JournalDamagedError where more is missing than a cut can cost.
    """
    wal, index = Path(f"{path}-wal"), Path(f"{path}-shm")
    if not wal.exists() or wal.stat().st_size <= _HEADER:
        return 0
    with wal.open("rb") as file:
        header = file.read(_HEADER)
        if not any(header):
            return 0
        if not _whole(header):
            raise JournalDamagedError("wal-damaged", path=wal)
        page = struct.unpack_from(">I", header, 8)[0]
        salts = header[16:24]
        good = struct.unpack_from("=I", index.read_bytes()[:_HEADER], 16)[0]
        frames = (wal.stat().st_size - _HEADER) // (_FRAME + page)
        pages = commits = 0
        for n in range(good, frames):
            file.seek(_HEADER + n * (_FRAME + page))
            frame = file.read(_FRAME)
            if frame[8:16] == salts:
                pages += 1
                commits += frame[4:8] != b"\0\0\0\0"
    if commits > _MOST_CUT:
        raise JournalDamagedError("wal-damaged", path=wal)
    return pages


def _whole(header: bytes) -> bool:
    """Whether a header matches its own checksum."""
    order = _MAGIC.get(struct.unpack_from(">I", header)[0])
    if order is None:
        return False
    one = two = 0
    for first, second in struct.iter_unpack(f"{order}II", header[:24]):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return struct.pack(">II", one, two) == header[24:32]
