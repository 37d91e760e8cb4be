"""The wall clock of an intake: records as they come, ticks that no record falls behind."""

from __future__ import annotations

from random import Random
from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from streams.kafka.merge import Run
from streams.kafka.wall import STEP_MS, WallMerge
from streams.kafka.wire import Raw

A, B = ("a", 0), ("b", 0)
BEGIN: Final = 1_800_000_000_000


def row(offset: int, at: int) -> Raw:
    return Raw(offset, b"{}", "", None, "", None, at)


def stamps(out: list[Run | int]) -> list[int]:
    return [record.appended_at for one in out if isinstance(one, Run) for record in one.records]


@given(
    after=st.tuples(*[st.lists(st.integers(0, 90_000), max_size=20)] * 2),
    stop=st.integers(0, 90_000),
    seed=st.integers(0, 2**32),
)
def test_no_record_falls_behind_a_tick(after: tuple[list[int], list[int]], stop: int, seed: int) -> None:
    """Two sources, looked at now and then, and not at all during a stop; not always to their ends."""
    dice = Random(seed)
    lying = {A: sorted(BEGIN + at for at in after[0]), B: sorted(BEGIN + at for at in after[1])}
    merge, now, tick, out = WallMerge([A, B]), BEGIN, 0, list[Run | int]()
    read = {A: 0, B: 0}
    while now < BEGIN + 120_000:
        now += dice.randint(50, 3_000)
        if BEGIN + stop < now < BEGIN + stop + 25_000:
            continue
        for source, records in lying.items():
            there = sum(at <= now for at in records)
            many = dice.choice([there, dice.randint(read[source], there)])
            for n in range(read[source], many):
                merge.put(source, row(n, records[n]))
            read[source] = many
            if many == there:
                merge.read_until(source, now)
        for one in merge.out():
            out.append(one)
            if isinstance(one, int):
                assert tick == 0 or tick < one <= tick + STEP_MS
                assert one <= now
                tick = one
            else:
                assert all(record.appended_at > tick for record in one.records)
    assert sorted(stamps(out)) == sorted(lying[A] + lying[B])
    assert tick >= BEGIN + 120_000 - 5_000


def test_a_record_is_written_as_it_comes() -> None:
    merge = WallMerge([A, B], {A: BEGIN, B: BEGIN})
    merge.put(A, row(0, BEGIN + 1_400))
    assert stamps([*merge.out()]) == [BEGIN + 1_400]


def test_a_source_far_ahead_waits_for_the_slowest() -> None:
    merge = WallMerge([A, B], {A: BEGIN, B: BEGIN})
    merge.put(B, row(0, BEGIN + 2_000))
    for n, at in enumerate((1_000, 5_000, 13_000)):
        merge.put(A, row(n, BEGIN + at))
    assert stamps([*merge.out()]) == [BEGIN + 1_000, BEGIN + 2_000, BEGIN + 5_000]
    assert merge.oldest(A) == 2


def test_a_source_that_joins_with_a_backlog_takes_no_time_back() -> None:
    merge = WallMerge([A, B], {A: BEGIN})
    merge.put(B, row(0, BEGIN - 14 * 86_400_000))
    merge.read_until(A, BEGIN + 5_000)
    out = [*merge.out()]
    assert stamps(out) == [BEGIN - 14 * 86_400_000]
    assert [one for one in out if isinstance(one, int)] == []
    merge.read_until(B, BEGIN + 5_000)
    assert [*merge.out()] == [BEGIN + 4_000]


def test_a_source_that_was_never_read_lets_no_time_pass() -> None:
    merge = WallMerge([A, B])
    merge.put(A, row(0, BEGIN))
    assert [*merge.out()] == []
