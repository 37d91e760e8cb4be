"""The Kafka road by its commands, on a real broker: killed under way, what it says is what one machine says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Final

import msgspec
import pytest

from rules import canonical
from rules.signals import Signal
from streams.kafka.topics import SIGNALS, STATE, partition_of
from streams.replay import REPLAY_KEY
from tests.kafka.road import EXAMPLES, PARTITIONS, example, messages, span, undisturbed

pytestmark = pytest.mark.xdist_group("kafka")
LONGEST: Final = 90.0


def started(*words: str) -> subprocess.Popen[bytes]:
    """A command of ours in a process of its own, its log beside the test's."""
    command = [sys.executable, "-c", "from streams.cli import main; main()", *words]
    return subprocess.Popen(command, env={**os.environ, "TOCSIN_KEY": REPLAY_KEY.decode()})


def ended(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(30)


def said(address: str, number: int) -> list[Signal]:
    """Every signal once, by its cause."""
    found: dict[str, Signal] = {}
    for _, value in messages(address, SIGNALS, number):
        one = msgspec.json.decode(value, type=Signal)
        assert found.setdefault(one.id, one) == one  # said again, it is the same
    return sorted(found.values(), key=lambda one: one.cause)


def heads(address: str, number: int) -> int:
    """How often a memory was written."""
    return sum(b"\x1fhead\x1f" in (key or b"") for key, _ in messages(address, STATE, number))


def wait_for(come: Callable[[], bool], *processes: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + LONGEST
    while not come():
        assert [process.poll() for process in processes] == [None] * len(processes)
        assert time.monotonic() < limit
        time.sleep(0.2)


def test_the_road_by_its_commands_killed_under_way_says_what_one_machine_says(
    bare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_KAFKA", bare)
    city, days = example("montgomery"), ("2016-01-20", "2016-01-27")
    wanted, number = undisturbed(city, *span(city, *days)), partition_of(city.name, PARTITIONS)
    assert started("kafka", "setup", str(city.folder), "--partitions", str(PARTITIONS)).wait(60) == 0
    replayed = started("replay", str(city.folder), "--to", "kafka", "--from", days[0], "--until", days[1])
    assert replayed.wait(60) == 0

    worker, intake = started("worker", "--member", "one"), started("intake", str(city.folder), "--clock", "stream")
    wait_for(lambda: heads(bare, number) > 0, worker, intake)
    intake.kill()
    intake.wait(20)
    intake = started("intake", str(city.folder), "--clock", "stream")
    for _ in range(2):
        worker.kill()
        worker.wait(20)
        before = heads(bare, number)
        worker = started("worker", "--member", "one")
        wait_for(lambda: heads(bare, number) > before, worker, intake)  # noqa: B023 - asked at once
    wait_for(lambda: len(said(bare, number)) >= len(wanted.signals), worker, intake)
    assert ended(intake) == 0
    assert ended(worker) == 0
    found = said(bare, number)
    assert canonical.lines(found) == canonical.lines(wanted.signals)
    assert [one.state for one in found] == [one.state for one in wanted.signals]


def test_an_intake_without_the_secret_says_so(bare: str) -> None:
    command = [sys.executable, "-c", "from streams.cli import main; main()", "intake", str(EXAMPLES / "montgomery")]
    bare_environment = {name: value for name, value in os.environ.items() if name != "TOCSIN_KEY"}
    told = subprocess.run(command, capture_output=True, text=True, env=bare_environment, check=False)
    assert told.returncode == 1
    assert told.stderr.startswith("TOCSIN_KEY is not set")
