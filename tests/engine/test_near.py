"""Near misses: counts within a tenth of their limit that did not speak."""

from __future__ import annotations

from rules.book import DetectorSpec, Override
from rules.near import Near, near_misses
from tests.engine.worlds import HOUR, MINUTE, START, Event, book, log_of, replace_struct, rule, run

TEN = rule("ten", detector=DetectorSpec("threshold", {"n": 10}), categories="", attribution=False, windows=(HOUR,))
TICKS = range(5, 200, 15)


def calls(area: str, count: int, first: int) -> list[Event]:
    return [
        Event(first + n, 65 + 2 * n, 66 + 2 * n, area=area, category="fire.wood", offset=first + n)
        for n in range(count)
    ]


def near(events: list[Event], since: int = START, **changes: object) -> list[Near]:
    engine, _ = run(log_of(events, TICKS), book([replace_struct(TEN, changes)]))
    return near_misses(engine.rules["ten"], since)


def test_nine_of_ten_is_near_eight_is_not_and_ten_has_spoken() -> None:
    found = near([*calls("north", 9, 1), *calls("south", 8, 20), *calls("east", 10, 40)])
    (only,) = found
    assert (only.area, only.category, only.observed, only.limit) == ("north", "incident", 9, 10)
    assert only.until - only.since == HOUR


def test_what_came_before_the_span_is_left_out() -> None:
    assert not near(calls("north", 9, 1), since=START + 180 * MINUTE)


def test_an_override_moves_what_is_near() -> None:
    assert [one.area for one in near(calls("north", 9, 1), overrides=(Override("north", rarer=2.0),))] == ["city"]
    found = near(calls("north", 19, 1), overrides=(Override("city", rarer=3.0), Override("north", rarer=2.0)))
    assert [(one.area, one.observed, one.limit) for one in found] == [("north", 19, 20)]
