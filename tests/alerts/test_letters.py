"""What a message carries of an alert."""

from __future__ import annotations

from typing import Any

from alerts.acting import Acting
from alerts.channels.port import FakeChannel
from alerts.desks import Channel, Desk
from alerts.duty import Act
from alerts.letters import Letters
from alerts.room import DeskRoom
from alerts.store import MemoryStore
from tests.alerts.signals import CITY, NOON, book, evidence, signal

MINUTE = 60_000


def desk(name: str, **changes: Any) -> Desk:
    road = (Channel(f"{name}-line", "jsonlines", "en"),)
    return Desk(name, {}, "America/New_York", ("montgomery",), ("incident",), road, **changes)


def test_a_message_says_at_which_stage_the_desk_had_the_alert_when_it_was_written() -> None:
    store = MemoryStore()
    desks = {"county": desk("county", parent="city", clocks={"red": 5 * MINUTE}), "city": desk("city")}
    room = DeskRoom(book(), store, {name: (f"{name}-line",) for name in desks}, desks=desks)
    acting = Acting(CITY, store, desks, 3)
    room.apply([signal(1, evidence=evidence(3))], NOON)
    acting.by_clock(NOON + 5 * MINUTE, frozenset())
    acting.by_hand("a1", Act("take", NOON + 6 * MINUTE, account="1001", desk="county", role="officer"))
    room.apply([signal(2, state="over", evidence=evidence(3))], NOON + 30 * MINUTE)
    letters, said = Letters(lambda _: book()), []
    for notice in sorted(store.notices_of("a1"), key=lambda one: (one.created_at, one.channel)):
        message = letters.message(letters.single(notice), FakeChannel(notice.channel))
        said.append((notice.channel, notice.reason, message.alert["stage"]))
    assert said == [
        ("county-line", "first", "open"),
        ("city-line", "first", "raised"),
        ("county-line", "reminder", "raised"),
        ("city-line", "taken", "taken"),
        ("county-line", "taken", "taken"),
        ("city-line", "over", "taken"),
        ("county-line", "over", "taken"),
    ]
