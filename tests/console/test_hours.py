"""Counts on the page of an area: drawn by rule and category, honest about what was not heard and what counts on."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from rules.shown import Count
from tests.access.crowds import HOUR, counted
from tests.access.guarded import NAME, Town

PAGE = f"/city/{NAME}/area"
DAY = 24 * HOUR
SLOW = """\
id: slow
counts: {kind: incident, category: traffic}
areas: district
window: 1d
step: 1d
detector: {kind: threshold, parameters: {n: 500}}
owner: traffic operations
guidance: {en: Look at the week., zh-CN: 查看本周。}
"""


def night(town: Town, area: str = "west", **changes: Any) -> list[Count]:
    """Twenty-three hours that have settled and one that counts on."""
    now = town.clock.now()
    return [counted(area, now - n * HOUR, n % 7, settled=n > 0, **changes) for n in range(24)]


def lay(town: Town, *rows: Count) -> None:
    town.station.store.put_counts(NAME, rows)


def figures(page: str) -> list[list[str]]:
    """The rows of the first table of figures, in words."""
    table = re.search(r'<table class="hours-table">.*?</table>', page, re.DOTALL)
    assert table
    rows = re.findall(r"<tr>(.*?)</tr>", table[0], re.DOTALL)[1:]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()).split(" ") for row in rows]


def test_each_rule_and_category_is_drawn_with_a_table_of_its_figures(fresh: Town) -> None:
    lay(fresh, *night(fresh), *night(fresh, category="fire"))
    page = fresh.as_role("viewer").get(f"{PAGE}/west").text
    assert page.count('<svg class="hours-drawing"') == 2
    rows = figures(page)
    assert len(rows) == 24
    assert rows[-1][1:] == ["counts", "on", "0", "9.5", "4–15", "20"]
    assert rows[-2][1:] == ["1", "9.5", "4–15", "20"]
    assert f"<b>{sum(n % 7 for n in range(1, 24))}</b> counted, 218 expected" in page
    assert re.search(r"0 since \d\d:00, not whole yet; limit 20", page)
    assert page.count("d-bar open") == 0  # nothing has come in it: no bar
    lay(fresh, counted("west", fresh.clock.now(), 3))
    assert fresh.as_role("viewer").get(f"{PAGE}/west").text.count("d-bar open") == 1


def test_an_hour_that_was_not_heard_is_hatched_and_said_and_one_of_which_nothing_is_known_is_left_empty(
    fresh: Town,
) -> None:
    rows = night(fresh)
    lay(fresh, *rows[:5], *rows[6:], counted("west", rows[3].start, 0, settled=True, missing=True))
    page = fresh.as_role("viewer").get(f"{PAGE}/west").text
    assert "In 1 hour a feed was not heard: the true count can only be higher." in page
    assert page.count("d-blind") == 1
    told = figures(page)
    assert told[-4][1:] == ["not", "heard", "0", "9.5", "4–15", "20"]
    assert told[-6][1:] == ["nothing", "known"]
    chinese = fresh.as_role("viewer").get(f"{PAGE}/west", headers={"accept-language": "zh-CN"}).text
    assert "有 1 个小时数据源无声：实际数只会更高。" in chinese


def test_of_what_too_little_is_known_no_limit_is_drawn(fresh: Town) -> None:
    lay(fresh, *night(fresh, limit=None, expected=None, low=None, high=None))
    page = fresh.as_role("viewer").get(f"{PAGE}/west").text
    assert "counted; what is usual is not known of all" in page
    lay(fresh, counted("west", fresh.clock.now(), 4, category="new"))
    lone = fresh.as_role("viewer").get(f"{PAGE}/west?rule=surge&category=new").text
    assert "4 since" in lone
    assert "<b>0</b> counted" not in lone
    assert "d-limit" not in page
    assert "d-band" not in page
    assert figures(page)[-2][1:] == ["1", "–", "–", "–"]


def test_what_came_nearest_is_drawn_and_the_rest_is_a_step_away(fresh: Town) -> None:
    for n in range(10):
        lay(fresh, counted("west", fresh.clock.now(), n, category=f"kind-{n}"))
    viewer = fresh.as_role("viewer")
    page = viewer.get(f"{PAGE}/west").text
    assert re.findall(r'id="s-surge-kind-(\d)"', page) == ["9", "8", "7", "6", "5", "4", "3", "2"]
    assert "2 more series, further from their limits" in page
    (link,) = re.findall(r'href="([^"]*category=kind-0)"', page)
    one = viewer.get(link.replace("&amp;", "&")).text
    assert re.findall(r'id="s-surge-kind-(\d)"', one) == ["0"]


def test_a_day_is_from_midnight_to_midnight_where_the_city_lies(fresh: Town) -> None:
    zone = fresh.station.board.city().book.calendar.zone
    assert zone == "Asia/Shanghai"
    now = fresh.clock.now()
    midnight = (now + 8 * HOUR) // DAY * DAY - 8 * HOUR
    day = (now + 8 * HOUR) // DAY - 1  # yesterday, in days since 1970
    lay(fresh, *(counted("west", midnight - n * HOUR, n, 99, settled=True) for n in range(26)))
    viewer = fresh.as_role("viewer")
    word = (date(1970, 1, 1) + timedelta(days=day)).isoformat()
    told = figures(viewer.get(f"{PAGE}/west?day={word}").text)
    assert [row[0] for row in told] == [f"{n:02}:00" for n in range(24)]
    assert [row[1] for row in told] == [str(n) for n in range(24, 0, -1)]
    for wrong in ("2999-01-01", "1960-01-01", "yesterday", "2026-02-30", "x" * 300):
        assert viewer.get(f"{PAGE}/west?day={wrong}").status_code == 404


def test_days_and_weeks_of_slow_rules_are_drawn_beside_the_hours(fresh: Town) -> None:
    now, folder = fresh.clock.now(), fresh.station.city.folder
    (folder / "rules" / "slow.yaml").write_text(SLOW, "utf-8")
    assert fresh.station.reread() == []
    lay(fresh, *(counted("west", now - n * DAY, n, step=DAY, settled=True, rule="slow") for n in range(40)))
    lay(fresh, *night(fresh))
    page = fresh.as_role("viewer").get(f"{PAGE}/west").text
    assert set(re.findall(r'id="s-([a-z]+)-traffic"', page)) == {"surge", "slow"}
    lone = fresh.as_role("viewer").get(f"{PAGE}/west?rule=slow&category=traffic").text
    assert len(figures(lone)) == 28


def test_near_misses_of_an_area_and_of_those_below_it_are_named(fresh: Town) -> None:
    now = fresh.clock.now()
    lay(fresh, counted("west", now - HOUR, settled=True), counted("west", now), counted("east", now, 18))
    whole = fresh.as_role("viewer").get(PAGE).text
    assert "2 areas came near to speaking" in whole
    assert re.findall(r'near-way">(\d+)<span class="soft">/(\d+)', whole) == [("19", "20"), ("18", "20")]
    assert "near 2 times" in whole
    west = fresh.as_role("viewer", areas=("west",), number="1002").get(PAGE).text
    assert "1 area came near to speaking" in west
    calm = fresh.as_role("viewer", number="1003").get(f"{PAGE}/west?day=2020-01-01").text
    assert "Nothing came within a tenth of its limit without speaking." in calm
    assert "No counts are kept of this area for that time." in calm
