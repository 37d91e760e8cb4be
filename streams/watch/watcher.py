"""The thread that reads a city's files: first what lay there at the start, oldest first, then whatever comes.

A cursor moves in the transaction of the frame it belongs to, so a kill at any moment reads nothing twice into the
counts and leaves nothing out.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path
from typing import Final

import structlog

from rules.records import Blind
from streams.clock import Clock
from streams.feeds.connection import Feed
from streams.intake import Intake, Raw
from streams.journal import Cursor, DiskFullError
from streams.metrics import Metrics
from streams.refusals import Place, Refusal
from streams.runtime import Parcel, QueueFullError, StoppedError, Writer
from streams.watch.files import Piece, Source, sources_of

log = structlog.get_logger()

BLIND_MS: Final = 300_000
"""A source that cannot be read for so long is told to the engine."""
PATIENCE_SECONDS: Final = 300.0
_LATER: Final = (QueueFullError, DiskFullError)


class Watcher:
    """`start` and `stop`. `intake` gives the intake in force, which changes when the folder is read again.

    `cursors` are those in the journal at the start; from then on only this thread moves those of files.
    """

    def __init__(
        self,
        folder: Path,
        intake: Callable[[], Intake],
        writer: Writer,
        cursors: Mapping[str, Cursor],
        clock: Clock,
        metrics: Metrics,
        *,
        every: float,
    ) -> None:
        self._folder = folder
        self._intake = intake
        self._writer = writer
        self._clock = clock
        self._metrics = metrics
        self._every = every
        self._cursors = dict(cursors)
        self._stamps: dict[Path, int] = {}
        self._seen_at: dict[str, int] = {}  # feed -> when its source could be read last
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tocsin-watcher", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join(PATIENCE_SECONDS)

    def alive(self) -> bool:
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            self.look(first=True)
            self._writer.backlog_read()
            while not self._stop.wait(self._every):
                self.look()
        except StoppedError:
            log.info("watcher_ends_with_its_writer")
        except BaseException:
            log.exception("watcher_broke")
            raise

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
                for piece in source.pieces(self._intake().keys, self._cursor, settled=settled):
                    self._hand_over(source.feed, piece)
                self._behind(source)
            except OSError as fault:
                self._unreadable(source.feed, fault)
            except (*_LATER, FutureTimeout):
                log.warning("files_wait", feed=source.feed.name)  # the cursor stands; the next look reads again
                return

    def _sources(self) -> list[Source]:
        found: list[Source] = []
        for feed in self._intake().feeds.values():
            if feed.file.comes.file is None and feed.file.comes.folder is None:
                continue
            try:
                mine = [source for source in sources_of(feed, self._folder) if source.stamp() >= 0]
                found += mine
                self._seen_at[feed.name] = self._clock.now()
            except OSError as fault:
                self._unreadable(feed, fault)
        return sorted(found, key=_age)

    def _cursor(self, partition: str) -> Cursor | None:
        return self._cursors.get(partition)

    def _hand_over(self, feed: Feed, piece: Piece) -> None:
        parcel = self._parcel(feed, piece)
        self._writer.submit_waiting(parcel, seconds=PATIENCE_SECONDS).result(PATIENCE_SECONDS)
        self._cursors[piece.cursor.partition] = piece.cursor

    def _parcel(self, feed: Feed, piece: Piece) -> Parcel:
        intake, partition = self._intake(), piece.cursor.partition
        if piece.fault is not None:
            place = Place(partition, piece.cursor.offset)
            refusal = Refusal(feed.name, piece.fault.reason, piece.fault.field, place, piece.stamp, 0, "")
            self._count(intake.city, feed.name, 1, 0, Counter([piece.fault.reason.value]))
            return Parcel(refused=(refusal,), cursor=piece.cursor, stamp=piece.stamp)
        raws = [Raw(record.offset, record.data, piece.stamp) for record in piece.records]
        taken = intake.take(feed.name, raws, partition)
        reasons = Counter(answer.reason.value for answer in taken.answers if answer.reason is not None)
        self._count(intake.city, feed.name, len(raws), taken.left_out, reasons)
        return Parcel(frame=taken.frame, refused=taken.refusals, cursor=piece.cursor, stamp=piece.stamp)

    def _count(self, city: str, feed: str, received: int, left_out: int, reasons: Counter[str]) -> None:
        self._metrics.events_received.labels(city, feed).inc(received)
        self._metrics.events_left_out.labels(city, feed).inc(left_out)
        for reason, n in reasons.items():
            self._metrics.events_refused.labels(city, feed, reason).inc(n)

    def _behind(self, source: Source) -> None:
        if source.is_whole:
            return
        partition = source.partition(self._intake().keys, self._cursor)
        cursor = self._cursor(partition)
        unread = source.path.stat().st_size - (cursor.offset if cursor else 0)
        self._metrics.files_behind.labels(self._intake().city, source.feed.name).set(unread)

    def _unreadable(self, feed: Feed, fault: OSError) -> None:
        """Told by metric and log; after five minutes, and every five from then on, to the engine."""
        city, now = self._intake().city, self._clock.now()
        self._metrics.files_failed.labels(city, feed.name).inc()
        since = self._seen_at.setdefault(feed.name, now)
        if now - since < BLIND_MS:
            return
        log.warning("source_unreadable", city=city, feed=feed.name, errno=fault.errno)
        self._writer.submit_waiting(Parcel(order=Blind(now, feed.name, since, now))).result(PATIENCE_SECONDS)
        self._seen_at[feed.name] = now


def _age(source: Source) -> int:
    try:
        return source.stamp()
    except OSError:  # gone since it was listed: the look at it will say so
        return 0
