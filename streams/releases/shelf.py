"""Where releases lie: in the city's data folder, each under its content hash, beside a history that is only added to.

The texts are kept byte for byte, comments and cases included, so that a folder can be written back from them. What was
published, approved and rolled back, by whom and why, is the history; which release is in force follows from it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

import msgspec

from streams.messages import SpokenError

FOLDER: Final = "releases"
HISTORY: Final = "history.jsonl"
ID: Final = re.compile(r"[0-9a-f]{12}")

Verb = Literal["published", "approved", "rolled-back"]


class ReleaseError(SpokenError):
    """A release that cannot be made, approved or gone back to: a line for people."""


class Release(msgspec.Struct, frozen=True):
    """What was published. `base`: the release that was in force then, "" where there was none."""

    id: str
    by: str
    reason: str
    at: int
    base: str


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """A line of the history. `base` only of what was published."""

    verb: Verb
    release: str
    by: str
    reason: str
    at: int
    base: str = ""


class Shelf:
    """The releases of one city. Several processes may read; whoever writes holds the lock meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._told: tuple[tuple[int, int, int], tuple[Entry, ...]] = ((0, 0, 0), ())

    # what was done

    def history(self) -> list[Entry]:
        """Oldest first; a torn last line was never answered for, and is left out. Read again where the file is another
        one than it was."""
        try:
            found = (self.folder / HISTORY).stat()
            mark = found.st_ino, found.st_size, found.st_mtime_ns
            if self._told[0] != mark:
                self._told = mark, tuple(self._entries())
        except FileNotFoundError:
            return []
        return list(self._told[1])

    def _entries(self) -> list[Entry]:
        lines = (self.folder / HISTORY).read_bytes().split(b"\n")
        found = []
        for number, line in enumerate(lines[:-1], 1):
            try:
                found.append(msgspec.json.decode(line, type=Entry))
            except msgspec.MsgspecError:
                raise ReleaseError("release-history", path=self.folder / HISTORY, line=number) from None
        return found

    def in_force(self) -> str:
        """The release that runs; "" before the first was approved."""
        return next((entry.release for entry in reversed(self.history()) if entry.verb != "published"), "")

    def before(self) -> str:
        """The last other one that ran; "" where there is none."""
        ran = [entry.release for entry in self.history() if entry.verb != "published"]
        return next((one for one in reversed(ran) if one != ran[-1]), "")

    def release(self, name: str) -> Release:
        """A release by its id, as it was published last. Raises ReleaseError."""
        for entry in reversed(self.history()):
            if entry.verb == "published" and entry.release == name:
                return Release(name, entry.by, entry.reason, entry.at, entry.base)
        known = ", ".join(dict.fromkeys(entry.release for entry in self.history())) or "-"
        raise ReleaseError("release-unknown", id=name[:40], known=known)

    def waiting(self) -> list[Release]:
        """Published and neither approved nor overtaken, oldest first."""
        now = self.in_force()
        last = {e.release: e for e in self.history()}
        return [
            self.release(name) for name, e in last.items() if e.verb == "published" and e.base == now and name != now
        ]

    # what lies there

    def rules(self, name: str) -> Path:
        """The folder of a release's rule files."""
        return self.folder / name / "rules"

    def texts(self, name: str) -> Mapping[str, bytes]:
        """File name -> bytes, in order."""
        return texts_in(self.rules(name)) if name else {}

    def copy(self, to: Path) -> None:
        """Lay it out anew in the folder `to`, while others write: no release that its history names is missing."""
        history = self.history()
        if not history:
            return
        other = Shelf(to)
        to.mkdir(parents=True)
        for entry in history:
            if not other.rules(entry.release).is_dir():
                other._lay(entry.release, self.texts(entry.release))
            other._write(entry)

    # what is done

    def publish(self, texts: Mapping[str, bytes], by: str, reason: str, at: int) -> Release:
        """Lay a release. Raises ReleaseError where it is what runs already."""
        name = content_hash(texts)
        with self._held():
            base = self.in_force()
            if name == base:
                raise ReleaseError("release-same", id=name)
            if not self.rules(name).is_dir():
                self._lay(name, texts)
            self._write(Entry("published", name, by, reason, at, base))
        return Release(name, by, reason, at, base)

    def approve(self, name: str, by: str, reason: str, at: int) -> Release:
        """Put a release in force. Raises ReleaseError for its own author, and where another one came in between."""
        with self._held():
            release = self.release(name)
            if by == release.by:
                raise ReleaseError("release-own", number=by, id=name)
            now = self.in_force()
            if now == name:
                raise ReleaseError("release-same", id=name)
            if release.base != now:
                raise ReleaseError("release-overtaken", id=name, base=release.base or "-", now=now or "-")
            self._whole(name)
            self._write(Entry("approved", name, by, reason, at))
        return release

    def roll_back(self, to: str, by: str, reason: str, at: int) -> str:
        """Put an earlier release in force again ("": the one before); which. Raises ReleaseError."""
        with self._held():
            target = to or self.before()
            ran = {entry.release for entry in self.history() if entry.verb != "published"}
            if not target:
                raise ReleaseError("release-first")
            if target not in ran:
                raise ReleaseError("release-never-ran", id=target[:40], known=", ".join(sorted(ran)) or "-")
            if target == self.in_force():
                raise ReleaseError("release-same", id=target)
            self._whole(target)
            self._write(Entry("rolled-back", target, by, reason, at))
        return target

    def _whole(self, name: str) -> None:
        """Raises ReleaseError where what lies there is not what was published."""
        if content_hash(self.texts(name)) != name:
            raise ReleaseError("release-damaged", id=name, path=self.rules(name))

    def _lay(self, name: str, texts: Mapping[str, bytes]) -> None:
        draft = self.folder / f"{name}.draft"
        shutil.rmtree(draft, ignore_errors=True)
        (draft / "rules").mkdir(parents=True)
        for file, text in texts.items():
            with (draft / "rules" / file).open("wb") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
        shutil.rmtree(self.folder / name, ignore_errors=True)
        draft.rename(self.folder / name)

    def _write(self, entry: Entry) -> None:
        path = self.folder / HISTORY
        whole = path.read_bytes().rfind(b"\n") + 1 if path.exists() else 0
        with path.open("ab") as stream:
            stream.truncate(whole)  # a torn line of somebody who was killed
            stream.write(msgspec.json.encode(entry) + b"\n")
            stream.flush()
            os.fsync(stream.fileno())

    @contextmanager
    def _held(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("ab") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield


def shelf_of(data: Path, city: str) -> Shelf:
    """The releases of a city under the data folder."""
    return Shelf(data / city / FOLDER)


def texts_in(folder: Path) -> dict[str, bytes]:
    """The rule files and their cases in a folder: name -> bytes, in order."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.yaml")) if path.is_file()}


def content_hash(texts: Mapping[str, bytes]) -> str:
    """12 hexadecimal digits over names and bytes."""
    digest = hashlib.blake2b(digest_size=6)
    for name, text in sorted(texts.items()):
        for part in (name.encode(), text):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
