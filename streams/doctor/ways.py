"""Ways in and out of a city: files that its feeds watch, channels of its desks with their secrets."""

from __future__ import annotations

import os
from collections.abc import Iterator

from alerts.channels.register import open_channel
from streams.city import City
from streams.doctor.finding import Finding, bad, good, note
from streams.feeds.blocks import Comes
from streams.messages import SpokenError
from streams.opened import intake_of
from streams.refusals import Refused
from streams.settings import Settings, read_secret
from streams.watch import FetchError, opened_fetch

INSIDE: frozenset[str] = frozenset({"console", "jsonlines"})
"""Channels that call nobody outside."""


def of_the_feeds(city: City) -> Iterator[Finding]:
    """Whether every feed can be connected, and what it watches is there to be read."""
    found: list[Finding] = []
    for name, feed in city.feeds.items():
        for way in (feed.comes.file, feed.comes.folder):
            if way is None:
                continue
            path = city.folder / way
            if not path.exists():
                found.append(bad("feeds", "doctor-feed-missing", feed=name, path=path))
            elif not os.access(path, os.R_OK):
                found.append(bad("feeds", "doctor-feed-unreadable", feed=name, path=path))
        if feed.comes.topic is not None:
            found.append(note("feeds", "doctor-feed-topic", feed=name))
        if feed.comes.url is not None:
            found += _polled(name, feed.comes)
    try:
        intake_of(city, b"to look at feeds needs no key")
    except SpokenError as fault:
        found.append(bad("feeds", fault))
    yield from found
    if all(finding.level == "note" for finding in found):
        yield good("feeds", "doctor-feeds-good", count=len(city.feeds))


def _polled(feed: str, comes: Comes) -> list[Finding]:
    """Looks once, as `tocsin serve` does; what it is given is not taken."""
    try:
        opened_fetch(feed, comes).look()
    except SpokenError as fault:
        return [bad("feeds", fault)]
    except (FetchError, Refused) as fault:
        return [bad("feeds", "doctor-feed-unpolled", feed=feed, why=fault)]
    return []


def of_the_channels(city: City, settings: Settings) -> Iterator[Finding]:
    """Whether every channel can be opened; nothing is sent (`tocsin channels test` does)."""
    found = []
    calls = False
    for desk in city.desks:
        for channel in desk.channels:
            calls = calls or channel.kind not in INSIDE
            try:
                open_channel(
                    channel.name,
                    channel.kind,
                    channel.options,
                    language=channel.language,
                    folder=settings.data / city.name,
                    secrets=read_secret,
                ).close()
            except ValueError as fault:
                found.append(bad("channels", "doctor-channel", channel=channel.name, why=fault))
            except SpokenError as fault:
                found.append(bad("channels", fault))
    if not calls:
        found.append(note("channels", "doctor-nobody-called"))
    if not any(one.level == "bad" for one in found):
        found.append(good("channels", "doctor-channels-good", count=sum(len(desk.channels) for desk in city.desks)))
    yield from found
