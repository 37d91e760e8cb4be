"""Plain bytes for the engine's memory: a closed set of types, nothing that runs when it is read."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np

_PLAIN: Final = (type(None), bool, int, float, str, bytes)

Registry = Mapping[str, type[Any]]
"""Name -> dataclass, Struct or class whose `__dict__` is its state. Only these are read back."""


def pack(value: object, registry: Registry) -> bytes:
    """The bytes of a value made of plain types, lists, tuples, dicts, sets, arrays and registered classes."""
    names = {kind: name for name, kind in registry.items()}
    return msgspec.msgpack.encode(_flat(value, names))


def unpack(data: bytes, registry: Registry) -> Any:
    """The value that `pack` was given. Raises ValueError on a type that is not registered."""
    return _full(msgspec.msgpack.decode(data, strict=False), registry)


def _flat(value: object, names: Mapping[type, str]) -> object:
    if isinstance(value, bool | str | bytes | float) or value is None:
        return value
    if isinstance(value, np.generic):
        return _flat(value.item(), names)
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else ["i", str(value)]
    if isinstance(value, np.ndarray):
        return ["a", value.dtype.str, list(value.shape), value.tobytes()]
    kind = type(value)
    if kind in names:
        return ["c", names[kind], [_flat(v, names) for v in _state(value)]]
    if isinstance(value, list):
        return ["l", [_flat(v, names) for v in value]]
    if isinstance(value, tuple):
        return ["t", [_flat(v, names) for v in value]]
    if isinstance(value, set | frozenset):
        return ["s" if isinstance(value, set) else "f", [_flat(v, names) for v in sorted(value)]]
    if isinstance(value, dict):
        return ["d", [[_flat(k, names), _flat(v, names)] for k, v in value.items()]]
    raise ValueError(f"cannot pack a {kind.__name__}")


def _state(value: Any) -> list[object]:
    return [getattr(value, name) for name in fields_of(type(value))]


def fields_of(kind: type[Any]) -> tuple[str, ...]:
    """The fields that make up an instance, in order."""
    if dataclasses.is_dataclass(kind):
        return tuple(field.name for field in dataclasses.fields(kind))
    fields: tuple[str, ...] = kind.__struct_fields__
    return fields


def _full(value: Any, registry: Registry) -> Any:
    if not isinstance(value, list):
        return value
    tag, *rest = value
    match tag:
        case "i":
            return int(rest[0])
        case "a":
            return np.frombuffer(rest[2], dtype=np.dtype(rest[0])).reshape(rest[1]).copy()
        case "c":
            if rest[0] not in registry:
                raise ValueError(f"a snapshot holds an unknown kind of record: {rest[0]!r}")
            kind = registry[rest[0]]
            return kind(**dict(zip(fields_of(kind), (_full(v, registry) for v in rest[1]), strict=True)))
        case "l":
            return [_full(v, registry) for v in rest[0]]
        case "t":
            return tuple(_full(v, registry) for v in rest[0])
        case "s":
            return {_full(v, registry) for v in rest[0]}
        case "f":
            return frozenset(_full(v, registry) for v in rest[0])
        case "d":
            return {_full(k, registry): _full(v, registry) for k, v in rest[0]}
    raise ValueError(f"a snapshot holds an unknown tag: {tag!r}")
