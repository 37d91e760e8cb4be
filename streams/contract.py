"""The contract: what an event is when it reaches Tocsin. Closed: what it does not name, it does not take."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec

from streams.refusals import Reason, Refused

RECORD_BYTES: Final = 65_536
"""A record longer than this is refused as `too_large`."""
DEPTH: Final = 16
"""Objects and lists nested deeper than this are refused as `too_deep`."""
STAGES: Final = ("filed", "accepted", "returned", "replied", "closed")
"""The stages that every feed may use; a feed file may name others."""
LARGEST_COUNT: Final = 1_000_000
LARGEST_REVISION: Final = 10**13
"""Room for a time in ms up to the year 2286, and none for the longer numbers that name people."""

Kind = Literal["incident", "petition"]

_decode: Final = msgspec.json.Decoder().decode
_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
"""A whole string (its brackets do not nest), or a bracket."""


class Location(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A point, WGS 84 degrees. Used to find the area, then forgotten."""

    lat: Annotated[float, msgspec.Meta(ge=-90, le=90, description="Latitude, degrees.")]
    lon: Annotated[float, msgspec.Meta(ge=-180, le=180, description="Longitude, degrees.")]


def _text(longest: int, says: str) -> msgspec.Meta:
    return msgspec.Meta(min_length=1, max_length=longest, description=says)


def _time(says: str) -> msgspec.Meta:
    return msgspec.Meta(max_length=40, description=says, extra_json_schema={"format": "date-time"})


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something happened in an area. It names no person, and nothing in it is keyed by one."""

    id: Annotated[str, _text(200, "Names the event within its source. Hashed at once; never a person's number.")]
    source: Annotated[str, _text(120, "The system that reports. Part of the identity, hashed with the id.")]
    kind: Annotated[Kind, msgspec.Meta(description="An incident, or a petition of a citizen.")]
    category: Annotated[str, _text(120, "Code of a node of the city's category tree.")]
    occurred_at: Annotated[str, _time("When it happened: RFC 3339 with `T`, seconds and an offset.")]
    area: Annotated[str, _text(120, "Code of a node of the area tree; else give `location`.")] | None = None
    location: Location | None = None
    severity: Annotated[int, msgspec.Meta(ge=1, le=4, description="1 is mild, 4 is grave.")] | None = None
    count: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_COUNT, description="How many; 0 in a revision cancels.")] = 1
    stage: Annotated[str, _text(40, "Stage of a matter, such as filed or closed; each stage is an event.")] = "filed"
    revision: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_REVISION, description="The higher replaces the lower.")] = 0
    matter: Annotated[str, _text(200, "A case number that may recur. Hashed at once.")] | None = None
    place: Annotated[str, _text(500, "Address or coordinates, to count one place once. Hashed at once.")] | None = None
    office: Annotated[str, _text(120, "The office that owes an answer; never a person.")] | None = None
    due_at: Annotated[str, _time("When the answer is due: RFC 3339 with an offset.")] | None = None
    exercise: Annotated[bool, msgspec.Meta(description="Of a drill: told as one, and counted nowhere.")] = False


FIELDS: Final = tuple(Event.__struct_fields__)
_REQUIRED: Final = ("id", "source", "kind", "category", "occurred_at")


def schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of an event, as `tocsin contract` prints it."""
    found = msgspec.json.schema(Event)
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found["title"] = "Tocsin event"
    return found


def decode_record(data: bytes) -> Any:
    """The JSON value in `data`. Raises Refused: too_large, not_utf8, malformed, too_deep, duplicate_key."""
    if len(data) > RECORD_BYTES:
        raise Refused(Reason.TOO_LARGE)
    return decode_json(data)


def decode_json(data: bytes) -> Any:
    """The JSON value in `data`, of any length. Raises Refused: not_utf8, malformed, too_deep, duplicate_key."""
    if _is_deep(data):
        raise Refused(Reason.TOO_DEEP)
    try:
        value = _decode(data)
    except msgspec.DecodeError:
        raise Refused(why_unreadable(data)) from None
    except UnicodeDecodeError:
        raise Refused(Reason.NOT_UTF8) from None
    except RecursionError:
        raise Refused(Reason.TOO_DEEP) from None
    if not surely_unique(data, value):
        _refuse_duplicates(data)
    return value


def decode_records(datas: Sequence[bytes]) -> list[Any] | None:
    """The JSON objects of many records, each as `decode_record` reads it; None where one of them, or more, is at fault
    or no object. One look at all of them proves what otherwise takes one look each."""
    whole = b"\n".join(datas)
    opened = whole.count(b"{") + whole.count(b"[")
    if max(map(len, datas), default=0) > RECORD_BYTES or (opened > len(datas) and any(map(_is_deep, datas))):
        return None
    try:
        values = list(map(_decode, datas))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not set(map(type, values)) <= {dict}:
        return None
    flat = opened == len(datas)  # an object each, so nothing lies inside of them
    if not _surely_unique(whole, sum(map(len, values)) if flat else _keys(values)):
        try:
            for data, value in zip(datas, values, strict=True):
                if not surely_unique(data, value):
                    _refuse_duplicates(data)
        except Refused:
            return None
    return values


def events_of(values: Sequence[Any]) -> list[Event] | None:
    """The events in decoded JSON objects; None where one of them, or more, is none: see `event_of`."""
    try:
        return msgspec.convert(values, list[Event])
    except msgspec.ValidationError:
        return None


def event_of(value: Any) -> Event:
    """The event in a decoded JSON value. Raises Refused with the field: unknown_field, missing_field, bad_value."""
    if not isinstance(value, dict):
        raise Refused(Reason.MALFORMED)
    try:
        return msgspec.convert(value, Event)
    except msgspec.ValidationError as fault:
        raise _explained(value, str(fault)) from None


def decode_event(data: bytes) -> Event:
    """The event in JSON bytes. Raises Refused."""
    return event_of(decode_record(data))


def _explained(value: dict[str, Any], message: str) -> Refused:
    for place, name in enumerate(value, start=1):
        if name not in FIELDS:
            return Refused(Reason.UNKNOWN_FIELD, f"#{place}")
    for name in _REQUIRED:
        if name not in value:
            return Refused(Reason.MISSING_FIELD, name)
    location = value.get("location")
    if isinstance(location, dict) and not set(location) <= {"lat", "lon"}:
        return Refused(Reason.UNKNOWN_FIELD, "location")
    for name in FIELDS:
        if f"`$.{name}" in message:
            too_long = isinstance(value[name], str) and "length <=" in message
            return Refused(Reason.TOO_LARGE if too_long else Reason.BAD_VALUE, name)
    return Refused(Reason.BAD_VALUE)


def why_unreadable(data: bytes) -> Reason:
    """Why bytes are no JSON: not UTF-8, or malformed."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return Reason.NOT_UTF8
    return Reason.MALFORMED


def surely_unique(data: bytes, value: Any) -> bool:
    """Cheap proof that no key came twice: as many `":` in the bytes as keys in the value, none of them spaced.

    A text that holds `":` breaks the count and leaves the answer to the slow way, which is exact.
    """
    return _surely_unique(data, _keys(value))


def _surely_unique(data: bytes, keys: int) -> bool:
    if data.count(b" :") or data.count(b"\t:") or data.count(b"\n:") or data.count(b"\r:"):
        return False
    return data.count(b'":') == keys


def _keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_keys(inner) for inner in value.values() if isinstance(inner, dict | list))
    if isinstance(value, list):
        return sum(_keys(inner) for inner in value if isinstance(inner, dict | list))
    return 0


def _refuse_duplicates(data: bytes) -> None:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            raise Refused(Reason.DUPLICATE_KEY)
        return found

    try:
        json.loads(data, object_pairs_hook=unique)
    except ValueError:
        raise Refused(Reason.MALFORMED) from None


def _is_deep(data: bytes) -> bool:
    """Whether brackets outside of strings are nested deeper than DEPTH."""
    if data.count(b"{") + data.count(b"[") <= DEPTH:
        return False
    depth = 0
    for found in _BRACKETS.finditer(data):
        mark = found[0]
        if mark in (b"{", b"["):
            depth += 1
            if depth > DEPTH:
                return True
        elif mark in (b"}", b"]"):
            depth -= 1
    return False
