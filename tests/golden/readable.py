"""What golden files say, as JSON that a person can read and a change of one value can be seen in."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np

from rules import book as books
from rules.records import Frame, Given, Record, decode
from rules.signals import Signal
from rules.snapshots import unpacked


def of_file(kind: str, data: bytes) -> object:
    """A record, a signal, a book, or a row of an engine's memory."""
    if kind == "state":
        return of_value(unpacked(data))
    if kind == "signal":
        return of_value(msgspec.json.decode(data, type=Signal))
    return of_value(books.decode(data)) if kind == "book" else record(decode(data))


def record(value: Record) -> dict[str, Any]:
    said: dict[str, Any] = {"kind": type(value).__name__}
    for name in value.__struct_fields__:
        if not isinstance(value, Given) or name not in Given.__struct_fields__ or getattr(value, name):
            said[name] = of_value(getattr(value, name))
    if isinstance(value, Frame):
        said["rows"] = [dict(zip(value.rows.dtype.names or (), row.tolist(), strict=True)) for row in value.rows]
    return said


def of_value(value: object) -> Any:
    """Anything that is kept, in words: what JSON has no form for says what it is."""
    if isinstance(value, np.ndarray):
        return {"array": value.dtype.str if value.dtype.names is None else value.dtype.descr, "is": value.tolist()}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, msgspec.Struct):
        held = {name: getattr(value, name) for name in value.__struct_fields__}
        said = {name: of_value(one) for name, one in held.items() if one is not msgspec.UNSET}
        return {type(value).__name__: said}
    if dataclasses.is_dataclass(value):
        fields = [field.name for field in dataclasses.fields(value)]
        return {type(value).__name__: {name: of_value(getattr(value, name)) for name in fields}}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value):
            return {key: of_value(held) for key, held in value.items()}
        return {"map": [[of_value(key), of_value(held)] for key, held in value.items()]}
    if isinstance(value, set | frozenset):
        return {"set": sorted(of_value(held) for held in value)}
    return [of_value(held) for held in value] if isinstance(value, list | tuple) else value


def json_of(said: object) -> str:
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"
