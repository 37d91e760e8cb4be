"""What a backup says of itself: its files with their sums, and of each city what a restore must find again."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from alerts.database import SqliteStore
from streams.audit import audit
from streams.journal import Journal
from streams.messages import SpokenError
from streams.opened import ALERTS, JOURNAL

NAME: Final = "backup.json"
FORMAT: Final = 1
BLOCK: Final = 1 << 20


class Proof(msgspec.Struct, frozen=True):
    """What holds of a city's data. `tick`: ms UTC, 0 before the first. `entries`: of the chain of moves."""

    offset: int
    tick: int
    balanced: bool  # law 9: every event is in exactly one place
    alerts: int
    entries: int
    chain_faults: int

    @property
    def is_well(self) -> bool:
        """Balanced, with a whole chain."""
        return self.balanced and not self.chain_faults


class File(msgspec.Struct, frozen=True):
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """`files`: by their path in the backup. `apart`: alerts lie in a database, which has a backup of its own."""

    format: int
    at: int  # ms UTC, when it was begun
    files: Mapping[str, File]
    cities: Mapping[str, Proof]
    apart: bool = False


def sum_of(path: Path) -> File:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return File(path.stat().st_size, digest.hexdigest())


def prove(folder: Path, key: bytes) -> Proof:
    """What holds of the data of a city that lie in `folder`. Raises SpokenError where they cannot be read."""
    with closing(Journal.open(folder / JOURNAL, read_only=True)) as journal:
        found = audit(journal)
        offset, tick = journal.last_offset, journal.last_tick() or 0
    alerts, entries, faults = 0, 0, 0
    path = folder / ALERTS
    if path.exists():
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            (alerts,) = db.execute("select count(*) from alerts").fetchone()
        with closing(SqliteStore.look(path)) as store:
            chain = store.prove([], key)
        entries, faults = chain.entries, len(chain.faults)
    return Proof(offset, tick, found.balanced, alerts, entries, faults)


def read(folder: Path) -> Manifest:
    """Raises SpokenError."""
    path = folder / NAME
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except OSError as fault:
        raise SpokenError("backup-none", path=path, why=fault.strerror) from None
    except msgspec.DecodeError:
        raise SpokenError("backup-unreadable", path=path) from None
    if any(Path(city).name != city or city in {"", ".", ".."} for city in found.cities):
        raise SpokenError("backup-unreadable", path=path)
    if found.format != FORMAT:
        raise SpokenError("backup-format", path=path, found=found.format, wanted=FORMAT)
    return found
