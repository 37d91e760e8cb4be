"""A file of JSON lines, one a notice, on the disk before it counts as heard."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import ClassVar, Final

import msgspec

from alerts.channels.port import UNBOUNDED, Limits, Message, Receipt

TAIL_BYTES: Final = 512 * 1024
"""No line of ours is longer."""


class JsonLinesChannel:
    """Appends to `path` and waits for the disk. A line torn by a kill is cut off before the next one is written."""

    limits: ClassVar[Limits] = UNBOUNDED

    def __init__(self, name: str, path: Path, language: str = "en") -> None:
        self.name = name
        self.language = language
        self._path = path

    def deliver(self, message: Message, at: int) -> Receipt:
        line = msgspec.json.encode(message) + b"\n"
        try:
            self._append(line)
        except OSError as fault:
            return Receipt(at, "failed", errno.errorcode.get(fault.errno or 0, "OSError"))
        return Receipt(at, "accepted", "on the disk")

    def close(self) -> None:
        """Nothing stays open between two notices: the file may be moved away at any time."""

    def _append(self, line: bytes) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = not self._path.exists()
        with self._path.open("a+b") as file:
            _mend(file.fileno())
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if new:
            _sync_folder(self._path.parent)


def _mend(file: int) -> None:
    """Cut a torn last line of ours; anything else that lacks its end gets it."""
    size = os.fstat(file).st_size
    start = max(0, size - TAIL_BYTES)
    tail = os.pread(file, size - start, start)
    last = tail[tail.rfind(b"\n") + 1 :]
    if not last:
        return
    if last.startswith(b"{") and not _whole(last):
        os.ftruncate(file, size - len(last))
    else:
        os.write(file, b"\n")


def _whole(line: bytes) -> bool:
    try:
        msgspec.json.decode(line)
    except msgspec.DecodeError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
