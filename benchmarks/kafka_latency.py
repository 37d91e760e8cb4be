"""From an event to its alert: `python -m benchmarks.kafka_latency`.

A broker, an intake on the wall clock, a worker and a desk; four cities of 250 areas, a rule of a threshold and eight of
the default detector. So many events a second come in at an even pace; each tenth of a second one more area begins to
have eight calls of one category within an hour, of which the eighth crosses the limit. What counts is the time from
just before that event is handed to the producer (which lets nothing wait) to its signal at a consumer, and to its alert
in the desk's store. Needs Java and Maven.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
import numpy as np
from confluent_kafka import Consumer, Producer, TopicPartition
from sqlalchemy.exc import DatabaseError

from alerts.database import SqliteStore
from alerts.schema import StoreTooOldError
from benchmarks.peers import towns
from benchmarks.peers.stream import AREAS, CATEGORIES, area_code
from benchmarks.processes import Process
from rules.signals import Signal
from streams.city import City
from streams.kafka import admin
from streams.kafka.topics import FRAMES, INCIDENTS, SIGNALS, partition_of
from streams.opened import ALERTS, city_of
from tests.kafka.broker import Cluster

LIMIT: Final = 8
EVERY: Final = 100
"""Events between two areas that begin to rise."""
SPREAD: Final = 160
"""Among so many events lie the calls of one that rises."""
LOOK_SECONDS: Final = 0.01
AFTER_SECONDS: Final = 20.0
RISES: Final = CATEGORIES[-1]
_RULE: Final = f"""\
id: eight
names: {{en: Eight calls, zh-CN: 八起}}
counts: {{kind: incident, category: {RISES}}}
areas: area
window: 1h
step: 10m
detector: {{kind: threshold, parameters: {{n: {LIMIT}}}}}
attribution: none
keep: 1h
colours: {{yellow: 1}}
owner: benchmark
guidance: {{en: Look., zh-CN: 查看。}}
"""


class Event(NamedTuple):
    """`crosses`: the area whose limit it reaches, or empty."""

    area: str
    category: str
    crosses: str


def story(events: int, dice: random.Random) -> Iterator[Event]:
    """Even noise in all categories but one; in that one areas rise one after the other."""
    rising: dict[int, str] = {}
    areas = iter(dice.sample(range(AREAS), AREAS))
    counted: dict[str, int] = {}
    for n in range(events):
        if n % EVERY == 0 and n < events - 2 * SPREAD and (area := next(areas, None)) is not None:
            free = [at for at in range(n + 1, n + SPREAD) if at not in rising]
            rising.update(dict.fromkeys(dice.sample(free, LIMIT), area_code(area)))
        name = rising.pop(n, "")
        if name:
            counted[name] = counted.get(name, 0) + 1
            yield Event(name, RISES, name if counted[name] == LIMIT else "")
        else:
            yield Event(area_code(dice.randrange(AREAS)), dice.choice(CATEGORIES[:-1]), "")


class Ears(threading.Thread):
    """Hears signals and looks into the desk's stores: area -> when each was first there, s of a steady clock."""

    def __init__(self, address: str, cities: Sequence[City], data: Path) -> None:
        super().__init__(daemon=True)
        self._consumer = Consumer(
            {"bootstrap.servers": address, "group.id": "ears", "fetch.wait.max.ms": 100, "enable.auto.commit": False}
        )
        self._consumer.assign([TopicPartition(SIGNALS, number, 0) for number in range(towns.TOWNS)])
        self.signals: dict[str, float] = {}
        self.alerts: dict[str, float] = {}
        self._ended = threading.Event()
        self._eyes = threading.Thread(target=self._look, args=(cities, data), daemon=True)

    def run(self) -> None:
        self._eyes.start()
        while not self._ended.is_set():
            message = self._consumer.poll(0.2)
            if message is not None and message.error() is None:
                told = msgspec.json.decode(message.value() or b"", type=Signal)
                self.signals.setdefault(told.area, time.perf_counter())
        self._consumer.close()

    def _look(self, cities: Sequence[City], data: Path) -> None:
        paths = {city.name: data / city.name / ALERTS for city in cities}
        seen = dict.fromkeys(paths, 0)
        stores: dict[str, SqliteStore] = {}
        while not self._ended.wait(LOOK_SECONDS):
            for name, path in paths.items():
                try:
                    store = stores.get(name) or SqliteStore.look(path)
                    stores[name] = store
                    version = store.version()
                    if version == seen[name]:
                        continue
                    for alert in store.changed_since(seen[name]):
                        self.alerts.setdefault(alert.signal.area, time.perf_counter())
                except (OSError, DatabaseError, StoreTooOldError):  # the desk has not begun
                    continue
                seen[name] = version

    def have(self, sent: Mapping[str, float]) -> bool:
        """Whether all was heard and seen."""
        return sent.keys() <= self.signals.keys() and sent.keys() <= self.alerts.keys()

    def end(self) -> None:
        self._ended.set()
        self.join()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.kafka_latency", description=__doc__)
    parser.add_argument("--rate", type=int, default=1_000, help="events a second")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--warm", type=int, default=15, help="seconds before that are not counted")
    parser.add_argument("--rules", type=int, default=8, help="of the default detector, beside the threshold")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tocsin-latency-") as folder:
        cluster = Cluster(Path(folder) / "kafka")
        cluster.start()
        try:
            return run(cluster.address, Path(folder), args)
        finally:
            cluster.stop()


def run(address: str, folder: Path, args: argparse.Namespace) -> int:
    cities = towns.lay(folder / "towns", rules=args.rules)
    for city in cities:
        (city.folder / "rules" / "eight.yaml").write_text(_RULE, encoding="utf-8")
    cities = [city_of(city.folder) for city in cities]
    admin.setup(address, cities, partitions=towns.TOWNS)
    folders, data = [str(city.folder) for city in cities], folder / "desk"
    words = {
        "intake": ["intake", *folders],
        "worker": ["worker", "--member", "one"],
        "desk": ["desk", *folders, "--port", "0", "--data", str(data)],
    }
    reserve = {"TOCSIN_RESERVE_BYTES": "0"}
    all_ = [
        Process(name, [*said, "--kafka", address], folder / f"{name}.log", settings=reserve)
        for name, said in words.items()
    ]
    ears = Ears(address, cities, data)
    ears.start()
    try:
        sent, late = _send(address, cities, args)
        limit = time.monotonic() + AFTER_SECONDS
        while time.monotonic() < limit and not ears.have(sent):
            time.sleep(0.2)
        cpu = {one.name: one.ran() for one in all_}
    finally:
        for one in all_:
            if one.ended_with() is None:
                one.end()
        ears.end()
    print(f"{args.rate:,} events/s for {args.seconds} s, {len(sent)} crossings; sent {late:.2f} s late at the end")
    print(f"load {os.getloadavg()[0]:.1f}; CPU-s of the whole run: {', '.join(f'{n} {s:.1f}' for n, s in cpu.items())}")
    for what, found in (("signal at a consumer", ears.signals), ("alert in the desk's store", ears.alerts)):
        took = np.array([found[area] - at for area, at in sent.items() if area in found]) * 1000
        p50, p90, p99 = np.percentile(took, [50, 90, 99]) if len(took) else (np.nan,) * 3
        print(f"-> {what}: {len(took)} of {len(sent)}, p50 {p50:.1f} ms, p90 {p90:.1f} ms, p99 {p99:.1f} ms")
    return 0 if ears.have(sent) else 1


def _send(address: str, cities: Sequence[City], args: argparse.Namespace) -> tuple[dict[str, float], float]:
    """Send at an even pace once all are at work: area -> when the event that crosses was handed over; how far behind
    the pace the last one was, s."""
    city_of_area = {area_code(n): cities[n // towns.AREAS_A_TOWN].name for n in range(AREAS)}
    number = {city.name: partition_of(city.name, towns.TOWNS) for city in cities}
    producer = Producer({"bootstrap.servers": address, "linger.ms": 0, "acks": "all"})
    serial = itertools.count()

    def send(one: Event) -> None:
        city, now = city_of_area[one.area], datetime.now(UTC).isoformat(timespec="milliseconds")
        told = {"id": f"e-{next(serial)}", "occurred": now, "area": one.area, "category": one.category}
        producer.produce(INCIDENTS, msgspec.json.encode(told), city.encode(), number[city])
        producer.poll(0)

    _wait_for_all(address)
    sent: dict[str, float] = {}
    begun, total = time.perf_counter(), args.rate * (args.warm + args.seconds)
    for n, one in enumerate(story(total, random.Random(7))):
        while (left := begun + n / args.rate - time.perf_counter()) > 0:
            time.sleep(min(left, 0.001))
        if one.crosses and n >= args.rate * args.warm:
            sent[one.crosses] = time.perf_counter()
        send(one)
    late = time.perf_counter() - begun - total / args.rate
    producer.flush(30)
    return sent, max(0.0, late)


def _wait_for_all(address: str) -> None:
    """Until every city's log ticks; the worker and the desk are given some seconds more."""
    client = Consumer({"bootstrap.servers": address, "group.id": "latency-ends"})
    places = [TopicPartition(FRAMES, n) for n in range(towns.TOWNS)]
    limit = time.monotonic() + 120
    while time.monotonic() < limit:
        if all(client.get_watermark_offsets(place, 30.0)[1] > 3 for place in places):
            break
        time.sleep(0.5)
    client.close()
    time.sleep(10)


if __name__ == "__main__":
    sys.exit(main())
