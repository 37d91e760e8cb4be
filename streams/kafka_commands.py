"""`tocsin kafka ...`: the topics of the Kafka road. Its packages are imported only when it is called."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Final

import typer

from streams.arguments import settings_of
from streams.messages import SpokenError, say
from streams.opened import city_of

if TYPE_CHECKING:
    from streams.kafka.admin import Report

kafka: Final = typer.Typer(
    help="Topics of the Kafka road: made, and held against what they should be.", no_args_is_help=True
)

PARTITIONS: Final = 8
CityFolders = Annotated[list[Path], typer.Argument(metavar="CITY...", help="Folders of the cities.")]
Brokers = Annotated[str | None, typer.Option("--kafka", help="Brokers; else TOCSIN_KAFKA, else 127.0.0.1:9092.")]


@kafka.command()
def setup(
    cities: CityFolders,
    brokers: Brokers = None,
    partitions: Annotated[
        int, typer.Option(min=1, help="Partitions of every topic: at least as many as there will ever be workers.")
    ] = PARTITIONS,
    replicas: Annotated[
        int | None, typer.Option(min=1, help="Copies of every topic; else 3, or as many as there are brokers.")
    ] = None,
) -> None:
    """Make the topics that are missing. What is there stays as it is; where it differs, that is said, and exit 1."""
    settings = settings_of(kafka=brokers)
    read = [city_of(folder, settings.language) for folder in cities]
    report = _admin().setup(settings.kafka, read, partitions=partitions, replicas=replicas)
    for topic in report.made:
        typer.echo(say("kafka-topic-made", settings.language, topic=topic))
    _tell(report, settings.kafka, settings.language)


@kafka.command()
def check(cities: CityFolders, brokers: Brokers = None) -> None:
    """Hold the topics against what they should be. Changes nothing; exit 1 where something differs."""
    settings = settings_of(kafka=brokers)
    read = [city_of(folder, settings.language) for folder in cities]
    _tell(_admin().check(settings.kafka, read), settings.kafka, settings.language)


def _admin() -> ModuleType:
    try:
        from streams.kafka import admin  # noqa: PLC0415 - one machine needs no broker
    except ModuleNotFoundError:
        raise SpokenError("kafka-not-installed") from None
    return admin


def _tell(report: Report, address: str, language: str) -> None:
    for drift in report.drifts:
        typer.echo(say(drift.name, language, **drift.values))
    if report.drifts:
        raise typer.Exit(1)
    typer.echo(say("kafka-as-wanted", language, address=address, topics=report.topics, partitions=report.partitions))
