"""Moves of people and clocks on every store: none is lost, each is in the chain, and who should hear does."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any, Final

import msgspec
import pytest

from alerts.acting import Acting
from alerts.chain import Missed, decode, verify
from alerts.desks import Channel, Desk
from alerts.duty import NOBODY, Act, MoveRefused, Verb
from alerts.room import DeskRoom
from alerts.store import Change, MemoryStore, Store
from tests.alerts.signals import CITY, HOUR, NOON, book, evidence, signal

MINUTE: Final = 60_000
CLOCKS: Final = {"yellow": 30 * MINUTE, "orange": 15 * MINUTE, "red": 5 * MINUTE}
NOBODY_BLIND: Final[frozenset[str]] = frozenset()


def desk(name: str, parent: str = "") -> Desk:
    channel = Channel(f"{name}-line", "jsonlines", "en")
    return Desk(
        name,
        {"en": name},
        "Asia/Shanghai",
        ("montgomery",),
        ("incident",),
        (channel,),
        parent,
        (),
        CLOCKS,
        None,
        3_600_000,
    )


DESKS: Final = {"county": desk("county", "city"), "eastern": desk("eastern", "county"), "city": desk("city")}


def at_work(store: Store) -> tuple[DeskRoom, Acting]:
    roads = {name: [channel.name for channel in one.channels] for name, one in DESKS.items()}
    return DeskRoom(book(), store, roads, desks=DESKS), Acting(CITY, store, DESKS, 3)


def hand(verb: Verb, at: int = NOON + MINUTE, **changes: Any) -> Act:
    return Act(verb, at, **{"account": "1001", "desk": "county", "role": "officer", **changes})


def owed(store: Store) -> list[tuple[str, str]]:
    return [(n.desk, n.reason) for alert in store.final() for n in store.notices_of(alert.id)]


def whole(store: Store) -> bool:
    """Whether the chain is whole, and every alert where its moves took it."""
    duties = {alert.id: alert.duty for alert in store.final()}
    return verify(store.links(), [], duties, b"").faults == ()


def test_an_officer_takes_and_closes_and_the_chain_says_who(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(1, evidence=evidence(3))], NOON)
    assert acting.by_hand("a1", hand("take")) == store.alert("a1")
    closed = acting.by_hand("a1", hand("close", NOON + 9, outcome="confirmed", note="two roads shut"))
    assert closed is not None
    assert (closed.duty.stage, closed.duty.outcome, store.owed()) == ("closed", "confirmed", [])
    said = [decode(one.body).act for one in store.links_of("a1")]
    assert [(a.verb, a.account, a.rank) for a in said if isinstance(a, Act)] == [
        ("first", "", 3), ("take", "1001", 3), ("close", "1001", 3),
    ]  # fmt: skip
    assert whole(store)


def test_an_alert_that_nobody_knows_cannot_be_moved(store: Store) -> None:
    assert at_work(store)[1].by_hand("nowhere", hand("take")) is None


def test_a_move_of_clocks_is_no_move_of_people(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(1)], NOON)
    for verb in ("lapse", "freeze", "thaw", "first", "withdrawn"):
        with pytest.raises(MoveRefused, match="not_a_hand"):
            acting.by_hand("a1", hand(verb))
    assert len(list(store.links())) == 1


def test_who_looked_at_an_older_alert_is_told_and_nothing_is_done(store: Store) -> None:
    room, acting = at_work(store)
    [seen] = room.apply([signal(1)], NOON)
    room.apply([signal(2, evidence=evidence(3))], NOON + 1)
    with pytest.raises(MoveRefused, match="changed"):
        acting.by_hand("a1", hand("close", outcome="confirmed"), seen=seen.duty.acts)
    assert acting.by_hand("a1", hand("take"), seen=2) is not None


def test_two_officers_at_once_never_lose_a_move(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(1, evidence=evidence(0))], NOON)
    faults: list[BaseException] = []

    def officer(number: int) -> None:
        try:
            for i in range(12):
                acting.by_hand("a1", hand("note", NOON + i, account=str(number), note=f"{number}: {i}"))
        except BaseException as fault:
            faults.append(fault)
            raise

    def engine() -> None:
        for i in range(2, 14):
            room.apply([signal(i, evidence=evidence(0, 9 + i))], NOON + i)

    threads = [threading.Thread(target=officer, args=(1001 + i,)) for i in range(3)] + [threading.Thread(target=engine)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    notes = [decode(one.body).act for one in store.links_of("a1")][1:]
    assert faults == []
    assert sorted(act.note for act in notes if isinstance(act, Act)) == sorted(
        f"{1001 + n}: {i}" for n in range(3) for i in range(12)
    )
    last = store.alert("a1")
    assert last is not None
    assert (last.duty.acts, last.signal.evidence.observed) == (37, 22)
    assert whole(store)


def test_of_two_that_close_at_once_with_what_they_saw_one_is_told_of_the_other(store: Store) -> None:
    room, acting = at_work(store)
    [seen] = room.apply([signal(1)], NOON)
    said: list[str] = []

    def officer(outcome: Any) -> None:
        try:
            acting.by_hand("a1", hand("close", outcome=outcome, why="seen on the camera"), seen=seen.duty.acts)
        except MoveRefused as refused:
            said.append(refused.fault)
        else:
            said.append(outcome)

    both = [threading.Thread(target=officer, args=(outcome,)) for outcome in ("confirmed", "not_real")]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    last = store.alert("a1")
    assert last is not None
    assert sorted(said) == sorted(["changed", last.duty.outcome])


def test_what_nobody_takes_rises_and_the_desk_above_hears_it(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(1, area="abington", evidence=evidence(3))], NOON)
    assert acting.by_clock(NOON + 5 * MINUTE - 1, NOBODY_BLIND) == []
    [risen] = acting.by_clock(NOON + 5 * MINUTE, NOBODY_BLIND)
    assert risen.duty.desks == ("eastern", "county")
    assert acting.by_clock(NOON + 5 * MINUTE, NOBODY_BLIND) == []
    acting.by_clock(NOON + 10 * MINUTE, NOBODY_BLIND)
    assert owed(store) == [
        ("eastern", "first"), ("county", "first"), ("eastern", "reminder"), ("city", "first"), ("county", "reminder"),
    ]  # fmt: skip
    taken = acting.by_hand("a1", hand("take", NOON + 11 * MINUTE, desk="eastern"))
    assert taken is not None
    assert acting.by_clock(NOON + 60 * MINUTE, NOBODY_BLIND) == []
    room.apply([signal(2, area="abington", state="over", evidence=evidence(3))], NOON + 12 * MINUTE)
    assert [desk for desk, reason in owed(store) if reason == "over"] == ["eastern", "county", "city"]
    assert whole(store)


def test_a_desk_whose_alert_nobody_has_any_more_is_reminded_each_time(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(1)], NOON)
    acting.by_hand("a1", hand("take"))
    acting.by_clock(NOON + 61 * MINUTE, NOBODY_BLIND)  # the acknowledgement lapses
    acting.by_hand("a1", hand("take", NOON + 62 * MINUTE))
    acting.by_hand("a1", hand("leave", NOON + 63 * MINUTE))
    acting.by_hand("a1", hand("close", NOON + 64 * MINUTE, outcome="confirmed"))
    acting.by_hand("a1", hand("reopen", NOON + 65 * MINUTE, why="it goes on"))
    assert owed(store) == [("county", "first"), ("county", "reminder"), ("county", "reminder"), ("county", "reminder")]
    assert len({notice.id for notice in store.notices_of("a1")}) == 4


def test_a_stand_in_of_the_desk_above_waits_for_what_it_stands_in_for(store: Store) -> None:
    lines = (Channel("city-line", "jsonlines", "en"), Channel("city-mail", "jsonlines", "en", standby=5 * MINUTE))
    desks = {**DESKS, "city": replace(DESKS["city"], channels=lines)}
    room = DeskRoom(book(), store, {"county": ["county-line"]}, desks=desks)
    room.apply([signal(1, evidence=evidence(3))], NOON)
    Acting(CITY, store, desks, 3).by_clock(NOON + 5 * MINUTE, NOBODY_BLIND)
    told = {n.channel: (n.state, n.next_try_at) for n in store.notices_of("a1") if n.desk == "city"}
    assert told == {"city-line": ("pending", NOON + 5 * MINUTE), "city-mail": ("standby", NOON + 10 * MINUTE)}


def of_two_roads(name: str, parent: str = "", **changes: Any) -> Desk:
    """A desk whose mail is called two minutes after nobody took a red alert, with a robot that stands in for it."""
    roads = (
        Channel(f"{name}-line", "jsonlines", "en"),
        Channel(f"{name}-mail", "email", "en", untaken={"red": 2 * MINUTE}),
        Channel(f"{name}-robot", "wecom", "en", standby=MINUTE),
    )
    return replace(desk(name, parent), channels=roads, **changes)


def room_of(store: Store, desks: dict[str, Desk]) -> DeskRoom:
    """As a served city makes it out of its desks."""
    every = [channel for one in desks.values() for channel in one.channels]
    return DeskRoom(
        book(),
        store,
        {name: [channel.name for channel in one.channels] for name, one in desks.items()},
        standby={one.name: one.standby for one in every if one.standby},
        untaken={one.name for one in every if one.untaken},
        desks=desks,
    )


def test_nobody_answers_so_the_second_channel_is_called_then_the_desks_above_and_all_hear_once_who_has_it(
    store: Store,
) -> None:
    desks = {"county": of_two_roads("county", "city"), "city": of_two_roads("city"), "eastern": DESKS["eastern"]}
    room, acting = room_of(store, desks), Acting(CITY, store, desks, 3)
    took: list[tuple[str, float]] = []
    acting.on_taken = lambda name, seconds: took.append((name, seconds))
    room.apply([signal(1, area="abington", evidence=evidence(3))], NOON)
    for minute in range(1, 14):
        acting.by_clock(NOON + minute * MINUTE, NOBODY_BLIND)

    def told() -> list[tuple[str, str, int]]:
        found = sorted(store.notices_of("a1"), key=lambda one: (one.created_at, one.channel))
        return [(n.channel, n.reason, (n.created_at - NOON) // MINUTE) for n in found]

    before = [
        ("eastern-line", "first", 0),
        ("county-line", "first", 5), ("eastern-line", "reminder", 5),
        ("county-mail", "reminder", 7), ("county-robot", "reminder", 7),
        ("city-line", "first", 10), ("county-line", "reminder", 10), ("county-mail", "reminder", 10),
        ("county-robot", "reminder", 10),
        ("city-mail", "reminder", 12), ("city-robot", "reminder", 12),
    ]  # fmt: skip
    assert told() == before
    assert {n.covers != "" for n in store.notices_of("a1") if n.channel.endswith("robot")} == {True}
    acting.by_hand("a1", hand("take", NOON + 14 * MINUTE, desk="eastern"))
    acting.by_hand("a1", hand("take", NOON + 20 * MINUTE, desk="eastern"))  # renewed: no news
    every = ["city-line", "city-mail", "city-robot", "county-line", "county-mail", "county-robot", "eastern-line"]
    assert told() == before + [(channel, "taken", 14) for channel in every]
    room.apply([signal(2, area="abington", state="over", evidence=evidence(3))], NOON + 30 * MINUTE)
    assert [channel for channel, reason, _ in told() if reason == "over"] == every
    assert took == [("eastern", 14 * 60.0)]
    assert whole(store)


def test_what_its_own_desk_takes_at_once_is_no_news_to_anybody(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(1, evidence=evidence(3))], NOON)
    acting.by_hand("a1", hand("take"))
    assert owed(store) == [("county", "first")]


def test_an_alert_that_several_were_asked_for_and_one_closes_without_taking_it_is_told_too(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(1, evidence=evidence(3))], NOON)
    acting.by_clock(NOON + 5 * MINUTE, NOBODY_BLIND)
    acting.by_hand("a1", hand("close", NOON + 6 * MINUTE, outcome="confirmed"))
    assert owed(store)[3:] == [("county", "taken"), ("city", "taken")]
    acting.by_hand("a1", hand("close", NOON + 7 * MINUTE, outcome="expected", why="road works that were announced"))
    assert len(owed(store)) == 5  # seen otherwise afterwards: nobody was asked again


def test_an_officer_raises_to_the_desk_above_without_naming_it(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(1)], NOON)
    raised = acting.by_hand("a1", hand("raise", why="beyond us"))
    assert raised is not None
    assert raised.duty.desks == ("county", "city")
    with pytest.raises(MoveRefused, match="desk_missing"):
        acting.by_hand("a1", hand("raise", NOON + 9))


def test_a_long_stop_tells_every_level_and_forgets_nobody(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(i, alert=f"a{i}", area="abington", evidence=evidence(3)) for i in range(1, 6)], NOON)
    late = NOON + 9 * 60 * MINUTE
    assert len(acting.by_clock(late, NOBODY_BLIND)) == 5
    assert acting.by_clock(late, NOBODY_BLIND) == []  # the desk above has its own time, from now on
    assert len(acting.by_clock(late + 5 * MINUTE, NOBODY_BLIND)) == 5


def test_what_rests_on_a_blind_feed_freezes_also_when_it_is_new(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(1)], NOON)
    [frozen] = acting.by_clock(NOON + 1, frozenset({"calls"}))
    assert frozen.duty.frozen_at == NOON + 1
    assert acting.by_clock(NOON + 2, frozenset({"calls"})) == []
    room.apply([signal(2, alert="b")], NOON + 3)
    assert [alert.id for alert in acting.by_clock(NOON + 4, frozenset({"calls"}))] == ["b"]
    assert {alert.id for alert in acting.by_clock(NOON + 5, NOBODY_BLIND)} == {"a1", "b"}
    assert whole(store)


def test_other_desks_have_other_clocks_from_then_on(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(1, evidence=evidence(3))], NOON)
    acting.desks = {**DESKS, "county": Desk("county", {}, "Asia/Shanghai", (), (), ())}
    acting.reckon()
    assert acting.by_clock(NOON + 60 * MINUTE, NOBODY_BLIND) == []


def test_an_alert_that_is_moved_while_clocks_are_reckoned_anew_keeps_the_clock_of_its_move(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(1, evidence=evidence(3))], NOON)
    acting.desks = {**DESKS, "county": replace(DESKS["county"], lapse=0)}
    acting.by_hand("a1", hand("take"))
    set_due, done = store.set_due, list[str]()

    def meanwhile(due: Any) -> None:
        if not done:
            done.append("left")
            acting.by_hand("a1", hand("leave", NOON + 2 * MINUTE))
        set_due(due)

    store.set_due = meanwhile  # type: ignore[method-assign]  # another is faster
    acting.reckon()
    assert [alert.duty.stage for alert in acting.by_clock(NOON + 7 * MINUTE, NOBODY_BLIND)] == ["raised"]


def test_what_waits_at_a_desk_that_is_gone_goes_to_the_desk_that_hears_such_alerts_now(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([signal(1, area="abington")], NOON)
    acting.desks, acting.route = {"city": DESKS["city"]}, lambda _: "city"
    acting.reckon()
    [handed] = acting.by_clock(NOON + 1, NOBODY_BLIND)
    assert handed.duty.desks == ("eastern", "city")
    assert owed(store) == [("eastern", "first"), ("city", "first")]
    assert whole(store)


def test_what_ran_before_there_were_duties_gets_its_clock_and_what_was_over_is_owed_by_nobody(store: Store) -> None:
    acting = at_work(store)[1]
    old = [
        msgspec.structs.replace(alert, duty=NOBODY)
        for state in ("running", "over")
        for alert in DeskRoom(book(), MemoryStore(), {}).apply(
            [signal(1, alert=state, area="abington"), signal(2, alert=state, area="abington", state=state)], NOON
        )
    ]
    store.commit(Change(CITY, None, tuple(old)))
    assert [alert.id for alert in acting.adopt(NOON + HOUR)] == ["running"]
    assert acting.adopt(NOON + HOUR) == []
    acting.reckon()
    assert [alert.id for _, alert in store.owed()] == ["running"]
    assert owed(store) == []  # it was told
    [risen] = acting.by_clock(NOON + HOUR + 30 * MINUTE, NOBODY_BLIND)
    assert risen.duty.desks == ("eastern", "county")
    assert acting.by_hand("running", hand("raise", NOON + 2 * HOUR)) is not None
    assert whole(store)


@pytest.mark.parametrize("restarted", [True, False])
@pytest.mark.parametrize("taken", [True, False])
def test_what_a_clock_dated_that_was_a_day_ahead_waits_no_day(store: Store, restarted: bool, taken: bool) -> None:
    room, acting = at_work(store)
    room.apply([signal(1, evidence=evidence(3))], NOON + 24 * HOUR)
    acting.by_clock(NOON + 24 * HOUR, NOBODY_BLIND)
    if taken:
        acting.by_hand("a1", hand("take", NOON + 24 * HOUR))
    if restarted:
        acting = at_work(store)[1]
    [right] = acting.by_clock(NOON, NOBODY_BLIND)
    assert (right.duty.taken_at if taken else right.duty.since) == NOON
    acting.by_clock(NOON + MINUTE, NOBODY_BLIND)
    late = NOON + (HOUR if taken else 5 * MINUTE)
    assert [alert.duty.stage for alert in acting.by_clock(late, NOBODY_BLIND)] == ["open" if taken else "raised"]
    assert [decode(one.body).act.at for one in store.links_of("a1")].count(NOON) == 1
    assert whole(store)


def test_of_two_that_say_at_once_what_was_missed_under_one_key_one_is_kept(store: Store) -> None:
    acting = at_work(store)[1]
    form = Missed(NOON, "abington", "crash", NOON - 9, "two cars", "1001", "county", "officer", key="k")
    both = [threading.Thread(target=acting.missed, args=(form,)) for _ in range(8)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len(store.links_of("")) == 1


def test_what_was_missed_is_kept_with_who_said_so(store: Store) -> None:
    form = Missed(NOON, "abington", "crash", NOON - 9, "two cars", "1001", "county", "officer")
    at_work(store)[1].missed(form)
    assert [decode(one.body).act for one in store.links_of("")] == [form]
    assert whole(store)
