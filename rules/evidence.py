"""Evidence: the figures behind an alert, as data. Words are made when it is shown."""

from __future__ import annotations

import msgspec
import numpy as np

from rules.book import NO_PROMISE
from rules.detectors.port import NEVER, Points
from rules.display import BAND
from rules.episodes import Run
from rules.hindsight import with_hindsight
from rules.judge import Judge
from rules.signals import Bar, Cell, Evidence, FeedEvidence, Share, WindowEvidence

_SHARES = 8
_CELLS = 24


def evidence_of(judge: Judge, run: Run, missing: dict[int, bool], heard: dict[str, int]) -> Evidence:
    """Evidence of a run's peak bucket; `heard`: the feeds' last arrivals."""
    peak, steps = run.peak, judge.counts.steps
    best = peak.window
    colour = judge.rule.colours[peak.rank][0]
    limit = peak.limits[best]
    feeds = tuple(
        FeedEvidence(name, peak.observed[best] if len(judge.counts.lateness) == 1 else 0, heard.get(name, 0))
        for name in sorted(judge.counts.lateness)
    )
    found = Evidence(
        peak=steps.start(peak.bucket),
        observed=peak.observed[best],
        expected=round(peak.expected[best], 4),
        spread=round(float(np.sqrt(max(peak.expected[best] * (1 + peak.over[best]), 0.0))), 4),
        limit=limit,
        would_not_have_spoken=max(limit - judge.sign, 0) if limit >= 0 else -1,
        window=judge.rule.windows[best],
        rank=judge.book.ladder.index(colour),
        colour=colour,
        rank_limits=tuple((name, found) for (name, _), found in zip(judge.rule.colours, peak.rank_limits, strict=True)),
        windows=windows_of(judge, run),
        areas=_shares(judge, run, by="area"),
        categories=_shares(judge, run, by="category"),
        feeds=feeds,
        cells=_cells(judge, run, missing),
        buckets=tuple(steps.start(bucket) for bucket in run.spoke),
        incomplete=is_incomplete(run, missing),
        folded=_folded(judge, run),
        history_days=history_days(judge, peak.bucket),
        bar=bar_of(judge, run),
    )
    return with_hindsight(found, judge, run)


def bar_of(judge: Judge, run: Run) -> Bar | msgspec.UnsetType:
    """What the run's peak reached and had to reach; nothing where the rule promises nothing."""
    rule = judge.rule
    if rule.detector.kind in NO_PROMISE:
        return msgspec.UNSET
    height = float(judge.height_of(np.array([run.series]))[0])
    return Bar(round(run.peak.score, 4), round(height, 4), rule.false_alarms)


def is_incomplete(run: Run, missing: dict[int, bool]) -> bool:
    """Whether a bucket of the peak's rarest window is missing: the true count can only be higher."""
    since, until = run.peak.since, run.peak.bucket
    return any(since <= bucket <= until for bucket, blind in missing.items() if blind)


def windows_of(judge: Judge, run: Run) -> tuple[WindowEvidence, ...]:
    peak, steps = run.peak, judge.counts.steps
    until = steps.end(peak.bucket)
    found = zip(judge.rule.windows, peak.first, peak.observed, peak.expected, peak.limits, strict=True)
    return tuple(
        WindowEvidence(
            length, steps.start(first), until, observed, round(expected, 4), limit, judge.reaches(observed, limit)
        )
        for length, first, observed, expected, limit in found
    )


def history_days(judge: Judge, bucket: int) -> float:
    """Days of past before a bucket."""
    began = judge.counts.first_bucket
    if began is None:
        return 0.0
    return round((judge.counts.steps.start(bucket) - judge.counts.steps.start(began)) / 86_400_000, 1)


def _folded(judge: Judge, run: Run) -> int:
    if judge.counts.folded is None:
        return 0
    first, last = run.peak.first[run.peak.window], run.peak.bucket
    series = np.array([run.series])
    return max(0, int(judge.counts.folded.total(series, np.array([first]), np.array([last]))[0]))


def _shares(judge: Judge, run: Run, by: str) -> tuple[Share, ...]:
    """What the children of the named node counted in the peak window, most first; of a drop: what lacks most."""
    counts = judge.counts
    area, category = counts.pairs[run.series]
    if by == "area":
        pairs = [(child, (child, category)) for child in counts.book.areas.children[area]]
    else:
        pairs = [(child, (area, child)) for child in counts.book.categories.children[category]]
    found = [(code, counts.series[pair]) for code, pair in pairs if pair in counts.series]
    if not found:
        return ()
    n = len(found)
    first = np.full(n, run.peak.first[run.peak.window], np.int64)
    last = np.full(n, run.peak.bucket, np.int64)
    points = Points(np.array([series for _, series in found], np.int64), first, last)
    totals = counts.ring.total(points.series, first, last).tolist()
    means = np.nan_to_num(judge.law(points, run.peak.bucket).mean).tolist()
    shares = [
        Share(code, total, round(mean, 4))
        for (code, _), total, mean in zip(found, totals, means, strict=True)
        if total > 0 or judge.low
    ]
    if judge.low:
        return tuple(sorted(shares, key=lambda share: (share.observed - share.expected, share.code))[:_SHARES])
    return tuple(sorted(shares, key=lambda share: (-share.observed, share.code))[:_SHARES])


def _cells(judge: Judge, run: Run, missing: dict[int, bool]) -> tuple[Cell, ...]:
    """The last 24 cells up to the peak's, each against what was expected of it."""
    counts, steps = judge.counts, judge.counts.steps
    end = steps.cell_of(max(run.peak.bucket, run.last))
    begin = end - _CELLS + 1
    starts = np.arange(begin, end + 1) * steps.per_cell
    lasts = starts + steps.per_cell - 1
    points = Points(np.full(_CELLS, run.series, np.int64), starts, lasts)
    totals = counts.ring.total(points.series, starts, np.minimum(lasts, counts.ring.hi)).tolist()
    law = judge.law(points, run.peak.bucket)
    height = float(judge.height_of(np.array([run.series]))[0])
    limits = judge.limits(law, height, run.series).tolist()
    mean = np.nan_to_num(law.mean)
    blind = {steps.cell_of(bucket) for bucket, is_blind in missing.items() if is_blind}
    wide = BAND * np.sqrt(np.maximum(mean * (1 + np.nan_to_num(law.over)), 0.0))
    return tuple(
        Cell(
            start=steps.start(start),
            observed=total,
            expected=round(float(m), 4),
            low=round(max(0.0, float(m - w)), 4),
            high=round(float(m + w), 4),
            limit=-1 if limit == NEVER else int(limit),
            missing=steps.cell_of(start) in blind,
        )
        for start, total, m, w, limit in zip(starts.tolist(), totals, mean, wide, limits, strict=True)
    )
