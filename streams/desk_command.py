"""`tocsin desk` from the command line: the desk of cities whose signals come by Kafka."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from streams import logs
from streams import serve as services
from streams.arguments import ERRORS, DataFolder, settings_of
from streams.messages import say
from streams.runtime import ClockKind
from streams.worker_command import Brokers, road


def desk(
    cities: Annotated[list[Path], typer.Argument(metavar="CITY...", help="Folders of the cities.")],
    host: Annotated[str | None, typer.Option(help="Address to listen on; else TOCSIN_HOST, else 127.0.0.1.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="Port; 0 takes a free one; else TOCSIN_PORT, else 8000.")
    ] = None,
    data: DataFolder = None,
    brokers: Brokers = None,
    clock: Annotated[
        str, typer.Option(help="wall, or stream: of a past that was poured; nobody is called (for replays and tests).")
    ] = "wall",
    without_book: Annotated[
        list[str] | None,
        typer.Option(help="A book that is lost: signals that name it are set aside; may be repeated."),
    ] = None,
) -> None:
    """Open the desk of cities that workers judge: board, alerts, notices. One process a city; ends in order on SIGTERM,
    reads the folders on SIGHUP."""
    if clock not in ("wall", "stream"):
        raise typer.BadParameter("take wall or stream", param_hint="--clock")
    settings = settings_of(host=host, port=port, data=data, kafka=brokers)
    logs.configure(settings.log)
    kind: ClockKind = "stream" if clock == "stream" else "wall"
    points = road("crashpoints")
    ours = kind == "stream" and points.on_this_machine(settings.kafka)
    crash = points.armed(settings.crash_at if ours else "")
    opens: Any = partial(road("desk").DeskStation, crash=crash, without=without_book or ())

    def told(address: str) -> None:
        names = ", ".join(city.name for city in cities)
        ERRORS.print(say("desk-open", settings.language, cities=names, address=address))

    if not services.serve(cities, settings, kind=kind, told=told, opens=opens):
        raise typer.Exit(1)
