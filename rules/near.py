"""Near misses: what came close to speaking lately, and did not."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rules.detectors.port import NEVER, Points
from rules.watch import RuleWatch

NEAR: Final = 0.9
"""This part of a limit is near it."""
MOST_BUCKETS: Final = 512


class Near(NamedTuple):
    """A window that came near its limit: the nearest of its series. Times in ms."""

    area: str
    category: str
    since: int
    until: int
    observed: int
    limit: int


def near_misses(watch: RuleWatch, since: int) -> list[Near]:
    """Of each series whose windows end after `since` (ms), the window nearest to its limit, nearest first.

    Judged by the baselines in force by now. Left out: series that have an episode in that time, windows below the
    floor, and drops, whose limits are no counts to reach.
    """
    judge, counts = watch.judge, watch.counts
    if judge.low or counts.ring.hi < counts.ring.lo:
        return []
    first = max(counts.steps.bucket(since), counts.ring.lo + 1, counts.ring.hi - MOST_BUCKETS + 1)
    spoke = {run.series for run in watch.fold.runs.values() if run.last >= first}
    spoke |= {series for told in watch.speech.told.values() for series, _, last in told.runs if last >= first}
    best: dict[int, tuple[float, Near]] = {}
    for bucket in range(first, counts.ring.hi + 1):
        series = counts.ring.touched(bucket)
        if not len(series):
            continue
        for width in judge.widths.tolist():
            begin = max(bucket - width + 1, counts.ring.lo + 1)
            points = Points(series, np.full(len(series), begin), np.full(len(series), bucket))
            totals = counts.ring.total(points.series, points.first, points.last)
            limits = judge.detector.limits(judge.law(points, bucket), judge.height_of(series))
            limits = np.where(limits == NEVER, NEVER, np.maximum(limits, judge.floor_of(series)))
            close = (limits != NEVER) & (totals < limits) & (totals >= NEAR * limits)
            for place in np.flatnonzero(close).tolist():
                number, observed, limit = int(series[place]), int(totals[place]), int(limits[place])
                if number not in spoke and observed / limit > best.get(number, (0.0, None))[0]:
                    area, category = counts.pairs[number]
                    span = counts.steps.start(begin), counts.steps.end(bucket)
                    best[number] = observed / limit, Near(area, category, *span, observed, limit)
    return [near for _, near in sorted(best.values(), key=lambda pair: (-pair[0], pair[1]))]
