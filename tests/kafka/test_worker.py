"""`tocsin worker` on a real broker: killed under way, what it said is what one machine says."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import Final

import msgspec
import pytest

from rules import canonical
from rules.signals import Signal
from streams.city import City
from streams.kafka import admin
from streams.kafka.topics import SIGNALS, STATE, partition_of
from tests.kafka.road import PARTITIONS, example, messages, poured, span, taken_in, undisturbed

pytestmark = pytest.mark.xdist_group("kafka")
LONGEST: Final = 90.0


def started(address: str) -> subprocess.Popen[bytes]:
    code = f"from streams.kafka.worker import run; run({address!r}, kind='stream', member='worker-1')"
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def said(address: str, number: int) -> list[Signal]:
    """Every signal once, by its cause."""
    found = {}
    for _, value in messages(address, SIGNALS, number):
        signal_ = msgspec.json.decode(value, type=Signal)
        found[signal_.id] = signal_
    return sorted(found.values(), key=lambda one: one.cause)


def heads(address: str, number: int) -> int:
    """How often a memory was written."""
    return sum(b"\x1fhead\x1f" in (key or b"") for key, _ in messages(address, STATE, number))


def wait_for(address: str, number: int, worker: subprocess.Popen[bytes], *, more_than: int) -> None:
    limit = time.monotonic() + LONGEST
    while heads(address, number) <= more_than:
        assert worker.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.2)


def test_a_worker_that_is_killed_twice_says_what_one_machine_says(bare: str) -> None:
    city: City = example("montgomery")
    between = span(city, "2016-01-20", "2016-01-27")
    admin.setup(bare, [city], partitions=PARTITIONS)
    poured(bare, city, *between)
    taken_in(bare, [city])
    number, wanted = partition_of(city.name, PARTITIONS), undisturbed(city, *between)
    for _ in range(2):
        worker = started(bare)
        wait_for(bare, number, worker, more_than=heads(bare, number))
        worker.kill()
        worker.wait(20)
    worker = started(bare)
    limit = time.monotonic() + LONGEST
    while len(found := said(bare, number)) < len(wanted.signals):
        assert worker.poll() is None
        assert time.monotonic() < limit
        time.sleep(0.5)
    written = heads(bare, number)
    wait_for(bare, number, worker, more_than=written - 1)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0
    assert canonical.lines(found) == canonical.lines(wanted.signals)
    assert [one.state for one in found] == [one.state for one in wanted.signals]
