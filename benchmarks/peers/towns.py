"""The job's world as Tocsin takes it: four cities of 250 areas each, ordinary folders with a feed file and rules."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Final

from benchmarks.peers.stream import AREAS, CATEGORIES, area_code
from streams.city import City
from streams.kafka.topics import partition_of
from streams.opened import city_of

TOWNS: Final = 4
AREAS_A_TOWN: Final = AREAS // TOWNS

_CITY: Final = """\
name: {name}
names: {{en: {name}, zh-CN: {name}}}
zone: UTC
languages: [en, zh-CN]
area_levels: [city, area]
colours: [blue, yellow, orange, red]
lateness: 1h
"""
_CALENDAR: Final = "holidays: {}\n"
_DESKS: Final = """\
desks:
  - {{id: city, names: {{en: Desk, zh-CN: 值班台}}, areas: [{name}], categories: [incident], channels: [console]}}
"""
_USERS: Final = """\
users:
  - {{number: "1001", roles: [officer], areas: [{name}]}}
  - {{number: "9001", roles: [operator], areas: [{name}]}}
"""
_FEED: Final = """\
names: {en: Incidents, zh-CN: 事件}
kind: incident
comes: {push: true}
format: jsonl
columns:
  id: id
  occurred_at: occurred
  category: [{column: category, code: true}]
  area: [{column: area, code: true}]
  revision: none
drop: [source, lat, lon, ref]
horizon: 7d
"""
_JOB: Final = """\
id: burst
names: {en: Burst, zh-CN: 突增}
counts: {kind: incident, category: incident}
areas: area
categories: type
window: 1h
step: 1h
detector: {kind: moving}
at_least: 4
attribution: none
keep: 1h
colours: {yellow: 1}
owner: benchmark
guidance: {en: Look., zh-CN: 查看。}
"""
_ORDINARY: Final = """\
id: surge-{category}
names: {{en: Surge of {category}, zh-CN: {category} 激增}}
counts: {{kind: incident, category: {category}}}
areas: area
window: [1h, 3h, 1d]
step: 10m
owner: benchmark
guidance: {{en: Look., zh-CN: 查看。}}
"""


def names(partitions: int = TOWNS) -> list[str]:
    """Of towns that lie one in each partition."""
    found: dict[int, str] = {}
    for number in count():
        name = f"town-{number}"
        found.setdefault(partition_of(name, partitions), name)
        if len(found) == min(TOWNS, partitions):
            return sorted(found.values())
    raise AssertionError


def lay(folder: Path, *, rules: int = 0) -> list[City]:
    """Write the folders and read them. `rules`: so many ordinary ones of the default detector in place of the job's."""
    return [_town(folder / name, number, rules) for number, name in enumerate(names())]


def _town(home: Path, number: int, rules: int) -> City:
    name = home.name
    (home / "feeds").mkdir(parents=True)
    (home / "rules").mkdir()
    files = {
        "city.yaml": _CITY.format(name=name),
        "calendar.yaml": _CALENDAR,
        "desks.yaml": _DESKS.format(name=name),
        "users.yaml": _USERS.format(name=name),
        "feeds/incidents.yaml": _FEED,
        "areas.csv": _areas(name, number),
        "categories.yaml": _categories(),
    }
    if rules:
        for n in range(rules):
            category = CATEGORIES[n % len(CATEGORIES)]
            text = _ORDINARY.format(category=category)
            if n >= len(CATEGORIES):
                text = text.replace(f"surge-{category}", f"slow-{category}").replace("[1h, 3h, 1d]", "[2h, 6h]")
                files[f"rules/slow-{category}.yaml"] = text
            else:
                files[f"rules/surge-{category}.yaml"] = text
    else:
        files["rules/burst.yaml"] = _JOB
    for path, text in files.items():
        (home / path).write_text(text, encoding="utf-8")
    return city_of(home)


def _areas(name: str, number: int) -> str:
    head = "code,parent,level,name.en,name.zh-CN,valid_from,valid_to,replaced_by,population,neighbours"
    codes = [area_code(number * AREAS_A_TOWN + n) for n in range(AREAS_A_TOWN)]
    return "\n".join([head, f"{name},,city,{name},{name},,,,,", *(f"{c},{name},area,{c},{c},,,,," for c in codes), ""])


def _categories() -> str:
    rows = ["levels: [all, type]", "categories:", "  - {code: incident, level: all, names: {en: All, zh-CN: 全部}}"]
    rows += [f"  - {{code: {c}, parent: incident, level: type, names: {{en: {c}, zh-CN: {c}}}}}" for c in CATEGORIES]
    return "\n".join([*rows, ""])
