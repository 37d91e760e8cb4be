"""`tocsin rules ...`: which rules judge, and which are stopped."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import msgspec
import typer

from rules.book import Rule
from rules.calibration import desks_of
from rules.judge import Judge
from rules.records import StartRule, StopRule
from streams.arguments import CityFolder, DataFolder, settings_of
from streams.by_hand import By, Hand, RoadOption, Why
from streams.city import City
from streams.city.case_checks import read_cases
from streams.city.editor_schema import cases_schema, deadlines_schema, rule_schema
from streams.clock import WallClock
from streams.messages import SpokenError, say
from streams.opened import city_of, journal_of
from streams.overrides import told
from streams.problems import Counted
from streams.processes import cores
from streams.rehearsal import lines, played
from streams.replay import archives_of
from streams.rewind import engine_beside
from streams.rule_notes import idle, last_days, reviews
from streams.worker_command import Brokers

rules: Final = typer.Typer(help="Rules of a city: which judge, and which are stopped.", no_args_is_help=True)

Processes = Annotated[
    int | None, typer.Option("--processes", min=1, max=256, help="Over how many processes; else one a processor.")
]
RuleId = Annotated[str, typer.Argument(metavar="RULE", help="Id of the rule: the stem of its file.")]


@rules.command("list")
def list_command(city: CityFolder, data: DataFolder = None) -> None:
    """The rules in force: which judge, which are stopped, since which record and why. Works while serving."""
    settings = settings_of(data=data)
    read = city_of(city, settings.language)
    engine = engine_beside(journal_of(read.name, settings))
    for rule in engine.book.all_rules:
        offset, why = engine.stopped.get(rule.id, (0, ""))
        word = "rule-runs" if not why else "rule-stopped-by-hand" if why == "order" else "rule-raised"
        typer.echo(say(word, settings.language, rule=rule.id, city=city, offset=offset, why=why))
        if not isinstance(rule, Rule):
            continue
        for line in _heights(engine.rules[rule.id].judge, settings.language):
            typer.echo(line)
        for one in rule.overrides or ():
            typer.echo(say("rule-override", settings.language, area=one.area, **told(one, settings.language)))


@rules.command("schema")
def schema_command(
    city: Annotated[Path | None, typer.Argument(metavar="[CITY]", help="A city whose own names it is to know.")] = None,
    cases: Annotated[bool, typer.Option("--cases", help="Of rules/*.cases.yaml instead of rules/*.yaml.")] = False,
    deadlines: Annotated[bool, typer.Option("--deadlines", help="Of deadlines.yaml instead.")] = False,
) -> None:
    """Print the JSON Schema of rule files, for editors: completion, meanings, most mistakes while typing."""
    read = city_of(city, settings_of().language) if city is not None else None
    schema = deadlines_schema(read) if deadlines else cases_schema(read) if cases else rule_schema(read)
    typer.echo(msgspec.json.format(msgspec.json.encode(schema), indent=2).decode())


@rules.command("stop")
def stop_command(
    city: CityFolder, rule: RuleId, by: By, reason: Why, data: DataFolder = None, on: RoadOption = "local",
    brokers: Brokers = None,
) -> None:  # fmt: skip
    """Stop a rule: what it has running is over, and it judges nothing until it is started. Works while serving."""
    hand = Hand.of(city, by, reason, data, on, brokers)
    _known(hand.city, rule)
    hand.give(StopRule(0, rule), "order-stop-taken", rule=rule)


@rules.command("start")
def start_command(
    city: CityFolder, rule: RuleId, by: By, reason: Why, data: DataFolder = None, on: RoadOption = "local",
    brokers: Brokers = None,
) -> None:  # fmt: skip
    """Start a rule that was stopped, by hand or because it raised an error. Works while serving."""
    hand = Hand.of(city, by, reason, data, on, brokers)
    _known(hand.city, rule)
    hand.give(StartRule(0, rule), "order-start-taken", rule=rule)


def rehearse(
    city: CityFolder,
    rule: Annotated[str | None, typer.Option("--rule", help="The cases of one rule only.")] = None,
    processes: Processes = None,
) -> None:
    """Play the cases beside each rule (rules/ID.cases.yaml) on their timelines, through the code that judges the city.

    Exit code 0: all as expected; 1: what differs is told, with file, line and column.
    """
    settings, clock = settings_of(), WallClock()
    read = city_of(city, settings.language)
    _known(read, rule)
    begun, many, failed, with_cases = clock.steady(), 0, 0, set[str]()
    only = None if rule is None else [rule]
    for outcome in played(read, clock, settings.language, only=only, processes=processes or cores()):
        many += 1
        with_cases.add(outcome.cases.rule.id)
        failed += bool(outcome.failures)
        for line in lines(outcome, settings.language):
            typer.echo(line)
    for one in read.book.all_rules:
        if one.id not in with_cases and rule in (None, one.id):
            typer.echo(say("cases-none", settings.language, rule=one.id))
    told = {
        "cases": Counted(many),
        "rules": Counted(len(with_cases)),
        "failed": failed,
        "seconds": f"{clock.steady() - begun:.1f}",
    }
    typer.echo(say("cases-failed" if failed else "cases-passed", settings.language, **told))
    raise typer.Exit(1 if failed else 0)


def check_rules(city: City, language: str, *, past: bool) -> int:
    """Say what is wrong with the cases of a whole city, and with its rules beside calendar and past; the exit code."""
    cases = read_cases(city)
    if cases.problems:
        typer.echo(cases.render(language))
        return 1
    today = WallClock().now() // 1000
    for note in reviews(city, datetime.fromtimestamp(today, ZoneInfo(city.zone)).date()):
        typer.echo(note.render(language))
    if not past:
        return 0
    archives = archives_of(city)
    days = last_days([archive.whole for archive in archives if archive.whole is not None])
    found = [note.render(language) for note in idle(city, days)]
    typer.echo("\n".join(found) if found else say("past-whole", language, **days.told))
    return 1 if found else 0


def _heights(judge: Judge, language: str) -> Iterator[str]:
    """At which height the rule speaks, first desk by first desk; nothing of rules that learn none."""
    for desk in desks_of(judge) if judge.detector.refits == "day" else ():
        height, bound = judge.height_at(desk), judge.analytic(desk)
        word = "rule-height-bound" if height == bound else "rule-height"
        yield say(word, language, desk=desk, height=f"{height:.2f}", bound=f"{bound:.2f}")


def _known(city: City, rule: str | None) -> None:
    """Raises SpokenError for a rule that the city does not have."""
    known = sorted(one.id for one in city.book.all_rules)
    if rule is not None and rule not in known:
        raise SpokenError("rule-not-there", rule=rule, city=city.name, known=", ".join(known))
