"""What every store promises of counts: absolute rows, never put back, let go by age."""

from __future__ import annotations

import msgspec

from alerts.counts import COARSE_KEPT_MS, DAY_MS
from alerts.store import Store
from rules.shown import Count, Recount
from tests.alerts.signals import CITY, HOUR, NOON

OPEN = Count("surge", "v1", "north", "fire", NOON, HOUR, 3, 1.5, 0.0, 4.1, 7, missing=False, settled=False)
SETTLED = msgspec.structs.replace(OPEN, count=5, settled=True, missing=True)
UNKNOWN = msgspec.structs.replace(OPEN, area="south", expected=None, low=None, high=None, limit=None)


def kept(store: Store) -> list[Count]:
    return store.counts(CITY, 0, NOON + 999 * HOUR)


def test_rows_come_back_as_they_went_in_in_order(store: Store) -> None:
    later = msgspec.structs.replace(OPEN, start=NOON + HOUR)
    store.put_counts(CITY, [later, UNKNOWN, OPEN])
    store.put_counts(CITY, [])
    assert kept(store) == [OPEN, UNKNOWN, later]
    assert store.counts(CITY, NOON, NOON + HOUR, area="north") == [OPEN]
    assert store.counts(CITY, NOON + HOUR, NOON + 2 * HOUR, rule="surge", category="fire") == [later]
    assert store.counts("elsewhere", 0, NOON + HOUR) == []


def test_what_has_settled_is_not_put_back_to_what_it_was_while_open(store: Store) -> None:
    store.put_counts(CITY, [OPEN])
    store.put_counts(CITY, [SETTLED])
    store.put_counts(CITY, [OPEN])
    assert kept(store) == [SETTLED]
    again = msgspec.structs.replace(SETTLED, version="v2")
    store.put_counts(CITY, [again])
    assert kept(store) == [again]


def test_a_recount_changes_the_count_alone_and_stands_where_nothing_was_said(store: Store) -> None:
    store.put_counts(CITY, [SETTLED, Recount("surge", "v1", "north", "fire", NOON, HOUR, 6)])
    assert kept(store) == [msgspec.structs.replace(SETTLED, count=6)]
    store.put_counts(CITY, [Recount("surge", "v1", "south", "fire", NOON, HOUR, 1)])
    assert kept(store)[1] == msgspec.structs.replace(UNKNOWN, count=1, settled=True)


def test_hours_are_let_go_by_age_and_days_after_years(store: Store) -> None:
    old = msgspec.structs.replace(SETTLED, start=NOON - 40 * DAY_MS)
    day = msgspec.structs.replace(old, step=DAY_MS)
    ancient = msgspec.structs.replace(day, start=NOON - COARSE_KEPT_MS - HOUR)
    store.put_counts(CITY, [OPEN, old, day, ancient])
    store.put_counts("elsewhere", [old])
    store.forget_counts(CITY, NOON, 35 * DAY_MS)
    assert kept(store) == [day, OPEN]
    assert store.counts("elsewhere", 0, NOON) == [old]
