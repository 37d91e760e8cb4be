"""What the doctor asks of the Kafka road: do brokers answer, are the topics as wanted, who is how far behind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, OffsetSpec
from kafka.errors import KafkaError

from alerts.offsets import Partition
from streams.brokers import Address, brokers_at
from streams.city import City
from streams.doctor.finding import Finding, bad, good, note
from streams.kafka import knock
from streams.kafka.admin import admin, check
from streams.kafka.intake import RAW_GROUP
from streams.kafka.topics import COUNTS, FRAMES, INCIDENTS, PETITIONS, SIGNALS, foreign, partition_of
from streams.kafka.worker import NAME as WORKERS
from streams.messages import SpokenError

LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
MOST_BEHIND: Final = 10_000
"""Records. A worker judges thousands a second: more than this is no moment's work."""


def of_the_road(
    address: Address, cities: Sequence[City], heard: Mapping[str, Mapping[Partition, int]] = {}
) -> Iterator[Finding]:
    """Brokers, topics, and who reads them. `heard`: by city, how far its desk has read."""
    fault = knock.kept_out(address)  # a client would try for seconds, and leave its sockets open
    if fault is not None:
        yield bad("kafka", fault)
        return
    try:
        report = check(address, cities)
    except SpokenError as refused:
        yield bad("kafka", refused)
        return
    yield good("kafka", "doctor-kafka-good", address=address)
    brokers = brokers_at(address)
    if not brokers.secured and not all(host in LOOPBACK for host, _ in brokers.hosts()):
        yield note("kafka", "doctor-kafka-open")
    for drift in report.drifts:
        yield bad("topics", drift.name, **drift.values)
    if not report.drifts:
        yield good("topics", "doctor-topics-good", topics=report.topics, partitions=report.partitions)
    if FRAMES not in {drift.values.get("topic") for drift in report.drifts if drift.name == "kafka-topic-missing"}:
        with admin(address) as client:
            yield from _behind(client, RAW_GROUP, "intake", {INCIDENTS, PETITIONS, *foreign(cities)})
            yield from _behind(client, WORKERS, "worker", {FRAMES})
            for city in cities:
                number = partition_of(city.name, report.partitions)
                yield _desk_behind(client, city.name, number, heard.get(city.name, {}))


def _behind(client: KafkaAdminClient, group: str, who: str, topics: set[str]) -> Iterator[Finding]:
    """How far the readers of some topics are behind their ends."""
    try:
        read = {place: int(told.offset) for place, told in _committed(client, group).items() if place.topic in topics}
        ends = client.list_partition_offsets(dict.fromkeys(read, OffsetSpec.LATEST)) if read else {}
    except KafkaError as fault:
        yield note("lag", f"doctor-lag-unasked-{who}", why=type(fault).__name__)
        return
    if not read:
        yield note("lag", f"doctor-lag-no-{who}")
        return
    behind = sum(max(0, int(ends[place].offset) - max(0, at)) for place, at in read.items())
    if behind > MOST_BEHIND:
        yield bad("lag", f"doctor-lag-{who}", records=behind)
    else:
        yield good("lag", f"doctor-lag-good-{who}", records=behind)


def _desk_behind(client: KafkaAdminClient, city: str, number: int, heard: Mapping[Partition, int]) -> Finding:
    """What a desk has not heard yet of its signals and counts: how far it read lies in its store."""
    places = [TopicPartition(topic, number) for topic in (SIGNALS, COUNTS)]
    if not any((place.topic, number) in heard for place in places):
        return note("lag", "doctor-lag-no-desk", city=city)
    try:
        ends = client.list_partition_offsets(dict.fromkeys(places, OffsetSpec.LATEST))
    except KafkaError as fault:
        return note("lag", "doctor-lag-unasked-desk", city=city, why=type(fault).__name__)
    behind = sum(max(0, int(ends[place].offset) - heard.get((place.topic, number), 0)) for place in places)
    told = bad if behind > MOST_BEHIND else good
    return told("lag", "doctor-lag-desk" if behind > MOST_BEHIND else "doctor-lag-good-desk", city=city, records=behind)


def _committed(client: KafkaAdminClient, group: str) -> dict[TopicPartition, Any]:
    found: dict[TopicPartition, Any] = client.list_group_offsets(group).get(group, {})
    return found
