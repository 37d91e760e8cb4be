"""From judged buckets to episodes: a fold, bucket by bucket, over all series of one rule.

What has settled is folded once and kept; open buckets are folded again from there whenever a count changes,
so that the picture is a function of the counts alone, never of the order in which they came.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from rules.attribution import Attribution, Heard
from rules.counts import Counts
from rules.detectors.port import NEVER, IntArray, Law, Points
from rules.judge import NO_RESET, Judge, Judged

RunId = tuple[int, int]
"""(first bucket, series)."""


@dataclass(frozen=True, slots=True)
class Peak:
    """The rarest judged bucket of a run, with all windows that ended in it. Tuples run over the windows."""

    bucket: int
    score: float
    window: int  # index of the rarest window
    first: tuple[int, ...]
    observed: tuple[int, ...]
    expected: tuple[float, ...]
    over: tuple[float, ...]
    limits: tuple[int, ...]
    rank_limits: tuple[int, ...]  # of the rarest window, by colour of the rule
    rank: int  # index into the rule's colours

    @property
    def since(self) -> int:
        """The first bucket of the rarest window."""
        return self.first[self.window]


@dataclass(slots=True)
class Run:
    """One series that speaks, from the first judged bucket on."""

    series: int
    first: int
    last: int  # the last bucket that spoke
    reach: int  # the first bucket of any window that spoke: where its excess may lie
    shortest: int  # index of the shortest window that spoke
    peak: Peak
    spoke: list[int] = field(default_factory=list)  # buckets that spoke
    quiet: int = 0  # buckets in a row below the lower line
    ended: int | None = None  # the bucket in which it was over
    meant: int | None = None  # the first bucket in which it was named itself
    later: int = 0  # events that came to the peak's rarest window when it had settled (see hindsight)
    taken_back: int = 0  # events that were taken back of it since

    @property
    def id(self) -> RunId:
        return (self.first, self.series)

    def copy(self) -> Run:
        return Run(
            self.series, self.first, self.last, self.reach, self.shortest, self.peak, self.spoke[:], self.quiet,
            self.ended, self.meant, self.later, self.taken_back,
        )  # fmt: skip


@dataclass(slots=True)
class Episode:
    """Runs of kin that overlap: one thing that happened. Its oldest run names its key."""

    runs: list[RunId]
    ended: int | None = None


_SPOKE_KEPT: Final = 288
"""Speaking buckets remembered per run for the card; a longer episode keeps its latest."""


@dataclass(slots=True)
class Fold:
    """State after some bucket. `resets[s]`: windows of series s begin after this bucket."""

    resets: IntArray
    runs: dict[RunId, Run] = field(default_factory=dict)
    active: dict[int, RunId] = field(default_factory=dict)
    episodes: list[Episode] = field(default_factory=list)
    ended: dict[int, int] = field(default_factory=dict)  # series -> last bucket that spoke, of runs that are over
    reached: list[RunId] = field(default_factory=list)  # (bucket, series) at a limit, explained ones too

    def copy(self) -> Fold:
        return Fold(
            self.resets.copy(),
            # buckets to come change no run that is over: it is shared
            {k: run if run.ended is not None else run.copy() for k, run in self.runs.items()},
            dict(self.active),
            [Episode(episode.runs[:], episode.ended) for episode in self.episodes],
            dict(self.ended),
            list(self.reached),
        )

    @property
    def idle(self) -> bool:
        return not self.active

    def reset_for(self, counts: Counts) -> IntArray:
        """`resets`, grown to all series; one that joins late begins after the ended runs of the nodes that hold it."""
        known = len(self.resets)
        if known < len(counts.pairs):
            fresh = [
                max((last for above, last in self.ended.items() if counts.below(above, series)), default=NO_RESET)
                for series in range(known, len(counts.pairs))
            ]
            self.resets = np.concatenate([self.resets, np.array(fresh, np.int64)])
        return self.resets


def fold(state: Fold, judge: Judge, bucket: int, *, missing: bool) -> bool:
    """Take one bucket into `state`. True where anything spoke, ran on or ended."""
    view = judge.view(bucket, state.reset_for(judge.counts))
    loud = view.series[view.loud]
    if not len(loud) and state.idle:
        return False
    if judge.detector.refits == "day":
        state.reached += [(bucket, series) for series in loud.tolist()]
    who = Attribution(state, judge, bucket)
    speaking: dict[int, Heard] = {}
    for series in who.deepest_first(loud):
        heard = who.hear(series, set(speaking))
        if heard is not None:
            speaking[series] = heard
            _speak(state, judge, bucket, series, heard.judged)
    _mean(state, judge, bucket, speaking)
    for series in loud.tolist():
        if series in state.active:
            _raise_peak(state.runs[state.active[series]], judge, bucket, int(state.resets[series]))
    _quieten(state, judge, bucket, set(speaking), who, missing=missing)
    _join(state, judge, bucket)
    return True


def _speak(state: Fold, judge: Judge, bucket: int, series: int, heard: Judged) -> None:
    """A series is heard in a bucket: its run begins or goes on. `heard` is less the excess of what lies below."""
    height = float(judge.height_of(np.array([series]))[0])
    spoke = np.flatnonzero(heard.scores >= height)
    reach, shortest = int(heard.first[spoke].min()), int(spoke[0])
    run_id = state.active.get(series)
    if run_id is None:
        peak = peak_of(judge, bucket, series, judge.look(series, bucket, int(state.resets[series])), height)
        run = Run(series, bucket, bucket, reach, shortest, peak, [bucket])
        state.runs[run.id] = run
        state.active[series] = run.id
        return
    run = state.runs[run_id]
    run.last, run.quiet = bucket, 0
    run.reach = min(run.reach, reach)
    run.shortest = min(run.shortest, shortest)
    run.spoke.append(bucket)
    del run.spoke[:-_SPOKE_KEPT]


def _mean(state: Fold, judge: Judge, bucket: int, speaking: dict[int, Heard]) -> None:
    """Name what speaks in this bucket, but not what lies in a whole that is meant."""
    wholes = [series for series, heard in speaking.items() if heard.together]
    below = judge.counts.below
    for series in speaking:
        run = state.runs[state.active[series]]
        if run.meant is None and not any(whole != series and below(whole, series) for whole in wholes):
            run.meant = bucket


def _raise_peak(run: Run, judge: Judge, bucket: int, reset: int) -> None:
    """The rarest bucket of a run, by its plain counts: the card shows what was counted, and the colour it reaches."""
    seen = judge.look(run.series, bucket, reset)
    if float(seen.scores.max()) > run.peak.score:
        height = float(judge.height_of(np.array([run.series]))[0])
        run.peak = peak_of(judge, bucket, run.series, seen, height)
        run.later = run.taken_back = 0  # it has counted whatever has come by now


def peak_of(judge: Judge, bucket: int, series: int, seen: Judged, height: float) -> Peak:
    """The figures of one judged bucket as evidence."""
    if judge.moved_by_counts(bucket):
        return _peak_of(judge, bucket, series, seen, height)
    key = ("peak", series, seen.first.tobytes(), seen.totals.tobytes())
    return judge.once_per_bucket(bucket, key, lambda: _peak_of(judge, bucket, series, seen, height))


def _peak_of(judge: Judge, bucket: int, series: int, seen: Judged, height: float) -> Peak:
    best = int(np.argmax(seen.scores))
    limits = judge.limits(seen.law, height, series)
    law = Law(
        seen.law.mean[best : best + 1],
        seen.law.over[best : best + 1],
        seen.law.enough[best : best + 1],
        {name: values[best : best + 1] for name, values in seen.law.extra.items()},
    )
    heights = [judge.detector.rarer(height, times) for _, times in judge.rule.colours]
    ranks = [int(judge.limits(law, each, series)[0]) for each in heights]
    rank = max((i for i, limit in enumerate(ranks) if judge.reaches(int(seen.totals[best]), limit)), default=0)
    return Peak(
        bucket=bucket,
        score=float(seen.scores[best]),
        window=best,
        first=tuple(seen.first.tolist()),
        observed=tuple(seen.totals.tolist()),
        expected=tuple(seen.law.mean.tolist()),
        over=tuple(seen.law.over.tolist()),
        limits=tuple(-1 if limit == NEVER else int(limit) for limit in limits.tolist()),
        rank_limits=tuple(-1 if limit == NEVER else limit for limit in ranks),
        rank=rank,
    )


def _quieten(state: Fold, judge: Judge, bucket: int, speaking: set[int], who: Attribution, *, missing: bool) -> None:
    """Runs that did not speak: below their lower line for `keep`, they are over."""
    silent = [series for series in state.active if series not in speaking]
    if not silent:
        return
    runs = [state.runs[state.active[series]] for series in silent]
    series = np.array(silent, np.int64)
    widths = judge.widths[[run.shortest for run in runs]]
    first = np.maximum(bucket - widths + 1, state.resets[series] + 1)
    points = Points(series, first, np.full(len(runs), bucket, np.int64))
    keep = max(1, -(-judge.rule.keep // judge.counts.steps.step_ms))
    quiet = _quiet(judge, points, who)
    for number, run in enumerate(runs):
        if not quiet[number]:
            run.quiet = 0
        elif not missing:
            run.quiet += 1
            if run.quiet >= keep:
                run.ended = bucket
                del state.active[run.series]
                _reset_below(state, judge, run)
                quiet = _quiet(judge, points, who)  # where it lies below another, less is taken off that one's count


def _quiet(judge: Judge, points: Points, who: Attribution) -> list[bool]:
    """Which windows, less the excess of what lies below their series, lie below their lower line."""
    totals = judge.counts.ring.total(points.series, points.first, points.last)
    each = zip(points.series.tolist(), points.first.tolist(), strict=True)
    below = [who.excess_below(series, np.array([first])) for series, first in each]
    taken = np.array([0 if excess is None else int(excess[0]) for excess in below], np.int64)
    quiet: list[bool] = judge.quiet(points, who.bucket, totals - taken).tolist()
    return quiet


def _reset_below(state: Fold, judge: Judge, run: Run) -> None:
    """Windows of the series, and of all beneath it, begin after the run's last speaking bucket."""
    state.ended[run.series] = max(state.ended.get(run.series, NO_RESET), run.last)
    under = judge.counts.under(run.series)
    state.resets[under] = np.maximum(state.resets[under], run.last)


def _join(state: Fold, judge: Judge, bucket: int) -> None:
    """New runs join the episode of their kin; episodes that fall together become one; empty ones end."""
    placed = {run_id for episode in state.episodes for run_id in episode.runs}
    pairs = judge.counts.pairs
    for series in sorted(state.active, key=lambda s: pairs[s]):
        run_id = state.active[series]
        if run_id in placed:
            continue
        kin = [e for e in state.episodes if e.ended is None and any(_kin(judge, state, series, r) for r in e.runs)]
        if not kin:
            state.episodes.append(Episode([run_id]))
            continue
        first, *others = kin
        first.runs.append(run_id)
        for other in others:
            first.runs += other.runs
            state.episodes.remove(other)
    for episode in state.episodes:
        episode.runs.sort(key=lambda r: (r[0], pairs[r[1]]))
    state.episodes.sort(key=lambda e: (e.runs[0][0], pairs[e.runs[0][1]]))
    for episode in state.episodes:
        if episode.ended is None and all(state.runs[r].ended is not None for r in episode.runs):
            episode.ended = bucket


def _kin(judge: Judge, state: Fold, series: int, other: RunId) -> bool:
    run = state.runs[other]
    if run.ended is not None or not judge.rule.attribution:
        return False
    below = judge.counts.below
    return below(series, run.series) or below(run.series, series)


def forget(state: Fold, judge: Judge, settled: int, told_over: set[RunId]) -> bool:
    """Drop episodes that were told to be over, that no window reaches any more and of which no change can be told, and
    the ends of runs that no window reaches; whether there were any: then pictures drawn of `state` hold too much."""
    oldest = settled - int(judge.widths[-1]) - 1
    ended = {series: last for series, last in state.ended.items() if last >= oldest}
    kept = []
    for episode in state.episodes:
        told = not told_over.isdisjoint(episode.runs)
        last = max(state.runs[r].last for r in episode.runs)
        gone = last < oldest and not any(correctable(state.runs[r], judge.counts, settled) for r in episode.runs)
        if told and episode.ended is not None and gone and judge.has_learned(last):
            for run_id in episode.runs:
                del state.runs[run_id]
        else:
            kept.append(episode)
    dropped = len(kept) < len(state.episodes) or len(ended) < len(state.ended)
    state.episodes, state.ended = kept, ended
    return dropped


def correctable(run: Run, counts: Counts, settled: int) -> bool:
    """Whether a change in the run's peak window is still told: it lies whole in as many buckets before the first that
    has not settled as the ring holds, whatever came since."""
    return run.peak.since > settled - counts.ring.size
