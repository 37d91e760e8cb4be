"""`tocsin calibrate`: heights solved for what rules promise, put in force as an Order, held against what was told."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from rules.engine import Engine
from streams import calibration, logs, replay
from streams.arguments import CityFolder, DataFolder, is_kafka, settings_of
from streams.bar import Bar
from streams.calibration import Held, Report, begun
from streams.city import City
from streams.clock import WallClock
from streams.handover import hand_over_order, lay_and_wait
from streams.messages import SpokenError, say
from streams.opened import city_of, intake_of, journal_of, store_beside
from streams.past import DAY
from streams.problems import Counted
from streams.processes import cores
from streams.rewind import engine_beside
from streams.settings import Settings
from streams.worker_command import Brokers, road

_COLUMNS: Final = (
    "rule", "desk", "height", "alone", "before", "promised", "modelled", "achieved", "alerts", "confirmed", "chance",
    "hours",
)  # fmt: skip

Calibrating = Annotated[
    bool,
    typer.Option(
        "--calibrate", help="Solve heights on the way, after 35 days and every 28 days, from what came before; slower."
    ),
]


def quiet_months(calibrating: bool) -> float:
    """What a replay or a backtest judges for each calibration."""
    return calibration.REPLAYED_MONTHS if calibrating else 0.0


def calibrate(
    city: CityFolder,
    archive: Annotated[
        bool, typer.Option("--archive", help="Learn from the archive of the feeds; report only, change nothing.")
    ] = False,
    months: Annotated[
        float, typer.Option("--months", min=1, max=1_000, help="Quiet months that are judged for each rule.")
    ] = calibration.MONTHS,
    days: Annotated[
        int, typer.Option("--days", min=1, max=3_660, help="Days of alerts that the promises are held against.")
    ] = calibration.HELD_DAYS,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report only, change nothing.")] = False,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="The report as JSON in a file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON, for programs.")] = False,
    on: Annotated[
        str,
        typer.Option(
            "--road",
            metavar="ROAD",
            help="local, or kafka: learn from the archive, and send the Order to its intakes.",
        ),
    ] = "local",
    brokers: Brokers = None,
    processes: Annotated[
        int | None, typer.Option("--processes", min=1, max=256, help="Over how many processes; else one a processor.")
    ] = None,
    data: DataFolder = None,
) -> None:
    """Solve the height of every rule and first desk so that its promise of false alarms is kept; works while serving.

    Quiet months out of what was learned are judged by the code that judges the city. The heights enter the log as an
    Order. The report holds what was promised against what was told.
    """
    on_kafka = is_kafka(on)
    settings = settings_of(data=data, kafka=brokers)
    logs.configure(settings.log, level=logging.WARNING)
    read = city_of(city, settings.language)
    engine, held = _of_archive(read, days) if archive or on_kafka else _of_log(read, settings, days)
    with Bar(settings.language, "calibrating") as progress:
        report = calibration.calibrated(
            engine,
            months=months,
            processes=processes or cores(),
            held=held,
            look=lambda done, rules: progress(done, rules, engine.tick or 0),
        )
    if not report.figures:
        raise SpokenError("calibration-none", city=read.name)
    typer.echo(_json(report) if as_json else "\n".join(lines(report, settings.language)))
    if out is not None:
        _write(out, report)
    if dry_run or (archive and not on_kafka):
        word = "calibration-dry" if dry_run else "calibration-archive"
    elif on_kafka:
        road("orders").give(settings.brokers, read.name, calibration.order(report, 0))
        word = "calibration-sent"
    else:
        word = "calibration-taken" if _hand_over(report, settings.data / read.name) else "order-waits"
    typer.echo(say(word, settings.language, city=read.name, count=Counted(len(report.figures))), err=as_json)


def _of_log(city: City, settings: Settings, days: int) -> tuple[Engine, Held | None]:
    """The engine at the end of the city's log, and the alerts of its last days."""
    engine = engine_beside(journal_of(city.name, settings))
    until = engine.tick or 0
    with store_beside(city.name, settings) as store:
        alerts = list(store.final())
    since = max(until - days * DAY, begun(engine))
    return engine, Held.of(alerts, since, until) if since < until else None


def _of_archive(city: City, days: int) -> tuple[Engine, Held | None]:
    """The engine at the end of the archive, calibrated on the way as every replay may be, and what it said there."""
    past = replay.read_past(city, intake_of(city, replay.REPLAY_KEY), replay.files_of(city, [], []))
    told = replay.run(city.book, past, WallClock(), calibrate=calibration.REPLAYED_MONTHS)
    begun = told.calibrated[0].start if told.calibrated else told.last
    since = max(told.last - days * DAY, begun)
    return told.engine, Held.of(told.store.final(), since, told.last) if since < told.last else None


def lines(report: Report, language: str) -> list[str]:
    """The report as a table for a terminal."""
    found = [
        say(
            "calibration-head",
            language,
            city=report.city,
            at=report.at[:10],
            months=Counted(round(report.quiet_months)),
        ),
    ]
    held = report.since is not None and report.until is not None
    if report.since is not None and report.until is not None:
        found.append(say("calibration-held", language, since=report.since[:10], until=report.until[:10]))
    names = [name for name in _COLUMNS if held or name not in ("alone", "achieved", "alerts", "confirmed", "chance")]
    rows = [[say(f"calibration-{name}", language) for name in names]]
    for one in report.figures:
        told = {
            "rule": one.rule,
            "desk": one.desk,
            "height": f"{one.height:.2f}",
            "alone": f"{one.height_modelled or one.height:.2f}",
            "before": f"{one.height_before:.2f}",
            "promised": f"{one.promised:g}",
            "modelled": f"{one.modelled:.2f}",
            "achieved": f"{one.achieved:.2f}" if one.achieved is not None else "",
            "alerts": str(one.alerts),
            "confirmed": str(one.confirmed),
            "chance": f"{one.low}-{one.high}",
            "hours": f"{one.achieved_hours if held else one.modelled_hours:.1f}",
        }
        rows.append([told[name] for name in names])
    widths = [max(_wide(row[n]) for row in rows) for n in range(len(names))]
    found += ["  ".join(cell + " " * (w - _wide(cell)) for cell, w in zip(row, widths, strict=True)) for row in rows]
    if report.left:
        found.append(say("calibration-left", language, rules=", ".join(report.left)))
    return [line.rstrip() for line in found]


def _wide(text: str) -> int:
    """Columns that a text takes on a terminal: a Chinese character takes two."""
    return sum(1 + (ord(letter) > 0x2E7F) for letter in text)


def _json(report: Report) -> str:
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def _write(path: Path, report: Report) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_json(report) + "\n", encoding="utf-8")
    except OSError as fault:
        raise SpokenError("folder-unwritable", folder=path.parent, why=fault.strerror) from None


def _hand_over(report: Report, folder: Path) -> bool:
    """Lay the Order before the city with its report beside, and wait a little for it to be taken."""

    def lay() -> Path:
        path = hand_over_order(folder, calibration.order(report, 0), WallClock().now())
        _write(folder / calibration.LAST, report)
        return path

    return lay_and_wait(folder, lay)
