"""Lengths, numbers and times as people read them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts.console.speech import DAY, HOUR, MINUTE, Speech, choose

NEW_YORK = ZoneInfo("America/New_York")
ENGLISH, CHINESE = Speech("en", NEW_YORK), Speech("zh-CN", ZoneInfo("Asia/Shanghai"))


def at(year: int, month: int, day: int, hour: int, minute: int = 0) -> int:
    return round(datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("length", "english", "chinese"),
    [
        (0, "0 s", "0 秒"),
        (-5000, "0 s", "0 秒"),
        (22_000, "22 s", "22 秒"),
        (41 * MINUTE, "41 min", "41 分钟"),
        (2 * HOUR + 42 * MINUTE, "2 h 42 min", "2 小时 42 分"),
        (3 * HOUR, "3 h", "3 小时"),
        (47 * HOUR, "47 h", "47 小时"),
        (3 * DAY + 4 * HOUR, "3 d 4 h", "3 天 4 小时"),
        (7 * DAY, "7 d", "7 天"),
    ],
)
def test_a_length_is_said_in_at_most_two_units(length: int, english: str, chinese: str) -> None:
    assert ENGLISH.span(length) == english
    assert CHINESE.span(length) == chinese


def test_a_window_is_said_in_the_unit_it_was_written_in() -> None:
    assert [ENGLISH.window(length) for length in (10 * MINUTE, HOUR, DAY, 7 * DAY)] == ["10 min", "1 h", "1 d", "7 d"]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0.004, "<0.01"),
        (0.01, "0.01"),
        (0.153, "0.15"),
        (0.6, "0.6"),
        (0, "0"),
        (14.32, "14.3"),
        (120.4, "120"),
        (12345.6, "12,346"),
    ],
)
def test_an_expected_count_has_as_many_places_as_help(number: float, said: str) -> None:
    assert ENGLISH.decimal(number) == said


def test_times_are_those_of_the_city() -> None:
    assert ENGLISH.clock(at(2026, 11, 15, 8, 12)) == "03:12"
    assert CHINESE.clock(at(2026, 11, 15, 8, 12)) == "16:12"
    assert ENGLISH.iso(at(2026, 11, 15, 8, 12)) == "2026-11-15T03:12:00-05:00"
    assert CHINESE.day(at(2026, 11, 15, 8, 12)) == "11月15日周日"


def test_the_repeated_hour_of_autumn_is_told_apart_by_the_zone() -> None:
    first, second = at(2026, 11, 1, 5, 30), at(2026, 11, 1, 6, 30)
    assert ENGLISH.clock(first) == ENGLISH.clock(second) == "01:30"
    assert (ENGLISH.zone_name(first), ENGLISH.zone_name(second)) == ("EDT", "EST")


def test_a_moment_of_another_day_has_its_date() -> None:
    now = at(2026, 11, 15, 8, 12)
    assert ENGLISH.moment(now - 2 * HOUR, now) == "01:12"
    assert ENGLISH.moment(now - 5 * HOUR, now) == "Nov 14 22:12"
    assert ENGLISH.moment(now - 400 * DAY, now) == "Oct 11, 2025 04:12"


@pytest.mark.parametrize(
    ("asked", "kept", "accepted", "spoken"),
    [
        ("zh-CN", "en", "en", "zh-CN"),
        ("", "zh-CN", "en", "zh-CN"),
        ("", "", "fr, zh-TW;q=0.8, en;q=0.5", "zh-CN"),
        ("xx", "yy", "fr", "en"),
        ("", "", ";;,,=", "en"),
    ],
)
def test_the_language_is_asked_for_then_kept_then_wished(asked: str, kept: str, accepted: str, spoken: str) -> None:
    assert choose(asked, kept, accepted, ("en", "zh-CN")) == spoken
