"""Mutes over the programming interface: a preview first, an end always, the top rank said twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from alerts.export import rfc3339
from tests.access.guarded import Town


def form(town: Town, **changes: Any) -> dict[str, Any]:
    until = rfc3339(town.clock.now() + 3_600_000)
    return {"area": "east", "category": "incident", "until": until, "reason": "a fair that was announced", **changes}


def test_a_mute_is_looked_at_laid_seen_and_ended(fresh: Town) -> None:
    chief = fresh.as_role("supervisor")
    seen = chief.post(f"{fresh.base}/mutes/preview", json=form(fresh)).json()
    outcomes = {"outcomes": {"open": 1}, "passed": 0, "confirmed_alerts": []}
    assert seen == {"days": 90, "hidden": 1, "confirmed": 0, **outcomes}
    assert chief.get(f"{fresh.base}/mutes").json() == {"mutes": []}
    laid = chief.post(f"{fresh.base}/mutes", json=form(fresh), headers={"idempotency-key": "k"})
    again = chief.post(f"{fresh.base}/mutes", json=form(fresh), headers={"idempotency-key": "k"})
    assert (laid.status_code, again.json()["id"]) == (201, laid.json()["id"])
    [one] = fresh.as_role("viewer", number="1002").get(f"{fresh.base}/mutes").json()["mutes"]
    assert (one["runs"], one["hidden"], one["desk"], one["reason"]) == (True, 0, "east", "a fair that was announced")
    west = fresh.as_role("supervisor", areas=("west",), number="1003")
    assert west.get(f"{fresh.base}/mutes").json() == {"mutes": []}
    assert west.delete(f"{fresh.base}/mutes/{one['id']}").status_code == 404
    ended = chief.delete(f"{fresh.base}/mutes/{one['id']}").json()
    assert (ended["runs"], ended["hidden"]) == (False, 0)
    assert chief.delete(f"{fresh.base}/mutes/{one['id']}").json() == ended


def test_a_mute_is_no_longer_than_any_desk_allows_whose_alerts_it_hides(fresh: Town) -> None:
    desks = fresh.station.acting.desks
    fresh.station.acting.desks = {
        "east": replace(desks["east"], mute=3_600_000), "city": replace(desks["city"], mute=30 * 86_400_000)
    }  # fmt: skip
    chief = fresh.as_role("supervisor")
    long = rfc3339(fresh.clock.now() + 7_200_000)
    for area, desk in (("east", ""), ("east", "city"), ("newcity", "city")):
        answer = chief.post(f"{fresh.base}/mutes", json=form(fresh, area=area, desk=desk, until=long))
        assert answer.json()["type"] == "urn:tocsin:mute_long", area
    assert chief.post(f"{fresh.base}/mutes", json=form(fresh, area="west", desk="city", until=long)).status_code == 201


@pytest.mark.parametrize(
    ("changes", "trouble"),
    [
        ({"area": "nowhere"}, "wrong_form"),
        ({"category": "nothing"}, "wrong_form"),
        ({"rule": "no-such"}, "wrong_form"),
        ({"reason": ""}, "wrong_form"),
        ({"reason": "ask 13812345678"}, "identity"),
        ({"until": "2020-01-01T00:00:00Z"}, "wrong_form"),
        ({"until": "2099-01-01T00:00:00Z"}, "mute_long"),
        ({"top": True}, "top_once"),
        ({"top": True, "top_again": False}, "top_once"),
    ],
)
def test_a_mute_that_cannot_be_is_told_why(town: Town, changes: dict[str, Any], trouble: str) -> None:
    answer = town.as_role("supervisor", number="1800").post(f"{town.base}/mutes", json=form(town, **changes))
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:tocsin:{trouble}")
