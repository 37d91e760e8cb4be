"""A real city under the eyes of a real watchdog: paused, killed, hung, cut off; each said outside, and its end too."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.alerts.receiver import Receiver
from tests.streams.town import NAME, make_town
from tests.system.served import HOUSE, PATIENCE, served

QUICK = {"TOCSIN_WATCHDOG_STILL_SECONDS": "2.5", "TOCSIN_WATCHDOG_LOOK_SECONDS": "0.2", "TOCSIN_LOG": "json"}
PAGER = "a secret of the pager"


class Dog:
    """`tocsin watchdog` as a child, and what it has said so far."""

    def __init__(self, town: Path, data: Path, *words: str) -> None:
        command = [sys.executable, "-c", "from streams.cli import main; main()", "watchdog", str(town)]
        self._lines = data / "watchdog" / "notices.jsonl"
        self._log = data.with_suffix(".dog")
        with self._log.open("ab") as log:
            self.child = subprocess.Popen(
                [*command, "--data", str(data), *words],
                env={**os.environ, **QUICK, "TOCSIN_SECRET_PAGER": PAGER, "PYTHONPATH": str(HOUSE)},
                stdout=log,
                stderr=log,
            )

    def awake(self) -> Dog:
        """It has looked once."""
        wait_for(self._lines.with_name("heartbeat.prom").exists, self._log.read_text)
        return self

    @property
    def said(self) -> list[tuple[str, str]]:
        if not self._lines.exists():
            return []
        alerts = [json.loads(line)["alert"] for line in self._lines.read_text().splitlines()]
        return [(alert["state"], alert["trouble"]) for alert in alerts]

    def says(self, wanted: Sequence[tuple[str, str]]) -> None:
        wait_for(lambda: self.said == list(wanted), lambda: f"{self.said}\n{self._log.read_text()}")

    def end(self) -> int:
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(PATIENCE)


def wait_for(so: Callable[[], bool], otherwise: Callable[[], str]) -> None:
    limit = time.monotonic() + PATIENCE
    while not so():
        if time.monotonic() > limit:
            raise AssertionError(otherwise())
        time.sleep(0.05)


@contextmanager
def watching(town: Path, data: Path, *words: str) -> Iterator[Dog]:
    dog = Dog(town, data, *words)
    try:
        yield dog
    finally:
        dog.child.kill()
        dog.child.wait(PATIENCE)


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return make_town(tmp_path / "town")


def test_a_paused_process_is_said_and_so_is_that_it_goes_on(town: Path, tmp_path: Path) -> None:
    data = tmp_path / "var"
    with served(town, data) as child, watching(town, data, "--url", child.ready()) as dog:
        dog.awake()
        child.tell(signal.SIGSTOP)
        dog.says([("open", "still")])
        child.tell(signal.SIGCONT)
        dog.says([("open", "still"), ("over", "still")])
        assert dog.end() == 0
        assert child.end() == 0


def test_a_killed_process_is_said_over_the_desks_webhook_and_over_once_it_serves_again(
    town: Path, tmp_path: Path
) -> None:
    data = tmp_path / "var"
    with Receiver() as pager:
        tell_pager(town, pager.port)
        with served(town, data, TOCSIN_SECRET_PAGER=PAGER) as child:
            child.ready()
            with watching(town, data) as dog:
                dog.awake()
                child.kill()
                dog.says([("open", "still")])
                wait_for(lambda: len(pager.pushes) == 1, lambda: str(pager.pushes))
                with served(town, data, TOCSIN_SECRET_PAGER=PAGER):
                    dog.says([("open", "still"), ("over", "still")])
                    wait_for(lambda: len(pager.pushes) == 2, lambda: str(pager.pushes))
        bodies = [json.loads(push.body) for push in pager.pushes]
    assert [body["reason"] for body in bodies] == ["first", "over"]
    assert all("Tocsin-Signature" in {name.title() for name in push.headers} for push in pager.pushes)


def tell_pager(town: Path, port: int) -> None:
    desks = town / "desks.yaml"
    webhook = f'{{kind: webhook, url: "http://127.0.0.1:{port}/pager", secret: pager, private: true}}'
    text = desks.read_text()
    assert "channels: [" in text
    desks.write_text(text.replace("channels: [", f"channels: [{webhook}, ", 1))


def test_a_writer_that_hangs_is_said_while_its_process_answers(town: Path, tmp_path: Path) -> None:
    data = tmp_path / "var"
    with served(town, data) as child, watching(town, data, "--url", child.ready()) as dog:
        dog.awake()
        with closing(sqlite3.connect(data / NAME / "journal.sqlite", isolation_level=None)) as other:
            other.execute("begin immediate")  # the writer waits for the lock
            dog.says([("open", "still")])
            other.execute("rollback")


def test_an_address_that_takes_connections_and_never_answers_is_said(town: Path, tmp_path: Path) -> None:
    data = tmp_path / "var"
    with closing(socket.create_server(("127.0.0.1", 0))) as mute, served(town, data) as child:
        child.ready()
        with watching(town, data, "--url", f"http://127.0.0.1:{mute.getsockname()[1]}") as dog:
            dog.says([("open", "unreachable")])


def once(town: Path, data: Path) -> tuple[int, float]:
    began = time.monotonic()
    dog = Dog(town, data, "--once")
    return dog.child.wait(PATIENCE), time.monotonic() - began


def test_a_single_look_ends_with_one_while_time_stands_still_and_says_it_once(town: Path, tmp_path: Path) -> None:
    data = tmp_path / "var"
    with served(town, data) as child:
        child.ready()
        assert once(town, data)[0] == 0
        child.kill()
    assert [once(town, data)[0] for _ in range(2)] == [1, 1]
    lines = data / "watchdog" / "notices.jsonl"
    assert len(lines.read_text().splitlines()) == 1
    with served(town, data) as child:
        child.ready()
        assert once(town, data)[0] == 0
    assert [json.loads(line)["reason"] for line in lines.read_text().splitlines()] == ["first", "over"]
