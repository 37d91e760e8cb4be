"""Drafts of rules: one a rule, in the city's data folder; whoever saves over another's unseen change is told."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
import structlog

from alerts.drafting import Draft, Texts
from alerts.workfaults import WorkRefused

log = structlog.get_logger(__name__)

FOLDER: Final = "drafts"
MOST: Final = 100
LONGEST: Final = 20_000
"""Characters of a rule's file, and of its cases."""
_SUFFIX: Final = ".json"


class Kept(msgspec.Struct, frozen=True):
    """A draft as it lies there."""

    rule: str
    cases: str
    by: str
    at: int
    base: str


class Drafts:
    """Any thread, any process: whoever writes holds the lock meanwhile."""

    def __init__(self, data: Path) -> None:
        self.folder = data / FOLDER

    def names(self) -> list[str]:
        """Rules that have one."""
        return sorted(path.name.removesuffix(_SUFFIX) for path in self.folder.glob(f"*{_SUFFIX}"))

    def get(self, rule: str) -> Draft | None:
        """None where there is none; what cannot be read is none."""
        try:
            packed = self._path(rule).read_bytes()
            return _draft(rule, packed, msgspec.json.decode(packed, type=Kept))
        except (OSError, msgspec.MsgspecError):
            return None

    def put(self, rule: str, texts: Texts, seen: str, base: str, by: str, at: int) -> Draft:
        """Save a draft in the place of the one whose stamp was `seen`, "" none. Raises WorkRefused."""
        if max(len(texts.rule), len(texts.cases)) > LONGEST:
            raise WorkRefused("draft_long")
        with self._held():
            present = self.get(rule)
            if (present.stamp if present else "") != seen:
                raise WorkRefused("draft_changed")
            if present is None and len(self.names()) >= MOST:
                raise WorkRefused("drafts_full")
            begun = present.base if present else base
            kept = Kept(_lines(texts.rule), _lines(texts.cases), by, at, begun)
            packed = msgspec.json.encode(kept)
            path = self._path(rule)
            laid = path.with_suffix(".laid")
            with laid.open("wb") as stream:
                stream.write(packed)
                stream.flush()
                os.fsync(stream.fileno())
            laid.rename(path)
        return _draft(rule, packed, kept)

    def drop(self, rule: str, seen: str) -> None:
        """Throw away the draft whose stamp is `seen`. Raises WorkRefused where another one lies there by now."""
        with self._held():
            present = self.get(rule)
            if present is not None and present.stamp != seen:
                raise WorkRefused("draft_changed")
            self._path(rule).unlink(missing_ok=True)

    def _path(self, rule: str) -> Path:
        return self.folder / f"{rule}{_SUFFIX}"

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Raises WorkRefused where the folder takes nothing."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / "lock").open("ab") as handle:
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield
        except OSError as fault:
            log.error("draft_not_kept", city=self.folder.parent.name, why=type(fault).__name__)  # noqa: TRY400 - one line is enough
            raise WorkRefused("not_kept") from None


def _draft(rule: str, packed: bytes, kept: Kept) -> Draft:
    stamp = hashlib.blake2b(packed, digest_size=8).hexdigest()
    return Draft(rule, Texts(kept.rule, kept.cases), kept.by, kept.at, kept.base, stamp)


def _lines(text: str) -> str:
    """As a file has it: browsers end lines otherwise, and the last not at all."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return f"{plain}\n" if plain.strip() else ""
