"""The Kafka road as tests walk it: a past poured, an intake run to the end, a city's log read back."""

from __future__ import annotations

import lzma
import shutil
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from kafka.admin import KafkaAdminClient

from rules.records import Record, UseBook
from streams import replay
from streams.brokers import Address, brokers_at
from streams.city import City
from streams.clock import WallClock
from streams.kafka.intake import IntakeProcess
from streams.kafka.pour import Pour
from streams.kafka.reading import whole
from streams.kafka.topics import FRAMES, partition_of, topics
from streams.kafka.wire import read
from streams.opened import city_of, intake_of
from streams.replay import REPLAY_KEY

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
PARTITIONS: Final = 4
LONGEST: Final = 60.0


def example(name: str) -> City:
    return city_of(EXAMPLES / name)


def town(name: str, folder: Path, days: Sequence[str]) -> City:
    """A small city: some days of Montgomery, one rule that speaks often."""
    home = folder / name
    shutil.copytree(EXAMPLES / "montgomery", home, ignore=shutil.ignore_patterns("data", "rules"))
    (home / "data").mkdir()
    (home / "rules").mkdir()
    with lzma.open(EXAMPLES / "montgomery" / "data" / "911.csv.xz", "rt", encoding="utf-8") as past:
        head, *rows = past
    told = [row for row in rows if any(day in row for day in days)]
    with lzma.open(home / "data" / "911.csv.xz", "wt", encoding="utf-8") as few:
        few.writelines([head, *told])
    storm = (EXAMPLES / "montgomery" / "rules" / "traffic-storm.yaml").read_text(encoding="utf-8")
    (home / "rules" / "traffic-storm.yaml").write_text(storm.replace("n: 40", "n: 9"), encoding="utf-8")
    said = (home / "city.yaml").read_text(encoding="utf-8")
    (home / "city.yaml").write_text(said.replace("name: montgomery", f"name: {name}", 1), encoding="utf-8")
    return city_of(home)


def span(city: City, since: str, until: str) -> tuple[int, int]:
    """Two days of the city, ms."""
    zone = ZoneInfo(city.zone)
    first, last = (datetime.fromisoformat(day).replace(tzinfo=zone) for day in (since, until))
    return round(first.timestamp() * 1000), round(last.timestamp() * 1000)


def emptied(address: Address, *names: str) -> None:
    """Topics deleted, all of ours where none is named, and not told of any more."""
    client = KafkaAdminClient(**brokers_at(address).kafka_python())
    wanted = set(names or (topic.name for topic in topics()))
    there = sorted(wanted & set(client.list_topics()))
    if there:
        client.delete_topics(there)
    limit = time.monotonic() + LONGEST
    while wanted & set(client.list_topics()):
        assert time.monotonic() < limit
        time.sleep(0.05)
    client.close()


def poured(address: Address, city: City, since: int, until: int) -> int:
    return Pour(address, city, intake_of(city, REPLAY_KEY), replay.files_of(city, [], [])).run(since, until)


def taken_in(address: Address, cities: Sequence[City], *, without: Sequence[str] = ()) -> None:
    IntakeProcess(address, cities, REPLAY_KEY, without=without).run(to_the_end=True)


def messages(address: Address, topic: str, partition: int) -> list[tuple[bytes | None, bytes]]:
    """All that lies in a partition and is committed, (key, value) each."""
    return [(message.key(), message.value() or b"") for message in whole(address, topic, partition)]


def log_of(address: Address, city: City) -> list[Record]:
    """The log of a city."""
    told = messages(address, FRAMES, partition_of(city.name, PARTITIONS))
    return [read(value) for key, value in told if key == city.name.encode()]


def judged(city: City, records: Sequence[Record]) -> replay.Told:
    """A log judged here; it begins with the city's book."""
    assert isinstance(records[0], UseBook)
    assert records[0].digest == city.book.digest
    return replay.run(city.book, replay.Past(iter(records[1:]), 0), WallClock())


def undisturbed(city: City, since: int, until: int) -> replay.Told:
    """The same past on the local road."""
    intake = intake_of(city, REPLAY_KEY)
    return replay.run(
        city.book, replay.read_past(city, intake, replay.files_of(city, [], []), since, until), WallClock()
    )
