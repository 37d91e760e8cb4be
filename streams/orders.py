"""Orders that a person lays down for a city: a file in its data folder, taken by whoever writes its log.

The city's one writer looks at its turns, at most a second apart, and takes what lies there into the log; a city that is
not served takes it when it is served next. Only who may write the data folder may give orders.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

import msgspec
import structlog

from rules.records import Order, StartRule, StopRule
from streams.runtime import Parcel, Shard

FOLDER: Final = "orders"
MOST_AT_ONCE: Final = 100
"""Orders taken in one turn."""

Verb = Literal["start", "stop"]

log = structlog.get_logger()


class Laid(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What lies in a file: one rule to stop or to start."""

    verb: Verb
    rule: str

    def order(self, start: int) -> Order:
        return StartRule(start, self.rule) if self.verb == "start" else StopRule(start, self.rule)


def lay(folder: Path, laid: Laid, at: int) -> Path:
    """Lay an order down for the city whose data lie in `folder`; its file, which is gone once it was taken.

    `at` (ms) orders it among others. Raises OSError.
    """
    path = folder / FOLDER / f"{at:015d}-{laid.verb}-{laid.rule}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with draft.open("wb") as file:
        file.write(msgspec.json.encode(laid))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    return path


def take(folder: Path, shard: Shard) -> int:
    """Take what was laid down into the log, oldest first; how many. A kill in between takes one twice, which changes
    nothing. Raises DiskFullError: what is left is taken later."""
    taken = 0
    for path in _waiting(folder):
        laid = _read(path)
        if laid is not None:
            now = shard.tick + 1  # a tick goes with it, so that it acts at once
            shard.take([Parcel(order=laid.order(now), tick=now)])
            log.info("order_taken", city=shard.city, verb=laid.verb, rule=laid.rule)
            taken += 1
        path.unlink(missing_ok=True)
    return taken


def _waiting(folder: Path) -> Iterator[Path]:
    try:
        found = sorted(path for path in (folder / FOLDER).iterdir() if path.suffix == ".json")
    except FileNotFoundError:
        return
    yield from found[:MOST_AT_ONCE]


def _read(path: Path) -> Laid | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Laid)
    except (OSError, msgspec.MsgspecError):
        log.warning("order_unreadable", file=path.name[:80])
        return None
