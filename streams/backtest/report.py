"""What a backtest found, as data: alerts a desk and month, labels heard, load of shifts, promises, differences.

Times are RFC 3339 in UTC; `old` is the rules in force, `new` those with the change (null where nothing is changed).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import msgspec

from alerts.desks import Desk
from alerts.export import rfc3339
from rules.book import NO_PROMISE, Book, MatterRule, Rule
from rules.signals import Signal
from streams.backtest.labels import EVENTFUL, EXPECTED, Label
from streams.backtest.shifts import Spread, shift_starts, spread
from streams.backtest.trials import Trial
from streams.city.durations import DAY, MINUTE

MONTH: Final = 30 * DAY
Difference = Literal["lost", "gained", "earlier", "later", "dropped", "added"]
"""lost, gained: a label that was heard and is no more, and the other way round. earlier, later: when it was heard.
dropped, added: alerts that no label explains, which are gone, and which are new."""


class Found(msgspec.Struct, frozen=True):
    """An alert, and its evidence. `label`: the first label that it overlaps, -1: none."""

    key: str
    rule: str
    rule_version: str
    desk: str
    area: str
    category: str
    state: str
    colour: str
    first: str
    last: str
    said_at: str
    observed: int
    expected: float
    limit: int
    window_seconds: int
    label: int
    cells: tuple[tuple[str, int, float, float, float, int, bool], ...]
    """start, observed, expected, low, high, limit (-1: none), missing: the band up to the last judged bucket."""


class Heard(msgspec.Struct, frozen=True):
    """A label that expects something, and the alert that heard it first: its key, minutes after the label's start."""

    start: str
    end: str
    areas: tuple[str, ...]
    categories: tuple[str, ...]
    certainty: str
    why: str
    old: str | None
    old_minutes: float | None
    new: str | None
    new_minutes: float | None


class Change(msgspec.Struct, frozen=True):
    """One difference, and what it rests on: keys of `old_alerts` and `new_alerts`, a place in `labels`."""

    kind: Difference
    old: str | None
    new: str | None
    label: int | None
    minutes: float | None  # earlier (positive) or later (negative)


class Month(msgspec.Struct, frozen=True):
    desk: str
    month: str  # local
    old: int
    new: int | None


class Load(msgspec.Struct, frozen=True):
    """Alerts a shift of one desk: median, 95th percentile, most."""

    desk: str
    shifts: int
    old: Spread
    new: Spread | None
    budget: int | None


class Promise(msgspec.Struct, frozen=True):
    """Alerts a month of 30 days that no label explains, at one first desk, against what the rule promises it."""

    rule: str
    desk: str
    promised: float | None  # None: the detector promises nothing
    old: float | None  # None: there is no such rule
    new: float | None


class Height(msgspec.Struct, frozen=True):
    """The score from which a rule speaks at one first desk, as its promise asks; None: there is no such rule, or it
    learns nothing."""

    rule: str
    desk: str
    old: float | None
    new: float | None


class Report(msgspec.Struct, frozen=True):
    city: str
    since: str
    until: str
    events: int
    days: float
    learned_at: str  # rules that learn what is usual could not speak before
    rules: tuple[str, ...]
    changed: tuple[str, ...]  # rules that differ between old and new
    stopped: dict[str, str]  # rule -> the error that it raised
    months: tuple[Month, ...]
    labels: tuple[Heard, ...]
    loads: tuple[Load, ...]
    promises: tuple[Promise, ...]
    heights: tuple[Height, ...]
    differences: tuple[Change, ...]
    old_alerts: tuple[Found, ...]
    new_alerts: tuple[Found, ...] | None

    def count(self, kind: Difference) -> int:
        return sum(change.kind == kind for change in self.differences)


@dataclass(frozen=True, slots=True)
class Side:
    """The alerts of one set of rules that were first said in the span and stand, first said first."""

    book: Book
    alerts: Sequence[Signal]
    heights: Mapping[tuple[str, str], float] = field(default_factory=dict)  # by rule and first desk

    @classmethod
    def of(cls, book: Book, trials: Iterable[Trial], since: int, until: int) -> Side:
        trials = list(trials)
        stand = (s for trial in trials for s in trial.alerts if s.state in ("running", "over"))
        said = sorted((s for s in stand if since <= s.said_at < until), key=lambda s: (s.said_at, s.key))
        heights = {(one.rule.id, desk): height for one in trials for desk, height in one.heights.items()}
        return cls(book, said, heights)

    def desk(self, alert: Signal) -> str:
        return self.book.first_desk(alert.area, alert.category)


@dataclass(frozen=True, slots=True)
class Scope:
    """What both sides are reported against. Times in ms."""

    since: int
    until: int
    events: int
    learned_at: int
    labels: Sequence[Label]
    desks: Sequence[Desk]


def report(scope: Scope, old: Side, new: Side | None, trials: Iterable[Trial]) -> Report:
    """Everything there is to say. `new` None: nothing was changed."""
    ids = {rule.id for side in (old, new) if side for rule in side.book.all_rules}
    texts = [{rule.id: rule for rule in side.book.all_rules} for side in (old, new) if side]
    changed = [name for name in sorted(ids) if texts[0].get(name) != texts[-1].get(name)]
    rules = [rule for side in (old, new) if side for rule in side.book.all_rules]
    wanted = [label for label in scope.labels if _asks(label, scope, rules, old.book)]
    heard = tuple(_heard(label, old, new) for label in wanted)
    return Report(
        city=old.book.city,
        since=rfc3339(scope.since),
        until=rfc3339(scope.until),
        events=scope.events,
        days=round((scope.until - scope.since) / DAY, 2),
        learned_at=rfc3339(scope.learned_at) if scope.learned_at else "",
        rules=tuple(sorted(ids)),
        changed=tuple(changed),
        stopped={trial.rule.id: trial.stopped for trial in trials if trial.stopped},
        months=tuple(_months(scope, old, new)),
        labels=heard,
        loads=tuple(_load(desk, scope, old, new) for desk in scope.desks),
        promises=tuple(_promises(scope, old, new)),
        heights=tuple(_heights(old, new)),
        differences=tuple(_differences(scope, old, new, heard)) if new else (),
        old_alerts=tuple(_found(alert, old, wanted) for alert in old.alerts),
        new_alerts=tuple(_found(alert, new, wanted) for alert in new.alerts) if new else None,
    )


def _asks(label: Label, scope: Scope, rules: Iterable[Rule | MatterRule], book: Book) -> bool:
    """Whether a label expects something, in the span, that some rule counts."""
    if label.expect != EXPECTED or label.start >= scope.until or label.end < scope.since:
        return False
    holds, counted = book.categories.holds, [rule.selector.category for rule in rules]
    return not label.categories or any(holds(a, b) or holds(b, a) for a in label.categories for b in counted)


def _found(alert: Signal, side: Side, labels: Sequence[Label]) -> Found:
    evidence = alert.evidence
    return Found(
        key=alert.key,
        rule=alert.rule,
        rule_version=alert.rule_version,
        desk=side.desk(alert),
        area=alert.area,
        category=alert.category,
        state=alert.state,
        colour=evidence.colour,
        first=rfc3339(alert.first),
        last=rfc3339(alert.last),
        said_at=rfc3339(alert.said_at),
        observed=evidence.observed,
        expected=round(evidence.expected, 2),
        limit=evidence.limit,
        window_seconds=evidence.window // 1000,
        label=next((n for n, label in enumerate(labels) if label.overlaps(alert)), -1),
        cells=tuple(
            (rfc3339(c.start), c.observed, round(c.expected, 2), round(c.low, 2), round(c.high, 2), c.limit, c.missing)
            for c in evidence.cells
        ),
    )


def _first(label: Label, side: Side | None) -> Signal | None:
    return next((alert for alert in side.alerts if label.heard_as(alert, side.book)), None) if side else None


def _heard(label: Label, old: Side, new: Side | None) -> Heard:
    first, other = _first(label, old), _first(label, new)
    return Heard(
        start=rfc3339(label.start),
        end=rfc3339(label.end),
        areas=label.areas,
        categories=label.categories,
        certainty=label.certainty,
        why=label.why,
        old=first.key if first else None,
        old_minutes=_minutes(first, label),
        new=other.key if other else None,
        new_minutes=_minutes(other, label),
    )


def _minutes(alert: Signal | None, label: Label) -> float | None:
    return None if alert is None else round((alert.said_at - label.start) / MINUTE, 1)


def _months_of(scope: Scope, side: Side) -> list[str]:
    """The local months that the span touches."""
    days = range(scope.since, max(scope.until, scope.since + 1), DAY)
    months = {side.book.calendar.local(at).strftime("%Y-%m") for at in (*days, scope.until - 1)}
    return sorted(months)


def _months(scope: Scope, old: Side, new: Side | None) -> Iterable[Month]:
    was, now = _by_month(old), _by_month(new) if new else None
    for desk in scope.desks:
        for month in _months_of(scope, old):
            yield Month(desk.id, month, was[desk.id, month], None if now is None else now[desk.id, month])


def _by_month(side: Side) -> Counter[tuple[str, str]]:
    local = side.book.calendar.local
    return Counter((side.desk(alert), local(alert.said_at).strftime("%Y-%m")) for alert in side.alerts)


def _load(desk: Desk, scope: Scope, old: Side, new: Side | None) -> Load:
    begins = shift_starts(desk, scope.since, scope.until)
    return Load(
        desk.id, len(begins), _spread(desk, begins, old), _spread(desk, begins, new) if new else None, desk.budget
    )


def _spread(desk: Desk, begins: Sequence[int], side: Side) -> Spread:
    return spread(begins, [alert.said_at for alert in side.alerts if side.desk(alert) == desk.id])


def _unexplained(scope: Scope, side: Side) -> list[Signal]:
    told = [label for label in scope.labels if label.expect in EVENTFUL]
    return [alert for alert in side.alerts if not any(label.overlaps(alert) for label in told)]


def _promises(scope: Scope, old: Side, new: Side | None) -> Iterable[Promise]:
    months = max(scope.until - scope.since, DAY) / MONTH
    sides = [(_by_rule(scope, side), {rule.id: rule for rule in side.book.all_rules}) for side in (old, new) if side]
    for rule_id in sorted({rule_id for _, rules in sides for rule_id in rules}):
        rule = next(rules[rule_id] for _, rules in reversed(sides) if rule_id in rules)
        promised = promised_by(rule)
        for desk in scope.desks:
            told = [round(count[rule_id, desk.id] / months, 2) if rule_id in rules else None for count, rules in sides]
            yield Promise(rule_id, desk.id, promised, told[0], told[1] if new else None)


def _heights(old: Side, new: Side | None) -> Iterable[Height]:
    found = new.heights if new else {}
    for rule, desk in sorted({*old.heights, *found}):
        yield Height(rule, desk, old.heights.get((rule, desk)), found.get((rule, desk)))


def promised_by(rule: Rule | MatterRule) -> float | None:
    """False alarms a month to each first desk; None where a rule promises nothing."""
    return rule.false_alarms if isinstance(rule, Rule) and promises(rule.detector.kind) else None


def promises(kind: str) -> bool:
    """Whether a detector's limits follow from promised false alarms."""
    return kind not in NO_PROMISE


def _by_rule(scope: Scope, side: Side) -> Counter[tuple[str, str]]:
    return Counter((alert.rule, side.desk(alert)) for alert in _unexplained(scope, side))


def _differences(scope: Scope, old: Side, new: Side, heard: Sequence[Heard]) -> Iterable[Change]:
    for number, label in enumerate(heard):
        if label.old and not label.new:
            yield Change("lost", label.old, None, number, None)
        elif label.new and not label.old:
            yield Change("gained", None, label.new, number, None)
        elif label.old_minutes is not None and label.new_minutes is not None:
            sooner = round(label.old_minutes - label.new_minutes, 1)
            if sooner:
                yield Change("earlier" if sooner > 0 else "later", label.old, label.new, number, sooner)
    before, after = _unexplained(scope, old), _unexplained(scope, new)
    for alert in before:
        if not any(same_thing(alert, other) for other in after):
            yield Change("dropped", alert.key, None, None, None)
    for alert in after:
        if not any(same_thing(alert, other) for other in before):
            yield Change("added", None, alert.key, None, None)


def same_thing(one: Signal, other: Signal) -> bool:
    """Whether two alerts are of one thing: they overlap, under one rule, and name the same area, category, office."""
    named = (one.rule, one.area, one.category) == (other.rule, other.area, other.category)
    return named and _office(one) == _office(other) and one.first <= other.last and other.first <= one.last


def _office(alert: Signal) -> str:
    """Of an alert on matters."""
    return alert.evidence.owed.office if alert.evidence.owed else ""
