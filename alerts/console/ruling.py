"""The page of rules: how each in force stands, what its alerts were worth, what it promised and what came. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from alerts.alert import Alert
from alerts.console.naming import Names
from alerts.console.speech import Speech
from alerts.near import NearCell
from alerts.report_card import FALSE, NOISE, Advice, Card, cards, promise_of
from alerts.workshop import Standing, Unreviewed
from rules.book import MatterRule, Rule
from rules.signals import COUNTED

DAY_MS: Final = 86_400_000
NOISIEST: Final = 10
NEAR_SHOWN: Final = 10
State = Literal["runs", "stopped", "raised"]


@dataclass(frozen=True, slots=True)
class Promise:
    """False alarms a month of 30 days at the desk that is furthest from its promise. `promised` -1: nothing is.

    `at_least`: found false; `at_most`: and what may yet be.
    """

    promised: float
    at_least: float
    at_most: float

    @property
    def over(self) -> bool:
        return 0 <= self.promised < self.at_least

    @property
    def full(self) -> float:
        """What the whole length of its drawing stands for."""
        return max(self.promised * 2, self.at_least, self.at_most, 1.0) * 1.05


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule. `review`: the day by which it is to be looked at, None where it names none; `areas_overridden`: codes
    whose parameters are others; `near`: areas that came near in the last day."""

    id: str
    name: str
    rule: Rule | MatterRule
    card: Card
    promise: Promise
    state: State
    unreviewed: tuple[Unreviewed, ...]
    review: date | None
    overdue: bool
    areas_overridden: tuple[str, ...]
    near: int


@dataclass(frozen=True, slots=True)
class Noisy:
    """An area in which a rule makes much noise, with what became of its alerts there."""

    rule: str
    where: str
    area: str
    noise: int
    outcomes: Counter[str]


@dataclass(frozen=True, slots=True)
class NearRow:
    rule: str
    where: str
    what: str
    observed: int
    limit: int
    at: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What wants one: a proposal of the report card, or a review that is overdue."""

    rule: str
    advice: Advice
    where: str  # of an override: the area with most noise
    noise: int
    overdue: date | None


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """`most`: most alerts of any rule, the length of a whole bar; `near_areas`: how many areas came near."""

    rows: tuple[RuleRow, ...]
    most: int
    noisy: tuple[Noisy, ...]
    noisy_most: int
    decisions: tuple[Decision, ...]
    unreviewed: tuple[Unreviewed, ...]
    near: tuple[NearRow, ...]
    near_areas: int
    told: int
    totals: Mapping[str, int]

    @property
    def stopped(self) -> int:
        return sum(row.state != "runs" for row in self.rows)


def found_in(speech: Speech) -> dict[str, str]:
    """What alerts were found to be, in words that follow a number."""
    return {
        "confirmed": speech.gettext("confirmed"),
        "expected": speech.gettext("expected"),
        "not_real": speech.gettext("not real"),
        "data_fault": speech.gettext("fault of the data"),
        "cannot_tell": speech.gettext("cannot tell"),
        "open": speech.gettext("no outcome yet"),
    }


def rule_figures(
    told: Sequence[Alert], standing: Standing, near: Sequence[NearCell], names: Names, days: int, today: date
) -> RuleFigures:
    """Furthest from its promise first. `told`: alerts of the last `days` that may be seen; `today`: the city's."""
    found = [rule_row(card, standing, near, names, today) for card in cards(told, names.city.book, days * DAY_MS)]
    found.sort(key=lambda row: (-_distance(row.promise), -row.card.noise, -row.card.alerts, row.id))
    noisy = noisiest(told, names)[:NOISIEST]
    totals: Counter[str] = Counter()
    for row in found:
        totals.update(row.card.outcomes)
    return RuleFigures(
        tuple(found),
        max((row.card.alerts for row in found), default=0),
        tuple(noisy),
        max((sum(one.outcomes.values()) for one in noisy), default=0),
        tuple(_decisions(found, names)),
        standing.unreviewed,
        tuple(near_row(one, names) for one in near[:NEAR_SHOWN]),
        len({one.row.area for one in near}),
        sum(row.card.alerts for row in found),
        totals,
    )


def rule_row(card: Card, standing: Standing, near: Sequence[NearCell], names: Names, today: date) -> RuleRow:
    """How one rule stands."""
    rule = names.city.book.rule(card.rule)
    assert rule is not None
    stop, review = standing.stopped.get(rule.id), standing.reviews.get(rule.id)
    overrides = rule.overrides or () if isinstance(rule, Rule) else ()
    return RuleRow(
        rule.id,
        names.rule_name(rule.id),
        rule,
        card,
        promise_at(card, rule),
        "runs" if stop is None else "stopped" if stop == "order" else "raised",
        tuple(one for one in standing.unreviewed if one.rule == rule.id),
        review,
        review is not None and review < today,
        tuple(one.area for one in overrides),
        len({one.row.area for one in near if one.row.rule == rule.id}),
    )


def promise_at(card: Card, rule: Rule | MatterRule) -> Promise:
    """At the desk that is furthest from what was promised."""
    worst = max(card.desks, key=lambda desk: (desk.at_least, desk.at_most), default=None)
    promised = promise_of(rule)
    return Promise(promised, worst.at_least, worst.at_most) if worst else Promise(promised, 0.0, 0.0)


def _distance(promise: Promise) -> float:
    return promise.at_least / promise.promised if promise.promised > 0 else 0.0


def noisiest(told: Iterable[Alert], names: Names) -> list[Noisy]:
    """Rules and areas by noise, most first; only where there is any."""
    outcomes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    known = {rule.id for rule in names.city.book.all_rules}
    for alert in told:
        signal = alert.signal
        if alert.announced_at and signal.kind in COUNTED and signal.rule in known:
            outcomes[signal.rule, signal.area][alert.duty.outcome or "open"] += 1
    found = [
        Noisy(rule, names.area(area), area, sum(count[name] for name in NOISE), count)
        for (rule, area), count in outcomes.items()
    ]
    noisy = [one for one in found if one.noise]
    return sorted(noisy, key=lambda one: (-one.noise, -sum(one.outcomes[name] for name in FALSE), one.rule, one.area))


def near_row(one: NearCell, names: Names) -> NearRow:
    row = one.row
    return NearRow(row.rule, names.area(row.area), names.category(row.category), row.count, row.limit or 0, row.start)


def _decisions(rows: Iterable[RuleRow], names: Names) -> Iterable[Decision]:
    for row in rows:
        area, noise = row.card.areas[0] if row.card.areas else ("", row.card.noise)
        if row.card.advice or row.overdue:
            yield Decision(
                row.id, row.card.advice, names.area(area) if area else "", noise, row.review if row.overdue else None
            )
