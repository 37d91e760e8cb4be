"""The page of an area: its alerts and those below it, its sub-areas with counts, nothing that lies beside."""

from __future__ import annotations

import re

from tests.access.crowds import closed, held, put
from tests.access.guarded import NAME, Town

PAGE = f"/city/{NAME}/area"


def test_an_area_shows_what_runs_below_it_and_counts_its_parts(fresh: Town) -> None:
    put(fresh, "e-orange", colour="orange")
    put(fresh, "w-blue", area="west", colour="blue")
    held(fresh, "w-held", area="west")
    closed(fresh, "w-closed", "confirmed", area="west")
    page = fresh.as_role("viewer").get(PAGE).text
    assert "New City</h1>" in page
    assert [i for i in re.findall(r'id="a-([^"]+)"', page) if i[1] == "-"] == ["e-orange", "w-closed", "w-blue"]
    rows = re.findall(r'/area/(\w+)">.*?</a></td><td class="num">(\S+)</td><td class="num">(\S+)</td>', page)
    assert rows == [("east", "2", "–"), ("west", "2", "1")]


def test_who_has_one_district_begins_there_and_sees_no_way_up(fresh: Town) -> None:
    west = fresh.as_role("viewer", areas=("west",))
    page = west.get(PAGE).text
    assert "West District</h1>" in page
    assert f'href="{PAGE}/{NAME}"' not in page
    assert "No area lies below this one." in page
    whole = fresh.as_role("viewer", number="1002").get(f"{PAGE}/west").text
    assert f'href="{PAGE}/{NAME}"' in whole


def test_an_alert_that_names_a_wider_area_is_told_on_the_page_of_its_parts(fresh: Town) -> None:
    put(fresh, "all", area=NAME)
    page = fresh.as_role("viewer").get(f"{PAGE}/east").text
    assert "An alert names a wider area that holds this one:" in page
    assert "/alert/all" in page
