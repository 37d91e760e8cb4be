"""YAML as a city may write it: plain values, and the place of every one.

Our own walk over the parser's events, so that every mistake is found and nothing is built before it was
looked at: repeated keys (all of them), anchors, aliases and tags refused, depth and number bounded. Only
true, false, null, integers and decimals are read as such; dates, durations and `NO` stay text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from streams.city.folder import LONGEST_YAML, Folder, place_in
from streams.problems import START, Place, Problems

DEEPEST: Final = 16
MOST_NODES: Final = 50_000
LONGEST_NUMBER: Final = 18
"""Digits; a longer run stays text and fails where a number is wanted."""

Step = str | int
Path = tuple[Step, ...]

_INTEGER: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_DECIMAL: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)\.[0-9]+\Z")
_WIDE: Final = re.compile(r"[\s{-]*[A-Za-z_]+：")
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}

_FAULTS: Final = {  # what the parser says -> what a person can do about it
    "mapping values are not allowed": "yaml-colon",
    "character '\\t'": "yaml-tab",
    "could not find expected ':'": "yaml-no-colon",
    "flow sequence": "yaml-bracket",
    "flow mapping": "yaml-bracket",
    "flow node": "yaml-bracket",
    "quoted scalar": "yaml-quote",
    "that cannot start any token": "yaml-sign",
    "block mapping": "yaml-indent",
    "block collection": "yaml-indent",
    "block end": "yaml-indent",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A file's values (dict, list, str, int, float, bool, None) and where they stand. Changed by `read_as` alone."""

    file: str
    value: Any
    values: dict[Path, Place]
    keys: dict[Path, Place]
    text: str = ""

    def place(self, path: Path) -> Place:
        """Where the value at `path` stands, or the nearest one that holds it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, START)

    def key_place(self, path: Path) -> Place:
        """Where the key of `path` stands; for items of a list the item itself."""
        return self.keys.get(path) or self.place(path)

    def read_as(self, meant: Mapping[Path, str]) -> None:
        """Put what stands at each path under the key that was meant; away where that is empty or there already."""
        for path in sorted(meant, key=len, reverse=True):
            holder = self.value
            for step in path[:-1]:
                holder = holder[step]
            value, key = holder.pop(path[-1]), meant[path]
            kept = key and key not in holder
            if kept:
                holder[key] = value
            for places in (self.values, self.keys):
                for known in [known for known in places if known[: len(path)] == path]:
                    place = places.pop(known)
                    if kept:
                        places[(*path[:-1], key, *known[len(path) :])] = place


def read_document(folder: Folder, file: str) -> Document | None:
    """The document in `file`, or None after saying why not."""
    text = folder.text(file, LONGEST_YAML)
    return None if text is None else parse(file, text, folder.problems)


def parse(file: str, text: str, problems: Problems) -> Document | None:
    """The document in `text`; None where any mistake of form was said."""
    walk = _Walk(file, problems)
    try:
        for event in _events(text):
            if not walk.take(event):
                return None
    except MarkedYAMLError as fault:
        message = _message(fault)
        marks = fault.problem_mark, fault.context_mark
        mark = (marks[1] or marks[0]) if message == "yaml-quote" else (marks[0] or marks[1])
        place = Place(mark.line + 1, mark.column + 1) if mark else START
        wide = _full_width(text, place.line)
        problems.say(file, wide or place, "yaml-full-width" if wide else message)
        return None
    except ReaderError as fault:
        problems.say(file, place_in(text[: fault.position]), "yaml-character", code=f"U+{_code(fault):04X}")
        return None
    except (YAMLError, ValueError, OverflowError, RecursionError):
        problems.say(file, START, "yaml-broken")
        return None
    if walk.documents == 0:
        problems.say(file, START, "file-empty")
    if walk.documents == 0 or walk.broken:
        return None
    return Document(file, walk.root, walk.values, walk.keys, text)


def _events(text: str) -> Iterator[Any]:
    yield from YAML(typ="safe", pure=True).parse(text)


def _message(fault: MarkedYAMLError) -> str:
    told = f"{fault.context} {fault.problem}"
    return next((message for words, message in _FAULTS.items() if words in told), "yaml-broken")


def _full_width(text: str, line: int) -> Place | None:
    """A full-width colon after a key in a line or the one before it: what a Chinese keyboard writes."""
    lines = text.splitlines()
    for number in (line - 1, line):
        if 0 < number <= len(lines) and (found := _WIDE.match(lines[number - 1])):
            return Place(number, found.end())
    return None


def _code(fault: ReaderError) -> int:
    character = fault.character
    return character if isinstance(character, int) else ord(str(character)[:1] or "\0")


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being filled. `key`: the one whose value comes next."""

    path: Path
    container: dict[str, Any] | list[Any]
    key: str | None = None
    seen: dict[str, Place] = field(default_factory=dict)
    repeated: bool = False  # the value that comes belongs to a repeated key: looked at, not kept


class _Walk:
    """From events to values. Never recurses: the depth of a file is not the depth of our stack."""

    def __init__(self, file: str, problems: Problems) -> None:
        self.file = file
        self.problems = problems
        self.root: Any = None
        self.values: dict[Path, Place] = {}
        self.keys: dict[Path, Place] = {}
        self.documents = 0
        self.broken = False  # something was refused: what was read is not the whole
        self._stack: list[_Open] = []
        self._nodes = 0

    def take(self, event: Any) -> bool:
        """Whether to go on."""
        place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        if isinstance(event, DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                return self._stop(place, "yaml-documents")
        elif isinstance(event, AliasEvent):
            self._refuse(place, "yaml-alias", name=event.anchor)
            if self._awaits_key():
                return False
            self._put(None, place)
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            self._stack.pop()
        elif isinstance(event, ScalarEvent | MappingStartEvent | SequenceStartEvent):
            return self._node(event, place)
        return True

    def _refuse(self, place: Place, message: str, /, **values: object) -> None:
        self.problems.say(self.file, place, message, **values)
        self.broken = True

    def _stop(self, place: Place, message: str, /, **values: object) -> bool:
        self._refuse(place, message, **values)
        return False

    def _node(self, event: Any, place: Place) -> bool:
        self._nodes += 1
        if self._nodes > MOST_NODES:
            return self._stop(place, "yaml-too-many", most=MOST_NODES)
        if event.anchor is not None:
            self._refuse(place, "yaml-anchor", name=event.anchor)
        if event.tag is not None:
            self._refuse(place, "yaml-tag", tag=event.tag.replace("tag:yaml.org,2002:", "!!"))
        if isinstance(event, ScalarEvent):
            if self._awaits_key():
                self._take_key(event.value, place)
            else:
                self._put(event.value if event.style else resolve(event.value), place)
            return True
        if self._awaits_key():
            return self._stop(place, "yaml-key-not-text")
        if len(self._stack) >= DEEPEST:
            return self._stop(place, "yaml-too-deep", most=DEEPEST)
        container: dict[str, Any] | list[Any] = {} if isinstance(event, MappingStartEvent) else []
        self._stack.append(_Open(self._put(container, place), container))
        return True

    def _awaits_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].container, dict) and self._stack[-1].key is None

    def _take_key(self, key: str, place: Place) -> None:
        top = self._stack[-1]
        top.key = key
        top.repeated = key in top.seen
        if top.repeated:
            self.problems.say(self.file, place, "yaml-repeated-key", key=key, line=top.seen[key].line)
        else:
            top.seen[key] = place
            self.keys[(*top.path, key)] = place

    def _put(self, value: Any, place: Place) -> Path:
        """Store a value where it belongs; the path under which its own parts will stand."""
        if not self._stack:
            self.root = value
            self.values[()] = place
            return ()
        top = self._stack[-1]
        if isinstance(top.container, list):
            path = (*top.path, len(top.container))
            top.container.append(value)
        else:
            key, top.key = top.key or "", None
            if top.repeated:
                return (*top.path, key, "again")
            path = (*top.path, key)
            top.container[key] = value
        self.values[path] = place
        return path


def resolve(text: str) -> Any:
    """The value of a plain scalar: true, false, null, an integer, a decimal, else text."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= LONGEST_NUMBER:
        if _INTEGER.match(text):
            return int(text)
        if _DECIMAL.match(text):
            return float(text)
    return text
