"""What can go wrong with a journal.

JournalError            one clear sentence for people; the process cannot go on
├── DiskFullError       nothing was written; try again when there is space
└── JournalDamagedError a record in the middle does not match its checksum
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.messages import SpokenError


class JournalError(SpokenError):
    """The journal cannot be used: where, what is so, what to do."""


class DiskFullError(JournalError):
    """The disk is full: the transaction was rolled back whole."""


class JournalDamagedError(JournalError):
    """A record that others follow does not match its checksum: cutting it would lose what was accepted."""


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn SQLite's complaints into ours."""
    try:
        yield
    except sqlite3.Error as fault:
        if means_full(fault):
            raise DiskFullError("disk-full", path=path) from fault
        name = getattr(fault, "sqlite_errorname", type(fault).__name__)
        raise JournalError("journal-unusable", path=path, code=name) from fault


def means_full(fault: BaseException | None) -> bool:
    """Whether SQLite says by this that the disk is full."""
    return getattr(fault, "sqlite_errorcode", 0) == sqlite3.SQLITE_FULL
