"""Rings of running sums: any window is one difference, in two bytes as in four, and packed as unpacked."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from rules.blocks import cut, join
from rules.detectors.port import IntArray
from rules.rings import NARROW, WIDE, Ring

SIZE = 50
SERIES = 3
Change = tuple[int, int, int]
"""(buckets on, series, events)."""

changes = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, SERIES - 1), st.sampled_from((1, 1, 2, 700, 20_000, 1_000_000))),
    max_size=60,
)


def filled(steps: list[Change]) -> tuple[Ring, dict[tuple[int, int], int]]:
    """A ring, and what was counted in it by (series, bucket)."""
    ring, bucket = Ring(SIZE), 1_000
    counted: dict[tuple[int, int], int] = {}
    ring.join(SERIES)
    for n, (on, series, events) in enumerate(steps):
        bucket += on
        if n % 2:
            ring.add(*(np.array([value] * 2, np.int64) for value in (series, bucket, events)))
            counted[series, bucket] = counted.get((series, bucket), 0) + 2 * events
        else:
            ring.reach(bucket)
            ring.add(np.array([series]), np.array([bucket]), np.array([events]))
            counted[series, bucket] = counted.get((series, bucket), 0) + events
    return ring, counted


def windows(ring: Ring) -> IntArray:
    """The counts of all series in all windows that end in any bucket held, shape (series, buckets, buckets)."""
    held = np.arange(ring.lo + 1, ring.hi + 1)
    series, first, last = np.meshgrid(np.arange(SERIES), held, held, indexing="ij")
    return ring.total(series.ravel(), np.minimum(first, last).ravel(), last.ravel()).reshape(series.shape)


@given(steps=changes)
@example(steps=[(0, 0, 20_000), (1, 0, 20_000)])
@example(steps=[(9, 0, 20_000)] * 40)
def test_a_window_holds_what_was_counted_in_it(steps: list[Change]) -> None:
    ring, counted = filled(steps)
    for n, each in enumerate(windows(ring) if steps else []):
        for place, bucket in enumerate(range(ring.lo + 1, ring.hi + 1)):
            assert each[place, place] == counted.get((n, bucket), 0)
        whole = sum(events for (series, bucket), events in counted.items() if series == n and bucket > ring.lo)
        assert each[0, -1] == whole


@given(steps=changes)
def test_blocks_hold_what_the_ring_holds(steps: list[Change]) -> None:
    ring, _ = filled(steps)
    again = Ring(SIZE)
    again.series, again.lo, again.hi = ring.series, ring.lo, ring.hi
    join(again, cut(ring))
    assert cut(again) == cut(ring)
    if steps:
        assert (windows(again) == windows(ring)).all()


def test_few_events_take_two_bytes_also_where_more_than_fit_have_passed_through() -> None:
    ring, _ = filled([(9, 0, 1_000)] * 200)
    assert ring.cum.dtype == NARROW
    ring, _ = filled([(0, 0, 2_000)] * 40)
    assert ring.cum.dtype == WIDE
    ring, _ = filled([(0, 0, 1)])
    ring.join(4_000)
    ring.add(np.arange(4_000), np.full(4_000, 1_000), np.full(4_000, 50))
    assert ring.cum.dtype == NARROW, "many, and few in each"


def test_what_is_taken_back_leaves_nothing() -> None:
    ring, _ = filled([(0, 1, 900)])
    ring.add(np.array([1]), np.array([1_000]), np.array([-900]))
    assert windows(ring).max() == windows(ring).min() == 0
