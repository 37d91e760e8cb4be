"""Order, load, areas and the map, as figures."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import msgspec
import pytest

from alerts.alert import Alert
from alerts.console.board import OVER_SHOWN, RUNNING_SHOWN, STACK, Board, areas, board, load
from alerts.console.naming import Names
from alerts.console.sample_county import sample_book
from alerts.console.sample_night import HOUR, MINUTE, NOW, sample_alert, sample_feeds, sample_night
from alerts.console.source import RECENT, City, FeedState
from alerts.console.speech import Speech
from alerts.console.where import map_figures

CITY = City(sample_book())
NAMES = Names(CITY, Speech("en", ZoneInfo(CITY.zone)))


def shown(*alerts: Alert, feeds: list[FeedState] | None = None) -> Board:
    return board(CITY, NAMES, alerts, feeds or [], NOW)


def test_running_alerts_stand_by_rank_then_by_how_far_over_their_limit() -> None:
    near = sample_alert("near", colour="orange", observed=6, limit=5)
    far = sample_alert("far", colour="orange", observed=9, limit=3)
    top = sample_alert("top", colour="red", observed=5, limit=5)
    low = sample_alert("low", colour="blue", observed=99, limit=1)
    assert [one.alert.id for one in shown(near, low, far, top).running] == ["top", "far", "near", "low"]


def test_what_is_over_stands_newest_first() -> None:
    old = sample_alert("old", state="over")
    signal = msgspec.structs.replace(old.signal, over_at=NOW - HOUR)
    old = msgspec.structs.replace(old, signal=signal)
    assert [one.alert.id for one in shown(old, sample_alert("new", state="over")).over] == ["new", "old"]


def test_more_than_the_board_holds_is_counted_never_dropped() -> None:
    running = [sample_alert(f"r{n}") for n in range(RUNNING_SHOWN + 7)]
    over = [sample_alert(f"o{n}", state="over") for n in range(OVER_SHOWN + 3)]
    figures = shown(*running, *over)
    assert (len(figures.running), figures.running_more) == (RUNNING_SHOWN, 7)
    assert (len(figures.over), figures.over_more) == (OVER_SHOWN, 3)
    assert figures.count == RUNNING_SHOWN + 7
    assert sum(n for _, n in figures.by_mark) == RUNNING_SHOWN + 7


def test_a_gauge_ends_at_its_end_and_the_order_goes_on() -> None:
    far, farther = sample_alert("far", observed=40, limit=5), sample_alert("farther", observed=80, limit=5)
    rows = shown(far, farther).running
    assert [one.alert.id for one in rows] == ["farther", "far"]
    assert rows[0].gauge is not None
    assert rows[0].gauge.got == 4.0


def test_a_silence_is_counted_in_minutes_up_to_now() -> None:
    silence = next(alert for alert in sample_night() if alert.signal.kind == "silence")
    one = shown(silence).running[0]
    assert (one.observed, one.limit) == (41, 13)
    assert one.where == "Utility outage map"


def test_an_exercise_has_its_row_and_is_counted_nowhere() -> None:
    true = sample_alert("true", colour="orange", since=NOW - 2 * HOUR)
    late = sample_alert("late", kind="exercise", colour="blue", since=NOW - 3 * HOUR)
    done = sample_alert("done", kind="exercise", colour="blue", state="over", since=NOW - 4 * HOUR)
    with_drills, without = shown(true, late, done), shown(true)
    assert [row.alert.id for row in with_drills.running] == ["true", "late"]
    assert [row.alert.id for row in with_drills.over] == ["done"]
    assert (with_drills.count, with_drills.over_count) == (without.count, without.over_count) == (1, 0)
    assert with_drills.by_mark == without.by_mark
    assert (with_drills.oldest, with_drills.last_said) == (without.oldest, without.last_said)
    assert shown(late).oldest == 0


def test_load_puts_an_alert_into_the_ten_minutes_in_which_it_was_said() -> None:
    figures = load([sample_alert("a", since=NOW - 40 * MINUTE)], NOW, top=3)  # said at 02:42, now 03:12
    assert [place for place, column in enumerate(figures.columns) if column.other] == [44]
    assert len(figures.columns) == 48
    assert figures.columns[47].now


def test_load_leaves_out_what_was_said_before_the_shift() -> None:
    assert load([sample_alert("a", since=NOW - RECENT - HOUR)], NOW, top=3).said == 0


def test_in_a_flood_a_square_stands_for_several_alerts() -> None:
    flood = [sample_alert(f"a{n}", colour="red" if n < 3 else "yellow") for n in range(40)]
    figures = load(flood, NOW, top=3)
    tallest = max(figures.columns, key=lambda column: column.top + column.other)
    assert (figures.worst, figures.per_square) == (40, 7)
    assert tallest.top + tallest.other <= STACK
    assert tallest.top == 1


def test_areas_add_up_and_a_silent_feed_blinds_what_its_alert_names() -> None:
    silence = sample_alert("s", "westport", "incident", kind="silence", feed="outages")
    figures = areas(CITY, [silence, sample_alert("a", "westport"), sample_alert("b", "harbour")], {"outages"})
    assert (figures.quiet, figures.blind, figures.speaking, figures.both) == (10, 0, 1, 1)
    assert figures.total == 12
    assert figures.blind_codes == {"westport"}


def test_a_silent_feed_without_an_alert_blinds_the_city() -> None:
    figures = areas(CITY, [], {"outages"})
    assert (figures.quiet, figures.blind) == (0, 12)


def test_an_alert_on_the_whole_city_marks_no_single_area_and_leaves_none_quiet() -> None:
    figures = areas(CITY, [sample_alert("a", "sample")], set())
    assert (figures.quiet, figures.covered, figures.speaking, figures.whole) == (0, 12, 0, 1)


def test_areas_that_speak_or_are_blind_are_counted_as_that_under_an_alert_on_the_whole_city() -> None:
    silence = sample_alert("s", "westport", "incident", kind="silence", feed="outages")
    figures = areas(CITY, [sample_alert("a", "sample"), sample_alert("b", "harbour"), silence], {"outages"})
    assert (figures.quiet, figures.covered, figures.speaking, figures.blind) == (0, 10, 1, 1)
    assert figures.total == 12


def test_the_map_is_filled_by_the_worst_alert_of_an_area() -> None:
    figures = map_figures(shown(sample_alert("a", colour="blue"), sample_alert("b", colour="red")), NAMES)
    assert figures["fills"] == {"old-town": "red"}
    assert [(mark["area"], mark["digit"]) for mark in figures["marks"]] == [("old-town", 1)]


def test_an_alert_on_the_whole_city_has_a_mark_and_a_tint_and_fills_nothing() -> None:
    figures = map_figures(shown(sample_alert("a", "sample")), NAMES)
    assert (figures["whole"], figures["whole_say"]) == ("yellow", "Sample County, Yellow: Traffic: Road obstruction")
    assert figures["fills"] == {}
    assert figures["marks"][0]["over"] == []


def test_feeds_are_told_apart_as_well_late_silent_and_unheard() -> None:
    figures = shown(feeds=[*sample_feeds(), FeedState("new", 0)])
    assert (figures.well, figures.late, figures.silent, figures.unheard) == (1, 1, 1, 1)


@pytest.mark.parametrize("rate", [(), (0,), (0, 0, 0), (5, 0, 7)])
def test_a_sparkline_is_drawn_from_any_rate(rate: tuple[int, ...]) -> None:
    path = shown(feeds=[FeedState("dispatch", NOW, rate=rate)]).feeds[0].path
    assert (path != "") == (len(rate) > 1)
    assert "nan" not in path


def test_hatch_covers_the_silent_part_of_a_sparkline() -> None:
    since = NOW - 3 * HOUR
    row = shown(feeds=[FeedState("dispatch", since, silent_since=since, rate=(1,) * 36)]).feeds[0]
    assert row.blind_from == pytest.approx(36.0)


def test_a_ladder_of_two_ranks_has_its_top_as_an_octagon() -> None:
    city = City(msgspec.structs.replace(sample_book(), ladder=("amber", "violet")))
    names = Names(city, NAMES.speech)
    assert (names.mark_of("violet").digit, names.mark_of("amber").digit) == (1, 2)
    assert (names.mark_of("violet").hue, names.mark_of("violet").word) == ("red", "violet")
