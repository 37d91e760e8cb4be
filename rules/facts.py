"""A row as the engine remembers it, and the memory of identities that tells duplicates and revisions."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from rules.records import Frame

Key = tuple[int, int, str]
"""(first and second half of the id hash, stage)."""


class Fact(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One accepted row, names instead of indices. Times in ms UTC."""

    id0: int
    id1: int
    stage: str
    revision: int
    content: int
    feed: str
    category: str
    area: str
    occurred_at: int
    arrived_at: int
    count: int
    flags: int
    severity: int
    place: int
    partition: str
    offset: int
    n: int
    received_at: int  # the stamp it came with; differs from arrived_at for a row that was held

    @property
    def key(self) -> Key:
        return (self.id0, self.id1, self.stage)

    @property
    def version(self) -> tuple[int, int]:
        """Which row of an identity stands: the larger revision, then the larger content hash."""
        return (self.revision, self.content)

    @property
    def told_in_order(self) -> tuple[int, int, int]:
        return (self.arrived_at, self.revision, self.content)


def facts_of(frame: Frame) -> Iterator[Fact]:
    """The rows of a frame, in order."""
    for row in frame.rows.tolist():
        feed, stage, category, area, _, severity, flags, partition, n, offset, id0, id1, revision, content = row[:14]
        occurred, arrived, _, count, _, place = row[14:]
        yield Fact(
            id0, id1, frame.stages[stage], revision, content, frame.feeds[feed], frame.categories[category],
            frame.areas[area], occurred, arrived, count, flags, severity, place,
            frame.partitions[partition], offset, n, arrived,
        )  # fmt: skip


class Known(msgspec.Struct, array_like=True):
    """What is known of one identity: the version that stood at the last tick, and all read since.

    `fresh` is kept in order of arrival, so that the order of reading between two ticks does not matter.
    """

    stood: Fact | None
    fresh: list[Fact]
    forget_at: int  # what arrives later than this no longer meets `stood`


class Telling(msgspec.Struct, frozen=True, array_like=True):
    """At `at`, `new` took the place of `old` (None: nothing stood)."""

    old: Fact | None
    new: Fact
    at: int


def tellings(known: Known) -> list[Telling]:
    """The story of the fresh versions, by arrival: each that beats all before it replaces the last."""
    told: list[Telling] = []
    current = known.stood
    for fact in known.fresh:
        if current is known.stood and fact.arrived_at > known.forget_at:
            current = None
        if current is None or fact.version > current.version:
            told.append(Telling(current, fact, fact.arrived_at))
            current = fact
    return told
