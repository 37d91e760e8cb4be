"""A backup taken while cities are served.

The alert store is copied before the journal: it must not know of anything that the journal does not, while what the
journal has beyond it is told again at the start, without a second notice. Copies are SQLite's own (VACUUM INTO), never
of files that somebody writes.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from alerts.access.accounts import FILE as ACCOUNTS
from streams.backup.manifest import FORMAT, NAME, Manifest, Proof, prove, sum_of
from streams.city import City
from streams.keyring import FILE as KEY
from streams.keyring import read_key
from streams.messages import SpokenError
from streams.opened import ALERTS, JOURNAL
from streams.releases import shelf_of
from streams.releases.shelf import FOLDER as RELEASES
from streams.settings import Settings


def back_up(cities: Sequence[City], settings: Settings, to: Path, now: int) -> Manifest:
    """Copy the data of cities into the new folder `to`, and say what holds of them. `now`: ms UTC.

    The folder is there whole or not at all. Raises SpokenError, OSError.
    """
    if to.exists():
        raise SpokenError("folder-not-empty", folder=to)
    fresh = to.with_name(f"{to.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    try:
        proofs = {}
        for city in cities:
            proofs[city.name] = _of_city(city, settings, fresh / city.name)
        if (settings.data / ACCOUNTS).exists():
            _copy(settings.data / ACCOUNTS, fresh / ACCOUNTS)
        files = {str(path.relative_to(fresh)): sum_of(path) for path in sorted(fresh.rglob("*")) if path.is_file()}
        made = Manifest(FORMAT, now, files, proofs, bool(settings.database.get_secret_value()))
        (fresh / NAME).write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1))
        _settle(fresh)
        fresh.rename(to)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return made


def _of_city(city: City, settings: Settings, to: Path) -> Proof:
    folder = settings.data / city.name
    if not (folder / JOURNAL).exists():
        raise SpokenError("journal-missing", path=folder / JOURNAL)
    to.mkdir(mode=0o700)
    for name in (ALERTS, JOURNAL):
        if (folder / name).exists():
            _copy(folder / name, to / name)
    shelf_of(settings.data, city.name).copy(to / RELEASES)
    key = read_key(settings, folder)
    if (folder / KEY).exists():
        shutil.copyfile(folder / KEY, to / KEY)
        (to / KEY).chmod(0o600)
    return prove(to, key)


def _copy(source: Path, to: Path) -> None:
    """Raises SpokenError."""
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=30.0)) as db:
            db.execute("vacuum into ?", (str(to),))
    except sqlite3.Error as fault:
        name = getattr(fault, "sqlite_errorname", type(fault).__name__)
        raise SpokenError("journal-unusable", path=source, code=name) from None
    to.chmod(0o600)


def _settle(folder: Path) -> None:
    """Every file is on the disk before the folder gets its name."""
    for path in (*folder.rglob("*"), folder):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
