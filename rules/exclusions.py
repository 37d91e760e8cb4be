"""Times that leave the baselines: what came in them is learned as what was expected, and judged as ever.

An excluded cell teaches each series at or below the order's area and category the count that the baseline expected of
it, and the series above lose as much as that differs from what came. So level, shape, share and spread stay what they
were, whatever the detector, and sums over areas still agree. What was learned before the order came is learned again
as far as it is kept (rules/lessons.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from rules.book import Book
from rules.calendar import DAY_MS
from rules.counts import Counts
from rules.detectors.port import BoolArray, FloatArray, IntArray
from rules.records import Exclude

KEPT_MS: Final = 35 * DAY_MS
"""So long after its end an exclusion is kept: by then every rule has learned the days that it is about."""
MOST: Final = 2_000
"""Exclusions kept; over it the oldest leaves."""

Expect = Callable[[IntArray, IntArray], FloatArray]
"""(rows, cells) -> events that the baseline expects of each, shape (R, C)."""
Pair = tuple[str, str]
"""(area, category)."""


def left_out(
    block: IntArray,
    cells: IntArray,
    blind: BoolArray,
    pairs: Sequence[Pair],
    counts: Counts,
    exclusions: Sequence[Exclude],
    expect: Expect,
) -> IntArray:
    """`block` (counts, shape (rows, cells)) with excluded cells as they were expected; itself where there are none.

    `cells`: their numbers, one after the other; `blind`: those that were not heard and teach nothing anyway; `pairs`:
    (area, category) of each row.
    """
    steps, found, row_of = counts.steps, block, {pair: row for row, pair in enumerate(pairs)}
    for order in exclusions:
        first, last = steps.cell_of(steps.bucket(order.since)), steps.cell_of(steps.bucket(order.until - 1))
        at = np.flatnonzero((cells >= first) & (cells <= last) & ~blind)
        top = _top(counts, order) if len(at) else None
        if top is None or top not in row_of:
            continue
        inside = np.array([row for row, pair in enumerate(pairs) if _holds(counts.book, top, pair)], np.int64)
        if found is block:
            found = block.copy()
        wanted = _whole(expect(inside, cells[at]))
        change = wanted[int(np.flatnonzero(inside == row_of[top])[0])] - found[row_of[top], at]
        found[np.ix_(inside, at)] = wanted
        for pair in _above(counts.book, top):
            if pair in row_of:
                found[row_of[pair], at] = np.maximum(found[row_of[pair], at] + change, 0)
    return found


def _top(counts: Counts, order: Exclude) -> Pair | None:
    """What holds all that an order is about, as far as a rule counts it; None: the book lacks it."""
    areas, categories, selected = counts.book.areas, counts.book.categories, counts.selector.category
    if order.area not in areas.by_code or order.category not in categories.by_code:
        return None
    return order.area, selected if categories.holds(order.category, selected) else order.category


def _above(book: Book, top: Pair) -> list[Pair]:
    """What holds `top`, other than itself."""
    pairs = [(area, category) for area in book.areas.paths[top[0]] for category in book.categories.paths[top[1]]]
    return [pair for pair in pairs if pair != top]


def _holds(book: Book, upper: Pair, lower: Pair) -> bool:
    return book.areas.holds(upper[0], lower[0]) and book.categories.holds(upper[1], lower[1])


def _whole(expected: FloatArray) -> IntArray:
    """Whole events, shape as `expected`: rounded so that each series' sum over time is right."""
    edges = np.round(np.cumsum(expected, axis=1)).astype(np.int64)
    return np.diff(edges, axis=1, prepend=0)


def kept(exclusions: Sequence[Exclude], now: int) -> list[Exclude]:
    """Those that some rule may still have to learn past."""
    return [order for order in exclusions if order.until > now - KEPT_MS][-MOST:]
