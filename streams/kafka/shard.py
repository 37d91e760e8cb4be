"""The cities of one partition of the frames, at work: engines, what they say, and their memory.

Signals first, memory second: a kill between the two says the same signals again, with the same causes, and the desk
drops them. The producer's name fences whoever had the partition before, so that two memories are never mixed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import structlog
from confluent_kafka import KafkaException, Producer

from rules import book as books
from rules.book import Book
from rules.records import Record, Tick, UseBook
from rules.signals import Signal
from streams.brokers import Address
from streams.crashpoints import never
from streams.engines import RuleEngines
from streams.journal import sums
from streams.kafka import clients, counted, views
from streams.kafka.crashpoints import Crash, Point
from streams.kafka.metrics import RoadMetrics
from streams.kafka.reading import whole
from streams.kafka.state import Memory, Written, begins, by_city
from streams.kafka.topics import COUNTS, FRAMES, RULES, SIGNALS, STATE
from streams.kafka.wire import BOOK, CLOCK, Headers, judged_by_us, texts

if TYPE_CHECKING:
    from streams.runtime.ports import ClockKind, EngineLike, Engines

log = structlog.get_logger()

CALL_SECONDS: Final = 30.0
OPEN_SECONDS: Final = 10.0
"""So often are counts said that have not settled, at most."""
VIEW_SECONDS: Final = 1.0
"""So often is said how an engine stands, at most."""
LOOK_SECONDS: Final = 1.0
"""So often is a book that is missing looked for, at most."""
SOON_SECONDS: Final = 1.0
"""So long is a book waited for that may be on its way: it is written before what names it, into another partition."""


class Books:
    """Every book of the topic, by digest; it is read again where a digest is not known yet."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._known: dict[str, Book] = {}
        self._asked_at: dict[str, float] = {}

    def read(self) -> Mapping[str, Book]:
        """All that lie there, committed or not: a book is known by its own hash, and a frame that names one may be read
        before the transaction that wrote both has ended."""
        consumer = clients.consumer(self._address, "tocsin-reading")
        partitions = consumer.list_topics(RULES, CALL_SECONDS).topics[RULES].partitions
        consumer.close()
        for partition in partitions:
            for message in whole(self._address, RULES, partition, committed=False):
                data = message.value() or b""
                if sums.of_book(data) == (message.key() or b"").decode("utf-8", "replace"):
                    self._known[sums.of_book(data)] = books.decode(data)
        return self._known

    def arrived(self, digest: str) -> Book | None:
        """The book where it lies there by now. Never waits: one that is missing is looked for once a second. Raises
        KafkaException."""
        asked_at = self._asked_at.get(digest)
        if digest not in self._known and (asked_at is None or time.monotonic() - asked_at >= LOOK_SECONDS):
            self.read()
            self._asked_at[digest] = time.monotonic()
        return self._known.get(digest)

    def soon(self, digest: str) -> Book | None:
        """The book, waited for a moment; None where it does not come, or the brokers do not answer."""
        limit = time.monotonic() + SOON_SECONDS
        try:
            while digest not in self._known and digest not in self.read():
                if time.monotonic() > limit:
                    return None
                time.sleep(0.2)
        except KafkaException:
            return None
        return self._known[digest]


class _Waits(NamedTuple):
    """A city waits for the book `digest`, which the record `number` names: from there on its log is judged then."""

    digest: str
    number: int


class _City:
    """An engine and its memory. `at`: the last record of its log that is in it, its first one, the book, included;
    `saved`: the one up to which the topic holds it; `viewed`: the tick that was last told to desks, and when, s."""

    def __init__(self, name: str, memory: Memory, engine: EngineLike | None, saved: int) -> None:
        self.name = name
        self.memory = memory
        self.engine = engine
        self.at = self.saved = saved
        self.waits: _Waits | None = None
        self.viewed: tuple[int, float] = (0, 0.0)
        self.shadowing = views.Shadowing(name)


class Shard:
    """`through`: up to here the partition's records are in the engines, so the offset to read on from. Numbers of
    records are offsets + 1."""

    def __init__(
        self,
        number: int,
        address: Address,
        engines: Engines | None = None,
        *,
        crash: Crash = never,
        metrics: RoadMetrics | None = None,
    ) -> None:
        self.number = number
        self._crash = crash
        self._metrics = metrics or RoadMetrics()
        self._address = address
        self._engines: Engines = engines or RuleEngines()
        self._memory_of: Producer = clients.transactional(address, f"tocsin-worker-{number}")
        self._memory_of.init_transactions(CALL_SECONDS)
        self._says = clients.Sending(address, linger_ms=0)
        self._books = Books(address)
        self._cities: dict[str, _City] = {}
        self._opened_at: float | None = None
        self.through = self._restore()

    def _restore(self) -> int:
        """Take the engines up; from which record on the partition must be read."""
        entries = ((message.key(), message.value()) for message in whole(self._address, STATE, self.number))
        memories = by_city(entries)
        known = self._books.read() if memories else {}
        written = [one for memory in memories.values() for one in memory.written()]
        for name, memory in memories.items():
            engine, offset = self._newest(name, memory, known)
            memory.taken_up(offset if engine is not None else None)
            if engine is not None:
                engine.show_counts()
            self._cities[name] = _City(name, memory, engine, offset)
            log.info("city_recovered", city=name, partition=self.number, head=offset)
        return begins({city.name: city.saved for city in self._cities.values()}, written)

    def _newest(self, name: str, memory: Memory, known: Mapping[str, Book]) -> tuple[EngineLike | None, int]:
        for offset, rows in memory.heads():
            try:
                return self._engines.restore(rows, known), offset
            except ValueError as fault:  # of another format: the log says it all again
                log.info("snapshot_of_another_format", city=name, what=str(fault))
        log.warning("snapshot_refused", city=name)
        return None, 0

    # work

    def apply(self, name: str, record: Record, offset: int, clock: ClockKind) -> list[Signal]:
        """Judge one record of a city's log, once; what it makes the engine say is on its way to the desk. Records of a
        city that waits for its book are left where they lie, until `catch_up`."""
        city = self._cities.get(name)
        if city is None:
            city = self._cities[name] = _City(name, Memory(name), None, 0)
        number = offset + 1
        signals = self._judged(city, record, number, clock) if number > city.at and city.waits is None else []
        self.through = number
        return signals

    def _judged(self, city: _City, record: Record, number: int, clock: ClockKind) -> list[Signal]:
        book: Book | None = None
        if isinstance(record, UseBook) and (book := self._books.soon(record.digest)) is None:
            self._wait(city, _Waits(record.digest, number))
            return []
        signals: list[Signal] = []
        if city.engine is None:
            self._begin(city, book, number, clock)
        else:
            if book is not None:
                city.engine.add_book(book)
            signals = city.engine.apply(record, number)
        if signals:
            self._metrics.said.labels(city.name).inc(len(signals))
        for signal in signals:
            assert city.engine is not None
            headers: Headers = [(CLOCK, clock), (BOOK, city.engine.book.digest)]
            data = msgspec.json.encode(signal)
            self._says.send(SIGNALS, data, key=city.name.encode(), partition=self.number, headers=headers)
        city.at = number
        if isinstance(record, Tick):
            self._view(city, time.monotonic())
        return signals

    def _begin(self, city: _City, book: Book | None, number: int, clock: ClockKind) -> None:
        """A log begins with the book that judges it."""
        if book is not None:
            city.engine = self._engines.make(book, 0, clock)
            city.engine.show_counts()
        else:
            log.error("log_without_a_book", city=city.name, partition=self.number, offset=number - 1)

    def _wait(self, city: _City, waits: _Waits) -> None:
        city.waits = waits
        where = {"city": city.name, "partition": self.number, "offset": waits.number - 1}
        log.error("book_missing", book=waits.digest, **where, advice="tocsin kafka book CITY")
        self._metrics.book_missing.labels(city.name).set(1)

    def catch_up(self, most: int) -> bool:
        """Judge what cities have left lying whose book has come, `most` records of each; whether there is more."""
        return any(self._caught_up(city, city.waits, most) for city in self._cities.values() if city.waits)

    def _caught_up(self, city: _City, waits: _Waits, most: int) -> bool:
        try:
            if self._books.arrived(waits.digest) is None:
                return False
            city.waits = None
            for record, number, clock in islice(self._lying(city, waits.number), most):
                self._judged(city, record, number, clock)
                if city.at < number:  # it waits for another one
                    return False
            if next(self._lying(city, city.at + 1), None) is not None:
                city.waits = _Waits(waits.digest, city.at + 1)
                return True
        except KafkaException as fault:  # the brokers are gone for a while: what was judged is judged
            log.warning("book_not_looked_for", city=city.name, why=fault.args[0].name())
            city.waits = _Waits(waits.digest, max(waits.number, city.at + 1))
            return False
        log.info("book_arrived", city=city.name, book=waits.digest)
        self._metrics.book_missing.labels(city.name).set(0)
        return False

    def _lying(self, city: _City, number: int) -> Iterator[tuple[Record, int, ClockKind]]:
        """A city's records from one on, up to where the partition was read."""
        for message in whole(self._address, FRAMES, self.number, committed=False, since=number - 1):
            offset = message.offset() or 0
            if offset >= self.through:
                return
            if message.key() == city.name.encode():
                found = judged_by_us(message.value(), texts(message.headers()))
                if found is not None:
                    yield found[0], offset + 1, found[1]

    def save(self) -> None:
        """All that was judged by now: what was said is with the brokers, counts too, then memory. Raises KafkaException
        where another worker has the partition, TimeoutError where the brokers take nothing."""
        begun = time.monotonic()
        self._count(begun)
        self._says.flush(CALL_SECONDS)
        changed = [city for city in self._cities.values() if city.engine is not None and city.at > city.saved]
        if not changed:
            return
        producer = self._memory_of
        offsets = {city.name: city.at for city in self._cities.values() if city.engine is not None}
        left = [city.waits.number - 1 for city in self._cities.values() if city.waits is not None]
        written = Written(min([self.through, *left]), offsets)  # who takes up from here reads again what was left
        self._crash(Point.BEFORE_MEMORY)
        producer.begin_transaction()
        for city in changed:
            assert city.engine is not None
            for key, value in city.memory.put(city.at, city.engine.rows(), written):
                clients.produce(producer, STATE, value, key=key, partition=self.number)
                self._metrics.memory_bytes.labels(city.name).inc(len(key) + len(value or b""))
        self._crash(Point.IN_MEMORY)
        producer.commit_transaction(CALL_SECONDS)
        self._crash(Point.AFTER_MEMORY)
        for city in changed:
            city.saved = city.at
        self._metrics.memory_seconds.observe(time.monotonic() - begun)

    def _count(self, now: float) -> None:
        """Say counts that have settled; those that have not every ten seconds at most. `now`: seconds."""
        opens = self._opened_at is None or now - self._opened_at >= OPEN_SECONDS
        if opens:
            self._opened_at = now
        for city in self._cities.values():
            self._view(city, now, anyhow=True)
            rows = city.engine.counted(open_too=opens) if city.engine is not None else ()
            for row in rows:
                key, value = counted.entry(city.name, row)
                self._says.send(COUNTS, value, key=key, partition=self.number)
            if rows:
                self._metrics.counted.labels(city.name).inc(len(rows))

    def _view(self, city: _City, now: float, *, anyhow: bool = False) -> None:
        """Say how the engine stands, where that was not said just now. `now`: seconds."""
        tick, at = city.viewed
        if city.engine is None or city.engine.tick in (None, tick) or not (anyhow or now - at >= VIEW_SECONDS):
            return
        city.viewed = city.engine.tick or 0, now
        for key, value in (*city.shadowing.entries(city.engine, now), views.entry(city.name, city.engine)):
            self._says.send(COUNTS, value, key=key, partition=self.number)

    def engine(self, name: str) -> EngineLike | None:
        """The engine of a city, as far as it has judged; None before its log begins."""
        return self._cities[name].engine if name in self._cities else None
