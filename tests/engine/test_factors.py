"""One common factor or separate ones, on counts small enough to be read."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rules.attribution import _without
from rules.factors import Parts, separate


def parts(*rows: tuple[int, float], rest: tuple[int, float] = (0, 0.0), possible: int = 0) -> Parts:
    """Parts as (counted, expected), spread a little wider than Poisson."""
    counts, means = zip(*rows, rest, strict=True)
    return Parts(np.array(counts), np.array(means), np.full(len(counts), 0.03), possible or len(rows))


def test_one_part_that_alone_is_high_is_told_apart() -> None:
    assert separate(parts((9, 0.5), (1, 0.6), (0, 0.4), (1, 0.9))) == (0,)


def test_two_parts_that_are_high_are_told_apart_from_many_that_are_not() -> None:
    usual = [(1, 1.0)] * 8
    assert separate(parts((12, 0.5), *usual, (20, 1.0))) == (0, 9)


def test_an_even_rise_is_one_factor() -> None:
    assert separate(parts((4, 0.5), (5, 0.6), (3, 0.4), (7, 0.9))) == ()


def test_a_mild_rise_of_all_hides_no_part_that_is_high() -> None:
    assert separate(parts((30, 1.0), (9, 6.0), (5, 4.0), (7, 5.0))) == (0,)


def test_what_the_whole_counts_beside_its_parts_is_its_own() -> None:
    assert separate(parts((1, 0.5), (0, 0.6), rest=(12, 0.3))) == ()


def test_one_part_that_is_all_there_is_holds_what_there_is() -> None:
    assert separate(parts((9, 0.5), possible=1)) == (0,)


def test_a_common_factor_must_be_better_by_the_doubt() -> None:
    even_by_a_hair = parts((9, 0.5), (1, 0.1), (0, 0.05))
    assert separate(even_by_a_hair) == ()
    assert separate(even_by_a_hair, doubt=3.0) == (0,)


def test_where_nothing_is_expected_nothing_is_told_apart() -> None:
    assert separate(parts((9, 0.0), (1, 0.0))) == ()


@given(
    rows=st.lists(st.tuples(st.integers(0, 400), st.floats(1e-6, 300.0)), min_size=1, max_size=12),
    rest=st.tuples(st.integers(0, 50), st.floats(0.0, 20.0)),
    turn=st.integers(0, 11),
)
def test_the_order_of_parts_changes_nothing_but_their_numbers(
    rows: list[tuple[int, float]], rest: tuple[int, float], turn: int
) -> None:
    turn %= len(rows)
    plain = {rows[i] for i in separate(parts(*rows, rest=rest))}
    turned = [*rows[turn:], *rows[:turn]]
    assert {turned[i] for i in separate(parts(*turned, rest=rest))} == plain


@given(
    whole=st.tuples(st.integers(0, 20), st.integers(0, 20)).map(sorted),
    taken=st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)).map(lambda pair: (min(pair), max(pair)))),
)
def test_an_interval_less_others_holds_each_bucket_once(whole: list[int], taken: list[tuple[int, int]]) -> None:
    left = [bucket for since, until in _without((whole[0], whole[1]), taken) for bucket in range(since, until + 1)]
    held = {bucket for since, until in taken for bucket in range(since, until + 1)}
    assert left == [bucket for bucket in range(whole[0], whole[1] + 1) if bucket not in held]
