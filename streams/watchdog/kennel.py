"""From what the command line says to a watchdog at work: cities, how to look at them, whom to tell."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Final

import structlog

from alerts.channels.jsonlines import JsonLinesChannel
from alerts.channels.port import Channel
from alerts.channels.register import open_channel
from alerts.desks import Desk
from streams.city import City
from streams.clock import WallClock
from streams.opened import CityError, city_of, journal_of
from streams.settings import Settings, read_secret
from streams.watchdog.dog import ONCE_LEAST, ONCE_PART, ONCE_PAUSE, Watchdog
from streams.watchdog.looking import Lookout
from streams.watchdog.telling import Teller, recall

FOLDER: Final = "watchdog"
LINES: Final = "notices.jsonl"

log = structlog.get_logger()


def watch_over(
    folders: Sequence[Path],
    settings: Settings,
    *,
    url: str | None,
    desk: str | None,
    once: bool,
    told: Callable[[str], None],
) -> bool:
    """Watch the cities in `folders` until told to end, or `once`; True where none stands still at the end.

    `url`: of the process that serves them. `desk`: who is told; else each city's first desk of everything.
    Raises CityError, OSError.
    """
    cities = {city.name: city for city in (city_of(folder, settings.language) for folder in folders)}
    if len(cities) < len(folders):
        raise CityError("one-name-twice", names=", ".join(sorted(cities)))
    folder = settings.data / FOLDER
    channels = {name: _channels(city, desk, folder) for name, city in cities.items()}
    limit, pause = settings.watchdog_still_seconds, settings.watchdog_look_seconds
    if once:
        limit, pause = max(limit / ONCE_PART, ONCE_LEAST), min(pause, ONCE_PAUSE)
    token = settings.watchdog_token.get_secret_value()
    looks = {
        name: Lookout(name, journal=journal_of(name, settings), url=url, pause=pause, token=token) for name in cities
    }
    teller = Teller(cities, channels, recall(folder / "memory.json"))
    dog = Watchdog(looks, teller, WallClock(), folder, limit=limit, pause=pause, waits=once)
    for look in looks.values():
        look.start()
    told(", ".join(cities))
    with _until_told() as ended, contextlib.closing(dog):
        if once:
            dog.once(ended, 2 * limit)
        else:
            dog.run(ended)
    for look in looks.values():
        look.stop()
    return not dog.troubled


@contextlib.contextmanager
def _until_told() -> Generator[threading.Event]:
    """An event that SIGTERM and SIGINT set."""
    ended = threading.Event()
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    yield ended
    for number, handler in before.items():
        signal.signal(number, handler)


def _channels(city: City, desk_id: str | None, folder: Path) -> list[Channel]:
    """The desk's roads that lead outside, and a file of the watchdog's own."""
    desk = _desk(city, desk_id)
    found: list[Channel] = [JsonLinesChannel(f"{city.name}/{FOLDER}", folder / LINES, city.languages[0])]
    for channel in desk.channels:
        if channel.kind in ("console", "jsonlines"):  # they live and die with the process that is watched
            continue
        name = f"{city.name}/{channel.name}"
        try:
            found.append(
                open_channel(
                    name, channel.kind, channel.options, language=channel.language, folder=folder, secrets=read_secret
                )
            )
        except ValueError as fault:
            raise CityError("channel-unopened", city=city.name, why=fault) from None
    if len(found) == 1:
        log.warning("watchdog_tells_a_file_only", city=city.name, desk=desk.id, file=LINES)
    return found


def _desk(city: City, desk_id: str | None) -> Desk:
    """The desk called `desk_id`, else the first desk of the whole area and every category."""
    by_id: Mapping[str, Desk] = {desk.id: desk for desk in city.desks}
    wanted = desk_id or city.book.first_desk(city.book.areas.root, city.book.categories.root)
    if wanted not in by_id:
        raise CityError("desk-unknown", desk=wanted, city=city.name, known=", ".join(sorted(by_id)))
    return by_id[wanted]
