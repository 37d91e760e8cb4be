"""`tocsin rules ...`: which rules judge, and which are stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final

import typer

from rules.records import Order, StartRule, StopRule
from streams.arguments import CityFolder, DataFolder, settings_of
from streams.clock import WallClock
from streams.handover import hand_over_order, wait_taken
from streams.journal import Journal
from streams.messages import SpokenError, say
from streams.opened import city_of, journal_of
from streams.rewind import engine_now

rules: Final = typer.Typer(help="Rules of a city: which judge, and which are stopped.", no_args_is_help=True)

ORDER_SECONDS: Final = 10.0
"""How long a command waits for a city that is served to take its order."""
RuleId = Annotated[str, typer.Argument(metavar="RULE", help="Id of the rule: the stem of its file.")]


@rules.command("list")
def list_command(city: CityFolder, data: DataFolder = None) -> None:
    """The rules in force: which judge, which are stopped, since which record and why. Works while serving."""
    settings = settings_of(data=data)
    read = city_of(city, settings.language)
    with closing(Journal.open(journal_of(read.name, settings), read_only=True)) as journal:
        engine = engine_now(journal)
    for rule in engine.book.rules:
        offset, why = engine.stopped.get(rule.id, (0, ""))
        word = "rule-runs" if not why else "rule-stopped-by-hand" if why == "order" else "rule-raised"
        typer.echo(say(word, settings.language, rule=rule.id, city=city, offset=offset, why=why))


@rules.command("stop")
def stop_command(city: CityFolder, rule: RuleId, data: DataFolder = None) -> None:
    """Stop a rule: what it has running is over, and it judges nothing until it is started. Works while serving."""
    _give(StopRule, "order-stop-taken", city, rule, data)


@rules.command("start")
def start_command(city: CityFolder, rule: RuleId, data: DataFolder = None) -> None:
    """Start a rule that was stopped, by hand or because it raised an error. Works while serving."""
    _give(StartRule, "order-start-taken", city, rule, data)


def _give(make: Callable[[int, str], Order], done: str, city: Path, rule: str, data: Path | None) -> None:
    """Hand the order over, and wait a little for the city to take it."""
    settings, clock = settings_of(data=data), WallClock()
    read = city_of(city, settings.language)
    known = sorted(one.id for one in read.book.rules)
    if rule not in known:
        raise SpokenError("rule-not-there", rule=rule, city=read.name, known=", ".join(known))
    folder = settings.data / read.name
    try:
        path = hand_over_order(folder, make(0, rule), clock.now())
    except OSError as fault:
        raise SpokenError("folder-unwritable", folder=folder, why=fault.strerror) from None
    taken = wait_taken([path], clock, time.sleep, seconds=ORDER_SECONDS)
    typer.echo(say(done if taken else "order-waits", settings.language, rule=rule, city=read.name))
