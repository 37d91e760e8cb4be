"""What lies in the journal beside the records: cursors, refused records, snapshots."""

from __future__ import annotations

from dataclasses import dataclass


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
class Kept:
    """A refused record as it is kept: its place, the reason, and its bytes scrubbed (empty where undecodable)."""

    feed: str
    reason: str
    field: str
    partition: str
    offset: int
    n: int
    at: int  # ms, when it was refused
    scrubbed: bytes
    digest: str
    length: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An engine's memory after the record at `head`."""

    head: int
    data: bytes
