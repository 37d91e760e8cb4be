"""What stands around the records of the Kafka road: headers of raw records, keys and kinds of what we write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Message

from rules.records import Record, decode, encode
from streams import cloudevents
from streams.in_band import BandTick
from streams.journal import kind_of

if TYPE_CHECKING:
    from streams.runtime.ports import ClockKind

FEED: Final = "tocsin-feed"
"""Header of a raw record: the feed it belongs to; left out where the city has only one that comes so."""
ARRIVED: Final = "tocsin-arrived"
"""Header, on the stream clock: when it arrived, ms."""
STAGE: Final = "tocsin-stage"
"""Header: of the stages that the record gives, the one that arrived then."""
KIND: Final = "tocsin-kind"
"""Header of a record of a city's log: frame, tick or order."""
CLOCK: Final = "tocsin-clock"
"""Header of a record of a city's log, and of a signal: which clock the log keeps."""
BOOK: Final = "tocsin-book"
"""Header of a signal: digest of the book in force when it was said."""

LATEST_MS: Final = 10**14
"""No time of ours lies beyond the year 5138: a larger number is none."""

Headers = list[tuple[str, str | bytes | None]]
Told = Mapping[str, str | bytes | None] | Sequence[tuple[str, str | bytes | None]]
"""Headers as clients hand them over."""


class Raw(NamedTuple):
    """A raw record as it lies in its partition. `tick`: it brings time alone, ms; `arrived_at`: -1 where its header is
    no time; `envelope`: attributes of a CloudEvent in binary form, in their headers."""

    offset: int
    data: bytes
    feed: str
    arrived_at: int | None
    stage: str
    tick: int | None
    appended_at: int
    envelope: Mapping[str, str] | None = None


def raw(offset: int, value: bytes | None, headers: Told | None, appended_at: int) -> Raw:
    """What a raw record says of itself. A tombstone is an empty record: it will be refused, in its place."""
    data = value or b""
    if not headers:  # mostly so, and these are many
        return Raw(offset, data, "", None, "", tick_in(data), appended_at)
    told = texts(headers)
    arrived = _time(told[ARRIVED]) if ARRIVED in told else None
    envelope = told if cloudevents.is_binary(told) else None
    return Raw(offset, data, told.get(FEED, ""), arrived, told.get(STAGE, ""), tick_in(data), appended_at, envelope)


def raw_of(message: Message, now: int) -> Raw:
    """The same of a message. It arrived when a broker appended it; a topic that keeps its senders' times tells nothing
    of that: then `now`, ms."""
    kind, at = message.timestamp()
    appended_at = min(at, now) if kind == TIMESTAMP_LOG_APPEND_TIME and at > 0 else now
    return raw(message.offset() or 0, message.value(), message.headers(), appended_at)


def _time(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(LATEST_MS)) else -1


def tick_in(data: bytes) -> int | None:
    """The time that `{"tick": t}` brings, ms; None for any other record."""
    if not data.startswith(b'{"tick"'):
        return None
    try:
        tick = msgspec.json.decode(data, type=BandTick).tick
    except msgspec.MsgspecError:
        return None
    return tick if 0 < tick < LATEST_MS else None


def texts(headers: Told | None) -> dict[str, str]:
    """Headers by name; of several of one name the last."""
    return {name: _text(text) for name, text in (headers.items() if isinstance(headers, Mapping) else headers or ())}


def _text(value: bytes | str | None) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value or ""


def written(record: Record, clock: ClockKind) -> tuple[bytes, Headers]:
    """The bytes and headers of a record of a city's log."""
    return encode(record), [(KIND, kind_of(record)), (CLOCK, clock)]


def read(value: bytes) -> Record:
    """The record in `value`. Raises msgspec.MsgspecError where it is none, or of a format to come."""
    return decode(value)


def judged_by_us(value: bytes | None, told: Mapping[str, str]) -> tuple[Record, ClockKind] | None:
    """The record of a log in `value`, whose headers are `told`, and its clock; None where a stranger wrote it.

    Raises msgspec.MsgspecError where it is ours and of a format to come: an older worker must not pass it over.
    """
    try:
        record = read(value or b"")
    except msgspec.MsgspecError:
        if KIND in told:
            raise
        return None
    return record, "wall" if told.get(CLOCK) == "wall" else "stream"
