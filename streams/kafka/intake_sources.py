"""Which raw partitions the feeds of a city come by."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from streams.city import City
from streams.kafka.merge import Source
from streams.kafka.topics import INCIDENTS, PETITIONS
from streams.messages import SpokenError

KINDS: Final[Mapping[str, str]] = {"incident": INCIDENTS, "petition": PETITIONS}


def sources_of(city: City, number: int, widths: Mapping[str, int]) -> dict[Source, list[str]]:
    """The raw partitions that the feeds of a city come by, with those feeds. `widths`: partitions by topic."""
    found: dict[Source, list[str]] = defaultdict(list)
    for name, feed in city.feeds.items():
        topic = feed.comes.topic
        if topic is None:
            found[KINDS[feed.kind], number].append(name)
        elif topic not in widths:
            raise SpokenError("kafka-foreign-topic-missing", topic=topic, city=city.name)
        else:
            for partition in range(widths[topic]):
                found[topic, partition].append(name)
    return dict(found)
