"""The engine of a city as its worker last saved it, for commands that look and change nothing.

It is some seconds old; what it was told since lies in the log. A log of 400 days is not read for a look.
"""

from __future__ import annotations

from rules.engine import Engine
from streams.brokers import Address
from streams.kafka import clients
from streams.kafka.reading import whole
from streams.kafka.shard import Books
from streams.kafka.state import by_city
from streams.kafka.topics import ORDERS, STATE, partition_of


def engine_of(address: Address, city: str) -> Engine | None:
    """None where no worker has saved any. Raises SpokenError where the brokers do not answer."""
    consumer = clients.consumer(address, "tocsin-reading")
    number = partition_of(city, clients.widths(consumer, address)[ORDERS])
    consumer.close()
    memory = by_city((message.key(), message.value()) for message in whole(address, STATE, number)).get(city)
    if memory is None:
        return None
    books = Books(address).read()
    for _, rows in memory.heads():
        try:
            return Engine.of_rows(rows, books)
        except ValueError:  # of another format: the worker judges its log again
            continue
    return None
