"""The door by HTTP: an answer for every event, and a clear one for whatever else comes."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from rules.records import Frame, Tick
from streams.http.trouble import HEADERS, STATUS, WORDS, Trouble
from streams.in_band import BandTick
from streams.journal import DiskFullError, Journal
from streams.runtime import Parcel, Receipt
from tests.streams.town import JSON, LINES, NAME, Scene, event, in_service, make_town, packed

SECRET = "13912345678"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("cities") / "town")


@pytest.fixture(scope="module")
def scene(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with in_service(
        town, tmp_path_factory.mktemp("var"), body_bytes=100_000, unpacked_bytes=200_000, body_events=500
    ) as made:
        yield made


def statuses(response) -> list[str]:  # type: ignore[no-untyped-def]  # the test client's own type is private
    return [answer["status"] for answer in response.json()["events"]]


def test_one_event_is_accepted_and_its_repeat_told(scene: Scene) -> None:
    first, second = scene.post(event("one")), scene.post(event("one"))
    assert (first.status_code, statuses(first)) == (202, ["accepted"])
    assert (second.status_code, statuses(second)) == (200, ["duplicate"])


def test_what_was_answered_lies_in_the_journal(scene: Scene) -> None:
    scene.post([event("kept 1"), event("kept 2")])
    reader = Journal.open(scene.settings.data / NAME / "journal.sqlite", read_only=True)
    frames = [record for _, record in reader.read() if isinstance(record, Frame)]
    reader.close()
    assert len(frames[-1].rows) == 2


def test_a_batch_is_answered_event_by_event_in_order(scene: Scene) -> None:
    response = scene.post([event("b1"), event("b2", area="nowhere"), event("b1"), event("b3", note="x"), 7])
    assert response.status_code == 202
    assert response.json()["events"] == [
        {"status": "accepted"},
        {"status": "refused", "reason": "unknown_area", "field": "area"},
        {"status": "duplicate"},
        {"status": "refused", "reason": "unknown_field", "field": "#7"},
        {"status": "refused", "reason": "malformed"},
    ]
    assert {key: response.json()[key] for key in ("accepted", "duplicate", "refused")} == {
        "accepted": 1,
        "duplicate": 1,
        "refused": 3,
    }


def test_a_body_of_which_nothing_passes_is_no_success(scene: Scene) -> None:
    assert scene.post(event("none", area="nowhere")).status_code == 422


def test_json_lines_are_answered_line_by_line_broken_ones_too(scene: Scene) -> None:
    body = b"\n".join([json.dumps(event("l1")).encode(), b'{"id": ', b"", json.dumps(event("l2")).encode()])
    response = scene.client.post("/v1/events", content=body, headers=LINES)
    assert statuses(response) == ["accepted", "refused", "accepted"]


def test_gzip_is_unpacked(scene: Scene) -> None:
    response = scene.post(packed([event("z1"), event("z2")]), content_encoding="gzip")
    assert statuses(response) == ["accepted", "accepted"]


def envelope(number: str, **fields: object) -> dict[str, object]:
    attributes = {"specversion": "1.0", "id": number, "source": "dispatch", "type": "city.event.incident"}
    return {**attributes, "data": event(number), **fields}


def test_cloudevents_come_structured_in_batches_and_binary(scene: Scene) -> None:
    one = scene.post(envelope("c1"), content_type="application/cloudevents+json")
    batch = [envelope("c2"), envelope("c3", specversion="0.3")]
    many = scene.post(batch, content_type="application/cloudevents-batch+json")
    headers = {"ce_specversion": "1.0", "ce_id": "c4", "ce_source": "dispatch", "ce_type": "city.event.incident"}
    binary = scene.post(event("c4"), **headers)
    assert statuses(one) == ["accepted"]
    assert statuses(many) == ["accepted", "refused"]
    assert statuses(binary) == ["accepted"]


@pytest.mark.parametrize(
    ("body", "status", "trouble"),
    [
        (b"", 400, Trouble.EMPTY),
        (b"   \n ", 400, Trouble.EMPTY),
        (b"[" * 50_000, 400, Trouble.BAD_BODY),
        (b'[{"id": 1}, ', 400, Trouble.BAD_BODY),
        (b"[\xff]", 400, Trouble.BAD_BODY),
        (b" " * 100_001, 413, Trouble.BODY_TOO_LARGE),
        (b"[" + b"1," * 600 + b"1]", 413, Trouble.TOO_MANY_EVENTS),
    ],
)
def test_a_body_that_cannot_be_taken_gets_a_problem(scene: Scene, body: bytes, status: int, trouble: Trouble) -> None:
    response = scene.post(body)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"] == f"urn:tocsin:trouble:{trouble}"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b'{"id": ', "malformed"),
        (b"null", "malformed"),
        (b"nonsense", "malformed"),
        (b'{"a":' * 2_000 + b"1" + b"}" * 2_000, "too_deep"),
        (b'{"count": NaN}', "malformed"),
        (b'{"count": 1e999}', "malformed"),
        (json.dumps(event("x", count=10**30)).encode(), "bad_value"),
        (json.dumps(event("x", count=-1)).encode(), "bad_value"),
        (json.dumps(event("x", count="1")).encode(), "bad_value"),
        (json.dumps(event("x", count=True)).encode(), "bad_value"),
        (json.dumps(event("x", kind="petition")).encode(), "wrong_kind"),
        (json.dumps(event("x", occurred_at="0000-01-01T00:00:00Z")).encode(), "time_out_of_range"),
        (json.dumps(event("x", occurred_at="9999-12-31T23:59:59Z")).encode(), "time_out_of_range"),
        (json.dumps(event("x", occurred_at="2016-12-31T23:59:60Z")).encode(), "leap_second"),
        (json.dumps(event("x", occurred_at="2016-12-31T23:59:59")).encode(), "time_without_offset"),
        (json.dumps(event("x", occurred_at="yesterday")).encode(), "bad_time"),
        (json.dumps(event("x"))[:-1].encode() + b', "id": "again"}', "duplicate_key"),
        (json.dumps(event("x", place=SECRET)).encode(), "phone"),
        (b"\xff\xfe{\x00}\x00", "not_utf8"),
    ],
)
def test_a_malformed_event_is_refused_with_its_reason(scene: Scene, data: bytes, reason: str) -> None:
    response = scene.post(data)
    assert response.status_code == 422
    (answer,) = response.json()["events"]
    assert (answer["status"], answer["reason"]) == ("refused", reason)
    assert SECRET not in response.text


def test_a_bomb_is_not_unpacked(scene: Scene) -> None:
    response = scene.post(gzip.compress(b" " * 50_000_000), content_encoding="gzip")
    assert (response.status_code, response.json()["reason"]) == (413, "bomb")


def test_a_broken_gzip_is_told(scene: Scene) -> None:
    response = scene.post(packed([event("half")])[:-9], content_encoding="gzip")
    assert (response.status_code, response.json()["reason"]) == (400, "malformed")


def test_a_body_that_says_it_is_large_is_not_read(scene: Scene) -> None:
    assert scene.post(b"x", content_length="100000000").status_code == 413


@pytest.mark.parametrize(
    ("headers", "trouble"),
    [
        ({"content_type": "text/html"}, Trouble.MEDIA),
        ({"content_type": ""}, Trouble.MEDIA),
        ({"content_encoding": "br"}, Trouble.ENCODING),
        ({"tocsin_arrived": "5"}, Trouble.BAD_ARRIVAL),
        ({"tocsin_feed": SECRET}, Trouble.UNKNOWN_FEED),
        ({"tocsin_city": "elsewhere"}, Trouble.UNKNOWN_FEED),
    ],
)
def test_a_request_that_fits_no_door_is_told_what_to_do(
    scene: Scene, headers: dict[str, str], trouble: Trouble
) -> None:
    response = scene.post(event("door"), **headers)
    assert response.status_code == STATUS[trouble]
    assert response.json()["type"].endswith(trouble)
    assert SECRET not in response.text


def test_a_problem_is_told_in_chinese_where_that_is_wanted(scene: Scene) -> None:
    assert scene.post(b"", accept_language="zh-CN,zh;q=0.9").json()["detail"] == WORDS[Trouble.EMPTY]["zh-CN"]


def test_every_trouble_has_a_status_and_words_in_both_languages() -> None:
    for trouble in Trouble:
        assert STATUS[trouble] >= 400
        assert set(WORDS[trouble]) == {"en", "zh-CN"}
        assert trouble in HEADERS or STATUS[trouble] not in (401, 429, 503)


def test_other_methods_are_told_which_one_to_take(scene: Scene) -> None:
    response = scene.client.get("/v1/events")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


def test_health_readiness_metrics_and_the_board_are_there(scene: Scene) -> None:
    assert scene.client.get("/healthz").json() == {"alive": [NAME]}
    for _ in range(200):
        ready = scene.client.get("/readyz")
        if ready.status_code == 200:
            break
        time.sleep(0.05)
    assert ready.json() == {"ready": [NAME]}
    scene.post(event("measured"))
    page = scene.client.get("/metrics").text
    assert f'tocsin_events_received_total{{city="{NAME}",feed="calls"}}' in page
    assert "text/html" in scene.client.get("/").headers["content-type"]


def test_where_several_feeds_can_be_pushed_the_sender_says_which(tmp_path: Path) -> None:
    more = "kind: incident\ncomes: {push: true}\nformat: contract\n"
    with in_service(make_town(tmp_path / "town", more=more), tmp_path / "var") as scene:
        assert scene.post(event("w")).json()["type"].endswith(Trouble.WHICH_FEED)
        assert statuses(scene.post(event("w"), tocsin_feed="more")) == ["accepted"]
        assert statuses(scene.client.post(f"/v1/events?city={NAME}&feed=calls", json=event("v"))) == ["accepted"]


def test_a_feed_that_comes_by_file_takes_no_pushes(tmp_path: Path) -> None:
    files = "kind: incident\ncomes: {folder: incoming}\nformat: contract\n"
    town = make_town(tmp_path / "town", files=files)
    (town / "incoming").mkdir()
    with in_service(town, tmp_path / "var") as scene:
        assert scene.post(event("f"), tocsin_feed="files").status_code == 404


def test_a_token_is_asked_for_where_one_is_set(town: Path, tmp_path: Path) -> None:
    with in_service(town, tmp_path, token="open sesame") as scene:
        assert scene.post(event("t")).status_code == 401
        assert scene.post(event("t"), authorization="Bearer wrong").status_code == 401
        assert scene.post(event("t"), authorization="Bearer open sesame").status_code == 202


def test_a_full_disk_is_answered_503_and_heals(town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with in_service(town, tmp_path) as scene:
        write = Journal.append

        def full(journal: Journal, records, **given):  # type: ignore[no-untyped-def]  # as the method it stands for
            if any(isinstance(record, Frame) for record in records):
                raise DiskFullError("disk-full", path="journal")
            return write(journal, records, **given)

        with monkeypatch.context() as disk:
            disk.setattr(Journal, "append", full)
            response = scene.post(event("later"))
            assert (response.status_code, response.headers["retry-after"]) == (503, "10")
        assert statuses(scene.post(event("later"))) == ["accepted"]


def test_a_full_queue_is_answered_429_with_a_time_to_come_again(town: Path, tmp_path: Path) -> None:
    with in_service(town, tmp_path, queue_events=3, answer_seconds=0.2) as scene:
        with held(scene):
            waiting = scene.post([event("q1"), event("q2")])
            turned_away = scene.post([event("s1"), event("s2")])
        assert (waiting.status_code, waiting.headers["retry-after"]) == (503, "5")
        assert (turned_away.status_code, turned_away.headers["retry-after"]) == (429, "1")
        assert statuses(scene.post(event("q1"))) == ["accepted"]


@contextmanager
def held(scene: Scene) -> Iterator[None]:
    """The writer stands still inside a commit, with nothing waiting behind it."""
    entered, go = threading.Event(), threading.Event()
    take = scene.station.shard.take

    def slow(parcels: Sequence[Parcel]) -> list[Receipt]:
        entered.set()
        go.wait(10)
        return take(parcels)

    scene.station.shard.take = slow  # type: ignore[method-assign]  # a slow disk
    first = scene.station.writer.submit(Parcel())
    assert entered.wait(10)
    yield
    scene.station.shard.take = take  # type: ignore[method-assign]  # a fast one again
    go.set()
    first.result(10)


def test_on_the_stream_clock_ticks_come_in_band(town: Path, tmp_path: Path) -> None:
    noon = 1_795_521_600_000
    with in_service(town, tmp_path, kind="stream") as scene:
        scene.post([event("s1"), {"tick": noon + 1_000}, event("s2")])
        scene.post([event("s3")], tocsin_arrived=str(noon + 5_000))
        scene.post({"tick": noon + 6_000})
        scene.station.writer.stop()
        reader = Journal.open(tmp_path / NAME / "journal.sqlite", read_only=True)
        told = [
            record.now if isinstance(record, Tick) else int(record.rows["arrived_at"][0])
            for _, record in reader.read()
            if isinstance(record, Tick | Frame)
        ]
        reader.close()
    occurred = 1_795_492_800_000
    assert told == [occurred, noon + 1_000, noon + 1_001, noon + 5_000, noon + 6_000]


def test_on_the_stream_clock_time_passes_when_every_feed_has_shown_it(tmp_path: Path) -> None:
    noon = 1_795_521_600_000
    more = "kind: incident\ncomes: {push: true}\nformat: contract\n"
    town = make_town(tmp_path / "two", more=more)
    for first, second in ((noon + 5_000, noon + 2_000), (0, noon + 9_000)):  # what a feed has shown outlives a restart
        with in_service(town, tmp_path, kind="stream") as scene:
            for feed, tick in (("calls", first), ("more", second)):
                scene.client.post(f"/v1/events?feed={feed}", content=b'{"tick": %d}' % tick, headers=JSON)
    reader = Journal.open(tmp_path / NAME / "journal.sqlite", read_only=True)
    told = [record.now for _, record in reader.read() if isinstance(record, Tick)]
    reader.close()
    assert told == [noon + 2_000, noon + 5_000]


def test_a_feed_that_tells_arrivals_is_believed_on_the_stream_clock(tmp_path: Path) -> None:
    feed = (
        "kind: incident\ncomes: {push: true}\nformat: json\nsource: s\n"
        "times: {zone: UTC, formats: '%Y-%m-%d %H:%M:%S'}\n"
        "columns: {id: n, occurred_at: at, arrived_at: came, category: [{otherwise: traffic}],"
        " area: [{otherwise: east}]}\n"
    )
    town = make_town(tmp_path / "rows", rows=feed)
    row = {"n": "1", "at": "2026-11-24 04:00:00", "came": "2026-11-24 04:00:07"}
    with in_service(town, tmp_path, kind="stream") as scene:
        answer = scene.client.post("/v1/events?feed=rows", json=row)
        assert answer.status_code == 202, answer.text
    reader = Journal.open(tmp_path / NAME / "journal.sqlite", read_only=True)
    (frame,) = [record for _, record in reader.read() if isinstance(record, Frame)]
    reader.close()
    assert (frame.rows["arrived_at"] - frame.rows["occurred_at"]).tolist() == [7_000]


def test_a_tick_in_band_is_no_event_on_the_wall_clock(scene: Scene) -> None:
    response = scene.post({"tick": 5})
    assert statuses(response) == ["refused"]
    assert BandTick(5).tick == 5


def test_serial_numbers_go_on_after_a_restart(town: Path, tmp_path: Path) -> None:
    places = []
    for n in range(2):
        with in_service(town, tmp_path) as scene:
            scene.post([event(f"r{n}"), event(f"s{n}")])
    reader = Journal.open(tmp_path / NAME / "journal.sqlite", read_only=True)
    for _, record in reader.read():
        if isinstance(record, Frame):
            places += record.rows["offset"].tolist()
    reader.close()
    assert places == [0, 1, 2, 3]
