"""What a command hands over to the process that serves a city: frames and orders, laid into its data folder.

One process writes a city's log. A command that has something for it leaves it in `handed/` beside the journal; the
writer takes it between two turns, once it has caught up, and removes each file after its fsync. What is taken twice,
because of a kill between the two, is a repeat like any other. Whoever may write there may write the journal.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import msgspec
import structlog
from msgspec import structs

from rules.records import ByHand, Calibrate, Frame, Order, Review, Shadowing, decode, encode
from streams.clock import Clock, WallClock
from streams.journal import DiskFullError
from streams.messages import SpokenError
from streams.releases.swap import Swap
from streams.runtime import Parcel, Shard

log = structlog.get_logger()

Handed = ByHand | Review | Calibrate | Shadowing
FOLDER: Final = "handed"
MOST_A_TURN: Final = 1
"""Frames between two turns of the writer: what is pushed meanwhile waits, a quarter of a second for a frame of
corrections."""
PATIENCE_SECONDS: Final = 60.0
ORDER_SECONDS: Final = 10.0
"""How long a command waits for a city that is served to take its order."""
LOOK_SECONDS: Final = 0.1
_SUFFIX: Final = ".frame"
_ORDER: Final = ".order"
_SWAP: Final = ".release"


def hand_over(data: Path, frames: Iterable[Frame]) -> list[Path]:
    """Lay frames into the city's data folder; where they lie until they are taken. Raises OSError."""
    folder = data / FOLDER
    folder.mkdir(exist_ok=True)
    laid = []
    for frame in frames:
        packed = encode(frame)
        laid.append(_lay(folder / (hashlib.blake2b(packed, digest_size=16).hexdigest() + _SUFFIX), packed))
    return laid


def hand_over_order(data: Path, order: Order, at: int) -> Path:
    """Lay an order into the city's data folder; where it lies until it is taken. It begins when it is taken.

    `at` (ms) puts it in order with others. Raises OSError.
    """
    folder = data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    packed = encode(order)
    name = f"{at:015d}-{hashlib.blake2b(packed, digest_size=8).hexdigest()}{_ORDER}"
    return _lay(folder / name, packed)


def hand_over_swap(data: Path, swap: Swap, at: int) -> Path:
    """Lay other rules into the city's data folder, `at` (ms) in order with orders. Raises OSError."""
    folder = data / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return _lay(folder / f"{at:015d}-{swap.release}{_SWAP}", msgspec.msgpack.encode(swap))


def _lay(path: Path, packed: bytes) -> Path:
    draft = path.with_suffix(".draft")
    with draft.open("wb") as stream:
        stream.write(packed)
        stream.flush()
        os.fsync(stream.fileno())
    draft.rename(path)
    return path


def wait_taken(
    paths: Iterable[Path], clock: Clock, pause: Callable[[float], object], *, seconds: float = PATIENCE_SECONDS
) -> bool:
    """Whether all of them are taken before our patience ends."""
    left = list(paths)
    begun = clock.steady()
    while left := [path for path in left if path.exists()]:
        if clock.steady() - begun > seconds:
            return False
        pause(LOOK_SECONDS)
    return True


def lay_and_wait(folder: Path, lay: Callable[[], Path]) -> bool:
    """Lay something into a city's data folder by `lay`; whether the process that serves it takes it in a little while.

    Raises SpokenError where the folder cannot be written.
    """
    try:
        path = lay()
    except OSError as fault:
        raise SpokenError("folder-unwritable", folder=folder, why=fault.strerror) from None
    return wait_taken([path], WallClock(), time.sleep, seconds=ORDER_SECONDS)


def take_handed(
    shard: Shard, data: Path, noted: Callable[[Handed | Swap, int], bool] = lambda _order, _at: True
) -> int:
    """Take some of what was handed over into the log; how many files. On the thread that owns the shard.

    `noted`: an order that the log has, and when it acts, ms; whether that could be written down too. Where it could
    not, the order stays there and is taken again: it is obeyed once.
    """
    taken = 0
    for path in _waiting(data / FOLDER)[:MOST_A_TURN]:
        record = _read(path, shard.city)
        if record is None:
            log.error("handed_set_aside", city=shard.city, name=path.name)
            path.rename(path.with_suffix(".bad"))
            continue
        try:
            if isinstance(record, Swap):
                shard.use(record.put_into(shard.engine.book), record.order)
            else:
                shard.take([_parcel(record, shard.tick + 1)])
        except DiskFullError:
            break  # it lies there until there is room
        if not isinstance(record, Frame) and not noted(record, shard.tick):
            break
        path.unlink()
        taken += 1
    return taken


def _waiting(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix in (_SUFFIX, _ORDER, _SWAP))
    except FileNotFoundError:
        return []


def _parcel(record: Frame | Handed, now: int) -> Parcel:
    """An order begins now, and brings the tick with which it acts."""
    if isinstance(record, Frame):
        return Parcel(frame=record)
    return Parcel(order=structs.replace(record, start=now), tick=now)


def _read(path: Path, city: str) -> Frame | Handed | Swap | None:
    """The record in a file; None where there is none that this city takes."""
    try:
        if path.suffix == _SWAP:
            return msgspec.msgpack.decode(path.read_bytes(), type=Swap)
        record = decode(path.read_bytes())
    except (msgspec.MsgspecError, ValueError):
        return None
    if isinstance(record, Frame):
        return record if record.city == city else None
    return record if isinstance(record, Handed) else None
