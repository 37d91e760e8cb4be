"""An Order from a command to the intake that holds a city: one record among the city's orders."""

from __future__ import annotations

from typing import Final

from confluent_kafka import KafkaException

from rules.records import Order, encode
from streams.brokers import Address
from streams.kafka import clients
from streams.kafka.topics import ORDERS, partition_of
from streams.messages import SpokenError

WAIT_SECONDS: Final = 10.0


def give(address: Address, city: str, order: Order) -> None:
    """Send it; it acts after the last tick before it. Raises SpokenError where the brokers do not take it."""
    sending = clients.Sending(address)
    number = partition_of(city, sending.widths(address)[ORDERS])
    sending.send(ORDERS, encode(order), key=city.encode(), partition=number)
    try:
        sending.flush(WAIT_SECONDS)
    except (TimeoutError, KafkaException) as fault:
        raise SpokenError("kafka-not-taken", why=fault) from None
