"""The page of what no alert told of: each entry with what was told near it, for what one desk missed another may know.

Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.alert import Alert
from alerts.chain import Missed
from alerts.console.naming import Names
from alerts.console.rows import Row, row
from rules.trees import Tree

ROWS_SHOWN: Final = 50
NEAR_MS: Final = 3_600_000
NEAR_SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class MissedRow:
    """`near`: alerts that were told within an hour of it, of its area and category or of what holds or lies in them."""

    missed: Missed
    where: str
    what: str
    desk: str
    near: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class MissedFigures:
    count: int
    rows: tuple[MissedRow, ...]


def missed_figures(
    told: Sequence[Missed], between: Callable[[int, int], Sequence[Alert]], names: Names, now: int
) -> MissedFigures:
    """`told` oldest first, cut to what may be seen; `between`: alerts first told in [since, until), cut likewise."""
    latest = sorted(told, key=lambda one: (-one.time, -one.at))[:ROWS_SHOWN]
    return MissedFigures(len(told), tuple(_row(one, between, names, now) for one in latest))


def _row(one: Missed, between: Callable[[int, int], Sequence[Alert]], names: Names, now: int) -> MissedRow:
    book = names.city.book
    near = [
        alert
        for alert in between(one.time - NEAR_MS, one.time + NEAR_MS)
        if _meet(book.areas, alert.signal.area, one.area)
        and _meet(book.categories, alert.signal.category, one.category)
    ]
    near.sort(key=lambda alert: (abs(alert.signal.said_at - one.time), alert.id))
    return MissedRow(
        one,
        names.area(one.area),
        names.category(one.category),
        names.desk(one.desk),
        tuple(row(alert, names.city, names, (), now) for alert in near[:NEAR_SHOWN]),
    )


def _meet(tree: Tree, one: str, other: str) -> bool:
    """Whether one code lies in the other."""
    known = one in tree.by_code and other in tree.by_code
    return known and (tree.holds(one, other) or tree.holds(other, one))
