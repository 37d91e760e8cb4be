"""`tocsin.alerts` on a real broker: every move of every alert is said, with the alert as it is, and nobody is named."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from confluent_kafka import KafkaException

from alerts.acting import Acting
from alerts.chain import Purge, decode
from alerts.database import SqliteStore
from alerts.duty import Act
from alerts.offsets import StaleError
from alerts.room import DeskRoom
from streams import cloudevents
from streams.kafka import admin, alert_events
from streams.kafka.alert_events import AlertEvent
from streams.kafka.saying import Saying
from streams.kafka.topics import ALERTS, partition_of
from streams.metrics import Metrics
from tests.alerts.signals import CITY, NOON, book, evidence, signal
from tests.alerts.test_acting import DESKS, at_work, hand
from tests.kafka.road import PARTITIONS, emptied, messages
from tests.kafka.wire_held import unlike

pytestmark = pytest.mark.xdist_group("kafka")
NUMBER: Final = partition_of(CITY, PARTITIONS)
WORDS: Final = "two roads shut"


class _StopError(Exception):
    """The process ends here."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "alerts.sqlite")
    yield made
    made.close()


@pytest.fixture
def topic(bare: str) -> str:
    admin.setup(bare, [], partitions=PARTITIONS)
    return bare


def saying(address: str, store: SqliteStore, crash: Callable[[object], None] = lambda _: None) -> Saying:
    return Saying(address, CITY, store, book, lambda: "en", Metrics(), kind="wall", crash=crash)


def said(address: str) -> list[tuple[str, AlertEvent | None]]:
    """(key, event) as they lie there; None: a tombstone."""
    return [
        ((key or b"").decode(), msgspec.json.decode(value, type=AlertEvent) if value else None)
        for key, value in messages(address, ALERTS, NUMBER)
    ]


def as_kept(store: SqliteStore) -> dict[str, tuple[int, Any]]:
    """By key what a reader has to know: version and state of every alert."""
    known = store.known(alert.id for alert in store.final())
    return {f"{CITY}/{i}": (version, alert_events.told(alert, book(), "en")) for i, (version, alert) in known.items()}


def as_said(address: str) -> dict[str, tuple[int, Any]]:
    return {key: (event.data.version, event.data.alert) for key, event in said(address) if event is not None}


def test_every_move_is_one_event_with_the_alert_as_it_is_and_no_account_or_words(
    topic: str, store: SqliteStore
) -> None:
    room, acting = at_work(store)
    says = saying(topic, store)
    room.apply([signal(1, evidence=evidence(3)), signal(2, alert="a2")], NOON)
    assert says.step() is False
    acting.by_hand("a1", hand("take"))
    acting.by_hand("a1", hand("close", NOON + 9, outcome="confirmed", why=WORDS, note=WORDS))
    says.step()
    room.apply([signal(3, alert="a2", evidence=evidence(observed=11))], NOON)  # nothing is moved: it only counts on
    says.step()
    says.step()  # and there is nothing to say again
    events = [event for _, event in said(topic) if event is not None]
    moves = [(event.subject, event.data.move.verb, event.data.move.seq) for event in events if event.data.move]
    chain = [(link.alert, link.verb, link.seq) for link in store.links() if isinstance(decode(link.body).act, Act)]
    assert moves == chain
    assert [(event.type, event.subject) for event in events if event.data.move is None] == [
        (alert_events.CHANGED, "a2")
    ]
    assert len({event.id for event in events}) == len(events) == len(chain) + 1
    assert as_said(topic) == as_kept(store)
    closing = next(event.data for event in events if event.data.move and event.data.move.verb == "close")
    assert closing.move is not None
    assert (closing.move.desk, closing.move.role, closing.move.outcome) == ("county", "officer", "confirmed")
    assert closing.alert.duty.outcome == "confirmed"
    for _, value in messages(topic, ALERTS, NUMBER):
        assert b"1001" not in value
        assert WORDS.encode() not in value
        assert cloudevents.is_envelope(json.loads(value))
        cloudevents.unwrap(json.loads(value), filled=False)
    assert unlike(topic, PARTITIONS) == []


def test_what_was_said_and_not_kept_as_said_is_said_again_under_its_ids(topic: str, store: SqliteStore) -> None:
    room, acting = at_work(store)
    room.apply([signal(1)], NOON)

    def stop(_: object) -> None:
        raise _StopError

    with pytest.raises(_StopError):
        saying(topic, store, stop).step()
    acting.by_hand("a1", hand("take"))
    saying(topic, store).step()
    first, again, taken = (event for _, event in said(topic) if event is not None)
    assert (first.id, first.data.move) == (again.id, again.data.move)
    assert taken.id != again.id
    assert as_said(topic) == as_kept(store)


def test_an_alert_that_is_purged_is_gone_for_readers_too(topic: str, store: SqliteStore) -> None:
    room, acting = at_work(store)
    room.apply([signal(1), signal(2, alert="a2")], NOON)
    room.apply([signal(3, state="over", over_at=NOON + 3_000)], NOON)
    acting.by_hand("a1", hand("close", outcome="confirmed"))
    acting.by_hand("a2", hand("take"))
    says = saying(topic, store)
    says.step()
    assert store.purge(CITY, Purge(NOON, {}, {}, ("a1",)))
    says.step()
    last = dict(said(topic))
    assert last[f"{CITY}/a1"] is None
    assert last[f"{CITY}/a2"] is not None


def test_who_had_the_city_before_says_nothing_more(topic: str, store: SqliteStore) -> None:
    """A paused desk that wakes up would lay a state that is past behind the present one."""
    room, _ = at_work(store)
    room.apply([signal(1)], NOON)
    before = saying(topic, store)
    before.step()
    after = saying(topic, store)
    room.apply([signal(2, alert="a2")], NOON)
    after.step()
    room.apply([signal(3, alert="a3")], NOON)
    lying = said(topic)
    with pytest.raises((StaleError, KafkaException)):
        before.step()
    assert said(topic) == lying
    faults: list[BaseException] = []
    before.end()
    before.run(faults.append)
    assert [type(fault) for fault in faults] in ([StaleError], [])
    assert said(topic) == lying


def test_into_a_topic_that_was_made_anew_all_is_said_again(topic: str, store: SqliteStore) -> None:
    DeskRoom(book(), store, {}, desks=DESKS).apply([signal(1), signal(2, alert="a2")], NOON)
    Acting(CITY, store, DESKS, 3).by_hand("a2", hand("take"))
    saying(topic, store).step()
    saying(topic, store).step()
    wanted = said(topic)
    assert len(wanted) == len({event.id for _, event in wanted if event is not None})
    emptied(topic, ALERTS)
    admin.setup(topic, [], partitions=PARTITIONS)
    saying(topic, store).step()
    assert [key for key, _ in said(topic)] == [key for key, _ in wanted]
    assert as_said(topic) == as_kept(store)
