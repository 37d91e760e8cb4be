"""Rows of one place and category within an hour count once, whatever order they come and go in."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rules.facts import Fact
from rules.once import Once

HOUR = 3_600_000


def fact(number: int, minute: int) -> Fact:
    at = minute * 60_000
    return Fact(number, 0, "filed", 0, 0, "calls", "traffic.jam", "north", at, at, 1, 0, 0, 7, "p", number, 0, at)


def counted_by_hand(rows: set[Fact]) -> set[Fact]:
    ordered = sorted(rows, key=lambda f: (f.occurred_at, f.id0))
    before = [None, *ordered]
    return {f for p, f in zip(before, ordered, strict=False) if p is None or f.occurred_at - p.occurred_at >= HOUR}


@given(minutes=st.lists(st.integers(0, 400), max_size=14), dice=st.randoms(use_true_random=False))
def test_what_counts_is_a_function_of_the_rows_that_stand(minutes: list[int], dice: Random) -> None:
    once, standing, counting = Once(HOUR), set[Fact](), Counter[Fact]()
    for number, minute in enumerate(minutes):
        row = fact(number, minute)
        counting.update(dict(once.put(row)))
        standing.add(row)
        if dice.random() < 0.3:
            gone = dice.choice(sorted(standing, key=lambda f: f.id0))
            counting.update(dict(once.take(gone)))
            standing.remove(gone)
        assert {f for f, n in counting.items() if n} == counted_by_hand(standing)
        assert set(counting.values()) <= {0, 1}


def test_a_run_of_reports_of_one_thing_counts_once_in_the_bucket_of_the_earliest() -> None:
    once = Once(HOUR)
    changes = [list(once.put(fact(number, minute))) for number, minute in enumerate((30, 80, 10))]
    assert changes == [[(fact(0, 30), 1)], [], [(fact(2, 10), 1), (fact(0, 30), -1)]]


def test_rows_that_are_forgotten_leave_the_rest_as_it_was() -> None:
    once = Once(HOUR)
    for number, minute in enumerate((0, 200, 230)):
        list(once.put(fact(number, minute)))
    once.forget(100 * 60_000)
    assert list(once.put(fact(9, 220))) == []
