"""The budget of a desk: what interrupts it, what is held, and that nothing is dropped."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import hold
from alerts.acting import Acting
from alerts.alert import Alert
from alerts.chain import verify
from alerts.desks import Channel, Desk, Shift
from alerts.duty import Act
from alerts.room import DeskRoom
from alerts.store import MemoryStore, Store
from rules.signals import Signal
from rules.trees import Node, Tree
from tests.alerts.signals import CITY, HOUR, NOON, book, evidence, signal

MINUTE: Final = 60_000
NOBODY_BLIND: Final[frozenset[str]] = frozenset()
TOP: Final = 3
LINE: Final = (Channel("county-line", "jsonlines", "en"),)
SHIFTS: Final = (Shift("day", "07:00", "15:00"), Shift("evening", "15:00", "23:00"), Shift("night", "23:00", "07:00"))
COUNTY: Final = Desk(
    "county", {}, "America/New_York", ("montgomery",), ("incident",), LINE, shifts=SHIFTS,
    clocks={"yellow": 30 * MINUTE, "red": 5 * MINUTE}, budget=4,
)  # fmt: skip


def at_work(store: Store, **changes: Any) -> tuple[DeskRoom, Acting]:
    desks = {"county": replace(COUNTY, **changes)}
    town = book(desks=book().desks[:1])
    return DeskRoom(town, store, {"county": ["county-line"]}, desks=desks), Acting(CITY, store, desks, TOP)


def storm(ranks: list[int], since: int = 1) -> list[Signal]:
    return [signal(i, alert=f"a{i}", evidence=evidence(rank)) for i, rank in enumerate(ranks, since)]


def told(store: Store) -> list[str]:
    """Who interrupted the desk, in order."""
    return [n.alert_id for alert in store.final() for n in store.notices_of(alert.id) if n.reason == "first"]


def floods(store: Store) -> list[tuple[str, int, str]]:
    every = [n for alert in store.final() for n in store.notices_of(alert.id) if n.reason == "flood"]
    return [(n.alert_id, n.count, n.channel) for n in sorted(every, key=lambda n: n.created_at)]


def held(store: Store) -> list[str]:
    return [alert.id for _, alert in store.held()]


def test_above_the_budget_the_least_urgent_are_held_and_the_top_rank_passes(store: Store) -> None:
    room, _ = at_work(store)
    room.apply(storm([1, 2, 0, 3, 1, 2, 3, 1]), NOON)
    assert sorted(told(store)) == ["a1", "a2", "a4", "a5", "a6", "a7"]  # two red ones, and of the rest the most urgent
    assert held(store) == ["a8", "a3"]
    assert {alert.id for alert in store.board()}.isdisjoint(held(store))
    assert store.held_areas() == {"lower-merion": 2}
    assert store.told_since("county", 0, TOP) == 4


def test_an_alert_that_worsens_to_the_top_rank_after_it_was_told_frees_no_place(store: Store) -> None:
    """The desk was interrupted for it at the lower rank; and once more, for red passes."""
    room, _ = at_work(store, budget=2)
    room.apply(storm([1, 1, 1]), NOON)
    room.apply([signal(8, alert="a1", evidence=evidence(TOP))], NOON + 1)
    room.apply(storm([TOP, 2], 9), NOON + 2)
    assert sorted(told(store)) == ["a1", "a2", "a9"]
    assert sorted(held(store)) == ["a10", "a3"]
    assert store.told_since("county", 0, TOP) == 2
    room.apply([signal(20, alert="a9", evidence=evidence(1))], NOON + 3)  # corrected: it counts from then on
    assert store.told_since("county", 0, TOP) == 3


def test_one_that_is_let_out_because_it_is_of_the_top_rank_by_now_takes_no_place(store: Store) -> None:
    room, _ = at_work(store, budget=1)
    room.apply(storm([1, 1]), NOON)
    room.apply([signal(8, alert="a2", evidence=evidence(TOP))], NOON + 1)
    assert sorted(told(store)) == ["a1", "a2"]
    assert store.told_since("county", 0, TOP) == 1


def test_a_storm_over_the_budget_tells_its_desk_once_how_many_are_held_and_again_at_each_tenfold(store: Store) -> None:
    room, _ = at_work(store, budget=1)
    room.apply(storm([1] * 5), NOON)
    assert floods(store) == []
    room.apply(storm([1, 2, 1], 6), NOON + 1)
    assert floods(store) == [("a7", 7, "county-line")]  # by the worst of them
    room.apply(storm([1] * 30, 9), NOON + 2)
    assert len(floods(store)) == 1
    room.apply(storm([1] * 15, 39), NOON + 3)
    assert [count for _, count, _ in floods(store)] == [7, 52]
    acting = Acting(CITY, store, {"county": COUNTY}, TOP)
    acting.by_hand("a7", Act("release", NOON + 9, account="1001", desk="county", role="officer"))
    assert [n.reason for n in store.notices_of("a7")] == ["flood", "first"]


def test_what_is_held_has_no_clock_and_no_word_goes_out_of_it(store: Store) -> None:
    room, acting = at_work(store, budget=1)
    room.apply(storm([1, 1]), NOON)
    room.apply([signal(9, alert="a2", evidence=evidence(2))], NOON + 1)
    assert (told(store), held(store)) == (["a1"], ["a2"])
    assert store.notices_of("a2") == []
    acting.by_clock(NOON + 9 * MINUTE, NOBODY_BLIND)
    assert "a2" not in [alert.id for _, alert in store.due_acts(NOON + 99 * HOUR)]
    room.apply([signal(10, alert="a2", state="over", evidence=evidence(2))], NOON + 2)
    assert store.notices_of("a2") == []


@pytest.mark.parametrize("after", ["no budget", "no desk"])
def test_what_is_held_comes_out_when_its_desk_has_no_budget_any_more_or_is_gone(store: Store, after: str) -> None:
    room, acting = at_work(store, budget=1)
    room.apply(storm([1, 1, 1]), NOON)
    acting.by_clock(NOON + 1, NOBODY_BLIND)
    assert len(held(store)) == 2
    acting.desks = {"county": replace(COUNTY, budget=None)} if after == "no budget" else {}
    assert len(acting.by_clock(NOON + 2, NOBODY_BLIND)) == 2
    assert held(store) == []


def test_what_is_held_and_worsens_to_the_top_rank_is_told_at_once(store: Store) -> None:
    room, _ = at_work(store, budget=1)
    room.apply(storm([1, 1]), NOON)
    [alert] = room.apply([signal(9, alert="a2", evidence=evidence(TOP))], NOON + 1)
    assert (alert.duty.held_at, alert.duty.since, held(store)) == (0, NOON + 1, [])
    assert [n.reason for n in store.notices_of("a2")] == ["first"]


def test_a_turn_that_begins_lets_out_the_most_urgent_and_keeps_half_of_its_budget_free(store: Store) -> None:
    room, acting = at_work(store)  # NOON is 07:30 there
    room.apply(storm([1, 1, 1, 1, 1, 2, 0, 1]), NOON)
    room.apply([signal(20, alert="a5", state="over", evidence=evidence(1))], NOON + 1)
    acting.by_clock(NOON + 7 * HOUR, NOBODY_BLIND)
    assert len(held(store)) == 4
    acting.by_clock(NOON + 8 * HOUR, NOBODY_BLIND)
    assert sorted(held(store)) == sorted(set(held(store)))
    assert len(held(store)) == 2
    out = [n.alert_id for i in ("a6", "a8") for n in store.notices_of(i)]
    assert out == [i for i in ("a6", "a8") if i not in held(store)]
    acting.by_clock(NOON + 8 * HOUR + MINUTE, NOBODY_BLIND)
    assert len(held(store)) == 2


def test_an_officer_lets_one_out_by_hand_and_its_clock_begins_then(store: Store) -> None:
    room, acting = at_work(store, budget=1)
    room.apply(storm([1, 1]), NOON)
    hand = Act("release", NOON + 9, account="1001", desk="county", role="officer")
    alert = acting.by_hand("a2", hand)
    assert alert is not None
    assert (alert.duty.since, alert.duty.told_at, held(store)) == (NOON + 9, NOON + 9, [])
    assert [n.reason for n in store.notices_of("a2")] == ["first"]


def test_a_held_alert_that_is_taken_or_closed_is_held_no_more(store: Store) -> None:
    room, acting = at_work(store, budget=1)
    room.apply(storm([1, 1, 1]), NOON)
    who: dict[str, Any] = {"account": "1001", "desk": "county", "role": "officer"}
    acting.by_hand("a2", Act("take", NOON + 9, **who))
    acting.by_hand("a3", Act("close", NOON + 9, outcome="expected", why="a fair that was announced", **who))
    assert held(store) == []


def test_a_desk_without_budget_or_without_staff_holds_nothing(store: Store) -> None:
    room, _ = at_work(store, budget=None)
    room.apply(storm([1] * 9), NOON)
    other = MemoryStore()
    night = at_work(other, shifts=(Shift("night", "23:00", "07:00"),))[0]
    night.apply(storm([1] * 9), NOON)
    assert (held(store), held(other)) == ([], [])


def test_what_is_loaded_of_the_past_is_not_held(store: Store) -> None:
    DeskRoom(book(), store, {}, desks={"county": replace(COUNTY, budget=1)}, shut=True).apply(storm([1] * 5), NOON)
    assert held(store) == []


def test_a_storm_of_five_thousand_interrupts_no_more_than_budget_and_top_and_all_are_in_the_digest() -> None:
    store = MemoryStore()
    room, acting = at_work(store, budget=12)
    reds = {500, 2_500, 4_900}
    for at in range(0, 5_000, 50):  # ten minutes
        batch = [
            signal(i + 1, alert=f"a{i}", evidence=evidence(TOP if i in reds else i % 3), rule=f"rule-{i % 7}")
            for i in range(at, at + 50)
        ]
        room.apply(batch, NOON + at * 120)
        acting.by_clock(NOON + at * 120, NOBODY_BLIND)
    kept = [alert for _, alert in store.held()]
    groups = hold.digest(kept)
    assert len(told(store)) == 12 + 3
    assert len(kept) + len(told(store)) == 5_000
    assert sum(group.count for group in groups) == len(kept)
    assert Counter(group.rule for group in groups) == {f"rule-{i}": 1 for i in range(7)}
    assert all(alert.rank < TOP for alert in kept)
    duties = {alert.id: alert.duty for alert in store.final()}
    assert verify(store.links(), [], duties, b"").faults == ()


TOWNS: Final = Tree(
    ("county", "town", "street"),
    (
        Node("montgomery", "", "county", {}),
        *(Node(town, "montgomery", "town", {}) for town in ("abington", "ardmore")),
        *(Node(f"{town}-{n}", town, "street", {}) for town in ("abington", "ardmore") for n in range(4)),
    ),
)


def kept(store: Store, *places: tuple[str, str]) -> list[Alert]:
    """One held alert for each (rule, area), of rank 0, 1, 2 by turns."""
    room, _ = at_work(store, budget=0)
    said = [
        signal(n, alert=f"a{n}", rule=rule, area=area, evidence=evidence(n % 3))
        for n, (rule, area) in enumerate(places, 1)
    ]
    room.apply(said, NOON)
    return [alert for _, alert in store.held()]


def test_more_groups_than_a_page_bears_are_gathered_by_the_deepest_areas_that_are_few_enough(store: Store) -> None:
    places = [(f"rule-{r}", f"{town}-{n}") for town in ("abington", "ardmore") for n in range(4) for r in range(3)]
    held = kept(store, *places)

    def seen(most: int, within: str = "") -> list[tuple[str, str, int, int]]:
        groups = hold.gathered(
            [a for a in held if TOWNS.holds(within or "montgomery", a.signal.area)], TOWNS, within, most
        )
        assert all(group.count == len(alerts) for group, alerts in groups)
        return sorted((group.area, group.rule, group.count, group.rules) for group, _ in groups)

    assert seen(24) == sorted((area, rule, 1, 1) for rule, area in places)
    assert seen(23) == sorted((area, "", 3, 3) for area in {area for _, area in places})
    assert seen(7) == seen(2) == seen(1) == [("abington", "", 12, 3), ("ardmore", "", 12, 3)]
    assert seen(7, "abington") == [(f"abington-{n}", "", 3, 3) for n in range(4)]
    assert seen(2, "abington-1") == [("abington-1", f"rule-{r}", 1, 1) for r in range(3)]


def test_an_area_that_the_tree_has_lost_or_that_lies_high_is_a_group_of_its_own(store: Store) -> None:
    places = [("r", "montgomery"), ("r", "lower-merion"), *(("r", f"abington-{n}") for n in range(4))]
    groups = hold.gathered(kept(store, *places), TOWNS, most=3)
    assert {(group.area, group.count, group.rule) for group, _ in groups} == {
        ("montgomery", 1, "r"), ("lower-merion", 1, "r"), ("abington", 4, "r"),
    }  # fmt: skip
    assert [group.rank for group, _ in groups] == sorted((group.rank for group, _ in groups), reverse=True)


nights = st.lists(
    st.tuples(
        st.integers(0, 9), st.integers(0, TOP), st.sampled_from(["running", "over", "withdrawn"]), st.integers(0, 90)
    ),
    min_size=1,
    max_size=40,
)


@given(night=nights, budget=st.integers(1, 4))
def test_however_a_night_goes_no_alert_is_lost_and_no_turn_is_over_its_budget(night: Any, budget: int) -> None:
    store = MemoryStore()
    room, acting = at_work(store, budget=budget)
    now = NOON
    ever_top: set[int] = set()  # a top rank that was corrected downwards has interrupted all the same
    for i, (number, rank, state, minutes) in enumerate(night, 1):
        now += minutes * MINUTE
        ever_top |= {number} if rank == TOP else set()
        room.apply([signal(i, alert=f"a{number}", state=state, evidence=evidence(rank))], now)
        acting.by_clock(now, NOBODY_BLIND)
        turn = hold.begun(replace(COUNTY, budget=budget), now)
        assert turn is not None
        assert store.told_since("county", turn[1], TOP) <= budget + len(ever_top)
        for alert in store.final():
            known = bool(alert.duty.held_at) or bool(alert.duty.told_at) or alert.state in ("withdrawn", "merged")
            assert known or alert.duty.stage in ("withdrawn", "merged"), alert.duty
            assert not (alert.duty.held_at and alert.rank == TOP and alert.state == "open")
