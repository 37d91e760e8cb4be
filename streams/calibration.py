"""Heights for the promises of a city: solved from what its rules have learned, held against what desks were told.

Promised is what a rule's file says. Modelled is what quiet histories out of the fitted baselines gave at the solved
height (`rules.calibration`). Achieved are alerts that stand, by first desk; those closed as confirmed are told apart.
The others' scores are blended into the height (`rules.blending`): a real city is not as quiet as its law.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from scipy.special import pdtr

from alerts.alert import Alert
from alerts.export import rfc3339
from rules.blending import blended
from rules.calibration import LEAST, MONTH_MS, Solved, solve
from rules.engine import Engine
from rules.records import Calibrate
from rules.signals import COUNTED, Signal
from streams.past import DAY
from streams.processes import shared_out

MONTHS: Final = 60.0
"""Quiet months that a calibration judges: 120 alerts at two a month, which fix the rate to a tenth."""
REPLAYED_MONTHS: Final = 24.0
"""The same in a replay, which calibrates a dozen times a year."""
FIRST_AFTER: Final = 35 * DAY
AGAIN_AFTER: Final = 28 * DAY
BLEND_AFTER: Final = 7 * DAY
"""When a replay calibrates: after so much of its past, and again after so much more; and how soon, between, it blends
what came into heights that were solved before."""
LAST: Final = "calibration.json"
"""In the city's data folder: the report of the last calibration that was handed over."""
HELD_DAYS: Final = 90
"""Days of alerts that promises are held against."""
CONFIRMED: Final = "confirmed"
"""The outcome by which a desk says that something did happen."""
_TAIL: Final = 0.05


Found = dict[str, dict[str, Solved]]
"""What was solved, by the name of the rule and the first desk."""


def _none(_: Signal) -> bool:
    return False


class Figure(msgspec.Struct, frozen=True):
    """One rule at one first desk, a shadow under its name with a `~`; rates are alerts in 30 days. `low` to `high`:
    nine in ten counts by chance of the promise over the span that was looked at; null where no span was."""

    rule: str
    desk: str
    promised: float
    height: float
    height_before: float
    modelled: float
    modelled_alerts: int
    modelled_hours: float
    alerts: int | None = None
    confirmed: int | None = None
    achieved: float | None = None
    achieved_hours: float | None = None
    low: int | None = None
    high: int | None = None
    episodes: int = 0  # past ones whose scores are blended into the height
    height_modelled: float = 0.0  # of quiet histories alone; 0: written by an older version

    @property
    def key(self) -> str:
        """Its name in the Order."""
        return f"{self.rule}/{self.desk}"


class Report(msgspec.Struct, frozen=True):
    """A calibration. Times are RFC 3339 in UTC; `since` and `until` bound the alerts that were looked at."""

    city: str
    at: str
    tick: int  # the same, ms
    quiet_months: float
    since: str | None
    until: str | None
    figures: tuple[Figure, ...]
    left: tuple[str, ...]  # rules without a height of their own to solve: nothing learned yet, or nothing to learn

    @property
    def heights(self) -> dict[str, float]:
        """What enters as an Order."""
        return {figure.key: figure.height for figure in self.figures}


@dataclass(frozen=True, slots=True)
class Held:
    """The alerts that stand and were first told in [since, until), ms. `incident`: which of them are known to tell of
    something that happened; those that a desk confirmed are in any case."""

    alerts: Sequence[Alert]
    since: int
    until: int
    incident: Callable[[Signal], bool] = _none

    @classmethod
    def of(cls, alerts: Iterable[Alert], since: int, until: int, incident: Callable[[Signal], bool] = _none) -> Held:
        """Of all alerts those that count."""
        mine = [
            alert
            for alert in alerts
            if alert.state in ("open", "over") and alert.moves and alert.signal.kind in COUNTED
            if since <= alert.signal.said_at < until
        ]
        return cls(mine, since, until, incident)

    @property
    def months(self) -> float:
        return (self.until - self.since) / MONTH_MS

    def tail(self, mine: Sequence[Alert]) -> tuple[list[float], float]:
        """The scores of those that were no incident, and of how many months: since the last of which no score
        is known, for an older version told it."""
        since = max((one.signal.said_at for one in mine if not one.signal.evidence.bar), default=self.since)
        scores = [
            one.signal.evidence.bar.score
            for one in mine
            if one.signal.evidence.bar and one.signal.said_at > since
            if one.duty.outcome != CONFIRMED and not self.incident(one.signal)
        ]
        return scores, (self.until - since) / MONTH_MS


def calibrated(
    engine: Engine,
    *,
    months: float = MONTHS,
    processes: int = 1,
    held: Held | None = None,
    look: Callable[[int, int], None] | None = None,
) -> Report:
    """Solve all rules of an engine at its last tick. `look` is told (rules done, rules in all).

    Raises SpokenError where a process was killed.
    """
    return reported(engine, solved(engine, months=months, processes=processes, look=look), months=months, held=held)


def solved(
    engine: Engine, *, months: float, processes: int = 1, look: Callable[[int, int], None] | None = None
) -> Found:
    """What quiet months say of all rules at an engine's last tick. Raises SpokenError where a process was killed."""
    at = engine.tick or 0
    rules = [rule for rule in engine.all_watches() if rule.name not in engine.stopped]
    found: Found = {}

    def work(number: int) -> dict[str, Solved]:
        return solve(rules[number].judge, at, months=months)

    for done, (rule, heights) in enumerate(zip(rules, shared_out(work, range(len(rules)), processes), strict=True), 1):
        found[rule.name] = heights
        if look is not None:
            look(done, len(rules))
    return found


def reported(engine: Engine, found: Found, *, months: float, held: Held | None = None) -> Report:
    """What quiet months said, alerts of the past blended in; of rules that run at the engine's last tick."""
    at = engine.tick or 0
    rules = [rule for rule in engine.all_watches() if rule.name in found and rule.name not in engine.stopped]
    figures = [
        _figure(rule.name, desk, one, None if rule.in_shadow else held)  # a shadow tells no desk
        for rule in rules
        for desk, one in sorted(found[rule.name].items())
    ]
    left = tuple(rule.name for rule in rules if not found[rule.name])
    since, until = (None, None) if held is None else (rfc3339(held.since), rfc3339(held.until))
    return Report(engine.book.city, rfc3339(at), at, months, since, until, tuple(figures), left)


def begun(engine: Engine) -> int:
    """When the past of an engine begins that any rule counts, ms; its last tick where none does."""
    firsts = [
        rule.counts.steps.start(rule.counts.first_bucket)
        for rule in engine.rules.values()
        if rule.counts.first_bucket is not None
    ]
    return min(firsts, default=engine.tick or 0)


def order(report: Report, start: int) -> Calibrate:
    """The Order by which it takes effect from `start` (ms) on."""
    return Calibrate(start, report.heights)


def band(promised: float, months: float) -> tuple[int, int]:
    """The counts between which nine in ten fall by chance where the promise is kept, both included.

    >>> band(2.0, 3.0)
    (2, 10)
    """
    wanted = promised * months
    low = high = 0
    while pdtr(low, wanted) < _TAIL:
        low += 1
    while pdtr(high, wanted) < 1 - _TAIL:
        high += 1
    return low, high


def _figure(rule: str, desk: str, found: Solved, held: Held | None) -> Figure:
    plain = Figure(
        rule=rule,
        desk=desk,
        promised=found.promised,
        height=found.height,
        height_modelled=found.height,
        height_before=found.before,
        modelled=found.modelled,
        modelled_alerts=found.alerts,
        modelled_hours=found.hours,
    )
    if held is None or held.months <= 0:
        return plain
    mine = [alert for alert in held.alerts if alert.signal.rule == rule and alert.desk == desk]
    scores, months = held.tail(mine)
    height = blended(found.height, found.promised, found.slope, scores, months, least=LEAST)
    hours = sum((alert.ended_at or held.until) - alert.signal.first for alert in mine) / 3_600_000
    low, high = band(found.promised, held.months)
    return msgspec.structs.replace(
        plain,
        height=round(height, 4),
        episodes=len(scores),
        alerts=len(mine),
        confirmed=sum(alert.duty.outcome == CONFIRMED for alert in mine),
        achieved=round(len(mine) / held.months, 2),
        achieved_hours=round(hours / held.months, 2),
        low=low,
        high=high,
    )
