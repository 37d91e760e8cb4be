"""The Kafka road from the command line: `tocsin kafka ...` and `intake`. Its packages, which one machine does
without, are imported only when a command is called."""

from __future__ import annotations

import contextlib
import gc
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import msgspec
import typer

from streams import logs, replay
from streams.arguments import ERRORS, DataFolder, settings_of, time_of
from streams.clock import WallClock
from streams.journal import Journal
from streams.messages import SpokenError, say
from streams.opened import city_of, intake_of, journal_of
from streams.refusals import Refusal
from streams.releases import released
from streams.rewind import Log
from streams.runtime import ClockKind
from streams.settings import Settings
from streams.worker_command import Brokers, MetricsAt, counted, road

if TYPE_CHECKING:
    from streams.kafka.admin import Report

kafka: Final = typer.Typer(
    help="Topics of the Kafka road: made, and held against what they should be.", no_args_is_help=True
)

PARTITIONS: Final = 8
CityFolders = Annotated[list[Path], typer.Argument(metavar="CITY...", help="Folders of the cities.")]


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
    report = road("admin").setup(settings.brokers, read, partitions=partitions, replicas=replicas)
    for topic in report.made:
        typer.echo(say("kafka-topic-made", settings.language, topic=topic))
    _tell(report, settings.kafka, settings.language)


@kafka.command()
def check(cities: CityFolders, brokers: Brokers = None) -> None:
    """Hold the topics against what they should be. Changes nothing; exit 1 where something differs."""
    settings = settings_of(kafka=brokers)
    read = [city_of(folder, settings.language) for folder in cities]
    _tell(road("admin").check(settings.brokers, read), settings.kafka, settings.language)


@kafka.command()
def acls(
    cities: Annotated[
        list[Path] | None, typer.Argument(metavar="[CITY]...", help="Folders of cities, for topics of others.")
    ] = None,
    brokers: Brokers = None,
    prefix: Annotated[str, typer.Option(help="What the users' names begin with; the process follows.")] = "tocsin-",
    apply: Annotated[bool, typer.Option("--apply", help="Make them at the brokers, as a user who may.")] = False,
) -> None:
    """Print what each process needs to be let do at the brokers, as commands of Kafka's; or make it so."""
    settings = settings_of(kafka=brokers)
    read = [city_of(folder, settings.language) for folder in cities or ()]
    wanted = road("rights").rights(tuple(road("topics").foreign(read)))
    if not apply:
        for line in road("granting").commands(settings.brokers, wanted, prefix):
            typer.echo(line)
        return
    count = road("granting").grant(settings.brokers, wanted, prefix)
    typer.echo(say("kafka-acls-made", settings.language, count=count, users=len(wanted), address=settings.kafka))


@kafka.command()
def book(
    city: Annotated[Path, typer.Argument(help="Folder of the city.")], brokers: Brokers = None, data: DataFolder = None
) -> None:
    """Lay the rules of a folder, as released, where workers and desks look for them: for a topic that lost them."""
    settings = settings_of(kafka=brokers, data=data)
    read = released(city_of(city, settings.language), settings.data, settings.language)
    road("orders").lay(settings.brokers, read.book)
    digest = read.book.digest
    typer.echo(say("kafka-book-laid", settings.language, city=read.name, topic=road("topics").RULES, book=digest))


@kafka.command()
def asyncapi() -> None:
    """Print what the topics carry, as an AsyncAPI 3 document."""
    told = road("asyncapi").document()
    typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=1).decode())


def intake(
    cities: CityFolders,
    brokers: Brokers = None,
    clock: Annotated[
        str, typer.Option(help="wall, or stream: arrivals and ticks come in band (for replays and tests).")
    ] = "wall",
    without: Annotated[
        list[str] | None, typer.Option(help="A city that was taken in before and is no more; may be repeated.")
    ] = None,
    metrics: MetricsAt = None,
    events: Annotated[
        str | None,
        typer.Option("--events", help="Answer POST /v1/events at host:port; left out, records come by Kafka alone."),
    ] = None,
) -> None:
    """Take raw records of cities from Kafka into their logs. Any number of them share the work; ends on SIGTERM."""
    if clock not in ("wall", "stream"):
        raise typer.BadParameter("take wall or stream", param_hint="--clock")
    settings = settings_of(kafka=brokers)
    logs.configure(settings.log)
    key = settings.key.get_secret_value().encode()
    if not key:
        raise SpokenError("kafka-key")
    folders = [city_of(folder, settings.language) for folder in cities]
    read = [released(city, settings.data, settings.language) for city in folders]
    kind: ClockKind = "stream" if clock == "stream" else "wall"
    crash = road("crashpoints").armed(settings.crash_at if kind == "stream" else "")
    counts = counted(metrics, settings)
    process = road("intake").IntakeProcess(
        settings.brokers, read, key, kind=kind, without=without or (), crash=crash, metrics=counts,
        released=lambda city: released(city, settings.data, settings.language),
    )  # fmt: skip
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: process.end())
    gc.freeze()  # a batch is ten thousands of small values that die together: looking for rings among them, as often as
    gc.set_threshold(100_000, 20, 100)  # is the default, took a fifth of an intake's time
    door = None
    with contextlib.ExitStack() as opened:
        if events is not None:
            door = road("reception").Reception(
                events, read, key, settings, WallClock(), counts, kind=kind, on_end=process.end
            )
            opened.callback(door.close)
            names = ", ".join(city.name for city in read)
            ERRORS.print(say("events-open", settings.language, cities=names, address=door.address))
        process.run()
    if door is not None and door.broke:
        raise typer.Exit(1)


def pour(
    settings: Settings,
    folder: Path,
    feeds: Sequence[str],
    files: Sequence[Path],
    between: tuple[str | None, str | None],
    progress: Callable[[int, int, int], None],
) -> int:
    """`tocsin replay CITY --to kafka`; how many raw records were sent."""
    city = city_of(folder, settings.language)
    since, until = (time_of(text, city) for text in between)
    chosen = replay.files_of(city, feeds, files)
    way = road("pour").Pour(settings.brokers, city, intake_of(city, replay.REPLAY_KEY), chosen)
    sent: int = way.run(since, until, progress)
    return sent


@contextlib.contextmanager
def opened_log(settings: Settings, city: str, *, kafka: bool) -> Iterator[Log]:
    """What a city's engine is judged again from: its journal, or its topics. Raises SpokenError."""
    with contextlib.ExitStack() as opened:
        if kafka:
            found: Log = opened.enter_context(road("topic_log").opened(settings.brokers, city))
        else:
            found = opened.enter_context(contextlib.closing(Journal.open(journal_of(city, settings), read_only=True)))
        yield found


def still_refused(settings: Settings, folder: Path, feed: str | None, limit: int) -> Sequence[Refusal]:
    """`tocsin refused list CITY --road kafka`: newest first."""
    found: list[Refusal] = road("retries").still_refused(settings.brokers, city_of(folder, settings.language), feed)
    return found[::-1][:limit]


def ask_again(settings: Settings, folder: Path, feed: str | None) -> None:
    """`tocsin refused retry CITY --road kafka`."""
    retries, city = road("retries"), city_of(folder, settings.language)
    refused = retries.still_refused(settings.brokers, city, feed)
    intake = intake_of(city, settings.key.get_secret_value().encode())
    count, lost = retries.ask(settings.brokers, city, intake, refused)
    typer.echo(say("kafka-retry-asked", settings.language, city=city.name, count=count, lost=lost))


def _tell(report: Report, address: str, language: str) -> None:
    for drift in report.drifts:
        typer.echo(say(drift.name, language, **drift.values))
    if report.drifts:
        raise typer.Exit(1)
    typer.echo(say("kafka-as-wanted", language, address=address, topics=report.topics, partitions=report.partitions))
