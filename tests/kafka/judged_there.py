"""A week poured into Kafka and judged there, and the same log judged on one machine: what two desks make of both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from confluent_kafka import Message

from alerts.alert import Alert
from alerts.chain import Entry, decode
from alerts.store import Store
from rules.records import UseBook
from rules.signals import Cause
from streams.city import City
from streams.clock import WallClock
from streams.engines import RuleEngines
from streams.kafka.reading import whole
from streams.kafka.shard import Shard
from streams.kafka.topics import FRAMES, partition_of
from streams.kafka.wire import read
from streams.metrics import Metrics
from streams.opened import Opened, open_city
from streams.settings import Settings
from tests.kafka.road import PARTITIONS, log_of

KEY: Final = "a key of thirty-two bytes, no less"
AT_ONCE: Final = 500


def chosen(data: Path, address: str, **given: Any) -> Settings:
    return Settings(**{"data": data, "reserve_bytes": 0, "key": KEY, "kafka": address, **given})


def judge(address: str, city: City) -> Shard:
    """All that lies in the city's log, judged as a worker does, and said."""
    shard = Shard(partition_of(city.name, PARTITIONS), address)
    for message in whole(address, FRAMES, shard.number):
        if _mine(message, city):
            shard.apply(city.name, read(message.value() or b""), message.offset() or 0, "stream")
    shard.save()
    return shard


def _mine(message: Message, city: City) -> bool:
    return message.key() == city.name.encode()


@contextmanager
def one_machine(city: City, address: str, data: Path, *, shut: bool) -> Iterator[Opened]:
    """The city's log as it lies in Kafka, in a journal of one machine, judged there."""
    settings = chosen(data, address)
    opened = open_city(city, settings, WallClock(), Metrics(), kind="stream", engines=RuleEngines(), shut=shut)
    records = [record for record in log_of(address, city) if not isinstance(record, UseBook)]
    for at in range(0, len(records), AT_ONCE):
        opened.shard.load(records[at : at + AT_ONCE])
    try:
        yield opened
    finally:
        opened.close()


def alerts_in(store: Store) -> list[Alert]:
    """Every alert, without the name of the record that made the engine speak: that is another on another log."""
    nowhere = Cause(0, 0, 0)
    return [
        msgspec.structs.replace(one, signal=msgspec.structs.replace(one.signal, id="", cause=nowhere))
        for one in store.final()
    ]


def chain_of(store: Store) -> list[Entry]:
    """What the chain says, in its order, the hashes of what was before included."""
    return [decode(link.body) for link in store.links()]
