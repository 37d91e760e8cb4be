"""Hindsight: what came to a window that has spoken when it had settled, and what was taken back of it.

No judgement changes: the alert stands, and says beside its figures how many events came later, how many were taken
back, and whether the window would have spoken all the same. Told of the peak's rarest window, from which the figures
are, as long as the ring of counts holds it. Decision: docs/decisions/0016.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from rules.counts import Counts
from rules.episodes import Fold, Run, RunId, correctable
from rules.facts import Fact, Key
from rules.judge import Judge
from rules.signals import Evidence

Span = tuple[int, int]
"""An interval of event time, [since, until), ms."""


def look_back(fold: Fold, counts: Counts, first_open: int, rows: Sequence[tuple[Fact, int]]) -> bool:
    """Let runs know of rows that joined settled buckets, or left them, in one step, (row, +1 | -1) each; whether any
    of their windows holds one.

    What one identity, or one place that counts once, adds and takes back in the same step is one change: a revision
    that leaves a row where it was is none, and whatever the order of rows within a step, the same is told.
    """
    watched: dict[int, list[Run]] = {}
    for run in fold.runs.values():
        if correctable(run, counts, first_open):
            watched.setdefault(run.series, []).append(run)
    if not watched:
        return False
    changed: dict[RunId, dict[Key | int, int]] = {}
    for row, sign in rows:
        bucket, whose = counts.steps.bucket(row.occurred_at), _whose(row, counts)
        for series in counts.fed_by(row.area, row.category).tolist():
            for run in watched.get(series, ()):
                if run.peak.since <= bucket <= run.peak.bucket:
                    nets = changed.setdefault(run.id, {})
                    nets[whose] = nets.get(whose, 0) + sign * row.count
    for run_id, nets in changed.items():
        fold.runs[run_id].later += sum(net for net in nets.values() if net > 0)
        fold.runs[run_id].taken_back -= sum(net for net in nets.values() if net < 0)
    return any(net for nets in changed.values() for net in nets.values())


def _whose(row: Fact, counts: Counts) -> Key | int:
    return row.place if counts.once is not None and row.place else row.key


def with_hindsight(evidence: Evidence, judge: Judge, run: Run) -> Evidence:
    """The evidence of a run's peak with what came later, and whether the window would have spoken with it."""
    best = run.peak.window
    now = run.peak.observed[best] + run.later - run.taken_back
    untouched = not run.later and not run.taken_back
    return structs.replace(
        evidence,
        later=run.later,
        taken_back=run.taken_back,
        would_speak=untouched or judge.reaches(now, run.peak.limits[best]),
    )


def span_of(fold: Fold, counts: Counts, first_open: int) -> Span | None:
    """When rows occur, or would be taken back, that runs must know of; None: there are no such runs."""
    peaks = [run.peak for run in fold.runs.values() if correctable(run, counts, first_open)]
    if not peaks:
        return None
    within = counts.once.within if counts.once is not None else 0  # a row changes whether the next of its place counts
    start, end = counts.steps.start, counts.steps.end
    return start(min(peak.since for peak in peaks)) - within, end(max(peak.bucket for peak in peaks))
