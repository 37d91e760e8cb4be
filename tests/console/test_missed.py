"""The page of what no alert told of: written down there, listed there, with what was told near it."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.access.crowds import HOUR, put
from tests.access.guarded import NAME, Town

PAGE = f"/city/{NAME}/missed"


def test_what_was_missed_is_written_down_and_listed_with_what_was_told_near_it(fresh: Town) -> None:
    put(fresh, "near", ago=3 * HOUR)
    put(fresh, "elsewhere", area="west", ago=3 * HOUR)
    put(fresh, "long-before", ago=9 * HOUR)
    zone = ZoneInfo(fresh.station.board.city().zone)
    when = datetime.fromtimestamp(fresh.clock.now() / 1000 - 3 * 3600, UTC).astimezone(zone)
    form = {"area": "east", "category": "traffic", "time": when.strftime("%Y-%m-%dT%H:%M"), "note": "two lanes shut"}
    officer = fresh.as_role("officer")
    assert officer.post(PAGE, data=form).headers["location"] == PAGE
    page = officer.get(PAGE).text
    assert "two lanes shut" in page
    assert [name for name in ("near", "elsewhere", "long-before") if f"/alert/{name}" in page] == ["near"]


def test_a_form_that_cannot_be_kept_says_why_and_keeps_nothing(fresh: Town) -> None:
    officer = fresh.as_role("officer")
    form = {"area": "east", "category": "traffic", "time": "2199-01-01T00:00"}
    answer = officer.post(PAGE, data=form)
    assert answer.headers["location"] == f"{PAGE}?said=wrong_form"
    assert "Nothing was written down as missed." in officer.get(PAGE).text


def test_who_only_looks_has_no_form(fresh: Town) -> None:
    assert '<form class="asks"' not in fresh.as_role("viewer").get(PAGE).text
