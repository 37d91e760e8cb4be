"""Near misses: who came within a tenth of speaking, or one event short of it, and did not speak."""

from __future__ import annotations

import msgspec
import pytest

from alerts.alert import Alert
from alerts.counts import place_of
from alerts.near import NearCell, is_near, near_misses
from alerts.store import Store
from rules.book import DetectorSpec
from rules.shown import Count
from tests.alerts.signals import CITY, HOUR, NOON, book, signal

BOOK = book()
SURGE = BOOK.rules[0].id


def cell(
    count: int, limit: int | None, *, rule: str = SURGE, area: str = "abington", at: int = NOON, **rest: bool
) -> Count:
    kept = {"missing": False, "settled": True} | rest
    expected = 30.0 if limit is not None else None
    return Count(rule, "v1", area, "traffic", at, HOUR, count, expected, 20.0, 40.0, limit, **kept)


RISES = [
    (18, 20, True), (17, 20, False), (20, 20, False), (21, 20, False), (4, 5, True), (3, 4, False), (8, 9, True),
    (0, None, False),
]  # fmt: skip
FALLS = [
    (12, 10, True),
    (13, 10, False),
    (10, 10, False),
    (9, 10, False),
    (1, 0, True),
    (28, 27, False),
    (26, 25, True),
]


@pytest.mark.parametrize(("count", "limit", "near"), RISES)
def test_a_count_is_near_that_lacks_a_tenth_of_its_limit_or_one(count: int, limit: int | None, near: bool) -> None:
    assert is_near(cell(count, limit), falls=False) == near
    assert is_near(cell(count, limit, settled=False, missing=True), falls=False) == near


@pytest.mark.parametrize(("count", "limit", "near"), FALLS)
def test_a_low_count_is_near_once_it_has_settled_and_was_heard(count: int, limit: int, near: bool) -> None:
    assert is_near(cell(count, limit), falls=True) == near
    assert not is_near(cell(count, limit, settled=False), falls=True)
    assert not is_near(cell(count, limit, missing=True), falls=True)


def test_every_store_finds_the_same_cells(store: Store) -> None:
    rows = [cell(count, limit, at=NOON + n * HOUR) for n, (count, limit, _) in enumerate(RISES)]
    rows += [cell(c, limit, rule="calm", at=NOON + n * HOUR) for n, (c, limit, _) in enumerate(FALLS)]
    rows += [cell(12, 10, rule="calm", area="lower-merion", settled=False)]
    rows += [cell(12, 10, rule="calm", area="ardmore", missing=True)]
    store.put_counts(CITY, rows)
    wanted = sorted(
        [row for row in rows if is_near(row, falls=row.rule == "calm")], key=lambda row: (row.start, row.rule)
    )
    assert store.near_counts(CITY, NOON, NOON + 99 * HOUR, ["calm"]) == wanted
    assert store.near_counts(CITY, NOON, NOON + HOUR, ()) == [
        row for row in wanted if row.start == NOON and row.rule == SURGE
    ]
    assert store.near_counts("elsewhere", NOON, NOON + 99 * HOUR, ["calm"]) == []


def test_counts_are_read_on_from_a_place(store: Store) -> None:
    rows = [cell(n, 20, at=NOON + n * HOUR, area=area) for n in range(4) for area in ("abington", "ardmore")]
    store.put_counts(CITY, [*rows, msgspec.structs.replace(rows[0], step=24 * HOUR)])
    read: list[Count] = []
    while part := store.counts(CITY, NOON, NOON + 99 * HOUR, after=place_of(read[-1]) if read else None, most=3):
        assert len(part) <= 3
        read += part
    assert read == store.counts(CITY, 0, NOON + 99 * HOUR)
    assert len(read) == 9
    assert store.counts(CITY, NOON, NOON + HOUR, step=24 * HOUR) == [read[1]]


def spoke(rule: str, area: str, first: int) -> Alert:
    return Alert("a1", CITY, "open", "county", 1, "yellow", NOON, signal(rule=rule, area=area, first=first), ())


def found(rows: list[Count], *told: Alert, now: int = NOON + 9 * HOUR) -> list[NearCell]:
    return near_misses(rows, BOOK, told, now)


def test_the_nearest_stands_first_and_a_series_stands_once() -> None:
    rows = [cell(18, 20), cell(19, 20, at=NOON + HOUR), cell(90, 100, area="ardmore")]
    first, other = found(rows)
    assert (first.row, first.lacked, first.times) == (rows[1], 1, 2)
    assert (other.row, other.lacked, other.times) == (rows[2], 10, 1)
    assert other.way == pytest.approx(0.9)


def test_what_an_alert_says_at_the_same_time_above_or_below_is_no_near_miss() -> None:
    rows = [cell(18, 20, area="lower-merion"), cell(18, 20, area="abington")]
    below = spoke(SURGE, "ardmore", NOON - HOUR)
    assert [one.row.area for one in found(rows, below)] == ["abington"]
    above = spoke(SURGE, "montgomery", NOON - HOUR)
    assert found(rows, above) == []
    later = spoke(SURGE, "montgomery", NOON + HOUR)
    assert len(found(rows, later)) == 2
    elsewhere = spoke("another", "montgomery", NOON - HOUR)
    assert len(found(rows, elsewhere)) == 2


def test_a_rule_that_hears_drops_is_measured_from_what_is_expected() -> None:
    falling = msgspec.structs.replace(BOOK.rules[0], detector=DetectorSpec("drop"))
    calm = msgspec.structs.replace(BOOK, rules=(falling,))
    (one,) = near_misses([cell(12, 10)], calm, (), NOON)
    assert one.lacked == 2
    assert one.way == pytest.approx(0.9)
