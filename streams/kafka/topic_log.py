"""A city's log as it lies in `tocsin.frames`, for who judges it again: `tocsin explain`, `tocsin audit`. Reads only.

Numbers of records are offsets + 1, as a worker gives them. Frames are read whether their transaction ended well or not,
for that is what workers do: rows of one that did not come again, and the engine knows them by their raw place.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from confluent_kafka import KafkaException, Message, TopicPartition

from rules.book import Book
from rules.calendar import DAY_MS
from rules.records import Record, UseBook
from streams.brokers import Address
from streams.journal import RefusedDay, Snapshot
from streams.kafka import clients
from streams.kafka.reading import whole
from streams.kafka.retries import lying
from streams.kafka.shard import Books
from streams.kafka.state import by_city
from streams.kafka.topics import FRAMES, ORDERS, STATE, partition_of
from streams.kafka.wire import CLOCK, KIND, read, texts
from streams.messages import SpokenError
from streams.runtime.recovery import CLOCK as CLOCK_KEPT
from streams.runtime.recovery import EPOCH, FIRST_BOOK


@contextmanager
def opened(address: Address, city: str) -> Iterator[TopicLog]:
    """The log of a city. Raises SpokenError, also where the brokers go while it is read."""
    try:
        yield TopicLog(address, city)
    except KafkaException as fault:
        raise SpokenError("kafka-unreachable", address=address, why=fault.args[0].name()) from None


class TopicLog:
    """One city's (`streams.rewind.Log`), as long as it was when this was opened.

    Raises SpokenError where the log has not begun, and where retention has let its beginning go: then it cannot be
    judged again; KafkaException.
    """

    def __init__(self, address: Address, city: str) -> None:
        self._address, self._city = address, city
        consumer = clients.consumer(address, "tocsin-reading")
        try:
            self._number = partition_of(city, clients.widths(consumer, address)[ORDERS])
            place = TopicPartition(FRAMES, self._number)
            self._end: int = consumer.get_watermark_offsets(place, clients.CALL_SECONDS)[1]
        finally:
            consumer.close()
        first = next(self._messages(0), None)
        if first is None:
            raise SpokenError("kafka-log-empty", city=city)
        record = read(first.value() or b"")
        if not isinstance(record, UseBook):
            at = datetime.fromtimestamp(first.timestamp()[1] / 1000, UTC).date()
            raise SpokenError("kafka-log-cut", city=city, day=at.isoformat())
        self._first = (first.offset() or 0) + 1
        self._meta = {FIRST_BOOK: record.digest, EPOCH: "0", CLOCK_KEPT: texts(first.headers()).get(CLOCK, "")}
        self._books = Books(address)

    def _messages(self, since: int) -> Iterator[Message]:
        """Those of the city from an offset on, up to the end as it was; of strangers none."""
        for message in whole(self._address, FRAMES, self._number, committed=False, since=since):
            if (message.offset() or 0) >= self._end:
                return
            if message.key() == self._city.encode() and KIND in texts(message.headers()):
                yield message

    def meta(self, name: str, /) -> str | None:
        return self._meta.get(name)

    def books(self) -> Mapping[str, Book]:
        return self._books.read()

    @contextmanager
    def moment(self) -> Iterator[int]:
        """The last number of when this was opened."""
        yield self._end

    def snapshots(self) -> Iterator[Snapshot]:
        """What the city's worker saved, newest first, as far as this log goes."""
        found = by_city((one.key(), one.value()) for one in whole(self._address, STATE, self._number))
        if self._city in found:
            for number, rows in found[self._city].heads():
                if number <= self._end:
                    yield Snapshot(number, rows)

    def read(self, after: int = 0) -> Iterator[tuple[int, Record]]:
        """Without the book that the log begins with."""
        for message in self._messages(max(self._first, after)):
            yield (message.offset() or 0) + 1, read(message.value() or b"")

    def refused_days(self) -> Sequence[RefusedDay]:
        """By distinct raw place. What was refused and has passed since is among the accepted."""
        found = Counter((one.feed, one.at // DAY_MS) for one in lying(self._address, self._city, self._number))
        return [RefusedDay(feed, day, n, 0, n) for (feed, day), n in sorted(found.items())]
