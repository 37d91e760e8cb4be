"""How far a desk of the Kafka road has read, kept with what the records caused. Port and fake.

A reader names where it began: where something else is kept, another one has read on, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

Partition = tuple[str, int]
"""(topic, number)."""


class ReadTo(NamedTuple):
    """A stretch of one partition that was read: from `since` on, `offset` is the next. `since` 0: nothing was kept."""

    topic: str
    partition: int
    since: int
    offset: int


class StaleError(Exception):
    """A change whose cause is not later than the last one of its city, or whose reader began elsewhere than the one
    before ended: two writers, or a repeat."""


class OffsetStore(Protocol):
    """Offsets of a city's readers."""

    def offsets(self) -> Mapping[Partition, int]:
        """The next offset of every partition of which something was read."""
        ...

    def read_on(self, read: Sequence[ReadTo]) -> None:
        """Keep how far was read where it caused nothing; all or none. Raises StaleError."""
        ...


def check_read(read: Sequence[ReadTo], kept: Mapping[Partition, int]) -> None:
    """Raises StaleError where a reader did not begin where the last one ended."""
    for one in read:
        known = kept.get((one.topic, one.partition), 0)
        if known != one.since:
            raise StaleError(f"{one.topic}-{one.partition} was read from {one.since} and is kept at {known}")


class MemoryOffsets:
    """The fake: a dictionary, gone with the process."""

    def __init__(self) -> None:
        self._offsets: dict[Partition, int] = {}

    def offsets(self) -> Mapping[Partition, int]:
        return dict(self._offsets)

    def read_on(self, read: Sequence[ReadTo]) -> None:
        check_read(read, self._offsets)
        self._offsets.update({(one.topic, one.partition): one.offset for one in read})
