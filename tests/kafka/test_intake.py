"""`tocsin intake` on a real broker: the log that it writes is the log that a local replay judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec
import pytest
from confluent_kafka import KafkaException
from msgspec import structs

from rules import canonical
from rules.engine import Engine
from rules.records import Calibrate, Frame, MuteFeed, StopRule, Tick, UseBook
from streams.by_hand import signed
from streams.city import City
from streams.kafka import admin, clients, orders
from streams.kafka.intake import IntakeProcess, Lane
from streams.kafka.marks import Marks
from streams.kafka.topics import INCIDENTS, ORDERS, REFUSED, RULES, partition_of
from streams.kafka.wire import Headers
from streams.messages import SpokenError
from streams.refusals import Reason, Refusal
from streams.releases import Swap
from streams.replay import REPLAY_KEY
from tests.kafka.road import (
    PARTITIONS,
    example,
    judged,
    log_of,
    messages,
    poured,
    span,
    taken_in,
    undisturbed,
)

pytestmark = pytest.mark.xdist_group("kafka")
WEEK: Final = ("2016-01-20", "2016-01-27")
THREE_WEEKS: Final = ("2015-01-20", "2015-02-10")


@pytest.fixture
def cities() -> list[City]:
    return [example("montgomery"), example("boston")]


@pytest.fixture
def address(bare: str, cities: Sequence[City]) -> str:
    admin.setup(bare, cities, partitions=PARTITIONS)
    return bare


def assert_as_on_one_machine(address: str, city: City, since: int, until: int) -> None:
    wanted, found = undisturbed(city, since, until), judged(city, log_of(address, city))
    assert canonical.lines(found.signals) == canonical.lines(wanted.signals)
    assert wanted.signals
    assert found.engine.boxes() == wanted.engine.boxes()


def test_two_cities_are_judged_as_on_one_machine(address: str, cities: Sequence[City]) -> None:
    spans = [span(cities[0], *WEEK), span(cities[1], *THREE_WEEKS)]
    for city, between in zip(cities, spans, strict=True):
        poured(address, city, *between)
    taken_in(address, cities)
    for city, between in zip(cities, spans, strict=True):
        assert_as_on_one_machine(address, city, *between)


def test_an_intake_that_was_cut_off_is_gone_on_with_by_another(address: str, cities: Sequence[City]) -> None:
    """The first holds uncommitted reads and does not say good-bye; the second fences it, and nothing is lost."""
    city = cities[0]
    between = span(city, *WEEK)
    poured(address, city, *between)
    number, widths = partition_of(city.name, PARTITIONS), {INCIDENTS: PARTITIONS}
    first = Lane(number, [city], REPLAY_KEY, address, widths)
    read = 0
    while read < 2_000:
        read += first.turn(at_once=700)
    begun = len(log_of(address, city))
    assert begun > 1_000
    second = Lane(number, [city], REPLAY_KEY, address, widths)
    with pytest.raises(KafkaException) as fenced:
        sum(first.turn(at_once=700) for _ in range(1_000))
    assert fenced.value.args[0].code() in clients.FENCED
    while second.behind():
        second.turn()
    first.close()
    second.close()
    assert_as_on_one_machine(address, city, *between)


def test_a_record_of_another_city_or_feed_is_refused_by_its_place(address: str, cities: Sequence[City]) -> None:
    city = cities[0]
    number = partition_of(city.name, PARTITIONS)
    producer = clients.producer(address)
    none: Headers = []
    nowhere: Headers = [("tocsin-feed", "nowhere")]
    for key, headers in ((b"elsewhere", none), (b"montgomery", nowhere), (b"montgomery", none)):
        producer.produce(INCIDENTS, b'{"no":"event"}', key=key, partition=number, headers=headers)
    producer.produce(INCIDENTS, b'{"tick":1453300000000}', key=b"montgomery", partition=number)
    assert producer.flush(20) == 0
    taken_in(address, [city])
    told = [msgspec.json.decode(value, type=Refusal) for _, value in messages(address, REFUSED, number)]
    assert {(one.place.offset, one.reason) for one in told if one.reason is not Reason.MISSING_FIELD} >= {
        (0, Reason.MISPLACED),
        (1, Reason.UNKNOWN_FEED),
    }
    assert {one.place.offset for one in told} == {0, 1, 2}


def test_a_release_acts_by_an_order_at_once_and_once(address: str, cities: Sequence[City]) -> None:
    """Sent twice, as after a kill: one Order, with who and why; whoever takes the partition over goes on with it."""
    city = cities[0]
    days = [span(city, day, until) for day, until in (("2016-01-20", "2016-01-22"), ("2016-01-22", "2016-01-24"))]
    poured(address, city, *days[0])
    taken_in(address, [city])
    rules = tuple(structs.replace(one, version="quieter", keep=2 * one.keep) for one in city.book.rules)
    swapped = replace(city, book=structs.replace(city.book, rules=rules))
    given = Swap.to(swapped, "e1", "0123456789ab", UseBook(0, "", by="A-18", reason="0123456789ab: quieter"))
    for _ in range(2):
        orders.release(address, city.name, given)
    number, widths = partition_of(city.name, PARTITIONS), {INCIDENTS: PARTITIONS}
    lane = Lane(number, [city], REPLAY_KEY, address, widths)
    while lane.behind():
        lane.turn()
    lane.close()
    poured(address, city, *days[1])
    IntakeProcess(address, [city], REPLAY_KEY, released=lambda _: swapped).run(to_the_end=True)
    log = log_of(address, city)
    used = [(record.digest, record.by, record.reason) for record in log if isinstance(record, UseBook)]
    assert used == [(city.book.digest, "", ""), (swapped.book.digest, "A-18", "0123456789ab: quieter")]
    engine = Engine(city.book, clock="stream")
    engine.add_book(swapped.book)
    for offset, record in enumerate(log, 1):
        engine.apply(record, offset)
    assert engine.book == swapped.book
    assert {watch.rule.version for watch in engine.rules.values()} == {"quieter"}
    assert messages(address, REFUSED, number) == []


def test_a_release_that_the_city_cannot_hold_is_set_aside(address: str, cities: Sequence[City]) -> None:
    city = cities[0]
    strange = tuple(structs.replace(one, areas="nowhere") for one in city.book.rules)
    swapped = replace(city, book=structs.replace(city.book, rules=strange))
    orders.release(address, city.name, Swap.to(swapped, "e1", "0123456789ab", UseBook(0, "")))
    taken_in(address, [city])
    number = partition_of(city.name, PARTITIONS)
    assert [msgspec.json.decode(value, type=Refusal).reason for _, value in messages(address, REFUSED, number)] == [
        Reason.MALFORMED
    ]


def test_a_city_begins_with_its_book_and_orders_join_its_log(address: str, cities: Sequence[City]) -> None:
    city = cities[0]
    number = partition_of(city.name, PARTITIONS)
    poured(address, city, *span(city, "2016-01-20", "2016-01-21"))
    taken_in(address, [city])
    producer = clients.producer(address)
    order = StopRule(span(city, *WEEK)[1], city.book.rules[0].id)
    solved = Calibrate(0, {f"{city.book.rules[0].id}/county": 9.5})
    producer.produce(ORDERS, b"\xff\x00", key=city.name.encode(), partition=number)
    assert producer.flush(20) == 0
    for given in (order, solved):
        orders.give(address, city.name, given)
    poured(address, city, *span(city, "2016-01-21", "2016-01-22"))
    taken_in(address, [city])
    log = log_of(address, city)
    assert isinstance(log[0], UseBook)
    assert [record for record in log if isinstance(record, UseBook | StopRule | Calibrate)] == [log[0], order, solved]
    assert sum(isinstance(record, Frame) for record in log) > 100
    lying = [key for number in range(PARTITIONS) for key, _ in messages(address, RULES, number)]
    assert lying == [city.book.digest.encode()]
    told = [msgspec.json.decode(value, type=Refusal) for _, value in messages(address, REFUSED, number)]
    assert [(one.reason, one.place.offset) for one in told] == [(Reason.MALFORMED, 0)]


def test_what_an_operator_orders_is_in_the_log_and_comes_to_the_same_as_on_one_machine(
    address: str, cities: Sequence[City]
) -> None:
    city = cities[0]
    poured(address, city, *span(city, "2016-01-20", "2016-01-21"))
    taken_in(address, [city])
    feed = city.book.feeds[0].name
    mute = signed(MuteFeed(0, feed), "A-17", "counts every call twice", 7)
    orders.give(address, city.name, mute)
    taken_in(address, [city])
    poured(address, city, *span(city, "2016-01-21", "2016-01-22"))
    taken_in(address, [city])
    log = log_of(address, city)
    assert [record for record in log if isinstance(record, MuteFeed)] == [mute]
    before = log.index(mute)
    engine = Engine(city.book, clock="stream")
    for offset, record in enumerate(log, 1):
        engine.apply(record, offset)
    rows = sum(len(record.rows) for record in log[before:] if isinstance(record, Frame))
    aside = sum(boxes["not_for_counting"] for boxes in engine.boxes()[feed].values())
    assert 0 < aside == rows
    assert engine.reviews.owed[mute.id].by == "A-17"


def test_another_book_is_put_in_force_by_an_order_and_a_tick(address: str, cities: Sequence[City]) -> None:
    """No row that only the new book knows may come before it acts."""
    city = cities[0]
    fewer = replace(city, book=structs.replace(city.book, rules=city.book.rules[1:]))
    poured(address, city, *span(city, "2016-01-20", "2016-01-21"))
    taken_in(address, [city])
    before = len(log_of(address, city))
    taken_in(address, [fewer])
    taken_in(address, [fewer])
    last = next(record.now for record in reversed(log_of(address, city)[:before]) if isinstance(record, Tick))
    assert log_of(address, city)[before:] == [UseBook(last + 1, fewer.book.digest), Tick(last + 1)]


def test_more_cities_than_marks_fit_are_said() -> None:
    with pytest.raises(SpokenError, match="200 cities in one partition"):
        Marks(shown={f"city-{n}": 1_453_300_000_000 for n in range(200)}).text()
