"""The Kafka road by its commands, on a real broker: killed under way, what it says is what one machine says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import httpx2
import msgspec
import pytest

from rules import canonical
from rules.signals import Signal
from streams.city import City
from streams.kafka import admin
from streams.kafka.topics import SIGNALS, STATE, partition_of
from streams.replay import REPLAY_KEY
from tests.kafka.broker import free_ports
from tests.kafka.road import EXAMPLES, PARTITIONS, example, messages, poured, span, taken_in, town, undisturbed
from tests.kafka.wire_held import unlike

pytestmark = pytest.mark.xdist_group("kafka")
LONGEST: Final = 90.0
RUNNING: Final[list[subprocess.Popen[bytes]]] = []
APART: Final = 7
"""Partitions over which four towns are spread."""


def started(*words: str) -> subprocess.Popen[bytes]:
    """A command of ours in a process of its own, its log beside the test's."""
    command = [sys.executable, "-c", "from streams.entry import main; main()", *words]
    process = subprocess.Popen(command, env={**os.environ, "TOCSIN_KEY": REPLAY_KEY.decode()})
    RUNNING.append(process)
    return process


@pytest.fixture(autouse=True)
def nothing_is_left_running() -> Iterator[None]:
    """A test that fails leaves nobody behind."""
    yield
    while RUNNING:
        process = RUNNING.pop()
        process.kill()
        process.wait(20)


def ended(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(30)


def said(address: str, city: City, partitions: int = APART) -> list[Signal]:
    """Every signal of a city once, by its cause."""
    found: dict[str, Signal] = {}
    for key, value in messages(address, SIGNALS, partition_of(city.name, partitions)):
        if key != city.name.encode():
            continue
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

    seen = [f"127.0.0.1:{port}" for port in free_ports(2)]
    one = ["worker", "--member", "one", "--metrics", seen[0]]
    way_in = ["intake", str(city.folder), "--clock", "stream", "--metrics", seen[1]]
    worker, intake = started(*one), started(*way_in)
    wait_for(lambda: heads(bare, number) > 0, worker, intake)
    intake.kill()
    intake.wait(20)
    intake = started(*way_in)
    for _ in range(2):
        worker.kill()
        worker.wait(20)
        before = heads(bare, number)
        worker = started(*one)
        wait_for(lambda: heads(bare, number) > before, worker, intake)  # noqa: B023 - asked at once
    wait_for(lambda: len(said(bare, city, PARTITIONS)) >= len(wanted.signals), worker, intake)
    told = [httpx2.get(f"http://{at}/metrics").text for at in seen]
    counted = {
        line.split("{")[0].split()[0]: float(line.split()[-1]) for line in told[0].splitlines() if line[0] != "#"
    }
    for name in ("worker_read_records_total", "worker_judge_seconds_count", "worker_rebalance_seconds_count"):
        assert counted[f"tocsin_{name}"] > 0
    assert counted["tocsin_worker_held_partitions"] == PARTITIONS
    assert 'tocsin_intake_written_records_total{city="montgomery"}' in told[1]
    assert ended(intake) == 0
    assert ended(worker) == 0
    found = said(bare, city, PARTITIONS)
    assert canonical.lines(found) == canonical.lines(wanted.signals)
    assert [one.state for one in found] == [one.state for one in wanted.signals]
    assert unlike(bare, PARTITIONS) == []


@pytest.mark.timeout(300)  # a minute where the machine does nothing else
def test_cities_move_between_workers_that_come_and_go(bare: str, tmp_path: Path) -> None:
    """1 -> 3 -> 2 workers, a day of events between; who ends does so in the midst of what its end brings about."""
    days = ("2016-01-22", "2016-01-23", "2016-01-24", "2016-01-25")
    cities = [town(f"town-{n}", tmp_path, days) for n in range(4)]
    number = {city.name: partition_of(city.name, APART) for city in cities}
    assert len(set(number.values())) == len(cities)
    admin.setup(bare, cities, partitions=APART)
    workers = [started("worker", "--member", "one", "--kafka", bare)]
    for since, until in pairwise(days):
        before = {name: heads(bare, n) for name, n in number.items()}
        for city in cities:
            poured(bare, city, *span(city, since, until))
        taken_in(bare, cities)
        if until == days[-1]:
            assert ended(workers.pop(0)) == 0
        wait_for(lambda: all(heads(bare, n) > before[name] for name, n in number.items()), *workers)  # noqa: B023
        if since == days[0]:
            workers += [started("worker", "--member", name, "--kafka", bare) for name in ("two", "three")]
    for city in cities:
        wanted = undisturbed(city, *span(city, days[0], days[-1]))
        assert len(wanted.signals) > 9
        wait_for(lambda: len(said(bare, city)) >= len(wanted.signals), *workers)  # noqa: B023 - asked at once
        assert canonical.lines(said(bare, city)) == canonical.lines(wanted.signals)
    assert [ended(worker) for worker in workers] == [0, 0]


def test_an_intake_without_the_secret_says_so(bare: str) -> None:
    command = [sys.executable, "-c", "from streams.entry import main; main()", "intake", str(EXAMPLES / "montgomery")]
    bare_environment = {name: value for name, value in os.environ.items() if name != "TOCSIN_KEY"}
    told = subprocess.run(command, capture_output=True, text=True, env=bare_environment, check=False)
    assert told.returncode == 1
    assert told.stderr.startswith("TOCSIN_KEY is not set")
