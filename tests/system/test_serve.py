"""The process itself: how it begins, what it bears, how it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.streams.town import event, make_town
from tests.system.served import HOUSE, Served, served

LARGE = 100 << 20


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("cities") / "town")


@pytest.fixture(scope="module")
def child(town: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(town, tmp_path_factory.mktemp("data") / "var") as process:
        process.ready()
        yield process


def test_a_hundred_megabytes_are_answered_413_and_the_next_sender_is_served(child: Served) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(LARGE >> 16):
            yield b" " * (1 << 16)

    try:
        code = httpx2.post(f"{child.address}/v1/events", content=endless(), headers=_json()).status_code
    except httpx2.TransportError:  # the connection was shut in the sender's face: an answer too
        code = 413
    assert code == 413
    assert httpx2.post(f"{child.address}/v1/events", json=event("after")).status_code == 202


def test_a_body_that_does_not_come_is_not_waited_for(town: Path, tmp_path: Path) -> None:
    with served(town, tmp_path / "var", TOCSIN_BODY_SECONDS="0.3") as child:
        host, _, port = child.ready().removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=30) as slow:
            lines = (
                "POST /v1/events HTTP/1.1",
                "Host: x",
                "Content-Type: application/json",
                "Content-Length: 99",
                "",
                "{",
            )
            slow.sendall("\r\n".join(lines).encode())
            assert slow.recv(100).startswith(b"HTTP/1.1 408 ")


def _json() -> dict[str, str]:
    return {"content-type": "application/json"}


def test_a_second_process_on_the_same_data_is_turned_away_in_one_line(child: Served, town: Path) -> None:
    run = tocsin("serve", str(town), "--data", str(child.data), "--port", "0")
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1].endswith("another process works on this city: stop it, or take another --data")


def test_an_address_that_is_taken_is_told_in_one_line(town: Path, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = tocsin("serve", str(town), "--data", str(tmp_path), "--port", str(taken.getsockname()[1]))
    assert run.returncode == 1
    assert "cannot listen there" in run.stderr
    assert "Traceback" not in run.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_open_board_does_not_hold_the_stop(town: Path, tmp_path: Path) -> None:
    with served(town, tmp_path / "var") as child:
        address = child.ready()
        with httpx2.stream("GET", f"{address}/events", timeout=30) as stream:
            lines = stream.iter_lines()
            assert next(lines)
            begun = time.monotonic()
            assert child.end() == 0
            assert time.monotonic() - begun < 30
        assert '"event":"ended"' in child.said()


def test_a_mended_folder_is_read_again_on_a_signal(tmp_path: Path) -> None:
    town = make_town(tmp_path / "town")
    with served(town, tmp_path / "var") as child:
        address = child.ready()
        (town / "feeds" / "more.yaml").write_text("kind: incident\ncomes: {push: true}\nformat: contract\n")
        child.tell(signal.SIGHUP)
        limit = time.monotonic() + 30
        while httpx2.post(f"{address}/v1/events?feed=more", json=event("m")).status_code != 202:
            assert time.monotonic() < limit, child.said()
            time.sleep(0.05)
        (town / "city.yaml").write_text("name: [")
        child.tell(signal.SIGHUP)
        while "city_not_read_again" not in child.said():
            assert time.monotonic() < limit, child.said()
            time.sleep(0.05)
        assert "city.yaml:1:" in child.said()
        assert httpx2.post(f"{address}/v1/events?feed=more", json=event("n")).status_code == 202


def test_a_log_line_is_json_and_holds_no_value(child: Served) -> None:
    httpx2.post(f"{child.address}/v1/events?feed=13912345678", json=event("13912345678"))
    lines = [line for line in child.said().splitlines() if line.startswith("{")]
    assert {json.loads(line)["event"] for line in lines} >= {"city_recovered", "listening"}
    assert "13912345678" not in child.said()


def tocsin(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from streams.cli import main; main()", *words],
        env={**os.environ, "PYTHONPATH": str(HOUSE), "TOCSIN_RESERVE_BYTES": "0", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
