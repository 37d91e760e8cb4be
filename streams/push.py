"""The way in by push: raw records through intake, into a parcel, and an answer for each of them.

Nothing is remembered here but serial numbers: they are the raw places of what was pushed, and go on after a restart
from the cursor that lies in the journal.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Final, Literal

import msgspec
import numpy as np

from rules.records import Frame
from streams.clock import Clock
from streams.feeds.blocks import Json
from streams.feeds.readers import Broken
from streams.intake import Answer as Taking
from streams.intake import Intake, Raw, Taken
from streams.journal import Cursor
from streams.metrics import Metrics
from streams.refusals import Reason
from streams.runtime import ClockKind, Parcel, Receipt, Writer

Status = Literal["accepted", "duplicate", "refused"]

RawBody = bytes | Mapping[str, object] | Broken
"""One record as it came, as its envelope was opened, or why it cannot be read."""

LEFT_OUT: Final = "left_out"
_REPEATS: Final = frozenset({"duplicate", "redelivered"})


class EventAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one event. `reason` and `field`: why it was refused, or why an accepted one is not counted."""

    status: Status
    reason: str = ""
    field: str = ""


class BandTick(msgspec.Struct, forbid_unknown_fields=True):
    """`{"tick": t}`: time in band, on the stream clock alone. `t` in ms."""

    tick: int


class Pushed:
    """A body on its way: resolves to its answers, in the order of its records."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Receipt], tuple[Taking, ...]]] = []

    def answers(self, receipts: Sequence[Receipt]) -> list[EventAnswer]:
        """The answers, given the receipts of `waiting` in order."""
        found: list[EventAnswer] = []
        for receipt, (_, takings) in zip(receipts, self.waiting, strict=True):
            place = 0
            for taking in takings:
                found.append(_answer(taking, receipt.answers[place : place + taking.events]))
                place += taking.events
        return found


class PushDoor:
    """Takes bodies of one city. `intake` is exchanged when the city's folder is read again."""

    def __init__(
        self,
        intake: Intake,
        writer: Writer,
        clock: Clock,
        metrics: Metrics,
        cursors: Mapping[str, Cursor],
        *,
        kind: ClockKind,
    ) -> None:
        self.intake = intake
        self._writer = writer
        self._clock = clock
        self._metrics = metrics
        self._kind = kind
        self._lock = threading.Lock()
        self._serials = {name: cursor.offset for name, cursor in cursors.items()}
        self._latest = 0  # largest event time so far, for the stream clock

    def take(self, feed: str, records: Sequence[RawBody], *, arrived_at: int | None = None) -> Pushed:
        """Hand the records over; `arrived_at` (ms): what the sender says of them, on the stream clock alone.

        Raises QueueFullError, StoppedError: then nothing of the body is known to have been taken.
        """
        pushed = Pushed()
        for part, tick in self._parts(records):
            with self._lock:
                taken, cursor = self._intake(feed, part, arrived_at)
            self._count(feed, taken)
            parcel = Parcel(frame=taken.frame, refused=taken.refusals, cursor=cursor, tick=tick)
            pushed.waiting.append((self._writer.submit(parcel), taken.answers))
        return pushed

    def speaks_contract(self, feed: str) -> bool:
        return self.intake.feeds[feed].plan is None

    def shape_of(self, feed: str) -> Json | None:
        """Where the records lie in the feed's documents; None where they are the body."""
        file = self.intake.feeds[feed].file
        return file.json_ if file.format == "json" and file.json_.records else None

    def _parts(self, records: Sequence[RawBody]) -> list[tuple[Sequence[RawBody], int | None]]:
        """Runs of records, each with the tick that ends it; on the wall clock, one run."""
        if self._kind == "wall":
            return [(records, None)]
        parts: list[tuple[Sequence[RawBody], int | None]] = []
        run: list[RawBody] = []
        for record in records:
            tick = _tick_of(record)
            if tick is None:
                run.append(record)
            else:
                parts.append((run, tick))
                run = []
        return [*parts, (run, None)] if run or not parts else parts

    def _intake(self, feed: str, records: Sequence[RawBody], arrived_at: int | None) -> tuple[Taken, Cursor]:
        """Through intake, one body at a time (its caches are not for threads)."""
        partition = f"push-{feed}"
        first = self._serials.get(partition, 0)
        self._serials[partition] = first + len(records)
        now = self._clock.now() if self._kind == "wall" else arrived_at if arrived_at is not None else self._latest
        taken = self.intake.take(feed, [Raw(first + n, data, now) for n, data in enumerate(records)], partition)
        if self._kind == "stream" and taken.frame is not None:
            taken = replace(taken, frame=self._arrived(taken.frame, arrived_at))
        return taken, Cursor(partition, first + len(records))

    def _arrived(self, frame: Frame, arrived_at: int | None) -> Frame:
        """The frame with arrivals of the stream: what the sender says, else the largest event time so far."""
        rows = frame.rows.copy()
        if arrived_at is None:
            rows["arrived_at"] = np.maximum(np.maximum.accumulate(rows["occurred_at"]), self._latest)
        else:
            rows["arrived_at"] = arrived_at
        self._latest = max(self._latest, int(rows["arrived_at"].max()))
        return msgspec.structs.replace(frame, rows=rows)

    def _count(self, feed: str, taken: Taken) -> None:
        city, metrics = self.intake.city, self._metrics
        metrics.events_received.labels(city, feed).inc(len(taken.answers))
        metrics.events_left_out.labels(city, feed).inc(taken.left_out)
        for reason, n in Counter(answer.reason for answer in taken.answers if answer.reason is not None).items():
            metrics.events_refused.labels(city, feed, reason.value).inc(n)


def _tick_of(record: RawBody) -> int | None:
    if not isinstance(record, bytes) or not record.lstrip().startswith(b'{"tick"'):
        return None
    try:
        return msgspec.json.decode(record, type=BandTick).tick
    except msgspec.MsgspecError:
        return None


def _answer(taking: Taking, answers: Sequence[str]) -> EventAnswer:
    if taking.status == "refused":
        return EventAnswer("refused", str(taking.reason or Reason.MALFORMED), taking.field)
    if taking.status == LEFT_OUT:
        return EventAnswer("accepted", LEFT_OUT)
    if answers and all(answer in _REPEATS for answer in answers):
        return EventAnswer("duplicate")
    special = next((answer for answer in answers if answer not in _REPEATS and answer != "accepted"), "")
    return EventAnswer("accepted", special)
