"""`tocsin backtest`: the code that judges the city over its past, for the rules in force and for a change of one."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from rules import canonical
from streams import backtest as backtests
from streams import logs
from streams.arguments import TIMES, CityFolder, DataFolder, settings_of, time_of
from streams.backtest import Report, Side
from streams.backtest.question import Question, ground_of
from streams.bar import Bar
from streams.calibrate_command import Calibrating, quiet_months
from streams.city import City
from streams.clock import WallClock
from streams.messages import SpokenError, say
from streams.opened import city_of, city_with
from streams.processes import cores

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
    asked = Question(read, changed, rule)
    span = time_of(since, read), time_of(to, read)
    ground = ground_of(read, settings, span[1], stored=stored, solved_anew=calibrating)
    known = _labels(read, labels)
    with Bar(settings.language, "backtest-on-the-way") as progress:

        def watch(done: int) -> None:
            progress(done, ground.events * len(asked.groups), ground.last)

        report, sides = asked.answer(
            ground, span, known, WallClock(), processes or cores(), watch, calibrate=quiet_months(calibrating)
        )
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        typer.echo("\n".join(backtests.lines(report, settings.language)))
    if out is not None:
        _write(out, report, sides, changed or read, settings.language)
        typer.echo(say("backtest-written", settings.language, path=out / "report.html"), err=as_json)


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
