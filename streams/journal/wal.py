"""What SQLite leaves out of a write-ahead log without a word, and whether that can be a write that was cut off.

SQLite reads a write-ahead log up to the first frame that does not match its checksum. After a kill or a power loss that
is right: every commit is synced before it is answered, so at most the one under way is cut. A flipped bit further in
front looks the same to SQLite, and everything behind it would be gone: that is told, never passed over.

Format: https://sqlite.org/walformat.html: a header of 32 bytes, frames of 24 bytes and a page. A frame counts when it
carries the header's salts and the running checksum over all frames before it. Only this file is read: to open and close
the database or its index beside SQLite would drop SQLite's locks on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.journal.faults import JournalDamagedError

_HEADER: Final = 32
_FRAME: Final = 24
_SUMMED: Final = 8
"""Bytes of a frame's own header that its checksum covers, beside the page."""
_BLOCK: Final = 2_048
"""Frames read at a time."""
_ORDERS: Final = {0x377F0682: "<u4", 0x377F0683: ">u4"}
_MOST_CUT: Final = 1
"""Commits that a cut can cost: the one under way."""

Words = NDArray[np.uint32]


def cut_pages(path: Path) -> int:
    """Pages behind the last good commit in the log of the database at `path`: a write that was cut off.

    To be asked before the database is opened. Raises JournalDamagedError where more is missing than a cut can cost.
    """
    wal = Path(f"{path}-wal")
    if not wal.exists():
        return 0
    with wal.open("rb") as file:
        header = file.read(_HEADER)
        if len(header) < _HEADER or not any(header):
            return 0
        order = _ORDERS.get(int.from_bytes(header[:4], "big"))
        begins = _kept(header[24:])
        if order is None or _run(np.frombuffer(header[:24], order)).tobytes() != begins.tobytes():
            raise JournalDamagedError("wal-damaged", path=wal)
        size = _FRAME + int.from_bytes(header[8:12], "big")
        left = _left_out(iter(lambda: file.read(_BLOCK * size), b""), size, header[16:24], begins, order)
    if left.commits > _MOST_CUT:
        raise JournalDamagedError("wal-damaged", path=wal)
    return left.pages


class _Left(NamedTuple):
    """What lies behind the last good commit: pages, and commits among them."""

    pages: int
    commits: int


def _left_out(blocks: Iterator[bytes], size: int, salts: bytes, begins: Words, order: str) -> _Left:
    pages = commits = 0
    good, now = True, begins
    for block in blocks:
        flat = np.frombuffer(block, np.uint8)
        frames = flat[: len(flat) // size * size].reshape(-1, size)
        ours = [frame[8:16].tobytes() == salts for frame in frames]
        ends = [bool(frame[4:8].any()) for frame in frames]
        alone, carry = _of_frames(frames, order)
        for n, frame in enumerate(frames):
            if not ours[n]:  # of a time before the log began anew
                good = False
                continue
            now = alone[n] + carry @ now
            good = good and now.tobytes() == _kept(frame[16:24].tobytes()).tobytes()
            pages, commits = (0, 0) if good and ends[n] else (pages + 1, commits + (not good and ends[n]))
    return _Left(pages, commits)


def _of_frames(frames: NDArray[np.uint8], order: str) -> tuple[Words, Words]:
    """The checksum of each frame alone, and the matrix by which what was before it is carried on."""
    summed = np.concatenate((frames[:, :_SUMMED], frames[:, _FRAME:]), axis=1)
    words = np.ascontiguousarray(summed).view(order)
    return _run_each(words), _steps(words.shape[1] // 2)[-1]


# The checksum is linear: over a pair of words (x, y), one' = one + x + two and two' = two + y + one'. So over a whole
# frame it is the sum of the words, each times a weight that depends on its place, and of what was before it, times a
# matrix.

_STEP: Final = np.array([[1, 1], [1, 2]], np.uint32)
"""What a pair of words does to the (one, two) before it."""
_PAIR: Final = np.array([[1, 0], [1, 1]], np.uint32)
"""What a pair of words itself adds to (one, two)."""


def _steps(pairs: int) -> Words:
    """Powers 0 to `pairs` of _STEP, shape (pairs + 1, 2, 2), modulo 2^32."""
    powers = np.zeros((pairs + 1, 2, 2), np.uint32)
    powers[0] = np.eye(2, dtype=np.uint32)
    for n in range(pairs):
        powers[n + 1] = _STEP @ powers[n]
    return powers


def _run_each(words: Words) -> Words:
    """The checksum over each row of `words`, begun at zero, shape (rows, 2)."""
    native = words.astype(np.uint32)
    weights = _steps(native.shape[1] // 2)[:-1][::-1] @ _PAIR  # the last pair is carried no further
    found: Words = native[:, 0::2] @ weights[:, :, 0] + native[:, 1::2] @ weights[:, :, 1]
    return found


def _run(words: Words) -> Words:
    found: Words = _run_each(words[np.newaxis])[0]
    return found


def _kept(data: bytes) -> Words:
    """A checksum as it is kept: big-endian."""
    return np.frombuffer(data, ">u4").astype(np.uint32)
