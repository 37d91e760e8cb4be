"""Clients of the brokers, set up for batches: what a default of theirs costs is said beside the value."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from streams.brokers import Address, brokers_at
from streams.kafka import knock
from streams.kafka.topics import FRAME_BYTES, ORDERS
from streams.kafka.wire import Headers
from streams.messages import SpokenError

FENCED: Final = frozenset(
    {KafkaError._FENCED, KafkaError._FATAL, KafkaError.PRODUCER_FENCED, KafkaError.INVALID_PRODUCER_EPOCH}
)
"""Codes of what a transactional producer raises once another one has its name; fatal is what it says from then on."""
FORBIDDEN: Final = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)
"""Codes of what the brokers do not let us do."""
CALL_SECONDS: Final = 10.0
QUEUE_SECONDS: Final = 30.0
DELIVERY_SECONDS: Final = 300.0
_COMING_UP: Final = frozenset({KafkaError.NOT_COORDINATOR, KafkaError.COORDINATOR_LOAD_IN_PROGRESS})
TRANSACTION_MS: Final = 30_000
SESSION_MS: Final = 10_000
_PREFETCH_KIB: Final = 16_384
"""A consumer fetches ahead outside of Python's sight: by default up to 64 MiB a partition."""
_LARGEST: Final = 2**63 - 1
"""Of what a database keeps in one column."""
LOG: Final = logging.getLogger("librdkafka")


def consumer(address: Address, group: str, *, ends: bool = False) -> Consumer:
    """Reads what is committed, and commits nothing by itself. `ends`: the end of each partition is told, as an error of
    its own."""
    settings = {
        **brokers_at(address).librdkafka(),
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
    return Consumer(settings, logger=LOG)


def transactional(address: Address, name: str) -> Producer:
    """A producer whose start fences whoever had its name before."""
    return Producer(
        {
            **brokers_at(address).librdkafka(),
            "transactional.id": name,
            "transaction.timeout.ms": TRANSACTION_MS,
            "linger.ms": 0,
            "compression.type": "lz4",
            "message.max.bytes": FRAME_BYTES,
        },
        logger=LOG,
    )


def producer(address: Address, *, linger_ms: int = 20, seconds: float = DELIVERY_SECONDS) -> Producer:
    """Batches, acks from all replicas, keys laid where Kafka's own partitioner lays them. `seconds`: how long a record
    is tried."""
    return Producer(
        {
            **brokers_at(address).librdkafka(),
            "partitioner": "murmur2_random",
            "enable.idempotence": True,
            "linger.ms": linger_ms,
            "compression.type": "lz4",
            "message.max.bytes": FRAME_BYTES,
            "queue.buffering.max.messages": 200_000,
            "message.timeout.ms": round(1000 * seconds),
        },
        logger=LOG,
    )


def at_hand(client: Consumer, most: int, seconds: float) -> list[Message]:
    """What lies at hand, and errors that are told like records; where nothing does, what comes first within `seconds`.
    `consume` alone waits until it has as many as it may give, or until its time is over."""
    found = client.consume(most, 0)
    if not found and seconds and (found := client.consume(1, seconds)) and most > 1:
        found += client.consume(most - 1, 0)
    return found


def committed(client: Consumer, places: Sequence[TopicPartition]) -> list[TopicPartition]:
    """What a group has committed; a coordinator that is only coming up is waited for. Raises KafkaException."""
    limit = time.monotonic() + QUEUE_SECONDS
    while True:
        try:
            return client.committed(list(places), CALL_SECONDS)
        except KafkaException as fault:
            if (not fault.args[0].retriable() and fault.args[0].code() not in _COMING_UP) or time.monotonic() > limit:
                raise
            time.sleep(0.2)


def widths(client: Consumer | Producer, address: Address) -> dict[str, int]:
    """Partitions of every topic. Raises SpokenError where no broker answers or lets us in, or ours are not there."""
    if brokers_at(address).secured:
        knock.check(address)  # clients would go on trying, and say only that nobody answers
    try:
        found = {name: len(told.partitions) for name, told in client.list_topics(timeout=CALL_SECONDS).topics.items()}
    except KafkaException as fault:
        raise SpokenError("kafka-unreachable", address=address, why=fault.args[0].name()) from None
    if ORDERS not in found:
        raise SpokenError("kafka-topic-missing", topic=ORDERS)
    return found


def made(address: Address, topic: str, seconds: float = CALL_SECONDS) -> int:
    """A number of this very topic: one that is made anew, or lies at other brokers, has another. Raises SpokenError
    where no broker says it within `seconds`."""
    client = AdminClient(dict(brokers_at(address).librdkafka()), logger=LOG)
    try:
        told = client.describe_topics(TopicCollection([topic]), request_timeout=seconds)[topic].result().topic_id
    except KafkaException as fault:
        raise SpokenError("kafka-unreachable", address=address, why=fault.args[0].name()) from None
    return int((told.get_most_significant_bits() ^ told.get_least_significant_bits()) & _LARGEST)


def check_rights(address: Address, process: str, group: str, topic: str) -> None:
    """That we may read a topic as a member of a group: a client that may not waits for ever. Raises SpokenError."""
    client = consumer(address, group)
    try:
        told = client.list_topics(topic, CALL_SECONDS).topics[topic]
        if told.error is not None and told.error.code() in FORBIDDEN:
            raise SpokenError("kafka-forbidden", address=address, why=told.error.name(), process=process)
        committed(client, [TopicPartition(topic, 0)])
    except KafkaException as fault:
        if fault.args[0].code() in FORBIDDEN:
            raise SpokenError(
                "kafka-forbidden", address=address, why=fault.args[0].name(), process=process
            ) from None  # what else there is, a client tries again
    finally:
        client.close()


class Sending:
    """A producer whose failures are not lost: `flush` says when all is with the brokers, or raises what went wrong.

    A message that failed leaves the queue like one that was delivered; only its report tells them apart.
    """

    def __init__(self, address: Address, *, linger_ms: int = 20) -> None:
        self._producer = producer(address, linger_ms=linger_ms)
        self._fault: KafkaError | None = None

    def widths(self, address: Address) -> dict[str, int]:
        return widths(self._producer, address)

    def send(self, topic: str, value: bytes, *, key: bytes, partition: int, headers: Headers | None = None) -> None:
        """Hand a record over; waits where the brokers are slower than we."""
        produce(self._producer, topic, value, key=key, partition=partition, headers=headers, told=self._told)

    def flush(self, seconds: float) -> None:
        """Raises TimeoutError, KafkaException."""
        left = self._producer.flush(seconds)
        if self._fault is not None:
            raise KafkaException(self._fault)
        if left:
            raise TimeoutError(f"{left} records were not taken by the brokers")

    def _told(self, fault: KafkaError | None, _: object) -> None:
        self._fault = self._fault or fault


def produce(
    client: Producer,
    topic: str,
    value: bytes | None,
    *,
    key: bytes | None = None,
    partition: int = -1,
    headers: Headers | None = None,
    told: Callable[[KafkaError | None, Message], None] | None = None,
) -> None:
    """Hand a record over; where the queue is full, wait until the brokers have taken some. Raises TimeoutError."""
    limit = time.monotonic() + QUEUE_SECONDS
    while True:
        try:
            client.produce(topic, value, key=key, partition=partition, headers=headers or [], on_delivery=told)
        except BufferError:
            if time.monotonic() > limit:
                raise TimeoutError(f"{topic}: the brokers took nothing for {QUEUE_SECONDS} s") from None
            client.poll(0.1)
        else:
            client.poll(0)
            return
