"""A small city with rules on matters, and logs made of the steps of matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from zlib import crc32

import msgspec
import numpy as np
from hypothesis import strategies as st

from rules.book import Book, Entries, MatterRule, Selector
from rules.engine import Engine
from rules.matters.table import Clocks, Deadlines, Length, Step
from rules.records import NO_TIME, ROW, Frame, Record
from rules.signals import Signal
from tests.engine.worlds import AREA_TREE, AREAS, CATEGORY_TREE, FEEDS, HOUR, MINUTE, START, book, tick

OFFICES: Final = ("", "roads", "parks")
STEPS: Final[dict[str, Step]] = {
    name: name for name in ("filed", "accepted", "replied", "extended", "paused", "resumed", "returned", "reopened")
}
TABLE: Final = Deadlines(
    (
        Clocks("traffic", accept=Length(1, "hours"), reply=Length(4, "hours"), extension=Length(2, "hours")),
        Clocks("fire", reply=Length(1, "days")),
    ),
    STEPS,
)
LATER: Final = Deadlines((Clocks("incident", reply=Length(2, "hours")),), STEPS)


def rule(rule_id: str, **changes: object) -> MatterRule:
    plain = MatterRule(
        rule_id, "v1", "deadline", Selector("incident", stages=tuple(STEPS)), "district", 10 * MINUTE,
        colours=(("yellow", 1.0), ("red", 3.0)),
    )  # fmt: skip
    return msgspec.structs.replace(plain, **changes)


FILED: Final = Entries("", ("filed",))
REPLIED: Final = Entries("", ("replied",))
RULES: Final = (
    rule("late"),
    rule("late-in-town", areas="city", at_least=3),
    rule("again", kind="repeat", n=2, within=5 * HOUR, first=FILED, then=REPLIED),
    rule(
        "then", kind="sequence", first=Entries("traffic"), then=Entries("fire"), within=3 * HOUR, keep=HOUR, on="area"
    ),
    rule("none", kind="absence", first=FILED, then=REPLIED, within=3 * HOUR, keep=2 * HOUR),
)


def city(rules: Sequence[MatterRule] = RULES, table: Deadlines = TABLE, **changes: object) -> Book:
    return book((), matter_rules=tuple(rules), deadlines=table, **changes)


@dataclass(frozen=True, slots=True)
class Told:
    """One step of a matter; times in minutes after START. `due`: what the feed says, or None."""

    id: int
    occurred: int
    arrived: int
    matter: int = 1
    stage: str = "filed"
    area: str = "north"
    category: str = "traffic.jam"
    office: str = "roads"
    due: int | None = None
    revision: int = 0
    count: int = 1
    feed: str = "calls"

    def corrected(self, **changes: object) -> Told:
        return replace(self, **changes)  # type: ignore[arg-type]  # fields by name


def frame(steps: Sequence[Told]) -> Frame:
    areas, categories = tuple(AREA_TREE.by_code), tuple(CATEGORY_TREE.by_code)
    stages = tuple(sorted({one.stage for one in steps}))
    rows = np.zeros(len(steps), ROW)
    for n, (row, one) in enumerate(zip(rows, steps, strict=True)):
        row["feed"], row["stage"], row["office"] = (
            FEEDS.index(one.feed),
            stages.index(one.stage),
            OFFICES.index(one.office),
        )
        row["area"], row["category"] = areas.index(one.area), categories.index(one.category)
        row["id0"], row["id1"], row["revision"] = one.id, 7, one.revision
        row["content"] = crc32(repr(replace(one, arrived=0)).encode())
        row["occurred_at"] = START + one.occurred * MINUTE + one.id % 50
        row["arrived_at"] = START + one.arrived * MINUTE + 1 + one.id % 1000
        row["due_at"] = NO_TIME if one.due is None else START + one.due * MINUTE
        row["count"], row["matter"], row["offset"], row["place"] = one.count, one.matter, n, one.matter
    return Frame("small", FEEDS, stages, categories, areas, OFFICES, ("p",), rows)


def log_of(steps: Sequence[Told], ticks: Sequence[int], split: int = 1_000) -> list[Record]:
    """A log: steps by the tick interval they arrive in (their order kept), at most `split` rows a frame."""
    records: list[Record] = []
    left = list(steps)
    for minute in sorted(set(ticks)):
        due = [one for one in left if one.arrived < minute]
        left = [one for one in left if one.arrived >= minute]
        records += [frame(due[i : i + split]) for i in range(0, len(due), split)]
        records.append(tick(minute))
    assert not left, "the last tick must come after the last arrival"
    return records


def run(records: Sequence[Record], of: Book | None = None) -> tuple[Engine, list[Signal]]:
    engine = Engine(of or city())
    said = [signal for offset, record in enumerate(records, 1) for signal in engine.apply(record, offset)]
    assert not engine.stopped, engine.stopped
    return engine, said


@st.composite
def matters(draw: st.DrawFn, most: int = 30, hours: int = 10) -> list[Told]:
    """A night of matters: filed, taken up, paused, returned, answered; late, ahead of time, corrected, cancelled."""
    steps = [_step(draw, number + 1, hours) for number in range(draw(st.integers(0, most)))]
    again = draw(st.lists(st.sampled_from(steps), max_size=6)) if steps else []
    return steps + [_corrected(draw, one) for one in again]


def _step(draw: st.DrawFn, number: int, hours: int) -> Told:
    occurred = draw(st.integers(0, hours * 60))
    return Told(
        id=number,
        occurred=occurred,
        arrived=max(0, occurred + draw(st.sampled_from((0, 0, 0, 1, 2, 9, 40, 200, -3, -20)))),
        matter=draw(st.integers(0, 5)),
        stage=draw(st.sampled_from(("filed", "filed", *STEPS))),
        area=draw(st.sampled_from(AREAS)),
        category=draw(st.sampled_from(("traffic.jam", "fire.wood"))),
        office=draw(st.sampled_from(OFFICES)),
        due=draw(st.sampled_from((None, None, occurred + 90))),
        feed=draw(st.sampled_from(FEEDS)),
    )


def _corrected(draw: st.DrawFn, one: Told) -> Told:
    return one.corrected(
        revision=draw(st.sampled_from((0, 1, 1, 2))),
        count=draw(st.sampled_from((0, 1, 1))),
        matter=draw(st.sampled_from((one.matter, one.matter, 3))),
        occurred=one.occurred + draw(st.sampled_from((0, 0, -15, 12))),
        arrived=one.arrived + draw(st.sampled_from((0, 1, 8, 45, 200))),
    )
