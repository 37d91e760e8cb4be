"""What was refused lately, by feed and reason: heard out of `tocsin.refused`, for the page of feeds."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import msgspec
import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from alerts.api.door import Refused
from streams.brokers import Address
from streams.kafka import clients
from streams.kafka.retries import RELEASED
from streams.kafka.topics import ORDERS, REFUSED, partition_of
from streams.kafka.wire import texts
from streams.messages import SpokenError
from streams.refusals import MEANINGS, Reason, Refusal

log = structlog.get_logger()

GROUP: Final = "tocsin-desk"
FRESH_SECONDS: Final = 10.0
"""So long an answer is given again: many pages ask."""
PATIENCE_SECONDS: Final = 2.0
"""So long a page waits for brokers; what was not read by then is read when the next one asks."""
CALL_SECONDS: Final = 5.0
AT_ONCE: Final = 5_000
MOST: Final = 200_000
"""Refused records whose places are remembered; beyond it the oldest are let go, and no longer counted."""


class RefusedHeard:
    """Asked from any thread. `steady`: seconds of a clock that does not step. A record that was refused twice, because
    it was read twice, is one; one that has passed since is none."""

    def __init__(self, address: Address, city: str, steady: Callable[[], float]) -> None:
        self._address, self._city, self._steady = address, city, steady
        self._lock = threading.Lock()
        self._consumer: Consumer | None = None
        self._since = 0
        self._at_end = False
        self._lying: dict[str, Refusal] = {}
        self._known: tuple[float, int, tuple[Refused, ...] | None] = (float("-inf"), 0, None)

    def __call__(self, since: int) -> Sequence[Refused] | None:
        """The most frequent first; None where brokers do not answer just now. `since`: ms UTC."""
        with self._lock:
            at, asked, found = self._known
            if asked != since or self._steady() - at > FRESH_SECONDS:
                found = self._counted(since) if self._read(since) else None
                self._known = self._steady(), since, found
            return found

    def close(self) -> None:
        with self._lock:
            if self._consumer is not None:
                self._consumer.close()
                self._consumer = None

    def _read(self, since: int) -> bool:
        """Read on, from `since` at the first time; whether brokers answered."""
        try:
            if self._consumer is None or since < self._since:
                self._begin(since)
            return self._read_on()
        except (KafkaException, SpokenError) as fault:
            log.warning("refused_not_heard", city=self._city, why=str(fault)[:200])
            return False

    def _begin(self, since: int) -> None:
        """What was refused since then was written since then: time is the append time."""
        if self._consumer is not None:
            self._consumer.close()
        self._consumer, self._lying, self._at_end = None, {}, False
        consumer = clients.consumer(self._address, GROUP, ends=True)
        try:
            number = partition_of(self._city, clients.widths(consumer, self._address)[ORDERS])
            places = consumer.offsets_for_times([TopicPartition(REFUSED, number, since)], CALL_SECONDS)
            consumer.assign(places)
        except BaseException:
            consumer.close()
            raise
        self._consumer, self._since = consumer, since

    def _read_on(self) -> bool:
        """A client tells an end once, and again only after more was read."""
        assert self._consumer is not None  # it was begun
        limit = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < limit:
            for message in self._consumer.consume(AT_ONCE, 0.05):
                fault = message.error()
                if fault is not None and fault.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(fault)
                self._at_end = fault is not None
                if fault is None:
                    self._take(message)
            if self._at_end:
                return True
        return False

    def _take(self, message: Message) -> None:
        if message.key() != self._city.encode():
            return
        if message.value() is None:
            self._lying.pop(texts(message.headers()).get(RELEASED, ""), None)
            return
        try:
            told = msgspec.json.decode(message.value() or b"", type=Refusal)
        except msgspec.MsgspecError:
            return  # of a stranger, or of a format to come: it is on no page, and in the topic all the same
        self._lying[f"{told.place.partition}:{told.place.offset}"] = told
        while len(self._lying) > MOST:
            del self._lying[next(iter(self._lying))]

    def _counted(self, since: int) -> tuple[Refused, ...]:
        self._lying = {place: told for place, told in self._lying.items() if told.at >= since}
        of = Counter((told.feed, told.reason.value) for told in self._lying.values())
        return tuple(Refused(feed, why, n, MEANINGS[Reason(why)]) for (feed, why), n in of.most_common())
