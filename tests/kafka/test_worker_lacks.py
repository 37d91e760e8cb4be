"""A worker whose road lacks a city's book: that city waits, all others go on, and nothing is left out when it comes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from rules import canonical
from rules.records import Record, Tick, UseBook
from rules.signals import Signal
from streams import replay
from streams.city import City
from streams.kafka import admin, clients, orders
from streams.kafka.shard import Shard
from streams.kafka.topics import FRAMES, SIGNALS, STATE
from streams.kafka.wire import written
from streams.opened import intake_of
from tests.kafka.judged_there import KEY
from tests.kafka.road import PARTITIONS, messages, span, town, undisturbed

pytestmark = pytest.mark.xdist_group("kafka")
DAYS: Final = ("2016-01-23", "2016-01-24")
NUMBER: Final = 2
LONGEST: Final = 180.0
Towns = tuple[City, City]


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Towns:
    """Two towns, whose books differ in their names alone."""
    home = tmp_path_factory.mktemp("towns")
    return town("lacking", home, DAYS[:-1]), town("whole", home, DAYS[:-1])


@pytest.fixture
def address(bare: str) -> str:
    admin.setup(bare, [], partitions=PARTITIONS)
    return bare


def _past(city: City) -> list[Record]:
    chosen = replay.files_of(city, [], [])
    past = replay.read_past(city, intake_of(city, replay.REPLAY_KEY), chosen, *span(city, *DAYS))
    return [UseBook(1, city.book.digest), *past.records]


def _laid(address: str, towns: Towns) -> list[tuple[str, Record]]:
    """Both logs, one partition, by turns; into the topic too, where a worker finds what it has left lying."""
    logs = [[(city.name, record) for record in _past(city)] for city in towns]
    records = [one for pair in zip(*logs, strict=True) for one in pair]
    sending = clients.Sending(address)
    for name, record in records:
        data, headers = written(record, "stream")
        sending.send(FRAMES, data, key=name.encode(), partition=NUMBER, headers=headers)
    sending.flush(60)
    return records


def _said(address: str, city: City) -> list[Signal]:
    """Each once: what is said again has the same id."""
    mine = (value for key, value in messages(address, SIGNALS, NUMBER) if key == city.name.encode())
    found = {one.id: one for one in (msgspec.json.decode(value, type=Signal) for value in mine)}
    return sorted(found.values(), key=lambda one: one.cause)


def _wanted(city: City) -> bytes:
    return canonical.lines(undisturbed(city, *span(city, *DAYS)).signals)


def test_a_city_waits_for_its_book_and_is_judged_from_where_it_stood(address: str, towns: Towns) -> None:
    """Also where the worker that waited is gone by then: its memory says from where on is to be read again."""
    lacking, other = towns
    records = _laid(address, towns)
    orders.lay(address, other.book)
    first = Shard(NUMBER, address)
    half = len(records) // 2
    for offset, (name, record) in enumerate(records[:half]):
        first.apply(name, record, offset, "stream")
    first.save()
    assert first.engine(lacking.name) is None
    assert first.engine(other.name) is not None
    assert first.catch_up(10) is False
    again = Shard(NUMBER, address)
    assert again.through == 0  # the city without a book is the first that lies there
    for offset, (name, record) in enumerate(records[again.through :], again.through):
        again.apply(name, record, offset, "stream")
    assert again.through == len(records)
    assert canonical.lines(_said_after(again, address, other)) == _wanted(other)
    assert _said(address, lacking) == []
    orders.lay(address, lacking.book)
    _until(lambda: again.catch_up(500) is False and again.engine(lacking.name) is not None)
    while again.catch_up(500):
        pass
    again.apply(lacking.name, Tick(_last(records)), len(records), "stream")
    assert canonical.lines(_said_after(again, address, lacking)) == _wanted(lacking)
    third = Shard(NUMBER, address)
    assert third.through == again.through == len(records) + 1


def _said_after(shard: Shard, address: str, city: City) -> list[Signal]:
    shard.save()
    return _said(address, city)


def _last(records: list[tuple[str, Record]]) -> int:
    return max(record.now for _, record in records if isinstance(record, Tick))


@pytest.fixture
def worker(address: str, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    said = tmp_path / "worker.log"
    command = [sys.executable, "-c", "from streams.entry import main; main()", "worker", "--kafka", address]
    with said.open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=_environment())
    yield process, said
    process.kill()
    process.wait(LONGEST)


def _environment() -> dict[str, str]:
    return {**os.environ, "TOCSIN_KEY": KEY, "TOCSIN_LOG": "json"}


def test_a_worker_that_waits_says_so_lives_and_goes_on_when_the_book_comes(
    address: str, towns: Towns, worker: tuple[subprocess.Popen[bytes], Path]
) -> None:
    lacking, other = towns
    process, said = worker
    _laid(address, towns)
    orders.lay(address, other.book)
    _until(lambda: "book_missing" in said.read_text("utf-8"))
    _until(lambda: canonical.lines(_said(address, other)) == _wanted(other))
    _until(lambda: bool(messages(address, STATE, NUMBER)))
    assert process.poll() is None
    assert _said(address, lacking) == []
    orders.lay(address, lacking.book)
    _until(lambda: canonical.lines(_said(address, lacking)) == _wanted(lacking))
    _until(lambda: "book_arrived" in said.read_text("utf-8"))
    assert said.read_text("utf-8").count("book_missing") == 1


def _until(done: Callable[[], bool]) -> None:
    limit = time.monotonic() + LONGEST
    while not done():
        assert time.monotonic() < limit
        time.sleep(0.2)
