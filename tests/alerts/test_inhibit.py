"""Inhibition: what an alert of another rule explains is held under that alert's name, until it explains no more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from alerts.acting import Acting
from alerts.alert import Alert
from alerts.chain import decode, verify
from alerts.desks import Channel, Desk
from alerts.duty import Act
from alerts.inhibit import explanation
from alerts.life import apply
from alerts.room import DeskRoom
from alerts.store import Store
from rules.signals import Evidence, Share, Signal, WindowEvidence
from tests.alerts.signals import CITY, HOUR, NOON, book, evidence, signal

TOP: Final = 3
COUNTY: Final = Desk(
    "county", {}, "America/New_York", ("montgomery",), ("incident",), (Channel("county-line", "jsonlines", "en"),),
    inhibit=True,
)  # fmt: skip
OFFICER: Final[dict[str, Any]] = {"account": "1001", "desk": "county", "role": "officer"}


def counted(observed: int, expected: float, limit: int, rank: int = 1, hours: int = 1, **changes: Any) -> Evidence:
    window = WindowEvidence(hours * HOUR, NOON - hours * HOUR, NOON, observed, expected, limit, True)
    figures = {"observed": observed, "expected": expected, "limit": limit, "window": hours * HOUR}
    return evidence(rank, **{**figures, "windows": (window,), "areas": (), "categories": (), **changes})


def crashes(n: int = 1, **changes: Any) -> Signal:
    """20 crashes in Lower Merion where 2 are usual."""
    said = {"alert": "crash", "rule": "crash-surge", "evidence": counted(20, 2.0, 6, 2)}
    return signal(n, **{**said, **changes})


def traffic(n: int = 2, **changes: Any) -> Signal:
    """25 calls of any traffic there where 6 are usual: without the crashes 7, and the limit is 14."""
    said = {"alert": "traffic", "rule": "traffic-surge", "category": "traffic", "evidence": counted(25, 6.0, 14)}
    return signal(n, **{**said, **changes})


def as_alert(said: Signal) -> Alert:
    return apply(None, said, "county", NOON)[0]


def at_work(store: Store, **changes: Any) -> tuple[DeskRoom, Acting]:
    desks = {"county": replace(COUNTY, **changes)}
    town = book(desks=book().desks[:1])
    return DeskRoom(town, store, {"county": ["county-line"]}, desks=desks), Acting(CITY, store, desks, TOP)


def told(store: Store) -> list[str]:
    return sorted(n.alert_id for a in store.final() for n in store.notices_of(a.id) if n.reason == "first")


def by(store: Store, alert_id: str) -> str:
    found = store.alert(alert_id)
    assert found is not None
    return found.duty.by if found.duty.held_at else "-"


def how(one: Signal, other: Signal) -> str:
    found = explanation(as_alert(one), [as_alert(other)], book())
    return found[1] if found else ""


def test_what_is_left_without_the_excess_of_what_lies_in_it_speaks_or_does_not() -> None:
    assert how(traffic(), crashes()) == "sum"
    assert how(traffic(evidence=counted(33, 6.0, 14)), crashes()) == ""  # 15 are left
    assert how(traffic(area="montgomery"), crashes()) == "sum"
    assert how(traffic(area="abington"), crashes()) == ""
    assert how(traffic(category="fire"), crashes()) == ""


def test_an_excess_of_a_longer_or_another_window_explains_nothing() -> None:
    assert how(traffic(), crashes(evidence=counted(20, 2.0, 6, 2, hours=24))) == ""
    assert how(traffic(evidence=counted(25, 6.0, 14, hours=3)), crashes()) == "sum"


def test_a_part_that_a_whole_counts_is_explained_by_it() -> None:
    whole = counted(90, 30.0, 50, 2, areas=(Share("lower-merion", 40, 8.0), Share("abington", 50, 22.0)))
    county = traffic(area="montgomery", evidence=whole)
    assert how(crashes(evidence=counted(20, 2.0, 6)), county) == "part"
    little = counted(90, 30.0, 50, 2, areas=(Share("lower-merion", 12, 8.0), Share("abington", 78, 22.0)))
    assert how(crashes(evidence=counted(20, 2.0, 6)), traffic(area="montgomery", evidence=little)) == ""
    assert how(crashes(evidence=counted(20, 2.0, 6)), traffic(area="montgomery", evidence=counted(90, 30.0, 50))) == ""


def test_the_graver_the_top_rank_the_same_rule_and_another_direction_are_not_explained() -> None:
    assert how(traffic(evidence=counted(25, 6.0, 14, 3)), crashes(evidence=counted(20, 2.0, 6, 3))) == ""
    assert how(traffic(evidence=counted(25, 6.0, 14, 2)), crashes(evidence=counted(20, 2.0, 6, 1))) == ""
    assert how(traffic(rule="crash-surge"), crashes()) == ""
    assert how(traffic(kind="drop"), crashes()) == ""
    lack = crashes(kind="drop", evidence=counted(0, 9.0, 3, 2))
    assert how(traffic(kind="drop", evidence=counted(2, 12.0, 5)), lack) == "sum"


def test_the_later_one_is_held_and_names_who_hushed_it_and_why(store: Store) -> None:
    room, _ = at_work(store)
    room.apply([crashes()], NOON)
    room.apply([traffic()], NOON + 1)
    assert (told(store), by(store, "traffic")) == (["crash"], "crash")
    act = decode(store.links_of("traffic")[-1].body).act
    assert isinstance(act, Act)
    assert (act.verb, act.role, act.by, act.why) == ("hold", "explained", "crash", "sum")
    assert ([a.id for a in store.explained_by("crash")], store.explained_areas()) == (["traffic"], {"lower-merion": 1})
    assert verify(store.links(), [], {a.id: a.duty for a in store.final()}, b"").faults == ()


def test_of_those_that_come_together_the_gravest_is_told(store: Store) -> None:
    room, _ = at_work(store)
    room.apply([traffic(1), crashes(2)], NOON)
    assert (told(store), by(store, "traffic")) == (["crash"], "crash")


@pytest.mark.parametrize("end", ["over", "withdrawn", "nothing"])
def test_it_comes_out_when_what_explains_it_is_over_withdrawn_or_found_to_be_nothing(store: Store, end: str) -> None:
    room, acting = at_work(store)
    room.apply([crashes(1), traffic(2)], NOON)
    acting.by_clock(NOON + 1, frozenset())
    assert by(store, "traffic") == "crash"
    if end == "nothing":
        acting.by_hand("crash", Act("close", NOON + 2, outcome="not_real", why="a sensor", **OFFICER))
    else:
        room.apply([crashes(9, state=end)], NOON + 2)
    acting.by_clock(NOON + 3, frozenset())
    assert (told(store), store.explained_areas()) == (["crash", "traffic"], {})


def test_it_comes_out_when_it_gets_worse_than_what_explains_it_and_the_top_rank_at_once(store: Store) -> None:
    room, acting = at_work(store)
    room.apply([crashes(1, evidence=counted(20, 2.0, 6, 1)), traffic(2)], NOON)
    room.apply([traffic(3, evidence=counted(25, 6.0, 14, 2))], NOON + 1)
    acting.by_clock(NOON + 2, frozenset())
    assert told(store) == ["crash", "traffic"]
    room.apply([traffic(4, alert="red", rule="other", evidence=counted(25, 6.0, 14, 1))], NOON + 3)
    assert by(store, "red") in ("crash", "traffic")
    room.apply([traffic(5, alert="red", rule="other", evidence=counted(25, 6.0, 14, TOP))], NOON + 4)
    assert told(store) == ["crash", "red", "traffic"]


def test_what_explains_no_more_and_finds_no_room_is_held_by_the_budget_from_then_on(store: Store) -> None:
    room, acting = at_work(store, budget=1)
    room.apply([crashes(1), traffic(2)], NOON)
    room.apply([crashes(3, state="over")], NOON + 1)
    acting.by_clock(NOON + 2, frozenset())
    assert (told(store), by(store, "traffic"), store.explained_areas()) == (["crash"], "", {})
    assert [one.verb for one in store.links_of("traffic")] == ["first", "hold", "hold"]
    acting.by_clock(NOON + 3, frozenset())
    assert len(store.links_of("traffic")) == 3


def test_what_is_held_itself_explains_nothing_and_a_desk_that_does_not_ask_holds_nothing(store: Store) -> None:
    room, _ = at_work(store, budget=1)
    room.apply([signal(1, alert="first", area="abington", evidence=counted(9, 2.0, 6, 2))], NOON)
    room.apply([crashes(2)], NOON + 1)
    room.apply([traffic(3)], NOON + 2)
    assert (by(store, "crash"), by(store, "traffic")) == ("", "")


def test_a_desk_that_does_not_ask_for_it_hears_both(store: Store) -> None:
    room, _ = at_work(store, inhibit=False)
    room.apply([crashes(1), traffic(2)], NOON)
    assert told(store) == ["crash", "traffic"]
