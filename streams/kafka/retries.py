"""Refused records, put through after the mend: read again from their raw partition by their place, never from the
scrubbed copy.

`tocsin refused retry` asks for it in the city's orders; the intake that holds the city reads the records, and its
transaction writes what they give together with how far it read the orders: so each request is answered once. What
passes is said to be released in `tocsin.refused`; what lies there and was not released is still refused.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Literal

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.brokers import Address
from streams.city import City
from streams.intake import Intake
from streams.kafka import clients
from streams.kafka.intake_sources import sources_of
from streams.kafka.merge import Source
from streams.kafka.reading import whole
from streams.kafka.topics import ORDERS, REFUSED, partition_of
from streams.kafka.wire import Headers, Raw, raw_of, texts
from streams.messages import SpokenError
from streams.refusals import Place, Refusal
from streams.retry import PUSHED

RELEASED: Final = "tocsin-released"
"""Header of a record of `tocsin.refused` without a value: the place of a refused record that has passed since."""
AT_ONCE: Final = 500
"""Most records of one request."""
NEAR: Final = 5_000
WAIT_SECONDS: Final = 10.0


class Retry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Among the orders of a city, as JSON: read these records of a raw partition again."""

    topic: str
    partition: int
    offsets: tuple[int, ...]
    kind: Literal["retry"] = "retry"


def retry_in(data: bytes) -> Retry | None:
    """The request in a record of the orders; None where it is none."""
    try:
        return msgspec.json.decode(data, type=Retry)
    except msgspec.MsgspecError:
        return None


def release(place: Place) -> Headers:
    """Headers that say that what lies at `place` has passed."""
    return [(RELEASED, f"{place.partition}:{place.offset}")]


def still_refused(address: Address, city: City, feed: str | None = None) -> list[Refusal]:
    """The refused records of a city that have not passed since, oldest first, each place once. Raises SpokenError."""
    consumer = clients.consumer(address, "tocsin-reading")
    number = partition_of(city.name, clients.widths(consumer, address)[ORDERS])
    consumer.close()
    return [told for told in lying(address, city.name, number) if feed in (None, told.feed)]


def lying(address: Address, city: str, number: int) -> list[Refusal]:
    """The refused records of a city, whose partition is `number`, that have not passed since. Raises KafkaException."""
    found: dict[str, Refusal] = {}
    for message in whole(address, REFUSED, number):
        if message.key() != city.encode():
            continue
        if message.value() is None:
            found.pop(texts(message.headers()).get(RELEASED, ""), None)
            continue
        told = msgspec.json.decode(message.value() or b"", type=Refusal)
        found[f"{told.place.partition}:{told.place.offset}"] = told
    return [*found.values()]


def ask(address: Address, city: City, intake: Intake, refused: Sequence[Refusal]) -> tuple[int, int]:
    """Ask the city's intake to read them again: (records asked for, records whose partition no feed reads any more).

    Raises SpokenError where the brokers do not take it.
    """
    sending = clients.Sending(address)
    widths = sending.widths(address)
    number = partition_of(city.name, widths[ORDERS])
    known = {intake.partition(f"{topic}-{n}"): (topic, n) for topic, n in sources_of(city, number, widths)}
    wanted: Mapping[Source, list[int]] = defaultdict(list)
    lost = 0
    for told in refused:
        if told.place.partition.startswith(PUSHED):
            continue  # its sender was told at once, and it lies nowhere
        source = known.get(told.place.partition)
        if source is None:
            lost += 1
        else:
            wanted[source].append(told.place.offset)
    for (topic, n), offsets in wanted.items():
        for at in range(0, len(offsets), AT_ONCE):
            request = Retry(topic, n, tuple(sorted(offsets[at : at + AT_ONCE])))
            sending.send(ORDERS, msgspec.json.encode(request), key=city.name.encode(), partition=number)
    try:
        sending.flush(WAIT_SECONDS)
    except (TimeoutError, KafkaException) as fault:
        raise SpokenError("kafka-not-taken", why=fault) from None
    return sum(map(len, wanted.values())), lost


def read_again(address: Address, request: Retry, now: int) -> list[tuple[str, Raw]]:
    """(key, record) of each place that still lies there. Raises KafkaException, TimeoutError where brokers are slow."""
    consumer = clients.consumer(address, "tocsin-reading", ends=True)
    found: list[tuple[str, Raw]] = []
    try:
        low, high = consumer.get_watermark_offsets(
            TopicPartition(request.topic, request.partition), clients.CALL_SECONDS
        )
        wanted = sorted({offset for offset in request.offsets if low <= offset < high})
        for stretch in _stretches(wanted):
            consumer.assign([TopicPartition(request.topic, request.partition, stretch[0])])
            for message in _until(consumer, stretch[-1]):
                if message.offset() in stretch:
                    key = (message.key() or b"").decode("utf-8", "replace")
                    found.append((key, raw_of(message, now)))
    finally:
        consumer.close()
    return found


def _stretches(offsets: Sequence[int]) -> list[list[int]]:
    """Neighbours are read in one go: to go to a place costs as much as to read thousands."""
    found: list[list[int]] = []
    for offset in offsets:
        if found and offset - found[-1][-1] < NEAR:
            found[-1].append(offset)
        else:
            found.append([offset])
    return found


def _until(consumer: Consumer, last: int) -> Iterator[Message]:
    """What lies up to `last`, or to the end of the partition."""
    limit = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < limit:
        for message in consumer.consume(NEAR, 0.05):
            fault = message.error()
            if fault is not None and fault.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(fault)
            if fault is None:
                yield message
            if fault is not None or (message.offset() or 0) >= last:
                return
            limit = time.monotonic() + WAIT_SECONDS
    raise TimeoutError(f"nothing was read for {WAIT_SECONDS} s")
