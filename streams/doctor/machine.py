"""The machine: who sets its clock, room and kind of the disk under the data folder, and what the settings let in."""

from __future__ import annotations

import ctypes
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from alerts.access.accounts import FILE, Accounts
from streams.doctor.finding import Finding, bad, good, note
from streams.keys import SHORTEST_KEY
from streams.settings import Settings

LEAST_FREE: Final = 1 << 30
"""Bytes beside the reserve: a day of a large city's journal."""
ACROSS_A_NETWORK: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "glusterfs", "fuse.sshfs", "fuse.glusterfs"}
)
MOUNTS: Final = Path("/proc/mounts")
UNSET: Final = 5
"""What adjtimex answers where nothing keeps the clock."""
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


def clock_is_kept() -> bool:
    """Whether the kernel says that something (NTP) keeps its clock; True where it cannot tell."""
    try:
        return ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(256)) != UNSET  # type: ignore[no-any-return]  # C
    except (AttributeError, OSError):
        return True


def of_the_clock(last_tick: int | None, now: int, *, kept: bool) -> Iterator[Finding]:
    """`last_tick`: the newest of the city's journal, ms; a clock behind it was set back."""
    behind = (last_tick or 0) - now
    if behind > 60_000:
        yield bad("clock", "doctor-clock-behind", seconds=behind // 1000)
    elif not kept:
        yield note("clock", "doctor-clock-unkept")
    else:
        yield good("clock", "doctor-clock-good")


def of_the_disk(folder: Path, reserve: int, mounts: Path = MOUNTS) -> Iterator[Finding]:
    """Whether the data folder can be written, has room, and lies on a disk that SQLite can rely on."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as fault:
        yield bad("disk", "doctor-disk-unwritable", folder=there, why=fault.strerror)
        return
    kind = _kind(there.resolve(), mounts)
    if kind in ACROSS_A_NETWORK:
        yield bad("disk", "doctor-disk-network", folder=folder, kind=kind)
    free, least = shutil.disk_usage(there).free, reserve + LEAST_FREE
    if free < least:
        yield bad("disk", "doctor-disk-full", folder=folder, free=_size(free), least=_size(least))
    else:
        yield good("disk", "doctor-disk-good", folder=folder, free=_size(free))


def of_the_settings(settings: Settings) -> Iterator[Finding]:
    """What can be read and is still not well."""
    found = list(_let_in(settings))
    key = settings.key.get_secret_value().encode()
    if key and len(key) < SHORTEST_KEY:
        found.append(bad("settings", "key-short", length=len(key), least=SHORTEST_KEY))
    if settings.crash_at:
        found.append(bad("settings", "doctor-crash-at"))
    yield from found or [good("settings", "doctor-settings-good")]


def _let_in(settings: Settings) -> Iterator[Finding]:
    if settings.host in LOOPBACK:
        return
    if not settings.token.get_secret_value():
        yield bad("settings", "doctor-open-intake", host=settings.host)
    accounts = settings.data / FILE
    if not accounts.exists() or Accounts(accounts).empty():
        yield bad("settings", "doctor-no-account", host=settings.host)


def _kind(folder: Path, mounts: Path) -> str:
    """The kind of the file system that holds a folder; "" where that cannot be read."""
    try:
        rows = [line.split() for line in mounts.read_text("utf-8").splitlines()]
    except OSError:
        return ""
    holding = [(row[1], row[2]) for row in rows if len(row) > 2 and folder.is_relative_to(row[1])]
    return max(holding, key=lambda one: len(one[0]), default=("", ""))[1]


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB"
