"""One area at one moment: for each rule what was counted, expected and needed, and the one reason why it (not) spoke.

The engine stands at the moment; it is looked into and thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

import msgspec
import numpy as np

from rules.attribution import Attribution
from rules.book import NO_PROMISE, Override, Rule
from rules.context import Context
from rules.detectors.port import NEVER
from rules.engine import Engine
from rules.episodes import Fold, fold
from rules.evidence import history_days
from rules.judge import NO_RESET, Judged
from rules.signals import Bar
from rules.speech import Told
from rules.watch import RuleWatch

Why = Literal[
    "speaks", "ending", "part_of", "explained", "stopped", "not_counted", "not_begun", "no_history", "blind",
    "no_event", "too_few", "below",
]  # fmt: skip
"""Why a rule speaks of a series at a moment, or does not: a closed list, the first that holds.

speaks       its alert runs
ending       its alert runs, though it was quiet for `keep`: over when that has settled and every feed is heard
part_of      it reached its limit, and is told within the alert of a larger node
explained    it reached its limit, but what lies below it explains that
stopped      the rule is stopped
not_counted  the rule counts nothing of this category, or of this city
not_begun    no baseline is in force for the bucket yet, or the rule begins later
no_history   no window has enough past to be judged
blind        a feed was not heard, and of that no drop is concluded
no_event     a limit stands reached, but only a bucket that brings an event speaks
too_few      unlikely enough, but fewer events than `at_least`
below        no window reached its limit
"""


class WindowView(msgspec.Struct, frozen=True):
    """One window. Times in ms; `limit` -1: no count speaks; `short`: events still needed to speak, 0: reached."""

    length: int
    since: int
    until: int
    observed: int
    expected: float
    limit: int
    short: int
    enough: bool  # of past
    cut: bool  # begins after an alert that ended
    taken: int  # events that the alerts below explain
    folded: int  # rows that `once` did not count
    missing: bool  # a feed was not heard in it


class Other(msgspec.Struct, frozen=True):
    """Another series of the rule that speaks: a part of this one, or the whole that holds it."""

    area: str
    category: str
    alert: str


class FeedSeen(msgspec.Struct, frozen=True):
    feed: str
    heard_at: int  # ms; 0: never
    silent_since: int  # ms; 0: heard


class Verdict(msgspec.Struct, frozen=True):
    """What one rule makes of one series at one moment. Times in ms; `alert` "" where none stands."""

    rule: str
    kind: str
    why: Why
    area: str  # of the series, the asked one or the nearest above that the rule keeps
    category: str
    desk: str
    at: int
    asked: str = ""  # the area that was asked about
    alert: str = ""
    alert_state: str = ""
    alert_since: int = 0
    stopped: str = ""  # by what
    bucket: int = 0  # start of the judged bucket
    low: bool = False  # a drop: it speaks at or below its limit
    at_least: int = 0
    history_days: float = 0.0
    reset_at: int = 0  # windows begin after this, 0: there was no alert
    windows: tuple[WindowView, ...] = ()
    below: tuple[Other, ...] = ()
    above: tuple[Other, ...] = ()
    feeds: tuple[FeedSeen, ...] = ()
    bar: Bar | None = None  # what it asks for, and the best score of its windows; None: it promises nothing
    override: Override | None = None  # of the rule's parameters, that holds in this area


def explain_moment(
    engine: Engine, at: int, area: str, *, category: str | None = None, rule: str | None = None
) -> list[Verdict]:
    """Every rule (or one) on an area at `at`, where the engine stands. Raises KeyError for an unknown area or
    category of the book in force then."""
    if area not in engine.book.areas.by_code:
        raise KeyError(area)
    if category is not None and category not in engine.book.categories.by_code:
        raise KeyError(category)
    return [_verdict(engine, one, at, area, category) for one in engine.book.rules if rule in (None, one.id)]


def _verdict(engine: Engine, rule: Rule, at: int, area: str, category: str | None) -> Verdict:
    watch = engine.rules[rule.id]
    pair = _pair(engine, rule, area, category)
    if pair is None:
        desk = engine.book.first_desk(area, category or rule.selector.category)
        where = (area, category or rule.selector.category)
        return Verdict(rule.id, watch.speech.kind, "not_counted", *where, desk, at, area)
    watch.counts.fed_by(*pair)  # so that the series exists, though nothing was ever counted
    return _Look(engine, watch, watch.counts.series[pair], at, area).verdict()


def _pair(engine: Engine, rule: Rule, area: str, category: str | None) -> tuple[str, str] | None:
    """The series of the rule that holds the asked area and category, the smallest; None where it counts neither."""
    counts, book = engine.rules[rule.id].counts, engine.book
    kept = next((a for a in book.areas.paths[area] if book.areas.by_code[a].level in counts.area_levels), None)
    if kept is None or not counts.lateness:
        return None
    root = rule.selector.category
    if category is None or book.categories.holds(category, root):
        return kept, root
    path = book.categories.paths[category]
    if root not in path:
        return None
    levels = counts.category_levels
    return kept, next(c for c in path if c == root or book.categories.by_code[c].level in levels)


@dataclass(slots=True)
class _Look:
    """One series of one rule, looked at closely."""

    engine: Engine
    watch: RuleWatch
    series: int
    at: int
    asked: str

    def verdict(self) -> Verdict:
        watch, rule = self.watch, self.watch.rule
        bucket, picture = self._bucket(), self._picture()
        reset = int(picture.reset_for(watch.counts)[self.series])
        if watch.judge.low:
            context, steps = self._context, watch.counts.steps
            watch.judge.gap_in = cache(lambda a, b: context.longest_gap(steps.start(a), steps.end(b)))
        judged = watch.judge.look(self.series, bucket, reset)
        who = Attribution(picture, watch.judge, bucket)
        taken = who.excess_below(self.series, judged.first)
        windows = self._windows(bucket, judged, taken if taken is not None else np.zeros(len(judged.first), np.int64))
        told = self._told(self.series)
        below, above = self._kin(picture, below=True), self._kin(picture, below=False)
        stopped = self.engine.stopped.get(rule.id)
        area, category = watch.counts.pairs[self.series]
        override = rule.override_at(area, self.engine.book.areas)
        return Verdict(
            rule=rule.id,
            kind=watch.speech.kind,
            why=self._why(picture, bucket, judged, windows, below, above),
            area=area,
            category=category,
            desk=self.engine.book.first_desk(area, category),
            at=self.at,
            asked=self.asked,
            alert=told.alert if told else "",
            alert_state=told.state if told else "",
            alert_since=told.first if told else 0,
            stopped=stopped[1] if stopped else "",
            bucket=watch.counts.steps.start(bucket),
            low=watch.judge.low,
            at_least=rule.at_least if override is None or override.at_least is None else override.at_least,
            bar=self._bar(judged),
            override=override,
            history_days=max(0.0, history_days(watch.judge, bucket)),
            reset_at=watch.counts.steps.end(reset) if reset > NO_RESET else 0,
            windows=windows,
            below=below,
            above=above,
            feeds=self._feeds(),
        )

    @property
    def _context(self) -> Context:
        return Context(self.engine, self.watch)

    def _bucket(self) -> int:
        """The bucket of the moment; where the rule judges what has settled, the last settled one."""
        now = self.watch.counts.steps.bucket(self.at)
        if self.watch.judge.settled and self.watch.first_open is not None:
            return min(now, self.watch.first_open - 1)
        return now

    def _picture(self) -> Fold:
        """The rule's episodes up to the moment, those of open buckets too."""
        watch = self.watch
        picture = watch.fold.copy()
        if watch.first_open is None or watch.judge.settled:
            return picture
        last = min(watch.counts.ring.hi, watch.counts.steps.bucket(self.at))
        for bucket in range(watch.first_open, last + 1):
            if self._begun(bucket):
                fold(picture, watch.judge, bucket, missing=watch.missing.get(bucket, False))
        return picture

    def _begun(self, bucket: int) -> bool:
        starts = self.watch.judges_from
        return self.watch.judge.may_judge(bucket) and (starts is None or bucket >= starts)

    def _bar(self, judged: Judged) -> Bar | None:
        judge, rule = self.watch.judge, self.watch.rule
        if rule.detector.kind in NO_PROMISE or not judged.law.enough.any():
            return None
        scores = judge.detector.score(judged.law, judged.totals)[judged.law.enough]
        height = float(judge.height_of(np.array([self.series]))[0])
        return Bar(round(float(scores.max()), 4), round(height, 4), rule.false_alarms)

    def _windows(self, bucket: int, judged: Judged, taken: np.ndarray) -> tuple[WindowView, ...]:
        watch, counts = self.watch, self.watch.counts
        height = float(watch.judge.height_of(np.array([self.series]))[0])
        limits = watch.judge.limits(judged.law, height, self.series).tolist()
        views = []
        for n, length in enumerate(watch.rule.windows):
            first, observed = int(judged.first[n]), int(judged.totals[n])
            limit = -1 if limits[n] == NEVER or not judged.law.enough[n] else int(limits[n])
            away = (observed - limit) if watch.judge.low else (limit - observed)
            views.append(
                WindowView(
                    length=length,
                    since=counts.steps.start(first),
                    until=counts.steps.end(bucket),
                    observed=observed,
                    expected=round(float(np.nan_to_num(judged.law.mean[n])), 4),
                    limit=limit,
                    short=max(0, away) if limit >= 0 else -1,
                    enough=bool(judged.law.enough[n]),
                    cut=first > bucket - int(watch.judge.widths[n]) + 1,
                    taken=abs(int(taken[n])),
                    folded=self._folded(first, bucket),
                    missing=any(self._missing(b) for b in range(first, bucket + 1)),
                )
            )
        return tuple(views)

    def _missing(self, bucket: int) -> bool:
        """As it was decided at settling; an open bucket as far as is known."""
        watch = self.watch
        if watch.first_open is not None and bucket < watch.first_open:
            return watch.missing.get(bucket, False)
        steps = watch.counts.steps
        return self._context.missing(steps.start(bucket), min(steps.end(bucket), self.engine.tick or 0))

    def _folded(self, first: int, last: int) -> int:
        folded = self.watch.counts.folded
        if folded is None:
            return 0
        found = folded.total(np.array([self.series]), np.array([first]), np.array([last]))
        return max(0, int(found[0]))

    def _told(self, series: int) -> Told | None:
        """The newest alert that was told of a series and still stands at the moment, running or just over."""
        told = [one for one in self.watch.speech.told.values() if any(run[0] == series for run in one.runs)]
        return max(told, key=lambda one: (one.state == "running", one.first), default=None)

    def _kin(self, picture: Fold, *, below: bool) -> tuple[Other, ...]:
        """The series below (or above) that speak at the moment."""
        counts = self.watch.counts
        found = []
        for other in sorted(picture.active, key=lambda s: counts.pairs[s]):
            held = counts.below(self.series, other) if below else counts.below(other, self.series)
            if other != self.series and held:
                told = self._told(other)
                found.append(Other(*counts.pairs[other], told.alert if told else ""))
        return tuple(found)

    def _feeds(self) -> tuple[FeedSeen, ...]:
        views = {view.name: view for view in self.engine.feeds()}
        return tuple(
            FeedSeen(name, views[name].heard_at, views[name].silent_since)
            for name in sorted(self.watch.counts.lateness)
        )

    def _why(
        self,
        picture: Fold,
        bucket: int,
        judged: Judged,
        windows: tuple[WindowView, ...],
        below: tuple[Other, ...],
        above: tuple[Other, ...],
    ) -> Why:
        judge = self.watch.judge
        if self.watch.rule.id in self.engine.stopped:
            return "stopped"
        if self.series in picture.active:
            return "speaks"
        told = self._told(self.series)
        if told is not None and told.state == "running":
            return "ending"
        if not self._begun(bucket) or self.engine.tick is None:
            return "not_begun"
        if not any(window.enough for window in windows):
            return "no_history"
        if any(window.short == 0 for window in windows):
            if judge.low and any(window.missing for window in windows if window.short == 0):
                return "blind"
            if above:
                return "part_of"
            return "explained" if below or any(window.taken for window in windows) else "no_event"
        height = float(judge.height_of(np.array([self.series]))[0])
        plain = judge.detector.score(judged.law, judged.totals)
        return "too_few" if not judge.low and bool((plain >= height).any()) else "below"
