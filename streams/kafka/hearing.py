"""What a desk hears of one city: its signals and its counts, as workers say them, into the city's store.

How far was read lies in the store, in the transaction that holds what it caused; a start reads on from there, whatever
a group's offset says. A signal said twice has the same cause, a count is absolute: neither changes anything again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

import msgspec
import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from sqlalchemy.exc import OperationalError

from alerts.alert import Alert
from alerts.counts import DAY_MS
from alerts.database import DatabaseStore
from alerts.offsets import Partition, ReadTo
from alerts.room import DeskRoom
from rules.book import Book
from rules.counts import levels_down_to
from rules.shown import Count, Recount
from rules.signals import Signal
from streams.brokers import Address
from streams.clock import Clock
from streams.crashpoints import never
from streams.journal import means_full
from streams.kafka import clients, counted, views
from streams.kafka.anew import SameTopics
from streams.kafka.crashpoints import Crash, Point
from streams.kafka.shard import Books
from streams.kafka.topics import COUNTS, RULES, SIGNALS, partition_of
from streams.kafka.views import Seen, View
from streams.kafka.wire import BOOK, CLOCK, texts
from streams.messages import SpokenError
from streams.metrics import Metrics
from streams.runtime import ClockKind, Shown
from streams.stand import AtWork

log = structlog.get_logger()

GROUP: Final = "tocsin-desk"
AT_ONCE: Final = 2_000
POLL_SECONDS: Final = 0.05
KEEP_SECONDS: Final = 1.0
"""How far was read where it caused nothing is kept so often, at most."""
CALL_SECONDS: Final = 30.0
OLD_MS: Final = 3_600_000
"""What was said so long before a city had a desk comes onto its board, and nobody is called for it."""
FIRST: Final = "tocsin.signals, there before the desk"
"""Under this name the store keeps the offset behind which signals were said to a desk that was there."""
_PASSING: Final = frozenset(
    {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE, KafkaError._TIMED_OUT}
)
"""Faults of brokers that are waited for: what has been heard is answered meanwhile."""


class _Said(NamedTuple):
    """A signal of this city, the digest of its book, and where the next record of its partition lies. `old`: it was
    said long before there was a desk."""

    signal: Signal
    book: str
    after: int
    old: bool


class Lack(NamedTuple):
    """A book that a signal names and that is not there, and where that signal lies."""

    book: str
    offset: int


class Hearing:
    """One city's. `turn` again and again, on one thread. Raises SpokenError where it cannot begin.

    On the wall clock what comes is told as of now; on the stream clock each signal as of its own time. `without`:
    digests of books that are lost; signals that name one are set aside.
    """

    def __init__(
        self,
        address: Address,
        desk: DeskRoom,
        store: DatabaseStore,
        shown: Shown,
        clock: Clock,
        metrics: Metrics,
        *,
        kind: ClockKind,
        crash: Crash = never,
        without: Collection[str] = (),
    ) -> None:
        self._address, self._without = address, frozenset(without)
        self._desk, self._store, self._clock, self._metrics, self._crash = desk, store, clock, metrics, crash
        self.shown = shown
        self._kind: Final[ClockKind] = kind
        self.city: Final = desk.book.city
        self._books = Books(address)
        self._consumer: Consumer = clients.consumer(address, GROUP, ends=True)
        number = partition_of(self.city, self._width())
        self._places: tuple[Partition, Partition] = ((SIGNALS, number), (COUNTS, number))
        self._topics = SameTopics(address, self.city, store, self._places, clock)
        kept = self._topics.kept
        self._kept = {place: kept.get(place, 0) for place in self._places}
        self._read = dict(self._kept)
        self._first = kept.get((FIRST, number), 0)
        """Signals before this offset were there before the desk was."""
        self._kept_at = clock.steady()
        self._signals: deque[_Said] = deque()
        self._counts: list[Count | Recount] = []
        self._view: View | None = None
        self._shadows: dict[str, AtWork] = {}
        self._ends: dict[Partition, int] = {}
        self._ended: set[str] = set()
        self._forgot_on = 0
        self.seen: Seen | None = None
        """How the engine stands, as its worker said last."""
        self.lacks: Lack | None = None
        """The book that signals wait for; counts, and how the engine stands, go on."""
        self.full = False
        """Whether the disk has no room for what was heard."""
        self._consumer.assign([TopicPartition(*place, self._begin(place)) for place in self._places])
        if not self._first:
            self._first = self._ends[self._places[0]] + 1
            store.read_on([ReadTo(FIRST, number, 0, self._first)])
        self._crash(Point.DESK_STARTING)

    def _width(self) -> int:
        found = clients.widths(self._consumer, self._address)
        missing = [topic for topic in (SIGNALS, COUNTS, RULES) if topic not in found]
        if missing:
            raise SpokenError("kafka-topic-missing", topic=", ".join(missing))
        return found[SIGNALS]

    def _begin(self, place: Partition) -> int:
        """Where reading begins. Raises SpokenError where what comes next lies there no more, or not yet."""
        low, high = self._consumer.get_watermark_offsets(TopicPartition(*place), CALL_SECONDS)
        self._ends[place] = high
        kept = self._kept[place]
        if kept and not low <= kept <= high and place[0] == SIGNALS:
            raise SpokenError("desk-offsets-gone", city=self.city, topic=place[0], kept=kept, low=low, high=high)
        return min(max(kept, low), high)

    @property
    def caught_up(self) -> bool:
        """Whether all that was said when it began has been heard."""
        return len(self._ended) == len(self._places)

    def turn(self) -> list[Alert]:
        """Hear some of what was said, and keep it; the alerts that it changed. Raises StaleError where another desk
        has read on, KafkaException where brokers refuse."""
        if not self._counts and (self.lacks is not None or not self._signals):
            for message in clients.at_hand(self._consumer, AT_ONCE, POLL_SECONDS):
                self._take(message)
        changed: list[Alert] = []
        try:
            self._keep_counts()
            while self._signals and self._has_book(self._signals[0]):
                changed += self._tell()
            self._keep_rest()
        except OperationalError as fault:
            if not means_full(fault.orig):
                raise
            full = True
        else:
            full = False
        if full and not self.full:
            log.error("disk_full", city=self.city)
        self.full = full
        self._look()
        return changed

    def close(self) -> None:
        self._consumer.close()

    # what comes

    def _take(self, message: Message) -> None:
        fault, topic = message.error(), message.topic() or ""
        if fault is not None:
            if fault.code() == KafkaError._PARTITION_EOF:
                self._ended.add(topic)
            elif fault.code() not in _PASSING:
                raise KafkaException(fault)
            return
        after = (message.offset() or 0) + 1
        if topic == SIGNALS and after <= self._read[topic, message.partition() or 0]:
            self._topics.look(self._kept[self._places[0]], at_once=True)
        try:
            self._read_one(message, topic, after)
        except msgspec.MsgspecError as why:  # no worker says such: one record must not hold up all that follow
            self._set_aside(message, topic, type(why).__name__)
        self._read[topic, message.partition() or 0] = after

    def _read_one(self, message: Message, topic: str, after: int) -> None:
        """Raises msgspec.MsgspecError where it is none of ours, or of a format to come."""
        key, value = message.key() or b"", message.value() or b""
        if topic == SIGNALS and key == self.city.encode():
            said = self._said(message, after)
            if said.book in self._without:
                self._set_aside(message, topic, f"without the book {said.book}")
            else:
                self._signals.append(said)
        elif topic == COUNTS and key.startswith(f"{self.city}{counted.SEPARATOR}".encode()):
            if views.is_view(key):
                self._view = views.read(value)
            elif views.is_shadow(key):
                self._hear_shadow(value)
            elif value:  # else retention has let the cell go
                self._counts.append(counted.read(key, value)[1])

    def _hear_shadow(self, value: bytes) -> None:
        shadow = views.read_shadow(value).at_work
        if shadow is not None:
            self._shadows[shadow.rule.id] = shadow

    def _set_aside(self, message: Message, topic: str, why: str) -> None:
        where = {"topic": topic, "partition": message.partition(), "offset": message.offset()}
        log.warning("record_set_aside", city=self.city, **where, why=why)
        self._metrics.desk_set_aside.labels(self.city, topic).inc()

    def _said(self, message: Message, after: int) -> _Said:
        """Raises SpokenError for a signal of the other clock: people would be told of the past as of now."""
        signal = msgspec.json.decode(message.value() or b"", type=Signal)
        told = texts(message.headers())
        clock = told.get(CLOCK, self._kind)
        if clock != self._kind:
            raise SpokenError("desk-other-clock", city=self.city, clock=clock)
        before = self._kind == "wall" and after < self._first
        return _Said(signal, told.get(BOOK, ""), after, before and self._clock.now() - signal.at > OLD_MS)

    # what is kept

    def _has_book(self, said: _Said) -> bool:
        """Whether the book that a signal names is there. Signals have one order: all that follow wait with it, and are
        left at the brokers; nothing else waits."""
        there = not said.book or self._book(said.book) is not None
        lacked, self.lacks = self.lacks, None if there else Lack(said.book, said.after - 1)
        if (lacked is None) == there:
            return there
        place = TopicPartition(*self._places[0])
        if self.lacks is not None:
            where = {"topic": place.topic, "partition": place.partition, "offset": self.lacks.offset}
            log.error("book_missing", city=self.city, book=said.book, **where, advice="tocsin kafka book CITY")
            self._consumer.pause([place])
        else:
            log.info("book_arrived", city=self.city, book=said.book)
            self._consumer.resume([place])
        self._metrics.desk_book_missing.labels(self.city).set(int(not there))
        return there

    def _book(self, digest: str) -> Book | None:
        try:
            return self._books.arrived(digest)
        except KafkaException as fault:
            if fault.args[0].code() not in _PASSING:
                raise
            return None

    def _tell(self) -> list[Alert]:
        """Signals of one book to the desk, in one transaction with how far they were read."""
        first = self._signals[0]
        if self._kind == "stream":
            told = [first]
        else:
            alike = groupby(self._signals, key=lambda one: (one.book, one.old))
            told = list(next(alike)[1])
        if first.book and (book := self._book(first.book)) is not None:
            self._desk.book = book
        now = first.signal.at if self._kind == "stream" else self._clock.now()
        place, after = self._places[0], told[-1].after
        self._crash(Point.BEFORE_DESK)
        self._crash(Point.IN_DESK)
        was = self._desk.shut
        self._desk.shut = was or first.old
        try:
            changed = self._desk.apply([one.signal for one in told], now, self._reads(place, after))
        finally:
            self._desk.shut = was
        self._crash(Point.AFTER_DESK)
        self._kept[place] = after
        for _ in told:
            self._signals.popleft()
        self._metrics.desk_heard.labels(self.city).inc(len(told))
        return changed

    def _keep_counts(self) -> None:
        if self._counts:
            place = self._places[1]
            self._store.put_counts(self.city, list(self._wanted()), self._reads(place, self._read[place]))
            self._kept[place] = self._read[place]
            self._counts.clear()
        now = (self._view.tick if self._view is not None else 0) or (self.seen.tick or 0 if self.seen else 0)
        if now // DAY_MS > self._forgot_on and self.shown.level:
            self._store.forget_counts(self.city, now, self.shown.kept)
            self._forgot_on = now // DAY_MS

    def _wanted(self) -> Iterator[Count | Recount]:
        """Of the counts those that the city's pages show: a worker says them as finely as may be."""
        areas, level, now = self._desk.book.areas, self.shown.level, self._clock.now()
        if not level:
            return
        levels = levels_down_to(areas.levels, level if level in areas.levels else areas.levels[0])
        since = now - self.shown.kept if self._kind == "wall" else 0
        for row in self._counts:
            known = areas.by_code.get(row.area)
            if known is not None and known.level in levels and (row.start >= since or row.step >= DAY_MS):
                yield row

    def _keep_rest(self) -> None:
        """How far was read where that caused nothing."""
        if self._clock.steady() - self._kept_at < KEEP_SECONDS:
            return
        self._kept_at = self._clock.steady()
        untold = {SIGNALS} if self._signals else set()
        rest = [read for at in self._places if at[0] not in untold for read in self._reads(at, self._read[at])]
        if rest:
            self._store.read_on(rest)
            self._kept.update({(read.topic, read.partition): read.offset for read in rest})

    def _reads(self, place: Partition, after: int) -> Sequence[ReadTo]:
        since = self._kept[place]
        return [ReadTo(*place, since, after)] if after > since else ()

    def _look(self) -> None:
        """Take up how the engine stands, once what it says has been kept."""
        if self._view is not None and not self.full:
            before = self.seen.book if self.seen is not None else self._desk.book
            self.seen = Seen(self._view, self._book(self._view.book) or before, dict(self._shadows))
            self._view = None
        self._topics.look(self._kept[self._places[0]])
        behind = 0
        for place in self._places:
            try:
                _, high = self._consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
            except KafkaException:
                continue
            behind += max(0, high - self._read[place])
        self._metrics.desk_unread.labels(self.city).set(behind)
