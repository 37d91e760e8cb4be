"""`tocsin channels ...`: the ways to a city's desks, and whether a drill gets through."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated, Final

import typer

from alerts.channels.register import open_channel
from alerts.desks import Channel
from alerts.drill import drill
from streams.arguments import CityFolder, DataFolder, settings_of
from streams.city import City
from streams.city.durations import written
from streams.clock import WallClock
from streams.messages import SpokenError, say
from streams.opened import CityError, city_of
from streams.settings import read_secret

channels: Final = typer.Typer(help="Ways to a city's desks: which there are, and a drill.", no_args_is_help=True)

ChannelName = Annotated[
    str, typer.Argument(metavar="CHANNEL", help="Name of the channel, as `channels list` shows it.")
]


@channels.command("list")
def list_command(city: CityFolder) -> None:
    """The channels of every desk, in their order, with what stands in for what, and what is called after how long."""
    settings = settings_of()
    read = city_of(city, settings.language)
    for desk in read.desks:
        for channel in desk.channels:
            word = "channel-stands-in" if channel.standby else "channel-called" if channel.untaken else "channel-told"
            waits = ", ".join(f"{colour} {written(wait)}" for colour, wait in channel.untaken.items())
            seconds = channel.standby // 1000
            typer.echo(say(word, settings.language, name=channel.name, seconds=seconds, waits=waits))


@channels.command("test")
def drill_command(city: CityFolder, channel: ChannelName, data: DataFolder = None) -> None:
    """Send a drill over one channel and say what came of it. It is marked as an exercise, and no alert is touched."""
    settings = settings_of(data=data)
    read = city_of(city, settings.language)
    wanted = _found(read, channel)
    if wanted.kind == "console":
        raise SpokenError("drill-nowhere", name=wanted.name)
    now = WallClock().now()
    try:
        road = open_channel(
            wanted.name,
            wanted.kind,
            wanted.options,
            language=wanted.language,
            folder=settings.data / read.name,
            secrets=read_secret,
        )
    except ValueError as fault:
        raise CityError("channel-unopened", city=read.name, why=fault) from None
    desk = next(desk for desk in read.desks if wanted in desk.channels)
    with closing(road):
        receipt = road.deliver(drill(wanted, desk.id, desk.names, read.book, now), now)
    heard = receipt.outcome == "accepted"
    values = {"name": wanted.name, "outcome": receipt.outcome, "detail": receipt.detail}
    if not heard:
        raise SpokenError("drill-unheard", **values)
    typer.echo(say("drill-heard", settings.language, **values))


def _found(city: City, name: str) -> Channel:
    every = {channel.name: channel for desk in city.desks for channel in desk.channels}
    if name not in every:
        raise SpokenError("channel-unknown", name=name, city=city.name, known=", ".join(every))
    return every[name]
