"""From a rule's file to the rule that the engine reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.book import FeedPolicy, Rule
from streams.city import read_city
from streams.city.compile import compile_rule, version_of
from streams.city.durations import DAY, HOUR, MINUTE, WEEK, milliseconds, per_month, written
from streams.city.rule_file import RuleFile
from tests.city.scenes import new_city

LADDER = ("blue", "yellow", "orange", "red")
SMALLEST = {
    "id": "r",
    "counts": {"category": "traffic"},
    "areas": "district",
    "window": "1h",
    "owner": "traffic operations",
    "guidance": {"en": "look"},
}


def _rule(*, has_place: bool = True, **changes: object) -> Rule:
    feeds = {"calls": FeedPolicy("calls", "incident", HOUR, has_place=has_place)}
    return compile_rule(RuleFile.model_validate(SMALLEST | changes), "text", feeds, LADDER)


def test_what_a_rule_leaves_out_has_the_documented_defaults() -> None:
    rule = _rule()
    assert (rule.windows, rule.step, rule.calendar_step) == ((HOUR,), 10 * MINUTE, "")
    assert (rule.detector.kind, rule.false_alarms, rule.keep, rule.at_least) == ("surprise", 2.0, 2 * HOUR, 3)
    assert rule.colours == (("yellow", 1.0), ("orange", 10.0), ("red", 100.0))
    assert (rule.selector.kind, rule.selector.stages, rule.categories) == (None, ("filed",), "")
    assert rule.attribution


def test_windows_rise_whatever_the_order_in_the_file() -> None:
    assert _rule(window=["1d", "1h", "3h"]).windows == (HOUR, 3 * HOUR, DAY)


def test_colours_stand_in_the_order_of_the_ladder() -> None:
    assert _rule(colours={"red": 9, "blue": 1.5}).colours == (("blue", 1.5), ("red", 9.0))


@pytest.mark.parametrize(("step", "calendar"), [("1h", ""), ("1d", "day"), ("1w", "week"), ("7d", "week")])
def test_steps_of_a_day_and_a_week_follow_the_calendar(step: str, calendar: str) -> None:
    assert _rule(step=step, window="4w").calendar_step == calendar


def test_rows_of_one_place_count_once_within_an_hour_where_a_feed_has_a_place() -> None:
    assert _rule().once_within == HOUR
    assert _rule(has_place=False).once_within == 0
    assert _rule(once="none").once_within == 0
    assert _rule(once={"per": "place", "within": "10m"}).once_within == 10 * MINUTE


def test_a_threshold_counts_every_row_unless_told_otherwise() -> None:
    threshold = {"kind": "threshold", "parameters": {"n": 5}}
    assert _rule(detector=threshold).once_within == 0
    assert _rule(detector=threshold, once={"per": "place"}).once_within == HOUR


def test_attribution_can_be_left_out() -> None:
    assert not _rule(attribution="none").attribution


def test_a_version_is_the_hash_of_what_is_written_not_of_how_lines_end() -> None:
    assert version_of("id: a\nstep: 10m\n") == version_of("id: a  \r\nstep: 10m\r\n\r\n")
    assert version_of("id: a\nstep: 10m\n") != version_of("id: a\nstep: 5m\n")
    assert len(version_of("")) == 12


def test_a_changed_rule_changes_the_book_and_a_changed_screen_does_not(tmp_path: Path) -> None:
    folder = new_city(tmp_path)
    before = read_city(folder).city
    users = folder / "users.yaml"
    users.write_text(users.read_text().replace("1001", "1002"))
    same = read_city(folder).city
    rule = folder / "rules" / "traffic-surge.yaml"
    rule.write_text(rule.read_text().replace("keep: 2h", "keep: 3h"))
    after = read_city(folder).city
    assert before is not None
    assert same is not None
    assert after is not None
    assert before.book.digest == same.book.digest != after.book.digest
    assert before.book.rules[0].version != after.book.rules[0].version


@given(number=st.integers(1, 500), unit=st.sampled_from("smhdw"))
def test_a_duration_is_written_as_it_was_read(number: int, unit: str) -> None:
    assert milliseconds(written(milliseconds(f"{number}{unit}"))) == milliseconds(f"{number}{unit}")


def test_durations_and_rates_have_their_units() -> None:
    assert [milliseconds(text) for text in ("1s", "1m", "1h", "1d", "1w")] == [1000, MINUTE, HOUR, DAY, WEEK]
    assert per_month("2 per month") == 2
    assert per_month("7 per week") == pytest.approx(30)
    assert per_month("365 per year") == pytest.approx(30)
    assert written(0) == "0s"


@pytest.mark.parametrize("text", ["", "1", "h", "1 h", "1.5h", "-1h", "1H", "١h", "99999w", None, 10, True])
def test_what_is_no_duration_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        milliseconds(text)


@pytest.mark.parametrize(
    ("kind", "written_as"),
    [
        ("drop", {"window": ["6h", "1d"], "step": "1h"}),
        ("accumulated", {"window": ["7d", "28d"], "step": "1d", "keep": "3d"}),
        ("first_seen", {"window": "7d", "step": "1h"}),
    ],
)
def test_rules_that_hear_what_no_spike_is_are_written_as_others_are(kind: str, written_as: dict[str, Any]) -> None:
    rule = _rule(detector={"kind": kind}, **written_as)
    assert (rule.detector.kind, rule.detector.parameters) == (kind, {})
    assert rule.windows[-1] == milliseconds({"drop": "1d", "accumulated": "28d", "first_seen": "7d"}[kind])
    assert (rule.once_within, rule.at_least, rule.calendar_step) == (HOUR, 3, "day" if kind == "accumulated" else "")
