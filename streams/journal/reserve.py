"""Disk kept back for the hour when it is full, so that alerts can still be written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

LEAST_TO_START: Final = 1 << 20
"""Bytes that a start needs: indexes of two write-ahead logs, some pages."""


class Reserve:
    """A file of `size` bytes: given up when the disk is full, taken back when there is space again.

    While it is given up, whoever holds it takes no new events: what it freed is for what is already known.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size

    def hold(self) -> bool:
        """Take the space, where a quarter of it stays free beside; False where there is none (nothing is half taken).

        Without that quarter the next event would fill the disk again at once.
        """
        if self._size == 0 or (self._path.exists() and self._path.stat().st_size >= self._size):
            return True
        try:
            with self._path.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, self._size)
            held = _free(self._path) >= self._size // 4
        except OSError:  # no space, or no quota: the caller goes on refusing and asks again
            held = False
        if not held:
            self._path.unlink(missing_ok=True)
        return held

    def pinched(self) -> bool:
        """Whether so little is free beside it that even a start would find no room."""
        return self._size > 0 and _free(self._path.parent) < LEAST_TO_START

    def release(self) -> None:
        self._path.unlink(missing_ok=True)


def _free(path: Path) -> int:
    """Bytes that are left where `path` lies."""
    disk = os.statvfs(path)
    return disk.f_bavail * disk.f_frsize
