"""Whether anything that lies there looks like somebody's identity, by the gate that refused it at the door.

What was refused as an identity was recognised by the gate. Were it kept anywhere, in whatever packing, the same gate
would recognise it there: so a look through all texts proves that nothing was kept, and needs none of the values. Where
something is found its place is told, never what stands there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from streams.gate import Class, Gate
from streams.gate.verdict import DETECTORS
from streams.privacy.texts import BESIDE, texts_in, texts_in_file
from streams.refusals import Reason

IDENTITIES: Final = frozenset(reason for _, reason, _ in DETECTORS)
"""Reasons for which a record is refused because of a value that may name somebody."""
MOST: Final = 100
"""Places told by name; the others are counted."""
_HASH: Final = re.compile(r"(?<![0-9A-Za-z])(?=[0-9]*[a-f])[0-9a-f]{16,}(?![0-9A-Za-z])")
"""A hash of ours, in hex: its digits are drawn by chance. One of digits alone is looked at."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that looks like an identity. `file` and `where` it stands; `reason`: as what it was recognised."""

    file: str
    where: str
    reason: Reason


@dataclass(slots=True)
class Looked:
    """What was looked through: files, texts by file; and what was found, the first MOST by name."""

    texts: Counter[str] = field(default_factory=Counter)
    found: list[Found] = field(default_factory=list)
    more: int = 0


class Look:
    """Looks at texts by the file that they stand in. `own`: the city's own words, which name nobody."""

    def __init__(self, own: frozenset[str]) -> None:
        self._own = own
        self._gate = Gate()
        self.seen = Looked()

    def at_file(self, path: Path, name: str) -> None:
        """Raises OSError, sqlite3.Error."""
        self.seen.texts[name] += 0
        self.at(name, texts_in_file(path))

    def at_values(self, name: str, values: Iterable[tuple[str, object]]) -> None:
        """(where, value) each."""
        self.seen.texts[name] += 0
        self.at(name, ((where, text) for where, value in values for text in texts_in(value)))

    def at(self, name: str, texts: Iterable[tuple[str, str]]) -> None:
        """(where, text) each."""
        for where, text in texts:
            self.seen.texts[name] += 1
            if text in self._own:
                continue
            reason = self._gate.verdict(_HASH.sub("#", text), Class.PLAIN)
            if reason is None:
                continue
            if len(self.seen.found) < MOST:
                self.seen.found.append(Found(name, where, reason))
            else:
                self.seen.more += 1


def own_words(books: Iterable[bytes]) -> frozenset[str]:
    """Codes, names and texts of the city's own files, out of every book that was ever in force: whoever writes those
    is trusted, and no feed does."""
    return frozenset(text for book in books for text in texts_in(book))


def files_under(folder: Path) -> Iterator[Path]:
    """Every file below a folder, in order, but what SQLite reads with its database; no link is followed."""
    every = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return (path for path in every if not path.name.endswith(BESIDE))
