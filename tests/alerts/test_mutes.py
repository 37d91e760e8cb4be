"""Mutes: what they hide and do not, what they cost, and that all of it comes out at their end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.acting import Acting
from alerts.chain import Link, Mute, Unmute, verb_of, verify
from alerts.desks import Channel, Desk
from alerts.duty import Act
from alerts.mutes import covers, preview, report_in
from alerts.room import DeskRoom
from alerts.store import Change, MemoryStore, Store
from rules.signals import Signal
from tests.alerts.signals import CITY, HOUR, NOON, book, evidence, signal

TOP: Final = 3
COUNTY: Final = Desk(
    "county", {}, "America/New_York", ("montgomery",), ("incident",), (Channel("line", "jsonlines", "en"),),
    clocks={"yellow": 1_800_000}, budget=2,
)  # fmt: skip
NOBODY_BLIND: Final[frozenset[str]] = frozenset()


def mute(**changes: Any) -> Mute:
    given_: dict[str, Any] = {"area": "lower-merion", "category": "traffic", "until": NOON + HOUR, "reason": "a fair"}
    return Mute(**{"at": NOON, "id": "m1", **given_, **changes})


def at_work(store: Store, **changes: Any) -> tuple[DeskRoom, Acting]:
    desks = {"county": replace(COUNTY, **changes)}
    acting = Acting(CITY, store, desks, TOP)
    town = book(desks=book().desks[:1])
    return DeskRoom(town, store, {"county": ["line"]}, desks=desks, mutes=acting.running_mutes), acting


def told(store: Store) -> list[str]:
    return [n.alert_id for alert in store.final() for n in store.notices_of(alert.id) if n.reason == "first"]


def test_what_begins_under_a_mute_is_kept_and_not_told_and_comes_out_at_its_end_with_a_report(store: Store) -> None:
    room, acting = at_work(store)
    acting.mute(mute())
    room.apply([signal(1), signal(2, alert="b", area="abington"), signal(3, alert="red", evidence=evidence(TOP))], NOON)
    assert sorted(told(store)) == ["b", "red"]  # elsewhere, and of the top rank
    assert acting.hidden("m1").hidden == 1
    assert "a1" not in [alert.id for alert in acting.by_clock(NOON + HOUR - 1, NOBODY_BLIND)]
    acting.by_clock(NOON + HOUR, NOBODY_BLIND)
    assert "a1" in told(store)
    end = acting.mutes["m1"].end
    assert end is not None
    assert (end.at, end.hidden, end.confirmed, end.role) == (NOON + HOUR, 1, 0, "clock")
    acting.by_clock(NOON + 2 * HOUR, NOBODY_BLIND)
    assert [one.verb for one in store.links_of("")] == ["mute", "unmute"]
    assert verify(store.links(), [], {a.id: a.duty for a in store.final()}, b"").faults == ()


def test_the_report_of_a_mute_goes_to_the_desk_that_laid_it_and_to_those_from_which_it_hid_something(
    store: Store,
) -> None:
    room, acting = at_work(store)
    city = replace(COUNTY, id="city", channels=(Channel("city-line", "jsonlines", "en"),))
    acting.desks = {**acting.desks, "city": city}
    acting.mute(mute(desk="city"))
    room.apply([signal(1), signal(2, alert="b")], NOON)
    acting.by_hand("b", Act("close", NOON + 1, account="1001", desk="county", role="officer", outcome="confirmed"))
    acting.by_clock(NOON + HOUR, NOBODY_BLIND)
    reports = [n for alert in store.final() for n in store.notices_of(alert.id) if n.reason == "unmuted"]
    assert sorted((n.desk, n.channel, n.count, report_in(n.about).confirmed) for n in reports) == [
        ("city", "city-line", 2, 1), ("county", "line", 2, 1),
    ]  # fmt: skip


def test_a_mute_that_is_ended_by_hand_lets_out_what_the_budget_has_room_for(store: Store) -> None:
    room, acting = at_work(store)
    acting.mute(mute())
    room.apply([signal(i, alert=f"a{i}", evidence=evidence(i % 3)) for i in range(1, 6)], NOON)
    assert told(store) == []
    assert [alert.id for _, alert in store.held()] == ["a2", "a5", "a1", "a4", "a3"]
    acting.by_clock(NOON + 1, NOBODY_BLIND)  # the budget lets out nothing that a mute hides
    assert told(store) == []
    out = acting.unmute(Unmute(NOON + 2, "m1", account="1001", desk="county", role="supervisor"))
    assert sorted(alert.id for alert in out) == ["a2", "a5"]
    assert len(store.held()) == 3


def test_what_worsens_to_the_top_rank_comes_out_unless_the_mute_hides_that_too(store: Store) -> None:
    room, acting = at_work(store)
    acting.mute(mute())
    room.apply([signal(1)], NOON)
    room.apply([signal(2, evidence=evidence(TOP))], NOON + 1)
    assert told(store) == ["a1"]
    other = MemoryStore()
    deaf, hand = at_work(other)
    hand.mute(mute(top=True))
    deaf.apply([signal(1, evidence=evidence(TOP))], NOON)
    deaf.apply([signal(2, alert="b")], NOON)
    deaf.apply([signal(3, alert="b", evidence=evidence(TOP))], NOON)
    assert told(other) == []


def test_what_was_over_when_its_mute_ended_and_goes_on_after_all_is_told_then(store: Store) -> None:
    room, acting = at_work(store, budget=None)
    acting.mute(mute())
    room.apply([signal(1)], NOON)
    room.apply([signal(2, state="over")], NOON + 1)
    acting.by_clock(NOON + HOUR, NOBODY_BLIND)
    assert told(store) == []
    room.apply([signal(3)], NOON + HOUR + 1)
    acting.by_clock(NOON + HOUR + 2, NOBODY_BLIND)
    assert told(store) == ["a1"]


def test_the_end_of_a_mute_and_what_comes_out_of_it_are_one_transaction(store: Store) -> None:
    room, acting = at_work(store)
    acting.mute(mute())
    room.apply([signal(1)], NOON)
    changes: list[Change] = []
    commit = store.commit

    def watched(change: Change) -> int:
        changes.append(change)
        return commit(change)

    store.commit = watched  # type: ignore[method-assign]  # looked over the shoulder
    acting.by_clock(NOON + HOUR, NOBODY_BLIND)
    assert [(alert, verb_of(act)) for alert, act in changes[0].acts] == [("", "unmute"), ("a1", "release")]
    assert [(n.reason, n.alert_id) for n in changes[0].notices] == [("unmuted", "a1"), ("first", "a1")]


def test_what_a_mute_hid_after_it_had_ended_comes_out_at_the_next_tick(store: Store) -> None:
    room, acting = at_work(store, budget=None)
    acting.mute(mute())
    before = acting.running_mutes(NOON)
    acting.unmute(Unmute(NOON + 1, "m1", account="1001", desk="county", role="supervisor"))
    late = DeskRoom(room.book, store, {"county": ["line"]}, desks=acting.desks, mutes=lambda _: before)
    late.apply([signal(1)], NOON + 2)  # it had looked at the mutes before
    assert told(store) == []
    acting.by_clock(NOON + 3, NOBODY_BLIND)
    assert told(store) == ["a1"]


@pytest.mark.parametrize("verb", ["mute", "unmute"])
def test_a_mute_that_is_laid_or_ended_while_mutes_are_read_is_seen_by_the_next_look(store: Store, verb: str) -> None:
    acting = at_work(store)[1]
    acting.mute(mute())
    links_of, done = store.links_of, list[str]()

    def meanwhile(alert_id: str, after: int = 0) -> list[Link]:
        found = links_of(alert_id, after)
        if not done:
            done.append(verb)
            if verb == "mute":
                acting.mute(mute(id="m2"))
            else:
                acting.unmute(Unmute(NOON + 1, "m1", role="supervisor"))
        return found

    store.links_of = meanwhile  # type: ignore[method-assign]  # another is faster
    acting.running_mutes(NOON + 2)
    assert done == [verb]
    assert [one.id for one in acting.running_mutes(NOON + 2)] == (["m1", "m2"] if verb == "mute" else [])


def test_what_the_budget_holds_and_worsens_to_the_top_rank_is_told_under_whatever_mute(store: Store) -> None:
    room, acting = at_work(store, budget=1)
    room.apply([signal(1), signal(2, alert="b")], NOON)
    acting.mute(mute(top=True))
    room.apply([signal(3, alert="b", evidence=evidence(TOP))], NOON + 1)
    assert sorted(told(store)) == ["a1", "b"]


def test_a_mute_that_was_laid_by_a_clock_that_was_ahead_is_in_force(store: Store) -> None:
    room, acting = at_work(store)
    acting.mute(mute(at=NOON + 24 * HOUR, until=NOON + 25 * HOUR))
    room.apply([signal(1)], NOON)
    assert told(store) == []


def test_an_alert_that_was_told_before_goes_on_under_a_mute(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(1)], NOON)
    acting.mute(mute())
    room.apply([signal(2, evidence=evidence(2))], NOON + 1)
    assert [n.reason for n in store.notices_of("a1")] == ["first", "worse"]


def test_what_an_officer_confirmed_though_it_was_hidden_is_counted_in_the_report(store: Store) -> None:
    room, acting = at_work(store)
    acting.mute(mute())
    room.apply([signal(1), signal(2, alert="b")], NOON)
    acting.by_hand("b", Act("close", NOON + 1, account="1001", desk="county", role="officer", outcome="confirmed"))
    acting.by_clock(NOON + HOUR, NOBODY_BLIND)
    end = acting.mutes["m1"].end
    assert end is not None
    assert (end.hidden, end.confirmed) == (2, 1)


def test_the_watchers_own_alerts_are_never_hidden() -> None:
    store = MemoryStore()
    room, acting = at_work(store)
    acting.mute(mute(area="montgomery", category="incident", top=True))
    room.apply([signal(1, kind="silence", area="montgomery", category="incident", feed="calls")], NOON)
    assert told(store) == ["a1"]


def test_a_mute_asked_for_twice_under_one_key_is_one(store: Store) -> None:
    _, acting = at_work(store)
    first = acting.mute(mute(key="k"))
    assert acting.mute(mute(key="k", id="m2")) == first
    assert len(acting.mutes) == 1


nights = st.lists(
    st.tuples(st.sampled_from(["ardmore", "abington", "montgomery"]), st.integers(0, TOP), st.booleans()),
    min_size=1,
    max_size=25,
)


@given(night=nights, area=st.sampled_from(["lower-merion", "montgomery", "abington"]), top=st.booleans())
def test_a_preview_counts_what_a_replay_with_the_mute_on_hides(night: Any, area: str, top: bool) -> None:
    wish = mute(area=area, top=top)
    signals: list[Signal] = [
        signal(i, alert=f"a{i}", area=place, evidence=evidence(rank)) for i, (place, rank, _) in enumerate(night, 1)
    ]
    runs: list[tuple[Store, Acting]] = []
    for muted in (False, True):
        store = MemoryStore()
        room, acting = at_work(store)
        if muted:
            acting.mute(wish)
        room.apply(signals, NOON)
        for i, (_, _, confirmed) in enumerate(night, 1):
            close = Act("close", NOON + i, account="1", desk="county", role="officer", outcome="not_real", why="calm")
            outcome = msgspec.structs.replace(close, outcome="confirmed") if confirmed else close
            acting.by_hand(f"a{i}", outcome)
        runs.append((store, acting))
    past = list(runs[0][0].final())
    assert preview(wish, past, book()).cost == runs[1][1].hidden("m1")
    assert all(not covers(wish, alert, book()) for alert in past if alert.rank == TOP and not top)
