"""What a law of days and weeks carries for `likelihood`: parts of each window, its weight, the unit of a rise, and what
is lost by counts that lie in one part of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from rules.detectors import likelihood, tail
from rules.detectors.port import NEVER, FloatArray, IntArray, Law, Memory, Points, Recent

_PARTS: Final = 8
"""A longer window is cut into so many parts of about one length."""
_SKEW: Final = 0.15
_MOST_SKEW: Final = 4.0
"""What is taken off a score for the skewness of its law: rare and clumped counts reach high ratios by chance more
often, and without this would bring twice the false alarms of busy and calm series."""


def wanted(memory: Memory) -> bool:
    """Whether windows are of whole days or weeks: finer ones are judged by their tail."""
    return bool(memory["about"][0] != 168)


def weighed(law: Law, lengths: IntArray, windows: tuple[int, ...], *, least: bool = False) -> Law:
    """`law`, of windows of so many buckets, with all that a score needs but the arrangement. Shapes (P,).

    `least`: windows of more than `law` expects must score no higher, so that nothing is taken off for skewness.
    """
    known = np.array(windows, np.int64)
    place = np.maximum(np.searchsorted(known, lengths, side="right") - 1, 0)  # cut short: as the next shorter
    parts = np.minimum(lengths, _PARTS).astype(np.float64)
    short = law.mean * np.minimum(known[0] / lengths, 1.0)
    skew = (1.0 + 2.0 * law.over) / np.sqrt((1.0 + law.over) * law.mean)
    off = np.zeros(len(law.mean)) if least else _SKEW * np.minimum(skew, _MOST_SKEW)
    extra = {
        "weight": np.log(likelihood.priors(known)[place]) - off,
        "parts": parts,
        "unit": np.sqrt((1.0 + law.over) * short),
        "uneven": np.zeros(len(law.mean)),
    }
    return replace(law, extra=extra)


def arranged(law: Law, points: Points, recent: Recent, means: Callable[[Points], FloatArray]) -> Law:
    """`law` with what its windows lose by how their counts lie. `means`: what is expected of parts."""
    many = np.flatnonzero((points.length > 1) & law.enough)
    if not len(many):
        return law
    parts = law.extra["parts"][many].astype(np.int64)
    edges = np.arange(_PARTS + 1)[None, :]
    length = points.length[many][:, None]
    start = points.first[many][:, None] + np.minimum(edges, parts[:, None]) * length // parts[:, None]
    held = np.arange(_PARTS)[None, :] < parts[:, None]
    who = np.broadcast_to(points.series[many][:, None], held.shape)[held]
    first, last = start[:, :-1][held], start[:, 1:][held] - 1
    counts, expected = np.zeros(held.shape), np.zeros(held.shape)
    counts[held] = recent.total(who, first, last)
    expected[held] = means(Points(who, first, last))
    mean, over, unit = law.mean[many], law.over[many], law.extra["unit"][many]
    expected *= (mean / expected.sum(axis=1))[:, None]
    even = likelihood.ratio(mean, over, counts.sum(axis=1), law.extra["parts"][many], unit)
    uneven = law.extra["uneven"].copy()
    uneven[many] = np.maximum(even - likelihood.ratio_of_parts(mean, over, counts, expected, unit), 0.0)
    return replace(law, extra={**law.extra, "uneven": uneven})


def score(law: Law, counts: IntArray) -> FloatArray:
    """Log of how many times likelier each window's count is under a rise, less what its arrangement loses."""
    extra = law.extra
    even = likelihood.ratio(law.mean, law.over, counts.astype(np.float64), extra["parts"], extra["unit"])
    return np.asarray(even + extra["weight"] - extra["uneven"])


def limits(law: Law, heights: FloatArray) -> IntArray:
    """The smallest count whose score reaches each height, lying evenly or not as it does now."""
    found = np.full(len(law.mean), NEVER)
    can = np.flatnonzero(law.enough)
    if not len(can):
        return found

    def scored(places: IntArray, counts: IntArray) -> FloatArray:
        return score(law.at(can[places]), counts)

    near = tail.smallest_guess(law.mean[can], law.over[can], np.maximum(heights[can] + 3.0, 0.0))
    found[can] = likelihood.smallest(scored, near, heights[can])
    return found
