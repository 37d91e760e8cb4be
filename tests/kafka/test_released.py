"""Rules that change again and again on the Kafka road, with candidates in shadow among them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec
import pytest
from msgspec import structs

from rules import canonical
from rules.book import Book, DetectorSpec, Rule
from rules.engine import Engine
from rules.records import DropShadow, Record, StartShadow, UseBook
from rules.shadows.score import shadows_of
from rules.signals import Signal
from streams.city import City
from streams.kafka import admin, orders
from streams.kafka.intake import Lane
from streams.kafka.reading import whole
from streams.kafka.shard import Books, Shard
from streams.kafka.topics import FRAMES, INCIDENTS, SIGNALS, partition_of
from streams.kafka.wire import read
from streams.releases import Swap
from streams.replay import REPLAY_KEY
from tests.kafka.road import PARTITIONS, log_of, messages, poured, span, town

pytestmark = pytest.mark.xdist_group("kafka")
STORM: Final = "traffic-storm"
DAYS: Final = ("2016-01-22", "2016-01-23", "2016-01-24")
ASIDE: Final = (UseBook, StartShadow, DropShadow)


def variants(storm: Rule) -> list[Rule]:
    """The first is what the folder has."""
    changes: tuple[dict[str, object], ...] = (
        {"colours": (("red", 1.0),)},
        {"at_least": 12},
        {"keep": 2 * storm.keep},
        {"detector": DetectorSpec("threshold", {"n": 7.0})},
    )
    return [storm, *(structs.replace(storm, version=f"v{n}", **some) for n, some in enumerate(changes))]


class Road:
    """A city whose rules are changed while its past is poured. `runs`: what is in force."""

    def __init__(self, address: str, city: City, seed: int) -> None:
        self.address, self.city, self.dice = address, city, random.Random(seed)
        storm = city.book.rules[0]
        self.steady = structs.replace(storm, id="steady", version="s")
        self.variants = variants(storm)
        self.number = partition_of(city.name, PARTITIONS)
        self.runs = self.with_rule(self.variants[0])
        self.wanted = [self.runs.book.digest]
        self.promoted = 0
        self.shadow: Rule | None = None
        self.lane = self.opened()

    def with_rule(self, rule: Rule) -> City:
        return replace(self.city, book=structs.replace(self.city.book, rules=(self.steady, rule)))

    def opened(self) -> Lane:
        return Lane(self.number, [self.runs], REPLAY_KEY, self.address, {INCIDENTS: PARTITIONS})

    def taken_in(self) -> None:
        while self.lane.behind():
            self.lane.turn()

    def change(self) -> None:
        """A candidate begins or ends, a release comes, now and then sent twice; another intake takes over."""
        dice = self.dice
        if dice.random() < 0.5:
            self.shadow = dice.choice(self.variants) if dice.random() < 0.7 else None
            orders.give(self.address, self.city.name, self.candidate())
        rule = self.shadow if self.shadow is not None and dice.random() < 0.4 else dice.choice(self.variants)
        after = self.with_rule(rule)
        if after.book != self.runs.book:
            self.wanted.append(after.book.digest)
            self.promoted += rule == self.shadow
        swap = Swap.to(after, f"e{len(self.wanted)}", "0123456789ab", UseBook(0, "", by="A-18", reason="looked at it"))
        for _ in range(dice.choice((1, 1, 2))):
            orders.release(self.address, self.city.name, swap)
        if dice.random() < 0.5:  # the one that was there reads it, else whoever takes over
            self.taken_in()
        self.runs = after
        if dice.random() < 0.3:
            self.taken_in()
            self.lane.close()
            self.lane = self.opened()

    def candidate(self) -> StartShadow | DropShadow:
        if self.shadow is None:
            return DropShadow(0, STORM, by="A-17", reason="no better")
        return StartShadow(0, STORM, msgspec.json.encode(self.shadow), by="A-17", reason="as we found")


class Worker:
    """Judges the log as it lies there; now and then it is replaced, and its like goes on from what was saved."""

    def __init__(self, address: str, city: City, number: int, dice: random.Random) -> None:
        self.address, self.city, self.number = address, city, number
        self.shard = Shard(number, address)
        self.read = 0
        for message in whole(address, FRAMES, number):
            offset = message.offset() or 0
            if offset < self.shard.through:
                continue
            self.shard.apply(city.name, read(message.value() or b""), offset, "stream")
            self.read += 1
            if self.read % 40 == 0:
                self.shard.save()
                if dice.random() < 0.2:
                    self.shard = Shard(number, address)
        self.shard.save()

    @property
    def engine(self) -> Engine:
        found = self.shard.engine(self.city.name)
        assert isinstance(found, Engine)
        return found

    def said(self) -> list[Signal]:
        told = [msgspec.json.decode(value, type=Signal) for _, value in messages(self.address, SIGNALS, self.number)]
        return list({one.id: one for one in told}.values())


def replayed(log: Sequence[Record], first: Book, books: Sequence[Book]) -> tuple[Engine, list[Signal]]:
    engine = Engine(first, clock="stream")
    for book in books:
        engine.add_book(book)
    return engine, [signal for offset, record in enumerate(log[1:], 2) for signal in engine.apply(record, offset)]


@pytest.mark.parametrize("changes", [6, pytest.param(100, marks=[pytest.mark.nightly, pytest.mark.timeout(3_600)])])
def test_rules_that_change_again_and_again_are_judged_as_if_each_had_been_in_force_from_its_order(
    bare: str, tmp_path: Path, changes: int
) -> None:
    city = town("changing", tmp_path, DAYS)
    admin.setup(bare, [city], partitions=PARTITIONS)
    road = Road(bare, city, seed=changes)
    since, until = span(city, DAYS[0], DAYS[-1])
    edges = [since + (until - since) * n // (changes + 1) for n in range(changes + 2)]
    for begin, end in pairwise(edges):
        poured(bare, city, begin, end)
        road.taken_in()
        if end < until:
            road.change()
    road.lane.close()
    log, books = log_of(bare, city), Books(bare).read()
    used = [record.digest for record in log if isinstance(record, UseBook)]
    assert used == road.wanted, "one Order a change, none doubled by what was sent twice or taken over"
    assert road.promoted > 0, "no shadow was promoted: the test would be blind to it"
    worker = Worker(bare, city, road.number, road.dice)
    engine, again = replayed(log, books[used[0]], list(books.values()))
    assert canonical.lines(worker.said()) == canonical.lines(again) != b""
    assert shadows_of(worker.engine) == shadows_of(engine)
    bare_log = [record for n, record in enumerate(log) if n == 0 or not isinstance(record, ASIDE)]
    _, undisturbed = replayed(bare_log, books[used[0]], [])
    ours, theirs = ([one for one in said if one.rule == "steady"] for said in (worker.said(), undisturbed))
    assert canonical.lines(ours) == canonical.lines(theirs) != b"", "it did not change, and feels no release"
