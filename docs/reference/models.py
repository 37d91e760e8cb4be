"""Tables of what people write, out of the pydantic models that read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, SecretStr
from pydantic.fields import FieldInfo

from docs.reference.markdown import cell, code, table
from streams.city.durations import written

PLAIN: Final = {
    "str": "text",
    "SecretStr": "secret text",
    "Path": "path",
    "bool": "true or false",
    "int": "whole number",
    "float": "number",
}
READ_AS: Final = {
    "milliseconds": "duration",
    "_length": "time to answer",
    "duration": "duration",
    "per_month": "rate",
    "_day": "day",
    "_hour": "HH:MM",
    "counts_of": "counts",
    "moment": "time of the case",
    "_rate": "rate of events",
    "_start": "local day or time",
}
"""What a value is for its writer, by the function that reads it."""


def fields(model: type[BaseModel]) -> str:
    """A table of a model's keys: type, default, meaning."""
    rows = ((code(_key(name, field)), *_columns(field)) for name, field in model.model_fields.items())
    return table(("key", "type", "default", "meaning"), rows)


def blocks(model: type[BaseModel], heading: str = "###") -> str:
    """The tables of a model and of every block inside it, each block under the keys that lead to it."""
    parts = [fields(model)]
    parts += [
        f"{heading} {', '.join(code(key) for key in keys)}\n\n{fields(inner)}"
        for inner, keys in _inner_blocks(model).items()
    ]
    return "\n".join(parts)


def type_words(kind: Any, metadata: tuple[Any, ...] = ()) -> str:
    """A type as a writer of YAML or of an environment sees it."""
    for mark in metadata:
        if isinstance(mark, BeforeValidator) and (word := READ_AS.get(getattr(mark.func, "__name__", ""))):
            return word
    origin, inner = get_origin(kind), get_args(kind)
    if origin is None:
        block = isinstance(kind, type) and issubclass(kind, BaseModel)
        return "block" if block else PLAIN.get(kind.__name__, kind.__name__)
    if origin is Annotated:
        return type_words(inner[0], inner[1:])
    match getattr(origin, "__name__", ""):
        case "Literal":
            return ", ".join(code(str(value).lower() if isinstance(value, bool) else value) for value in inner)
        case "Union" | "UnionType":
            return " or ".join(dict.fromkeys(type_words(part) for part in inner if part is not type(None)))
        case "dict":
            return f"map of {type_words(inner[0])} to {type_words(inner[1])}"
        case _:
            return f"list of {type_words(inner[0])}"


def default_words(field: FieldInfo) -> str:
    """What holds where the key is left out; nothing where that is nothing."""
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value == "" or isinstance(value, BaseModel):
        return ""
    if isinstance(value, dict):
        return code(", ".join(f"{key}: {_plain(one)}" for key, one in value.items()))
    if isinstance(value, list | tuple):
        return code(", ".join(map(str, value)))
    if "duration" in type_words(field.annotation, tuple(field.metadata)):
        return code(written(value) if value else "0s")
    return code(_plain(value))


def _plain(value: object) -> str:
    if isinstance(value, str) and value != value.strip():
        return json.dumps(value)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _columns(field: FieldInfo) -> tuple[str, str, str]:
    kind = type_words(field.annotation, tuple(field.metadata))
    return kind, default_words(field), cell(field.description or "")


def _key(name: str, field: FieldInfo) -> str:
    return field.alias or name


def _inner_blocks(model: type[BaseModel]) -> dict[type[BaseModel], list[str]]:
    """Each block inside `model`, with all the keys that lead to it; the outer ones first."""
    found: dict[type[BaseModel], list[str]] = {}
    waiting = [("", model)]
    while waiting:
        path, outer = waiting.pop(0)
        for name, field in outer.model_fields.items():
            key = f"{path}{_key(name, field)}"
            for inner in _models_in(field.annotation):
                if inner not in found:
                    waiting.append((f"{key}.", inner))
                found.setdefault(inner, []).append(key + _kind(inner))
    return found


def _kind(block: type[BaseModel]) -> str:
    """What tells a block from others that may stand in its place: its one `kind`, or `rule`."""
    field = block.model_fields.get("kind") or block.model_fields.get("rule")
    return f": {get_args(field.annotation)[0]}" if field is not None and get_origin(field.annotation) is Literal else ""


def _models_in(kind: Any) -> Iterator[type[BaseModel]]:
    if isinstance(kind, type) and get_origin(kind) is None and issubclass(kind, BaseModel):
        yield kind
    for inner in get_args(kind):
        yield from _models_in(inner)
