"""An Order from a command to the intake that holds a city: one record among the city's orders; and a book to where
books lie."""

from __future__ import annotations

from typing import Final, Literal

import msgspec
from confluent_kafka import KafkaException

from rules import book as books
from rules.book import Book
from rules.records import Order, encode
from streams.brokers import Address
from streams.kafka import clients
from streams.kafka.topics import ORDERS, RULES, partition_of
from streams.messages import SpokenError
from streams.releases import Swap

WAIT_SECONDS: Final = 10.0


class Release(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Among the orders of a city, as JSON: other rules for the book in force."""

    swap: Swap
    kind: Literal["release"] = "release"


def swap_in(data: bytes) -> Swap | None:
    """The rules in a record of the orders; None where it brings none."""
    try:
        return msgspec.json.decode(data, type=Release).swap
    except msgspec.MsgspecError:
        return None


def give(address: Address, city: str, order: Order) -> None:
    """Send it; it acts after the last tick before it. Raises SpokenError where the brokers do not take it."""
    _send(address, city, encode(order))


def release(address: Address, city: str, swap: Swap) -> None:
    """Send other rules; they act after the last tick before them. Raises SpokenError where the brokers do not take
    them."""
    _send(address, city, msgspec.json.encode(Release(swap)))


def lay(address: Address, book: Book) -> None:
    """Lay a book where workers and desks look for it, under its hash; one that lies there already lies there twice.
    Raises SpokenError where the brokers do not take it."""
    sending = clients.Sending(address)
    digest = book.digest.encode()
    number = partition_of(book.digest, sending.widths(address)[RULES])
    sending.send(RULES, books.encode(book), key=digest, partition=number)
    _flush(sending)


def _send(address: Address, city: str, data: bytes) -> None:
    sending = clients.Sending(address)
    number = partition_of(city, sending.widths(address)[ORDERS])
    sending.send(ORDERS, data, key=city.encode(), partition=number)
    _flush(sending)


def _flush(sending: clients.Sending) -> None:
    try:
        sending.flush(WAIT_SECONDS)
    except (TimeoutError, KafkaException) as fault:
        raise SpokenError("kafka-not-taken", why=fault) from None
