"""A works register of our own making, unlike the feeds of real cities: nested JSON with local times and dates.

Everything is drawn from a seed, and what must come out of every entry is worked out beside it, by other means than the
mapping's own. One entry in fifty is broken, in one of the ways of BROKEN.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

CITY: Final = Path(__file__).parent / "quayside"
ZONE: Final = ZoneInfo("Europe/Berlin")
CUT: Final = 30
LABELS: Final = {
    "Street lamp is out or flickers at night": "light.lamp",
    "Traffic light is out": "light.signal",
    "Hole in the carriageway or in the pavement": "road.hole",
    "Ice or snow that has not been cleared away": "road.ice",
    "Waste that was left beside the bins": "waste",
    "Water comes out of the ground, or none comes at all": "water",
}
DISTRICTS: Final = {
    "Old Town": "old-town", "Harbour": "harbour", "Mill Hill": "mill-hill", "North Gate": "north-gate",
    "老城": "old-town", "NORTH  GATE": "north-gate",
}  # fmt: skip
STREETS: Final = ("Quay Lane", "Mill Street", "Rope Walk / corner Quay Lane", "Salt Yard 4-6", "Long Bridge")
OFFICES: Final = {"Works Yard East": "works-east", "Works Yard West": "works-west"}
GRADES: Final = {"A": 1, "B": 2, "C": 3, "D": 4}
FIRST_DAY: Final = date(2026, 10, 20)
FALLS_BACK: Final = date(2026, 10, 25)
SPRINGS_FORWARD: Final = date(2027, 3, 28)

Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """What must come of one stage of an entry. Times in ms UTC."""

    offset: int
    stage: str
    occurred_at: int
    area: str
    category: str
    office: str
    severity: int
    count: int
    revision: int


@dataclass(slots=True)
class Register:
    """A document, and what must come of it: events by place, refusals (place, reason, field), entries left out."""

    document: bytes = b""
    entries: int = 0
    events: list[Event] = field(default_factory=list)
    refused: list[tuple[int, str, str]] = field(default_factory=list)
    left_out: int = 0


def at(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """A moment of the city's clock; of an hour that comes twice the later one."""
    return datetime.combine(day, time(hour, minute, fold=1), ZONE)


def ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def register(seed: int, entries: int = 2_000, days: int = 180) -> Register:
    """A register of so many entries over so many days, both changes of the clock among them."""
    dice, made = Random(seed), Register()
    groups: list[dict[str, Any]] = []
    for number in range(entries):
        if not groups or dice.random() < days / entries:
            groups.append(_group(dice, len(groups)))
        day = FIRST_DAY + timedelta(days=number * days // entries)
        groups[-1]["entries"].append(_placed(made, dice, groups[-1]["desk"]["office"], number, day))
    made.entries = entries
    envelope = {"made_by": "works register 4.2", "export": {"pages": 1, "days": groups}}
    made.document = _with_double_keys(json.dumps(envelope, ensure_ascii=dice.random() < 0.5).encode())
    return made


def _group(dice: Random, number: int) -> dict[str, Any]:
    return {"sheet": number + 1, "desk": {"office": dice.choice(list(OFFICES)), "floor": 2}, "entries": []}


def _placed(made: Register, dice: Random, office: str, number: int, day: date) -> object:
    """The entry that stands at this place; what must come of it is noted."""
    entry, events = _good(dice, office, number, day)
    if dice.random() < 0.02:
        reason, where, spoil = dice.choice(BROKEN)
        made.refused.append((number, reason, where))
        return spoil(entry)
    if dice.random() < 0.01:
        entry["what"]["label"] = "Test of the form"
        made.left_out += 1
        return entry
    made.events += events
    return entry


def _good(dice: Random, office: str, number: int, day: date) -> tuple[Entry, list[Event]]:
    reported = _time_of_day(dice, day)
    known = dice.random() < 0.85
    closed = day + timedelta(days=dice.randint(1, 30)) if dice.random() < 0.7 else None
    label, district, grade = (
        dice.choice(list(LABELS)),
        dice.choice(list(DISTRICTS)),
        dice.choice(["A", "B", "C", "D", ""]),
    )
    version, reports = dice.choice([0, 0, 0, 1, 2]), dice.choice([1, 1, 1, 2, 5])
    form = dice.choice(["%d.%m.%Y %H:%M", "%Y-%m-%dT%H:%M"])
    entry: Entry = {
        "ref": {"no": f"W-{number:06}", "version": version},
        "what": {"label": label[:CUT], "reports": reports},
        "where": {
            "text": f"{dice.choice(STREETS)} / {district}",
            "map": {"sheet": "C4", "grid": [dice.randint(1, 9), 7]},
        },
        "when": {"reported": reported.strftime(form) if known else None, "opened": _day(dice, day)},
        "tags": dice.sample(["night", "bus route", "school way"], dice.randint(0, 3)),
    }
    if grade:
        entry["what"]["grade"] = grade
    if closed:
        entry["when"]["closed"] = _day(dice, closed)
    if dice.random() < 0.3:
        entry["handled"] = {"crew": {"size": 3, "van": True}, "parts": [{"no": 1}, {"no": 2}]}
    told = (DISTRICTS[district], LABELS[label], OFFICES[office], GRADES.get(grade, 0), reports, version)
    filed = reported if known else at(day)
    events = [Event(number, "filed", ms(filed), *told)]
    if closed:
        events.append(Event(number, "closed", ms(at(closed, 18)), *told))
    return entry, events


def _time_of_day(dice: Random, day: date) -> datetime:
    """To the minute; mostly in the hour that comes twice where there is one, never in one that is skipped."""
    hour = 2 if day == FALLS_BACK and dice.random() < 0.7 else dice.randint(0, 23)
    if day == SPRINGS_FORWARD and hour == 2:
        hour = 3
    return at(day, hour, dice.randint(0, 59))


def _day(dice: Random, day: date) -> str:
    """With and without the zeros in front."""
    return f"{day.day:02}.{day.month:02}.{day.year}" if dice.random() < 0.5 else f"{day.day}.{day.month}.{day.year}"


# what can be wrong with an entry


def _set(*path: str, to: object) -> Callable[[Entry], object]:
    def spoil(entry: Entry) -> object:
        inner = entry
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = to
        return entry

    return spoil


def _without(*path: str) -> Callable[[Entry], object]:
    def spoil(entry: Entry) -> object:
        inner = entry
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]
        return entry

    return spoil


def _street(text: str) -> Callable[[Entry], object]:
    return _set("where", "text", to=text)


_DOUBLE: Final = "twice-named"
_DEEP: Final[Any] = json.loads("[" * 70 + "]" * 70)

BROKEN: Final[tuple[tuple[str, str, Callable[[Entry], object]], ...]] = (
    ("malformed", "", lambda _: "see page 12"),
    ("malformed", "", lambda _: None),
    ("malformed", "", lambda entry: [entry]),
    ("duplicate_key", "", _set(_DOUBLE, to=1)),
    ("too_deep", "", _set("tags", to=_DEEP)),
    ("too_large", "", _set("tags", to=["x" * 70_000])),
    ("unknown_field", "#1", lambda entry: {"caller": {"floor": 2}, **entry}),
    ("missing_field", "id", _without("ref", "no")),
    ("missing_field", "id", _set("ref", "no", to=" ")),
    ("missing_field", "occurred_at", _set("when", to={"reported": None})),
    ("bad_time", "occurred_at", _set("when", to={"reported": "31.02.2027 10:00"})),
    ("bad_time", "occurred_at", _set("when", to={"reported": "about noon", "opened": "May"})),
    ("nonexistent_time", "occurred_at", _set("when", to={"reported": "28.03.2027 02:30"})),
    ("nonexistent_time", "occurred_at", _set("when", to={"reported": "2027-03-28T02:59"})),
    ("time_out_of_range", "occurred_at", _set("when", to={"opened": "1.4.1901"})),
    ("bad_time", "closed", _set("when", "closed", to="soon")),
    ("unknown_category", "category", _set("what", "label", to="Street lamp is too bright")),
    ("unknown_category", "category", _set("what", "label", to="")),
    ("unknown_area", "area", _street("Quay Lane / Far Side")),
    ("unknown_area", "area", _street("Quay Lane, Old Town")),
    ("bad_value", "count", _set("what", "reports", to=-1)),
    ("bad_value", "count", _set("what", "reports", to="some")),
    ("bad_value", "revision", _set("ref", "version", to=-3)),
    ("phone", "place", _street("ring 13812345678 / Old Town")),
    ("email", "place", _street("write to lamp.watch@mail.example / Harbour")),
)
"""(reason, field, what is done to a good entry)."""


def _with_double_keys(document: bytes) -> bytes:
    """Names the key twice where an entry is to name one twice, which no dict can hold."""
    return document.replace(b'"twice-named": 1', b'"tags": [], "tags": []')
