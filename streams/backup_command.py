"""`tocsin backup` and `tocsin restore` from the command line."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer

from alerts.export import rfc3339
from streams import backup as backups
from streams import logs
from streams.arguments import DataFolder, settings_of
from streams.clock import WallClock
from streams.messages import SpokenError, say
from streams.opened import city_of


def backup(
    cities: Annotated[list[Path], typer.Argument(metavar="CITY...", help="Folders of the cities.")],
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="A new folder, on another disk.")],
    data: DataFolder = None,
) -> None:
    """Copy the data of cities while they are served: journals, alerts, keys, releases, accounts; and prove the copy.

    Exit code 1: what was copied is not well.
    """
    settings = settings_of(data=data)
    logs.configure(settings.log, level=logging.WARNING)
    read = [city_of(folder, settings.language) for folder in cities]
    try:
        made = backups.back_up(read, settings, to, WallClock().now())
    except OSError as fault:
        raise SpokenError("folder-unwritable", folder=to, why=fault.strerror) from None
    for city, proof in made.cities.items():
        _tell("backed-up" if proof.is_well else "backed-up-ill", city, proof, settings.language, folder=to)
    if made.apart:
        typer.echo(say("backup-apart", settings.language))
    if not all(proof.is_well for proof in made.cities.values()):
        raise typer.Exit(1)


def restore(
    source: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that tocsin backup made.")],
    data: DataFolder = None,
) -> None:
    """Lay a backup out where the cities' data are not, and prove it: every event in one place, the chain whole.

    Exit code 1: something is not as it was copied, and nothing was laid out.
    """
    settings = settings_of(data=data)
    logs.configure(settings.log, level=logging.WARNING)
    try:
        told = backups.restore(source, settings)
    except OSError as fault:
        raise SpokenError("folder-unwritable", folder=settings.data, why=fault.strerror) from None
    for city, proof in told.cities.items():
        _tell("restored", city, proof, settings.language)


def _tell(message: str, city: str, proof: backups.Proof, language: str, **values: object) -> None:
    told = {"offset": proof.offset, "tick": rfc3339(proof.tick), "alerts": proof.alerts, "entries": proof.entries}
    typer.echo(say(message, language, city=city, **told, **values))
