"""Series younger than memory: an area or category first heard since the last refit.

Its past is zeros, known as such, so it is not mute: it takes share, level, shape and spread from its parents, as
the next refit of nothing but zeros would give them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rules.detectors import levels, shares
from rules.detectors.port import FloatArray, IntArray, Kin, Memory


@dataclass(frozen=True, slots=True)
class Standing:
    """What a law needs to know of each point's series. Shape (P,)."""

    row: IntArray  # row of the shape
    weekly: FloatArray  # events a week
    noise: FloatArray  # 1 / (events seen)
    days: FloatArray  # days of past
    like: IntArray  # series in memory whose spread and day parts are taken


def standing(memory: Memory, kin: Kin, series: IntArray) -> Standing:
    """For known series what memory says; for young ones what their parents lend."""
    traits = memory["traits"]
    like = _known_like(kin, series, len(traits))
    row, weekly, noise, days = traits[like].T.copy()
    young = np.flatnonzero(series >= len(traits))
    top = kin.top_area[series[young]]
    heard = top < len(traits)
    known_top = np.where(heard, top, 0)
    rate = np.where(heard, traits[known_top, 1], levels.rate_of_unseen(memory))
    weekly[young] = rate * _share(memory, kin, series[young])
    below = kin.area_depth[series[young]] > 0
    noise[young] = np.where(heard, traits[known_top, 2], 1.0) + np.where(below, 1.0 / shares.SEEN, 0.0)
    days[young] = np.where(heard, traits[known_top, 3], traits[:, 3].max())
    return Standing(row.astype(np.int64), weekly, noise, days, like)


def _known_like(kin: Kin, series: IntArray, known: int) -> IntArray:
    """The nearest ancestor in memory: by area first, then by category; the first series where there is none."""
    like = series.copy()
    for parent in (kin.area_parent, kin.category_parent):
        climbing = like >= known
        while climbing.any():
            above = parent[like]
            climbing &= above >= 0
            like = np.where(climbing, above, like)
            climbing &= like >= known
    return np.where(like >= known, 0, like)


def _share(memory: Memory, kin: Kin, series: IntArray) -> FloatArray:
    """Share of the topmost area: shares within the parent, multiplied up to the first known series."""
    known = len(memory["share"])
    share = np.ones(len(series))
    at = series.copy()
    while True:
        young = np.flatnonzero((at >= known) & (kin.area_depth[at] > 0))
        if not len(young):
            return share * np.where(at < known, memory["share"][np.minimum(at, known - 1)], 1.0)
        share[young] *= _within(memory, kin, at[young])
        at[young] = kin.area_parent[at[young]]


def _within(memory: Memory, kin: Kin, series: IntArray) -> FloatArray:
    """Share of the parent area: no event of its own, so only what the parent category's share lends."""
    known = len(memory["within"])
    within = np.where(series < known, memory["within"][np.minimum(series, known - 1)], 1.0)
    young = np.flatnonzero(series >= known)
    if not len(young):
        return within
    at = series[young]
    area, category = kin.area_parent[at], kin.category_parent[at]
    events = np.where(area < known, memory["share_events"][np.minimum(area, known - 1)], 0.0)
    prior = shares.equal_part_of_young(kin, known)[at]
    lent = np.flatnonzero(category >= 0)
    weight = np.ones(len(at))
    if len(lent):
        weight[lent] = shares.pseudo_events(kin.category_depth[at[lent]])
        prior[lent] = _within(memory, kin, category[lent])
    within[young] = weight * prior / (events + weight)
    return within
