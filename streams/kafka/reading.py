"""Reading what lies in a partition, from its beginning, or from an offset on, to its end as it is now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.brokers import Address, brokers_at

AT_ONCE: Final = 5_000
WAIT_SECONDS: Final = 0.05
CALL_SECONDS: Final = 30.0


def whole(
    address: Address, topic: str, partition: int, *, committed: bool = True, since: int = OFFSET_BEGINNING
) -> Iterator[Message]:
    """Every record of a partition from the offset `since` on; `committed`: of transactions, only what ended well.
    Raises KafkaException."""
    consumer = Consumer(
        {
            **brokers_at(address).librdkafka(),
            "group.id": "tocsin-reading",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "isolation.level": "read_committed" if committed else "read_uncommitted",
            "fetch.queue.backoff.ms": 10,
            "fetch.wait.max.ms": 10,  # the end of a partition is told after so long: 500 by default
        }
    )
    try:
        consumer.list_topics(topic, CALL_SECONDS)  # known at once, not when the client next asks by itself
        consumer.assign([TopicPartition(topic, partition, since)])
        while True:
            for message in consumer.consume(AT_ONCE, WAIT_SECONDS):
                fault = message.error()
                if fault is None:
                    yield message
                elif fault.code() == KafkaError._PARTITION_EOF:
                    return
                else:
                    raise KafkaException(fault)
    finally:
        consumer.close()
