"""Small worlds for the laws: a city of three areas, a handful of rules, and logs made of events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

import msgspec
import numpy as np
from hypothesis import strategies as st

from rules.book import Book, DeskReach, DetectorSpec, FeedPolicy, Rule, Selector
from rules.calendar import Calendar
from rules.engine import Engine
from rules.records import EXERCISE, NO_TIME, ROW, SELF_INITIATED, Frame, Record, Tick
from rules.signals import Signal
from rules.trees import Node, Tree

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
START: Final = 1_700_000_400_000 // (10 * MINUTE) * (10 * MINUTE)
AREAS: Final = ("north", "south", "east")
CATEGORIES: Final = ("traffic.jam", "traffic.crash", "fire.wood")
FEEDS: Final = ("calls", "sensors")


def _tree(levels: tuple[str, ...], nodes: Iterable[tuple[str, str, int]]) -> Tree:
    return Tree(levels, tuple(Node(code, parent, levels[depth], {"en": code}) for code, parent, depth in nodes))


AREA_TREE: Final = _tree(("city", "district"), [("city", "", 0), *((a, "city", 1) for a in AREAS)])
CATEGORY_TREE: Final = _tree(
    ("all", "service", "type"),
    [
        ("incident", "", 0),
        ("traffic", "incident", 1),
        ("fire", "incident", 1),
        *((c, c.split(".")[0], 2) for c in CATEGORIES),
    ],
)


def rule(rule_id: str, **changes: object) -> Rule:
    """A rule of the small world: three in half an hour, one hour or two."""
    plain = Rule(
        id=rule_id, version="v1", selector=Selector("incident"), areas="district",
        windows=(30 * MINUTE, HOUR, 2 * HOUR), step=10 * MINUTE, detector=DetectorSpec("threshold", {"n": 4}),
        categories="type", keep=30 * MINUTE, at_least=3,
    )  # fmt: skip
    return replace_struct(plain, changes)


def replace_struct(value: Rule, changes: dict[str, object]) -> Rule:
    return msgspec.structs.replace(value, **changes)


RULES: Final = (
    rule("many"),
    rule("once", once_within=HOUR, categories="", detector=DetectorSpec("threshold", {"n": 3})),
    rule("ratio", detector=DetectorSpec("ratio", {"times": 2, "against": 2}), windows=(HOUR,), categories=""),
    rule("quick", selector=Selector("traffic"), attribution=False, categories="", keep=10 * MINUTE),
)


def book(rules: Sequence[Rule] = RULES, **changes: object) -> Book:
    plain = Book(
        city="small", areas=AREA_TREE, categories=CATEGORY_TREE, calendar=Calendar("Europe/Berlin"),
        feeds=(
            FeedPolicy("calls", "incident", lateness=30 * MINUTE, horizon=6 * HOUR, has_place=True),
            FeedPolicy("sensors", "incident", lateness=10 * MINUTE, horizon=6 * HOUR),
        ),
        rules=tuple(rules), desks=(DeskReach("desk", ("city",), ("incident",)),),
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


@dataclass(frozen=True, slots=True)
class Event:
    """One row in plain words; times in minutes after START."""

    id: int
    occurred: int
    arrived: int
    area: str = "north"
    category: str = "traffic.jam"
    feed: str = "calls"
    revision: int = 0
    count: int = 1
    place: int = 0
    flags: int = 0
    stage: str = "filed"
    offset: int = 0

    @property
    def content(self) -> int:
        told = (self.area, self.category, self.occurred, self.count, self.place, self.flags)
        return crc32(repr(told).encode())

    def corrected(self, **changes: object) -> Event:
        return replace(self, **changes)  # type: ignore[arg-type]  # fields by name


def frame(events: Sequence[Event]) -> Frame:
    """The events as one frame, in the order given."""
    areas = tuple(dict.fromkeys([*AREA_TREE.by_code, *(e.area for e in events)]))
    categories = tuple(CATEGORY_TREE.by_code)
    stages = tuple(sorted({e.stage for e in events}))
    rows = np.zeros(len(events), ROW)
    for row, event in zip(rows, events, strict=True):
        row["feed"] = FEEDS.index(event.feed)
        row["stage"] = stages.index(event.stage)
        row["area"], row["category"] = areas.index(event.area), categories.index(event.category)
        row["id0"], row["id1"], row["revision"], row["content"] = event.id, 7, event.revision, event.content
        row["occurred_at"] = START + event.occurred * MINUTE + event.id % 50
        row["arrived_at"] = START + event.arrived * MINUTE + 1 + event.id % 1000
        row["due_at"], row["count"], row["place"] = NO_TIME, event.count, event.place
        row["flags"], row["offset"] = event.flags, event.offset
    return Frame("small", FEEDS, stages, categories, areas, ("",), ("p",), rows)


def tick(minute: int) -> Tick:
    return Tick(START + minute * MINUTE)


def log_of(events: Sequence[Event], ticks: Sequence[int], split: int = 1_000) -> list[Record]:
    """A log: events by the tick interval they arrive in (their order kept), at most `split` rows a frame."""
    records: list[Record] = []
    left = list(events)
    for minute in sorted(set(ticks)):
        due = [e for e in left if e.arrived < minute]
        left = [e for e in left if e.arrived >= minute]
        records += [frame(due[i : i + split]) for i in range(0, len(due), split)]
        records.append(tick(minute))
    assert not left, "the last tick must come after the last arrival"
    return records


def run(records: Sequence[Record], of: Book | None = None) -> tuple[Engine, list[Signal]]:
    engine = Engine(of or book())
    said = [signal for offset, record in enumerate(records, 1) for signal in engine.apply(record, offset)]
    assert not engine.stopped, engine.stopped
    return engine, said


@st.composite
def nights(draw: st.DrawFn, most: int = 40, hours: int = 6) -> list[Event]:
    """A night of events: bursts, late ones, revisions, cancellations, repeats, crews, drills, some from the future."""
    events: list[Event] = []
    for number in range(draw(st.integers(0, most))):
        occurred = draw(st.integers(0, hours * 60)) if number % 3 else draw(st.sampled_from((60, 62, 65, 120, 121)))
        lag = draw(st.sampled_from((0, 0, 0, 1, 2, 5, 9, 15, 29, 40, 70, 200, 500, -3, -20)))
        events.append(
            Event(
                id=number + 1,
                occurred=occurred,
                arrived=max(0, occurred + lag),
                area=draw(st.sampled_from(AREAS)),
                category=draw(st.sampled_from(CATEGORIES)),
                feed=draw(st.sampled_from(("calls", "calls", "calls", "sensors"))),
                place=draw(st.sampled_from((0, 0, 1, 2))),
                flags=draw(st.sampled_from((0,) * 8 + (SELF_INITIATED, EXERCISE))),
                stage=draw(st.sampled_from(("filed",) * 6 + ("closed",))),
                offset=number,
            )
        )
    for event in draw(st.lists(st.sampled_from(events), max_size=8)) if events else []:
        events.append(
            event.corrected(
                revision=draw(st.sampled_from((0, 1, 1, 2, 5))),
                area=draw(st.sampled_from(AREAS)),
                count=draw(st.sampled_from((0, 1, 1, 3))),
                occurred=event.occurred + draw(st.sampled_from((0, 0, 0, -15, 12))),
                arrived=event.arrived + draw(st.sampled_from((0, 1, 3, 8, 45, 90))),
                offset=len(events),
            )
        )
    return events


def shuffled_between_ticks(events: Sequence[Event], ticks: Sequence[int], dice: object) -> list[Event]:
    """Another order of reading: at will between two ticks."""
    left, mixed = list(events), []
    for minute in sorted(set(ticks)):
        due = [e for e in left if e.arrived < minute]
        left = [e for e in left if e.arrived >= minute]
        dice.shuffle(due)  # type: ignore[attr-defined]  # random.Random
        mixed += due
    return mixed + left


END: Final = 20 * 60
TICKS: Final = tuple(range(5, END, 15))
