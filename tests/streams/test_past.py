"""The past as a log: nothing arrives at or before a tick, every row is there, and time does not stand still."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rules.records import Frame, Tick
from streams.past import DAY, GRAIN, MINUTE, records
from tests.streams.counting import frame

START = 1_452_000_000_000
arrivals = st.lists(st.integers(START, START + 100 * MINUTE), max_size=30).map(sorted)


def frames(times: list[int], size: int) -> list[Frame]:
    found = []
    for first in range(0, len(times), size):
        part = frame(range(first, min(first + size, len(times))))
        part.rows["arrived_at"] = times[first : first + size]
        found.append(part)
    return found


@given(one=arrivals, other=arrivals, size=st.integers(1, 5))
def test_every_row_comes_once_and_above_the_last_tick(one: list[int], other: list[int], size: int) -> None:
    tick, seen = 0, []
    for record in records([frames(one, size), frames(other, size)], beyond=DAY):
        if isinstance(record, Tick):
            assert record.now > tick
            tick = record.now
        elif isinstance(record, Frame):
            times = record.rows["arrived_at"].tolist()
            assert min(times) > tick
            seen += times
    assert sorted(seen) == sorted(one + other)


@given(times=arrivals.filter(bool))
def test_no_ten_minutes_pass_without_a_tick_up_to_a_day_after_the_last_row(times: list[int]) -> None:
    ticks = [record.now for record in records([frames(times, 4)], beyond=DAY) if isinstance(record, Tick)]
    assert all(later - earlier <= GRAIN for earlier, later in pairwise(ticks))
    assert ticks[-1] >= times[-1] + DAY
    assert ticks[0] < times[0]


def test_where_there_are_no_rows_there_is_no_time() -> None:
    assert list(records([[], []])) == []


def test_ticks_go_on_above_the_last_one_written_before() -> None:
    found = list(records([frames([START + 5 * MINUTE], 1)], after=START, beyond=0))
    assert [record.now for record in found if isinstance(record, Tick)] == [START + 4 * MINUTE, START + 5 * MINUTE]


@given(times=arrivals.filter(bool), more=st.integers(1, 3 * MINUTE))
def test_no_tick_lies_beyond_the_end_that_was_asked_for(times: list[int], more: int) -> None:
    until = times[-1] + more
    ticks = [record.now for record in records([frames(times, 4)], beyond=DAY, until=until) if isinstance(record, Tick)]
    assert ticks[-1] == until
