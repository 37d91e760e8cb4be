"""Orders of people, sent to the topic of orders: the intake that holds the city writes them into its log."""

from __future__ import annotations

from confluent_kafka import KafkaException

from rules.records import Order, encode
from streams.kafka import clients
from streams.kafka.retries import WAIT_SECONDS
from streams.kafka.topics import ORDERS, partition_of
from streams.messages import SpokenError


def send(address: str, city: str, order: Order) -> None:
    """Raises SpokenError where the brokers do not take it."""
    sending = clients.Sending(address)
    try:
        width = sending.widths(address)[ORDERS]
        sending.send(ORDERS, encode(order), key=city.encode(), partition=partition_of(city, width))
        sending.flush(WAIT_SECONDS)
    except (TimeoutError, KafkaException) as fault:
        raise SpokenError("kafka-not-taken", why=fault) from None
