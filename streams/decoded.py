"""Raw records decoded: bytes into what the mapping takes. A batch in one go, where nothing is wrong with any of it.

What is proved of a record by itself (its size, its depth, that no key came twice) is then proved of all together. Where
that fails they are read one by one, each with its own fault: the answers are the same, only dearer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from streams import cloudevents
from streams.contract import decode_record, decode_records, event_of, events_of
from streams.feeds.connection import Feed
from streams.feeds.mapped import Faults
from streams.feeds.readers import Broken
from streams.feeds.records import flat
from streams.feeds.sheets import Sheet
from streams.refusals import Reason, Refused

Data = bytes | Mapping[str, object] | Broken
"""A record as it came: its bytes, or what a reader made of them."""


@dataclass(slots=True)
class Decoded:
    """A batch, one entry a record. `values`: what goes on, cells or an Event, None where there is none; `seen`: what a
    refusal keeps a sketch of; `faults`: the records that cannot be read."""

    values: list[Any] | Sheet
    seen: Callable[[int], Mapping[str, Any] | None]
    faults: Faults


def decoded(feed: Feed, datas: Sequence[Data] | Sheet) -> Decoded:
    """The records of one feed."""
    if isinstance(datas, Sheet):
        if feed.plan is not None and feed.file.format == "csv" and not cloudevents.is_envelope(datas.row(0)):
            return Decoded(datas, datas.row, {})
        datas = [datas.row(i) for i in range(len(datas))]
    return _together(feed, datas) or _one_by_one(feed, datas)


def came(data: Data) -> bytes:
    """The bytes of a record, for its length and digest."""
    if isinstance(data, bytes):
        return data
    if isinstance(data, Broken):
        return data.data
    return msgspec.json.encode(data)


def _together(feed: Feed, datas: Sequence[Data]) -> Decoded | None:
    """All of them, plain records without a fault; None where that is not so."""
    kinds = set(map(type, datas))
    if kinds == {bytes}:
        values = decode_records(datas)  # type: ignore[arg-type]  # looked at one line above
    elif kinds == {dict}:
        values = list(datas)
    else:
        return None
    if values is None or any(map(cloudevents.is_envelope, values)):
        return None
    if feed.plan is None:
        events = events_of(values)
        return None if events is None else Decoded(events, values.__getitem__, {})
    if feed.file.format != "csv":
        values = [flat(value, feed.drop) for value in values]
    return Decoded(values, values.__getitem__, {})


def _one_by_one(feed: Feed, datas: Sequence[Data]) -> Decoded:
    seen: list[Mapping[str, Any] | None] = [None] * len(datas)
    values: list[Any] = [None] * len(datas)
    faults: Faults = {}
    for i, data in enumerate(datas):
        try:
            values[i] = _read(feed, data, seen, i)
        except Refused as refused:
            faults[i] = (refused.reason, refused.field)
    return Decoded(values, seen.__getitem__, faults)


def _read(feed: Feed, data: Data, seen: list[Mapping[str, Any] | None], i: int) -> Any:
    """One record; what is seen of it is noted before it is judged. Raises Refused."""
    if isinstance(data, Broken):
        raise Refused(data.reason, data.field)
    value = decode_record(data) if isinstance(data, bytes) else data
    if not isinstance(value, Mapping):
        raise Refused(Reason.MALFORMED)
    if cloudevents.is_envelope(value):
        value = cloudevents.unwrap(value, filled=feed.plan is None)
    seen[i] = value
    if feed.plan is None:
        return event_of(value)
    if feed.file.format != "csv":
        seen[i] = value = flat(value, feed.drop)
    return value
