"""`tocsin doctor` and `tocsin support-bundle` from the command line."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from streams import doctor as doctors
from streams import logs, support
from streams.arguments import DataFolder, is_kafka, settings_of
from streams.clock import WallClock
from streams.entry import language_set
from streams.messages import SpokenError, say
from streams.opened import city_of
from streams.worker_command import Brokers


def doctor(
    cities: Annotated[list[Path], typer.Argument(metavar="CITY...", help="Folders of the cities.")],
    url: Annotated[
        str | None, typer.Option("--url", help="Address of the process that serves them: its figures are read too.")
    ] = None,
    road: Annotated[
        str, typer.Option("--road", help="local, or kafka: brokers, topics and lag are looked at.")
    ] = "local",
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON, for programs.")] = False,
    data: DataFolder = None,
    brokers: Brokers = None,
) -> None:
    """Look at settings, clock, disk, stores, brokers, feeds, channels and the service: each is well, or what to do.

    Changes nothing and sends nothing. Exit code 0: nothing is broken; 1: something is.
    """
    kafka = is_kafka(road)
    logs.configure("auto", level=logging.CRITICAL)  # libraries complain of what is told here
    told = {"data": data, "kafka": brokers}
    given: dict[str, object] = {name: value for name, value in told.items() if value is not None}
    found = list(doctors.examine(cities, WallClock(), url=url, kafka=kafka, given=given))
    language = language_set()
    if as_json:
        rows = [
            {
                "part": one.part,
                "level": one.level,
                "message": one.message,
                "text": say(one.message, language, **one.values),
            }
            for one in found
        ]
        typer.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())
    else:
        for line in doctors.lines(found, language):
            typer.echo(line)
    raise typer.Exit(1 if any(one.level == "bad" for one in found) else 0)


def support_bundle(
    cities: Annotated[list[Path], typer.Argument(metavar="CITY...", help="Folders of the cities.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="A new zip file.")],
    url: Annotated[
        str | None, typer.Option("--url", help="Address of the process that serves them: its figures.")
    ] = None,
    data: DataFolder = None,
) -> None:
    """Write what somebody who helps needs: versions, settings without secrets, the doctor's findings, sizes, figures.

    It holds no event, alert, account or secret, and no address of the house. Look into it before you send it.
    """
    settings = settings_of(data=data)
    logs.configure(settings.log, level=logging.CRITICAL)
    clock = WallClock()
    given: dict[str, object] = {"data": settings.data}
    found = list(doctors.examine(cities, clock, url=url, kafka=False, given=given))
    read = [city_of(folder, settings.language) for folder in cities]
    try:
        names = support.write(out, support.pages(read, settings, found, url=url, now=clock.now()))
    except FileExistsError:
        raise SpokenError("folder-not-empty", folder=out) from None
    except OSError as fault:
        raise SpokenError("folder-unwritable", folder=out, why=fault.strerror) from None
    typer.echo(support.line(names, out, settings.language))
