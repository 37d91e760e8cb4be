"""Rules held against the calendar and against the last 90 days: what is told, where, and what is not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from msgspec import structs

from streams.city import City, read_city
from streams.city.case_checks import local_ms
from streams.city.case_file import STARTS, Case
from streams.problems import LANGUAGES
from streams.rehearsal import timeline
from streams.rule_notes import LastDays, idle, last_days, reviews
from tests.city.scenes import new_city

RULE = "rules/traffic-surge.yaml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return new_city(tmp_path)


def _city(folder: Path, *changes: tuple[str, str]) -> City:
    path = folder / RULE
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    reading = read_city(folder)
    assert reading.city is not None, reading.render()
    return reading.city


def _past(city: City, counts: str = "1x60", *, self_initiated: bool = False) -> LastDays:
    """One slot a day before and after the case begins."""
    series = {"area": "east", "category": "traffic", "every": "1d", "counts": counts, "self_initiated": self_initiated}
    case = Case.model_validate({"name": "a past", "series": [series], "expect": [{"quiet": True}]})
    frames = timeline.frames(case, city.book.rules[0], city.book, local_ms(STARTS, city.zone))
    return last_days(list(frames.values()))


def _told(city: City, past: LastDays) -> list[str]:
    told = [note.render("en") for note in idle(city, past)]
    assert len([note.render("zh-CN") for note in idle(city, past)]) == len(told)
    return told


def test_a_rule_whose_review_is_due_or_missing_is_noted(folder: Path) -> None:
    city = _city(folder)
    assert list(reviews(city, date(2027, 6, 30))) == []
    due = [note.render("en") for note in reviews(city, date(2027, 7, 1))]
    assert due == [
        f"{RULE}:12:9: note: traffic-surge was to be reviewed by 2027-06-30: look at what it said, set a new date"
    ]
    city = _city(folder, ("review: 2027-06-30\n", ""))
    missing = [[note.render(language) for note in reviews(city, date(2026, 1, 1))] for language in LANGUAGES]
    assert missing[0] == [f"{RULE}:1:5: note: traffic-surge has no review date: add `review: 2026-07-03`"]
    assert "2026-07-03" in missing[1][0]


def test_a_rule_that_counts_something_and_can_speak_is_not_told_of(folder: Path) -> None:
    city = _city(folder)
    assert _told(city, _past(city, "3x60")) == []


def test_a_rule_that_counts_nothing_is_told_with_the_key_that_shuts_everything_out(folder: Path) -> None:
    city = _city(folder)
    assert _told(city, _past(city, self_initiated=True)) == [
        (
            f"{RULE}:3:9: of 60 events from 2025-12-05 to 2026-03-05 traffic-surge counts none"
            " (without `self_initiated: false` it would count 60: look at that)"
        )
    ]
    city = _city(folder, ("category: traffic}", "category: traffic, severities: [1]}"))
    plain = _past(_city(folder), "1x60")
    told = _told(city, structs_without_severity(plain))
    assert "(without `severities` it would count 60: look at that)" in told[0]


def structs_without_severity(past: LastDays) -> LastDays:
    frames = []
    for frame in past.frames:
        rows = frame.rows.copy()
        rows["severity"] = 0
        frames.append(structs.replace(frame, rows=rows))
    return LastDays(past.since, past.until, frames)


def test_a_limit_that_was_never_within_reach_is_told_with_the_most_there_was(folder: Path) -> None:
    city = _city(folder, ("{kind: surprise}", "{kind: threshold, parameters: {n: 40}}"), ("[1h, 3h, 1d]", "1d"))
    assert _told(city, _past(city, "3x60")) == [
        (
            f"{RULE}:7:45: traffic-surge needs 40 events in 1d, and from 2025-12-05 to 2026-03-05 the most were 3:"
            " lower `n`, or take a longer window"
        )
    ]
    assert _told(city, _past(city, "3x30 40 3x29")) == []
