"""Drop: too little, and never because a feed was silent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import pytest

from rules.book import Book, DetectorSpec
from rules.calendar import Calendar
from rules.canonical import final_states
from rules.detectors.port import NEVER, Law, Promise
from rules.detectors.register import make
from rules.engine import Engine
from rules.signals import Signal
from rules.silence import FeedWatch
from tests.engine.worlds import AREAS, CATEGORIES, HOUR, MINUTE, Event, book, log_of, rule, run

DAY = 1440
DAYS = 6
QUIET = (5 * DAY + 600, 5 * DAY + 1020)
"""Seven hours of the last day."""


def world(**changes: object) -> Book:
    plain: dict[str, object] = {
        "detector": DetectorSpec("drop", {"learn_days": 3}),
        "windows": (3 * HOUR, 6 * HOUR),
        "categories": "",
        "keep": 2 * HOUR,
    }
    return book([rule("less", **{**plain, **changes})])


@cache
def steady(days: int = DAYS, seed: int = 1) -> tuple[Event, ...]:
    """About fifteen events an hour, half of them in the north."""
    dice = np.random.default_rng(seed)
    times = np.cumsum(dice.exponential(4.0, days * DAY // 4))
    areas = dice.choice(AREAS, len(times), p=(0.5, 0.3, 0.2))
    kinds = dice.choice(CATEGORIES, len(times))
    return tuple(
        Event(n + 1, int(at), int(at) + 1, str(area), str(kind), offset=n)
        for n, (at, area, kind) in enumerate(zip(times, areas, kinds, strict=True))
        if at < days * DAY
    )


def without(areas: Sequence[str], *, between: tuple[int, int] = QUIET, every: int = 1) -> list[Event]:
    """The steady days, less the events (all, or all but one of `every`) of some areas for some hours."""
    begin, end = between
    return [e for e in steady() if not (begin <= e.occurred < end and e.area in areas and (every == 1 or e.id % every))]


def said_of(events: Sequence[Event], of: Book | None = None) -> Iterator[Signal]:
    _, said = run(log_of(events, range(5, DAYS * DAY + 60, 15), 100_000), of or world())
    return (signal for signal in final_states(said).values() if signal.kind == "drop")


def test_an_area_that_falls_quiet_is_one_alert_that_names_it() -> None:
    (drop,) = said_of(without(["north"]))
    assert (drop.state, drop.area, drop.kind, drop.late) == ("over", "north", "drop", False)
    found = drop.evidence
    assert found.observed <= found.limit < found.would_not_have_spoken == found.limit + 1
    assert found.expected > 3 * found.observed
    assert [w.spoke for w in found.windows] == [w.limit >= 0 and w.observed <= w.limit for w in found.windows]
    assert found.colour == [colour for colour, limit in found.rank_limits if found.observed <= limit][-1]


def test_a_city_that_loses_most_of_its_events_while_its_feed_is_heard_speaks() -> None:
    (loss,) = said_of(without(AREAS, every=8))
    assert (loss.area, loss.category) == ("city", "incident")


@pytest.mark.parametrize("hours", [1, 3, 7])
def test_a_silent_feed_is_no_drop(hours: int) -> None:
    begin = QUIET[0]
    assert list(said_of(without(AREAS, between=(begin, begin + hours * 60)))) == []


def test_steady_days_bring_no_drop() -> None:
    assert list(said_of(steady())) == []


def test_a_drop_is_said_when_its_bucket_has_settled_and_not_before() -> None:
    events = without(["north"])
    engine, spoke = Engine(world()), None
    for offset, record in enumerate(log_of(events, range(5, DAYS * DAY + 60, 10), 100_000), 1):
        said = [signal for signal in engine.apply(record, offset) if signal.kind == "drop"]
        if said and spoke is None:
            spoke = said[0]
            lateness = 30 * MINUTE
            assert spoke.at >= spoke.last + lateness
            assert spoke.at - spoke.last - lateness <= 10 * MINUTE
    assert spoke is not None


def test_what_comes_after_a_bucket_has_settled_takes_no_drop_back() -> None:
    events = without(["north"])
    late = [e.corrected(id=e.id + 100_000, arrived=e.occurred + 330) for e in steady() if e.area == "north"]
    late = [e for e in late if QUIET[0] <= e.occurred < QUIET[0] + 180]
    (plain,) = said_of(events)
    (disturbed,) = said_of([*events, *late])
    assert (disturbed.state, disturbed.key, disturbed.first) == ("over", plain.key, plain.first)


def test_little_expected_never_speaks_however_quiet_it_is() -> None:
    """East, a fifth of fifteen an hour: not even nothing in three hours is rare enough."""
    assert list(said_of(without(["east"], between=(QUIET[0], QUIET[0] + 180)), world(windows=(3 * HOUR,)))) == []


def test_at_least_is_about_what_is_expected() -> None:
    assert list(said_of(without(["north"]), world(at_least=1000))) == []


def test_nothing_speaks_where_not_even_nothing_is_rare_enough() -> None:
    detector = make(DetectorSpec("drop"))
    height = detector.height(Promise(2.0, 300, (6, 18, 144), 4320.0))
    means = np.array([2.0, 8.0, 12.0, 40.0])
    law = Law(means, np.zeros(4), np.ones(4, bool))
    limits = detector.limits(law, np.full(4, height))
    assert (limits == NEVER).tolist() == [True, True, True, False]


def test_the_longest_gap_is_a_part_of_what_the_feed_expects() -> None:
    feed = FeedWatch(world().feeds[0], Calendar("UTC"))
    feed.rates.hourly = np.full(168, 10.0)
    feed.rates.hours = np.full(168, 1.0)
    feed.times = [hour * HOUR for hour in (0, 1, 2, 5, 6)]
    assert feed.longest_gap(0, 6 * HOUR) == pytest.approx(0.5)
    assert feed.longest_gap(2 * HOUR + 1, 5 * HOUR) == pytest.approx(1.0)
    assert feed.longest_gap(0, HOUR // 2) == 0.0  # five events: too few to be missed
    feed.retired = True
    assert feed.longest_gap(0, 6 * HOUR) == 0.0
