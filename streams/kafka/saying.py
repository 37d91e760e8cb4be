"""What a desk says into `tocsin.alerts`: every move of every alert, read from the chain, with the alert as it is now.

How far it has said lies in the store, written after the brokers have it: a kill between the two says the same again,
under the same ids. The producer's name fences whoever had the city before, so that no state that is past comes last.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Final

import msgspec
import structlog
from confluent_kafka import KafkaException, Producer
from sqlalchemy.exc import OperationalError

from alerts.chain import Purge, decode
from alerts.database import DatabaseStore
from alerts.offsets import Partition, ReadTo, StaleError
from rules.book import Book
from streams.brokers import Address
from streams.crashpoints import never
from streams.journal import means_full
from streams.kafka import alert_events, clients
from streams.kafka.alert_events import CONTENT_TYPE, AlertEvent, key_of
from streams.kafka.crashpoints import Crash, Point
from streams.kafka.topics import ALERTS, partition_of
from streams.kafka.wire import CLOCK, Headers
from streams.messages import SpokenError
from streams.metrics import Metrics
from streams.runtime import ClockKind

log = structlog.get_logger()

AT_ONCE: Final = 500
"""Entries of the chain in one transaction of the brokers."""
LOOK_SECONDS: Final = 0.25
AGAIN_SECONDS: Final = 2.0
"""After a failure, before it is tried again: nothing is lost by waiting."""
CALL_SECONDS: Final = 10.0
MOVES: Final = "tocsin.alerts, moves said"
"""Under this name the store keeps the last entry of the chain that was said."""
CHANGES: Final = "tocsin.alerts, changes said"
"""The version of the store up to which also changes without a move were said."""
MADE: Final = "tocsin.alerts, made"
"""Of which topic that holds: another one, made anew, knows nothing of it."""


class Saying:
    """One city's. `run` on a thread of its own: brokers that are away keep no clock of the desk waiting.

    Raises SpokenError where it cannot begin.
    """

    def __init__(
        self,
        address: Address,
        city: str,
        store: DatabaseStore,
        book: Callable[[], Book],
        language: Callable[[], str],
        metrics: Metrics,
        *,
        kind: ClockKind,
        crash: Crash = never,
    ) -> None:
        self.city: Final = city
        self._address, self._store, self._book, self._language = address, store, book, language
        self._metrics, self._crash = metrics, crash
        producer = self._open()
        widths = clients.widths(producer, address)
        if ALERTS not in widths:
            raise SpokenError("kafka-topic-missing", topic=ALERTS)
        self._producer: Producer | None = producer
        self._ready = False
        number = partition_of(city, widths[ALERTS])
        self._partition: Final = number
        self._moves, self._changes, self._made = (MOVES, number), (CHANGES, number), (MADE, number)
        self._headers: Headers = [("content-type", CONTENT_TYPE), (CLOCK, kind)]
        self._kept: dict[Partition, int] = {}
        self._begin()
        self._failed = False
        self._ended = threading.Event()

    def _open(self) -> Producer:
        return clients.transactional(self._address, f"tocsin-desk-{self.city}")

    def _begin(self) -> None:
        """Find how far was said into this very topic."""
        ours, kept = (self._moves, self._changes, self._made), self._store.offsets()
        self._kept = {place: kept.get(place, 0) for place in ours}
        made = clients.made(self._address, ALERTS)
        if self._kept[self._made] != made:  # all of it then: the whole chain, with what each alert is now
            self._keep({self._made: made, self._moves: 0, self._changes: self._store.version()})

    def run(self, on_fault: Callable[[BaseException], None]) -> None:
        """Say what there is, and what comes, until `end`; then once more what was moved last."""
        try:
            self._fence()
            while not self._ended.is_set():
                self._ended.wait(0 if self._turn() else AGAIN_SECONDS if self._failed else LOOK_SECONDS)
            if not self._failed:
                self._turn()
        except BaseException as fault:  # noqa: BLE001 - whoever runs the city ends for it
            on_fault(fault)

    def end(self) -> None:
        """From any thread."""
        self._ended.set()

    def _fence(self) -> None:
        """Nobody who had the city before says anything from here on, also where there is nothing to say yet."""
        try:
            self._at_work()
        except KafkaException as fault:
            self._failing(fault)

    def _turn(self) -> bool:
        """Say some; whether there may be more just now. Raises StaleError where another process has the city."""
        try:
            more = self.step()
        except (KafkaException, TimeoutError) as fault:
            self._failing(fault)
            return False
        except OperationalError as fault:
            if not means_full(fault.orig):
                raise
            self._failing(fault)
            return False
        if self._failed:
            log.info("alerts_are_said_again", city=self.city)
        self._failed = False
        return more

    def _failing(self, fault: BaseException) -> None:
        code = fault.args[0].code() if isinstance(fault, KafkaException) else None
        if code in clients.FENCED:
            raise StaleError(f"{self.city}: another desk says its alerts") from fault
        if not self._failed:
            log.error("alerts_not_said", city=self.city, why=str(fault)[:200])
        self._failed, self._producer, self._ready = True, None, False
        last = self._store.last_link()
        self._metrics.desk_unsaid.labels(self.city).set(max(0, (last.seq if last else 0) - self._kept[self._moves]))

    def step(self) -> bool:
        """One batch; whether there may be more. Raises KafkaException, TimeoutError, StaleError; nothing is lost then:
        the next call begins where this one began."""
        seq, version_said, upto = self._kept[self._moves], self._kept[self._changes], self._store.version()
        links = list(islice(self._store.links(seq), AT_ONCE))
        known = self._store.known({link.alert for link in links if link.alert})
        records: list[tuple[str, bytes | None]] = []
        book, language = self._book(), self._language()
        for link in links:
            if link.alert in known:
                version, alert = known[link.alert]
                records += self._written(alert_events.moved(link, alert, version, book, language))
            elif not link.alert and isinstance(purge := decode(link.body).act, Purge):
                records += [(key_of(self.city, gone), None) for gone in purge.alerts]
        more = len(links) == AT_ONCE
        if not more and upto > version_said:
            changed = self._store.known(alert.id for alert in self._store.changed_since(version_said))
            for name, (version, alert) in changed.items():
                if known.get(name, (0, alert))[0] != version and alert.moves:
                    records += self._written(alert_events.changed(alert, version, book, language))
        if records:
            self._send(records)
            self._crash(Point.ALERTS_SAID)
        self._keep(
            {
                self._moves: links[-1].seq if links else seq,
                self._changes: version_said if more else max(upto, version_said),
            }
        )
        self._metrics.desk_said.labels(self.city).inc(len(records))
        self._metrics.desk_unsaid.labels(self.city).set(0)
        return more

    def _written(self, event: AlertEvent | None) -> Iterator[tuple[str, bytes | None]]:
        if event is not None:
            yield event.partitionkey, msgspec.json.encode(event)

    def _at_work(self) -> Producer:
        if self._producer is None:
            self._producer = self._open()
        if not self._ready:
            self._producer.init_transactions(CALL_SECONDS)
            self._ready = True
        return self._producer

    def _send(self, records: list[tuple[str, bytes | None]]) -> None:
        producer = self._at_work()
        producer.begin_transaction()
        for key, value in records:
            headers = self._headers if value is not None else None
            clients.produce(producer, ALERTS, value, key=key.encode(), partition=self._partition, headers=headers)
        producer.commit_transaction(CALL_SECONDS)

    def _keep(self, wanted: Mapping[Partition, int]) -> None:
        """Write how far was said. Raises StaleError where another one did meanwhile."""
        said = [ReadTo(*at, self._kept[at], to) for at, to in wanted.items() if to != self._kept[at]]
        if said:
            self._store.read_on(said)
            self._kept.update(wanted)
