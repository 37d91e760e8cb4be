"""What came of a trial, against what officers found the alerts of the old rules to be. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final

from alerts.alert import Alert
from alerts.console.naming import Names
from alerts.report_card import FALSE
from alerts.trials import HeightRow, LoadRow, PromiseRow, Said, Tried

SHOWN: Final = 30
"""Lost and gained alerts that are drawn, of each; of the rest the number is told."""
ORDER: Final = ("confirmed", "expected", "not_real", "data_fault", "cannot_tell", "open")


@dataclass(frozen=True, slots=True)
class OutcomeRow:
    """Alerts of the old rules that were found one thing. `gained` only of those that nobody has an outcome for."""

    outcome: str
    old: int
    kept: int
    gained: int

    @property
    def lost(self) -> int:
        return self.old - self.kept

    @property
    def new(self) -> int:
        return self.kept + self.gained


@dataclass(frozen=True, slots=True)
class SaidRow:
    """`alert`: the id of the alert that a desk was told of, "" none is kept; `outcome`: what it was found to be."""

    said: Said
    where: str
    what: str
    desk: str
    alert: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Month:
    """Alerts of a desk in a local month. Of the new ones: `real`, which an officer confirmed or a label explains;
    `false`, which an officer found false."""

    month: str
    desk: str
    old: int
    new: int
    real: int
    false: int

    @property
    def unknown(self) -> int:
        """Nobody knows what lay behind them."""
        return self.new - self.real - self.false


@dataclass(frozen=True, slots=True)
class TrialFigures:
    """`real`, `false`, `unknown`: of the new alerts, as a month has them."""

    tried: Tried
    outcomes: tuple[OutcomeRow, ...]
    lost: tuple[SaidRow, ...]  # confirmed ones first
    lost_count: int
    gained: tuple[SaidRow, ...]
    gained_count: int
    confirmed_lost: int
    false_dropped: int  # of those found not real or a fault of the data, so many would not be said
    false_old: int
    earlier: int  # alerts that are said sooner
    earlier_minutes: float  # by how much, in the middle
    later: int
    months: tuple[Month, ...]  # the busy ones
    loads: tuple[tuple[str, LoadRow], ...]
    promises: tuple[tuple[str, PromiseRow], ...]
    heights: tuple[tuple[str, HeightRow], ...]

    @property
    def real(self) -> int:
        return sum(month.real for month in self.months)

    @property
    def false(self) -> int:
        return sum(month.false for month in self.months)

    @property
    def unknown(self) -> int:
        return sum(month.unknown for month in self.months)

    @property
    def total(self) -> OutcomeRow:
        rows = self.outcomes
        return OutcomeRow("", sum(r.old for r in rows), sum(r.kept for r in rows), sum(r.gained for r in rows))


def trial_figures(tried: Tried, alerts: Mapping[str, Alert], names: Names) -> TrialFigures:
    """`alerts`: by their key, those that desks were told of."""
    outcome = {key: alert.duty.outcome or "open" for key, alert in alerts.items()}
    lost = [one for one in tried.old if not one.other]
    gained = [one for one in tried.new if not one.other]
    earlier = [one.earlier for one in tried.old if one.other and one.earlier > 0]
    rows = []
    for name in ORDER:
        of_it = [one for one in tried.old if outcome.get(one.key, "open") == name]
        fresh = len(gained) if name == "open" else 0
        rows.append(OutcomeRow(name, len(of_it), sum(bool(one.other) for one in of_it), fresh))
    said = [_row(one, alerts, names) for one in lost]
    said.sort(key=lambda row: (ORDER.index(row.outcome), -row.said.said_at))
    return TrialFigures(
        tried,
        tuple(rows),
        tuple(said[:SHOWN]),
        len(lost),
        tuple(_row(one, alerts, names) for one in sorted(gained, key=lambda one: -one.said_at)[:SHOWN]),
        len(gained),
        rows[0].lost,
        sum(row.lost for row in rows if row.outcome in FALSE),
        sum(row.old for row in rows if row.outcome in FALSE),
        len(earlier),
        median(earlier) if earlier else 0.0,
        sum(one.earlier < 0 for one in tried.old if one.other),
        tuple(_months(tried, outcome, names)),
        tuple((names.desk(one.desk), one) for one in tried.loads if one.old[2] or one.new[2]),
        tuple((names.desk(one.desk), one) for one in tried.promises if one.old or one.new),
        tuple((names.desk(one.desk), one) for one in tried.heights),
    )


def _row(one: Said, alerts: Mapping[str, Alert], names: Names) -> SaidRow:
    alert = alerts.get(one.key)
    return SaidRow(
        one,
        names.area(one.area),
        names.category(one.category),
        names.desk(one.desk),
        alert.id if alert else "",
        (alert.duty.outcome or "open") if alert else "open",
    )


def _months(tried: Tried, outcome: Mapping[str, str], names: Names) -> Iterable[Month]:
    real: Counter[tuple[str, str]] = Counter()
    false: Counter[tuple[str, str]] = Counter()
    for one in tried.new:
        found = outcome.get(one.other or one.key, "open")
        place = one.desk, names.speech.local(one.said_at).strftime("%Y-%m")
        if found == "confirmed" or (one.labelled and found == "open"):
            real[place] += 1
        elif found in FALSE:
            false[place] += 1
    for row in tried.months:
        if row.old or row.new:
            place = row.desk, row.month
            yield Month(row.month, names.desk(row.desk), row.old, row.new, real[place], false[place])
