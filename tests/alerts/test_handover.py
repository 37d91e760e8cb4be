"""Hand-overs: made at a change of shift, read or told above, and made again from the chain."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace
from typing import Any, Final, Literal

import pytest

from alerts.acting import Acting, moved_by
from alerts.alert import Alert
from alerts.chain import Handover, Missed, Mute, decode, verify
from alerts.desks import Channel, Desk, Shift
from alerts.duty import OWED, Act, MoveRefused, Outcome, Verb
from alerts.handing import Handing, UnknownTurnError, owed_at
from alerts.keys import KeyUsedError
from alerts.room import DeskRoom
from alerts.store import Change, MemoryStore, Store
from alerts.turnover import Sheet
from tests.alerts.signals import CITY, HOUR, NOON, book, evidence, signal

MINUTE: Final = 60_000
TOP: Final = 3
SHIFTS: Final = (Shift("day", "07:00", "15:00"), Shift("evening", "15:00", "23:00"), Shift("night", "23:00", "07:00"))
COUNTY: Final = Desk(
    "county", {}, "America/New_York", ("montgomery",), ("incident",), (Channel("county-line", "jsonlines", "en"),),
    parent="region", shifts=SHIFTS, clocks={"yellow": 30 * MINUTE, "red": 5 * MINUTE}, lapse=4 * HOUR,
)  # fmt: skip
REGION: Final = replace(
    COUNTY, id="region", parent="", shifts=(), channels=(Channel("region-line", "jsonlines", "en"),)
)
EVENING: Final = NOON + 7 * HOUR + 30 * MINUTE
"""15:00 there; NOON is 07:30."""
OFFICER: Final[dict[str, Any]] = {"account": "1001", "desk": "county", "role": "officer"}


class Desked:
    """A county desk in shifts below a regional one."""

    def __init__(self, store: Store, **changes: Any) -> None:
        self.store = store
        self.desks = {"county": replace(COUNTY, **changes), "region": REGION}
        self.acting = Acting(CITY, store, self.desks, TOP)
        self.room = DeskRoom(
            book(desks=book().desks[:1]), store, {"county": ["county-line"]}, desks=self.desks,
            mutes=self.acting.running_mutes,
        )  # fmt: skip
        self.handing = self.anew()

    def anew(self) -> Handing:
        """As after a start."""
        return Handing(CITY, self.store, lambda: self.acting.desks, book, lambda: self.acting.mutes)

    def tick(self, now: int, *blind: str) -> None:
        self.handing.by_clock(now, frozenset(blind))
        self.acting.by_clock(now, frozenset(blind))

    def say(self, *ranks: int, since: int = 1, at: int = NOON) -> None:
        self.room.apply([signal(i, alert=f"a{i}", evidence=evidence(rank)) for i, rank in enumerate(ranks, since)], at)

    def sheet(self, turn: int | None = None) -> Sheet:
        known = self.handing.of("county")
        one = known.last if turn is None else known.of_turn(turn)
        assert one is not None
        return self.handing.sheet(one, NOON + 99 * HOUR)

    def unread(self) -> list[tuple[str, int, str]]:
        """(desk told, alerts owed, about) of every notice of an unread hand-over."""
        every = [n for alert in self.store.final() for n in self.store.notices_of(alert.id) if n.reason == "unread"]
        return [(n.desk, n.count, n.about) for n in sorted(every, key=lambda n: n.created_at)]


def steps(store: Store) -> list[tuple[str, str]]:
    acts = [decode(one.body).act for one in store.links_of("")]
    return [(act.step, act.to) for act in acts if isinstance(act, Handover)]


def ids(alerts: Any) -> list[str]:
    return [alert.id for alert in alerts]


def test_a_turn_that_begins_is_handed_what_is_open_taken_held_muted_and_overdue_and_which_feeds_are_blind(
    store: Store,
) -> None:
    desk = Desked(store, budget=3)
    desk.tick(NOON)
    desk.acting.mute(Mute(NOON, "m1", "montgomery", "fire", EVENING + HOUR, "a drill", desk="county"))
    desk.say(1, 1, 2, 1)
    desk.room.apply([signal(9, alert="a9", category="fire")], NOON)
    desk.acting.by_hand("a2", Act("take", NOON + 4 * HOUR, **OFFICER))
    desk.acting.by_hand("a1", Act("close", NOON + HOUR, outcome="confirmed", **OFFICER))
    desk.tick(EVENING, "calls")
    page = desk.sheet()
    assert (ids(page.waiting), [(one.alert.id, one.at) for one in page.taken]) == (["a3"], [("a2", NOON + 8 * HOUR)])
    assert (ids(page.held), ids(page.muted), page.overdue) == (["a4"], ["a9"], frozenset())
    assert ([mute.id for mute in page.mutes], page.blind) == (["m1"], ("calls",))
    assert (page.turnover.made.turn, page.turnover.made.shift, page.owed) == (EVENING, "evening", 4)
    assert [one.verb for one in page.moves] == ["mute", "take", "close"]
    assert (page.closed, page.confirmed) == (1, 1)


def test_what_was_overdue_at_the_change_is_said(store: Store) -> None:
    desk = Desked(store, parent="")
    desk.tick(NOON)
    desk.say(1, 0)
    desk.tick(EVENING)
    assert (ids(desk.sheet().waiting), desk.sheet().overdue) == (["a1", "a2"], frozenset({"a1"}))


def test_a_change_is_handed_over_once_also_after_a_restart_and_only_the_turn_under_way_after_a_long_stop(
    store: Store,
) -> None:
    desk = Desked(store)
    desk.tick(NOON)
    desk.tick(EVENING)
    desk.handing = desk.anew()
    desk.tick(EVENING + MINUTE)
    assert steps(store) == [("handed", ""), ("handed", "")]
    desk.tick(EVENING + 49 * HOUR)
    assert [one.made.shift for one in desk.handing.of("county").past] == ["day", "evening", "evening"]


def test_nobody_has_to_read_the_first_and_the_later_ones_are_read_once(store: Store) -> None:
    desk = Desked(store)
    desk.tick(NOON)
    first = desk.handing.of("county").last
    assert first is not None
    assert not first.owed
    with pytest.raises(UnknownTurnError):
        desk.handing.read(Handover(NOON, "read", "county", first.made.turn))
    desk.tick(EVENING)
    read = Handover(EVENING + MINUTE, "read", "county", EVENING, account="1002", role="officer")
    assert desk.handing.read(read).read == replace_shift(read)
    desk.handing.read(Handover(EVENING + 2 * MINUTE, "read", "county", EVENING, account="1003", role="officer"))
    assert [step for step, _ in steps(store)] == ["handed", "handed", "read"]
    desk.tick(EVENING + HOUR)
    assert desk.unread() == []


def replace_shift(read: Handover) -> Handover:
    return Handover(read.at, "read", read.desk, read.turn, "evening", account=read.account, role=read.role)


def test_unread_after_fifteen_minutes_it_rises_to_the_desk_above_and_then_no_further_than_there_are_desks(
    store: Store,
) -> None:
    desk = Desked(store)
    desk.tick(NOON)
    desk.say(1, 2, at=EVENING - MINUTE)
    desk.tick(EVENING)
    desk.tick(EVENING + 15 * MINUTE - 1)
    assert desk.unread() == []
    desk.tick(EVENING + 15 * MINUTE)
    desk.handing = desk.anew()
    desk.tick(EVENING + 16 * MINUTE)
    desk.tick(EVENING + 3 * HOUR)
    assert desk.unread() == [("region", 2, "county")]
    assert steps(store)[2:] == [("unread", "region")]
    [carrier] = [a for a in store.final() for n in store.notices_of(a.id) if n.reason == "unread"]
    assert carrier.id == "a2"  # the worst of what is owed there


def test_a_desk_without_one_above_is_reminded_itself_once(store: Store) -> None:
    desk = Desked(store, parent="")
    desk.tick(NOON)
    desk.say(1)
    for minutes in (0, 15, 30, 45, 120):
        desk.tick(EVENING + minutes * MINUTE)
    assert desk.unread() == [("county", 1, "county")]


def test_where_nothing_is_owed_the_last_alert_carries_the_word_and_a_desk_that_never_had_one_has_the_entry(
    store: Store,
) -> None:
    desk = Desked(store)
    desk.tick(NOON)
    desk.tick(EVENING)
    desk.tick(EVENING + 15 * MINUTE)
    assert (desk.unread(), steps(store)[-1]) == ([], ("unread", "region"))
    desk.say(1, at=EVENING + HOUR)
    desk.acting.by_hand("a1", Act("close", EVENING + HOUR, outcome="confirmed", **OFFICER))
    desk.tick(EVENING + 8 * HOUR)
    desk.tick(EVENING + 9 * HOUR)
    assert desk.unread() == [("region", 0, "county")]


def test_a_desk_that_never_had_an_alert_has_its_word_carried_by_one_of_the_desk_that_is_told(store: Store) -> None:
    desk = Desked(store)
    other = Alert("r1", CITY, "open", "region", 1, "yellow", NOON, signal(1, alert="r1"), ())
    first = Act("first", NOON, desk="region", role="engine", rank=1)
    store.commit(Change(CITY, None, (moved_by(other, first),), (("r1", first),), was={"r1": 0}))
    desk.tick(NOON)
    desk.tick(EVENING)
    desk.tick(EVENING + 15 * MINUTE)
    [carrier] = [a for a in store.final() for n in store.notices_of(a.id) if n.reason == "unread"]
    assert carrier.id == "r1"
    assert desk.unread() == [("region", 0, "county")]


def test_a_note_is_for_the_turn_to_come_and_is_kept_once_under_its_key(store: Store) -> None:
    desk = Desked(store)
    desk.tick(NOON)
    note = Handover(NOON + HOUR, "noted", "county", note="the roads office calls back at five", key="k1", **ROLE)
    desk.handing.note(note)
    desk.handing.note(note)
    with pytest.raises(KeyUsedError):
        desk.handing.note(Handover(NOON + HOUR, "noted", "county", note="another", key="k1", **ROLE))
    assert [one.note for one in desk.handing.of("county").coming.notes] == [note.note]
    desk.tick(EVENING)
    assert [one.note for one in desk.sheet().turnover.notes] == [note.note]
    assert desk.handing.of("county").coming.notes == ()


ROLE: Final[dict[str, Any]] = {"account": "1001", "role": "officer"}


def test_a_desk_without_shifts_hands_over_to_nobody(store: Store) -> None:
    desk = Desked(store, shifts=())
    for hours in range(0, 60, 6):
        desk.tick(NOON + hours * HOUR)
    assert steps(store) == []


def test_a_hand_over_that_a_clock_made_which_was_ahead_hinders_no_later_one(store: Store) -> None:
    desk = Desked(store)
    desk.tick(NOON)
    desk.tick(EVENING + 240 * HOUR)
    desk.tick(EVENING)
    assert [one.made.turn for one in desk.handing.of("county").past][1:] == [EVENING + 240 * HOUR, EVENING]


def test_the_pages_of_thirty_changes_are_made_again_from_the_chain_and_nothing_that_was_open_is_missing() -> None:
    """A fortnight and more of random moves; each page is held against what was owed at the moment of the change."""
    store, dice = MemoryStore(), random.Random(9)
    desk = Desked(store, budget=4)
    then: dict[int, set[tuple[str, str]]] = {}
    now, number = NOON, 0
    desk.tick(now)
    while len(then) < 30:
        now += dice.randrange(20, 200) * MINUTE
        if desk.handing.by_clock(now, frozenset()) and (last := desk.handing.of("county").last) and last.made.at == now:
            then[last.made.turn] = {(a.id, a.duty.stage) for _, a in store.owed()}
        desk.acting.by_clock(now, frozenset())
        number += 1
        desk.say(dice.choice((0, 1, 1, 2, 3)), since=number, at=now)
        verbs: tuple[Verb, ...] = ("take", "close", "note", "raise")
        for alert in dice.sample([a for _, a in store.owed()], k=min(2, len(store.owed()))):
            verb = dice.choice(verbs)
            found: Outcome | Literal[""] = "confirmed" if verb == "close" else ""
            with contextlib.suppress(MoveRefused):  # a raise with nowhere to go
                desk.acting.by_hand(
                    alert.id, Act(verb, now, outcome=found, note="seen" if verb == "note" else "", **OFFICER)
                )
        desk.acting.missed(Missed(now, "abington", "fire", now))
    anew = desk.anew()
    for one in anew.of("county").past:
        if one.made.turn in then:
            assert {(a.id, a.duty.stage) for a in owed_at(store, one.seq)} == then[one.made.turn]
            page = anew.sheet(one, now)
            shown = {*ids(page.waiting), *(t.alert.id for t in page.taken), *ids(page.held), *ids(page.muted)}
            assert shown == {alert for alert, stage in then[one.made.turn] if stage in OWED}
    assert len(then) == 30
    assert verify(store.links(), [], {a.id: a.duty for a in store.final()}, b"").faults == ()


def test_the_closing_of_an_exercise_is_counted_in_no_hand_over(store: Store) -> None:
    desk = Desked(store, budget=1)
    desk.tick(NOON)
    desk.say(1)
    desk.room.apply([signal(9, alert="a9", kind="exercise", rule="exercise")], NOON)  # takes nobody's place
    for alert in ("a1", "a9"):
        desk.acting.by_hand(alert, Act("close", NOON + HOUR, outcome="confirmed", **OFFICER))
    desk.tick(EVENING)
    page = desk.sheet()
    assert [one.alert for one in page.moves] == ["a1", "a9"]
    assert (page.closed, page.confirmed) == (1, 1)
