"""How the messages of a minute are spent: pure."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from alerts.budget import SEND_MS, WINDOW_MS, arrived, in_window, plan

MINUTE = 1_000_000


@given(
    per_minute=st.integers(1, 60),
    steps=st.lists(st.integers(0, 5_000), max_size=300),
    takes=st.integers(0, SEND_MS),
    due=st.integers(1, 100),
)
def test_whatever_is_due_no_minute_at_the_other_side_holds_more_than_the_budget(
    per_minute: int, steps: list[int], takes: int, due: int
) -> None:
    """Each message arrives at any moment between its start and its end; the next one starts after that."""
    now, sent, came = MINUTE, list[int](), list[int]()
    for step in steps:
        now += step
        if plan(sent, now, per_minute, due) == "wait":
            continue
        came.append(now + takes // 2)
        now += takes
        sent = in_window([*sent, now], now)
    for last in came:
        assert sum(last - WINDOW_MS < at <= last for at in came) <= per_minute


@given(st.integers(1, 60))
def test_something_may_leave_again_within_a_minute(per_minute: int) -> None:
    sent = [MINUTE] * per_minute
    assert plan(sent, MINUTE, per_minute, 1) == "wait"
    assert plan(sent, MINUTE + WINDOW_MS, per_minute, 1) == "one"
    assert plan(sent, MINUTE + WINDOW_MS, per_minute, 1_000) == "digest"


def test_in_the_midst_of_a_storm_a_digest_leaves_every_few_seconds() -> None:
    sent = list[int]()
    left = []
    for now in range(MINUTE, MINUTE + 5 * WINDOW_MS, 1_000):
        if plan(sent, now, 20, 500) != "wait":
            left.append(now)
            sent.append(now)
    gaps = [later - earlier for earlier, later in pairwise(left)]
    assert max(gaps) <= 6_000


def test_what_an_earlier_life_began_counts_as_arrived_at_the_latest_moment() -> None:
    assert arrived([MINUTE, MINUTE - 500], MINUTE + 100) == [MINUTE - 500 + SEND_MS, MINUTE + SEND_MS]


def test_a_clock_that_went_back_blocks_no_budget_for_longer_than_a_minute() -> None:
    ahead = [MINUTE + 10**9] * 20
    assert arrived(ahead, MINUTE) == [MINUTE + SEND_MS] * 20
    assert plan(in_window(ahead, MINUTE), MINUTE + WINDOW_MS + SEND_MS, 20, 1) == "one"
