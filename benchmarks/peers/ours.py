"""The job on Tocsin: an intake and a worker over a backlog, started as a user starts them.

The clock runs from the first batch that the intake has read (its events are not counted) to the last record of the logs
that the worker has judged. What came before, the start of both, is left out, and so is the last save, as it is with the
others.
"""

from __future__ import annotations

import re
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from confluent_kafka import Consumer, TopicPartition

from benchmarks.peers.filling import Expected
from benchmarks.peers.stream import CATEGORIES, Answer
from benchmarks.peers.towns import TOWNS
from benchmarks.processes import Process
from rules.signals import Signal
from streams.city import City
from streams.kafka.reading import whole
from streams.kafka.topics import FRAMES, INCIDENTS, SIGNALS, STATE
from tests.kafka.broker import free_ports

LOOK_SECONDS: Final = 0.25
PATIENCE_SECONDS: Final = 1_200.0
QUIET_SECONDS: Final = 15.0
"""Longer than a session and a save: whoever has said nothing for so long has nothing left to say."""


class Run(msgspec.Struct, frozen=True):
    """What came of it. `cpu`: seconds of processor by process; `memory`: the most that each held, MiB."""

    events: int
    seconds: float
    cpu: dict[str, float]
    memory: dict[str, float]
    alerts: int
    expected: int
    missing: int
    extra: int
    state_bytes: int


class Pair:
    """The two processes, and what their metrics say."""

    def __init__(self, address: str, folder: Path, cities: Sequence[City]) -> None:
        self._address = address
        self._ports = dict(zip(("intake", "worker"), free_ports(2), strict=True))
        words = {
            "intake": ["intake", *(str(city.folder) for city in cities), "--clock", "stream"],
            "worker": ["worker", "--member", "one"],
        }
        self.both = [
            Process(
                name,
                [*words[name], "--kafka", address, "--metrics", f"127.0.0.1:{port}"],
                folder / f"{name}.log",
            )
            for name, port in self._ports.items()
        ]

    def told(self, process: str, metric: str) -> float:
        """The sum of a metric of a process over its labels; 0 while it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._ports[process]}/metrics", timeout=10) as page:
                text = page.read().decode()
        except OSError:
            return 0.0
        return sum(float(value) for value in re.findall(rf"^{metric}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE))

    def until(self, what: Callable[[], bool]) -> None:
        """Look until it is so. Raises SystemExit where a process ended, or after too long."""
        limit = time.monotonic() + PATIENCE_SECONDS
        while not what():
            for one in self.both:
                if one.ended_with() is not None:
                    raise SystemExit(f"{one.name} ended: {one.log.read_text('utf-8')[-3_000:]}")
            if time.monotonic() > limit:
                raise SystemExit(f"not done after {PATIENCE_SECONDS:.0f} s")
            time.sleep(LOOK_SECONDS)

    def ran(self) -> dict[str, float]:
        return {one.name: one.ran() for one in self.both}

    def end(self) -> None:
        for one in self.both:
            if one.ended_with() is None and (code := one.end()):
                raise SystemExit(f"{one.name} ended with {code}: {one.log.read_text('utf-8')[-3_000:]}")


def run(address: str, folder: Path, cities: Sequence[City], expected: Expected) -> Run:
    """The whole backlog, and what it took."""
    raw = ends(address, INCIDENTS)
    pair = Pair(address, folder, cities)
    try:
        pair.until(lambda: pair.told("intake", "tocsin_intake_read_records_total") > 0)
        begun, before, read = time.monotonic(), pair.ran(), pair.told("intake", "tocsin_intake_read_records_total")
        pair.until(lambda: pair.told("intake", "tocsin_intake_read_records_total") >= raw)
        written = pair.told("intake", "tocsin_intake_written_records_total")
        pair.until(lambda: pair.told("worker", "tocsin_worker_judge_seconds_count") >= written)
        seconds, after = time.monotonic() - begun, pair.ran()
        memory = {one.name: round(one.most_memory(), 1) for one in pair.both}
    finally:
        pair.end()
    cpu = {name: round(after[name] - before[name], 2) for name in after}
    return _run(address, expected, round(expected.events * (1 - read / raw)), seconds, cpu, memory)


def run_killed(address: str, folder: Path, cities: Sequence[City], expected: Expected) -> Run:
    """The same, with kill -9 of both in the middle: what is said must be the same; nothing is timed."""
    raw = ends(address, INCIDENTS)
    pair = Pair(address, folder, cities)
    begun = time.monotonic()
    try:
        pair.until(lambda: pair.told("worker", "tocsin_worker_judge_seconds_count") > 0)
        pair.until(lambda: pair.told("intake", "tocsin_intake_read_records_total") >= raw / 2)
        for one in pair.both:
            one.kill()
            one.start()
        last, still = (-1, -1), time.monotonic()
        while time.monotonic() - still < QUIET_SECONDS:
            pair.until(lambda: True)
            now = (ends(address, FRAMES), ends(address, STATE))
            if now != last:
                last, still = now, time.monotonic()
            time.sleep(LOOK_SECONDS)
        memory = {one.name: round(one.most_memory(), 1) for one in pair.both}
    finally:
        pair.end()
    return _run(address, expected, expected.events, time.monotonic() - begun, {}, memory)


def _run(address: str, expected: Expected, events: int, seconds: float, cpu: dict[str, float], memory: Any) -> Run:
    said, wanted = set(answers(address)), set(expected.alerts)
    return Run(
        events, round(seconds, 2), cpu, memory, len(said), len(wanted), len(wanted - said), len(said - wanted),
        sum(len(message.value() or b"") for message in _every(address, STATE)),
    )  # fmt: skip


def answers(address: str) -> Iterator[Answer]:
    """(area, category, hour) of every bucket that spoke, of the last signal of each alert."""
    last = {}
    for message in _every(address, SIGNALS):
        signal = msgspec.json.decode(message.value() or b"", type=Signal)
        last[signal.alert] = signal
    for signal in last.values():
        if (
            signal.category in CATEGORIES
            and signal.area.startswith("A")
            and signal.state not in ("withdrawn", "merged")
        ):
            yield from ((signal.area, signal.category, bucket // 1000) for bucket in signal.evidence.buckets)


def _every(address: str, topic: str) -> Iterator[Any]:
    for number in range(TOWNS):
        yield from whole(address, topic, number)


def ends(address: str, topic: str) -> int:
    """Records that lie in a topic; in those that are written in transactions markers too."""
    client = Consumer({"bootstrap.servers": address, "group.id": "bench-ends"})
    try:
        return sum(client.get_watermark_offsets(TopicPartition(topic, n), 30.0)[1] for n in range(TOWNS))
    finally:
        client.close()
