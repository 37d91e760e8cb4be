"""The demo: the blizzard of January 2016 in Montgomery County, out of real emergency calls.

The weeks before are read at full speed, so that the county's usual hours are known; then the days of the storm pass at
a pace that a person can watch, over the same journal, engine, desk and board as in service.
"""

from __future__ import annotations

import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rules.records import Frame, Record, Tick
from streams import past
from streams.city import City
from streams.clock import Clock, WallClock
from streams.feeds.archive import read_archive
from streams.messages import SpokenError, say
from streams.metrics import Metrics
from streams.opened import city_of, intake_of
from streams.replay import REPLAY_KEY
from streams.runtime import Parcel, StoppedError
from streams.serve import Service, listen
from streams.settings import Settings
from streams.station import Station
from streams.summary import Summary, alerts_by_desk_and_month, peak_memory_mib

EXAMPLE: Final = Path(__file__).parents[1] / "examples" / "montgomery"
BEGINS: Final = 1_453_438_800_000
"""2016-01-22 00:00 in New York, ms: the day whose evening brought the snow."""
ENDS: Final = 1_453_870_800_000
"""2016-01-27 00:00 in New York."""
MINUTES_A_SECOND: Final = 15
"""Five days in eight minutes."""
PORTS: Final = 20
"""Ports tried after the first one."""
LAST_PORT: Final = 65_535


class DemoError(SpokenError):
    """The demo cannot run: one line for people."""


@dataclass(frozen=True, slots=True)
class Storm:
    """The records of the demo: what was before, and the days that are shown."""

    before: Sequence[Record]
    shown: Sequence[Record]
    events: int


def read_storm(city: City) -> Storm:
    """The calls up to the end of the storm, as records of a log."""
    intake = intake_of(city, REPLAY_KEY)
    archives = [
        read_archive(intake, name, [city.folder / path for path in feed.archive], city.folder)
        for name, feed in city.feeds.items()
        if feed.archive
    ]
    frames = [list(archive.frames(until=ENDS)) for archive in archives]
    records = list(past.records(frames, beyond=past.GRAIN))
    cut = next((n for n, record in enumerate(records) if _at(record) >= BEGINS), len(records))
    return Storm(records[:cut], records[cut:], sum(len(frame.rows) for each in frames for frame in each))


def _at(record: Record) -> int:
    if isinstance(record, Frame):
        return int(record.rows["arrived_at"].max())
    return record.now if isinstance(record, Tick) else 0


def demo(folder: Path, settings: Settings, *, once: bool, pace: float, told: Callable[[str], None]) -> Summary:
    """Run the demo over `folder`; `once`: at full speed, ending by itself. Raises DemoError, CityError."""
    if not (folder / "city.yaml").is_file():
        raise DemoError("demo-missing", folder=folder)
    clock = WallClock()
    begun = clock.steady()
    city = city_of(folder, settings.language)
    told(say("demo-learning", settings.language))
    storm = read_storm(city)
    with tempfile.TemporaryDirectory(prefix="tocsin-demo-") as data:
        here = settings.model_copy(update={"data": Path(data), "reserve_bytes": 0, "port": free_port(settings)})
        metrics = Metrics()
        station = Station(city, here, clock, metrics, kind="stream", shut=True, exercise=True)
        with closing(_Stopping(station)):
            for group in _groups(storm.before):
                station.shard.load(group)
            station.board.look(station.shard.engine)
            station.desk.shut = False
            if once:
                for group in _groups(storm.shown):
                    station.shard.load(group)
                return _summary(station, storm.events, clock.steady() - begun)
            player = Player(station, clock, pace, sum(_events(record) for record in storm.before))
            _show(player, storm.shown, here, metrics, told)
            return _summary(station, player.events, clock.steady() - begun, paced=True)


def _events(record: Record) -> int:
    return len(record.rows) if isinstance(record, Frame) else 0


class _Stopping:
    def __init__(self, station: Station) -> None:
        self.close = station.stop


def _groups(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Some days of the log at a time: what goes into the journal together."""
    for first in range(0, len(records), 5_000):
        yield records[first : first + 5_000]


@dataclass(slots=True)
class Player:
    """Hands records over as their time comes: `pace` minutes of stream time a second. `events`: those handed over."""

    station: Station
    clock: Clock
    pace: float
    events: int
    ended: threading.Event = field(default_factory=threading.Event)

    def play(self, records: Sequence[Record]) -> None:
        begun = self.clock.steady()
        first = _at(records[0]) if records else 0
        for record in records:
            due = begun + (_at(record) - first) / (past.MINUTE * self.pace)
            if self.ended.wait(max(0.0, due - self.clock.steady())):
                return
            parcel = Parcel(frame=record) if isinstance(record, Frame) else Parcel(tick=_at(record))
            try:
                self.station.writer.submit_waiting(parcel)
            except StoppedError:  # the board was closed: there is nobody to show it to
                return
            self.events += _events(record)


def _show(
    player: Player, records: Sequence[Record], settings: Settings, metrics: Metrics, told: Callable[[str], None]
) -> None:
    service = Service([player.station], settings, player.clock, metrics)
    player.station.on_fault = service.broke
    listener, address = listen(settings)
    thread = threading.Thread(target=player.play, args=(records,), name="tocsin-demo", daemon=True)
    told(say("demo-open", settings.language, address=address, pace=f"{player.pace:g}"))
    thread.start()
    try:
        service.run(listener, address)
    finally:
        player.ended.set()
        thread.join()


def free_port(settings: Settings) -> int:
    """The port of the settings, or the next one that is free."""
    for port in range(settings.port, min(settings.port + PORTS, LAST_PORT + 1)):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, port))
            except OSError:  # taken: the next one
                continue
            return port
    return settings.port


def _summary(station: Station, events: int, seconds: float, *, paced: bool = False) -> Summary:
    alerts = list(station.store.final())
    return Summary(
        city=station.city.name,
        events=events,
        refused=0,
        left_out=0,
        first="",
        last="",
        seconds=round(seconds, 3),
        events_per_second=None if paced else round(events / seconds, 1),
        peak_memory_mib=round(peak_memory_mib(), 1),
        signals=0,
        alerts=alerts_by_desk_and_month(alerts, station.shard.engine.book),
    )
