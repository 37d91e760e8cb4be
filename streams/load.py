"""Load: the past of a city into its log, before its first live tick. Channels shut, ids remembered.

It can be repeated: what arrived up to the last tick, out of a file that was loaded before, is in the log already and is
passed over; a load that was killed goes on where it stopped. A log that has begun to live takes no more past, because
nothing may arrive before a tick that was given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from msgspec import structs

from alerts.export import rfc3339
from rules.records import Frame, Record
from streams import past
from streams.city import City
from streams.feeds.archive import Archive, partition_of, read_archive
from streams.intake import Intake
from streams.journal import Cursor
from streams.messages import say
from streams.refusals import Refused
from streams.replay import Progress, ReplayError
from streams.runtime import Shard

GROUP_MS: Final = past.DAY
"""Records of one day go into the journal together."""
BEGUN: Final = "loaded"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of a load. Events: `written`, and `passed_over` because the log holds them already."""

    written: int
    passed_over: int
    refused: int
    left_out: int
    ticked_to: int  # ms; 0: the log holds nothing yet

    def line(self, city: str, language: str) -> str:
        values = {
            "written": self.written,
            "passed": self.passed_over,
            "refused": self.refused,
            "left_out": self.left_out,
        }
        return say("loaded", language, city=city, **values)


def load(
    shard: Shard,
    city: City,
    intake: Intake,
    files: Mapping[str, Sequence[Path]],
    progress: Progress | None = None,
    *,
    now: int = 0,
) -> Loaded:
    """Bring files (feed -> paths) into the log of a shard that is loading. Raises ReplayError, JournalError.

    `now`: what a refused record is dated that does not tell its arrival, ms.
    """
    archives = [_read(intake, feed, paths, city.folder) for feed, paths in files.items()]
    known = shard.cursors()
    marks = {path: _mark(feed, path) for feed, paths in files.items() for path in paths}
    fresh_files = {path: mark for path, mark in marks.items() if mark.partition not in known}
    fresh = {intake.partition(partition_of(path, city.folder)) for path in fresh_files}
    after = shard.tick
    kept, passed = [], 0
    for archive in archives:
        rest, old = _split(archive, after)
        if old and any(mark.partition.startswith(f"load-{archive.feed}-") for mark in fresh_files.values()):
            raise ReplayError("past-too-old", feed=archive.feed, count=old, at=rfc3339(after))
        passed += old
        kept.append(rest)
    refused = [one for archive in archives for one in archive.refusals if one.place.partition in fresh]
    events = sum(len(frame.rows) for frames in kept for frame in frames)
    dated = [refusal if refusal.at else structs.replace(refusal, at=now) for refusal in refused]
    shard.load([], cursors=list(marks.values()), refused=dated)
    done = 0
    for at, group in _days(past.records(kept, after=after, beyond=0)):
        shard.load(group)
        done += sum(len(record.rows) for record in group if isinstance(record, Frame))
        if progress is not None:
            progress(done, events, at)
    return Loaded(events, passed, len(refused), sum(archive.left_out for archive in archives), shard.tick)


def _read(intake: Intake, feed: str, paths: Sequence[Path], folder: Path) -> Archive:
    try:
        return read_archive(intake, feed, paths, folder)
    except Refused as fault:
        raise ReplayError("file-unreadable", feed=feed, why=fault) from None
    except OSError as fault:
        raise ReplayError("file-unreadable", feed=feed, why=fault.strerror) from None


def _mark(feed: str, path: Path) -> Cursor:
    """By its content: the same file under another name is the same file."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, lambda: hashlib.blake2b(digest_size=16)).hexdigest()
    return Cursor(f"load-{feed}-{digest}", 0, BEGUN)


def _split(archive: Archive, after: int) -> tuple[list[Frame], int]:
    """The frames with what arrived above `after`, and how many events did not."""
    rest, old = [], 0
    for frame in archive.frames():
        above = frame.rows["arrived_at"] > after
        old += int(np.count_nonzero(~above))
        if above.all():
            rest.append(frame)
        elif above.any():
            rest.append(structs.replace(frame, rows=frame.rows[above]))
    return rest, old


def _days(records: Iterator[Record]) -> Iterator[tuple[int, list[Record]]]:
    """Runs of records of one day each, with the time they reach."""
    group: list[Record] = []
    first = at = 0
    for record in records:
        now = int(record.rows["arrived_at"].max()) if isinstance(record, Frame) else getattr(record, "now", at)
        if group and now - first >= GROUP_MS:
            yield at, group
            group = []
        if not group:
            first = now
        at = max(at, now)
        group.append(record)
    if group:
        yield at, group
