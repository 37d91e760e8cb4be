"""A document against its pydantic model: every error joined to its line and column, unknown keys with a guess."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Final, TypeVar, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from streams.city.yaml import DEEPEST, Document, Path, Step
from streams.problems import TEXTS, Problems, guess

M = TypeVar("M", bound=BaseModel)

CODE: Final = r"[A-Za-z0-9]+([._-][A-Za-z0-9]+)*"
LONGEST_CODE: Final = 64
SURELY_MEANT: Final = 0.75
"""How like a known key an unknown one must be (difflib's ratio) to be read as it."""

Text = Annotated[StrictStr, StringConstraints(min_length=1, max_length=1000)]


def matching(pattern: str, message: str) -> Callable[[str], str]:
    """A validator of texts that say `message` where the whole of them does not fit `pattern`."""
    fits = re.compile(pattern)

    def check(value: str) -> str:
        if not fits.fullmatch(value):
            raise PydanticCustomError(message, "not of this form", {"value": value})
        return value

    return check


def is_code(text: str) -> bool:
    """Whether areas, categories, feeds, rules and desks may be called so."""
    return len(text) <= LONGEST_CODE and re.fullmatch(CODE, text) is not None


def _code(value: str) -> str:
    if not is_code(value):
        raise PydanticCustomError("code-unreadable", "no code", {"code": value})
    return value


Code = Annotated[
    Text,
    AfterValidator(_code),
    WithJsonSchema({"type": "string", "pattern": f"^{CODE}$", "maxLength": LONGEST_CODE}),
]
Names = dict[Text, Text]
"""Language tag -> name."""
Whole = Annotated[StrictInt, Field(ge=0)]
Switch = StrictBool


class Form(BaseModel):
    """What people write: closed, frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    elsewhere: ClassVar[Mapping[str, str]] = {}
    """Keys that people write here and that have another place or another name -> that place."""


_TYPES: Final = {
    "string_type": "want-text",
    "int_type": "want-whole-number",
    "int_from_float": "want-whole-number",
    "int_parsing": "want-whole-number",
    "float_type": "want-number",
    "float_parsing": "want-number",
    "finite_number": "want-number",
    "bool_type": "want-switch",
    "bool_parsing": "want-switch",
    "list_type": "want-list",
    "tuple_type": "want-list",
    "set_type": "want-list",
    "frozen_set_type": "want-list",
    "dict_type": "want-mapping",
    "model_type": "want-mapping",
    "model_attributes_type": "want-mapping",
}
_BOUNDS: Final = {
    "greater_than": ("gt", ">"),
    "greater_than_equal": ("ge", "≥"),
    "less_than": ("lt", "<"),
    "less_than_equal": ("le", "≤"),
}
_LENGTHS: Final = {
    "string_too_short": "min_length",
    "string_too_long": "max_length",
}
_NUMBERS: Final = {"too_short": ("too-few-values", "min_length"), "too_long": ("too-many-values", "max_length")}


def checked(document: Document, model: type[M], problems: Problems) -> M | None:
    """The model made from the document, or None after saying everything that is wrong with it.

    A key that nobody knows is said; then it is read as the one that was probably meant, or left out, so that the rest
    of the file is still checked, and so is what it holds.
    """
    for _ in range(DEEPEST):
        try:
            return model.model_validate(document.value)
        except ValidationError as fault:
            told = fault.errors(include_url=False)
            errors = [error for error in told if not _beside(error, told)]
        meant = {
            path: _meant(path[-1], _known_keys(model, error["loc"][:-1]))
            for error in errors
            if error["type"] == "extra_forbidden" and (path := _known_path(document, error["loc"]))
        }
        written = {(*path[:-1], key) for path, key in meant.items()}
        for error in errors:
            if error["type"] != "missing" or _known_path(document, error["loc"]) + error["loc"][-1:] not in written:
                _say(document, model, error, problems)
        if not meant:
            break
        document.read_as(meant)
    return None


def _beside(error: ErrorDetails, errors: Sequence[ErrorDetails]) -> bool:
    """Whether a block was written where a word might stand: what is wrong inside the block is what matters."""
    if error["type"] != "literal_error" or not isinstance(error["input"], dict):
        return False
    holder = error["loc"][:-1]
    return any(other is not error and other["loc"][: len(holder)] == holder for other in errors)


def _elsewhere(form: type[BaseModel]) -> Mapping[str, str]:
    return form.elsewhere if issubclass(form, Form) else {}


def _meant(key: Step, known: list[str]) -> str:
    return next(iter(get_close_matches(str(key), known, n=1, cutoff=SURELY_MEANT)), "")


def _say(document: Document, model: type[BaseModel], error: ErrorDetails, problems: Problems) -> None:
    path = _known_path(document, error["loc"])
    kind, context = error["type"], dict(error.get("ctx") or {})
    name = str(error["loc"][-1]) if error["loc"] else document.file
    file = document.file
    place = document.key_place(path) if name == "[key]" else document.place(path)
    key = ".".join(str(step) for step in path) or file
    if kind == "missing":
        problems.say(file, place, "key-missing", key=name)
    elif kind == "extra_forbidden":
        forms = _forms_at(model, error["loc"][:-1])
        there = next((_elsewhere(form)[name] for form in forms if name in _elsewhere(form)), "")
        meant = there or guess(name, _known_keys(model, error["loc"][:-1]))
        problems.say(file, document.key_place(path), "key-elsewhere" if there else "key-unknown", key=name, guess=meant)
    elif kind in TEXTS:
        problems.say(file, place, kind, **context)
    elif kind in _TYPES:
        problems.say(file, place, _TYPES[kind], value=_shown(error["input"]), key=key)
    elif kind in _BOUNDS:
        bound, sign = _BOUNDS[kind]
        problems.say(file, place, "out-of-bounds", value=error["input"], bound=f"{sign} {context[bound]}")
    elif kind in _NUMBERS:
        message, limit = _NUMBERS[kind]
        problems.say(file, place, message, key=key, bound=context[limit])
    elif kind in _LENGTHS:
        limit = context[_LENGTHS[kind]]
        problems.say(file, place, "wrong-length", key=key, bound=f"{'≥' if 'short' in kind else '≤'} {limit}")
    elif kind in ("literal_error", "enum"):
        known = context["expected"].replace("'", "").replace(" or ", ", ")
        problems.say(file, place, "not-one-of", value=_shown(error["input"]), known=known)
    elif kind == "union_tag_invalid":
        known, told = context["expected_tags"].replace("'", ""), context["discriminator"].strip("'")
        problems.say(file, document.place((*path, told)), "not-one-of", value=context["tag"], known=known)
    elif kind == "union_tag_not_found":
        problems.say(file, place, "key-missing", key=context["discriminator"].strip("'"))
    else:
        problems.say(file, place, "refused", key=key, why=_reason(error))


def _known_path(document: Document, loc: tuple[int | str, ...]) -> Path:
    """The part of an error's location that the document knows; labels of unions are stepped over."""
    path: Path = ()
    for step in loc:
        if (*path, step) in document.values:
            path = (*path, step)
    return path


def _shown(value: Any) -> str:
    return "[…]" if isinstance(value, list) else "{…}" if isinstance(value, dict) else str(value)


def _reason(error: ErrorDetails) -> str:
    return error["msg"].removeprefix("Value error, ")


def _known_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that may stand at `loc`."""
    return [field.alias or name for form in _forms_at(model, loc) for name, field in form.model_fields.items()]


def _forms_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[type[BaseModel]]:
    """The models that may stand at `loc`, found by walking the annotations."""
    forms = [model]
    for step in loc:
        deeper: list[type[BaseModel]] = []
        for form in forms:
            field = next((f for name, f in form.model_fields.items() if (f.alias or name) == step), None)
            if field is not None:
                deeper.extend(_models_in(field.annotation))
        forms = deeper or forms  # an index, a key of a mapping, a union's label: the same forms
    return forms


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and get_origin(annotation) is None:
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)
