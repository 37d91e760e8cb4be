"""`tocsin backtest`: the code that judges the city over its past, for the rules in force and for a change of one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from alerts.export import rfc3339
from rules import canonical
from rules.book import Book
from streams import backtest as backtests
from streams import logs, replay
from streams.arguments import TIMES, CityFolder, DataFolder, settings_of, time_of
from streams.backtest import Ground, Group, Report, Scope, Side, Trial, only
from streams.bar import Bar
from streams.calibrate_command import Calibrating, quiet_months
from streams.city import City
from streams.clock import WallClock
from streams.journal import Journal
from streams.messages import SpokenError, say
from streams.opened import city_of, city_with, intake_of, journal_of
from streams.processes import cores
from streams.settings import Settings

LABELS: Final = "data/labels.csv"


def backtest(
    city: CityFolder,
    rule: Annotated[str | None, typer.Option("--rule", help="One rule only.")] = None,
    change: Annotated[
        Path | None, typer.Option("--change", metavar="FILE", help="A rule file to hold against the one of that name.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", help=f"Alerts first said at this time or later: {TIMES}; else once learned.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", help="The past up to this time; else all of it.")] = None,
    labels: Annotated[
        Path | None, typer.Option("--labels", metavar="FILE", help=f"What is known to have happened; else {LABELS}.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Folder for report.html, report.json and canonical dumps."),
    ] = None,
    stored: Annotated[
        bool, typer.Option("--stored", help="Over the city's own journal instead of its archive.")
    ] = False,
    calibrating: Calibrating = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, for programs.")] = False,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, max=256, help="Over how many processes; else one a processor.")
    ] = None,
    data: DataFolder = None,
) -> None:
    """Say what the rules would have said of the past, and what a change of one makes of it.

    Against labels (kept, lost, gained, earlier), the load of shifts, and what was promised.
    """
    settings = settings_of(data=data)
    logs.configure(settings.log, level=logging.WARNING)
    read = city_of(city, settings.language)
    changed = city_with(city, change, settings.language) if change is not None else None
    asked = _Asked(read, changed, rule)
    span = time_of(since, read), time_of(to, read)
    ground = _ground(read, settings, span[1], stored=stored, solved_anew=calibrating)
    books, groups = asked.books, asked.groups
    learned = replay.learned_at([rule for book in books for rule in book.rules], ground.first) or ground.first
    begins = span[0] if span[0] is not None else learned
    until = span[1] if span[1] is not None else max(ground.settles_at, ground.last) + 1
    if not ground.events or begins >= until:
        raise SpokenError("backtest-empty", since=rfc3339(begins)[:10], until=rfc3339(until)[:10])
    known = _labels(read, labels)
    with Bar(settings.language, "backtest-on-the-way") as progress:
        events = ground.events * len(groups)

        def watch(done: int) -> None:
            progress(done, events, ground.last)

        judged = backtests.judged(
            read.book, groups, ground, WallClock(), processes or cores(), watch, calibrate=quiet_months(calibrating)
        )
    trials = asked.trials(judged)
    scope = Scope(begins, until, ground.events, learned, known, read.desks)
    sides = [Side.of(book, said, begins, until) for book, said in zip(books, trials, strict=True)]
    report = backtests.report(scope, sides[0], sides[1] if changed else None, [one for said in trials for one in said])
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        typer.echo("\n".join(backtests.lines(report, settings.language)))
    if out is not None:
        _write(out, report, sides, changed or read, settings.language)
        typer.echo(say("backtest-written", settings.language, path=out / "report.html"), err=as_json)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The rules in force and, where a change is tried, those with it; of both the one that is asked about."""

    city: City
    changed: City | None
    rule: str | None

    @property
    def cities(self) -> list[City]:
        return [self.city, *([self.changed] if self.changed else [])]

    @property
    def books(self) -> list[Book]:
        """Of the old rules and of the new. Raises SpokenError for a rule that neither has."""
        known = sorted({rule.id for city in self.cities for rule in city.book.all_rules})
        if self.rule is not None and self.rule not in known:
            raise SpokenError("rule-not-there", rule=self.rule, city=self.city.name, known=", ".join(known))
        return [
            only(city.book, tuple(rule for rule in city.book.all_rules if self.rule in (None, rule.id)))
            for city in self.cities
        ]

    @property
    def groups(self) -> list[Group]:
        """Each group once in which a rule is asked about: what is the same in both books is judged once."""
        found: list[Group] = []
        for city, book in zip(self.cities, self.books, strict=True):
            asked = [group for group in backtests.groups_of(city.book) if any(rule in book.all_rules for rule in group)]
            found += [group for group in asked if group not in found]
        return found

    def trials(self, judged: Sequence[Sequence[Trial]]) -> list[list[Trial]]:
        """For each book those of its rules."""
        by_group = list(zip(self.groups, judged, strict=True))
        return [
            [
                trial
                for group, trials in by_group
                if group in backtests.groups_of(city.book)
                for trial in trials
                if trial.rule in book.all_rules
            ]
            for city, book in zip(self.cities, self.books, strict=True)
        ]


def _ground(city: City, settings: Settings, until: int | None, *, stored: bool, solved_anew: bool) -> Ground:
    if stored:
        journal = Journal.open(journal_of(city.name, settings), read_only=True)
        return Ground.of(replay.stored_past(city, journal, None, until), solved_anew=solved_anew)
    files = replay.files_of(city, [], [])
    return Ground.of(replay.read_past(city, intake_of(city, replay.REPLAY_KEY), files, None, until))


def _labels(city: City, given: Path | None) -> list[backtests.Label]:
    path = given or city.folder / LABELS
    return backtests.read_labels(path, city) if given is not None or path.is_file() else []


def _write(out: Path, report: Report, sides: Sequence[Side], city: City, language: str) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")
        (out / "report.html").write_text(backtests.page(report, city, language), encoding="utf-8")
        for name, side in zip(("old", "new"), sides, strict=False):
            (out / f"{name}.canonical.jsonl").write_bytes(canonical.lines(side.alerts))
    except OSError as fault:
        raise SpokenError("folder-unwritable", folder=out, why=fault.strerror) from None
