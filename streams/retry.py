"""Refused records of files, read again from their source by their place; a scrubbed copy is never put through.

What was pushed by HTTP was told to its sender at once and is not retried here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from streams.city import City
from streams.clock import Clock
from streams.feeds.readers import Record
from streams.intake import Intake, Raw
from streams.journal import Journal
from streams.refusals import Refusal, Refused
from streams.runtime import Parcel, Shard
from streams.watch import Source, sources_of
from streams.watch.files import picked

PUSHED: Final = "push-"


@dataclass(frozen=True, slots=True)
class Retried:
    """Records read again, and what came of them; `lost`: their source is gone or is another one now."""

    read: int = 0
    accepted: int = 0
    refused: int = 0
    lost: int = 0


def waiting_in(path: Path, feed: str | None = None) -> tuple[int, int]:
    """How many refused records of a journal came out of watched files, and how many by load. Writes nothing.

    Raises JournalError where there is no journal.
    """
    with closing(Journal.open(path, read_only=True)) as journal:
        places = [refusal.place.partition for refusal in journal.refused(feed=feed, limit=-1)]
    return sum(map(_watched, places)), sum(not (_watched(place) or place.startswith(PUSHED)) for place in places)


def _watched(partition: str) -> bool:
    return partition.startswith("file-")


def retry(shard: Shard, city: City, intake: Intake, clock: Clock, *, feed: str | None = None) -> Retried:
    """Read the refused records of files again and put through what passes now. Raises DiskFullError."""
    waiting = [refusal for refusal in shard.refused(feed) if _watched(refusal.place.partition)]
    places: dict[tuple[str, str], dict[int, Refusal]] = defaultdict(dict)
    for refusal in waiting:
        places[refusal.feed, refusal.place.partition][refusal.place.offset] = refusal
    sources = _sources(city, intake, shard)
    read = accepted = refused = 0
    for (name, partition), wanted in places.items():
        source = sources.get(partition)
        found = _found(source, wanted) if source is not None else {}
        if not found:
            continue
        records = [found[offset] for offset in sorted(found)]
        taken = intake.take(name, [Raw(record.offset, record.data, clock.now()) for record in records], partition)
        passed = [record.offset for record, answer in zip(records, taken.answers, strict=True) if not answer.reason]
        shard.take([Parcel(frame=taken.frame)])
        shard.forget(partition, passed)
        read += len(records)
        accepted += len(passed)
        refused += len(records) - len(passed)
    return Retried(read, accepted, refused, len(waiting) - read)


def _sources(city: City, intake: Intake, shard: Shard) -> dict[str, Source]:
    """partition -> the file that lies there now."""
    cursors = shard.cursors()
    found: dict[str, Source] = {}
    for feed in intake.feeds.values():
        try:
            for source in sources_of(feed, city.folder):
                found[source.partition(intake.keys, cursors.get)] = source
        except OSError:  # its folder is gone: its records are counted as lost
            continue
    return found


def _found(source: Source, wanted: Mapping[int, Refusal]) -> Mapping[int, Record]:
    try:
        return picked(source, list(wanted))
    except (OSError, Refused):  # gone, or unreadable as a whole: its records are counted as lost
        return {}
