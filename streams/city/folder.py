"""A city's folder as it may be read: files inside it, of bounded size, in UTF-8, and nothing else."""

from __future__ import annotations

import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from streams.problems import START, Place, Problems

MIB: Final = 1 << 20
LONGEST_YAML: Final = MIB
LONGEST_CSV: Final = 16 * MIB
LONGEST_SHAPES: Final = 32 * MIB
RULES: Final = "rules"
MOST_FILES: Final = 1000
"""Files in `feeds/` or `rules/`."""


class Folder:
    """Opens what lies inside `root`; says why where it does not.

    `over`: files that are read in the place of others, or beside them, by name: a change that is tried. `rules`: a
    folder that is read in the place of `rules/`: a release.
    """

    def __init__(
        self, root: Path, problems: Problems, over: Mapping[str, Path] | None = None, rules: Path | None = None
    ) -> None:
        self.root = root
        self.problems = problems
        self.over = over or {}
        self.rules = rules

    def has(self, name: str) -> bool:
        """Whether something of that name lies there, a broken link included."""
        try:
            path = self.root / name
            return path.exists() or path.is_symlink()
        except (OSError, ValueError):  # a name too long, a folder that may not be entered
            return False

    def inside(self, name: str) -> Path | None:
        """The real path of `name`, or None where it leads out of the folder."""
        if not name or "\0" in name:
            return None
        try:
            root = self.root.resolve()
            path = (self.root / name).resolve()
        except (OSError, RuntimeError):  # a ring of links, a name too long
            return None
        return path if path.is_relative_to(root) else None

    def text(self, name: str, longest: int) -> str | None:
        """The text of a file, without its byte order mark. None where a problem was said."""
        data = self._bytes(name, longest)
        if data is None:
            return None
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as fault:
            self.problems.say(name, place_in(data[: fault.start].decode("utf-8", "replace")), "not-utf8")
            return None
        if not text.strip():
            self.problems.say(name, START, "file-empty")
            return None
        return text

    def names(self, folder: str) -> tuple[str, ...]:
        """The files of a sub-folder, as names relative to the root, in order."""
        path = self.rules if folder == RULES and self.rules is not None else self.inside(folder)
        if path is None:
            self.problems.say(folder, START, "outside-folder")
            return ()
        if not path.is_dir():
            if path.exists():
                self.problems.say(folder, START, "not-a-folder")
            return ()
        try:
            found = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
        except OSError:
            self.problems.say(folder, START, "file-unreadable")
            return ()
        laid = {name.rpartition("/")[2] for name in self.over if name.rpartition("/")[0] == folder}
        found = sorted({*found, *laid})
        if len(found) > MOST_FILES:
            self.problems.say(folder, START, "too-many-files", count=len(found), most=MOST_FILES)
        return tuple(f"{folder}/{name}" for name in found[:MOST_FILES])

    def _released(self, name: str) -> Path | None:
        folder, _, file = name.partition("/")
        return self.rules / file if folder == RULES and self.rules is not None else None

    def _bytes(self, name: str, longest: int) -> bytes | None:
        path = self.over.get(name) or self._released(name) or self.inside(name)
        if path is None:
            self.problems.say(name, START, "outside-folder")
            return None
        try:
            status = path.stat()
            if not stat.S_ISREG(status.st_mode):
                self.problems.say(name, START, "not-a-file")
                return None
            if status.st_size > longest:
                self.problems.say(name, START, "file-too-large", size=status.st_size, most=longest)
                return None
            with path.open("rb") as file:
                data = file.read(longest + 1)
        except FileNotFoundError:
            self.problems.say(name, START, "file-missing")
            return None
        except OSError:
            self.problems.say(name, START, "file-unreadable")
            return None
        if len(data) > longest:  # it grew while we looked
            self.problems.say(name, START, "file-too-large", size=len(data), most=longest)
            return None
        return data


def place_in(before: str) -> Place:
    """The place just after the text `before`."""
    return Place(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
