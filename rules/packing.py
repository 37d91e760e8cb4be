"""Plain bytes for the engine's memory: a closed set of types, nothing that runs when it is read.

Whole numbers lie in the smallest type that holds them: an array as its least value and what each is more than that,
a long list as its first value and the steps from one to the next. What is all alike takes no room.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

Registry = Mapping[str, type[Any]]
"""Name -> dataclass, Struct or class whose `__dict__` is its state. Only these are read back."""

_LONG: Final = 32
"""Lists of whole numbers from here on are packed as an array."""
_COLLECTIONS: Final[Mapping[str, type[Any]]] = {"l": list, "t": tuple, "s": set, "f": frozenset}
_UNSIGNED: Final = tuple(np.dtype(code) for code in ("<u1", "<u2", "<u4", "<u8"))


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
    if value is msgspec.UNSET:
        return ["u"]
    if isinstance(value, np.generic):
        return _flat(value.item(), names)
    if isinstance(value, int):
        return value if -(2**63) <= value < 2**64 else ["i", str(value)]
    if isinstance(value, np.ndarray):
        return _flat_array(value)
    kind = type(value)
    if kind in names:
        return ["c", names[kind], [_flat(v, names) for v in _state(value)]]
    if isinstance(value, list):
        return _flat_numbers(value) or ["l", [_flat(v, names) for v in value]]
    if isinstance(value, tuple):
        return ["t", [_flat(v, names) for v in value]]
    if isinstance(value, set | frozenset):
        return ["s" if isinstance(value, set) else "f", [_flat(v, names) for v in sorted(value)]]
    if isinstance(value, dict):
        return ["d", [[_flat(k, names), _flat(v, names)] for k, v in value.items()]]
    raise ValueError(f"cannot pack a {kind.__name__}")


def _flat_array(value: NDArray[Any]) -> object:
    if value.dtype.names is not None:
        return ["r", value.dtype.descr, len(value), [_flat_array(value[name]) for name in value.dtype.names]]
    if value.dtype.kind not in "iu" or not value.size:
        return ["a", value.dtype.str, list(value.shape), value.tobytes()]
    least, most = int(value.min()), int(value.max())
    small = next(kind for kind in _UNSIGNED if most - least <= np.iinfo(kind).max)
    above = (value - value.dtype.type(least)).astype(small) if most > least else np.zeros(0, small)
    return ["n", value.dtype.str, list(value.shape), least, small.str, above.tobytes()]


def _flat_numbers(value: list[object]) -> object:
    """A long list of nothing but whole numbers, else None."""
    if len(value) < _LONG or not all(type(v) is int and -(2**62) < v < 2**62 for v in value):
        return None
    numbers = np.array(value, np.int64)
    return ["m", int(numbers[0]), _flat_array(np.diff(numbers))]


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
        case "u":
            return msgspec.UNSET
        case "a" | "n" | "r":
            return _full_array(tag, *rest)
        case "m":
            first, steps = rest
            return np.cumsum(np.concatenate([[first], _full_array(*steps)]), dtype=np.int64).tolist()
        case "c":
            if rest[0] not in registry:
                raise ValueError(f"a snapshot holds an unknown kind of record: {rest[0]!r}")
            return _full_record(registry[rest[0]], [_full(v, registry) for v in rest[1]])
        case "l" | "t" | "s" | "f":
            return _COLLECTIONS[tag](_full(v, registry) for v in rest[0])
        case "d":
            return {_full(k, registry): _full(v, registry) for k, v in rest[0]}
    raise ValueError(f"a snapshot holds an unknown tag: {tag!r}")


def _full_record(kind: type[Any], values: list[Any]) -> Any:
    """A record; fields that are younger than what was packed have their defaults."""
    fields = fields_of(kind)
    if len(values) > len(fields):
        raise ValueError(f"a {kind.__name__} with more fields than are known")
    return kind(**dict(zip(fields, values, strict=False)))


def _full_array(tag: str, *rest: Any) -> NDArray[Any]:
    if tag == "a":
        kind, shape, data = rest
        return np.frombuffer(data, np.dtype(kind)).reshape(shape).copy()
    if tag == "r":
        fields, length, columns = rest
        rows = np.empty(length, [(name, code) for name, code in fields])
        for (name, _), column in zip(fields, columns, strict=True):
            rows[name] = _full_array(*column)
        return rows
    kind, shape, least, small, data = rest
    full = np.dtype(kind)
    if not data:
        return np.full(shape, least, full)
    found: NDArray[Any] = np.frombuffer(data, np.dtype(small)).astype(full).reshape(shape)
    found += full.type(least)
    return found
