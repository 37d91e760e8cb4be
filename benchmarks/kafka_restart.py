"""How long a city waits for its killed worker, and what its memory costs: `python -m benchmarks.kafka_restart`.

A broker is brought up, months of towns are poured and taken in, so that a worker has a backlog in which each hour
speaks. It is killed (-9) while it judges and started again at once, as a supervisor does; what counts is the time to
the first signal that was never said before, by the broker's clock, and how long the process ran for it (on a machine
that does other work the second is the fairer figure). Then the bytes of memory are counted. Needs Java and Maven.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from confluent_kafka import Consumer, Message, TopicPartition

from rules.records import Frame
from rules.signals import Signal
from streams.kafka import admin
from streams.kafka.reading import whole
from streams.kafka.topics import FRAMES, SIGNALS, STATE, partition_of
from streams.kafka.wire import read
from tests.kafka.broker import Cluster
from tests.kafka.road import poured, span, taken_in, town

PARTITIONS: Final = 4
PATIENCE_SECONDS: Final = 60.0
_RUN: Final = "import sys; sys.argv[1:] = {words!r}; import streams.kafka.worker as w; w.SAVE_SECONDS = {save}; "
_QUICK: Final = "from streams.entry import main; main()"


class Worker:
    """`tocsin worker`, started, killed, started again. `save`: None leaves how often it saves as it is."""

    def __init__(self, address: str, save: float | None) -> None:
        self._words = ["worker", "--member", "one", "--kafka", address]
        self._save = save
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        before = "" if self._save is None else _RUN.format(words=self._words, save=self._save)
        words = self._words if self._save is None else []
        quiet = {**os.environ, "TOCSIN_LOG": "json"}
        return subprocess.Popen(
            [sys.executable, "-c", before + _QUICK, *words], env=quiet, stdout=subprocess.DEVNULL, stderr=sys.stderr
        )

    def again(self) -> int:
        """Kill it and start it; when it was killed, ms."""
        self._process.kill()
        at = round(time.time() * 1000)
        self._process.wait(PATIENCE_SECONDS)
        self._process = self._started()
        return at

    def ran(self) -> float:
        """Seconds of processor that it took so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(PATIENCE_SECONDS)


class Listener:
    """Signals as they come; `ids`: those that were heard."""

    def __init__(self, address: str) -> None:
        self._consumer = Consumer({"bootstrap.servers": address, "group.id": "heard", "fetch.wait.max.ms": 10})
        self._consumer.assign([TopicPartition(SIGNALS, number, 0) for number in range(PARTITIONS)])
        self.ids: set[str] = set()

    def fresh(self, seconds: float) -> Iterator[Message]:
        """Those that nobody said before, for so long."""
        limit = time.monotonic() + seconds
        while (left := limit - time.monotonic()) > 0:
            for message in self._consumer.consume(500, min(left, 0.05)):
                told = msgspec.json.decode(message.value() or b"", type=Signal)
                if told.id not in self.ids:
                    self.ids.add(told.id)
                    yield message

    def next_after(self, at: int) -> int:
        """When the next one was appended, ms."""
        for message in self.fresh(PATIENCE_SECONDS):
            if message.timestamp()[1] > at:
                return message.timestamp()[1]
        raise SystemExit(f"nothing was said for {PATIENCE_SECONDS} s; is the past long enough for so many kills?")


def memory_of(address: str) -> tuple[int, int, int]:
    """Bytes of rows and heads that were written, saves, events of the logs."""
    written = saves = events = 0
    for number in range(PARTITIONS):
        for message in whole(address, STATE, number):
            written += len(message.key() or b"") + len(message.value() or b"")
            saves += b"\x1fhead\x1f" in (message.key() or b"")
        for message in whole(address, FRAMES, number):
            record = read(message.value() or b"")
            events += len(record.rows) if isinstance(record, Frame) else 0
    return written, saves, events


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kafka_restart", description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--towns", type=int, default=2)
    parser.add_argument("--days", nargs=2, default=("2015-12-15", "2016-02-15"))
    parser.add_argument("--save", type=float, help="seconds between two saves; else as a worker does")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-restart-") as folder:
        cluster = Cluster(Path(folder) / "kafka")
        cluster.start()
        try:
            waits, ran = run(cluster.address, Path(folder), args)
            written, saves, events = memory_of(cluster.address)
        finally:
            cluster.stop()
    low, high = np.percentile(waits, [50, 100])
    print(f"kill -9 to the next signal, {len(waits)} times: p50 {low / 1000:.2f} s, worst {high / 1000:.2f} s")
    print(f"  for which the new process ran: p50 {np.percentile(ran, 50):.2f} s, worst {max(ran):.2f} s")
    print(
        f"memory: {written:,} bytes in {saves} saves, {written / saves:,.0f} a save, {written / events:,.0f} an event"
    )


def run(address: str, folder: Path, args: argparse.Namespace) -> tuple[list[int], list[float]]:
    cities = [town(f"town-{n}", folder, ["201"]) for n in range(args.towns)]
    admin.setup(address, cities, partitions=PARTITIONS)
    for city in cities:
        poured(address, city, *span(city, *args.days))
    taken_in(address, cities)
    print(f"{args.towns} towns in partitions {sorted({partition_of(city.name, PARTITIONS) for city in cities})}")
    worker, heard = Worker(address, args.save), Listener(address)
    waits: list[int] = []
    ran: list[float] = []
    try:
        for _ in heard.fresh(6.0):
            pass
        for _ in range(args.kills):
            at = worker.again()
            waits.append(heard.next_after(at) - at)
            ran.append(worker.ran())
            for _ in heard.fresh(1.5):
                pass
    finally:
        worker.end()
    return waits, ran


if __name__ == "__main__":
    main()
