"""Is the promise of false alarms kept? Quiet months of a made town, and the real years of the example cities.

    python -m benchmarks.promise quiet --seed N [--days 360] [--out FILE]
    python -m benchmarks.promise real CITY... [--out FILE]

Both replay with calibrations from the past alone (decision 0030). The quiet town: after 13 weeks and every 13, of 20
months each. A real year: after five weeks, as a served city is, and every eight (not every week, which would cost a
day), of 8 months each, with what came blended in every week. Alerts are counted from the first calibration on, those
that stand, by rule and first desk. Nothing in the quiet town happens, so that every alert is false; of a real year
those outside its labels are counted, each listed with what its window held, and how many alerts a shift brings with no
budget. Its calibrations know of an alert whether it overlapped a label by then, as a desk would have confirmed it. No
seed that judges has been tuned on. Houston is a third city where TOCSIN_HOUSTON names the folder of its rows; keep
what it prints out of this house.
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks import labels as walks
from benchmarks import promise_world
from rules.book import Book
from rules.calendar import DAY_MS, HOUR_MS
from rules.calibration import LEAST
from rules.canonical import final_states
from rules.signals import COUNTED, Signal
from streams import past, replay
from streams.backtest.labels import EVENTFUL, read_labels
from streams.calibration import band
from streams.clock import WallClock

LEARNED: Final = 98
"""Days before the quiet months: rules learn, and are calibrated once."""
EVERY: Final = 91 * DAY_MS
MONTHS: Final = 20.0
MONTHS_OF_REAL: Final = 8.0
EVERY_OF_REAL: Final = 56 * DAY_MS
MONTH: Final = 30 * DAY_MS
TEN_MINUTES: Final = HOUR_MS // 6
STORMS: Final = 3
NEAR: Final = 0.2


@dataclass(frozen=True, slots=True)
class Kept:
    """One rule at one first desk over some months."""

    rule: str
    desk: str
    promised: float  # alerts in all
    alerts: int
    least: bool  # its height is the least that there is: fewer alerts come than it allows

    @property
    def ratio(self) -> float:
        return self.alerts / self.promised

    @property
    def kept(self) -> bool:
        """Within a fifth of the promise, or where chance may put it."""
        low, high = band(self.promised, 1.0)
        return low <= self.alerts <= high or abs(self.ratio - 1) <= NEAR or (self.least and self.alerts < low)


@dataclass(frozen=True, slots=True)
class Load:
    """Alerts of one desk, labelled ones too, none held by a budget: a shift of eight hours by the city's clock, and
    the worst ten minutes of all days but the three worst."""

    desk: str
    median: float
    most_of: float  # 95th percentile
    most: int
    burst: int

    @classmethod
    def of(cls, book: Book, desk: str, said: Sequence[int], since: int, until: int) -> Load:
        """`said`: when each was first told, ms, ascending."""
        local = book.calendar.local
        shifts = Counter((local(at).date(), local(at).hour // 8) for at in said)
        count = max(1, (until - since) // (8 * HOUR_MS))
        many = sorted([*shifts.values(), *[0] * max(0, count - len(shifts))])
        worst: Counter[date] = Counter()
        for place, at in enumerate(said):
            inside = place + 1 - bisect_left(said, at - TEN_MINUTES, 0, place)
            worst[local(at).date()] = max(worst[local(at).date()], inside)
        calm = sorted(worst.values())[:-STORMS]
        return cls(desk, median(many), many[int(0.95 * (len(many) - 1))], many[-1], max(calm, default=0))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay showed from its first calibration on."""

    months: float
    rows: tuple[Kept, ...]
    load: tuple[Load, ...]
    counted: tuple[Signal, ...] = ()  # the alerts of `rows`, by when they were first told

    @property
    def promised(self) -> float:
        return sum(row.promised for row in self.rows)

    @property
    def alerts(self) -> int:
        return sum(row.alerts for row in self.rows)

    def table(self, name: str) -> str:
        """As Markdown."""
        came = f"{self.alerts} alerts where {self.promised:.0f} were promised"
        lines = [f"{name}: {self.months:.1f} months judged, {came}.", ""]
        lines += ["| rule | desk | promised | alerts | ratio | by chance | kept |", "|---|---|---|---|---|---|---|"]
        for row in self.rows:
            low, high = band(row.promised, 1.0)
            kept = "yes" if row.kept else "**no**"
            kept += ", at the least height" if row.least else ""
            figures = f"{row.promised:.1f} | {row.alerts} | {row.ratio:.2f} | {low}-{high}"
            lines.append(f"| {row.rule} | {row.desk} | {figures} | {kept} |")
        lines += ["", "| desk | a shift of eight hours: median | 95th percentile | most | ten minutes, at most |"]
        lines += ["|---|---|---|---|---|"]
        lines += [f"| {one.desk} | {one.median:g} | {one.most_of:g} | {one.most} | {one.burst} |" for one in self.load]
        return "\n".join(lines)

    def listed(self, book: Book) -> str:
        """Every alert that was counted, as Markdown; times by the city's clock."""
        lines = ["| first told | rule | area | kind | counted | expected | needed | window | colour |"]
        lines += ["|---|---|---|---|---|---|---|---|---|"]
        for s in self.counted:
            e = s.evidence
            when = f"{book.calendar.local(s.said_at):%m-%d %H:%M}"
            figures = f"{e.observed} | {e.expected:.2g} | {e.limit} | {e.window // HOUR_MS} h | {e.colour}"
            lines.append(f"| {when} | {s.rule} | {s.area} | {s.category} | {figures} |")
        return "\n".join(lines)


def pooled(found: Mapping[str, Outcome]) -> str:
    """Achieved over promised of each city and of all together, as Markdown."""
    lines = ["| city | desk-months | promised | alerts | ratio |", "|---|---|---|---|---|"]
    desks = {name: len({row.desk for row in one.rows}) * one.months for name, one in found.items()}
    for name, one in found.items():
        ratio = one.alerts / one.promised
        lines.append(f"| {name} | {desks[name]:.1f} | {one.promised:.0f} | {one.alerts} | {ratio:.2f} |")
    promised, alerts = (sum(getattr(one, what) for one in found.values()) for what in ("promised", "alerts"))
    lines.append(f"| all | {sum(desks.values()):.1f} | {promised:.0f} | {alerts} | {alerts / promised:.2f} |")
    return "\n".join(lines)


def quiet(seed: int, days: int) -> Outcome:
    """Months of a town in which nothing happens."""
    book = promise_world.book()
    frame = promise_world.frame(book, seed, LEARNED + days)
    last = int(frame.rows["arrived_at"][-1])
    laid = replay.Past(
        past.records([iter([frame])]), len(frame.rows), settles_at=last + past.settled_after(book), ends=True
    )
    told = replay.run(
        book, laid, WallClock(), _progress,
        calibrate=MONTHS, first_after=EVERY, again_after=EVERY + DAY_MS, blend_after=2 * EVERY,  # may be a day early
    )  # fmt: skip
    return outcome(book, told, lambda _: True)


def real(name: str) -> Outcome:
    """A city's real past: alerts that overlap no label that tells of something."""
    city = walks.city_of(name)
    known = read_labels(walks.data_of(name) / "labels.csv", city)
    eventful = [label for label in known if label.expect in EVENTFUL]

    def labelled(s: Signal) -> bool:
        return any(label.overlaps(s) for label in eventful)

    told = replay.run(
        city.book, walks.past_of(city), WallClock(), _progress,
        calibrate=MONTHS_OF_REAL, again_after=EVERY_OF_REAL, incident=labelled,
    )  # fmt: skip
    return outcome(city.book, told, lambda s: not labelled(s))


def outcome(book: Book, told: replay.Told, counts: Callable[[Signal], bool]) -> Outcome:
    """What a replay with calibrations said, counted."""
    since = told.calibrated[0].start
    months = (told.last - since) / MONTH
    standing = sorted((s for s in _standing(told.signals) if s.said_at >= since), key=lambda s: s.said_at)
    alerts = [s for s in standing if counts(s)]
    said = {
        desk.desk: [s.said_at for s in standing if book.first_desk(s.area, s.category) == desk.desk]
        for desk in book.desks
    }
    found = Counter((s.rule, book.first_desk(s.area, s.category)) for s in alerts)
    heights = told.calibrated[-1].heights
    return Outcome(
        months,
        tuple(
            Kept(
                rule.id,
                desk.desk,
                rule.false_alarms * months,
                found[rule.id, desk.desk],
                least=heights[f"{rule.id}/{desk.desk}"] <= LEAST + 1e-3,
            )
            for rule in book.rules
            for desk in book.desks
            if f"{rule.id}/{desk.desk}" in heights
        ),
        tuple(Load.of(book, desk, times, since, told.last) for desk, times in said.items()),
        tuple(s for s in alerts if f"{s.rule}/{book.first_desk(s.area, s.category)}" in heights),
    )


def _standing(signals: Iterable[Signal]) -> list[Signal]:
    states = final_states(signals).values()
    return [s for s in states if s.state in ("running", "over") and s.kind in COUNTED]


def _progress(done: int, events: int, _: int) -> None:
    sys.stderr.write(f"\r{done} of {events} events")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.promise", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    made = parts.add_parser("quiet")
    made.add_argument("--seed", type=int, required=True)
    made.add_argument("--days", type=int, default=360)
    years = parts.add_parser("real")
    years.add_argument("cities", nargs="+")
    for each in (made, years):
        each.add_argument("--out", type=Path)
    chosen = parser.parse_args(arguments)
    if chosen.part == "quiet":
        found = {f"Seed {chosen.seed}": quiet(chosen.seed, chosen.days)}
        text = "\n\n".join(one.table(name) for name, one in found.items()) + "\n"
    else:
        found = {name: real(name) for name in chosen.cities}
        cities = [f"{one.table(name)}\n\n{one.listed(walks.city_of(name).book)}" for name, one in found.items()]
        text = "\n\n".join([pooled(found), *cities]) + "\n"
    sys.stdout.write(f"\n{text}")
    if chosen.out is not None:
        chosen.out.write_text(text, encoding="utf-8")
    return 0 if all(row.kept for one in found.values() for row in one.rows) else 1


if __name__ == "__main__":
    sys.exit(main())
