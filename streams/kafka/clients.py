"""Clients of the brokers, set up for batches: what a default of theirs costs is said beside the value."""

from __future__ import annotations

from typing import Final

from confluent_kafka import Consumer, KafkaException, Producer

FENCED: Final = KafkaException
"""What a transactional producer raises once another one has its name."""
TRANSACTION_MS: Final = 30_000
SESSION_MS: Final = 10_000
_PREFETCH_KIB: Final = 16_384
"""A consumer fetches ahead outside of Python's sight: by default up to 64 MiB a partition."""


def consumer(address: str, group: str, *, member: str | None = None) -> Consumer:
    """Reads what is committed, and commits nothing by itself. `member`: keeps its partitions over a restart."""
    settings: dict[str, str | int | bool] = {
        "bootstrap.servers": address,
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        "fetch.queue.backoff.ms": 10,  # 1000 by default, which quarters a fast consumer
        "queued.max.messages.kbytes": _PREFETCH_KIB,
        "session.timeout.ms": SESSION_MS,
        "topic.metadata.refresh.interval.ms": 30_000,
    }
    if member is not None:
        settings["group.instance.id"] = member
    return Consumer(settings)


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
        }
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
        }
    )
