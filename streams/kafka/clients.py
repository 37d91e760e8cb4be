"""Clients of the brokers, set up for batches: what a default of theirs costs is said beside the value."""

from __future__ import annotations

import logging
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer

from streams.kafka.topics import ORDERS
from streams.messages import SpokenError

FENCED: Final = frozenset({KafkaError._FENCED, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH})
"""Codes of what a transactional producer raises once another one has its name."""
CALL_SECONDS: Final = 10.0
TRANSACTION_MS: Final = 30_000
SESSION_MS: Final = 10_000
_PREFETCH_KIB: Final = 16_384
"""A consumer fetches ahead outside of Python's sight: by default up to 64 MiB a partition."""


LOG: Final = logging.getLogger("librdkafka")


def consumer(address: str, group: str, *, member: str | None = None, ends: bool = False) -> Consumer:
    """Reads what is committed, and commits nothing by itself. `member`: keeps its partitions over a restart;
    `ends`: the end of each partition is told, as an error of its own."""
    settings: dict[str, str | int | bool] = {
        "bootstrap.servers": address,
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "enable.partition.eof": ends,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        "fetch.queue.backoff.ms": 10,  # 1000 by default, which quarters a fast consumer
        "queued.max.messages.kbytes": _PREFETCH_KIB,
        "session.timeout.ms": SESSION_MS,
        "topic.metadata.refresh.interval.ms": 30_000,
    }
    if member is not None:
        settings["group.instance.id"] = member
    return Consumer(settings, logger=LOG)


def transactional(address: str, name: str) -> Producer:
    """A producer whose start fences whoever had its name before."""
    return Producer(
        {
            "bootstrap.servers": address,
            "transactional.id": name,
            "transaction.timeout.ms": TRANSACTION_MS,
            "linger.ms": 0,
            "compression.type": "lz4",
            "message.max.bytes": 8 << 20,
        },
        logger=LOG,
    )


def producer(address: str, *, linger_ms: int = 20) -> Producer:
    """Batches, acks from all replicas, keys laid where Kafka's own partitioner lays them."""
    return Producer(
        {
            "bootstrap.servers": address,
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
            "linger.ms": linger_ms,
            "compression.type": "lz4",
            "message.max.bytes": 8 << 20,
            "queue.buffering.max.messages": 200_000,
        },
        logger=LOG,
    )


def widths(client: Consumer | Producer, address: str) -> dict[str, int]:
    """Partitions of every topic. Raises SpokenError where no broker answers, or ours are not there."""
    try:
        found = {name: len(told.partitions) for name, told in client.list_topics(timeout=CALL_SECONDS).topics.items()}
    except KafkaException as fault:
        raise SpokenError("kafka-unreachable", address=address, why=fault.args[0].name()) from None
    if ORDERS not in found:
        raise SpokenError("kafka-topic-missing", topic=ORDERS)
    return found
