"""What lies in the journal beside the records: cursors, snapshots, totals of refusals."""

from __future__ import annotations

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
    """An engine's memory after the record at `head`, and the last cause the desk had been told by then."""

    head: int
    data: bytes
    told: Cause | None = None


@dataclass(frozen=True, slots=True)
class RefusedDay:
    """Refused records of one feed and day of arrival, by distinct raw place: all, those no longer kept, those kept."""

    feed: str
    day: int  # since 1970, UTC
    refused: int
    forgotten: int
    kept: int


def row_of(snapshot: Snapshot) -> tuple[int, bytes, str]:
    """The snapshot as it lies in its table."""
    told = snapshot.told
    return snapshot.head, snapshot.data, f"{told.epoch}/{told.offset}/{told.n}" if told is not None else ""


def snapshot_of(head: int, data: bytes, told: str) -> Snapshot:
    """The snapshot that such a row holds."""
    return Snapshot(head, data, Cause(*map(int, told.split("/"))) if told else None)
