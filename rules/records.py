"""The records of a city's log: Frame, Tick and Order. The engine reads nothing else.

Times are integers: milliseconds since 1970-01-01 UTC. Intervals are half-open.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

NO_TIME: Final = np.iinfo(np.int64).min
"""Stands in a time column for "none" (`due_at`)."""

SELF_INITIATED: Final = 1
"""Flag: logged by a crew or patrol on its own motion; kept, and counted only where a rule asks."""
EXERCISE: Final = 2
"""Flag: a drill; travels to the card, never counted."""
CORRECTION: Final = 4
"""Flag: written by `tocsin feeds retract`, not sent by the feed."""

ROW: Final = np.dtype(
    [
        ("feed", "<u2"),  # index into Frame.feeds
        ("stage", "<u2"),  # index into Frame.stages
        ("category", "<u4"),  # index into Frame.categories
        ("area", "<u4"),  # index into Frame.areas
        ("office", "<u2"),  # index into Frame.offices; 0 is "" (none)
        ("severity", "u1"),  # 1-4; 0 is none
        ("flags", "u1"),  # SELF_INITIATED | EXERCISE | CORRECTION
        ("partition", "<u2"),  # index into Frame.partitions: where the raw record lies
        ("n", "<u4"),  # which event of the raw record (stages, batches)
        ("offset", "<i8"),  # raw place within the partition: line, offset, serial
        ("id0", "<u8"),  # 16 bytes of keyed hash over (source, id)
        ("id1", "<u8"),
        ("revision", "<i8"),
        ("content", "<u8"),  # keyed hash over everything but identity, place of reading and arrival
        ("occurred_at", "<i8"),
        ("arrived_at", "<i8"),
        ("due_at", "<i8"),  # NO_TIME where there is none
        ("count", "<i4"),  # >= 0; a revision with 0 cancels
        ("matter", "<u8"),  # keyed hash; 0 is none
        ("place", "<u8"),  # keyed hash of an address or coordinates; 0 is none
    ]
)
"""A row as it came. One with CORRECTION takes a row back and carries it, so that neither memory nor horizon is needed:
`count` is what that row counted; feed, stage, category, area, occurred_at, severity, place, id and content are its own;
`revision` is the highest there is (rules/corrections.py); the old revision lies in `due_at`, the old arrival in
`offset`. Its new count is 0.
"""

Rows = NDArray[np.void]


class Frame(msgspec.Struct, frozen=True, tag="frame"):
    """Accepted rows of one city, one group per raw record, in raw order, never netted.

    `rows` is a structured array of dtype ROW; its small integers point into the name tables beside
    it, so that a frame explains itself whatever tree is in force when it is read again.
    """

    city: str
    feeds: tuple[str, ...]
    stages: tuple[str, ...]
    categories: tuple[str, ...]
    areas: tuple[str, ...]
    offices: tuple[str, ...]
    partitions: tuple[str, ...]
    rows: Rows


def joined(frames: Sequence[Frame], at_least: int = 1 << 62) -> Iterator[Frame]:
    """The same rows in fewer frames: neighbours that share their name tables become one, of `at_least` rows or little
    more where that is given."""
    for _, alike in groupby(frames, key=_tables):
        some: list[Frame] = []
        many = 0
        for frame in alike:
            some.append(frame)
            many += len(frame.rows)
            if many >= at_least:
                yield _as_one(some)
                some, many = [], 0
        if some:
            yield _as_one(some)


def _as_one(frames: Sequence[Frame]) -> Frame:
    if len(frames) == 1:
        return frames[0]
    rows = bytearray().join([np.ascontiguousarray(frame.rows).data.cast("B") for frame in frames])
    return msgspec.structs.replace(frames[0], rows=np.frombuffer(rows, ROW))


def _names(frame: Frame) -> tuple[tuple[str, ...], ...]:
    return frame.feeds, frame.stages, frame.categories, frame.areas, frame.offices, frame.partitions


def _tables(frame: Frame) -> tuple[int, ...]:
    """Frames that were cut from one share its tables, so that their addresses tell."""
    return tuple(id(t) for t in _names(frame))


class Tick(msgspec.Struct, frozen=True, tag="tick"):
    """A promise that no row with `arrived_at <= now` follows. Monotone; no tick, no progress."""

    now: int


class Calibrate(msgspec.Struct, frozen=True, tag="calibrate"):
    """Heights `h` per "rule/desk", solved outside from the log's past."""

    start: int
    heights: dict[str, float]


class Down(msgspec.Struct, frozen=True, tag="down"):
    """The pipeline itself was down: every feed is missing in [since, until)."""

    start: int
    since: int
    until: int


class Blind(msgspec.Struct, frozen=True, tag="blind"):
    """One feed could not be read in [since, until)."""

    start: int
    feed: str
    since: int
    until: int


class Retire(msgspec.Struct, frozen=True, tag="retire"):
    """A feed ended for good: it is no longer waited for, and its silence is over."""

    start: int
    feed: str


class Given(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a person ordered at once: the account (a duty number) and its reason; a second account reviews it.

    `id` is made where it is given, so that what is handed over twice is obeyed once. Empty where a program or a test
    gave it: then nobody owes a review.
    """

    id: str = ""
    by: str = ""
    reason: str = ""


class UseBook(Given, frozen=True, tag="use-book"):
    """Rules, trees, calendar and feeds in force from `start`; the book lies under its digest.

    With an `id` where one operator went back to an earlier release: then a second has to review it.
    """

    start: int
    digest: str


class StopRule(Given, frozen=True, tag="stop"):
    """A rule judges nothing from now on; what it has running is over."""

    start: int
    rule: str


class StartRule(Given, frozen=True, tag="start"):
    """A rule that was stopped judges what begins from now on."""

    start: int
    rule: str


class MuteFeed(Given, frozen=True, tag="mute-feed"):
    """A feed is not listened to: its rows are kept in the log and counted nowhere, and its time is missing."""

    start: int
    feed: str


class HearFeed(Given, frozen=True, tag="hear-feed"):
    """A feed that was muted is listened to again."""

    start: int
    feed: str


class Exclude(Given, frozen=True, tag="exclude"):
    """What happened in [since, until) in an area and category, and below them, is no part of what is usual."""

    start: int
    area: str
    category: str
    since: int
    until: int


class Review(Given, frozen=True, tag="review"):
    """A second account has looked at an order that one had given; `order` is its id."""

    start: int
    order: str


class StartShadow(Given, frozen=True, tag="start-shadow"):
    """A candidate judges beside the rules in force from `start` on, and no desk hears of it.

    `compiled`: the rule as the book would hold it, as JSON; `text`: its file. It may be promoted without a reason for
    the hurry once each desk that it reaches has had so many whole `shifts`.
    """

    start: int
    rule: str
    compiled: bytes
    on_matters: bool = False
    text: str = ""
    shifts: int = 0


class DropShadow(Given, frozen=True, tag="drop-shadow"):
    """A candidate judges no longer, and what it said is forgotten."""

    start: int
    rule: str


ByHand = StopRule | StartRule | MuteFeed | HearFeed | Exclude
"""What one operator may order at once, and a second must review."""
Shadowing = StartShadow | DropShadow
"""What nobody outside hears of, so that nobody has to review it."""
Order = UseBook | Calibrate | Down | Blind | Retire | ByHand | Review | Shadowing
Record = Frame | Tick | Order
RecordKind = Literal["frame", "tick", "order"]


def _pack(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tobytes()
    raise TypeError(f"cannot pack {type(value).__name__}")


def _unpack(kind: type, value: object) -> object:
    if isinstance(value, bytes):
        return np.frombuffer(value, dtype=ROW)
    raise TypeError(f"cannot read {kind}")


_ENCODER: Final = msgspec.msgpack.Encoder(enc_hook=_pack)
_DECODER: Final = msgspec.msgpack.Decoder(Record, dec_hook=_unpack)


def encode(record: Record) -> bytes:
    """The bytes of a record as they lie in the journal (msgpack; rows as one packed block)."""
    return _ENCODER.encode(record)


def decode(data: bytes) -> Record:
    """The record in `data`. Raises msgspec.ValidationError where it is none."""
    record: Record = _DECODER.decode(data)
    return record
