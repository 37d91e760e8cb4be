"""What is shown of counts, as values: rows by the cell, and how fine areas are shown. Made by rules/display.py."""

from __future__ import annotations

from typing import Final

import msgspec

from rules.trees import Tree

MOST_SHOWN: Final = 200
"""Areas in metrics, on the map and in counts."""


class Count(msgspec.Struct, frozen=True, tag="count"):
    """One cell of one series. `start`, `step`: ms; `expected` of the whole cell, with the band of nine in ten quiet
    counts; `limit`: the count at which it would speak as a window of its own; each None where too little is known, or
    no count speaks. `missing`: a feed was not heard in it. `settled`: judged for good; else it counts on."""

    rule: str
    version: str
    area: str
    category: str
    start: int
    step: int
    count: int
    expected: float | None
    low: float | None
    high: float | None
    limit: int | None
    missing: bool
    settled: bool


class Recount(msgspec.Struct, frozen=True, tag="recount"):
    """What a settled cell counts by now: something came too late, or was taken back. What was expected stays, where the
    cell was said before: of a series that was not heard yet, nothing was."""

    rule: str
    version: str
    area: str
    category: str
    start: int
    step: int
    count: int

    def alone(self) -> Count:
        """The cell where it was not said before."""
        where = (self.rule, self.version, self.area, self.category, self.start, self.step)
        return Count(*where, self.count, None, None, None, None, missing=False, settled=True)


def finest_shown(areas: Tree) -> str:
    """The finest level whose areas, with all above, are no more than MOST_SHOWN."""
    fitting = [level for level in areas.levels if shown(areas, level) <= MOST_SHOWN]
    return fitting[-1] if fitting else areas.levels[0]


def shown(areas: Tree, level: str) -> int:
    """How many areas lie at `level` and above."""
    depth = areas.levels.index(level)
    return sum(areas.levels.index(node.level) <= depth for node in areas.nodes)
