"""Problems: mistakes by people, each with its place, what is so, and what to do.

A problem is a value: all of them are collected, none is raised, and a person never sees a traceback.
The texts lie as data in `problem_texts.toml`, in every language of the house.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from importlib.resources import files
from typing import Any, Final, NamedTuple

LANGUAGES: Final = ("en", "zh-CN")
LONGEST_VALUE: Final = 120
"""A value shown in a message is cut at this many characters."""
MOST_PROBLEMS: Final = 1000
"""So many are kept; of the rest the number is said once."""
MOST_GUESSES: Final = 50
"""So many guesses search the known words for the nearest; a file that is wrong throughout needs no more."""
MOST_COMPARED: Final = 2000
"""Of more words only those with the same two first signs are compared."""

_DATA: Final[dict[str, Any]] = tomllib.loads(
    files("streams").joinpath("problem_texts.toml").read_text(encoding="utf-8")
)
REASONS: Final[Mapping[str, Mapping[str, str]]] = {reason["en"]: reason for reason in _DATA.pop("reasons")}
"""What other rooms say in English about a value -> language -> text."""
TEXTS: Final[Mapping[str, Mapping[str, str]]] = _DATA
"""Message -> language -> text with {values}."""


class Place(NamedTuple):
    """Where in a file; both count from 1, columns in characters."""

    line: int
    column: int


START: Final = Place(1, 1)


class Counted(int):
    """A number that takes the fitting word along: `{feeds:feed|feeds}` is 1 feed or 2 feeds."""

    def __format__(self, spec: str) -> str:
        one, _, many = spec.partition("|")
        return f"{int(self)} {one if self == 1 else many}" if many else format(int(self), spec)


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
    told = {name: _reason(value, language) if name == "why" else value for name, value in values.items()}
    return texts.get(language, texts["en"]).format_map(told)


def _reason(value: object, language: str) -> str:
    """A reason in `language`, part by part between colons; what has no translation stays as it is."""
    whole = str(value)
    parts = [whole] if whole in REASONS else whole.split(": ")
    return ": ".join(REASONS.get(part, {}).get(language, part) for part in parts)


class Problems:
    """Collects what is wrong with a folder while it is read."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, int, int, str, str], Problem] = {}
        self._said = 0
        self._guesses = 0

    def say(self, file: str, place: Place, message: str, /, **values: object) -> None:
        """Note a problem; the same one at the same place is noted once."""
        self._said += 1
        shown = {name: visible(value) for name, value in values.items()}
        problem = Problem(visible(file), place.line, place.column, message, shown)
        key = (file, place.line, place.column, message, problem.text())
        if len(self._found) < MOST_PROBLEMS or key in self._found:
            self._found[key] = problem
        else:
            more = Problem(".", 1, 1, "more-problems", {"most": str(MOST_PROBLEMS)})
            self._found[".", 1, 1, "more-problems", ""] = more

    def guess(self, word: str, known: Collection[str]) -> str:
        """The known word that was probably meant, else some of the known ones, for `use {guess}`."""
        self._guesses += 1
        return guess(word, known) if self._guesses <= MOST_GUESSES else _some(known)

    def __len__(self) -> int:
        """How often something was said: whoever compares two of these knows whether anything was said between."""
        return self._said

    def all(self) -> tuple[Problem, ...]:
        """In reading order: by file, line, column."""
        return tuple(sorted(self._found.values()))


def visible(value: object) -> str:
    """A value as a message may show it: one line, cut, nothing hidden in it."""
    text = ", ".join(str(one) for one in value) if isinstance(value, list | tuple) else str(value)
    shown = "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text[: LONGEST_VALUE + 1])
    return shown if len(shown) <= LONGEST_VALUE else shown[: LONGEST_VALUE - 1] + "…"


def guess(word: str, known: Iterable[str]) -> str:
    """The nearest of the known words, else some of them."""
    words = sorted(set(known))
    if len(words) > MOST_COMPARED:
        words = [one for one in words if one[:2] == word[:2]][:MOST_COMPARED]
    close = get_close_matches(word[:LONGEST_VALUE], words, n=1, cutoff=0.6)
    return close[0] if close else _some(words)


def _some(known: Iterable[str]) -> str:
    words = sorted(set(known))
    return ", ".join(words[:12]) + (" …" if len(words) > 12 else "")
