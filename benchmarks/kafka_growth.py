"""Workers come and go under load: `python -m benchmarks.kafka_growth`.

Forty towns on twelve partitions, their past poured at an even pace. One worker; after a third of the time two more;
after two thirds one is told to end. What was said must be the undisturbed canonical dump of every town; and it is told
how late signals were: from when a record of the log was with the broker to when its signal was, by the broker's clock.
Needs Java and Maven.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
from confluent_kafka import Consumer, TopicPartition

from benchmarks.chaos.kafka_load import Load
from benchmarks.processes import PATIENCE_SECONDS, Process
from rules import canonical
from rules.signals import Signal
from streams.city import City
from streams.kafka import admin, clients
from streams.kafka.reading import whole
from streams.kafka.topics import FRAMES, SIGNALS, STATE, partition_of
from streams.opened import city_of
from tests.kafka.broker import Cluster
from tests.kafka.road import span, town, undisturbed

PARTITIONS: Final = 12
DAYS: Final = ("2016-01-23", "2016-01-24")
QUIET_SECONDS: Final = 20.0
MOST_LATE_SECONDS: Final = 10.0


class Said(NamedTuple):
    """A signal, and when its record of the log and it were with the broker, ms."""

    signal: Signal
    caused: int
    said: int


def towns(folder: Path, many: int) -> list[City]:
    """The same town under so many names."""
    first = town("town-0", folder, DAYS[:1])
    for n in range(1, many):
        home = folder / f"town-{n}"
        shutil.copytree(first.folder, home)
        told = (home / "city.yaml").read_text("utf-8")
        (home / "city.yaml").write_text(told.replace("name: town-0", f"name: town-{n}", 1), encoding="utf-8")
    return [city_of(folder / f"town-{n}") for n in range(many)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kafka_growth", description=__doc__)
    parser.add_argument("--towns", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=180.0, help="over which the past is poured")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-growth-") as folder:
        cluster = Cluster(Path(folder) / "kafka")
        cluster.start()
        try:
            return run(cluster.address, Path(folder), args)
        finally:
            cluster.stop()


def run(address: str, folder: Path, args: argparse.Namespace) -> int:
    cities = towns(folder, args.towns)
    admin.setup(address, cities, partitions=PARTITIONS)
    wanted = canonical.lines(undisturbed(cities[0], *span(cities[0], *DAYS)).signals)
    load = Load(address, cities, seconds=args.seconds, days=DAYS)
    intake = _process(folder, "intake", address, *(str(city.folder) for city in cities), "--clock", "stream")
    workers = [_process(folder, "worker-0", address)]
    began = time.monotonic()
    load.start()
    changes = []
    try:
        _until(load, began + args.seconds / 3)
        changes.append(time.time() * 1000)
        workers += [_process(folder, f"worker-{n}", address) for n in (1, 2)]
        _until(load, began + args.seconds * 2 / 3)
        changes.append(time.time() * 1000)
        code = workers[1].end()
        load.join()
        poured = time.monotonic() - began
        _settle(address)
        odd = [one.name for one in (intake, workers[0], workers[2]) if one.end()] + (["worker-1"] if code else [])
    finally:
        for one in (intake, *workers):
            if one.ended_with() is None:
                one.kill()
    return _told(address, cities, wanted, changes, odd, poured, load.events)


def _process(folder: Path, name: str, address: str, *words: str) -> Process:
    said = ["intake", *words] if words else ["worker", "--member", name]
    return Process(name, [*said, "--kafka", address], folder / f"{name}.log")


def _until(load: Load, moment: float) -> None:
    while time.monotonic() < moment and load.is_alive():
        time.sleep(0.1)


def _settle(address: str) -> None:
    """Until nothing more is written."""
    client, still = clients.consumer(address, "growth-ends"), time.monotonic()
    last: tuple[int, ...] = ()
    limit = time.monotonic() + 5 * PATIENCE_SECONDS
    while time.monotonic() - still < QUIET_SECONDS and time.monotonic() < limit:
        now = tuple(_ends(client, topic) for topic in (FRAMES, STATE, SIGNALS))
        if now != last:
            still, last = time.monotonic(), now
        time.sleep(0.5)
    client.close()


def _ends(client: Consumer, topic: str) -> int:
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    return sum(client.get_watermark_offsets(place, 30.0)[1] for place in places)


def _said(address: str, city: City) -> Iterator[Said]:
    """Each signal as it was first said."""
    number, name = partition_of(city.name, PARTITIONS), city.name.encode()
    caused = {one.offset(): one.timestamp()[1] for one in whole(address, FRAMES, number, committed=False)}
    seen: set[str] = set()
    for message in whole(address, SIGNALS, number):
        if message.key() == name:
            signal = msgspec.json.decode(message.value() or b"", type=Signal)
            if signal.id not in seen:
                seen.add(signal.id)
                yield Said(signal, caused[signal.cause.offset - 1], message.timestamp()[1])


def _told(
    address: str, cities: Sequence[City], wanted: bytes, changes: Sequence[float], odd: Sequence[str], poured: float,
    events: int,
) -> int:  # fmt: skip
    late: list[float] = []
    near: list[float] = []
    other = []
    for city in cities:
        said = list(_said(address, city))
        if canonical.lines([one.signal for one in said]) != wanted:
            other.append(city.name)
        late += [(one.said - one.caused) / 1000 for one in said]
        near += [(one.said - one.caused) / 1000 for one in said if any(0 <= one.said - at < 30_000 for at in changes)]
    print(f"{len(cities)} towns, {events:,} raw records in {poured:.0f} s, load {os.getloadavg()[0]:.1f}")
    print(f"{len(cities) - len(other)} of {len(cities)} canonical dumps are the undisturbed one")
    if late:
        p50, p99, most = np.percentile(late, [50, 99, 100])
        print(f"{len(late):,} signals; late p50 {p50:.2f} s, p99 {p99:.2f} s, most {most:.2f} s")
    if near:
        print(f"  within 30 s after workers came or went: {len(near):,}, most {max(near):.2f} s")
    for name in odd:
        print(f"{name} did not end in order")
    return 1 if other or odd or not late or max(late) > MOST_LATE_SECONDS else 0


if __name__ == "__main__":
    sys.exit(main())
