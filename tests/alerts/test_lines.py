"""One line to the desk above where alerts are held for long; the highest desk is reminded at its own deadline."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from alerts.acting import Acting
from alerts.chain import Mute, decode
from alerts.desks import Channel, Desk
from alerts.duty import Act
from alerts.lines import Lines
from alerts.listing import listing_in
from alerts.notice import Notice
from alerts.room import DeskRoom
from alerts.store import Store
from alerts.words import notice_words
from tests.alerts.signals import CITY, HOUR, NOON, book, evidence, signal

MINUTE: Final = 60_000
TOP: Final = 3
COUNTY: Final = Desk(
    "county", {}, "America/New_York", ("montgomery",), ("incident",), (Channel("county-line", "jsonlines", "en"),),
    parent="region", budget=1, clocks={"yellow": 2 * HOUR},
)  # fmt: skip
REGION: Final = replace(COUNTY, id="region", parent="", channels=(Channel("region-line", "jsonlines", "en"),))
OFFICER: Final[dict[str, Any]] = {"account": "1001", "desk": "county", "role": "officer"}


class Desked:
    def __init__(self, store: Store, **changes: Any) -> None:
        self.store = store
        self.desks = {"county": replace(COUNTY, **changes), "region": REGION}
        self.acting = Acting(CITY, store, self.desks, TOP)
        self.lines = self.anew()
        town = book(desks=book().desks[:1])
        ways = {"county": ["county-line"]}
        self.room = DeskRoom(town, store, ways, desks=self.desks, mutes=self.acting.running_mutes)

    def anew(self) -> Lines:
        def hiding(now: int) -> frozenset[str]:
            return frozenset(mute.id for mute in self.acting.running_mutes(now))

        return Lines(CITY, self.store, lambda: self.desks, hiding)

    def say(self, *ranks: int, since: int = 1, at: int = NOON) -> None:
        self.room.apply([signal(i, alert=f"a{i}", evidence=evidence(rank)) for i, rank in enumerate(ranks, since)], at)

    def tick(self, now: int) -> None:
        self.acting.by_clock(now, frozenset())
        self.lines.by_clock(now)

    def told(self, reason: str = "flood") -> list[Notice]:
        every = [n for alert in self.store.final() for n in self.store.notices_of(alert.id) if n.reason == reason]
        return sorted(every, key=lambda notice: notice.created_at)

    def to_region(self) -> list[tuple[str, int, int]]:
        return [(n.alert_id, n.count, n.created_at - NOON) for n in self.told() if n.desk == "region"]


def lists(desk: Desked) -> list[tuple[int, list[str], int]]:
    """(minute, alerts named, how many more) of each list that the county had."""
    found = [(notice, listing_in(notice.about)) for notice in desk.told("held") if notice.desk == "county"]
    return [((one.created_at - NOON) // MINUTE, [row.alert for row in said.rows], said.more) for one, said in found]


def test_what_is_held_is_named_to_its_desk_within_ten_minutes_in_one_list(store: Store) -> None:
    desk = Desked(store)
    desk.say(2, 1, 2, at=NOON)  # the budget is one: two are held
    for minute in range(1, 30):
        if minute == 6:
            desk.say(1, since=4, at=NOON + 6 * MINUTE)
        if minute == 8:
            desk.say(2, since=5, at=NOON + 8 * MINUTE)
        desk.tick(NOON + minute * MINUTE)
        if minute == 7:
            desk.lines = desk.anew()  # a restart says nothing twice
    assert lists(desk) == [(5, ["a3", "a2"], 0), (15, ["a5", "a4"], 0)]
    assert [notice.count for notice in desk.told("held")] == [2, 2]
    assert [alert.duty.held_at > 0 for _, alert in store.held("county")] == [True] * 4  # named, and not let out
    said = {language: notice_words(desk.told("held")[0], book(), language) for language in ("en", "zh-CN")}
    assert said["en"].title == "2 held at County desk meanwhile, up to Orange"
    assert said["en"].text.splitlines()[1:] == [
        "Orange: vehicle accident in Lower Merion", "Yellow: vehicle accident in Lower Merion",
    ]  # fmt: skip
    assert said["zh-CN"].text.splitlines()[1] == "橙色预警：下梅里恩，车辆事故"
    assert not any(words.broken for words in said.values())


def test_a_list_names_the_gravest_and_counts_the_rest_within_the_bytes_of_a_robot(store: Store) -> None:
    desk = Desked(store)
    desk.say(*[1, 2] * 25, at=NOON)
    desk.tick(NOON + 5 * MINUTE)
    [notice] = desk.told("held")
    listing = listing_in(notice.about)
    assert (len(listing.rows), listing.more, notice.count) == (30, 19, 49)
    assert [row.colour for row in listing.rows] == ["orange"] * 24 + ["yellow"] * 6
    for language in ("en", "zh-CN"):
        words = notice_words(notice, book(), language)
        assert len(f"{words.title}\n{words.text}".encode()) < 4_096


def test_what_ended_is_hidden_on_purpose_or_explained_is_in_no_list(store: Store) -> None:
    desk = Desked(store)
    desk.say(2, 1, at=NOON)
    desk.acting.mute(Mute(NOON + 1, "m1", "montgomery", "incident", NOON + HOUR, "a fair"))
    desk.say(2, since=3, at=NOON + 2)
    desk.room.apply([signal(9, alert="a2", state="over", evidence=evidence(1))], NOON + MINUTE)
    for minute in range(2, 20):
        desk.tick(NOON + minute * MINUTE)
    assert lists(desk) == []


def test_after_half_an_hour_the_desk_above_gets_one_line_with_number_worst_and_since_when(store: Store) -> None:
    desk = Desked(store)
    desk.say(1, 2, 1, 2, at=NOON)
    desk.say(2, since=5, at=NOON + 10 * MINUTE)
    desk.tick(NOON + 30 * MINUTE - 1)
    assert desk.to_region() == []
    desk.tick(NOON + 30 * MINUTE)
    desk.lines = desk.anew()
    desk.tick(NOON + 31 * MINUTE)
    desk.say(1, since=6, at=NOON + HOUR)
    desk.tick(NOON + 2 * HOUR)
    assert desk.to_region() == [("a4", 4, 30 * MINUTE)]
    [line] = [act for one in store.links_of("") if getattr(act := decode(one.body).act, "to", "") == "region"]
    assert (line.desk, getattr(line, "to", ""), getattr(line, "count", 0)) == ("county", "region", 4)
    [notice] = [n for n in desk.told() if n.desk == "region"]
    said = {language: notice_words(notice, book(), language) for language in ("en", "zh-CN")}
    assert said["en"].title == "4 held at County desk, worst Orange since Sat 23 Jan 2016, 07:30"
    assert said["zh-CN"].title == "县值班台暂存4条，最高橙色，自2016年1月23日 周六 07:30起"
    assert not any(words.broken for words in said.values())


def test_a_spell_that_goes_on_is_told_of_again_after_eight_hours_and_a_new_one_after_half_an_hour(store: Store) -> None:
    desk = Desked(store, budget=1, clocks={})
    desk.say(1, 1)
    for minutes in range(0, 9 * 60, 10):
        desk.lines.by_clock(NOON + minutes * MINUTE)
    assert [at // MINUTE for _, _, at in desk.to_region()] == [30, 30 + 8 * 60]
    later = NOON + 9 * HOUR
    desk.acting.by_hand("a2", Act("release", later, **OFFICER))
    desk.say(1, since=3, at=later)
    for minutes in range(0, 60, 10):
        desk.lines.by_clock(later + minutes * MINUTE)
    assert [at // MINUTE for _, _, at in desk.to_region()][2:] == [9 * 60 + 30]


def test_what_a_mute_hides_and_what_the_highest_desk_holds_makes_no_line(store: Store) -> None:
    desk = Desked(store, budget=None)
    desk.acting.mute(Mute(NOON, "m1", "montgomery", "traffic", NOON + 9 * HOUR, "a fair"))
    desk.say(1, 1)
    desk.tick(NOON + HOUR)
    assert (store.held_spells(), desk.to_region()) == ({"county": NOON}, [])
    top = Desked(store, parent="")
    top.say(1, 1, since=5)
    top.tick(NOON + 2 * HOUR)
    assert top.to_region() == []


def test_the_highest_desk_is_reminded_once_at_its_own_deadline(store: Store) -> None:
    desk = Desked(store, budget=None)
    desk.say(1)
    for hours in range(9):
        desk.tick(NOON + hours * HOUR)
    assert [(n.desk, n.created_at - NOON) for n in desk.told("reminder")] == [
        ("county", 2 * HOUR),  # it rose
        ("region", 4 * HOUR),
    ]
    alert = store.alert("a1")
    assert alert is not None
    assert (alert.duty.stage, alert.duty.since, alert.duty.reminded_at) == ("raised", NOON + 2 * HOUR, NOON + 4 * HOUR)
    desk.acting.by_hand("a1", Act("take", NOON + 9 * HOUR, account="1", desk="region", role="officer"))
    desk.acting.by_hand("a1", Act("leave", NOON + 10 * HOUR, account="1", desk="region", role="officer"))
    desk.tick(NOON + 12 * HOUR)
    assert [n.created_at - NOON for n in desk.told("reminder")][2:] == [10 * HOUR, 12 * HOUR]


def test_what_was_due_at_the_highest_desk_long_ago_is_entered_and_not_sent(store: Store) -> None:
    """A store from before there were reminders has many of them."""
    desk = Desked(store, budget=None, parent="")
    desk.say(1)
    desk.tick(NOON + 99 * HOUR)
    assert [one.verb for one in store.links_of("a1")] == ["first", "remind"]
    assert desk.told("reminder") == []
