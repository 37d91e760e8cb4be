"""The card's figures: ladder, band, parts."""

from __future__ import annotations

from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from alerts.alert import Alert
from alerts.console.card import LABEL_WIDTH, SHARES_SHOWN, Card, card
from alerts.console.naming import Names
from alerts.console.sample_county import sample_book
from alerts.console.sample_night import NOW, sample_alert
from alerts.console.source import City, FeedState
from alerts.console.speech import Speech
from rules.signals import Share

CITY = City(sample_book())
NAMES = Names(CITY, Speech("en", ZoneInfo(CITY.zone)))


def shown(alert: Alert, feeds: list[FeedState] | None = None) -> Card:
    return card(alert, NAMES, feeds or [], NOW)


def with_evidence(**changes: object) -> Alert:
    alert = sample_alert("a")
    evidence = msgspec.structs.replace(alert.signal.evidence, **changes)
    return msgspec.structs.replace(alert, signal=msgspec.structs.replace(alert.signal, evidence=evidence))


def test_labels_of_the_ladder_do_not_touch_and_its_ticks_stay_true() -> None:
    ladder = shown(with_evidence(rank_limits=(("yellow", 5), ("orange", 6), ("red", 7)), observed=200)).ladder
    assert ladder is not None
    assert [step.count for step in ladder.steps] == [5, 6, 7]
    assert all(after.at - before.at >= ladder.full * LABEL_WIDTH - 1e-9 for before, after in pairwise(ladder.steps))
    assert ladder.full > 200


def test_ranks_that_begin_at_the_same_count_share_a_label_lowest_first() -> None:
    ladder = shown(with_evidence(rank_limits=(("red", 6), ("orange", 6), ("yellow", 5)))).ladder
    assert ladder is not None
    assert [[mark.hue for mark in step.marks] for step in ladder.steps] == [["yellow"], ["orange", "red"]]


def test_the_chart_ends_where_its_last_cell_was_counted_to() -> None:
    alert = with_evidence()
    assert shown(alert).band_end == NOW - 2 * 60_000
    begun = shown(msgspec.structs.replace(alert, signal=msgspec.structs.replace(alert.signal, last=0)))
    assert begun.band_end == NOW - 2 * 60_000
    cells = alert.signal.evidence.cells
    half_way = cells[-1].start + 30 * 60_000
    windows = tuple(msgspec.structs.replace(one, until=half_way) for one in alert.signal.evidence.windows)
    early = with_evidence(windows=windows)
    early = msgspec.structs.replace(early, signal=msgspec.structs.replace(early.signal, last=half_way))
    assert shown(early).band_end == half_way
    assert shown(with_evidence(cells=())).band_end == 0


def test_missing_cells_are_hatched_and_have_no_bar() -> None:
    band = shown(sample_alert("a")).band
    assert band is not None
    assert band["blind"] == [8]
    assert band["counted"][8] is None
    assert band["peak"] == 23
    assert band["x"][23] == "02:10"


def test_cells_without_a_limit_draw_none() -> None:
    cells = tuple(msgspec.structs.replace(cell, limit=-1) for cell in sample_alert("a").signal.evidence.cells)
    band = shown(with_evidence(cells=cells)).band
    assert band is not None
    assert set(band["limit"]) == {None}


def test_an_alert_without_cells_has_no_band() -> None:
    assert shown(with_evidence(cells=())).band is None


def test_the_usual_range_is_left_out_where_cell_and_window_differ() -> None:
    assert shown(sample_alert("a")).usual == (0, 2)
    assert shown(with_evidence(window=3 * 3_600_000)).usual is None


def test_parts_beyond_the_first_are_counted_together() -> None:
    shares = tuple(Share(f"x{n}", n, 0.1) for n in range(SHARES_SHOWN + 3))
    parts = shown(with_evidence(areas=shares)).areas
    assert len(parts.shown) == SHARES_SHOWN
    assert (parts.more, parts.more_observed) == (3, 0 + 1 + 2)
    assert parts.shown[0].observed == SHARES_SHOWN + 2


def test_a_feed_behind_the_alert_that_is_silent_says_so() -> None:
    feeds = [FeedState("roads", NOW - 5000, silent_since=NOW - 5000)]
    assert [feed.silent_since for feed in shown(sample_alert("a"), feeds).feeds] == [0, NOW - 5000]
