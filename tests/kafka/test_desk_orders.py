"""What a desk of the Kafka road orders of the engine by its pages, over the whole road at work: through intake and
worker and back, with who and when in the chain."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from confluent_kafka import OFFSET_BEGINNING, TopicPartition
from msgspec import structs
from starlette.testclient import TestClient

from alerts.chain import Ordered, decode
from alerts.drafting import Texts
from alerts.workfaults import WorkRefused
from rules.records import Exclude, StopRule, UseBook
from streams.by_hand import signed
from streams.city import City
from streams.clock import WallClock
from streams.guarded import guard
from streams.kafka import admin, clients, orders
from streams.kafka.desk import DeskStation
from streams.kafka.intake import IntakeProcess
from streams.kafka.shard import Shard
from streams.kafka.topics import FRAMES, partition_of
from streams.kafka.wire import read
from streams.metrics import Metrics
from streams.opened import city_of
from streams.releases import released
from streams.settings import Settings
from tests.kafka.judged_there import KEY, chosen
from tests.kafka.road import PARTITIONS, log_of
from tests.streams.town import NAME, make_town

pytestmark = pytest.mark.xdist_group("kafka")
LONGEST: Final = 90.0
CALLS: Final = """\
id: many-calls
counts: {kind: incident, category: traffic}
areas: district
window: 1h
detector: {kind: threshold, parameters: {n: 5}}
owner: traffic operations
guidance: {en: Call the traffic dispatcher., zh-CN: 联系交通调度。}
"""


class Judging(threading.Thread):
    """A worker's work without Faust: the log of one city, judged as it grows."""

    def __init__(self, address: str, city: City) -> None:
        super().__init__(daemon=True)
        self._address, self._city = address, city
        self.ended = threading.Event()

    def run(self) -> None:
        shard = Shard(partition_of(self._city.name, PARTITIONS), self._address)
        reader = clients.consumer(self._address, "reading-for-a-test")
        reader.assign([TopicPartition(FRAMES, shard.number, OFFSET_BEGINNING)])
        while not self.ended.is_set():
            for message in reader.consume(500, 0.1):
                if message.error() is None and message.key() == self._city.name.encode():
                    shard.apply(self._city.name, read(message.value() or b""), message.offset() or 0, "wall")
            shard.save()
        reader.close()


class Taking:
    """An intake of the city, with the rules that the data folder says are in force."""

    def __init__(self, address: str, city: City, settings: Settings) -> None:
        def ruled(one: City) -> City:
            return released(one, settings.data, "en")

        self._process = IntakeProcess(address, [ruled(city)], KEY.encode(), kind="wall", released=ruled)
        self._thread = threading.Thread(target=self._process.run, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._process.end()
        self._thread.join(LONGEST)


@dataclass
class Road:
    address: str
    city: City
    settings: Settings
    station: DeskStation
    taking: Taking

    def chain(self) -> list[Ordered]:
        acts = [decode(link.body).act for link in self.station.office.store.links()]
        return [act for act in acts if isinstance(act, Ordered)]

    def tick(self) -> int:
        seen = self.station.hearing.seen
        return (seen.tick or 0) if seen is not None else 0


@pytest.fixture
def road(bare: str, tmp_path: Path) -> Iterator[Road]:
    folder = make_town(tmp_path / "town")
    (folder / "rules" / "many-calls.yaml").write_text(CALLS, "utf-8")
    city, settings = city_of(folder), chosen(tmp_path / "var", bare)
    admin.setup(bare, [city], partitions=PARTITIONS)
    judging = Judging(bare, city)
    judging.start()
    station = DeskStation(city, settings, WallClock(), Metrics())
    faults: list[BaseException] = []
    station.on_fault = faults.append
    station.start()
    made = Road(bare, city, settings, station, Taking(bare, city, settings))
    try:
        until(lambda: made.tick() > 0)
        yield made
    finally:
        station.stop()
        made.taking.end()
        judging.ended.set()
        judging.join(LONGEST)
    assert faults == []


def until(done: Callable[[], bool]) -> None:
    limit = time.monotonic() + LONGEST
    while not done():
        assert time.monotonic() < limit
        time.sleep(0.05)


@pytest.mark.timeout(400)  # a dozen orders go all the way round, beside much other work
def test_what_pages_order_acts_at_once_is_seen_to_act_and_stands_in_the_chain(road: Road) -> None:
    shop = road.station.workshop
    shop.order("stop", "many-calls", "A-17", "it cries wolf")
    until(lambda: shop.standing().stopped == {"many-calls": "order"})
    (owed,) = shop.standing().unreviewed
    assert (owed.kind, owed.by, owed.reason, owed.rule) == ("stop", "A-17", "it cries wolf", "many-calls")
    with pytest.raises(WorkRefused, match="order_own"):
        shop.review(owed.id, "A-17", "mine")
    shop.review(owed.id, "A-18", "seen")
    until(lambda: shop.standing().unreviewed == ())
    shop.order("start", "many-calls", "A-17", "mended")
    until(lambda: shop.standing().stopped == {})
    assert [(one.kind, one.about, one.account) for one in road.chain()] == [
        ("stop", "many-calls", "A-17"),
        ("review", owed.id, "A-18"),
        ("start", "many-calls", "A-17"),
    ]
    wished = Exclude(0, "east", "traffic", 1_700_000_000_000, road.tick())
    kept = shop.exclude(wished, "A-17", "a burst main")
    until(lambda: [one.id for one in shop.standing().excluded] == [kept.id])
    assert structs.replace(shop.standing().excluded[0], start=0) == kept
    assert structs.replace(kept, id="", by="", reason="") == wished
    assert [one.id for one in log_of(road.address, road.city) if isinstance(one, Exclude)] == [kept.id]
    last = road.chain()[-1]
    assert (last.kind, last.about, last.account, last.reason) == ("exclude", "east, traffic", "A-17", "a burst main")
    given = signed(StopRule(0, "many-calls"), "A-20", "by a command", 1)
    orders.give(road.address, road.city.name, given)
    until(lambda: road.chain()[-1].id == given.id)
    assert (road.chain()[-1].account, road.chain()[-1].reason) == ("A-20", "by a command")
    guarded = guard({NAME: road.station}, road.settings, WallClock(), Metrics())
    with TestClient(guarded.app, base_url="http://127.0.0.1", client=("127.0.0.1", 5)) as browser:
        page = browser.get(f"/city/{NAME}/rules")
        assert page.status_code == 200
        assert "many-calls" in page.text
        form = {"verb": "start", "reason": "by its form"}
        assert (
            browser.post(
                f"/city/{NAME}/rules/many-calls/orders", data=form, headers={"origin": "http://127.0.0.1"}
            ).status_code
            == 200
        )
    until(lambda: shop.standing().stopped == {})
    guarded.end_streams()


@pytest.mark.timeout(400)
def test_a_draft_is_published_approved_by_another_and_gone_back_from_and_an_intake_that_is_started_anew_keeps_it(
    road: Road,
) -> None:
    shop, before = road.station.workshop, road.city.book
    draft = shop.drafting.keep("many-calls", Texts(CALLS.replace("n: 5", "n: 8"), ""), "", "A-17")
    release = shop.releasing.publish("many-calls", draft.stamp, "A-17", "fewer calls")
    with pytest.raises(WorkRefused, match="release_own"):
        shop.releasing.approve(release, "A-17", "I like it")
    shop.releasing.approve(release, "A-18", "looked at it")
    until(lambda: road.station.board.city().book.digest != before.digest)
    assert road.station.city.book.rule("many-calls") != before.rule("many-calls")
    assert (road.chain()[-1].about, road.chain()[-1].account) == (release, "A-18")
    (runs,) = [one for one in shop.releasing.releases() if one.runs]
    assert (runs.id, runs.verb) == (release, "approved")
    now = road.station.board.city().book.digest
    road.taking.end()
    tick, road.taking = road.tick(), Taking(road.address, road.city, road.settings)
    until(lambda: road.tick() > tick + 3_000)
    assert [one.digest for one in log_of(road.address, road.city) if isinstance(one, UseBook)] == [before.digest, now]
    draft = shop.drafting.keep("many-calls", Texts(CALLS.replace("n: 5", "n: 9"), ""), "", "A-17")
    shop.releasing.approve(shop.releasing.publish("many-calls", draft.stamp, "A-17", "fewer yet"), "A-18", "why not")
    until(lambda: road.station.board.city().book.digest not in (before.digest, now))
    assert shop.releasing.roll_back(shop.releasing.in_force(), "A-17", "too few") == release
    until(lambda: road.station.board.city().book.digest == now)
    assert [one.by for one in shop.standing().unreviewed] == ["A-17"]


@pytest.mark.timeout(400)
def test_a_candidate_begins_in_shadow_by_a_page_and_is_dropped_and_a_new_desk_sees_it(road: Road) -> None:
    shop = road.station.workshop
    draft = shop.drafting.keep("many-calls", Texts(CALLS.replace("n: 5", "n: 3"), ""), "", "A-17")
    shop.shadowing.begin("many-calls", draft.stamp, "A-17", "is three enough?")
    until(lambda: [one.rule for one in shop.shadowing.shadows()] == ["many-calls"])
    (state,) = shop.shadowing.shadows()
    assert (state.by, state.reason, state.stopped) == ("A-17", "is three enough?", "")
    assert shop.shadowing.report("many-calls", {}, []) is not None
    assert [(one.kind, one.account) for one in road.chain()] == [("start-shadow", "A-17")]
    shop.shadowing.drop("many-calls", "A-17", "it is not")
    until(lambda: list(shop.shadowing.shadows()) == [])


def test_an_order_that_no_broker_takes_is_refused_and_stands_nowhere(
    road: Road, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(road.station._hands, "_address", "127.0.0.1:1")
    monkeypatch.setattr(clients, "CALL_SECONDS", 0.5)
    with pytest.raises(WorkRefused, match="not_taken"):
        road.station.workshop.order("stop", "many-calls", "A-17", "why")
    assert road.chain() == []
