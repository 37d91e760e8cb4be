"""The shape of a week: what part of a category's events falls into each slot.

A root category's own counts are shrunk towards a smooth day (any day, then weekday, Saturday, Sunday);
a sub category's towards its parent's shape times its own hour ratio, by weekday and weekend. Pseudo events:
10 a slot, 5 a day kind, 20 an hour ratio. A flat floor of 3 % keeps every slot above nothing.
Source: docs/decisions/0004-surprise.md.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rules.detectors.ledger import Ledger
from rules.detectors.port import FloatArray, IntArray, Kin

_OWN: Final = 10.0
_DAY_KIND: Final = 5.0
_RATIO: Final = 20.0
_FLAT: Final = 0.03
_TINY: Final = 1e-6


def week_shapes(ledger: Ledger, kin: Kin) -> FloatArray:
    """Shares of the week, shape (T + 1, K), each row summing to 1; the last row is flat."""
    tops, k = ledger.top_series(), ledger.slots
    shape = np.full((len(tops) + 1, k), 1.0 / k)
    if k == 1 or not ledger.exposure.any():
        return shape
    depth = kin.category_depth[tops]
    parent = kin.category_parent[tops]
    parent_row = np.where(parent >= 0, ledger.rows()[parent], -1)
    own_day = (parent_row < 0) | (depth <= 0)
    for level in range(int(depth.max(initial=0)) + 1):
        at = np.flatnonzero(depth == level)
        for rows, prior in (
            (at[own_day[at]], _smooth_day),
            (at[~own_day[at]], _after_parent),
        ):
            if len(rows):
                wanted = prior(ledger.shape_events[rows], ledger.exposure, shape[parent_row[rows]])
                shape[rows] = _own(ledger.shape_events[rows], ledger.exposure, wanted)
    return shape


def summed(shape: FloatArray) -> FloatArray:
    """Shapes summed over two weeks, shape (T + 1, 2 K + 2): what lies between two places is a difference."""
    two = np.concatenate((shape, shape, shape[:, :1]), axis=1)
    start: FloatArray = np.zeros((len(shape), 1))
    return np.asarray(np.concatenate((start, np.cumsum(two, axis=1)), axis=1))


def _own(events: FloatArray, exposure: FloatArray, prior: FloatArray) -> FloatArray:
    """Own counts per slot, shrunk to `prior` (events a cell, any scale), floored and made to sum to 1."""
    shape = (_smooth(events) + _OWN) / (_smooth(exposure[None]) + _OWN / prior)
    shape /= shape.sum(axis=1, keepdims=True)
    return np.asarray((1 - _FLAT) * shape + _FLAT / shape.shape[1])


def _smooth_day(events: FloatArray, exposure: FloatArray, _parent: FloatArray) -> FloatArray:
    """Rate by hour of day for weekdays, Saturdays and Sundays, shrunk to that of any day; shape (n, K)."""
    kind = _day_kind()
    hours = events.shape[1] // 7
    days, seen = events.reshape(-1, 7, hours), exposure.reshape(7, hours)
    any_day = _smooth_hours(days.sum(axis=1)) / np.maximum(_smooth_hours(seen.sum(axis=0)[None]), _TINY)
    any_day = np.maximum(any_day, _TINY)
    prior = np.empty_like(days)
    for which in range(3):
        group = kind == which
        count, cells = _smooth_hours(days[:, group].sum(axis=1)), _smooth_hours(seen[group].sum(axis=0)[None])
        prior[:, group] = ((count + _DAY_KIND) / (cells + _DAY_KIND / any_day))[:, None]
    return np.asarray(prior.reshape(events.shape))


def _after_parent(events: FloatArray, exposure: FloatArray, parent: FloatArray) -> FloatArray:
    """The parent's shape times the own hour ratio by weekday and weekend, in events a cell; shape (n, K)."""
    weekend = _day_kind() > 0
    hours = events.shape[1] // 7
    known = parent * exposure
    scale = (events.sum(axis=1) + 0.5) / np.maximum(known.sum(axis=1), _TINY)
    days, expected = events.reshape(-1, 7, hours), (known * scale[:, None]).reshape(-1, 7, hours)
    prior = (parent * scale[:, None]).reshape(-1, 7, hours)
    for group in (weekend, ~weekend):
        count, wanted = _smooth_hours(days[:, group].sum(axis=1)), _smooth_hours(expected[:, group].sum(axis=1))
        prior[:, group] *= ((count + _RATIO) / (wanted + _RATIO))[:, None]
    return np.asarray(prior.reshape(events.shape))


def _day_kind() -> IntArray:
    """0 weekday, 1 Saturday, 2 Sunday; shape (7,). The week starts on Monday."""
    return np.array([0, 0, 0, 0, 0, 1, 2])


def _smooth(array: FloatArray) -> FloatArray:
    """Neighbouring hours of each day lent a quarter; shape (n, K). Steps of a day are left alone."""
    hours = array.shape[1] // 7
    return _smooth_hours(array.reshape(-1, 7, hours)).reshape(array.shape)


def _smooth_hours(array: FloatArray) -> FloatArray:
    if array.shape[-1] < 4:
        return array
    return np.asarray(0.25 * np.roll(array, 1, -1) + 0.5 * array + 0.25 * np.roll(array, -1, -1))
