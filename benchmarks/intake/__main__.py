"""HTTP intake of a served city: events a second, answers' delays, CPU, and a kill under load.

    python -m benchmarks.intake [--events N] [--batch N] [--senders N] [--rate N] [--rules N] [--json]

`tocsin serve` runs over a temporary folder with Boston's trees and rules; another process sends batches over
connections that it keeps alive, first JSON lines and then an array, as fast as answers come; then at a fixed rate,
where a body's delay counts from the moment it was due. At last the server is killed under load and started again: each
event that was acknowledged must lie in its journal. Exit code 1 where one does not, or the answers do not add up.

Wall time is what a sender sees; CPU a process and event (of /proc, Linux) says the same on a busy machine.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx2
import msgspec
import numpy as np

from benchmarks.intake.sender import Load, Sent, run
from benchmarks.intake.served import Served
from benchmarks.intake.town import SOURCE, make_town, samples
from rules.records import Frame
from streams.journal import Journal
from streams.keyring import read_key
from streams.keys import Keys
from streams.settings import Settings

WARM_UP: Final = 20_000
"""Events sent first and not measured: caches fill, pages are touched."""
KILL_AFTER_SECONDS: Final = 1.5
_SPAWN: Final = multiprocessing.get_context("spawn")


class Figures(msgspec.Struct, frozen=True):
    """One load. Delays in ms, CPU in microseconds an event."""

    load: str
    events: int
    accepted: int
    events_per_second: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    server_cpu_us: float
    sender_cpu_us: float

    def line(self) -> str:
        return (
            f"{self.load:<18} {self.events_per_second:>9,.0f} events/s"
            f"   p50 {self.p50_ms:6.1f}  p99 {self.p99_ms:6.1f}  max {self.max_ms:6.1f} ms"
            f"   CPU server {self.server_cpu_us:5.1f}  sender {self.sender_cpu_us:4.1f} us/event"
        )


class Bench:
    """A served city, and loads on it one after the other."""

    def __init__(self, folder: Path, rules: int | None) -> None:
        self.known = samples()
        self.town = make_town(folder / "boston", self.known, rules)
        self.data = folder / "var"
        self.acknowledged: list[str] = []
        self._serials = 0
        self.server = Served(self.town, self.data)

    def load(self, name: str, load: Load) -> Figures:
        address = self.server.ready()
        found, cpu, used = self._sent(address, load)
        answers = sum((sent.answers for sent in found), Counter[str]())
        events = sum(answers.values())
        if broken := [sent.broken for sent in found if sent.broken]:
            raise SystemExit(f"{name}: {broken[0]}")
        if answers["accepted"] != events or events != sum(len(sent.ids) for sent in found):
            raise SystemExit(f"{name}: the answers do not add up: {dict(answers)}")
        waited = np.array([seconds for sent in found for seconds in sent.waited]) * 1000
        seconds = max(sent.ended for sent in found) - min(sent.begun for sent in found)
        p50, p99, most = (float(np.percentile(waited, share)) for share in (50, 99, 100))
        us = 1e6 / events
        return Figures(name, events, answers["accepted"], events / seconds, p50, p99, most, used * us, cpu * us)

    def kill_under(self, load: Load) -> None:
        """Kill the server while `load` goes on, and start it again."""
        address = self.server.ready()
        found, _, _ = self._sent(address, load, threading.Timer(KILL_AFTER_SECONDS, self.server.kill))
        if not any(sent.broken for sent in found):
            raise SystemExit("the kill did not fall under load: send more events")
        self.server = Served(self.town, self.data)
        address = self.server.ready()
        answer = httpx2.get(f"{address}/readyz")
        if answer.status_code != 200:
            raise SystemExit(f"after the kill it is not ready: {answer.text}")

    def missing(self) -> int:
        """Acknowledged events that do not lie in the journal."""
        with closing(Journal.open(self.data / "boston" / "journal.sqlite", read_only=True)) as journal:
            rows = [record.rows for _, record in journal.read() if isinstance(record, Frame)]
        there = {
            (id0, id1) for some in rows for id0, id1 in zip(some["id0"].tolist(), some["id1"].tolist(), strict=True)
        }
        keys = Keys(read_key(Settings(data=self.data), self.data / "boston"))
        hashed = keys.identities([SOURCE] * len(self.acknowledged), self.acknowledged)
        return sum((id0, id1) not in there for id0, id1 in hashed.tolist())

    def _sent(self, address: str, load: Load, killer: threading.Timer | None = None) -> tuple[list[Sent], float, float]:
        """What the senders found, in a process of their own; its CPU seconds, and those of the server."""
        url = urlsplit(address)
        ours, theirs = _SPAWN.Pipe()
        sender = _SPAWN.Process(target=run, args=(theirs, url.hostname, url.port, self.known, self._serials, load))
        sender.start()
        theirs.close()
        ours.recv()  # its bodies are made
        before = self.server.cpu_seconds()
        ours.send("go")
        if killer is not None:
            killer.start()
        found: list[Sent]
        found, cpu = ours.recv()
        used = self.server.cpu_seconds() - before if self.server.alive() else 0.0
        sender.join()
        self._serials += load.senders
        self.acknowledged += [number for sent in found for number in sent.ids]
        return found, cpu, used


def measure(arguments: argparse.Namespace, folder: Path) -> list[Figures]:
    bench = Bench(folder, arguments.rules)
    try:
        shape = {"batch": arguments.batch, "senders": arguments.senders}
        bench.load("warm-up", Load(WARM_UP, **shape))
        found = [
            bench.load("JSON lines", Load(arguments.events, **shape)),
            bench.load("array", Load(arguments.events, **shape, lines=False)),
            bench.load(f"lines at {arguments.rate:,.0f}/s", Load(arguments.events, **shape, rate=arguments.rate)),
        ]
        bench.kill_under(Load(arguments.events, **shape))
        if missing := bench.missing():
            raise SystemExit(f"{missing} acknowledged events are not in the journal after the kill")
    finally:
        bench.server.end()
    print(f"killed under load: all {len(bench.acknowledged):,} acknowledged events are in the journal", file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000, help="events of each load")
    parser.add_argument("--batch", type=int, default=500, help="events of a request")
    parser.add_argument("--senders", type=int, default=2, help="connections, kept alive")
    parser.add_argument("--rate", type=float, default=20_000, help="events a second of the load at a fixed rate")
    parser.add_argument("--rules", type=int, help="so many of the rules; else all six")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON lines")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-intake-") as folder:
        for figures in measure(arguments, Path(folder)):
            print(msgspec.json.encode(figures).decode() if arguments.json else figures.line())


if __name__ == "__main__":
    main()
