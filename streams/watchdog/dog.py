"""The watchdog at work: one turn looks at every city, judges, says what is new, and leaves a sign of its own life."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from streams.clock import Clock
from streams.watchdog.judge import Watch
from streams.watchdog.looking import Look
from streams.watchdog.telling import Memory, Teller, keep

ONCE_PART: Final = 3.0
"""A single look (`--once`) waits for a new tick for this part of the limit, so that a minute's cron says it in time."""
ONCE_LEAST: Final = 4.0
"""A healthy city ticks every second, also on a loaded machine, often enough for this."""
ONCE_PAUSE: Final = 0.5

log = structlog.get_logger()


class Heartbeat:
    """The watchdog's own figures, as a text file that Prometheus' node exporter reads (`*.prom`)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._registry = CollectorRegistry(auto_describe=True)
        self.looked = self._gauge("tocsin_watchdog_looked_timestamp_seconds", "The watchdog's last look.", ())
        self.still = self._gauge("tocsin_watchdog_still_seconds", "Seconds without a new tick, as it saw.", ("city",))
        self.trouble = self._gauge("tocsin_watchdog_trouble_flag", "1 while a city is said to stand still.", ("city",))
        self.unsent = self._gauge("tocsin_watchdog_unsent_messages", "Messages that no channel has taken yet.", ())

    def _gauge(self, name: str, text: str, labels: tuple[str, ...]) -> Gauge:
        return Gauge(name, text, labels, registry=self._registry)

    def beat(self, watches: Mapping[str, Watch], memory: Memory, now: int) -> None:
        """Write the figures of one look."""
        self.looked.set(now / 1000)
        self.unsent.set(len(memory.unsent))
        for city, watch in watches.items():
            self.still.labels(city).set(watch.still_for)
            self.trouble.labels(city).set(int(watch.trouble is not None))
        keep(self._path, generate_latest(self._registry))


class Watchdog:
    """Looks at cities until it is told to end. `limit`, `pause` in seconds; `folder` holds memory and heartbeat."""

    def __init__(
        self,
        looks: Mapping[str, Look],
        teller: Teller,
        clock: Clock,
        folder: Path,
        *,
        limit: float,
        pause: float,
        waits: bool = False,
    ) -> None:
        self._looks = looks
        self._teller = teller
        self._clock = clock
        self._folder = folder
        self._pause = pause
        self._waits = waits  # for its channels, at every turn: tests, and a single look
        self._looked_at = clock.steady()
        self._kept = b""
        self._heartbeat = Heartbeat(folder / "heartbeat.prom")
        self.watches = {city: self._watch(city, limit, pause) for city in looks}

    def _watch(self, city: str, limit: float, pause: float) -> Watch:
        """A city under watch; what was said of it before a restart still stands."""
        watch = Watch(city, limit, pause)
        standing = self._teller.memory.standing.get(city)
        if standing is not None:
            watch.trouble, watch.since_tick = standing.trouble, standing.tick
            watch.lasted = max(0.0, (self._clock.now() - standing.said_at) / 1000)
        return watch

    @property
    def troubled(self) -> bool:
        return any(watch.trouble for watch in self.watches.values())

    def turn(self) -> None:
        """Look, judge, say. Raises OSError where its folder cannot be written."""
        steady, now = self._clock.steady(), self._clock.now()
        elapsed, self._looked_at = steady - self._looked_at, steady
        for city, watch in self.watches.items():
            news = watch.look(self._looks[city].seen(), elapsed)
            if news is not None:
                (log.warning if news.over else log.error)("watchdog_says", **news._asdict())
                self._teller.say(news, now)
        self._remember(now)  # what is to be said is on the disk before it is said
        self._teller.deliver(now, steady, wait_for_lanes=self._waits)
        self._remember(now)

    def close(self) -> None:
        """End the tries under way, and remember what came of them."""
        self._teller.close(self._clock.steady())
        self._remember(self._clock.now())

    def _remember(self, now: int) -> None:
        memory = self._teller.memory
        data = msgspec.json.encode(memory)
        if data != self._kept:
            keep(self._folder / "memory.json", data)
            self._kept = data
        self._heartbeat.beat(self.watches, memory, now)

    def run(self, ended: threading.Event) -> None:
        """Turn after turn until `ended`."""
        while not ended.wait(self._pause):
            self.turn()

    def once(self, ended: threading.Event, most: float) -> bool:
        """Look until it is clear how each city is, at most for `most` seconds; True where all are well."""
        began = self._clock.steady()
        while not ended.wait(self._pause):
            self.turn()
            if all(watch.clear for watch in self.watches.values()) or self._clock.steady() - began >= most:
                break
        return not self.troubled
