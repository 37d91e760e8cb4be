"""A city of many townships and rules at work on a clock that is moved by hand, and a storm of alerts over it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import httpx2

from alerts.access.accounts import Account
from streams.clock import HandClock
from streams.guarded import guard
from streams.metrics import Metrics
from streams.opened import city_of
from streams.runtime import Parcel
from streams.station import Station
from tests.access.guarded import FACTOR, KEPT
from tests.browser.listening import listening
from tests.streams.town import NAME, event, make_town, settings

PATIENCE_SECONDS: Final = 120
BEGUN: Final = int(datetime(2026, 11, 24, 23, 40, tzinfo=UTC).timestamp()) * 1_000
"""07:40 in Shanghai: twenty minutes before the change of shift."""
STEP_SECONDS: Final = 4
MANY: Final = 9
"""Calls that make an alert red."""
CITY: Final = """\
name: newcity
names: {en: New City, zh-CN: 新城市}
zone: Asia/Shanghai
languages: [en, zh-CN]
area_levels: [city, district, township]
colours: [blue, yellow, orange, red]
lateness: 10m
"""
RULE: Final = """\
id: calls-{n}
names: {{en: Calls of kind {n}, zh-CN: 第{n}类警情}}
counts: {{kind: incident, category: kind-{n}}}
areas: township
window: 1h
detector: {{kind: threshold, parameters: {{n: 1}}}}
attribution: none
colours: {{yellow: 1, orange: 3, red: 9}}
owner: operations
guidance: {{en: Look at the cameras., zh-CN: 查看监控。}}
overrides:
  - {{area: newcity, at_least: 100000, reason: every township speaks for itself, by: A-17}}
"""
SPEAKS: Final = "  - {{area: {area}, at_least: 1, reason: every township speaks for itself, by: A-17}}\n"
DESKS: Final = """\
desks:
  - id: city
    names: {{en: City desk, zh-CN: 市值班台}}
    areas: [newcity]
    categories: [incident]
    budget: {budget}
    shifts:
      - {{name: night, start: "20:00", end: "08:00"}}
      - {{name: day, start: "08:00", end: "20:00"}}
    channels:
      - console
      - {{kind: dingtalk, hook: robot_hook, secret: robot_sign, private: true, language: zh-CN}}
"""


@dataclass(frozen=True)
class Size:
    """How large a storm is. Every (township, rule) is one alert."""

    districts: int
    townships: int
    rules: int
    minutes: float
    budget: int

    @property
    def alerts(self) -> int:
        return self.districts * self.townships * self.rules


def build(folder: Path, size: Size) -> Path:
    """The folder of such a city."""
    place = make_town(folder)
    for old in (place / "rules").iterdir():
        old.unlink()
    rows = ["code,parent,level,name.en,name.zh-CN", "newcity,,city,New City,新城市"]
    townships = []
    for d in range(size.districts):
        rows.append(f"d{d},newcity,district,District {d},{d}号区")
        rows += [f"d{d}-t{t},d{d},township,Township {d}.{t},{d}区{t}号街道" for t in range(size.townships)]
        townships += [f"d{d}-t{t}" for t in range(size.townships)]
    speaks = "".join(SPEAKS.format(area=area) for area in townships)
    (place / "areas.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    kinds = [
        "levels: [all, service]",
        "categories:",
        "  - {code: incident, level: all, names: {en: Incident, zh-CN: 警情}}",
    ]
    for n in range(size.rules):
        kinds.append(
            f"  - {{code: kind-{n}, parent: incident, level: service, names: {{en: Kind {n}, zh-CN: 第{n}类}}}}"
        )
        (place / "rules" / f"calls-{n}.yaml").write_text(RULE.format(n=n) + speaks, encoding="utf-8")
    (place / "categories.yaml").write_text("\n".join(kinds) + "\n", encoding="utf-8")
    (place / "city.yaml").write_text(CITY, encoding="utf-8")
    (place / "desks.yaml").write_text(DESKS.format(budget=size.budget), encoding="utf-8")
    return place


@dataclass(frozen=True)
class Storm:
    """The city in service behind its gate at `address`."""

    size: Size
    station: Station
    clock: HandClock
    address: str
    at: list[int]

    def pass_time(self, seconds: float = STEP_SECONDS) -> None:
        """Forward, and until the desk has had its turn."""
        self.clock.forward(seconds)
        self.at[0] = self.clock.now()
        for _ in range(2):  # the second parcel is taken after the turn of the first
            self.station.writer.submit_waiting(Parcel()).result(PATIENCE_SECONDS)

    def break_out(self) -> None:
        """Every alert once, at an even pace and in any order, three of them of the top rank. As events over HTTP."""
        size, dice = self.size, random.Random(7)
        pairs = [
            (f"d{d}-t{t}", n)
            for d in range(size.districts) for t in range(size.townships) for n in range(size.rules)
        ]  # fmt: skip
        dice.shuffle(pairs)
        reds = {size.alerts // 10, size.alerts // 2, size.alerts * 9 // 10}
        calls = [MANY if i in reds else dice.choice((1, 1, 3)) for i in range(size.alerts)]
        steps, said = round(size.minutes * 60 / STEP_SECONDS), 0
        for step in range(1, steps + 1):
            until = size.alerts * step // steps
            at = datetime.fromtimestamp(self.clock.now() / 1000, UTC).isoformat()
            batch: list[dict[str, Any]] = [
                event(f"{i}.{n}", occurred_at=at, area=pairs[i][0], category=f"kind-{pairs[i][1]}")
                for i in range(said, until)
                for n in range(calls[i])
            ]
            if batch:
                answer = httpx2.post(f"{self.address}/v1/events", json=batch, timeout=PATIENCE_SECONDS)
                assert answer.status_code == 202, answer.text
            said = until
            self.pass_time()


@contextmanager
def storm_over(folder: Path, size: Size, at: list[int]) -> Iterator[Storm]:
    """`at`: holds what its clock shows, ms, for whatever else has to know."""
    place = build(folder / "town", size)
    clock = HandClock(BEGUN)
    chosen, metrics = settings(folder / "var"), Metrics()
    station = Station(city_of(place), chosen, clock, metrics)
    guarded = guard({NAME: station}, chosen, clock, metrics)
    guarded.accounts.put(Account("1001", ("officer",), {NAME: (NAME,)}, KEPT, FACTOR), clock.now())
    station.start()
    try:
        with listening(guarded.app, guarded.end_streams) as address:
            yield Storm(size, station, clock, address, at)
    finally:
        station.stop()
