"""Law 4: the baseline in force for a bucket never depends on a bucket that ends after its start less the lateness."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.book import Book, DetectorSpec
from rules.detectors.port import FloatArray, IntArray, Points
from rules.engine import Engine
from rules.records import Record
from tests.engine.worlds import AREAS, CATEGORIES, HOUR, MINUTE, START, Event, book, frame, rule, tick

DAYS = 4
LATENESS_MINUTES = 30


def world() -> Book:
    surprise = DetectorSpec("surprise", {"learn_days": 1})
    return book([rule("surge", detector=surprise, windows=(HOUR,)), rule("once", detector=surprise, once_within=HOUR)])


def steady_days() -> list[Event]:
    """Four days of one event every twenty minutes, going round areas and categories."""
    return [Event(n + 1, n * 20, n * 20 + 1, AREAS[n % 3], CATEGORIES[n // 3 % 3], offset=n) for n in range(DAYS * 72)]


def applied(events: Sequence[Event], ticks: Sequence[int]) -> Engine:
    engine = Engine(world())
    records: list[Record] = []
    left = sorted(events, key=lambda event: event.arrived)
    for minute in ticks:
        due = [event for event in left if event.arrived < minute]
        left = left[len(due) :]
        records += [frame(due)] if due else []
        records.append(tick(minute))
    for offset, record in enumerate(records, 1):
        engine.apply(record, offset)
    assert not engine.stopped
    return engine


@pytest.mark.parametrize("first", [6, 700, 1_441, 40 * 60])
def test_law_5_a_first_tick_that_comes_late_moves_no_baseline(first: int) -> None:
    """The first refits take in the same cells, one after the other, as if ticks had come from the first row on."""
    later = [*range(2 * 1440 - 55, DAYS * 1440, 60)]
    at_once, late = (applied(steady_days(), [begin, *later]) for begin in (2, first))
    for name in ("surge", "once"):
        one, other = at_once.rules[name].judge, late.rules[name].judge
        assert one.learned_to == other.learned_to
        assert one.next_refit == other.next_refit
        assert [begin for begin, _ in one.memories[1:]] == [begin for begin, _ in other.memories[1:]]
        for (_, mine), (_, theirs) in zip(one.memories[1:], other.memories[1:], strict=True):
            assert mine is not None
            assert theirs is not None
            assert mine.keys() == theirs.keys()
            assert all(np.array_equal(mine[part], theirs[part], equal_nan=True) for part in mine)


@given(
    extra=st.lists(st.tuples(st.integers(0, LATENESS_MINUTES - 1), st.sampled_from(AREAS)), min_size=1, max_size=8),
    which=st.sampled_from(("surge", "once")),
)
def test_law_4_what_lies_behind_the_lateness_moves_no_baseline(extra: list[tuple[int, str]], which: str) -> None:
    nominal = Engine(world()).rules[which].judge.nominal
    first_midnight = -(-START // 86_400_000) * 86_400_000
    refit = (first_midnight + 3 * 86_400_000 + nominal - START) // MINUTE
    ticks = [*range(5, refit, 60), refit - 1, refit]
    open_then = [
        Event(5_000 + n, refit - 1 - before, refit - 1 - before + 1, area, offset=5_000 + n)
        for n, (before, area) in enumerate(extra)
        if refit - 1 - before + 1 <= refit - 1
    ]
    events = [event for event in steady_days() if event.arrived < refit]
    plain, disturbed = applied(events, ticks), applied(events + open_then, ticks)
    rows = np.arange(len(plain.rules[which].judge.learned))
    assert plain.rules[which].judge.learned == disturbed.rules[which].judge.learned
    assert len(rows) > 0
    for bucket in range((START + refit * MINUTE) // (10 * MINUTE) + 1, (START + refit * MINUTE) // (10 * MINUTE) + 9):
        means = [_means(engine, which, rows, bucket) for engine in (plain, disturbed)]
        assert np.isfinite(means[0]).all()
        np.testing.assert_array_equal(means[0], means[1])


def _means(engine: Engine, which: str, rows: IntArray, bucket: int) -> FloatArray:
    judge = engine.rules[which].judge
    series = np.array([judge.counts.series[pair] for pair in judge.learned])
    law = judge.law(Points(series, np.full(len(rows), bucket - 5), np.full(len(rows), bucket)), bucket)
    return np.concatenate([law.mean, law.over])
