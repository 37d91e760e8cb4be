"""The desk of the Kafka road, on a real broker: what it makes of the signals is what the desk of one machine makes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec
import pytest
from confluent_kafka import Producer

from alerts.database import SqliteStore
from alerts.duty import Act
from alerts.offsets import StaleError
from alerts.room import DeskRoom
from alerts.store import Store
from rules import book as books
from rules import canonical
from rules.shown import Count
from streams.city import City
from streams.clock import WallClock
from streams.kafka import admin, clients
from streams.kafka.alert_events import AlertEvent, told
from streams.kafka.crashpoints import DESK, Point
from streams.kafka.desk import DeskStation
from streams.kafka.hearing import Hearing
from streams.kafka.shard import Shard
from streams.kafka.topics import ALERTS as ALERTS_TOPIC
from streams.kafka.topics import COUNTS, RULES, SIGNALS, partition_of
from streams.kafka.wire import BOOK, CLOCK, Headers
from streams.messages import SpokenError
from streams.metrics import Metrics
from streams.opened import ALERTS, CityError, city_of, open_desk, shown_of
from tests.kafka.judged_there import KEY, alerts_in, chain_of, chosen, judge, one_machine
from tests.kafka.road import PARTITIONS, emptied, messages, poured, span, taken_in, town, undisturbed

pytestmark = pytest.mark.xdist_group("kafka")
DAYS: Final = ("2016-01-23", "2016-01-24")
LONGEST: Final = 90.0
Storm = tuple[str, City, Shard]


@pytest.fixture(scope="module")
def storm(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, City, Shard]]:
    """A stormy day of a town whose rule speaks often, judged over Kafka: the broker, and what judged it."""
    city = town("eastside", tmp_path_factory.mktemp("town"), DAYS[:-1])
    rule = city.folder / "rules" / "traffic-storm.yaml"
    said = rule.read_text("utf-8").replace("n: 9", "n: 4").replace("areas: county", "areas: township")
    said = said.replace("orange: 1.25, red: 1.5", "orange: 3, red: 9")
    rule.write_text(f"{said}attribution: none\n", "utf-8")
    desks = city.folder / "desks.yaml"
    desks.write_text(desks.read_text("utf-8").replace("budget: 12", "budget: 3"), "utf-8")
    city = city_of(city.folder)
    emptied(kafka)
    admin.setup(kafka, [city], partitions=PARTITIONS)
    poured(kafka, city, *span(city, DAYS[0], DAYS[-1]))
    taken_in(kafka, [city])
    yield kafka, city, judge(kafka, city)
    emptied(kafka)


def heard(hearing: Hearing) -> Hearing:
    """All that was said by now."""
    limit = time.monotonic() + LONGEST
    while not hearing.caught_up:
        hearing.turn()
        assert time.monotonic() < limit
    return hearing


def test_alerts_and_chain_are_those_of_one_machine_budgets_and_all(storm: Storm, tmp_path: Path) -> None:
    address, city, shard = storm
    with (
        one_machine(city, address, tmp_path / "one", shut=False) as wanted,
        closing(open_desk(city, chosen(tmp_path / "many", address))) as desk,
    ):
        hearing = Hearing(address, desk.desk, desk.store, shown_of(city), WallClock(), Metrics(), kind="stream")
        heard(hearing).close()
        found = alerts_in(desk.store)
        assert found == alerts_in(wanted.store)
        assert chain_of(desk.store) == chain_of(wanted.store)
        assert len(found) > 10
        assert any(isinstance(entry.act, Act) and entry.act.verb == "hold" for entry in chain_of(desk.store))
        signals = [one.signal for one in desk.store.final()]
        assert canonical.lines(signals) == canonical.lines(undisturbed(city, *span(city, DAYS[0], DAYS[-1])).signals)
        engine = shard.engine(city.name)
        assert engine is not None
        assert hearing.seen is not None
        assert (hearing.seen.tick, hearing.seen.book.digest) == (engine.tick, engine.book.digest)
        assert hearing.seen.feeds() == tuple(engine.feeds())
        since, until = span(city, DAYS[0], DAYS[-1])
        rows = [_settled(one.store, city, since, until) for one in (desk, wanted)]
        assert rows[0] == rows[1] != []


def _settled(store: Store, city: City, since: int, until: int) -> list[Count]:
    """Hours that hold something: one of before a series' first event may be there or not."""
    return [row for row in store.counts(city.name, since, until) if row.settled and row.count]


@pytest.mark.timeout(400)  # six processes are started, also beside much other work
def test_a_desk_killed_at_every_named_point_has_the_alerts_and_the_chain_of_one_machine(
    storm: Storm, tmp_path: Path
) -> None:
    address, city, _ = storm
    for point in DESK:
        nth = 1 if point in (Point.DESK_STARTING, Point.ALERTS_SAID) else 3
        killed = _desk(city.folder, address, tmp_path / "many", f"{point}:{nth}")
        try:
            assert killed.wait(LONGEST) == -signal.SIGKILL
        finally:
            killed.kill()
            killed.wait(LONGEST)
    number = partition_of(city.name, PARTITIONS)
    last = {topic: len(messages(address, topic, number)) for topic in (SIGNALS, COUNTS)}
    process = _desk(city.folder, address, tmp_path / "many", "")
    path = tmp_path / "many" / city.name / ALERTS
    try:
        _wait(lambda: all(_kept(path).get((topic, number), 0) >= n for topic, n in last.items()), process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONGEST) == 0
    finally:
        process.kill()
        process.wait(LONGEST)
    with (
        one_machine(city, address, tmp_path / "one", shut=True) as wanted,
        closing(SqliteStore(path)) as store,
    ):
        assert alerts_in(store) == alerts_in(wanted.store)
        assert chain_of(store) == chain_of(wanted.store)
        _check_said(address, city, number, store)


def _check_said(address: str, city: City, number: int, store: SqliteStore) -> None:
    """Every move was said, what a kill came after twice and alike; and what was said last is what the desk has."""
    said = [msgspec.json.decode(value, type=AlertEvent) for _, value in messages(address, ALERTS_TOPIC, number)]
    moves = [event.data.move for event in said if event.data.move is not None]
    by_seq = {move.seq: move for move in moves}
    assert sorted(by_seq) == [link.seq for link in store.links() if link.alert]
    assert len(moves) > len(by_seq)
    assert all(move == by_seq[move.seq] for move in moves)
    last = {event.subject: (event.data.version, event.data.alert) for event in said}
    known = store.known(one.id for one in store.final())
    assert last == {i: (version, told(one, city.book, city.languages[0])) for i, (version, one) in known.items()}


def _desk(folder: Path, address: str, data: Path, crash: str) -> subprocess.Popen[bytes]:
    words = ["desk", str(folder), "--clock", "stream", "--port", "0", "--data", str(data), "--kafka", address]
    command = [sys.executable, "-c", "from streams.entry import main; main()", *words]
    return subprocess.Popen(command, env={**os.environ, "TOCSIN_KEY": KEY, "TOCSIN_CRASH_AT": crash})


def _wait(come: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + LONGEST
    while not come():
        assert process.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.2)


def _kept(path: Path) -> dict[tuple[str, int], int]:
    with closing(SqliteStore.look(path)) as store:
        return dict(store.offsets())


def test_a_desk_of_the_other_clock_calls_nobody_and_says_which_it_is(storm: Storm, tmp_path: Path) -> None:
    address, city, _ = storm
    with closing(open_desk(city, chosen(tmp_path, address))) as desk:
        hearing = Hearing(address, desk.desk, desk.store, shown_of(city), WallClock(), Metrics(), kind="wall")
        with pytest.raises(SpokenError, match="--clock stream"):
            heard(hearing)
        assert list(desk.store.final()) == []
        hearing.close()


def test_a_second_desk_of_a_city_is_refused_and_one_that_got_past_is_fenced(storm: Storm, tmp_path: Path) -> None:
    address, city, _ = storm
    settings = chosen(tmp_path, address)
    with closing(open_desk(city, settings)) as desk:
        with pytest.raises(CityError, match="another process"):
            DeskStation(city, settings, WallClock(), Metrics(), kind="stream")
        both = [
            Hearing(address, desk.desk, desk.store, shown_of(city), WallClock(), Metrics(), kind="stream")
            for _ in range(2)
        ]
        heard(both[0])
        before = chain_of(desk.store)
        with pytest.raises(StaleError):
            heard(both[1])
        assert chain_of(desk.store) == before
        for one in both:
            one.close()


def test_what_was_said_long_before_there_was_a_desk_calls_nobody_and_what_is_said_now_does(
    storm: Storm, tmp_path: Path
) -> None:
    """The first signals of the storm, said on the wall clock: one of two hours ago, one of now, to a new desk."""
    address, city, _ = storm
    number, now = partition_of("elsewhere", PARTITIONS), WallClock().now()
    book = msgspec.structs.replace(city.book, city="elsewhere")
    told = undisturbed(city, *span(city, DAYS[0], DAYS[-1])).signals
    running = [one for one in told if one.state == "running"]
    one, other = running[0], msgspec.structs.replace(running[1], alert="another", key="another")
    sending = clients.Sending(address)
    sending.send(RULES, books.encode(book), key=book.digest.encode(), partition=0)
    for told_at, said in ((now - 7_200_000, one), (now, other)):
        moved = msgspec.structs.replace(said, city="elsewhere", said_at=told_at, at=told_at)
        headers: Headers = [(CLOCK, "wall"), (BOOK, book.digest)]
        sending.send(SIGNALS, msgspec.json.encode(moved), key=b"elsewhere", partition=number, headers=headers)
    sending.flush(20)
    with closing(SqliteStore(tmp_path / "alerts.sqlite")) as store:
        roads = {desk.id: ["hook"] for desk in city.desks}
        room = DeskRoom(book, store, roads)
        heard(Hearing(address, room, store, shown_of(city), WallClock(), Metrics(), kind="wall")).close()
        assert {alert.id for alert in store.board()} == {one.alert, other.alert}
        assert store.notices_of(one.alert) == []
        assert [notice.reason for notice in store.notices_of(other.alert)] == ["first"]


def test_a_record_that_nobody_can_read_is_set_aside_and_holds_up_nothing_that_follows(
    storm: Storm, tmp_path: Path
) -> None:
    address, city, _ = storm
    number = partition_of(city.name, PARTITIONS)
    producer = Producer({"bootstrap.servers": address})
    strange = [b"\xff\xfe\x00", b"{}", b"[1]", b"null", None, b"x" * 900_000, b'{"id": 1}']
    for value in strange:
        producer.produce(SIGNALS, value, city.name, number)
    for key in (f"{city.name}\x1fview", f"{city.name}\x1fr\x1fa\x1fc\x1f1\x1f1"):
        producer.produce(COUNTS, b"\xff{", key, number)
    stranger: list[dict[str, str | bytes | None]] = [{"clock": b"\xff"}, {"x": b"y" * 65_536}]
    for headers in stranger:
        producer.produce(SIGNALS, b"{}", city.name, number, headers=headers)
    assert producer.flush(30) == 0
    metrics = Metrics()
    with closing(open_desk(city, chosen(tmp_path, address))) as desk:
        hearing = Hearing(address, desk.desk, desk.store, shown_of(city), WallClock(), metrics, kind="stream")
        heard(hearing)
        hearing.close()
        assert len(list(desk.store.final())) > 10
    aside = [metrics.desk_set_aside.labels(city.name, topic)._value.get() for topic in (SIGNALS, COUNTS)]
    assert aside == [len(strange) + len(stranger), 2]
