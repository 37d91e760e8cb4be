"""Cities of one partition at work, on a real broker: what is taken up, also of a city that has only begun."""

from __future__ import annotations

from typing import Final

import pytest
from confluent_kafka import KafkaException

from rules import book as books
from rules.records import Tick, UseBook
from streams.kafka import admin, clients
from streams.kafka.shard import Shard
from streams.kafka.topics import RULES
from tests.kafka.road import PARTITIONS, example

pytestmark = pytest.mark.xdist_group("kafka")
NUMBER: Final = 3
NOON: Final = 1_453_300_000_000


def test_a_city_that_has_only_begun_is_taken_up(bare: str) -> None:
    cities = [example("montgomery"), example("boston")]
    admin.setup(bare, cities, partitions=PARTITIONS)
    sending = clients.Sending(bare)
    for city in cities:
        sending.send(RULES, books.encode(city.book), key=city.book.digest.encode(), partition=0)
    sending.flush(20)
    first = Shard(NUMBER, bare)
    first.apply("montgomery", UseBook(1, cities[0].book.digest), 0, "stream")
    first.apply("montgomery", Tick(NOON), 1, "stream")
    first.apply("boston", UseBook(1, cities[1].book.digest), 2, "stream")
    first.save()
    second = Shard(NUMBER, bare)
    assert second.through == 3
    second.apply("boston", Tick(NOON), 3, "stream")
    second.save()
    third = Shard(NUMBER, bare)
    assert third.through == 4
    assert [engine.tick for name in ("boston", "montgomery") if (engine := third.engine(name))] == [NOON, NOON]
    first.apply("boston", Tick(NOON), 3, "stream")
    with pytest.raises(KafkaException):  # another one has the partition by now
        first.save()
