"""What a command hands over to the process that serves a city: frames that are ready, laid into its data folder.

One process writes a city's log. A command that has something for it leaves frames in `handed/` beside the journal; the
writer takes them between two turns, once it has caught up, and removes each after its fsync. A frame that is taken
twice, because of a kill between the two, is a repeat like any other. Whoever may write there may write the journal.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec
import structlog

from rules.records import Frame, decode, encode
from streams.clock import Clock
from streams.journal import DiskFullError
from streams.runtime import Parcel, Shard

log = structlog.get_logger()

FOLDER: Final = "handed"
MOST_A_TURN: Final = 1
"""Frames between two turns of the writer: what is pushed meanwhile waits, a quarter of a second for a frame of
corrections."""
PATIENCE_SECONDS: Final = 60.0
LOOK_SECONDS: Final = 0.1
_SUFFIX: Final = ".frame"


def hand_over(data: Path, frames: Iterable[Frame]) -> list[Path]:
    """Lay frames into the city's data folder; where they lie until they are taken. Raises OSError."""
    folder = data / FOLDER
    folder.mkdir(exist_ok=True)
    laid = []
    for frame in frames:
        packed = encode(frame)
        path = folder / (hashlib.blake2b(packed, digest_size=16).hexdigest() + _SUFFIX)
        draft = path.with_suffix(".draft")
        with draft.open("wb") as stream:
            stream.write(packed)
            stream.flush()
            os.fsync(stream.fileno())
        draft.rename(path)
        laid.append(path)
    return laid


def wait_taken(paths: Iterable[Path], clock: Clock, pause: Callable[[float], object]) -> bool:
    """Whether all of them are taken before our patience ends."""
    left = list(paths)
    begun = clock.steady()
    while left := [path for path in left if path.exists()]:
        if clock.steady() - begun > PATIENCE_SECONDS:
            return False
        pause(LOOK_SECONDS)
    return True


def take_handed(shard: Shard, data: Path) -> int:
    """Take some of what was handed over into the log; how many frames. On the thread that owns the shard."""
    taken = 0
    for path in _waiting(data / FOLDER)[:MOST_A_TURN]:
        frame = _read(path, shard.city)
        if frame is None:
            log.error("handed_set_aside", city=shard.city, name=path.name)
            path.rename(path.with_suffix(".bad"))
            continue
        try:
            shard.take([Parcel(frame=frame)])
        except DiskFullError:
            break  # it lies there until there is room
        path.unlink()
        taken += 1
    return taken


def _waiting(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == _SUFFIX)
    except FileNotFoundError:
        return []


def _read(path: Path, city: str) -> Frame | None:
    """The frame in a file; None where there is none of this city."""
    try:
        record = decode(path.read_bytes())
    except (msgspec.MsgspecError, ValueError):
        return None
    return record if isinstance(record, Frame) and record.city == city else None
