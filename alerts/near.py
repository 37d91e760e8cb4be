"""Near misses: cells that came within a tenth of the count that speaks, or one event short of it, and did not speak.

Read out of the counts for pages, so of any day that is kept, on either road, by the limits in force then. What
the engine itself knows of its windows of the last day is rules.near's.

A limit below five events is left out: one event less is a fifth of it and more, and happens all night.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from alerts.alert import Alert
from rules.book import Book, Rule
from rules.shown import Count
from rules.trees import Tree

PARTS: Final = 10
"""A near miss lacks no more than this part of the way from nothing (of a drop: from what is expected) to its limit."""
LEAST: Final = 5
"""Events between nothing and the limit: of fewer nobody can be near."""


@dataclass(frozen=True, slots=True)
class NearCell:
    """A series that came near: the cell that came nearest, the later one of two as near, and how many cells did.

    `lacked`: events that it was short of speaking; `way`: how much of the way to its limit it went, below 1.
    """

    row: Count
    lacked: int
    way: float
    times: int


def is_near(row: Count, *, falls: bool) -> bool:
    """`falls`: its rule hears a count that is too low. Such a one is near when it has settled and every feed was
    heard; any other also while it still counts."""
    reach, lacked = _way(row, falls=falls)
    counts = not falls or (row.settled and not row.missing)
    return counts and reach >= LEAST and lacked > 0 and (lacked * PARTS <= reach or lacked == 1)


def near_misses(rows: Iterable[Count], book: Book, told: Iterable[Alert], now: int) -> list[NearCell]:
    """Near misses out of cells that are near, the nearest first. What an alert in `told` of the same rule says at the
    same time, of the same area, one above or one below, is none: it spoke. `now`, ms: until then running alerts run."""
    falling, spoke = falling_rules(book), _by_rule(told)
    nearest: dict[tuple[str, str, str], NearCell] = {}
    for row in rows:
        if any(_covers(alert, row, book.areas, now) for alert in spoke.get(row.rule, ())):
            continue
        reach, lacked = _way(row, falls=row.rule in falling)
        way, series = 1 - lacked / reach, (row.rule, row.area, row.category)
        known = nearest.get(series)
        times = known.times + 1 if known else 1
        if known is None or (way, row.start) >= (known.way, known.row.start):
            nearest[series] = NearCell(row, lacked, way, times)
        else:
            nearest[series] = NearCell(known.row, known.lacked, known.way, times)
    return sorted(nearest.values(), key=lambda one: (-one.way, -one.row.start, one.row.rule, one.row.area))


def falling_rules(book: Book) -> frozenset[str]:
    """Ids of the rules that hear a count that is too low."""
    return frozenset(rule.id for rule in book.all_rules if isinstance(rule, Rule) and rule.detector.kind == "drop")


def _way(row: Count, *, falls: bool) -> tuple[float, int]:
    """(events from nothing, or from what is expected, to the limit; events that it lacks). (0, 0): no limit."""
    if row.limit is None or (falls and row.expected is None):
        return 0, 0
    if falls:
        return (row.expected or 0.0) - row.limit, row.count - row.limit
    return row.limit, row.limit - row.count


def _by_rule(told: Iterable[Alert]) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = {}
    for alert in told:
        found.setdefault(alert.signal.rule, []).append(alert)
    return found


def _covers(alert: Alert, row: Count, tree: Tree, now: int) -> bool:
    if alert.signal.first >= row.start + row.step or (alert.ended_at or now + 1) <= row.start:
        return False
    return row.area in tree.by_code and tree.meets(row.area, (alert.signal.area,))
