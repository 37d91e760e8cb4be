"""The way in by push on the Kafka road: raw records through the gate, then into their topic, in one acks=all write.

Judged twice, written once: what is refused here is answered at once and never lies raw at the brokers; what passes is
read by the intake that holds the city, and judged there as any raw record is. Nothing is remembered: the answer gives
the raw place, and whether an event was known already is found out behind it.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import Final

import msgspec
import structlog
from confluent_kafka import KafkaError, KafkaException, Message

from streams.brokers import Address
from streams.clock import Clock
from streams.decoded import came
from streams.intake import Answer, Intake, Raw, Taken
from streams.kafka import clients
from streams.kafka.intake_sources import KINDS
from streams.kafka.metrics import RoadMetrics
from streams.kafka.topics import ORDERS, REFUSED, partition_of
from streams.kafka.wire import ARRIVED, FEED, Headers, tick_in
from streams.push import LEFT_OUT, EventAnswer, NotTakenError, RawBody
from streams.refusals import Place, Reason, Refusal
from streams.retry import PUSHED
from streams.runtime import QueueFullError, StoppedError
from streams.runtime.ports import ClockKind

log = structlog.get_logger()

LINGER_MS: Final = 2
POLL_SECONDS: Final = 0.05
_PLACE_DIGITS: Final = 15
"""Hex digits of a digest that make the place of a refused record: sixty bits, which every store keeps."""


class Batch:
    """Records on their way: `done` holds the offset of each, in their order, once the brokers have them all."""

    def __init__(self, count: int) -> None:
        self.done: Future[list[int]] = Future()
        self._offsets = [-1] * count
        self._left = count
        self._fault: KafkaError | None = None
        self._lock = threading.Lock()
        if not count:
            self.done.set_result([])

    def told(self, at: int, fault: KafkaError | None, message: Message) -> None:
        with self._lock:
            self._fault = self._fault or fault
            self._offsets[at] = message.offset() or 0
            self._left -= 1
            if self._left:
                return
        if self._fault is not None:
            self.done.set_exception(NotTakenError(self._fault.name()))
        else:
            self.done.set_result(self._offsets)


class Posts:
    """One producer for all cities of a process. `bound`: most events that may wait for the brokers; `seconds`: how long
    one is tried. Raises SpokenError where no broker answers."""

    def __init__(self, address: Address, metrics: RoadMetrics, *, bound: int, seconds: float) -> None:
        self._producer = clients.producer(address, linger_ms=LINGER_MS, seconds=seconds)
        self.width: Final = clients.widths(self._producer, address)[ORDERS]
        self._metrics, self._bound, self._seconds = metrics, bound, seconds
        metrics.posts_bound.set(bound)
        self._waiting = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._broken = ""
        self._thread = threading.Thread(target=self._poll, name="tocsin-posts", daemon=True)
        self._thread.start()

    def send(self, records: Sequence[tuple[str, bytes, Headers]], *, city: str) -> Future[list[int]]:
        """(topic, value, headers) of records of a city. Raises QueueFullError, StoppedError."""
        number = partition_of(city, self.width)
        with self._lock:
            if self._ended.is_set() or self._broken:
                raise StoppedError(self._broken)
            if self._waiting + len(records) > self._bound:
                raise QueueFullError
            self._waiting += len(records)
        batch = Batch(len(records))
        for at, (topic, value, headers) in enumerate(records):
            try:
                self._producer.produce(
                    topic, value, city.encode(), number, headers=headers, on_delivery=partial(self._told, batch, at)
                )
            except (BufferError, KafkaException) as fault:
                self._less(len(records) - at)
                if isinstance(fault, BufferError):
                    raise QueueFullError from None  # what is on its way counts once when it is sent again
                self._broken = fault.args[0].name()
                log.error("posts_broke", why=self._broken)  # noqa: TRY400 - the code of the client says it all
                raise StoppedError(self._broken) from None
        return batch.done

    def _told(self, batch: Batch, at: int, fault: KafkaError | None, message: Message) -> None:
        self._less(1)
        if fault is not None and fault.fatal():
            self._broken = fault.name()
        batch.told(at, fault, message)

    def _less(self, count: int) -> None:
        with self._lock:
            self._waiting -= count

    def _poll(self) -> None:
        while not self._ended.is_set():
            self._producer.poll(POLL_SECONDS)
            self._metrics.posts_waiting.set(self._waiting)

    def alive(self) -> bool:
        return self._thread.is_alive() and not self._broken

    def close(self) -> None:
        """Nothing more is taken; what waits is answered."""
        self._ended.set()
        self._thread.join()
        self._producer.flush(self._seconds)


class Posted:
    """A body on its way: the answers of the gate, and the places that the brokers give. `lie`: which records of the
    batch the accepted ones are."""

    def __init__(self, answers: Sequence[Answer], batch: Future[list[int]], lie: Sequence[int], place: str) -> None:
        self._answers, self._lie, self._place = answers, lie, place
        self.waiting: Sequence[tuple[Future[list[int]], Sequence[Answer]]] = [(batch, answers)]

    def answers(self, receipts: Sequence[Sequence[int]]) -> list[EventAnswer]:
        """The answers, given what `waiting` came to."""
        offsets = (receipts[0][at] for at in self._lie)
        return [
            EventAnswer("refused", str(one.reason or Reason.MALFORMED), one.field)
            if one.status == "refused"
            else EventAnswer(
                "accepted", LEFT_OUT if one.status == LEFT_OUT else "", place=f"{self._place}:{next(offsets)}"
            )
            for one in self._answers
        ]


class PostDoor:
    """Takes bodies of one city, from any thread."""

    tells_repeats: Final = False

    def __init__(self, intake: Intake, posts: Posts, clock: Clock, metrics: RoadMetrics, *, kind: ClockKind) -> None:
        self.intake = intake
        self._posts, self._clock, self._metrics, self._kind = posts, clock, metrics, kind
        self._number = partition_of(intake.city, posts.width)
        self._lock = threading.Lock()

    def take(self, feed: str, records: Sequence[RawBody], *, arrived_at: int | None = None) -> Posted:
        """Hand the records over; `arrived_at` (ms): what the sender says of them, on the stream clock alone, where
        `{"tick": t}` passes as it is.

        Raises QueueFullError, StoppedError: then nothing of the body is known to have been taken.
        """
        topic = KINDS[self.intake.feeds[feed].file.kind]
        headers: Headers = [(FEED, feed)]
        if arrived_at is not None:
            headers.append((ARRIVED, str(arrived_at)))
        ticks = {n for n, data in enumerate(records) if self._kind == "stream" and _brings_time(data)}
        events = [data for n, data in enumerate(records) if n not in ticks]
        now = self._clock.now() if self._kind == "wall" else arrived_at or 0
        with self._lock:  # its caches are not for threads
            taken = self.intake.take(feed, [Raw(n, data, now) for n, data in enumerate(events)], PUSHED + feed)
        sent: list[tuple[str, bytes, Headers]] = []
        lie: list[int] = []
        answers = iter(taken.answers)
        for n, data in enumerate(records):
            if n in ticks:
                sent.append((topic, came(data).strip(), []))
            elif next(answers).status != "refused":
                lie.append(len(sent))
                sent.append((topic, came(data).strip(), headers))
        sent += [(REFUSED, msgspec.json.encode(_placed(one)), []) for one in taken.refusals]
        batch = self._posts.send(sent, city=self.intake.city)
        self._count(feed, taken)
        return Posted(taken.answers, batch, lie, f"{topic}-{self._number}")

    def _count(self, feed: str, taken: Taken) -> None:
        city, metrics = self.intake.city, self._metrics
        metrics.events_received.labels(city, feed).inc(len(taken.answers))
        metrics.events_left_out.labels(city, feed).inc(taken.left_out)
        for reason, n in Counter(answer.reason for answer in taken.answers if answer.reason is not None).items():
            metrics.events_refused.labels(city, feed, reason.value).inc(n)


class PostCity:
    """A city at the door by HTTP (`streams.http.City`). Feeds that come by a topic of others are not pushed."""

    def __init__(self, door: PostDoor, posts: Posts, *, kind: ClockKind) -> None:
        self.door, self._posts, self._kind = door, posts, kind
        feeds = {name: feed.file.comes for name, feed in door.intake.feeds.items()}
        self.pushed_feeds: tuple[str, ...] = tuple(
            name for name, comes in feeds.items() if comes.push or (kind == "stream" and comes.topic is None)
        )

    @property
    def takes_arrivals(self) -> bool:
        return self._kind == "stream"

    @property
    def stopped_rules(self) -> tuple[str, ...]:
        """Not known here: nothing is judged in an intake."""
        return ()

    def alive(self) -> bool:
        return self._posts.alive()

    def unready(self) -> str:
        return "" if self.alive() else "dead"


def _brings_time(data: RawBody) -> bool:
    return isinstance(data, bytes) and tick_in(data.strip()) is not None


def _placed(refusal: Refusal) -> Refusal:
    """By its digest: the same record, refused again, is the same."""
    place = Place(refusal.place.partition, int(refusal.digest[:_PLACE_DIGITS], 16))
    return msgspec.structs.replace(refusal, place=place)
