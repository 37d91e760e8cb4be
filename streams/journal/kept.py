"""What lies in the journal beside the records: cursors, snapshots, totals of refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rules.signals import Cause


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a source has been read; written with the frame that holds what was read.

    `offset` is the source's own measure (bytes of a file, serial of a push). `mark` lets the reader know its source
    again (a digest, never a name).
    """

    partition: str
    offset: int
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An engine's memory after the record at `head`, by row, and the last cause the desk had been told by then.

    `healed`: rows that were read from their other slot, because their own is damaged.
    """

    head: int
    rows: Mapping[str, bytes]
    told: Cause | None = None
    healed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedDay:
    """Refused records of one feed and day of arrival, by distinct raw place: all, those no longer kept, those kept."""

    feed: str
    day: int  # since 1970, UTC
    refused: int
    forgotten: int
    kept: int


def text_of(told: Cause | None) -> str:
    """A cause as it lies in the journal; empty where there is none."""
    return f"{told.epoch}/{told.offset}/{told.n}" if told is not None else ""


def cause_of(text: str | None) -> Cause | None:
    """The cause that `text_of` wrote."""
    return Cause(*map(int, text.split("/"))) if text else None
