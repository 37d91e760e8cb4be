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
from streams.feeds.readers import Broken, Record
from streams.in_band import BandTick
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
    place: str = ""
    """Where the raw record lies, on the Kafka road: topic-partition:offset."""


_OF_ONE: Final = {
    "accepted": EventAnswer("accepted"),
    **{answer: EventAnswer("duplicate") for answer in _REPEATS},
}
"""What is answered for a record that gave one event, by what the engine said of it, in the common cases."""


class NotTakenError(Exception):
    """Whoever keeps the events did not take them: what became of them is not known."""


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
                if taking.events == 1 and (known := _OF_ONE.get(receipt.answers[place])):
                    found.append(known)
                else:
                    found.append(_answer(taking, receipt.answers[place : place + taking.events]))
                place += taking.events
        return found


class PushDoor:
    """Takes bodies of one city. `intake` is exchanged when the city's folder is read again."""

    tells_repeats: Final = True

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
        self._shown: dict[str, int] = {}  # feed -> the last tick that it brought, for the stream clock
        for feed in intake.feeds:
            known = cursors.get(_partition(feed))
            self._shown[feed] = int(known.mark) if known is not None and known.mark.isdecimal() else 0

    def take(self, feed: str, records: Sequence[RawBody], *, arrived_at: int | None = None) -> Pushed:
        """Hand the records over; `arrived_at` (ms): what the sender says of them, on the stream clock alone.

        There a record that brings no arrival has its feed's arrival column, else the largest event time so far.

        Raises QueueFullError, StoppedError: then nothing of the body is known to have been taken.
        """
        pushed = Pushed()
        for part, tick in self._parts(records):
            with self._lock:  # handed over in the order of their serials, so that no tick overtakes rows before it
                taken, cursor = self._intake(feed, part, arrived_at, tick)
                shown = self._shown_by_all() if tick is not None else None
                parcel = Parcel(frame=taken.frame, refused=taken.refusals, cursor=cursor, tick=shown)
                pushed.waiting.append((self._writer.submit(parcel), taken.answers))
            self._count(feed, taken)
        return pushed

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

    def _intake(
        self, feed: str, records: Sequence[RawBody], arrived_at: int | None, tick: int | None
    ) -> tuple[Taken, Cursor]:
        """Through intake, one body at a time (its caches are not for threads)."""
        partition = _partition(feed)
        first = self._serials.get(partition, 0)
        self._serials[partition] = first + len(records)
        if self._kind == "wall":
            now, mark = self._clock.now(), ""
            taken = self.intake.take(feed, [Raw(first + n, data, now) for n, data in enumerate(records)], partition)
        else:
            self._shown[feed] = max(self._shown.get(feed, 0), tick or 0)
            mark = str(self._shown[feed])
            taken = self._of_the_stream(feed, records, arrived_at, partition, first)
        return taken, Cursor(partition, first + len(records), mark)

    def _of_the_stream(
        self, feed: str, records: Sequence[RawBody], arrived_at: int | None, partition: str, first: int
    ) -> Taken:
        """Arrivals as sender or feed tell them, else the largest event time so far."""
        if arrived_at is not None:
            raws = [Raw(first + n, data, arrived_at) for n, data in enumerate(records)]
            return self.intake.take(feed, raws, partition)
        taken = self.intake.read(feed, [Record(first + n, data) for n, data in enumerate(records)], partition)
        if taken.frame is None or self._has_arrivals(feed):
            return taken
        return replace(taken, frame=self._arrived(taken.frame))

    def _shown_by_all(self) -> int:
        """Time passes on the stream clock when every feed of the city has shown a tick."""
        return min(self._shown.get(feed, 0) for feed in self.intake.feeds)

    def _has_arrivals(self, feed: str) -> bool:
        plan = self.intake.feeds[feed].plan
        return plan is not None and bool(plan.arrived_at)

    def _arrived(self, frame: Frame) -> Frame:
        rows = frame.rows.copy()
        rows["arrived_at"] = np.maximum(np.maximum.accumulate(rows["occurred_at"]), self._latest)
        self._latest = int(rows["arrived_at"].max())
        return msgspec.structs.replace(frame, rows=rows)

    def _count(self, feed: str, taken: Taken) -> None:
        city, metrics = self.intake.city, self._metrics
        metrics.events_received.labels(city, feed).inc(len(taken.answers))
        metrics.events_left_out.labels(city, feed).inc(taken.left_out)
        for reason, n in Counter(answer.reason for answer in taken.answers if answer.reason is not None).items():
            metrics.events_refused.labels(city, feed, reason.value).inc(n)


def _partition(feed: str) -> str:
    return f"push-{feed}"


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
