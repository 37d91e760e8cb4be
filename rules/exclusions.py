"""Times that leave the baselines: what came in them is learned as what was expected, and judged as ever.

An excluded cell teaches each series at or below the order's area and category the count that the baseline expected of
it, and the series above lose as much as that differs from what came. So level, shape, share and spread stay what they
were, whatever the detector, and sums over areas still agree. Not done: taking out what was learned before the order
came (decision 0031).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from rules.calendar import DAY_MS
from rules.counts import Counts
from rules.detectors.port import BoolArray, FloatArray, IntArray
from rules.records import Exclude

KEPT_MS: Final = 35 * DAY_MS
"""So long after its end an exclusion is kept: by then every rule has learned the days that it is about."""
MOST: Final = 2_000
"""Exclusions kept; over it the oldest leaves."""

Expect = Callable[[IntArray, IntArray], FloatArray]
"""(series, cells) -> events that the baseline expects of each, shape (S, C)."""


def left_out(
    block: IntArray, cells: IntArray, blind: BoolArray, counts: Counts, exclusions: Sequence[Exclude], expect: Expect
) -> IntArray:
    """`block` (counts, shape (series, cells)) with excluded cells as they were expected; itself where there are none.

    `cells`: their numbers, one after the other; `blind`: those that were not heard and teach nothing anyway.
    """
    steps, found = counts.steps, block
    for order in exclusions:
        first, last = steps.cell_of(steps.bucket(order.since)), steps.cell_of(steps.bucket(order.until - 1))
        at = np.flatnonzero((cells >= first) & (cells <= last) & ~blind)
        top = _top(counts, order)
        if not len(at) or top is None:
            continue
        inside = np.array([n for n in range(len(counts.pairs)) if counts.below(top, n)], np.int64)
        if found is block:
            found = block.copy()
        wanted = _whole(expect(inside, cells[at]))
        change = wanted[int(np.flatnonzero(inside == top)[0])] - found[top, at]
        found[np.ix_(inside, at)] = wanted
        for above in _above(counts, top):
            found[above, at] = np.maximum(found[above, at] + change, 0)
    return found


def _top(counts: Counts, order: Exclude) -> int | None:
    """The series that holds all that an order is about, as far as the rule counts it; None: it keeps none so fine."""
    areas, categories, selected = counts.book.areas, counts.book.categories, counts.selector.category
    if order.area not in areas.by_code or order.category not in categories.by_code:
        return None
    category = selected if categories.holds(order.category, selected) else order.category
    return counts.series.get((order.area, category))


def _above(counts: Counts, top: int) -> list[int]:
    """The series that hold `top`, other than itself."""
    area, category = counts.pairs[top]
    pairs = [(a, c) for a in counts.book.areas.paths[area] for c in counts.book.categories.paths[category]]
    return [counts.series[pair] for pair in pairs if pair in counts.series and counts.series[pair] != top]


def _whole(expected: FloatArray) -> IntArray:
    """Whole events, shape as `expected`: rounded so that each series' sum over time is right."""
    edges = np.round(np.cumsum(expected, axis=1)).astype(np.int64)
    return np.diff(edges, axis=1, prepend=0)


def kept(exclusions: Sequence[Exclude], now: int) -> list[Exclude]:
    """Those that some rule may still have to learn past."""
    return [order for order in exclusions if order.until > now - KEPT_MS][-MOST:]
