"""A backup laid out as the data of cities, and proved before it takes their place."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from alerts.access.accounts import FILE as ACCOUNTS
from streams.backup.manifest import Manifest, Proof, prove, read, sum_of
from streams.keyring import FILE as KEY
from streams.messages import SpokenError
from streams.settings import Settings


def restore(source: Path, settings: Settings) -> Manifest:
    """Lay the cities of a backup into the data folder, where they are not yet. Each is there proved, or not at all.

    Accounts that are there already stay. Raises SpokenError, OSError.
    """
    told = read(source)
    for city in told.cities:
        if (settings.data / city).exists():
            raise SpokenError("folder-not-empty", folder=settings.data / city)
    for name in _changed(source, told):
        raise SpokenError("backup-changed", path=source / name)
    settings.data.mkdir(parents=True, exist_ok=True)
    laid = []
    try:
        for city, wanted in told.cities.items():
            fresh = settings.data / f"{city}.new"
            shutil.rmtree(fresh, ignore_errors=True)
            laid.append(fresh)
            fresh.mkdir()
            for name in told.files:
                if name.startswith(f"{city}/"):
                    to = fresh / Path(name).relative_to(city)
                    to.parent.mkdir(parents=True, exist_ok=True)
                    _copy(source / name, to)
            _hold_against(city, prove(fresh, _key(settings, fresh)), wanted)
    except BaseException:
        for fresh in laid:
            shutil.rmtree(fresh, ignore_errors=True)
        raise
    for fresh in laid:
        fresh.rename(fresh.with_name(fresh.name.removesuffix(".new")))
    if (source / ACCOUNTS).exists() and not (settings.data / ACCOUNTS).exists():
        _copy(source / ACCOUNTS, settings.data / ACCOUNTS)
    return told


def _copy(source: Path, to: Path) -> None:
    shutil.copyfile(source, to)
    to.chmod(0o600)


def _hold_against(city: str, found: Proof, wanted: Proof) -> None:
    """Raises SpokenError where what was laid out is not what was copied, or is not well."""
    if found != wanted or not found.is_well:
        raise SpokenError("backup-unproved", city=city, found=_words(found), wanted=_words(wanted))


def _changed(source: Path, told: Manifest) -> Iterator[str]:
    """Files that are not what the backup says of them, or are not there."""
    for name, wanted in told.files.items():
        path = source / name
        inside = ".." not in Path(name).parts and path.resolve().is_relative_to(source.resolve())
        if not inside or not path.is_file() or sum_of(path) != wanted:
            yield name


def _key(settings: Settings, folder: Path) -> bytes:
    given = settings.key.get_secret_value().encode()
    try:
        return given or (folder / KEY).read_text("ascii").strip().encode()
    except OSError:
        raise SpokenError("backup-key", path=folder / KEY) from None


def _words(proof: Proof) -> str:
    return ", ".join(f"{name} {getattr(proof, name)}" for name in proof.__struct_fields__)
