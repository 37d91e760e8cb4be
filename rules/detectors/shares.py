"""What part of a category's events falls into each area, and how that part moves over the day.

A share within the parent area is shrunk towards the same share of the parent category (9 pseudo events one step
below the rule's category, 3 further down), that of the rule's own category towards equal parts (1 pseudo event).
Along a deeper tree of areas the shares multiply. The day-part factor is the area's own mix of day parts against that
of its parent area, with 120 pseudo events, held within 1/4 and 4.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rules.detectors.ledger import Ledger
from rules.detectors.port import FloatArray, IntArray, Kin

_EQUAL: Final = 1.0
_FIRST: Final = 9.0
_DEEPER: Final = 3.0
_PART_EVENTS: Final = 120.0
_FACTOR: Final = 4.0
SEEN: Final = 3.0
"""Events that every share is taken to rest on, for the noise of estimation."""


def pseudo_events(category_depth: IntArray) -> FloatArray:
    return np.where(category_depth <= 0, _EQUAL, np.where(category_depth == 1, _FIRST, _DEEPER))


def equal_parts(kin: Kin) -> FloatArray:
    """One over the areas beside a series (itself included) and one not yet seen, shape (S,)."""
    below = kin.area_parent >= 0
    beside = np.bincount(kin.area_parent[below], minlength=len(kin))
    return np.asarray(np.where(below, 1.0 / (1.0 + beside[kin.area_parent]), 1.0))


def equal_part_of_young(kin: Kin, known: int) -> FloatArray:
    """The same of series that the memory's `known` rows do not hold, shape (S,): each as if it were the only one.

    How many young ones stand beside it hangs on what was read so far, and no law may hang on that.
    """
    learned = kin.area_parent[:known]
    beside = np.bincount(learned[learned >= 0], minlength=len(kin))
    return np.asarray(np.where(kin.area_parent >= 0, 1.0 / (2.0 + beside[kin.area_parent]), 1.0))


def shares(ledger: Ledger, kin: Kin) -> tuple[FloatArray, FloatArray]:
    """Share of the parent area and of the topmost area, each of shape (S,); 1 at the top."""
    events, pseudo, equal = ledger.share_events, pseudo_events(kin.category_depth), equal_parts(kin)
    within, share = np.ones(len(kin)), np.ones(len(kin))
    below = kin.area_parent >= 0
    for depth in range(int(kin.category_depth.max(initial=0)) + 1):
        at = np.flatnonzero(below & (kin.category_depth == depth))
        parent = kin.category_parent[at]
        known = parent >= 0
        prior = np.where(known, within[parent], equal[at])
        weight = np.where(known, pseudo[at], _EQUAL)
        within[at] = (events[at] + weight * prior) / (events[kin.area_parent[at]] + weight)
    within = np.minimum(within, 1.0)
    for depth in range(1, int(kin.area_depth.max(initial=0)) + 1):
        at = np.flatnonzero(below & (kin.area_depth == depth))
        share[at] = within[at] * share[kin.area_parent[at]]
    return within, share


def day_parts(slots: int) -> IntArray:
    """The day part of each slot, shape (K,): three hours each, weekend days apart. Zeros for longer steps."""
    slot = np.arange(slots)
    if slots != 168:
        return np.zeros(slots, np.int64)
    return np.asarray((slot % 24) // 3 + 8 * (slot >= 120), dtype=np.int64)


def part_factors(ledger: Ledger, kin: Kin) -> FloatArray:
    """Factor of the share in each day part, shape (S, PARTS); 1 at the top and for steps of a day or more."""
    events = ledger.part_events
    factor = np.ones_like(events)
    if ledger.slots != 168:
        return factor
    top = events[kin.top_area]
    mix = top / np.maximum(top.sum(axis=1, keepdims=True), 1e-9)
    total = events.sum(axis=1, keepdims=True)
    for depth in range(1, int(kin.area_depth.max(initial=0)) + 1):
        at = np.flatnonzero((kin.area_depth == depth) & (kin.area_parent >= 0))
        prior = factor[kin.area_parent[at]]
        own = events[at] + _PART_EVENTS * mix[at] * prior
        factor[at] = np.clip(own / ((total[at] + _PART_EVENTS) * mix[at] + 1e-9), 1 / _FACTOR, _FACTOR)
        factor[at] = np.where(mix[at] > 0, factor[at], prior)
    for depth in range(2, int(kin.category_depth.max(initial=0)) + 1):
        at = np.flatnonzero((kin.category_depth == depth) & (kin.category_parent >= 0))
        factor[at] = factor[kin.category_parent[at]]  # too few events of their own
    return factor
