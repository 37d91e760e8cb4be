"""Notices go out: at least once, in order, and no channel waits for another."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.port import Channel, FakeChannel, Message, Outcome, Receipt
from alerts.database import SqliteStore
from alerts.notice import BACKOFF_TOP_MS, Notice, backoff
from alerts.outbox import LANE_NOTICES, Outbox
from alerts.room import DeskRoom
from alerts.store import MemoryStore, Store
from tests.alerts.signals import NOON, book, evidence, signal

outcomes: st.SearchStrategy[Outcome] = st.sampled_from(("accepted", "failed", "in_doubt"))


def outbox(store: Store, *channels: Channel) -> Outbox:
    return Outbox(store, {channel.name: channel for channel in channels}, lambda city: book())


def say(store: Store, *offsets: int, channels: tuple[str, ...] = ("line",), alert: str = "") -> None:
    """One alert an offset, or, with `alert`, one that rises a rank at each."""
    desk = DeskRoom(book(), store, {"county": channels})
    for i, offset in enumerate(offsets):
        desk.apply([signal(offset, alert=alert or f"a{offset}", evidence=evidence(i % 4, 9 + i))], NOON)


def drain(box: Outbox, now: int = NOON) -> None:
    """Let time pass until nothing is left to try."""
    for n in range(200):
        box.deliver_due(now + n * BACKOFF_TOP_MS, wait_for_lanes=True)


def test_a_message_carries_words_and_data() -> None:
    store, line = MemoryStore(), FakeChannel("line", "zh-CN")
    say(store, 1)
    outbox(store, line).deliver_due(NOON, wait_for_lanes=True)
    [message] = line.heard
    assert message.title == "蓝色预警：下梅里恩，车辆事故"
    assert message.alert["area_name"] == "下梅里恩"
    assert (message.id, message.reason, message.desk) == (store.notices_of("a1")[0].id, "first", "county")
    assert message.created_at == "2016-01-23T12:30:00Z"


def test_what_is_sent_is_sent_once_and_its_receipt_is_kept() -> None:
    store, line = MemoryStore(), FakeChannel("line")
    say(store, 1)
    receipts: list[str] = []
    box = Outbox(store, {"line": line}, lambda city: book(), on_receipt=lambda n, r: receipts.append(r.outcome))
    assert box.deliver_due(NOON, wait_for_lanes=True) == 1
    assert box.deliver_due(NOON + BACKOFF_TOP_MS, wait_for_lanes=True) == 0
    assert len(line.tried) == 1
    assert store.notices_of("a1")[0].state == "sent"
    assert receipts == ["accepted"]


def test_a_failure_is_tried_again_after_its_wait_and_not_before() -> None:
    store, line = MemoryStore(), FakeChannel("line", script=["failed"])
    say(store, 1)
    box = outbox(store, line)
    box.deliver_due(NOON, wait_for_lanes=True)
    assert box.deliver_due(NOON + backoff(1) - 1, wait_for_lanes=True) == 0
    assert box.deliver_due(NOON + backoff(1), wait_for_lanes=True) == 1
    assert [m.id for m in line.tried] == [line.heard[0].id] * 2


def test_a_channel_that_fails_rests_and_then_goes_on_with_its_next_notice() -> None:
    """One notice that the other side cannot swallow keeps the rest waiting for a moment only."""
    store, line = MemoryStore(), FakeChannel("line", script=["failed"])
    say(store, 1, 2, 3)
    box = outbox(store, line)
    box.deliver_due(NOON, wait_for_lanes=True)
    assert len(line.tried) == 1
    box.deliver_due(NOON + backoff(1), wait_for_lanes=True)
    assert len(line.heard) == 3


def test_a_success_ends_the_growing_of_a_channels_rest() -> None:
    store, line = MemoryStore(), FakeChannel("line", script=["failed", "failed", "accepted", "failed"])
    say(store, 1, 2, 3, 4)
    box = outbox(store, line)
    for n in (0, 1, 3):  # fails and rests 1 s, fails and rests 2 s, hears one and fails again
        box.deliver_due(NOON + n * backoff(1), wait_for_lanes=True)
    assert len(line.tried) == 4
    box.deliver_due(NOON + 4 * backoff(1), wait_for_lanes=True)
    assert len(line.tried) > 4


def test_a_clock_that_goes_back_wakes_a_resting_channel() -> None:
    store, line = MemoryStore(), FakeChannel("line", script=["failed"])
    say(store, 1, 2)
    box = outbox(store, line)
    box.deliver_due(NOON + 10**9, wait_for_lanes=True)
    assert box.deliver_due(NOON, wait_for_lanes=True) > 0


class Raises(FakeChannel):
    def deliver(self, message: Message, at: int) -> Receipt:
        raise RuntimeError("13800138000")


def test_a_channel_that_raises_stops_no_other_and_says_so_in_its_receipt() -> None:
    store, line = MemoryStore(), FakeChannel("line")
    say(store, 1, channels=("broken", "line"))
    outbox(store, Raises("broken"), line).deliver_due(NOON, wait_for_lanes=True)
    assert len(line.heard) == 1
    receipt = store.notices_of("a1")[0].receipt
    assert receipt is not None
    assert (receipt.outcome, receipt.detail) == ("in_doubt", "RuntimeError")


class Hangs(FakeChannel):
    """Answers only when it is let go."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.begun = threading.Event()
        self.let_go = threading.Event()

    def deliver(self, message: Message, at: int) -> Receipt:
        self.begun.set()
        self.let_go.wait(30)
        return super().deliver(message, at)


def test_a_channel_that_hangs_delays_no_other_and_is_not_entered_twice() -> None:
    store, slow, line = MemoryStore(), Hangs("slow"), FakeChannel("line")
    say(store, 1, channels=("slow", "line"))
    box = outbox(store, slow, line)
    try:
        box.deliver_due(NOON)
        assert slow.begun.wait(30)
        say(store, 2, channels=("slow", "line"))
        while len(line.heard) < 2:
            box.deliver_due(NOON + 1)
        assert slow.tried == []
    finally:
        slow.let_go.set()
        box.close()
    assert [m.alert["id"] for m in slow.heard] == ["a1"]


def test_a_lane_takes_a_bounded_number_of_notices_a_run() -> None:
    store, line = MemoryStore(), FakeChannel("line")
    say(store, *range(1, LANE_NOTICES + 6))
    box = outbox(store, line)
    assert box.deliver_due(NOON, wait_for_lanes=True) == LANE_NOTICES
    assert box.deliver_due(NOON, wait_for_lanes=True) == 5


class FullDisk(MemoryStore):
    """Takes no receipt until there is space again."""

    full = True

    def record(self, *notices: Notice) -> None:
        if self.full:
            raise OSError("no space left")
        super().record(*notices)


def test_a_receipt_that_cannot_be_kept_is_raised_and_the_notice_not_sent_again_and_again() -> None:
    store, line = FullDisk(), FakeChannel("line")
    say(store, 1, 2)
    box = outbox(store, line)
    for _ in range(3):
        with pytest.raises(OSError, match="no space"):
            box.deliver_due(NOON, wait_for_lanes=True)
    assert len(line.tried) == 1
    store.full = False
    box.deliver_due(NOON, wait_for_lanes=True)
    assert [m.alert["id"] for m in line.tried] == ["a2", "a1"]  # the higher rank first
    assert {n.state for a in ("a1", "a2") for n in store.notices_of(a)} == {"sent"}


def test_a_receipt_that_cannot_be_kept_is_raised_at_the_next_call() -> None:
    store, line = FullDisk(), FakeChannel("line")
    say(store, 1)
    box = outbox(store, line)
    box.deliver_due(NOON)
    with pytest.raises(OSError, match="no space"):
        box.close()
    box = outbox(store, line)
    box.deliver_due(NOON)
    with pytest.raises(OSError, match="no space"):  # noqa: PT012 - the call that raises is the one after the run ended
        while True:
            box.deliver_due(NOON)
    store.full = False
    box.deliver_due(NOON, wait_for_lanes=True)


def test_notices_of_a_channel_that_is_gone_wait_and_are_counted() -> None:
    store = MemoryStore()
    say(store, 1, channels=("gone",))
    outbox(store, FakeChannel("line")).deliver_due(NOON, wait_for_lanes=True)
    assert [(b.channel, b.pending) for b in store.backlog()] == [("gone", 1)]


@given(
    script=st.lists(outcomes, max_size=30),
    alerts=st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=8),
)
def test_whatever_fails_in_whatever_order_nothing_is_lost_and_nothing_overtakes(
    script: list[Outcome], alerts: list[str]
) -> None:
    store, line = MemoryStore(), FakeChannel("line", script=script)
    desk = DeskRoom(book(), store, {"county": ("line",)})
    for i, alert in enumerate(alerts, 1):
        desk.apply([signal(i, alert=alert, evidence=evidence(i % 4, 9))], NOON)
    drain(outbox(store, line))
    owed = {alert: [n.id for n in store.notices_of(alert)] for alert in set(alerts)}
    for alert, ids in owed.items():
        got = [m.id for m in line.heard if m.alert["id"] == alert]
        assert list(dict.fromkeys(got)) == ids
    doubled = len(line.heard) - len({m.id for m in line.heard})
    assert doubled <= script.count("in_doubt")
    assert store.backlog() == []


class Killed(FakeChannel):
    """The process dies once the other side has heard, before the receipt is kept."""

    def deliver(self, message: Message, at: int) -> Receipt:
        super().deliver(message, at)
        raise SystemExit


def test_a_kill_between_sending_and_keeping_the_receipt_repeats_the_same_id(tmp_path: Path) -> None:
    path = tmp_path / "alerts.sqlite"
    first = SqliteStore(path)
    say(first, 1)
    dying = Killed("line")
    with pytest.raises(SystemExit):
        outbox(first, dying).deliver_due(NOON, wait_for_lanes=True)
    again, line = SqliteStore(path), FakeChannel("line")  # the first store was never closed
    outbox(again, line).deliver_due(NOON + 60_000, wait_for_lanes=True)
    assert [m.id for m in line.heard] == [m.id for m in dying.heard]
    assert again.notices_of("a1")[0].state == "sent"
    again.close()
    first.close()
