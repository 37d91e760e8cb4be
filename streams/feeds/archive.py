"""The past of a feed, out of files: events in the order of their arrival, not rows in the order of a file.

Arrival is the feed's arrival column; without one, each stage's own time. So one row gives its `closed` when it was
closed, and nothing comes from the future.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from rules.records import Frame
from streams.feeds.readers import Record, batches_in
from streams.feeds.rows import joined
from streams.refusals import Refusal

if TYPE_CHECKING:
    from streams.intake import Intake

READ_AT_ONCE: Final = 16_384
"""Records mapped in one go."""


@dataclass(frozen=True, slots=True)
class Archive:
    """What the files of one feed hold. Records: `received` = accepted + refused + left out."""

    feed: str
    whole: Frame | None  # all rows, ordered by (arrived_at, raw place, n)
    received: int
    left_out: int
    refusals: tuple[Refusal, ...]

    def __len__(self) -> int:
        """Events."""
        return 0 if self.whole is None else len(self.whole.rows)

    def frames(self, size: int = 4096, since: int | None = None, until: int | None = None) -> Iterator[Frame]:
        """The rows in frames of at most `size`, `arrived_at` rising; only those that arrived in [since, until), ms."""
        if self.whole is None:
            return
        arrived = self.whole.rows["arrived_at"]
        first = 0 if since is None else int(np.searchsorted(arrived, since))
        last = len(arrived) if until is None else int(np.searchsorted(arrived, until))
        for start in range(first, last, size):
            yield msgspec.structs.replace(self.whole, rows=self.whole.rows[start : min(start + size, last)])


def read_archive(intake: Intake, feed: str, files: Sequence[Path], folder: Path | None = None) -> Archive:
    """The events in `files`, in order. Files below `folder` (the city's) are named by their path in it, others by
    their name. Raises Refused where a file cannot be read as a whole, OSError, KeyError for an unknown feed."""
    frames: list[Frame] = []
    refusals: list[Refusal] = []
    received = left_out = 0
    for path in sorted(files):
        partition = partition_of(path, folder)
        for batch in batches_in(path, intake.feeds[feed].file, READ_AT_ONCE):
            taken = intake.read(feed, batch, partition)
            received += len(batch)
            left_out += taken.left_out
            refusals.extend(taken.refusals)
            if taken.frame is not None:
                frames.append(taken.frame)
    return Archive(feed, _ordered(frames), received, left_out, tuple(refusals))


def partition_of(path: Path, folder: Path | None) -> str:
    """What the records of a file are placed in: its path below the city's folder, else its name."""
    return str(path.relative_to(folder)) if folder and path.is_relative_to(folder) else path.name


def _ordered(frames: list[Frame]) -> Frame | None:
    if not frames:
        return None
    whole = joined(frames)
    rows = whole.rows
    order = np.lexsort((rows["n"], rows["offset"], rows["partition"], rows["arrived_at"]))
    return msgspec.structs.replace(whole, rows=rows[order])


__all__ = ["Archive", "Record", "partition_of", "read_archive"]
