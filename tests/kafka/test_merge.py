"""Sources that are read at different speed: what lies between two ticks of the log is what arrived between them."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from streams.kafka.merge import RUN, Merge, Run
from streams.kafka.wire import Raw

A, B = ("a", 0), ("b", 0)


def row(offset: int, at: int) -> Raw:
    return Raw(offset, b"{}", "", at, "", None, at)


def tick(offset: int, at: int) -> Raw:
    return Raw(offset, b"", "", None, "", at, at)


def source(rows: list[int], until: int) -> list[Raw]:
    """Rows by arrival, with a tick every ten from 10 to `until`."""
    found: list[Raw] = []
    for end in range(10, until + 1, 10):
        found += [row(len(found) + n, at) for n, at in enumerate(sorted(at for at in rows if end - 10 < at <= end))]
        found.append(tick(len(found), end))
    return found


def intervals(log: list[Run | int]) -> list[list[int]]:
    """The arrivals between ticks, as a sorted list each; the ticks must be in order."""
    found: list[list[int]] = [[]]
    ticks = [out for out in log if isinstance(out, int)]
    assert ticks == sorted(set(ticks))
    for out in log:
        if isinstance(out, int):
            found.append([])
        else:
            found[-1] += [record.offset * 1_000 + (record.arrived_at or 0) for record in out.records]
    return [sorted(each) for each in found]


@given(rows=st.tuples(*[st.lists(st.integers(1, 60), max_size=30)] * 2), dice=st.randoms(use_true_random=False))
def test_the_speed_of_the_sources_is_no_matter(rows: tuple[list[int], list[int]], dice: Random) -> None:
    left = {A: source(rows[0], 60), B: source(rows[1], 60)}
    plain = Merge(left)
    for place, records in left.items():
        for record in records:
            plain.put(place, record)
    wanted = intervals([*plain.out()])
    assert sum(map(len, wanted)) == sum(map(len, rows))

    merge, log = Merge(left), list[Run | int]()
    while any(left.values()):
        place = dice.choice([place for place, records in left.items() if records])
        for _ in range(min(len(left[place]), dice.randint(1, 12))):
            merge.put(place, left[place].pop(0))
        log += [*merge.out()] if dice.random() < 0.7 else []
    assert intervals([*log, *merge.out()]) == wanted


def test_a_source_that_has_shown_the_time_waits_for_the_others() -> None:
    merge = Merge([A, B])
    for record in (row(0, 5), tick(1, 10), row(2, 15)):
        merge.put(A, record)
    assert [*merge.out()] == [Run(A, "", [row(0, 5)])]
    assert (merge.oldest(A), merge.tick) == (2, 0)
    merge.put(B, tick(0, 20))
    assert [*merge.out()] == [10, Run(A, "", [row(2, 15)])]


def test_a_source_that_joins_begins_where_the_log_stands() -> None:
    merge = Merge([A, B], {A: 30})
    assert merge.tick == 30
    merge.put(B, row(0, 35))
    assert [*merge.out()] == [Run(B, "", [row(0, 35)])]


def test_what_waits_is_cut_into_runs() -> None:
    merge = Merge([A])
    for n in range(2 * RUN + 1):
        merge.put(A, row(n, 5))
    assert [len(out.records) for out in merge.out() if isinstance(out, Run)] == [RUN, RUN, 1]


def test_what_is_read_again_shows_no_older_time() -> None:
    merge = Merge([A], {A: 30})
    for record in (tick(3, 20), row(4, 25), tick(5, 30), tick(6, 40)):
        merge.put(A, record)
    assert [*merge.out()] == [Run(A, "", [row(4, 25)]), 40]
