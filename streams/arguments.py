"""What several commands take: folders, feeds, times, and the settings with what the command line gave over them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import typer
from rich.console import Console

from streams.messages import SpokenError
from streams.settings import Settings, read_settings

if TYPE_CHECKING:
    from streams.city import City

TIMES: Final = "2016-01-23, or 2016-01-23T12:00:00-05:00; without an offset it is the city's time"
ERRORS: Final = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)

CityFolder = Annotated[Path, typer.Argument(metavar="CITY", help="Folder of the city.")]
DataFolder = Annotated[
    Path | None, typer.Option("--data", help="Folder of journals and alerts; else TOCSIN_DATA, else ./var.")
]


def settings_of(**given: object) -> Settings:
    """The settings, with what the command line gave over them."""
    return read_settings().model_copy(update={name: value for name, value in given.items() if value is not None})


def is_kafka(road: str) -> bool:
    """Whether `--road` names the Kafka road. Raises BadParameter where it names none."""
    if road not in ("local", "kafka"):
        raise typer.BadParameter("take local or kafka", param_hint="--road")
    return road == "kafka"


def time_of(text: str | None, city: City) -> int | None:
    """Milliseconds of a date or a time; without an offset it is the city's. Raises SpokenError."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SpokenError("time-wrong", text=text[:40]) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(city.zone))
    return round(moment.timestamp() * 1000)
