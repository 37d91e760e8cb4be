"""What was read of a feed, handed to the writer; and a feed that cannot be read, told to the engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from rules.records import Blind
from streams.clock import Clock
from streams.feeds.connection import Feed
from streams.intake import Intake, Raw
from streams.journal import Cursor, DiskFullError
from streams.metrics import Metrics
from streams.refusals import Place, Refusal
from streams.runtime import Parcel, QueueFullError, Writer
from streams.watch.files import Piece

log = structlog.get_logger()

BLIND_MS: Final = 300_000
"""A source that cannot be read for so long is told to the engine."""
PATIENCE_SECONDS: Final = 300.0


class LaterError(Exception):
    """It could not be handed over now: the queue or the disk is full, or the writer is slow. Read it again later."""


class Feeder:
    """`intake` gives the intake in force, which changes when the folder is read again.

    `cursors` are those in the journal at the start; from then on only one thread moves those that it hands over.
    """

    def __init__(
        self,
        intake: Callable[[], Intake],
        writer: Writer,
        cursors: Mapping[str, Cursor],
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._intake = intake
        self._writer = writer
        self._cursors = dict(cursors)
        self._clock = clock
        self._metrics = metrics

    @property
    def intake(self) -> Intake:
        return self._intake()

    def cursor(self, partition: str) -> Cursor | None:
        return self._cursors.get(partition)

    def hand_over(self, feed: Feed, piece: Piece) -> None:
        """Returns when the piece is durable. Raises LaterError and StoppedError: as far as is known it is not."""
        parcel = self._parcel(feed, piece)
        try:
            self._writer.submit_waiting(parcel, seconds=PATIENCE_SECONDS).result(PATIENCE_SECONDS)
        except (QueueFullError, DiskFullError, TimeoutError):
            log.warning("feed_waits", feed=feed.name)
            raise LaterError from None
        self._cursors[piece.cursor.partition] = piece.cursor

    def failed(self, feed: Feed, seen_at: int, since: int, why: object) -> bool:
        """A look that failed: counted, and where they have failed for five minutes told to the engine as blind from
        `seen_at`, the last one that did not, until now. `since`: when they began to fail. Whether it was told."""
        city, now = self.intake.city, self._clock.now()
        self._metrics.files_failed.labels(city, feed.name).inc()
        if now - since < BLIND_MS:
            return False
        log.warning("source_unreadable", city=city, feed=feed.name, why=why)
        try:
            self._writer.submit_waiting(Parcel(order=Blind(now, feed.name, seen_at, now))).result(PATIENCE_SECONDS)
        except (QueueFullError, DiskFullError, TimeoutError):
            return False
        return True

    def _parcel(self, feed: Feed, piece: Piece) -> Parcel:
        intake, partition = self.intake, piece.cursor.partition
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
