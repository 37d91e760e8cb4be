"""A short night in a small town, the same every time: calls, repeats, two spikes, stops and starts, in one process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from rules import canonical
from streams import replay
from streams.city import City
from streams.clock import HandClock
from streams.engines import RuleEngines
from streams.intake import Raw
from streams.journal import Cursor, Journal
from streams.metrics import Metrics
from streams.opened import Opened, city_of, intake_of, open_city
from streams.runtime import Parcel
from streams.settings import Settings
from tests.streams.town import NAME, event, make_town

EVENING = 1_795_521_600_000  # 2026-11-24T12:00:00Z
KEY = "a key that the tests of the disk share"
SPIKE = """
id: many-calls
names: {en: Many calls, zh-CN: 来电集中}
counts: {kind: incident, category: traffic}
areas: district
window: 1h
step: 10m
detector: {kind: threshold, parameters: {n: 3}}
colours: {yellow: 1, orange: 2, red: 4}
keep: 20m
owner: traffic operations
guidance: {en: Look., zh-CN: 查看。}
"""


def make_city(folder: Path) -> City:
    make_town(folder)
    (folder / "rules" / "many-calls.yaml").write_text(SPIKE, encoding="utf-8")
    return city_of(folder)


@contextmanager
def opened(city: City, data: Path) -> Iterator[Opened]:
    """The city's log taken up, on the stream clock."""
    settings = Settings(data=data, reserve_bytes=0, key=KEY)  # type: ignore[arg-type]  # a str is read as a secret
    found = open_city(city, settings, HandClock(EVENING), Metrics(), kind="stream", engines=RuleEngines())
    try:
        yield found
    finally:
        found.close()


@dataclass
class Night:
    """Parcels in order; `answered`: the log's last offset after each answer, with what `at` said then."""

    city: City
    data: Path
    answered: list[tuple[int, int]] = field(default_factory=list)

    def live(self, at: Sequence[object] = (), *, hours: int = 8, stops: Sequence[int] = (2, 5)) -> None:
        """Live it, stopped in order at each hour of `stops`; note how long `at` was at each answer."""
        edges = [0, *stops, hours]
        for first, beyond in pairwise(edges):
            with opened(self.city, self.data) as town:
                for minute in range(60 * first, 60 * beyond, 10):
                    town.shard.take([parcel(self.city, minute)])
                    self.answered.append((len(at), last_offset(town)))
                    if minute % 40 == 30:
                        town.shard.remember()

    def acknowledged(self, ops: int) -> int:
        """The last offset that had been answered for when `ops` calls had reached the disk."""
        return max((offset for n, offset in self.answered if n <= ops), default=0)


def parcel(city: City, minute: int) -> Parcel:
    """Ten minutes of the night, and the tick that ends them."""
    begins = EVENING + 60_000 * minute
    calls = 1 + 4 * (120 <= minute < 180 or 300 <= minute < 330)
    names = [f"{minute}-{n}" for n in range(calls)] + ["0-0"] * (minute % 30 == 0)
    raws = [
        Raw(minute + n, json.dumps(call(name, begins)).encode(), begins + 1_000 * n) for n, name in enumerate(names, 1)
    ]
    taken = intake_of(city, KEY.encode()).take("calls", raws, "push-calls")
    return Parcel(frame=taken.frame, tick=begins + 600_000, cursor=Cursor("push-calls", minute + len(raws)))


def call(name: str, at: int) -> dict[str, object]:
    area = "east" if len(name) % 2 else "west"
    return event(name, area=area, occurred_at=f"2026-11-24T{(at - EVENING) // 3_600_000 + 12:02d}:00:00Z")


def last_offset(town: Opened) -> int:
    return town.shard.last_offset


def judged_again(city: City, journal: Path) -> replay.Told:
    """What the journal says when it is replayed from nothing."""
    return replay.run(city.book, replay.stored_past(city, Journal.open(journal, read_only=True)), HandClock())


def heard(town: Opened) -> bytes:
    """The canonical dump of what the desk holds."""
    return canonical.lines(alert.signal for alert in town.store.final())


def copied(image: dict[str, bytes], was: Path, to: Path) -> Path:
    """A data folder with the files of an image of `was`; what is no database is as it was."""
    shutil.copytree(was, to, ignore=shutil.ignore_patterns("*.sqlite*"))
    for path, content in image.items():
        (to / Path(path).relative_to(was)).write_bytes(content)
    return to


def journal_of(data: Path) -> Path:
    return data / NAME / "journal.sqlite"
