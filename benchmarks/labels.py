"""Replay the example cities against their labels: what was heard, what was missed, what spoke outside.

    python -m benchmarks.labels [CITY ...]

Houston is a third city where TOCSIN_HOUSTON names the folder of its rows and labels; they lie outside of this house.

Heard: first said between the label's start and its end + 2 h, lasting at most max(24 h, twice the label), and naming
the label's category or area (or a node below it). Outside: an alert that overlaps no label that expects something.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.houston import HOUSTON, HOUSTON_DATA, houston_city, houston_data, houston_rows
from rules.book import Book
from rules.canonical import final_states
from rules.signals import Signal
from rules.silences import FEED_SILENCE
from streams import past
from streams import replay as replays
from streams.backtest import labels as spans
from streams.backtest.labels import EVENTFUL
from streams.city import City, read_city
from streams.clock import WallClock
from streams.opened import intake_of

EXAMPLES: Final = Path(__file__).parent.parent / "examples"
CITIES: Final = ("montgomery", "boston")
LEARNING: Final = timedelta(weeks=5)
AFTER: Final = timedelta(hours=2)
DAY: Final = timedelta(hours=24)
MUST_STAY_QUIET: Final = frozenset({"dst_gap", "dst_repeat", "bulk_load"})
MONTH: Final = timedelta(days=30)
TICK: Final = timedelta(milliseconds=past.GRAIN)
"""How far apart the ticks of a replay lie where nothing arrives."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A silence as it was said: of which feed, since when, how long the feed is waited for at that hour."""

    feed: str
    since: datetime
    waited: timedelta
    said: datetime

    @property
    def late(self) -> bool:
        """Whether it was said later than the stated time and a tick after it began."""
        return self.said - self.since > self.waited + TICK


@dataclass(frozen=True, slots=True)
class Label:
    """One labelled window, in UTC, with the nodes it names; empty tuples mean all."""

    start: datetime
    end: datetime
    areas: tuple[str, ...]
    categories: tuple[str, ...]
    expect: str
    certainty: str
    why: str

    def overlaps(self, alert: Alert) -> bool:
        return alert.first <= self.end and alert.last >= self.start

    def named_by(self, alert: Alert, book: Book) -> bool:
        """Whether the alert names the label's category, or where that is all, its area."""
        if self.areas and not any(book.areas.holds(area, alert.area) for area in self.areas):
            return False
        return not self.categories or any(book.categories.holds(c, alert.category) for c in self.categories)

    def heard_as(self, alert: Alert, book: Book) -> bool:
        lasts = max(DAY, 2 * (self.end - self.start))
        in_time = self.start <= alert.said <= self.end + AFTER
        return in_time and alert.last - alert.first <= lasts and self.named_by(alert, book)


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert's final state, as far as it is judged here."""

    id: str
    rule: str
    area: str
    category: str
    desk: str
    colour: str
    first: datetime
    last: datetime
    said: datetime
    observed: int
    expected: float
    limit: int

    @property
    def loudness(self) -> float:
        """How far beyond its limit, as a factor."""
        return self.observed / max(self.limit, 1)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one city's replay showed."""

    city: str
    heard: tuple[tuple[Label, Alert | None], ...]
    broken: tuple[tuple[Label, Alert], ...]
    unheard_gaps: tuple[Label, ...]
    outside: tuple[Alert, ...]
    silences: tuple[Silence, ...]
    rules: int
    desks: int
    months: float

    @property
    def allowed(self) -> float:
        """3 x rules x desks x 2 a month, and 30."""
        return 3 * self.rules * self.desks * 2 * self.months + 30

    def faults(self, learned_from: datetime) -> list[str]:
        """What breaks the promise of the walk."""
        faults = [
            f"missed: {label.start:%Y-%m-%d} {', '.join(label.categories) or 'all'}"
            for label, alert in self.heard
            if label.certainty == "high" and alert is None and label.start >= learned_from
        ]
        faults += [
            f"spoke on {label.expect} {label.start:%Y-%m-%d}: {alert.rule} {alert.area} {alert.category}"
            for label, alert in self.broken
        ]
        faults += [f"silence not said: {label.start:%Y-%m-%d %H:%M}" for label in self.unheard_gaps]
        faults += [f"silence said late: {one.feed} {one.since:%Y-%m-%d %H:%M}" for one in self.silences if one.late]
        if len(self.outside) > self.allowed:
            faults.append(f"{len(self.outside)} alerts outside the labels, at most {self.allowed:.0f}")
        return faults


def data_of(name: str) -> Path:
    """Where a city's labels lie. Raises MissingDataError."""
    return houston_data() if name == HOUSTON else EXAMPLES / name / "data"


def read_labels(city: City) -> list[Label]:
    """The city's `labels.csv`. Raises LabelsError."""
    return [
        Label(utc(one.start), utc(one.end), one.areas, one.categories, one.expect, one.certainty, one.why)
        for one in spans.read_labels(data_of(city.name) / "labels.csv", city)
    ]


def alerts_of(signals: Iterable[Signal], book: Book) -> list[Alert]:
    """Final states of all that stands: neither withdrawn nor merged, nothing of stopped rules."""
    alerts = [
        Alert(
            s.alert, s.rule, s.area, s.category, book.first_desk(s.area, s.category), s.evidence.colour,
            utc(s.first), utc(s.last), utc(s.said_at), s.evidence.observed, s.evidence.expected, s.evidence.limit,
        )
        for s in final_states(signals).values()
        if s.state in ("running", "over")
    ]  # fmt: skip
    return sorted(alerts, key=lambda alert: alert.said)


def silences_of(signals: Iterable[Signal]) -> tuple[Silence, ...]:
    """Every silence, as it was first said."""
    said: dict[str, Silence] = {}
    for s in signals:
        if s.rule == FEED_SILENCE and s.alert not in said:
            waited = timedelta(minutes=s.evidence.limit)
            said[s.alert] = Silence(s.feed, utc(s.evidence.peak), waited, utc(s.said_at))
    return tuple(said.values())


def utc(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, tz=UTC)


def judge(city: City, signals: Iterable[Signal], first: int, last: int) -> Verdict:
    """Hold what a replay said from `first` to `last` (ms) against the city's labels."""
    book = city.book
    labels = read_labels(city)
    told = list(signals)
    alerts = alerts_of(told, book)
    spikes = [alert for alert in alerts if alert.rule != FEED_SILENCE]
    silences = [alert for alert in alerts if alert.rule == FEED_SILENCE]
    heard = [
        (label, next((alert for alert in spikes if label.heard_as(alert, book)), None))
        for label in labels
        if label.expect == "spike"
    ]
    quiet = [label for label in labels if label.expect in MUST_STAY_QUIET]
    gaps = [label for label in labels if label.expect == "feed_gap"]
    broken = [
        (label, alert)
        for label in quiet + gaps
        for alert in spikes
        if _inside(label, alert) and label.named_by(alert, book)
    ]
    unheard = [label for label in gaps if not any(label.overlaps(silence) for silence in silences)]
    eventful = [label for label in labels if label.expect in EVENTFUL]
    outside = [
        alert
        for alert in alerts
        if not any(label.overlaps(alert) for label in eventful)
        and not (alert.rule == FEED_SILENCE and any(gap.overlaps(alert) for gap in gaps))
    ]
    return Verdict(
        book.city, tuple(heard), tuple(broken), tuple(unheard), tuple(outside), silences_of(told), len(book.rules),
        len({desk.desk for desk in book.desks}), (utc(last) - utc(first)) / MONTH,
    )  # fmt: skip


def _inside(label: Label, alert: Alert) -> bool:
    """First said in the labelled window itself."""
    return label.start <= alert.said <= label.end


def city_of(name: str) -> City:
    """The folder of a city that can be replayed here."""
    reading = read_city(houston_city() if name == HOUSTON else EXAMPLES / name)
    if reading.city is None:
        sys.exit(reading.render("en"))
    return reading.city


def past_of(city: City, since: int | None = None, until: int | None = None) -> replays.Past:
    """What is known of the city's past, or what of it arrived in [since, until), ms."""
    files = houston_rows() if city.name == HOUSTON else []
    feeds = list(city.feeds) if files else []
    chosen = replays.files_of(city, feeds, files)
    return replays.read_past(city, intake_of(city, replays.REPLAY_KEY), chosen, since, until)


def replay(name: str) -> tuple[City, replays.Told]:
    """One city, its whole past."""
    city = city_of(name)
    return city, replays.run(city.book, past_of(city), WallClock())


def table(verdict: Verdict, learned_from: datetime) -> str:
    """The verdict as Markdown."""
    lines = [
        f"### {verdict.city}", "", "| label (UTC) | category | certainty | heard by | delay |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for label, alert in verdict.heard:
        when = f"{label.start:%Y-%m-%d %H:%M}" + ("" if label.start >= learned_from else " (learning)")
        what = ", ".join((*label.categories, *label.areas)) or "all"
        how = f"{alert.rule}: {alert.area} {alert.category}" if alert else "**missed**"
        late = f"{(alert.said - label.start) / timedelta(hours=1):.1f} h" if alert else ""
        lines.append(f"| {when} | {what} | {label.certainty} | {how} | {late} |")
    lines += ["", "| feed, silent since (UTC) | waited for | said after |", "|---|---|---|"]
    for one in verdict.silences:
        waited, took = (span / timedelta(minutes=1) for span in (one.waited, one.said - one.since))
        lines.append(f"| {one.feed} {one.since:%Y-%m-%d %H:%M} | {waited:.0f} min | {took:.0f} min |")
    lines += ["", f"Outside the labels: {len(verdict.outside)} alerts, allowed {verdict.allowed:.0f}.", ""]
    lines += ["| desk, month | alerts outside |", "|---|---|"]
    months = Counter((alert.desk, f"{alert.said:%Y-%m}") for alert in verdict.outside)
    lines += [f"| {desk} {month} | {n} |" for (desk, month), n in sorted(months.items())]
    lines += ["", "The ten loudest outside:", ""]
    for alert in sorted(verdict.outside, key=lambda alert: -alert.loudness)[:10]:
        lines.append(
            f"- {alert.said:%Y-%m-%d %H:%M} {alert.colour} {alert.rule} {alert.area} {alert.category}: "
            f"{alert.observed} counted, {alert.expected:.1f} expected, limit {alert.limit}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.labels", description=__doc__)
    known = [*CITIES, *([HOUSTON] if os.environ.get(HOUSTON_DATA) else [])]
    parser.add_argument("cities", nargs="*", default=known, metavar="CITY")
    chosen = parser.parse_args(arguments)
    faults: list[str] = []
    for name in chosen.cities:
        city, told = replay(name)
        verdict = judge(city, told.signals, told.first, told.last)
        learned_from = utc(told.first) + LEARNING
        print(table(verdict, learned_from), "\n")
        print(f"{len(told.signals)} signals in {told.seconds:.1f} s\n")
        faults += [f"{name}: {fault}" for fault in verdict.faults(learned_from)]
    for fault in faults:
        print(f"FAULT {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
