"""When events occurred, by the hour: what a plain sorted list would answer."""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rules.calendar import HOUR_MS
from rules.heard import Heard

TIMES = st.integers(0, 12 * HOUR_MS // 60_000).map(lambda minute: minute * 60_000)
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.lists(TIMES, max_size=6)),
        st.tuples(st.just("insert"), TIMES),
        st.tuples(st.just("remove"), TIMES),
        st.tuples(st.just("forget"), TIMES),
    ),
    max_size=12,
)


@given(moves=MOVES, start=TIMES, end=TIMES, before=st.integers(0, 4), after=st.integers(0, 4))
def test_it_answers_as_a_sorted_list_would(
    moves: list[tuple[str, Any]], start: int, end: int, before: int, after: int
) -> None:
    heard = Heard()
    plain: list[int] = []
    for move, given_ in moves:
        match move:
            case "add":
                heard.add(np.array(given_, np.int64))
                plain = sorted([*plain, *given_])
            case "insert":
                heard.insert(given_)
                plain = sorted([*plain, given_])
            case "remove":
                heard.remove(given_)
                if given_ in plain:
                    plain.remove(given_)
            case "forget":
                heard.forget(given_)
                plain = plain[max(0, bisect_left(plain, given_) - 1) :]
        assert heard.all().tolist() == plain
    assert len(heard) == len(plain)
    assert heard.first() == (plain[0] if plain else None)
    for hour in range(13):
        assert heard.in_hour(hour) == sum(time // HOUR_MS == hour for time in plain)
    low, high = sorted((start, end))
    first, beyond = bisect_left(plain, low), bisect_left(plain, high)
    assert heard.between(low, high, before, after).tolist() == plain[max(0, first - before) : beyond + after]


def test_what_it_answers_does_not_change_with_it() -> None:
    heard = Heard([3, 1, 2])
    seen = heard.between(0, 10)
    heard.insert(0)
    heard.remove(2)
    assert seen.tolist() == [1, 2, 3]
