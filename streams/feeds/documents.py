"""A JSON document into its records: the list, or lists, that the feed's file names, and what stands above them.

Each record is cut out as it was written and judged by itself, so that one which is too deep, too large or names a key
twice costs none of the others. What is wrong with the document around them refuses it as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from streams.contract import decode_record, surely_unique, why_unreadable
from streams.feeds.blocks import Json
from streams.refusals import Reason, Refused

_SPACE: Final = b" \t\r\n"


class Cut(NamedTuple):
    """A record as it was written, or with what stands above it; `fault`: why it cannot be read."""

    data: bytes
    value: Mapping[str, object] | None = None
    fault: Refused | None = None


def records_in_document(data: bytes, shape: Json) -> Iterator[Cut]:
    """The records of a document, in order. Raises Refused where the document as a whole cannot be read."""
    _check(data, shape)
    steps = tuple(shape.records.split(".")) if shape.records else ()
    above = {name: tuple(path.split(".")) for name, path in shape.above.items()}
    if not _leads(data, steps):
        raise Refused(Reason.MALFORMED)
    yield from _cut(data, steps, above, {})


def _check(data: bytes, shape: Json) -> None:
    """Raises Refused where the document is no JSON, or names a key twice outside of its records."""
    try:
        value = msgspec.json.decode(data)
    except msgspec.DecodeError:
        raise Refused(why_unreadable(data)) from None
    except UnicodeDecodeError:
        raise Refused(Reason.NOT_UTF8) from None
    except RecursionError:
        raise Refused(Reason.TOO_DEEP) from None
    if not surely_unique(data, value):
        told = json.loads(data, object_pairs_hook=_marked)
        if _twice_around(told, shape.records.split(".") if shape.records else []):
            raise Refused(Reason.DUPLICATE_KEY)


class _Twice(dict[str, Any]):
    """An object that named a key twice."""


def _marked(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    plain = dict(pairs)
    return plain if len(plain) == len(pairs) else _Twice(plain)


def _twice_around(value: Any, steps: list[str]) -> bool:
    """Whether an object names a key twice, the records at the end of `steps` left out."""
    if isinstance(value, list):
        return bool(steps) and any(_twice_around(item, steps) for item in value)
    if not isinstance(value, dict) or not steps:
        return False
    rest = (inner for key, inner in value.items() if key != steps[0])
    return isinstance(value, _Twice) or _twice_around(value.get(steps[0]), steps[1:]) or any(map(_twice_in, rest))


def _twice_in(value: Any) -> bool:
    if isinstance(value, dict):
        return isinstance(value, _Twice) or any(map(_twice_in, value.values()))
    return isinstance(value, list) and any(map(_twice_in, value))


def _leads(data: bytes, steps: tuple[str, ...]) -> bool:
    """Whether the path leads to records, at least up to the first list; in a list each item answers for itself."""
    for step in steps:
        if _first(data) == b"[":
            return True
        if _first(data) != b"{":
            return False
        inner = msgspec.json.decode(data, type=dict[str, msgspec.Raw]).get(step)
        if inner is None:
            return False
        data = bytes(inner)
    return _first(data) in (b"[", b"{")


def _cut(
    data: bytes, steps: tuple[str, ...], above: Mapping[str, tuple[str, ...]], found: Mapping[str, object]
) -> Iterator[Cut]:
    """Records below `data`. `above`: name -> path from here; `found`: what was met on the way."""
    first = _first(data)
    if first == b"[":
        for item in msgspec.json.decode(data, type=list[msgspec.Raw]):
            if steps:
                yield from _cut(bytes(item), steps, above, found)
            else:
                yield _record(bytes(item), found)
    elif not steps:
        yield _record(data, found)
    elif first == b"{":
        inside = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        met = dict(found)
        further = {}
        for name, path in above.items():
            if path[0] == steps[0] and len(path) > 1:
                further[name] = path[1:]
            elif path[0] in inside:
                met[name] = _value(msgspec.json.decode(inside[path[0]]), path[1:])
        inner = bytes(inside[steps[0]]) if steps[0] in inside else b""
        if _first(inner) in (b"[", b"{"):
            yield from _cut(inner, steps[1:], further, met)
        else:
            yield Cut(data, fault=Refused(Reason.MALFORMED))
    else:
        yield Cut(data, fault=Refused(Reason.MALFORMED))


def _record(data: bytes, found: Mapping[str, object]) -> Cut:
    if not found:
        return Cut(data)
    try:
        value = decode_record(data)
    except Refused as refused:
        return Cut(data, fault=refused)
    if not isinstance(value, dict):
        return Cut(data, fault=Refused(Reason.MALFORMED))
    if not found.keys().isdisjoint(value):
        return Cut(data, fault=Refused(Reason.DUPLICATE_KEY))
    return Cut(data, {**value, **found})


def _value(value: Any, path: tuple[str, ...]) -> object:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _first(data: bytes) -> bytes:
    return data.lstrip(_SPACE)[:1]
