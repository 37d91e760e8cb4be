"""A desk whose road lacks something: a book that is not there, topics that were made anew. It says so, loses nothing,
and goes on where it can."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
import pytest

from alerts.database import SqliteStore
from alerts.room import DeskRoom
from rules.book import Book
from rules.signals import Cause, Signal
from streams.city import City
from streams.clock import HandClock, WallClock
from streams.doctor import stores
from streams.kafka import admin, clients, counted, health, orders, views
from streams.kafka.anew import LOOK_SECONDS
from streams.kafka.desk import DeskStation
from streams.kafka.hearing import Hearing
from streams.kafka.topics import COUNTS, SIGNALS, partition_of
from streams.kafka.views import View
from streams.kafka.wire import BOOK, CLOCK, Headers
from streams.messages import SpokenError
from streams.metrics import Metrics
from streams.opened import shown_of
from tests.kafka.judged_there import chosen
from tests.kafka.road import PARTITIONS, emptied, span, town, undisturbed

pytestmark = pytest.mark.xdist_group("kafka")
DAYS: Final = ("2016-01-23", "2016-01-24")
LONGEST: Final = 90.0


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> tuple[City, list[Signal]]:
    """A town, and what its engine says of a stormy day: one alert a signal."""
    city = town("westside", tmp_path_factory.mktemp("town"), DAYS[:-1])
    first = undisturbed(city, *span(city, DAYS[0], DAYS[-1])).signals[0]
    return city, [
        msgspec.structs.replace(first, id=f"s{n}", alert=f"a{n}", key=f"a{n}", cause=Cause(0, n, 0), at=first.at + n)
        for n in range(1, 7)
    ]


@pytest.fixture
def topics(bare: str) -> str:
    admin.setup(bare, [], partitions=PARTITIONS)
    return bare


def _say(address: str, city: City, signals: Sequence[Signal], book: Book) -> None:
    sending, number = clients.Sending(address), partition_of(city.name, PARTITIONS)
    headers: Headers = [(CLOCK, "stream"), (BOOK, book.digest)]
    for one in signals:
        data = msgspec.json.encode(one)
        sending.send(SIGNALS, data, key=city.name.encode(), partition=number, headers=headers)
    sending.flush(30)


def _show(address: str, city: City, tick: int, book: Book) -> None:
    key = counted.SEPARATOR.join((city.name, views.VIEW)).encode()
    value = msgspec.json.encode(View(tick, book.digest, {}, ()))
    sending = clients.Sending(address)
    sending.send(COUNTS, value, key=key, partition=partition_of(city.name, PARTITIONS))
    sending.flush(30)


def _later(city: City) -> Book:
    """The city's book after a release."""
    return msgspec.structs.replace(city.book, rules=city.book.rules[:0])


def _hearing(address: str, city: City, store: SqliteStore, **given: object) -> Hearing:
    clock = given.pop("clock", WallClock())
    room = DeskRoom(city.book, store, {}, shut=True)
    return Hearing(address, room, store, shown_of(city), clock, Metrics(), kind="stream", **given)  # type: ignore[arg-type]  # by name


def _turned(hearing: Hearing, done: Callable[[], bool]) -> None:
    limit = time.monotonic() + LONGEST
    while not done():
        hearing.turn()
        assert time.monotonic() < limit


def _alerts(store: SqliteStore) -> set[str]:
    return {one.id for one in store.final()}


def test_signals_wait_for_a_book_that_is_not_there_and_all_else_goes_on(
    topics: str, said: tuple[City, list[Signal]], tmp_path: Path
) -> None:
    (city, signals), address = said, topics
    later = _later(city)
    orders.lay(address, city.book)
    _say(address, city, signals[:2], city.book)
    _say(address, city, signals[2:4], later)
    _say(address, city, signals[4:], city.book)
    _show(address, city, 1_000, later)
    with closing(SqliteStore(tmp_path / "alerts.sqlite")) as store:
        hearing = _hearing(address, city, store)
        _turned(hearing, lambda: hearing.lacks is not None and hearing.seen is not None)
        assert hearing.lacks == (later.digest, 2)
        assert _alerts(store) == {"a1", "a2"}
        assert hearing.seen is not None
        assert (hearing.seen.tick, hearing.seen.book.digest) == (1_000, city.book.digest)
        _show(address, city, 2_000, later)
        _turned(hearing, lambda: hearing.seen is not None and hearing.seen.tick == 2_000)
        assert _alerts(store) == {"a1", "a2"}
        hearing.close()
        again = _hearing(address, city, store)  # started anew under the same fault: it waits on
        _turned(again, lambda: again.lacks is not None)
        orders.lay(address, later)
        _turned(again, lambda: len(_alerts(store)) == len(signals))
        assert again.lacks is None
        again.close()


def test_a_desk_that_waits_is_alive_and_not_ready_and_the_doctor_tells_how_far_it_is_behind(
    topics: str, said: tuple[City, list[Signal]], tmp_path: Path
) -> None:
    (city, signals), address = said, topics
    later = _later(city)
    _say(address, city, signals, later)
    settings = chosen(tmp_path, address)
    station = DeskStation(city, settings, WallClock(), Metrics(), kind="stream")
    faults: list[BaseException] = []
    station.on_fault = faults.append
    station.start()
    try:
        _until(lambda: station.unready() == "book missing")
        assert station.alive()
        lines = [one.line("en") for one in health.of_the_road(address, [city], {city.name: _kept(station)})]
        assert f"ok   lag: the desk of {city.name} is {len(signals)} signals and counts behind" in lines
        orders.lay(address, later)
        _until(lambda: station.unready() != "book missing" and len(list(station.office.store.final())) == len(signals))
    finally:
        station.stop()
    assert faults == []
    lines = [one.line("en") for one in health.of_the_road(address, [city], {city.name: stores.heard(city, settings)})]
    assert f"ok   lag: the desk of {city.name} is 0 signals and counts behind" in lines
    lines = [one.line("en") for one in health.of_the_road(address, [city], {})]
    assert any(line.startswith(f"note lag: no desk of {city.name} has heard anything yet") for line in lines)


def _kept(station: DeskStation) -> dict[tuple[str, int], int]:
    """As it will lie in its store; nothing was told, so only where reading began is known."""
    number = partition_of(station.city.name, PARTITIONS)
    return {(SIGNALS, number): 0, **station.office.store.offsets()}


def _until(done: Callable[[], bool]) -> None:
    limit = time.monotonic() + LONGEST
    while not done():
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_signals_of_a_book_that_is_lost_for_good_are_set_aside_where_somebody_says_so(
    topics: str, said: tuple[City, list[Signal]], tmp_path: Path
) -> None:
    (city, signals), address = said, topics
    lost = _later(city)
    orders.lay(address, city.book)
    _say(address, city, signals[:2], lost)
    _say(address, city, signals[2:], city.book)
    with closing(SqliteStore(tmp_path / "alerts.sqlite")) as store:
        hearing = _hearing(address, city, store, without=[lost.digest])
        _turned(hearing, lambda: hearing.caught_up)
        assert _alerts(store) == {"a3", "a4", "a5", "a6"}
        hearing.close()


def test_signals_that_were_made_anew_are_seen_also_once_they_have_grown_past_what_was_heard(
    topics: str, said: tuple[City, list[Signal]], tmp_path: Path
) -> None:
    (city, signals), address = said, topics
    orders.lay(address, city.book)
    _say(address, city, signals[:3], city.book)
    clock = HandClock(1_000)
    with closing(SqliteStore(tmp_path / "alerts.sqlite")) as store:
        at_work = _hearing(address, city, store, clock=clock)
        _turned(at_work, lambda: at_work.caught_up)
        at_work.close()
        emptied(address, SIGNALS)
        admin.setup(address, [], partitions=PARTITIONS)
        _say(address, city, signals, city.book)
        with pytest.raises(SpokenError, match="was made anew: the desk has heard another topic of this name up to 3"):
            _hearing(address, city, store)
        clock.forward(LOOK_SECONDS)
        with pytest.raises(SpokenError, match="made anew"):  # one at work, that did not notice by itself
            at_work._topics.look(3)
        assert _alerts(store) == {"a1", "a2", "a3"}


def test_counts_that_were_made_anew_are_read_from_their_beginning(
    topics: str, said: tuple[City, list[Signal]], tmp_path: Path
) -> None:
    (city, _), address = said, topics
    orders.lay(address, city.book)
    for tick in (1_000, 2_000):
        _show(address, city, tick, city.book)
    with closing(SqliteStore(tmp_path / "alerts.sqlite")) as store:
        hearing = _hearing(address, city, store)
        _turned(hearing, lambda: store.offsets().get((COUNTS, partition_of(city.name, PARTITIONS))) == 2)
        hearing.close()
        emptied(address, COUNTS)
        admin.setup(address, [], partitions=PARTITIONS)
        _show(address, city, 3_000, city.book)
        again = _hearing(address, city, store)
        _turned(again, lambda: again.seen is not None)
        assert again.seen is not None
        assert again.seen.tick == 3_000
        again.close()
