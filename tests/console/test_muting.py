"""The page of mutes: what one would hide is seen before it is laid; while it runs it counts, at its end it tells."""

from __future__ import annotations

from html import unescape
from typing import Any

from alerts.export import rfc3339
from tests.access.crowds import HOUR, closed
from tests.access.guarded import NAME, Town
from tests.console.reading import read

PAGE = f"/city/{NAME}/mutes"


def wish(**changes: str) -> dict[str, str]:
    return {"area": "east", "category": "incident", "hours": "3", "reason": "street festival", **changes}


def laid_from(page: str) -> dict[str, str]:
    """The form of the button that lays what was shown."""
    hidden = [one for one in read(page).all("input") if one.get("type") == "hidden"]
    return {one["name"]: unescape(one["value"]) for one in hidden}


def test_a_preview_counts_what_would_be_hidden_and_names_what_was_confirmed(fresh: Town) -> None:
    closed(fresh, "true-one", "confirmed")
    closed(fresh, "false-one", "not_real")
    closed(fresh, "elsewhere", "confirmed", area="west")
    closed(fresh, "long-ago", "confirmed", ago=91 * 24 * HOUR)
    chief = fresh.as_role("supervisor")
    page = chief.post(f"{PAGE}/preview", data=wish())
    assert page.status_code == 200
    assert "it would have hidden 3 alerts, 1 of them confirmed" in page.text
    assert "/alert/true-one" in page.text
    assert "/alert/elsewhere" not in page.text
    assert fresh.station.acting.mutes == {}
    body = {"area": "east", "category": "incident", "reason": "fair", "until": _in(fresh, HOUR)}
    said = chief.post(f"{fresh.base}/mutes/preview", json=body).json()
    assert (said["hidden"], said["confirmed"], said["outcomes"]) == (3, 1, {"confirmed": 1, "not_real": 1, "open": 1})
    assert [one["id"] for one in said["confirmed_alerts"]] == ["true-one"]


def test_what_was_shown_is_laid_once_however_often_the_button_is_pressed(fresh: Town) -> None:
    chief = fresh.as_role("supervisor")
    form = laid_from(chief.post(f"{PAGE}/preview", data=wish()).text)
    for _ in range(2):
        assert chief.post(PAGE, data=form).headers["location"] == PAGE
    [standing] = fresh.station.acting.mutes.values()
    assert (standing.mute.area, standing.mute.reason, standing.mute.account) == ("east", "street festival", "1001")
    assert standing.mute.until == int(form["until"])


def test_a_running_mute_counts_and_its_end_by_hand_leaves_a_report(fresh: Town) -> None:
    chief = fresh.as_role("supervisor")
    chief.post(PAGE, data=laid_from(chief.post(f"{PAGE}/preview", data=wish()).text))
    assert "0 hidden so far, 0 of them confirmed" in chief.get(PAGE).text
    [mute] = fresh.station.acting.mutes
    assert chief.get(f"{fresh.base}/mutes/{mute}").json()["alerts"] == []
    assert chief.post(f"{PAGE}/{mute}/end").headers["location"] == PAGE
    page = chief.get(PAGE).text
    assert "Ended by hand" in page
    assert "No mute runs." in page
    assert chief.post(f"{PAGE}/none/end").headers["location"] == f"{PAGE}?said=unknown"


def test_what_cannot_be_laid_is_refused_in_words_before_it_is_shown(fresh: Town) -> None:
    chief = fresh.as_role("supervisor")
    for change, said in (
        ({"hours": "168"}, "That is longer than this desk may mute."),
        ({"hours": "5000"}, "has not the form"),
        ({"top": "1"}, "say so twice"),
        ({"reason": " "}, "Say why"),
        ({"reason": "call 13800138000"}, "names a person"),
        ({"area": "nowhere"}, "has not the form"),
    ):
        answer = chief.post(f"{PAGE}/preview", data=wish(**change))
        assert answer.status_code in (409, 422), change
        assert said in answer.text, change
        assert "13800138000" not in answer.text
    assert fresh.station.acting.mutes == {}


def test_nobody_previews_or_lays_where_he_may_not_look(fresh: Town) -> None:
    west = fresh.as_role("supervisor", areas=("west",))
    refused = west.post(f"{PAGE}/preview", data=wish())
    assert refused.status_code == 404
    assert "hidden" not in read(refused.text).text.replace("What is hidden", "")
    form: dict[str, Any] = {"area": "east", "category": "incident", "reason": "x", "until": fresh.clock.now() + HOUR}
    assert west.post(PAGE, data=form).headers["location"] == f"{PAGE}?said=unknown"
    assert fresh.station.acting.mutes == {}


def _in(town: Town, ms: int) -> str:
    return rfc3339(town.clock.now() + ms)
