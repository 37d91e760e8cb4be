"""Weeks of the past, and what the curve says of weeks to come: how `Ledger` keeps and reads the course of the years.

Only the topmost areas keep weeks, twelve years of them; their areas follow by their shares. Steps of a week are told by
the curve from the eighth week on, finer steps once two years are known: until then the level of 28 days says as much.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rules.detectors import curve
from rules.detectors.ledger import Ledger
from rules.detectors.port import FloatArray, IntArray, Memory, Past

_KEPT: Final = 626
_EVERY: Final = 4
"""Weeks between two fits: each reaches further ahead than that."""
_YOUNG: Final = 64
"""Weeks known below which it is fitted every week."""
_BACK: Final = 12
_AHEAD: Final = 12
_LEAST_WEEKLY: Final = 8
_LEAST_FINER: Final = 104 + curve.GUARD
_LEAST: Final = 1e-6


def take(ledger: Ledger, past: Past) -> None:
    """Add the counts of `past` to their weeks, and fit the curve anew where it is due."""
    heard = np.flatnonzero(~past.missing)
    if not len(heard) or not len(ledger.tops):
        return
    per_day = max(ledger.cells_per_day, 1.0)
    offset = 0.0 if ledger.slots == 1 else (past.days[-1] - past.cells[-1] // per_day - 1) / 7
    numbers = (past.cells if ledger.slots == 1 else (past.days - 1) // 7)[heard]
    _make_room(ledger, int(numbers[0]), int(numbers[-1]), len(ledger.tops))
    ledger.week_about[1:3] = 7 * ledger.cells_per_day, offset
    first, weeks = int(ledger.week_about[0]), ledger.week_counts.shape[1]
    inside = numbers >= first
    at, which = numbers[inside] - first, heard[inside]
    for row, series in enumerate(ledger.top_series().tolist()):
        ledger.week_counts[row] += np.bincount(at, past.counts[series, which], weeks)
    ledger.week_heard += np.bincount(at, minlength=weeks)
    whole = int(numbers[-1]) + (1 if ledger.slots == 1 else 0)  # the first week that is not over
    known = whole - first
    if known >= (_LEAST_WEEKLY if ledger.slots == 1 else _LEAST_FINER):
        fresh = len(ledger.curve) != len(ledger.tops)
        if fresh or known < _YOUNG or whole >= ledger.week_about[4] + _EVERY:
            _fit(ledger, first, whole)


def _make_room(ledger: Ledger, low: int, high: int, rows: int) -> None:
    """Columns up to week `high` and a row for each category; the oldest weeks beyond what is kept fall away."""
    if ledger.week_counts.shape[1] == 0:
        ledger.week_about[0] = low
    first = int(ledger.week_about[0])
    more = max(0, high - first + 1 - ledger.week_counts.shape[1])
    ledger.week_counts = np.pad(ledger.week_counts, ((0, rows - len(ledger.week_counts)), (0, more)))
    ledger.week_heard = np.pad(ledger.week_heard, (0, more))
    over = ledger.week_counts.shape[1] - _KEPT
    if over > 0:
        ledger.week_counts, ledger.week_heard = ledger.week_counts[:, over:], ledger.week_heard[over:]
        ledger.week_about[0] += over


def _fit(ledger: Ledger, first: int, whole: int) -> None:
    known = whole - first
    guard = min(curve.GUARD, max(0, known - _LEAST_WEEKLY))
    weeks = np.arange(first, whole - guard)
    part = np.minimum(ledger.week_heard[: len(weeks)] / (7 * ledger.cells_per_day), 1.0)
    begun = weeks >= ledger.week_begun[:, None]
    low = max(first, whole - _BACK)
    ahead = np.arange(low, whole + _AHEAD)
    found = curve.fitted(ledger.week_counts[:, : len(weeks)], part * begun, weeks, ahead)
    ledger.week_about[3:5] = low, whole
    ledger.curve = np.concatenate((np.zeros((len(found.mean), 1)), np.cumsum(found.mean, axis=1)), axis=1)
    ledger.doubt = found.doubt[:, whole - low :].mean(axis=1)
    ledger.dispersion = found.dispersion


def followed(ledger: Ledger) -> bool:
    """Whether every category has a curve: from then on it says the level."""
    return len(ledger.curve) > 0 and len(ledger.curve) == len(ledger.tops)


def rates_at(ledger: Ledger, cells: IntArray) -> FloatArray:
    """Events a week of each row in each cell by the curve, shape (T, C)."""
    about = ledger.week_about
    end = (cells + 1) / about[1] + about[2]
    rows = np.arange(len(ledger.curve))[:, None]
    mean: FloatArray = _between(ledger.curve, rows, end - 1 / about[1], end, float(about[3])) * about[1]
    return np.maximum(mean, _LEAST)


def factor(memory: Memory, row: IntArray, end: FloatArray, cells: FloatArray) -> FloatArray:
    """How many times the rate in force the curve expects of windows that end at `end` (in cells) and last `cells`.

    `row` is broadcast against the others.
    """
    about, table = memory["week_about"], memory["curve"]
    until, weeks = end / about[1] + about[2], cells / about[1]
    mean = _between(table, row, until - weeks, until, float(about[3])) / weeks
    return np.asarray(np.maximum(mean, _LEAST) / np.maximum(memory["rate"][row], _LEAST))


def _between(table: FloatArray, row: IntArray, start: FloatArray, end: FloatArray, low: float) -> FloatArray:
    return _summed(table, row, end - low) - _summed(table, row, start - low)


def _summed(table: FloatArray, row: IntArray, at: FloatArray) -> FloatArray:
    """The running sum at a place between weeks; beyond its ends it goes on as in the last week."""
    whole = np.clip(np.floor(at).astype(np.int64), 0, table.shape[1] - 2)
    low = table[row, whole]
    return np.asarray(low + (at - whole) * (table[row, whole + 1] - low))
