"""A polled address: each answer taken once, whatever the server can tell, and what fails is said in time."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rules.records import Blind
from streams.clock import HandClock
from streams.doctor.ways import of_the_feeds
from streams.feeds.blocks import Comes
from streams.journal import Journal
from streams.messages import SpokenError
from streams.opened import city_of
from streams.refusals import Reason, Refused
from streams.watch import FetchError, fetch, opened_fetch
from tests.streams.test_watch import rows_in, until
from tests.streams.town import NAME, event, in_service, make_town

NOW = 1_795_521_600_000


@dataclass
class Source:
    """A server with one document. `asked`: the headers of every GET."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    tag: bool = False
    asked: list[dict[str, str]] = field(default_factory=list)
    address: str = ""

    def show(self, *numbers: int) -> None:
        self.body = b"".join(json.dumps(event(number)).encode() + b"\n" for number in numbers)

    @property
    def feed(self) -> str:
        comes = f"{{url: '{self.address}', every: 1s, private: true}}"
        return f"kind: incident\ncomes: {comes}\nformat: contract\nsource: dispatch\n"


@pytest.fixture
def source() -> Iterator[Source]:
    mine = Source()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name is the library's
            mine.asked.append(dict(self.headers))
            tag = f'"{hash(mine.body)}"'
            known = mine.tag and self.headers.get("If-None-Match") == tag
            body = b"" if known else mine.body
            self.send_response(304 if known else mine.status)
            for name, value in {**mine.headers, **({"ETag": tag} if mine.tag else {})}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_request(self, code: object = "-", size: object = "-") -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    mine.address = f"http://127.0.0.1:{server.server_address[1]}/open.jsonl?since=today"
    yield mine
    server.shutdown()
    thread.join()
    server.server_close()


def looked_again(source: Source, times: int = 2) -> None:
    """What is shown now has been taken: a second GET from here on begins after the first one's answer was."""
    seen = len(source.asked)
    until(lambda: len(source.asked) >= seen + times)


@pytest.mark.parametrize("tag", [True, False])
def test_each_answer_is_taken_once_also_over_a_restart(source: Source, tmp_path: Path, tag: bool) -> None:
    source.tag = tag
    town, data = make_town(tmp_path / "town", board=source.feed), tmp_path / "var"
    source.show(1, 2)
    with in_service(town, data):
        until(lambda: (data / NAME / "journal.sqlite").exists() and len(rows_in(data)) == 2)
        looked_again(source)
        assert len(rows_in(data)) == 2
    with in_service(town, data):
        looked_again(source)
        assert len(rows_in(data)) == 2
        source.show(2, 3)
        until(lambda: len(rows_in(data)) == 4)
        looked_again(source)
    assert len(rows_in(data)) == 4
    assert any("If-None-Match" in headers for headers in source.asked) == tag
    reader = Journal.open(data / NAME / "journal.sqlite", read_only=True)
    (cursor,) = (one for one in reader.cursors().values() if one.partition.startswith("poll-board-"))
    reader.close()
    assert cursor.offset == 4  # counts all that the address ever gave, the repeat too


def test_an_answer_that_cannot_be_read_is_refused_once_and_nothing_else_suffers(source: Source, tmp_path: Path) -> None:
    feed = source.feed.replace("format: contract\nsource: dispatch", "format: csv") + (
        "columns: {id: id, occurred_at: at, category: {otherwise: traffic}, area: {otherwise: east}}\n"
    )
    town, data = make_town(tmp_path / "town", board=feed), tmp_path / "var"
    source.body = b"id,id\n1,2\n"
    with in_service(town, data):
        looked_again(source, 3)
        source.body = gzip.compress(b"id,at\n1,2026-11-24T12:00:00+08:00\n")
        until(lambda: len(rows_in(data)) == 1)
    reader = Journal.open(data / NAME / "journal.sqlite", read_only=True)
    (refusal,) = reader.refused()
    reader.close()
    assert (refusal.feed, refusal.reason) == ("board", Reason.DUPLICATE_KEY)


def test_an_address_that_fails_for_five_minutes_blinds_its_feed_from_its_last_good_answer(
    source: Source, tmp_path: Path
) -> None:
    clock = HandClock(NOW)
    town, data = make_town(tmp_path / "town", board=source.feed), tmp_path / "var"
    source.show(1)
    with in_service(town, data, clock=clock) as scene:
        until(lambda: len(rows_in(data)) == 1)
        source.status, source.headers = 503, {"Retry-After": "30"}
        seen = len(source.asked)
        clock.forward(60)
        until(lambda: len(source.asked) == seen + 1)
        failed = scene.metrics.files_failed.labels(NAME, "board")
        until(lambda: failed._value.get() == 1)
        clock.forward(29)  # it asked for half a minute
        assert len(source.asked) == seen + 1
        clock.forward(301 - 29)
        until(lambda: failed._value.get() == 2)
        until(lambda: _blind(data))
        source.status = 200
        clock.forward(60)
        looked_again(source, 1)
    (order,) = _blind(data)
    assert (order.feed, order.since, order.until) == ("board", NOW, NOW + 361_000)


def _blind(data: Path) -> list[Blind]:
    reader = Journal.open(data / NAME / "journal.sqlite", read_only=True)
    found = [record for _, record in reader.read() if isinstance(record, Blind)]
    reader.close()
    return found


def test_a_token_goes_in_the_header_and_a_missing_one_is_said_before_the_doors_open(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    comes = Comes(url=source.address, private=True, secret="board_token")
    monkeypatch.setenv("TOCSIN_SECRET_BOARD_TOKEN", "s3cret\n")
    assert opened_fetch("board", comes).look() == b""
    assert source.asked[0]["Authorization"] == "Bearer s3cret"
    monkeypatch.delenv("TOCSIN_SECRET_BOARD_TOKEN")
    town = make_town(tmp_path / "town", board=source.feed.replace("every:", "secret: board_token, every:"))
    with pytest.raises(SpokenError) as told, in_service(town, tmp_path / "var"):
        pass
    assert told.value.render("en").startswith("board: there is no secret board_token")


@pytest.mark.parametrize("status", [301, 302, 401, 404, 500])
def test_what_is_no_document_is_told_by_its_number_and_no_redirect_is_followed(source: Source, status: int) -> None:
    source.status, source.headers = status, {"Location": source.address}
    with pytest.raises(FetchError, match=f"^http {status}$"):
        opened_fetch("board", Comes(url=source.address, private=True)).look()
    assert len(source.asked) == 1


def test_a_private_address_is_shut_unless_the_feed_says_so() -> None:
    for host in ("127.0.0.1", "[::1]", "169.254.169.254", "10.0.0.1", "[::ffff:10.0.0.1]"):
        with pytest.raises(FetchError, match="not allowed"):
            opened_fetch("board", Comes(url=f"https://{host}/open.json")).look()
    with pytest.raises(FetchError, match="not allowed"):
        opened_fetch("board", Comes(url="http://169.254.169.254/latest", private=True)).look()


def test_a_bomb_and_a_document_without_end_are_refused(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = opened_fetch("board", Comes(url=source.address, private=True))
    source.body = gzip.compress(bytes(40_000_000))
    with pytest.raises(Refused, match="bomb"):
        looks.look()
    monkeypatch.setattr(fetch, "ANSWER_BYTES", 1000)
    source.body = b"x" * 1001
    with pytest.raises(Refused, match="too_large"):
        looks.look()


def test_the_doctor_looks_once_and_names_what_fails(source: Source, tmp_path: Path) -> None:
    town = city_of(make_town(tmp_path / "town", board=source.feed))
    assert [finding.level for finding in of_the_feeds(town)] == ["good"]
    source.status = 403
    (finding,) = of_the_feeds(town)
    assert "http 403" in finding.line("en")
    assert "board" in finding.line("zh-CN")
