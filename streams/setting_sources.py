"""Where settings come from beside the environment: files that `TOCSIN_..._FILE` names, and the secrets folder.

Every mistake is found, none is raised, and none holds a value: what is wrong with a secret may be most of the secret.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from streams.messages import SpokenError

PREFIX: Final = "TOCSIN_"
SECRETS_FOLDER: Final = "TOCSIN_SECRETS"
"""Names the folder of mounted secret files, such as `tocsin_token`. Must exist when it is named."""
BY_FILE: Final = "_FILE"
LARGEST_BYTES: Final = 65_536
"""Of a file with one value: a path that leads elsewhere is told, not read."""
AS_CLOSE: Final = 0.8
"""How like a setting's name an unknown one must be to be taken for a slip; others are somebody else's."""
OTHERS: Final = ("SECRET_", "TEST_")
"""Prefixes of names that are no settings: secrets that desks.yaml names, and what only tests read."""

SAID_OF: Final[Mapping[str, tuple[str, str]]] = {
    "int_parsing": ("setting-whole", ""),
    "int_from_float": ("setting-whole", ""),
    "float_parsing": ("setting-number", ""),
    "greater_than_equal": ("setting-least", "ge"),
    "greater_than": ("setting-above", "gt"),
    "less_than_equal": ("setting-most", "le"),
    "literal_error": ("setting-choice", "expected"),
    "string_pattern_mismatch": ("setting-shape", ""),
}
"""Kind of a validation's error -> our message, and which of its context is its bound."""


class Unreadable(SpokenError):
    """A file of a setting that cannot be read."""


def variable(field: str) -> str:
    """The environment variable of a field of Settings."""
    return PREFIX + field.upper()


def from_files(fields: Collection[str], environ: Mapping[str, str]) -> tuple[dict[str, str], list[SpokenError]]:
    """Values of fields that lie in files, and what is wrong there. The environment's own values win over the folder."""
    found: dict[str, str] = {}
    wrong: list[SpokenError] = []
    folder = environ.get(SECRETS_FOLDER)
    if folder and not Path(folder).is_dir():
        wrong.append(SpokenError("secrets-missing", folder=folder))
        folder = None
    for field in fields:
        name = variable(field)
        named = environ.get(name + BY_FILE)
        mounted = Path(folder, name.lower()) if folder else None
        if named and name in environ:
            wrong.append(SpokenError("setting-twice", name=name))
            continue
        path = Path(named) if named else mounted
        if path is None or (not named and (name in environ or not path.exists())):
            continue
        try:
            found[field] = text_of(path, name + BY_FILE if named else name)
        except Unreadable as fault:
            wrong.append(fault)
    return found, wrong


def text_of(path: Path, name: str) -> str:
    """What stands in a file, without the line's end. Raises Unreadable."""
    try:
        with path.open("rb") as file:
            told = file.read(LARGEST_BYTES + 1)
        text = told.decode().strip()
    except OSError as fault:
        raise Unreadable("setting-file", name=name, path=path, why=fault.strerror) from None
    except ValueError:
        raise Unreadable("setting-file", name=name, path=path, why="UTF-8") from None
    if len(told) > LARGEST_BYTES:
        raise Unreadable("setting-file-large", name=name, path=path, most=LARGEST_BYTES)
    return text


def slips(fields: Collection[str], environ: Mapping[str, str]) -> Iterator[SpokenError]:
    """Variables that look like a setting and are none: a misspelt one would be passed over, a token among them."""
    known = {field.upper() for field in fields} | {"SECRETS"}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name.removeprefix(PREFIX).startswith(OTHERS):
            continue
        bare = name.removeprefix(PREFIX).removesuffix(BY_FILE)
        if bare not in known and (near := get_close_matches(bare, known, n=1, cutoff=AS_CLOSE)):
            yield SpokenError("setting-unknown", name=name, guess=PREFIX + near[0])


def faults_of(invalid: ValidationError) -> Iterator[SpokenError]:
    """What is wrong with each value, in words of ours."""
    for fault in invalid.errors(include_input=False, include_url=False):
        name = variable("_".join(str(step) for step in fault["loc"]))
        message, bound = SAID_OF.get(fault["type"], ("setting-wrong", ""))
        told: dict[str, Any] = {"why": fault["msg"]} if message == "setting-wrong" else {}
        if bound:
            told["bound"] = fault["ctx"][bound]
        yield SpokenError(message, name=name, **told)
