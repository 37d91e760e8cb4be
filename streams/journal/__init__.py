"""The journal: a city's log on one machine, with what must be written in the same breath."""

from streams.journal.faults import DiskFullError, JournalDamagedError, JournalError, means_full
from streams.journal.kept import Cursor, RefusedDay, Snapshot
from streams.journal.log import Journal, kind_of
from streams.journal.reserve import Reserve

__all__ = [
    "Cursor",
    "DiskFullError",
    "Journal",
    "JournalDamagedError",
    "JournalError",
    "RefusedDay",
    "Reserve",
    "Snapshot",
    "kind_of",
    "means_full",
]
