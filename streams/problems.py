"""Problems: mistakes by people, each with its place, what is so, and what to do.

A problem is a value: all of them are collected, none is raised, and a person never sees a traceback.
The texts lie as data in `problem_texts.toml`, in every language of the house.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.resources import files
from typing import Final, NamedTuple

LANGUAGES: Final = ("en", "zh-CN")
TEXTS: Final[Mapping[str, Mapping[str, str]]] = tomllib.loads(
    files("streams").joinpath("problem_texts.toml").read_text(encoding="utf-8")
)
"""Message -> language -> text with {values}."""

LONGEST_VALUE: Final = 120
"""A value shown in a message is cut at this many characters."""


class Place(NamedTuple):
    """Where in a file; both count from 1, columns in characters."""

    line: int
    column: int


START: Final = Place(1, 1)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake. `file` is relative to the city's folder, `message` a key of TEXTS, `values` fill its text."""

    file: str
    line: int
    column: int
    message: str
    values: Mapping[str, str] = field(default_factory=dict, compare=False)

    def text(self, language: str = "en") -> str:
        """What is so: what to do. Unknown languages read English."""
        return words(self.message, self.values, language)

    def render(self, language: str = "en") -> str:
        """`file:line:column: what is so: what to do`."""
        return f"{self.file}:{self.line}:{self.column}: {self.text(language)}"


def words(message: str, values: Mapping[str, object], language: str) -> str:
    """The text of a message, filled in. Raises KeyError for a message or a value that is not there."""
    texts = TEXTS[message]
    return texts.get(language, texts["en"]).format_map(values)


class Problems:
    """Collects what is wrong with a folder while it is read."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, int, str, str], Problem] = {}

    def say(self, file: str, place: Place, message: str, /, **values: object) -> None:
        """Note a problem; the same one at the same place is noted once."""
        shown = {name: visible(value) for name, value in values.items()}
        problem = Problem(file, place.line, place.column, message, shown)
        self._found.setdefault((file, place.line, place.column, message, problem.text()), problem)

    def __len__(self) -> int:
        return len(self._found)

    def all(self) -> tuple[Problem, ...]:
        """In reading order: by file, line, column."""
        return tuple(sorted(self._found.values()))


def visible(value: object) -> str:
    """A value as a message may show it: one line, cut, nothing hidden in it."""
    text = ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)
    shown = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text[: LONGEST_VALUE + 1])
    return shown if len(shown) <= LONGEST_VALUE else shown[: LONGEST_VALUE - 1] + "…"


def guess(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, else some of the known ones, for "use {guess}"."""
    words = sorted(set(known))
    close = get_close_matches(word, words, n=1, cutoff=0.6)
    if close:
        return close[0]
    return ", ".join(words[:12]) + (" …" if len(words) > 12 else "")
