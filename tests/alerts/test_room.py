"""Signals come in, alerts change, notices lie in the outbox."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from alerts.database import SqliteStore
from alerts.room import DeskRoom
from alerts.store import MemoryStore, Store
from rules.signals import Signal
from tests.alerts.signals import CITY, NOON, book, evidence, signal

CHANNELS = {"county": ("county/line",), "eastern": ("eastern/line", "eastern/hook")}


def room(store: Store, *, shut: bool = False) -> DeskRoom:
    return DeskRoom(book(), store, CHANNELS, shut=shut)


def owed(store: Store) -> list[tuple[str, str, str]]:
    """What lies in the outbox: (channel, desk, reason)."""
    channels = [name for names in CHANNELS.values() for name in names]
    return [
        (n.channel, n.desk, n.reason)
        for name in channels
        for a in store.final()
        for n in store.notices_of(a.id)
        if n.channel == name
    ]


def test_every_channel_of_the_first_desk_gets_a_notice() -> None:
    store = MemoryStore()
    [alert] = room(store).apply([signal(1, area="abington")], NOON)
    assert alert.desk == "eastern"
    assert owed(store) == [("eastern/line", "eastern", "first"), ("eastern/hook", "eastern", "first")]


def test_an_alert_whose_desk_has_no_channel_is_on_the_board_all_the_same() -> None:
    store = MemoryStore()
    DeskRoom(book(), store, {}).apply([signal(1)], NOON)
    assert len(store.board()) == 1
    assert store.backlog() == []


def test_a_spread_goes_to_the_new_first_desk_and_tells_the_old_one() -> None:
    store = MemoryStore()
    desk = room(store)
    desk.apply([signal(1, area="abington")], NOON)
    [alert] = desk.apply([signal(2, area="montgomery")], NOON + 1)
    assert (alert.desk, alert.moves[-1].reason) == ("county", "spread")
    assert ("county/line", "county", "spread") in owed(store)
    assert ("eastern/line", "eastern", "spread") in owed(store)
    desk.apply([signal(3, area="montgomery", evidence=evidence(3, 40))], NOON + 2)
    assert ("eastern/line", "eastern", "worse") not in owed(store)


def test_a_desk_that_was_never_told_is_not_told_where_the_alert_went() -> None:
    store = MemoryStore()
    desk = room(store)
    desk.apply([signal(1, area="abington", state="withdrawn")], NOON)
    desk.apply([signal(2, area="montgomery")], NOON)
    assert owed(store) == [("county/line", "county", "first")]


def test_a_batch_is_applied_in_the_order_of_its_causes() -> None:
    store = MemoryStore()
    [alert] = room(store).apply([signal(2, state="over", over_at=NOON), signal(1)], NOON)
    assert [move.reason for move in alert.moves] == ["first", "over"]
    assert store.last_cause(CITY) == signal(2).cause


def test_several_signals_of_one_alert_in_a_batch_tell_each_change_once() -> None:
    store = MemoryStore()
    batch = [signal(1), signal(1, n=1, evidence=evidence(2, 12)), signal(1, n=2, state="over", over_at=NOON)]
    [alert] = room(store).apply(batch, NOON)
    assert [move.reason for move in alert.moves] == ["first", "worse", "over"]
    assert [n.reason for n in store.notices_of("a1")] == ["first", "worse", "over"]
    assert [n.alert.state for n in store.notices_of("a1")] == ["open", "open", "over"]


def test_while_shut_alerts_are_kept_and_nobody_is_told() -> None:
    store = MemoryStore()
    desk = room(store, shut=True)
    [alert] = desk.apply([signal(1)], NOON)
    assert [move.reason for move in alert.moves] == ["first"]
    assert owed(store) == []
    desk.shut = False
    desk.apply([signal(2, evidence=evidence(3, 40))], NOON)
    assert owed(store) == [("county/line", "county", "worse")]


def test_a_new_book_routes_what_is_announced_from_then_on() -> None:
    store = MemoryStore()
    desk = room(store)
    desk.apply([signal(1, area="abington")], NOON)
    one = book()
    desk.book = msgspec.structs.replace(one, desks=one.desks[:1])
    desk.apply([signal(2, area="abington", evidence=evidence(2, 12)), signal(3, alert="b", area="abington")], NOON)
    assert {a.id: a.desk for a in store.board()} == {"a1": "eastern", "b": "county"}


def test_a_signal_of_another_city_is_a_bug() -> None:
    with pytest.raises(ValueError, match="elsewhere"):
        room(MemoryStore()).apply([signal(1, city="elsewhere")], NOON)


def test_nothing_new_writes_nothing() -> None:
    store = MemoryStore()
    desk = room(store)
    assert desk.apply([], NOON) == []
    desk.apply([signal(1)], NOON)
    assert desk.apply([signal(1)], NOON + 1) == []
    assert store.version() == 1


logs = st.lists(
    st.builds(
        lambda alert, state, rank, area: signal(
            1, alert=alert, state=state, area=area, evidence=evidence(rank, 6 + rank)
        ),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from(["running", "running", "over", "withdrawn", "merged"]),
        st.integers(0, 3),
        st.sampled_from(["abington", "montgomery"]),
    ),
    max_size=12,
).map(lambda log: [numbered(one, i) for i, one in enumerate(log, 1)])


def numbered(one: Signal, offset: int) -> Signal:
    cause = msgspec.structs.replace(one.cause, offset=offset)
    return msgspec.structs.replace(one, cause=cause, id=f"{one.alert}-{offset}", at=NOON + offset)


def heard(log: list[list[Signal]]) -> tuple[bytes, list[tuple[str, str, str]]]:
    store = MemoryStore()
    desk = room(store)
    for batch in log:
        desk.apply(batch, NOON)
    return msgspec.json.encode(list(store.final())), owed(store)


@given(log=logs, dice=st.randoms(use_true_random=False))
def test_a_runtime_that_repeats_from_any_place_changes_nothing(log: list[Signal], dice: Random) -> None:
    """After a kill the runtime says again what it said since its last snapshot: nothing is doubled or lost."""
    once = heard([[one] for one in log])
    again: list[list[Signal]] = []
    for i, one in enumerate(log):
        again.append([one])
        back = dice.randrange(i + 2)
        again.extend([late] for late in log[back : i + 1])
    assert heard(again) == once
    assert heard([log]) == once


def test_a_fault_in_the_middle_of_a_commit_leaves_nothing_and_the_repeat_says_it(tmp_path: Path) -> None:
    path = tmp_path / "alerts.sqlite"
    store = SqliteStore(path)
    trip = "CREATE TRIGGER trip BEFORE INSERT ON notices BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    with sqlite3.connect(path) as db:
        db.execute(trip)
    with pytest.raises(IntegrityError, match="disk full"):
        room(store).apply([signal(1)], NOON)
    assert list(store.final()) == []
    assert store.last_cause(CITY) is None
    with db:
        db.execute("DROP TRIGGER trip")
    db.close()
    assert len(room(store).apply([signal(1)], NOON)) == 1
    assert owed(store) == [("county/line", "county", "first")]
    store.close()
