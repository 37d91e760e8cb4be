"""Topics made as they should be, and held against that. Drift is told, never mended: a changed number of partitions
moves cities, a shorter retention deletes what an explanation needs."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import KafkaError, TopicAlreadyExistsError

from streams.brokers import Address, brokers_at
from streams.city import City
from streams.kafka import knock
from streams.kafka.topics import GIVEN_DAYS, ORDERS, SAFE_REPLICAS, Topic, foreign, topics
from streams.messages import SpokenError

BOOTSTRAP_MS: Final = 5_000


@dataclass(frozen=True, slots=True)
class Drift:
    """Something that is not as it should be: a message's name and its values."""

    name: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Report:
    """What was made, and what is otherwise than it should be. `partitions`: of every topic; 0 where there are none."""

    made: tuple[str, ...]
    drifts: tuple[Drift, ...]
    topics: int
    partitions: int


@dataclass(frozen=True, slots=True)
class _Found:
    partitions: int
    replicas: int
    configs: Mapping[str, str]


@contextlib.contextmanager
def admin(address: Address) -> Generator[KafkaAdminClient, None, None]:
    """A client of the brokers at `address`. Raises SpokenError where none answers, or one refuses."""
    brokers = brokers_at(address)
    if brokers.secured:
        knock.check(brokers)
    try:
        client = KafkaAdminClient(**brokers.kafka_python(), client_id="tocsin-admin", bootstrap_timeout_ms=BOOTSTRAP_MS)
    except (KafkaError, OSError, ValueError) as fault:
        raise SpokenError("kafka-unreachable", address=address, why=type(fault).__name__) from None
    try:
        yield client
    except KafkaError as fault:
        raise SpokenError("kafka-refused", address=address, why=type(fault).__name__) from None
    finally:
        client.close()


def setup(address: Address, cities: Sequence[City], *, partitions: int, replicas: int | None = None) -> Report:
    """Make the topics that are missing. What is there stays as it is, and is told where it differs.

    `replicas`: None takes three, or as many as there are brokers. Raises SpokenError.
    """
    with admin(address) as client:
        brokers = len(client.describe_cluster()["brokers"])
        copies = min(SAFE_REPLICAS, brokers) if replicas is None else replicas
        if copies > brokers:
            raise SpokenError("kafka-replicas", replicas=copies, brokers=brokers)
        there = set(client.list_topics())
        missing = [topic for topic in topics(_kept_days(cities)) if topic.name not in there]
        for topic in missing:
            wanted = {"num_partitions": partitions, "replication_factor": copies, "configs": topic.configs(copies)}
            with contextlib.suppress(TopicAlreadyExistsError):  # somebody else sets up just now
                client.create_topics({topic.name: wanted}, wait_for_metadata=True)
        return _held_against(client, cities, partitions, made=tuple(topic.name for topic in missing))


def check(address: Address, cities: Sequence[City]) -> Report:
    """What is missing, or not as it should be: as many partitions everywhere as the orders have. Raises SpokenError."""
    with admin(address) as client:
        return _held_against(client, cities, None, made=())


def _kept_days(cities: Sequence[City]) -> int:
    return max((city.retention_days for city in cities), default=GIVEN_DAYS)


def _held_against(
    client: KafkaAdminClient, cities: Sequence[City], partitions: int | None, *, made: tuple[str, ...]
) -> Report:
    wanted = topics(_kept_days(cities))
    strangers = foreign(cities)
    there = set(client.list_topics())
    found = _look(client, [topic.name for topic in wanted if topic.name in there])
    wide = partitions or (found[ORDERS].partitions if ORDERS in found else 0)
    drifts: list[Drift] = []
    for topic in wanted:
        if topic.name not in found:
            drifts.append(Drift("kafka-topic-missing", {"topic": topic.name}))
        else:
            drifts += _differs(topic, found[topic.name], wide or found[topic.name].partitions)
    drifts += [
        Drift("kafka-foreign-topic-missing", {"topic": name, "city": city})
        for name, city in strangers.items()
        if name not in there
    ]
    return Report(made, tuple(drifts), len(wanted), wide)


def _differs(topic: Topic, found: _Found, partitions: int) -> list[Drift]:
    drifts = []
    if found.partitions != partitions:
        values = {"topic": topic.name, "found": found.partitions, "wanted": partitions}
        drifts.append(Drift("kafka-partitions-differ", values))
    for name, value in topic.configs(found.replicas).items():
        if found.configs.get(name) != value:
            values = {"topic": topic.name, "name": name, "found": found.configs.get(name, ""), "wanted": value}
            drifts.append(Drift("kafka-config-differs", values))
    return drifts


def _look(client: KafkaAdminClient, names: Sequence[str]) -> dict[str, _Found]:
    if not names:
        return {}
    kind = ConfigResourceType.TOPIC
    told = client.describe_configs([ConfigResource(kind, name) for name in names], config_filter="all")
    configs: Mapping[str, Mapping[str, Any]] = told[kind.name.lower()]
    found = {}
    for topic in client.describe_topics(list(names)):
        parts = topic["partitions"]
        replicas = min(len(part["replica_nodes"]) for part in parts)
        values = {name: str(said["value"]) for name, said in configs[topic["name"]].items()}
        found[topic["name"]] = _Found(len(parts), replicas, values)
    return found
