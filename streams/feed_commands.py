"""`tocsin feeds ...`: what is done with one feed of a city."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from rules.records import HearFeed, MuteFeed
from streams import logs
from streams.arguments import TIMES, CityFolder, DataFolder, settings_of, time_of
from streams.by_hand import By, Hand, RoadOption, Why
from streams.city import City
from streams.clock import WallClock
from streams.engines import RuleEngines
from streams.handover import hand_over, wait_taken
from streams.journal import Journal
from streams.look import format_of, look, sketch
from streams.messages import SpokenError, say
from streams.metrics import Metrics
from streams.opened import CityError, city_of, intake_of, journal_of, open_city
from streams.refusals import Refused
from streams.replay import REPLAY_KEY, files_of
from streams.retract import Retraction, retraction
from streams.runtime import Parcel
from streams.settings import Settings
from streams.trial import Tally, trial
from streams.worker_command import Brokers

feeds: Final = typer.Typer(
    help="One feed: look at its data, try its file, take back what it said.", no_args_is_help=True
)

FeedArgument = Annotated[str, typer.Argument(metavar="FEED", help="Name of the feed: the stem of its file.")]


@feeds.command(name="look")
def look_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file as the source gives it; .gz and .xz too.")],
    form: Annotated[str | None, typer.Option("--format", help="csv, json or jsonl; else by the file's name.")] = None,
    records: Annotated[str, typer.Option("--records", metavar="PATH", help="Where the records lie in JSON.")] = "",
    delimiter: Annotated[str, typer.Option("--delimiter", help="What stands between the cells of a CSV.")] = ",",
) -> None:
    """A first look at a strange file: its columns, how many are filled, and the forms of their texts; no values."""
    language = settings_of().language
    form = form or format_of(file)
    if form not in ("csv", "json", "jsonl") or len(delimiter) != 1:
        raise typer.BadParameter("take csv, json or jsonl, and one sign as delimiter", param_hint="--format")
    with _told(str(file)):
        for line in look(file, sketch(form, records if form == "json" else "", delimiter), language):
            typer.echo(line)


@feeds.command(name="try")
def try_command(
    city: CityFolder,
    feed: FeedArgument,
    files: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", help="Samples; else its archive.")] = None,
    limit: Annotated[int, typer.Option(min=0, help="Lines that are shown; all records are tried.")] = 20,
    refused: Annotated[bool, typer.Option("--refused", help="Show refused records alone.")] = False,
) -> None:
    """Try a feed's file on a sample: what each record gives, or why it is refused. Writes nothing."""
    language = settings_of().language
    read = city_of(city, language)
    chosen = files_of(read, [feed], files or [])[feed]
    tally, shown = Tally(), 0
    with _told(feed):
        for line, is_refused in trial(intake_of(read, REPLAY_KEY), feed, chosen, read.zone, language, tally):
            if shown < limit and (is_refused or not refused):
                typer.echo(line)
                shown += 1
    for line in tally.lines(feed, language):
        typer.echo(line)


@contextmanager
def _told(name: str) -> Iterator[None]:
    """What keeps a file from being read at all, told in one line."""
    try:
        yield
    except Refused as fault:
        raise SpokenError("file-unreadable", feed=name, why=fault) from None
    except BrokenPipeError:  # whoever read our lines has read enough
        raise
    except OSError as fault:
        raise SpokenError("file-unreadable", feed=name, why=fault.strerror) from None


@feeds.command()
def retract(
    city: CityFolder,
    feed: FeedArgument,
    since: Annotated[str, typer.Option("--from", help=f"Events that occurred at this time or later: {TIMES}.")],
    until: Annotated[str, typer.Option("--to", help="Events that occurred before this time.")],
    data: DataFolder = None,
) -> None:
    """Take back what a feed said in a span of time, as if it had never been counted. Works while serving, and twice."""
    settings = settings_of(data=data)
    logs.configure(settings.log, level=logging.WARNING)
    read = city_of(city, settings.language)
    first, beyond = time_of(since, read), time_of(until, read)
    if first is None or beyond is None or beyond <= first:
        raise SpokenError("span-empty", since=since, until=until)
    with closing(Journal.open(journal_of(read.name, settings), read_only=True)) as journal:
        known = {*read.feeds, *(name for book in journal.books().values() for name in book.feed_by_name)}
        if feed not in known:
            raise SpokenError("feed-unknown", feed=feed, known=", ".join(sorted(known)))
        found = retraction(journal, feed, first, beyond)
    done = not found.frames or _put(read, settings, found)
    message = "retracted" if done else "retraction-waits"
    typer.echo(say(message, settings.language, city=read.name, feed=feed, events=found.events, already=found.already))


@feeds.command()
def mute(
    city: CityFolder, feed: FeedArgument, by: By, reason: Why, data: DataFolder = None, on: RoadOption = "local",
    brokers: Brokers = None,
) -> None:  # fmt: skip
    """Listen to a feed no more: what it sends is kept and counted nowhere, its time is missing, nothing that it feeds
    is said to be over, and its silence is told to nobody. Works while serving."""
    hand = Hand.of(city, by, reason, data, on, brokers)
    _known(hand.city, feed)
    hand.give(MuteFeed(0, feed), "order-mute-taken", feed=feed)


@feeds.command()
def hear(
    city: CityFolder, feed: FeedArgument, by: By, reason: Why, data: DataFolder = None, on: RoadOption = "local",
    brokers: Brokers = None,
) -> None:  # fmt: skip
    """Listen to a feed again that was muted. What it sent meanwhile stays uncounted. Works while serving."""
    hand = Hand.of(city, by, reason, data, on, brokers)
    _known(hand.city, feed)
    hand.give(HearFeed(0, feed), "order-hear-taken", feed=feed)


def _known(city: City, feed: str) -> None:
    """Raises SpokenError for a feed that the city does not have."""
    if feed not in city.feeds:
        raise SpokenError("feed-unknown", feed=feed[:64], known=", ".join(sorted(city.feeds)))


def _put(city: City, settings: Settings, found: Retraction) -> bool:
    """Into the log: by ourselves, or by the process that serves the city; False where that has not answered yet."""
    clock = WallClock()
    try:
        opened = open_city(city, settings, clock, Metrics(), kind="wall", engines=RuleEngines())
    except CityError as fault:
        if fault.name != "folder-held":
            raise
        return wait_taken(hand_over(settings.data / city.name, found.frames), clock, time.sleep)
    with closing(opened.shard):
        for frame in found.frames:
            opened.shard.take([Parcel(frame=frame)])
    opened.close()
    return True
