"""The stream into its topics: keyed by city for us, with ticks in band, and keyed by area for the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.peers.stream import AREAS, HOUR, Answer, Reference, Sent, area_code, events
from benchmarks.peers.towns import AREAS_A_TOWN, TOWNS
from streams.kafka import admin, clients
from streams.kafka.topics import INCIDENTS, partition_of

TICK_SECONDS: Final = 6 * HOUR
"""Stream time between two ticks, some 5,500 events of all towns. On the wall clock a tick a second would lie between
some hundred thousand at such a rate. Signals do not wait for it: open buckets are judged at every frame."""
FLUSH_SECONDS: Final = 120.0


@dataclass(slots=True)
class Expected:
    """What must come of the events of a topic."""

    events: int
    repeats: int = 0
    alerts: dict[Answer, str] = field(default_factory=dict)


def fill(address: str, cities: Sequence[str], of: int, others: Mapping[str, int], first: int | None = None) -> Expected:
    """Pour the stream of `of` events, or its `first` ones, into our raw topic; and into the topics of `others` as many
    of them as each says. What must come of ours."""
    of_area = {area_code(n): cities[n // AREAS_A_TOWN] for n in range(AREAS)}
    number = {city: partition_of(city, TOWNS) for city in cities}
    sending, reference = clients.Sending(address), Reference()
    tick, last, sent = 0, 0, 0
    for n, one in enumerate(events(of, first)):
        if one.at > last and one.at // TICK_SECONDS > tick:
            tick = one.at // TICK_SECONDS
            _ticks(sending, number, tick * TICK_SECONDS * 1000 - 1)
        last = max(last, one.at)
        city = of_area[one.area]
        sending.send(INCIDENTS, one.data, key=city.encode(), partition=number[city])
        for topic, most in others.items():
            if n < most:
                _keyed_by_area(sending, topic, one)
        reference.take(one)
        sent = n + 1
    _ticks(sending, number, (last + 1) * 1000)
    sending.flush(FLUSH_SECONDS)
    return Expected(sent, reference.repeats, reference.alerts)


def _ticks(sending: clients.Sending, number: Mapping[str, int], at: int) -> None:
    for city, partition in number.items():
        sending.send(INCIDENTS, b'{"tick":%d}' % at, key=city.encode(), partition=partition)


def _keyed_by_area(sending: clients.Sending, topic: str, one: Sent) -> None:
    sending.send(topic, one.data, key=one.area.encode(), partition=partition_of(one.area, TOWNS))


def expected_of(of: int, first: int) -> Expected:
    """What must come of the first events of a stream."""
    reference = Reference()
    for one in events(of, first):
        reference.take(one)
    return Expected(first, reference.repeats, reference.alerts)


def make_topics(address: str, names: Sequence[str]) -> None:
    """Topics of the others, of as many partitions; events carry old times, so nothing is ever deleted."""
    wanted = {
        name: {"num_partitions": TOWNS, "replication_factor": 1, "configs": {"retention.ms": "-1"}} for name in names
    }
    if not names:
        return
    with admin.admin(address) as client:
        client.create_topics(wanted, wait_for_metadata=True)
