"""POST /v1/events on the Kafka road, on a real broker: the door of one machine, and what it writes into the topics."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import msgspec
import pytest
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from rules.records import Frame
from streams.city import City
from streams.clock import HandClock
from streams.journal import Journal
from streams.kafka import admin, retries
from streams.kafka.intake import IntakeProcess
from streams.kafka.metrics import RoadMetrics
from streams.kafka.reception import Reception
from streams.kafka.refused_heard import RefusedHeard
from streams.kafka.topics import FRAMES, INCIDENTS, REFUSED, partition_of
from streams.messages import SpokenError
from streams.opened import city_of, intake_of
from streams.refusals import Reason
from tests.kafka.judged_there import KEY, chosen
from tests.kafka.road import PARTITIONS, log_of, messages
from tests.streams.town import JSON, LINES, NAME, event, in_service, make_town, packed

pytestmark = pytest.mark.xdist_group("kafka")
NOON: Final = 1_795_496_400_000
LONGEST: Final = 90.0
SECRET: Final = "13912345678"
CLOUD: Final = {"specversion": "1.0", "source": "/dispatch", "type": "event.incident"}


@dataclass
class Door:
    address: str
    city: City
    at: str
    metrics: RoadMetrics

    def post(self, body: object, **headers: str) -> httpx2.Response:
        """POST a value as JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return httpx2.post(f"{self.at}/v1/events", content=data, headers=given, timeout=LONGEST)

    def raw(self) -> list[bytes]:
        number = partition_of(self.city.name, PARTITIONS)
        return [value for key, value in messages(self.address, INCIDENTS, number) if key == self.city.name.encode()]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> City:
    return city_of(make_town(tmp_path_factory.mktemp("cities") / "town"))


@contextmanager
def opened(address: str, city: City, data: Path, **given: Any) -> Iterator[Door]:
    admin.setup(address, [city], partitions=PARTITIONS)
    metrics, settings = RoadMetrics(), chosen(data, address, **given)
    reception = Reception(
        "127.0.0.1:0",
        [city],
        KEY.encode(),
        settings,
        HandClock(NOON),
        metrics,
        kind="stream",
        on_end=lambda: None,
    )
    try:
        yield Door(address, city, reception.address, metrics)
    finally:
        reception.close()


@pytest.fixture
def door(bare: str, town: City, tmp_path: Path) -> Iterator[Door]:
    with opened(bare, town, tmp_path) as made:
        yield made


def bodies() -> list[tuple[bytes, Mapping[str, str]]]:
    """All that the door of one machine takes, and things that it refuses."""
    one = json.dumps({**CLOUD, "id": "c1", "time": "2026-11-24T12:00:00+08:00", "data": _data("c1")}).encode()
    binary = {f"ce-{name}": value for name, value in CLOUD.items()}
    return [
        (json.dumps(event("one")).encode(), JSON),
        (json.dumps([event("two"), event("two"), event("three", area="nowhere"), 7]).encode(), JSON),
        (b"\n".join(json.dumps(event(f"line {n}")).encode() for n in range(3)), LINES),
        (packed([event("packed")]), {**JSON, "content-encoding": "gzip"}),
        (one, {"content-type": "application/cloudevents+json"}),
        (b"[" + one.replace(b"c1", b"c2") + b"]", {"content-type": "application/cloudevents-batch+json"}),
        (json.dumps(_data("c3")).encode(), {**JSON, **binary, "ce-id": "c3"}),
        (json.dumps(event("four", place=SECRET)).encode(), JSON),
        (b'{"tick": %d}' % (NOON + 60_000), JSON),
    ]


def _data(name: str) -> dict[str, Any]:
    return {name: value for name, value in event(name).items() if name not in ("source", "kind")} | {
        "source": "dispatch",
        "kind": "incident",
    }


def test_what_is_pushed_gives_the_rows_that_one_machine_gives_and_the_same_answers(door: Door, tmp_path: Path) -> None:
    with in_service(door.city.folder, tmp_path / "var", kind="stream", key=KEY) as scene:
        for body, headers in bodies():
            here = scene.client.post("/v1/events", content=body, headers={**headers, "tocsin-arrived": str(NOON)})
            there = door.post(body, **{**headers, "tocsin-arrived": str(NOON)})
            assert (there.status_code, there.headers["content-type"]) == (
                202 if here.json()["duplicate"] else here.status_code,
                here.headers["content-type"],
            )
            assert [_known(one) for one in here.json()["events"]] == [_known(one) for one in there.json()["events"]]
            assert "duplicate" not in there.json()
        journal = Journal.open(tmp_path / "var" / NAME / "journal.sqlite", read_only=True)
        wanted = [row for _, record in journal.read() for row in _rows(record)]
        journal.close()
    IntakeProcess(door.address, [door.city], KEY.encode()).run(to_the_end=True)
    assert [row for record in log_of(door.address, door.city) for row in _rows(record)] == wanted != []


def _known(answer: Mapping[str, str]) -> dict[str, str]:
    """An answer without what only one of the roads tells."""
    told = {name: value for name, value in answer.items() if name != "place"}
    return {**told, "status": "accepted"} if told["status"] == "duplicate" else told


def _rows(record: object) -> list[tuple[object, ...]]:
    """Rows without their places: those are of a topic here, of a push there."""
    if not isinstance(record, Frame):
        return []
    names = [name for name in record.rows.dtype.names or () if name not in ("offset", "partition", "n")]
    return [tuple(row) for row in record.rows[names].tolist()]


def test_the_answer_names_the_place_where_the_record_lies(door: Door) -> None:
    answer = door.post([event("one"), event("two", area="nowhere"), event("three")]).json()
    number = partition_of(door.city.name, PARTITIONS)
    assert (answer["accepted"], answer["refused"]) == (2, 1)
    assert [one.get("place") for one in answer["events"]] == [
        f"{INCIDENTS}-{number}:0",
        None,
        f"{INCIDENTS}-{number}:1",
    ]
    assert [json.loads(value)["id"] for value in door.raw()] == ["call one", "call three"]


def test_what_is_refused_is_told_at_once_lies_nowhere_raw_and_is_listed_once(door: Door) -> None:
    for _ in range(2):
        assert door.post(event("four", place=SECRET), tocsin_arrived=str(NOON)).status_code == 422
    number = partition_of(door.city.name, PARTITIONS)
    lying = [value for topic in (INCIDENTS, REFUSED, FRAMES) for _, value in messages(door.address, topic, number)]
    assert not any(SECRET.encode() in value for value in lying)
    (refused,) = retries.still_refused(door.address, door.city)
    assert (refused.feed, refused.reason, refused.field) == ("calls", Reason.PHONE, "place")
    heard = RefusedHeard(door.address, door.city.name, HandClock().steady)
    assert [(one.feed, one.reason, one.count) for one in heard(NOON) or ()] == [("calls", "phone", 1)]
    assert heard(NOON + 1) == ()  # it arrived before
    heard.close()
    intake = intake_of(door.city, KEY.encode())
    assert retries.ask(door.address, door.city, intake, [refused]) == (0, 0)
    page = door.metrics.page().decode()
    assert 'tocsin_events_refused_total{city="newcity",feed="calls",reason="phone"} 2.0' in page


def test_a_stranger_a_strange_body_and_a_feed_that_is_not_pushed_are_told_what_is_wrong(
    bare: str, town: City, tmp_path: Path
) -> None:
    with opened(bare, town, tmp_path, token="t" * 40) as door:
        assert httpx2.get(f"{door.at}/healthz").json() == {"alive": [NAME]}
        assert httpx2.get(f"{door.at}/readyz").status_code == 200
        told = door.post(event("one"))
        assert (told.status_code, told.headers["content-type"]) == (401, "application/problem+json")
        mine = {"authorization": "Bearer " + "t" * 40}
        assert door.post(event("one"), **mine).status_code == 202
        troubles = {
            door.post(b"x", **mine, content_type="text/plain").json()["type"],
            door.post(b"{", **mine, tocsin_feed="no such feed").json()["type"],
            door.post(b"[{]", **mine).json()["type"],
            door.post(gzip.compress(b"x"), **mine, content_encoding="br").json()["type"],
        }
        kinds = {"media", "unknown_feed", "bad_body", "encoding"}
        assert troubles == {f"urn:tocsin:trouble:{kind}" for kind in kinds}
    with pytest.raises(SpokenError, match="write for example"):
        Reception(
            "nowhere", [town], KEY.encode(), chosen(tmp_path, bare), HandClock(0), RoadMetrics(), kind="stream",
            on_end=lambda: None,
        )  # fmt: skip


def test_more_than_may_wait_and_what_brokers_do_not_take_is_sent_again_by_whoever_sent_it(
    bare: str, town: City, tmp_path: Path
) -> None:
    with opened(bare, town, tmp_path, queue_events=2) as door:
        full = door.post([event(n) for n in range(3)])
        assert (full.status_code, full.headers["retry-after"]) == (429, "1")
        assert door.raw() == []
        assert door.post([event(n) for n in range(2)]).status_code == 202
        client = KafkaAdminClient(bootstrap_servers=bare)
        client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, INCIDENTS, configs={"max.message.bytes": "20"})])
        client.close()
        limit = time.monotonic() + LONGEST
        while (refused := door.post(event("large"))).status_code == 202:  # until the broker has heard of it
            assert time.monotonic() < limit
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert refused.json()["type"] == "urn:tocsin:trouble:not_taken"
        assert door.metrics.page().decode().count("tocsin_posts_waiting_events 0.0") == 1


def test_an_intake_answers_pushes_beside_its_work_and_ends_in_order(bare: str, town: City, tmp_path: Path) -> None:
    admin.setup(bare, [town], partitions=PARTITIONS)
    words = ["intake", str(town.folder), "--kafka", bare, "--events", "127.0.0.1:0"]
    process = subprocess.Popen(
        [sys.executable, "-c", "from streams.entry import main; main()", *words],
        env={**os.environ, "TOCSIN_KEY": KEY, "TOCSIN_DATA": str(tmp_path), "TOCSIN_LOG": "json"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        at = next(line for line in process.stderr if "/v1/events" in line).split(" at ")[1].strip()
        sent = event("now", occurred_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()))
        told = httpx2.post(at, json=sent, timeout=LONGEST)
        assert (told.status_code, told.json()["accepted"]) == (202, 1)
        limit = time.monotonic() + LONGEST
        while not any(_rows(record) for record in log_of(bare, town)):
            assert process.poll() is None
            assert time.monotonic() < limit
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONGEST) == 0
    finally:
        process.kill()
        process.wait(LONGEST)
        process.stderr.close()
    (value,) = [value for _, value in messages(bare, INCIDENTS, partition_of(NAME, PARTITIONS))]
    assert msgspec.json.decode(value)["id"] == "call now"
