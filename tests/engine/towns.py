"""A learned town for attribution: three levels, real `surprise`, six weeks of a calm past taken in once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

import msgspec
import numpy as np

from rules.book import Book, DeskReach, DetectorSpec, FeedPolicy, Rule, Selector
from rules.calendar import DAY_MS, HOUR_MS, Calendar
from rules.canonical import final_states
from rules.engine import Engine
from rules.records import NO_TIME, ROW, Frame, Record, Tick
from rules.signals import Signal
from rules.trees import Node, Tree

STEP: Final = 600_000
PAST_DAYS: Final = 42
START: Final = 1_704_067_200_000 // DAY_MS * DAY_MS
NOW: Final = START + PAST_DAYS * DAY_MS
LATENESS: Final = 20 * 60_000
KINDS: Final = ("fire.bin", "fire.car", "fire.grass", "noise")
QUARTERS: Final = tuple(f"{d}{n}" for d in "abc" for n in range(1, 6))
LONE: Final = "d1"
"""The only quarter of district d."""
NEW: Final = ("c4", "c5")
"""Quarters never heard of before NOW: their series are numbered as their first row is read."""
A_DAY: Final = {"a1": 6.0, "b1": 0.4, "c1": 24.0, LONE: 1.0} | {f"a{n}": 3.0 for n in range(2, 6)}
"""Usual events a day; 1.0 elsewhere."""

AREAS: Final = Tree(
    ("town", "district", "quarter"),
    (
        Node("town", "", "town", {"en": "Town"}),
        *(Node(d, "town", "district", {"en": d}) for d in "abcd"),
        *(Node(q, q[0], "quarter", {"en": q}) for q in (*QUARTERS, LONE)),
    ),
)
CATEGORIES: Final = Tree(
    ("all", "kind", "type"),
    (
        Node("any", "", "all", {"en": "any"}),
        Node("fire", "any", "kind", {"en": "fire"}),
        Node("noise", "any", "kind", {"en": "noise"}),
        *(Node(k, "fire", "type", {"en": k}) for k in KINDS if "." in k),
    ),
)


def book(**changes: object) -> Book:
    """The town's book: one rule over all levels of both trees."""
    plain = Rule(
        id="surge", version="v1", selector=Selector("any"), areas="quarter", categories="type",
        windows=(HOUR_MS, 3 * HOUR_MS, DAY_MS), step=STEP, detector=DetectorSpec("surprise"),
    )  # fmt: skip
    return Book(
        city="town", areas=AREAS, categories=CATEGORIES, calendar=Calendar("UTC"),
        feeds=(FeedPolicy("calls", "incident", lateness=LATENESS, silence=False),),
        rules=(msgspec.structs.replace(plain, **changes),),
        desks=(DeskReach("desk", ("town",), ("any",)),),
    )  # fmt: skip


Row = tuple[float, str, str]
"""(minutes after NOW, area, category)."""
Timed = tuple[int, str, str]
"""(ms UTC, area, category)."""


def burst(area: str, n: int, kind: str = "noise", begin: float = 0.0, minutes: float = 60.0) -> list[Row]:
    """`n` rows spread evenly over some minutes."""
    return [(begin + minutes * i / n, area, kind) for i in range(n)]


def usual(hours: int, seed: int = 1) -> list[Row]:
    """What the town tells on any day, from NOW on."""
    return [((at - NOW) / 60_000, area, kind) for at, area, kind in _usual(NOW, NOW + hours * HOUR_MS, seed)]


def _usual(start: int, stop: int, seed: int) -> list[Timed]:
    dice = np.random.default_rng(seed)
    rows: list[Timed] = []
    for area in (*QUARTERS, LONE):
        if area not in NEW or start >= NOW:
            times = dice.integers(start, stop, dice.poisson(A_DAY.get(area, 1.0) * (stop - start) / DAY_MS))
            rows += [(at, area, KINDS[int(dice.integers(len(KINDS)))]) for at in times.tolist()]
    return sorted(rows)


def calm(start: int, stop: int, seed: int = 0) -> list[Timed]:
    """What the town tells between two times, by the clock."""
    return _usual(start, stop, seed)


def timed(rows: Iterable[Row]) -> list[Timed]:
    """Rows by the clock, in order of time."""
    return sorted((NOW + round(minute * 60_000), area, kind) for minute, area, kind in rows)


def frame(rows: Sequence[tuple[int, Timed]]) -> Frame:
    """Rows with their ids as one frame, in the order given; each arrives as it occurs."""
    areas, kinds = tuple(AREAS.by_code), tuple(CATEGORIES.by_code)
    made = np.zeros(len(rows), ROW)
    for i, (number, (at, area, kind)) in enumerate(rows):
        made[i]["area"], made[i]["category"] = areas.index(area), kinds.index(kind)
        made[i]["occurred_at"] = made[i]["arrived_at"] = at
        made[i]["id0"] = made[i]["offset"] = number + 1
    made["id1"], made["count"], made["due_at"] = 7, 1, NO_TIME
    return Frame("town", ("calls",), ("filed",), kinds, areas, ("",), ("p",), made)


def log_of(rows: Iterable[Timed], start: int, stop: int, every: int) -> list[Record]:
    """A frame and a tick `every` so many ms. Ids are times and places in the log: no two alike."""
    left, records = list(enumerate(sorted(rows), start // 1000)), list[Record]()
    for end in range(start + every, stop + every, every):
        due = [row for row in left if row[1][0] < end]
        left = left[len(due) :]
        if due:
            records.append(frame(due))
        records.append(Tick(end))
    return records


@cache
def learned(*, attribution: bool = True) -> bytes:
    """A snapshot of the engine at NOW."""
    engine = Engine(book(attribution=attribution), clock="stream")
    log = log_of(_usual(START, NOW, 0), START, NOW, 6 * HOUR_MS)
    said = list(engine.apply_all(list(enumerate(log, 1))))
    assert not said, "the town's past is calm"
    return engine.snapshot()


def engine_of() -> Engine:
    """The learned engine at NOW."""
    of = book()
    return Engine.restore(learned(), {of.digest: of})


def after(records: Sequence[Record]) -> list[Signal]:
    """What the learned engine says of records from NOW on."""
    engine = engine_of()
    said = [signal for n, record in enumerate(records, 1) for signal in engine.apply(record, 1_000_000 + n)]
    assert not engine.stopped, engine.stopped
    return said


def later(rows: Iterable[Row], hours: int = 30) -> list[Record]:
    """A log from NOW on."""
    return log_of(timed(rows), NOW, NOW + hours * HOUR_MS, STEP)


def alerts(said: Iterable[Signal]) -> list[Signal]:
    """Alerts that stand, by first bucket and area."""
    standing = [s for s in final_states(said).values() if s.state in ("running", "over")]
    return sorted(standing, key=lambda s: (s.first, s.area))


def named(said: Iterable[Signal]) -> list[tuple[str, str]]:
    """(area, category) of the alerts that stand."""
    return [(s.area, s.category) for s in alerts(said)]
