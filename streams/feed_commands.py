"""`tocsin feeds ...`: what is done with one feed of a city."""

from __future__ import annotations

import logging
import time
from contextlib import closing
from typing import Annotated, Final

import typer

from streams import logs
from streams.arguments import TIMES, CityFolder, DataFolder, settings_of, time_of
from streams.city import City
from streams.clock import WallClock
from streams.engines import RuleEngines
from streams.handover import hand_over, wait_taken
from streams.journal import Journal
from streams.messages import SpokenError, say
from streams.metrics import Metrics
from streams.opened import CityError, city_of, journal_of, open_city
from streams.retract import Retraction, retraction
from streams.runtime import Parcel
from streams.settings import Settings

feeds: Final = typer.Typer(help="One feed: try its file on a sample, take back what it said.", no_args_is_help=True)

FeedArgument = Annotated[str, typer.Argument(metavar="FEED", help="Name of the feed: the stem of its file.")]


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
