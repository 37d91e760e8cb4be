"""The thread that reads a city's files: first what lay there at the start, oldest first, then whatever comes.

A cursor moves in the transaction of the frame it belongs to, so a kill at any moment reads nothing twice into the
counts and leaves nothing out.
"""

from __future__ import annotations

from pathlib import Path

from streams.clock import Clock
from streams.feeds.connection import Feed
from streams.metrics import Metrics
from streams.runtime import Writer
from streams.watch.feeder import Feeder, LaterError
from streams.watch.files import Source, sources_of
from streams.watch.looking import Looking


class Watcher(Looking):
    """`start` and `stop`. `every`: seconds between two looks."""

    def __init__(
        self, folder: Path, feeder: Feeder, writer: Writer, clock: Clock, metrics: Metrics, *, every: float
    ) -> None:
        super().__init__("watcher", every)
        self._folder = folder
        self._feeder = feeder
        self._writer = writer
        self._clock = clock
        self._metrics = metrics
        self._stamps: dict[Path, int] = {}
        self._seen_at: dict[str, int] = {}  # feed -> when its source could be read last

    def begin(self) -> None:
        self.look(first=True)
        self._writer.backlog_read()

    def look(self, *, first: bool = False) -> None:
        """Read whatever is unread, oldest file first. Raises StoppedError."""
        for source in self._sources():
            if self._stop.is_set():
                return
            try:
                settled = first or self._stamps.get(source.path) == source.stamp()
                self._stamps[source.path] = source.stamp()
                if source.is_whole and not settled:
                    continue
                for piece in source.pieces(self._feeder.intake.keys, self._feeder.cursor, settled=settled):
                    self._feeder.hand_over(source.feed, piece)
                self._behind(source)
            except LaterError:  # the cursor stands; the next look reads again
                return
            except OSError as fault:
                self._unreadable(source.feed, fault)

    def _sources(self) -> list[Source]:
        found: list[Source] = []
        for feed in self._feeder.intake.feeds.values():
            if feed.file.comes.file is None and feed.file.comes.folder is None:
                continue
            try:
                mine = [source for source in sources_of(feed, self._folder) if source.stamp() >= 0]
                found += mine
                self._seen_at[feed.name] = self._clock.now()
            except OSError as fault:
                self._unreadable(feed, fault)
        return sorted(found, key=_age)

    def _behind(self, source: Source) -> None:
        if source.is_whole:
            return
        feeder = self._feeder
        cursor = feeder.cursor(source.partition(feeder.intake.keys, feeder.cursor))
        unread = source.path.stat().st_size - (cursor.offset if cursor else 0)
        self._metrics.files_behind.labels(feeder.intake.city, source.feed.name).set(unread)

    def _unreadable(self, feed: Feed, fault: OSError) -> None:
        """Told by metric and log; after five minutes, and every five from then on, to the engine."""
        since = self._seen_at.setdefault(feed.name, self._clock.now())
        if self._feeder.failed(feed, since, since, fault.errno):
            self._seen_at[feed.name] = self._clock.now()


def _age(source: Source) -> int:
    try:
        return source.stamp()
    except OSError:  # gone since it was listed: the look at it will say so
        return 0
