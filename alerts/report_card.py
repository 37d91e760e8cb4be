"""What a rule's alerts were worth: its report card, out of what officers found them to be. Pure.

Only alerts that a desk was told of count, each at its first desk, whatever became of it in the engine since. An alert
without an outcome says nothing either way, so false alarms are told as a span: those found false, and those that may
yet be. To pay or blame a desk by these figures makes them worthless: who is counted by outcomes closes by them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final, Literal, get_args

import msgspec

from alerts.alert import Alert
from alerts.duty import Outcome
from rules.book import NO_PROMISE, Book, MatterRule, Rule
from rules.signals import COUNTED

MONTH_MS: Final = 30 * 86_400_000
FALSE: Final[frozenset[str]] = frozenset({"not_real", "data_fault"})
"""Outcomes by which an alert was a false alarm. `expected` is no news, and noise; it is not false."""
NOISE: Final[frozenset[str]] = FALSE | {"expected"}
ENOUGH: Final = 10
"""Alerts with an outcome before anything is proposed."""
OVER: Final = 2.0
"""So many times its promise a rule must be over it, for sure, before that is said."""
AREAS_SHOWN: Final = 3

Advice = Literal["retire", "override", "promise", ""]
"""retire: no alert of it was ever confirmed. override: one area makes most of its noise. promise: it keeps not its
promise for sure."""


class DeskCard(msgspec.Struct, frozen=True):
    """One first desk: false alarms a month (30 days) as promised (none: -1), at least and at most as they came."""

    desk: str
    alerts: int
    promised: float
    at_least: float
    at_most: float


class Card(msgspec.Struct, frozen=True):
    """One rule over a span. `take_seconds`: median time from telling to the first take that stands, -1: none taken."""

    rule: str
    version: str
    owner: str
    alerts: int
    outcomes: dict[str, int]  # each of the five, and "open"
    desks: tuple[DeskCard, ...]
    take_seconds: int
    taken: int
    noise: int  # alerts found not real, a fault of the data, or expected
    noise_rank: int  # 1: the noisiest; 0: no noise
    areas: tuple[tuple[str, int], ...]  # the areas with most noise
    advice: Advice

    @property
    def judged(self) -> int:
        return self.alerts - self.outcomes["open"]


def cards(alerts: Iterable[Alert], book: Book, span_ms: int) -> list[Card]:
    """A card for each rule of the book, the noisiest first, then by id. `alerts`: first told within the span."""
    by_rule: dict[str, list[Alert]] = {rule.id: [] for rule in book.all_rules}
    for alert in alerts:
        if alert.announced_at and alert.signal.kind in COUNTED and alert.signal.rule in by_rule:
            by_rule[alert.signal.rule].append(alert)
    made = [_card(rule, by_rule[rule.id], span_ms) for rule in book.all_rules]
    made.sort(key=lambda card: (-card.noise, -card.alerts, card.rule))
    return [msgspec.structs.replace(card, noise_rank=place if card.noise else 0) for place, card in enumerate(made, 1)]


def _card(rule: Rule | MatterRule, alerts: Sequence[Alert], span_ms: int) -> Card:
    found = Counter(alert.duty.outcome or "open" for alert in alerts)
    outcomes = {name: found[name] for name in (*get_args(Outcome), "open")}
    noisy = [alert for alert in alerts if alert.duty.outcome in NOISE]
    areas = Counter(alert.signal.area for alert in noisy)
    waits = [alert.duty.taken_at - alert.announced_at for alert in alerts if alert.duty.taken_at]
    desks = tuple(
        _desk_card(rule, desk, [alert for alert in alerts if alert.desk == desk], span_ms)
        for desk in sorted({alert.desk for alert in alerts})
    )
    return Card(
        rule=rule.id,
        version=rule.version,
        owner=rule.owner,
        alerts=len(alerts),
        outcomes=outcomes,
        desks=desks,
        take_seconds=round(max(0.0, median(waits)) / 1000) if waits else -1,
        taken=len(waits),
        noise=len(noisy),
        noise_rank=0,
        areas=tuple(sorted(areas.items(), key=lambda pair: (-pair[1], pair[0]))[:AREAS_SHOWN]),
        advice=_advice(outcomes, desks, areas, len(noisy)),
    )


def _desk_card(rule: Rule | MatterRule, desk: str, alerts: Sequence[Alert], span_ms: int) -> DeskCard:
    months = span_ms / MONTH_MS
    false = sum(alert.duty.outcome in FALSE for alert in alerts)
    unknown = sum(alert.duty.outcome in ("", "cannot_tell") for alert in alerts)
    promised = promise_of(rule)
    return DeskCard(desk, len(alerts), promised, round(false / months, 2), round((false + unknown) / months, 2))


def promise_of(rule: Rule | MatterRule) -> float:
    """False alarms a month of 30 days at each first desk; -1: it promises nothing."""
    return -1.0 if isinstance(rule, MatterRule) or rule.detector.kind in NO_PROMISE else rule.false_alarms


def _advice(outcomes: dict[str, int], desks: Sequence[DeskCard], areas: Counter[str], noise: int) -> Advice:
    if sum(outcomes.values()) - outcomes["open"] < ENOUGH:
        return ""
    if not outcomes["confirmed"] and not outcomes["cannot_tell"]:
        return "retire"
    if len(areas) > 1 and max(areas.values()) * 2 > noise >= ENOUGH:
        return "override"
    over = any(desk.promised >= 0 and desk.at_least > OVER * desk.promised for desk in desks)
    return "promise" if over else ""
