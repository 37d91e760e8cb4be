"""Counts that a worker says, on a real broker: those that the local road keeps, also after a kill between two saves."""

from __future__ import annotations

from typing import Final

import msgspec
import pytest

from alerts.counts import MemoryCounts
from rules import book as books
from rules.engine import Engine
from rules.records import Record, UseBook
from rules.shown import Count, Recount
from streams.kafka import admin, clients, counted, views
from streams.kafka.shard import Shard
from streams.kafka.topics import COUNTS, RULES, partition_of
from tests.engine.worlds import HOUR, START, Event, book, log_of
from tests.engine.worlds import RULES as SMALL
from tests.kafka.road import PARTITIONS, example, messages

pytestmark = pytest.mark.xdist_group("kafka")
OF: Final = books.decode(books.encode(book(SMALL)))  # as it comes back from its topic
EVENTS: Final = [Event(id=n + 1, occurred=7 * n, arrived=7 * n + 1, offset=n) for n in range(60)]
LATE: Final = Event(id=99, occurred=61, arrived=290, offset=99)
LOG: Final[list[Record]] = [UseBook(1, OF.digest), *log_of([*EVENTS, LATE], range(5, 600, 5))]


def settled(store: MemoryCounts) -> list[Count]:
    return [row for row in store.counts("small", 0, START + 99 * HOUR) if row.settled and row.count]


def test_a_worker_says_the_counts_that_one_machine_keeps(bare: str) -> None:
    admin.setup(bare, [example("montgomery")], partitions=PARTITIONS)
    sending, number = clients.Sending(bare), partition_of("small", PARTITIONS)
    sending.send(RULES, books.encode(OF), key=OF.digest.encode(), partition=0)
    sending.flush(20)
    for begin, save, end in ((0, 40, 70), (40, 90, 95), (90, len(LOG), len(LOG))):
        worker = Shard(number, bare)
        assert worker.through == begin
        for offset, record in enumerate(LOG[begin:end], begin):
            worker.apply("small", record, offset, "stream")
            if offset + 1 == save:
                worker.save()
    kept, seen = MemoryCounts(), []
    for key, value in messages(bare, COUNTS, number):
        if views.is_view(key or b""):
            continue
        city, row = counted.read(key or b"", value)
        seen.append(row)
        kept.put_counts(city, [row])

    local, engine = MemoryCounts(), Engine(OF, clock="stream")
    engine.show_counts()
    for n, record in enumerate(LOG[1:], 2):
        engine.apply(record, n)
        local.put_counts("small", engine.counted(open_too=False))
    assert settled(kept) == settled(local)
    assert {type(row) for row in seen} == {Count, Recount}
    assert any(isinstance(row, Count) and not row.settled for row in seen)


def test_what_is_counted_later_has_a_key_of_its_own() -> None:
    row = Recount("many", "v1", "north", "incident", START, HOUR, 3)
    key, value = counted.entry("small", row)
    other, _ = counted.entry("small", row.alone())
    assert key != other
    assert counted.read(key, value) == ("small", row)
    with pytest.raises(msgspec.MsgspecError):
        counted.read(key, b"{}")
