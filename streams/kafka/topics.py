"""Our topics: what each carries, by what key, how it is kept. Values alone; streams/kafka/admin.py makes them.

All have as many partitions, so that whatever is keyed by a city lies under one number everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from streams.city import City

DAY_MS: Final = 86_400_000
RAW_DAYS: Final = 14
"""How long raw records are kept: so long a refused one can be read again by its place."""
REFUSED_DAYS: Final = 90
FRAME_BYTES: Final = 8 << 20
"""Largest record of ours: a frame of some thousands of rows takes a tenth of it."""
STATE_BYTES: Final = 1 << 20
RAW_BYTES: Final = 1 << 20
SAFE_REPLICAS: Final = 3

Kept = Literal["delete", "compact", "compact,delete"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. `days`: how long a record is kept; None: for ever, or until a later one of its key comes."""

    name: str
    kept: Kept
    days: int | None = None
    largest_bytes: int = RAW_BYTES

    def configs(self, replicas: int) -> dict[str, str]:
        """What differs from a broker's own values. Time is the append time: replayed events carry old times, and the
        broker would delete them at once."""
        found = {
            "cleanup.policy": self.kept,
            "max.message.bytes": str(self.largest_bytes),
            "message.timestamp.type": "LogAppendTime",
            "min.insync.replicas": str(2 if replicas >= SAFE_REPLICAS else 1),
            "retention.ms": str(-1 if self.days is None else self.days * DAY_MS),
        }
        if self.kept != "delete":  # what a worker reads at its start is little only where compaction keeps up
            found |= {"min.cleanable.dirty.ratio": "0.1", "segment.ms": str(3_600_000)}
        return found


INCIDENTS: Final = "tocsin.incidents"
PETITIONS: Final = "tocsin.petitions"
ORDERS: Final = "tocsin.orders"
FRAMES: Final = "tocsin.frames"
REFUSED: Final = "tocsin.refused"
SIGNALS: Final = "tocsin.signals"
COUNTS: Final = "tocsin.counts"
BASE: Final = "tocsin.base"
STATE: Final = "tocsin.state"
ALERTS: Final = "tocsin.alerts"
RULES: Final = "tocsin.rules"
GIVEN_DAYS: Final = 400
"""How long frames are kept where no city says more."""


def topics(kept_days: int = GIVEN_DAYS) -> tuple[Topic, ...]:
    """All of ours; `kept_days`: the longest retention of the cities."""
    return (
        Topic(INCIDENTS, "delete", RAW_DAYS),
        Topic(PETITIONS, "delete", RAW_DAYS),
        Topic(ORDERS, "delete", kept_days),
        Topic(FRAMES, "delete", kept_days, FRAME_BYTES),
        Topic(REFUSED, "delete", REFUSED_DAYS),
        Topic(SIGNALS, "delete", kept_days),
        Topic(COUNTS, "compact,delete", kept_days),
        Topic(BASE, "compact,delete", kept_days),
        Topic(STATE, "compact", None, STATE_BYTES),
        Topic(ALERTS, "compact"),
        Topic(RULES, "compact", None, FRAME_BYTES),
    )


def partition_of(city: str, partitions: int) -> int:
    """Where everything of a city lies: the number that Kafka's own partitioner gives its name.

    Source: org.apache.kafka.clients.producer.internals.BuiltInPartitioner.partitionForKey.
    """
    from kafka.partitioner import murmur2  # noqa: PLC0415 - a worker, whose start counts, needs none of that package

    return int((murmur2(city.encode()) & 0x7FFFFFFF) % partitions)


def foreign(cities: Iterable[City]) -> Mapping[str, str]:
    """Topics of feeds that are not ours -> the city that reads each."""
    return {
        feed.comes.topic: city.name for city in cities for feed in city.feeds.values() if feed.comes.topic is not None
    }
