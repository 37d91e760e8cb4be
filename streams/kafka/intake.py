"""`tocsin intake`: raw records in, frames, ticks and orders out, a transaction a batch.

Intakes share one group on the orders: who holds its partition p owns the cities that lie there. It writes as
`tocsin-intake-p`, whose start fences the owner before, and reads every raw partition that a feed of these cities comes
by; their offsets go into its transaction. What is read again after a kill gives rows that the engine drops by place.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec
import structlog
from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from rules import book as books
from rules.records import Frame, Tick
from rules.shadows.at_work import fits
from streams.brokers import Address
from streams.city import City
from streams.clock import Clock, WallClock
from streams.crashpoints import never
from streams.intake import Intake
from streams.kafka import clients
from streams.kafka.crashpoints import Crash, Point
from streams.kafka.door import Door, Said, set_aside
from streams.kafka.intake_sources import KINDS, sources_of
from streams.kafka.marks import Marks, marks_of
from streams.kafka.merge import Source
from streams.kafka.metrics import RoadMetrics
from streams.kafka.orders import swap_in
from streams.kafka.overdue import Overdue
from streams.kafka.retries import Retry, read_again, release, retry_in
from streams.kafka.topics import FRAMES, ORDERS, REFUSED, RULES, partition_of
from streams.kafka.wire import Raw, raw_of, read, written
from streams.keys import Keys
from streams.messages import SpokenError
from streams.opened import intake_of
from streams.refusals import Reason, Refusal
from streams.releases import Swap
from streams.runtime.ports import ClockKind

log = structlog.get_logger()

GROUP: Final = "tocsin-intake"
RAW_GROUP: Final = "tocsin-intake-raw"
AT_ONCE: Final = 10_000
"""Most raw records of a transaction."""
POLL_SECONDS: Final = 0.05
CALL_SECONDS: Final = 30.0
OVERDUE: Final = Overdue(CALL_SECONDS + 15)
LOOK_SECONDS: Final = 1.0
MOST_WAITING: Final = 50_000
"""Records of one partition that may wait for slower sources before it is read no further."""


class Lane:
    """The cities of one partition of the orders, on their way in. `without`: cities that are taken in no more.

    Raises SpokenError where others of that partition were taken in before: their records would be refused.
    """

    def __init__(
        self,
        number: int,
        cities: Sequence[City],
        key: bytes,
        address: Address,
        widths: Mapping[str, int],
        *,
        kind: ClockKind = "stream",
        clock: Clock | None = None,
        without: Sequence[str] = (),
        crash: Crash = never,
        metrics: RoadMetrics | None = None,
    ) -> None:
        self._address = address
        self._crash = crash
        self._metrics = metrics or RoadMetrics()
        self.number = number
        self._kind: ClockKind = kind
        self._clock = clock or WallClock()
        self._looked_at = -LOOK_SECONDS
        self._ends: dict[Source, int] = {}
        """Where a partition ended when it was last read to its end: markers of transactions are counted by brokers."""
        self._keys = Keys(key)
        self._strange: list[Refusal] = []
        self._paused: set[Source] = set()
        self._producer: Producer = clients.transactional(address, f"tocsin-intake-{number}")
        self._producer.init_transactions(CALL_SECONDS)
        self._consumer: Consumer = clients.consumer(address, RAW_GROUP, ends=True)
        for city in cities:
            self._metrics.log_written.labels(city.name)  # seen from the start, though nothing is written yet
        self._cities = {city.name: city for city in cities}
        self._sources = {city.name: sources_of(city, number, widths) for city in cities}
        places = sorted({source for feeds in self._sources.values() for source in feeds})
        kept = {
            (at.topic, at.partition): at
            for at in clients.committed(self._consumer, [TopicPartition(*place) for place in places])
        }
        self._marks: dict[Source, Marks] = {place: marks_of(kept[place].metadata) for place in places}
        self._next: dict[Source, int] = {place: max(0, kept[place].offset) for place in places}
        orders = clients.committed(self._consumer, [TopicPartition(ORDERS, number)])[0]
        known = marks_of(orders.metadata).books
        self._books = {city: book for city, book in known.items() if city not in without}
        self._forgets = len(self._books) < len(known)
        missing = sorted(set(self._books) - {city.name for city in cities})
        if missing:
            raise SpokenError("kafka-cities-differ", partition=number, cities=", ".join(missing))
        self._next_order = max(0, orders.offset)
        self._doors = {city.name: self._door(city, key) for city in cities}
        self._pending: list[City] = [city for city in cities if self._books.get(city.name) != city.book.digest]
        for city in self._pending:
            self._doors[city.name].use_book(city.book.digest)
        self._consumer.assign(
            [TopicPartition(topic, partition, self._next[topic, partition]) for topic, partition in places]
            + [TopicPartition(ORDERS, number, self._next_order)]
        )

    def _door(self, city: City, key: bytes) -> Door:
        feeds = self._sources[city.name]
        shown = {s: self._marks[s].shown[city.name] for s in feeds if city.name in self._marks[s].shown}
        intake: Intake = intake_of(city, key)
        return Door(intake, feeds, shown, self._kind)

    # work

    def turn(self, *, at_once: int = AT_ONCE, wait: float = POLL_SECONDS) -> int:
        """Read a batch, write what it gives; how many records were read. `wait`: seconds, where there are none. Raises
        KafkaException where it was fenced."""
        messages = clients.at_hand(self._consumer, at_once, wait)
        read_now, now = 0, self._clock.now()
        for message in messages:
            fault = message.error()
            if fault is None:
                self._put(message, now)
                read_now += 1
            elif fault.code() == KafkaError._PARTITION_EOF:
                self._ends[message.topic() or "", message.partition() or 0] = message.offset() or 0
            else:
                raise KafkaException(fault)
        self._metrics.raw_read.inc(read_now)
        self._look_at_the_ends()
        written_now = self._write(anyhow=read_now > 0 or bool(self._pending) or self._forgets)
        self._hold_back(stuck=not written_now)
        return read_now

    def _hold_back(self, *, stuck: bool) -> None:
        """Read no further where much waits for slower sources; `stuck`: nothing was written, so all may be waiting for
        one another, and those that are held back are read on."""
        for place in self._next:
            waiting = sum(door.merge.waits_at(place) for door in self._doors.values() if place in door.merge.shown)
            if waiting > MOST_WAITING and place not in self._paused and not stuck:
                self._consumer.pause([TopicPartition(*place)])
                self._paused.add(place)
            elif place in self._paused and (stuck or waiting < MOST_WAITING // 2):
                self._consumer.resume([TopicPartition(*place)])
                self._paused.discard(place)

    def _look_at_the_ends(self) -> None:
        """On the wall clock, once a second: a partition that was read to its end has shown the time. A client that was
        paused knows nothing of what came meanwhile: only the broker can tell."""
        if self._kind != "wall" or self._clock.steady() - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = self._clock.steady()
        for place in self._next:
            now = self._clock.now()
            high = self._consumer.get_watermark_offsets(TopicPartition(*place), CALL_SECONDS)[1]
            if high == self._ends.get(place, 0):
                for door in self._doors.values():
                    if place in door.merge.shown:
                        door.merge.read_until(place, now)

    def _put(self, message: Message, now: int) -> None:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        assert topic is not None
        assert partition is not None
        assert offset is not None
        city = (message.key() or b"").decode("utf-8", "replace")
        if topic == ORDERS:
            self._next_order = offset + 1
            self._order(city, raw_of(message, now))
            return
        self._next[topic, partition] = offset + 1
        door = self._doors.get(city) or self._of_a_foreign_topic((topic, partition))
        record = raw_of(message, now)
        if door is None or (topic, partition) not in door.merge.shown:
            self._set_aside(Reason.MISPLACED, (topic, partition), record)
        else:
            door.put((topic, partition), record)

    def _set_aside(self, reason: Reason, source: Source, record: Raw) -> None:
        self._strange.append(set_aside(self._keys, "", reason, record, f"{source[0]}-{source[1]}"))

    def _of_a_foreign_topic(self, source: Source) -> Door | None:
        if source[0] in KINDS.values():
            return None
        return next((self._doors[city] for city, feeds in self._sources.items() if source in feeds), None)

    def _order(self, city: str, record: Raw) -> None:
        door, source = self._doors.get(city), (ORDERS, self.number)
        request = retry_in(record.data)
        if door is None or (request is not None and (request.topic, request.partition) not in door.merge.shown):
            self._set_aside(Reason.MISPLACED, source, record)
            return
        if request is not None:
            self._again(door, request)
            return
        if (swap := swap_in(record.data)) is not None:
            if not self._released(door, swap):
                self._set_aside(Reason.MALFORMED, source, record)
            return
        try:
            order = read(record.data)
        except msgspec.MsgspecError:
            self._set_aside(Reason.MALFORMED, source, record)
            return
        if isinstance(order, Frame | Tick):
            self._set_aside(Reason.WRONG_KIND, source, record)
        else:
            door.order(order)

    def _released(self, door: Door, swap: Swap) -> bool:
        """Other rules for the book in force, from the next tick on; whether the rest of the book has what they name.
        What is in force already was handed over twice."""
        city = self._cities[door.city]
        book = swap.put_into(city.book)
        if not all(fits(rule, book) for rule in book.all_rules):
            return False
        if book.digest != city.book.digest:
            self._cities[door.city] = replace(city, book=book)
            self._pending.append(self._cities[door.city])
            door.use_book(book.digest, swap.order)
        return True

    def _again(self, door: Door, request: Retry) -> None:
        """Refused records, read by their place once more; another city's are not ours to put through."""
        found = read_again(self._address, request, self._clock.now())
        ours = [record for key, record in found if key == door.city or request.topic not in KINDS.values()]
        log.info("refused_read_again", city=door.city, records=len(ours), gone=len(request.offsets) - len(ours))
        door.again((request.topic, request.partition), ours)

    def _write(self, *, anyhow: bool) -> bool:
        """All that the doors give, and how far was read, in one transaction; `anyhow`: also where they give nothing.
        Whether they gave any."""
        said_by = {name: door.take() for name, door in self._doors.items()}
        given = any(said.records or said.refused for said in said_by.values())
        if not given and not anyhow:
            return False
        producer, begun = self._producer, time.monotonic()
        producer.begin_transaction()
        for city in self._pending:
            clients.produce(producer, RULES, books.encode(city.book), key=city.book.digest.encode())
            self._books[city.name] = city.book.digest
        for name, said in said_by.items():
            for record in said.records:
                data, headers = written(record, self._kind)
                clients.produce(producer, FRAMES, data, key=name.encode(), partition=self.number, headers=headers)
            for refusal in said.refused:
                told = msgspec.json.encode(refusal)
                clients.produce(producer, REFUSED, told, key=name.encode(), partition=self.number)
            for place in said.released:
                clients.produce(
                    producer, REFUSED, None, key=name.encode(), partition=self.number, headers=release(place)
                )
        for refusal in self._strange:
            clients.produce(producer, REFUSED, msgspec.json.encode(refusal), partition=self.number)
        self._crash(Point.BEFORE_OFFSETS)
        with OVERDUE.bounded("send_offsets_to_transaction"):
            group = self._consumer.consumer_group_metadata()
            producer.send_offsets_to_transaction(self._positions(), group, CALL_SECONDS)
        self._crash(Point.IN_INTAKE)
        producer.commit_transaction(CALL_SECONDS)
        self._crash(Point.AFTER_INTAKE)
        self._metrics.commit_seconds.observe(time.monotonic() - begun)
        self._count(said_by)
        self._pending.clear()
        self._forgets = False
        self._strange.clear()
        return given

    def _count(self, said_by: Mapping[str, Said]) -> None:
        """What was committed."""
        for name, said in said_by.items():
            self._metrics.log_written.labels(name).inc(len(said.records))
            ticks = [record.now for record in said.records if isinstance(record, Tick)]
            if ticks:
                self._metrics.ticked_at.labels(name).set(ticks[-1] / 1000)
        for refusal in (*self._strange, *(one for said in said_by.values() for one in said.refused)):
            self._metrics.refused.labels(refusal.reason).inc()

    def _positions(self) -> list[TopicPartition]:
        found = [TopicPartition(ORDERS, self.number, self._next_order, Marks(books=self._books).text())]
        for place, after in self._next.items():
            doors = [door for door in self._doors.values() if place in door.merge.shown]
            waiting = [oldest for door in doors if (oldest := door.merge.oldest(place)) is not None]
            shown = {door.city: door.merge.shown[place] for door in doors}
            marks = Marks(shown=self._marks[place].shown | shown)  # those of a city that is not given now stay
            found.append(TopicPartition(*place, min([after, *waiting]), marks.text()))
        return found

    def behind(self) -> int:
        """Raw records and orders that lie there and were not read yet; markers of a transaction under way included."""
        read_to = {**self._next, (ORDERS, self.number): self._next_order}
        return sum(
            self._consumer.get_watermark_offsets(TopicPartition(*place), CALL_SECONDS)[1]
            - max(after, self._ends.get(place, 0))
            for place, after in read_to.items()
        )

    def close(self) -> None:
        self._consumer.close()


class IntakeProcess:
    """Holds what the group gives it, until it is told to end."""

    def __init__(
        self,
        address: Address,
        cities: Sequence[City],
        key: bytes,
        *,
        kind: ClockKind = "stream",
        without: Sequence[str] = (),
        crash: Crash = never,
        metrics: RoadMetrics | None = None,
        released: Callable[[City], City] = lambda city: city,
    ) -> None:
        self._released = released  # with the rules that are in force when a partition is taken over
        self._metrics = metrics or RoadMetrics()
        self._without = without
        self._crash = crash
        self._kind: ClockKind = kind
        self._address = address
        self._cities = cities
        self._key = key
        self._orders = clients.consumer(address, GROUP)
        self._widths = clients.widths(self._orders, address)
        self._lanes: dict[int, Lane] = {}
        self._ended = False

    def end(self) -> None:
        """End in order, from any thread or a handler of signals."""
        self._ended = True

    def run(self, *, to_the_end: bool = False) -> None:
        """Until it is told to `end`; `to_the_end`: or until all that lies there was read."""
        self._orders.subscribe([ORDERS], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._revoked)
        wait = 0.0
        try:
            while not self._ended:
                self._heard(self._orders.poll(0))
                self._metrics.lanes.set(len(self._lanes))
                read_now = sum(self._turn(lane, wait) for lane in list(self._lanes.values()))
                wait = 0.0 if read_now or not self._lanes else POLL_SECONDS / len(self._lanes)  # a record waits for all
                if not self._lanes:
                    self._heard(self._orders.poll(POLL_SECONDS))
                elif to_the_end and not read_now and not any(lane.behind() for lane in self._lanes.values()):
                    return
        except KafkaException as fault:
            if fault.args[0].code() not in clients.FORBIDDEN:
                raise
            raise self._forbidden(fault.args[0]) from None
        finally:
            for lane in self._lanes.values():
                lane.close()
            self._orders.close()

    def _heard(self, message: Message | None) -> None:
        """Its records are left to the lanes; what it is told of a right that is missing would come again for ever."""
        fault = message.error() if message is not None else None
        if fault is not None and fault.code() in clients.FORBIDDEN:
            raise self._forbidden(fault)

    def _forbidden(self, fault: KafkaError) -> SpokenError:
        return SpokenError("kafka-forbidden", address=self._address, why=fault.name(), process="intake")

    def _turn(self, lane: Lane, wait: float) -> int:
        """Raises SpokenError where a transaction did not come off: who starts us again goes on from the last."""
        try:
            return lane.turn(wait=wait)
        except KafkaException as fault:
            name = "kafka-fenced" if fault.args[0].code() in clients.FENCED else "kafka-broke"
            if fault.args[0].code() in clients.FORBIDDEN:
                raise self._forbidden(fault.args[0]) from None
            raise SpokenError(name, partition=lane.number, why=fault.args[0].name()) from None

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        consumer.assign(partitions)
        consumer.pause(partitions)  # the lane reads them itself: this one only says who owns them
        for at in partitions:
            mine = self._of(at.partition)
            if mine and at.partition not in self._lanes:
                self._lanes[at.partition] = Lane(
                    at.partition,
                    [self._released(city) for city in mine],
                    self._key,
                    self._address,
                    self._widths,
                    kind=self._kind,
                    without=self._without,
                    crash=self._crash,
                    metrics=self._metrics,
                )

    def _revoked(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        for at in partitions:
            lane = self._lanes.pop(at.partition, None)
            if lane is not None:
                lane.close()

    def _of(self, number: int) -> list[City]:
        width = self._widths[ORDERS]
        return [city for city in self._cities if partition_of(city.name, width) == number]
