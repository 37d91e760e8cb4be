"""The page of what budgets hold: ranked, in groups, let out by hand."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.access.crowds import HOUR, held
from tests.access.guarded import NAME, Town
from tests.console.reading import read

PAGE = f"/city/{NAME}/held"


def test_what_is_held_stands_by_rank_then_by_how_long(fresh: Town) -> None:
    held(fresh, "late-yellow", ago=HOUR)
    held(fresh, "early-yellow", ago=2 * HOUR)
    held(fresh, "orange", colour="orange")
    page = fresh.as_role("officer").get(PAGE).text
    assert re.findall(r'href="/alert/([^"]+)"', page) == ["orange", "early-yellow", "late-yellow"]
    assert "3 alerts are held" in page


def test_a_group_keeps_its_name_wherever_it_stands_so_that_what_was_opened_stays_open(fresh: Town) -> None:
    officer = fresh.as_role("officer")
    held(fresh, "west", area="west")
    [before] = re.findall(r'<details class="held" id="([^"]+)"', officer.get(PAGE).text)
    held(fresh, "east", colour="orange")
    after = re.findall(r'<details class="held" id="([^"]+)"', officer.get(PAGE).text)
    assert after == ["g-east-many-calls", before]


def test_one_that_is_let_out_by_hand_is_told_and_no_longer_there(fresh: Town) -> None:
    held(fresh, "kept")
    officer = fresh.as_role("officer")
    form = {"verb": "release", "acts": "2", "back": "held"}
    answer = officer.post("/alert/kept/moves", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    alert = fresh.station.store.alert("kept")
    assert alert is not None
    assert (alert.duty.held_at, alert.duty.told_at) == (0, fresh.clock.now())
    assert "Nothing is held." in officer.get(PAGE).text
    again = officer.post("/alert/kept/moves", data=form)
    assert again.headers["location"] == f"{PAGE}?said=changed"
    assert "The alert has moved since you looked" in officer.get(again.headers["location"]).text


def test_who_only_looks_has_no_button(fresh: Town) -> None:
    held(fresh, "kept")
    assert "release" not in fresh.as_role("viewer").get(PAGE).text


def test_one_area_can_be_looked_at_alone_and_another_is_not_there(fresh: Town) -> None:
    held(fresh, "e", area="east")
    held(fresh, "w", area="west")
    officer = fresh.as_role("officer")
    page = officer.get(f"{PAGE}?area=west").text
    assert "/alert/w" in page
    assert "/alert/e" not in page
    assert "Only West District and what lies below it." in page
    assert officer.get(f"{fresh.base}/held?area=west").json()["held"] == 1
    east = fresh.as_role("officer", areas=("east",), number="1002")
    for path in (PAGE, f"{fresh.base}/held"):
        assert east.get(f"{path}?area=west").status_code == 404
        assert east.get(f"{path}?area=nowhere").status_code == 404


def test_the_budget_of_ones_own_desks_is_shown_with_what_is_used(fresh: Town) -> None:
    desks = fresh.station.acting.desks
    fresh.station.acting.desks = {name: replace(desk, budget=4) for name, desk in desks.items()}
    east = fresh.as_role("officer", areas=("east",))
    page = read(east.get(PAGE).text).text
    assert "1 of 4 used" in page
    assert "City desk" not in page
    [one] = east.get(f"{fresh.base}/held").json()["budgets"]
    assert (one["desk"], one["budget"], one["used"]) == ("east", 4, 1)
