"""First seen: told once, and never because the past is short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from rules.book import Book, DetectorSpec
from rules.canonical import final_states
from rules.detectors.port import NEVER
from rules.signals import Signal
from tests.detectors.worlds import LONELY, Town, ending, town
from tests.engine.worlds import AREAS, HOUR, Event, book, log_of, rule, run

DAY = 1440
DAYS = 14
OLD, NEW = "traffic.jam", "fire.wood"


def world(**changes: object) -> Book:
    plain: dict[str, object] = {
        "detector": DetectorSpec("first_seen", {"history_days": 5}),
        "windows": (3 * 24 * HOUR,),
        "step": HOUR,
        "areas": "city",
    }
    return book([rule("new", **{**plain, **changes})])


def usual() -> list[Event]:
    """One event an hour, going round the areas, for a fortnight."""
    return [Event(n + 1, n * 60, n * 60 + 1, AREAS[n % 3], OLD, offset=n) for n in range(DAYS * 24)]


def new_ones(*minutes: int, area: str = "north", category: str = NEW) -> list[Event]:
    return [Event(10_000 + at, at, at + 1, area, category, offset=10_000 + at) for at in minutes]


def said_of(more: Sequence[Event], of: Book | None = None) -> list[Signal]:
    events = sorted([*usual(), *more], key=lambda e: e.arrived)
    _, said = run(log_of(events, range(5, DAYS * DAY + 60, 30), 1), of or world())
    return [signal for signal in said if signal.kind == "first_seen"]


def alerts_of(more: Sequence[Event], of: Book | None = None) -> list[Signal]:
    return list(final_states(said_of(more, of)).values())


def test_a_new_category_speaks_at_the_event_that_is_enough() -> None:
    said = said_of(new_ones(8 * DAY, 8 * DAY + 50, 8 * DAY + 130))
    assert (said[0].area, said[0].category, said[0].evidence.observed) == ("city", NEW, 3)
    assert (said[0].evidence.expected, said[0].evidence.limit, said[0].late) == (0.0, 3, False)
    assert 7.9 < said[0].evidence.history_days < 8.2


def test_fewer_than_enough_within_the_quarantine_never_speak() -> None:
    assert alerts_of(new_ones(8 * DAY, 9 * DAY)) == []
    spread = [8 * DAY, 10 * DAY, 11 * DAY + 120, 12 * DAY, 12 * DAY + 60, 12 * DAY + 120]
    assert alerts_of(new_ones(*spread)) == []


def test_a_category_is_told_once_however_often_it_comes_again() -> None:
    often = [8 * DAY + 97 * n for n in range(80)]
    (told,) = alerts_of(new_ones(*often))
    assert (told.state, told.category) == ("over", NEW)


def test_a_first_start_floods_nobody() -> None:
    """What comes while the past is shorter than the history is known, and what is known is never new."""
    early = [n for start in (0, 2 * DAY, 4 * DAY, 5 * DAY - 60) for n in (start, start + 10, start + 20)]
    assert alerts_of([*new_ones(*early), *new_ones(6 * DAY, 6 * DAY + 5, 6 * DAY + 9)]) == []


def test_a_category_that_is_known_elsewhere_is_new_in_an_area_where_areas_are_kept() -> None:
    known = new_ones(DAY, 2 * DAY, 3 * DAY, area="south")
    here = new_ones(8 * DAY, 8 * DAY + 5, 8 * DAY + 9)
    assert alerts_of([*known, *here]) == []
    (told,) = alerts_of([*known, *here], world(areas="district"))
    assert (told.area, told.category) == ("north", NEW)


def test_one_alert_for_a_category_and_the_chain_of_areas_that_hold_it() -> None:
    (told,) = alerts_of(new_ones(8 * DAY, 8 * DAY + 5, 8 * DAY + 9, 8 * DAY + 30), world(areas="district"))
    assert (told.area, told.category, told.evidence.observed) == ("north", NEW, 4)


def test_a_rank_asks_for_so_many_events() -> None:
    (few,) = alerts_of(new_ones(*range(8 * DAY, 8 * DAY + 9)))
    (many,) = alerts_of(new_ones(*range(8 * DAY, 8 * DAY + 10)))
    assert (few.evidence.colour, many.evidence.colour) == ("yellow", "orange")


def test_what_was_heard_in_a_missing_hour_was_seen() -> None:
    place: Town = town("first_seen", np.zeros((1, 24 * 40), np.int64), LONELY)
    blind = place.clock.past(np.full((1, 24), 3), 24 * 40, LONELY)
    blind.missing[:] = True
    points = ending([0], 50 * 144, [144])
    assert place.limits(points, 1.0).tolist() == [1]
    assert place.learnt(blind).limits(points, 1.0).tolist() == [NEVER]


@pytest.mark.parametrize("delta", [-3, -2])
def test_a_category_whose_only_events_were_taken_back_is_new_again(delta: int) -> None:
    counts = np.zeros((1, 24 * 40), np.int64)
    counts[0, 24 * 39] = 3
    place = town("first_seen", counts, LONELY)
    nothing = place.clock.past(np.zeros((1, 24), np.int64), 24 * 40, LONELY)
    taken = (np.array([0]), np.array([0]), np.array([delta]))
    after = place.learnt(replace(nothing, late=taken))
    assert (after.limits(ending([0], 50 * 144, [144]), 1.0).tolist() == [1]) == (delta == -3)
