"""The link of a message, through the gate: it takes its alert without an account, once, and says in the chain how."""

from __future__ import annotations

from alerts.chain import decode
from alerts.duty import Act
from alerts.links import link_key, link_of
from alerts.notice import compose
from tests.access.guarded import HOST, Town


def link(town: Town, desk: str = "east") -> str:
    """What goes out with the first notice of the alert."""
    alert = town.station.store.alert(town.alert.id)
    assert alert is not None
    notice = compose(alert, "first", desk, f"{desk}-console", alert.moves[-1].wall_at)
    return link_of(HOST, link_key(town.station.key))(notice).removeprefix(HOST)


def test_a_link_takes_the_alert_for_its_desk_once_and_without_an_account(fresh: Town) -> None:
    fresh.account("1001", "officer")
    anybody, place = fresh.client(), link(fresh)
    assert anybody.get(place).status_code == 200
    assert fresh.station.store.alert(fresh.alert.id) == fresh.alert
    assert anybody.post(place, headers={"sec-fetch-site": "same-origin"}).status_code == 200
    taken = fresh.station.store.alert(fresh.alert.id)
    assert taken is not None
    assert (taken.duty.stage, taken.duty.desk, taken.duty.account) == ("taken", "east", "")
    act = decode(fresh.station.store.links_of(fresh.alert.id)[-1].body).act
    assert isinstance(act, Act)
    assert (act.verb, act.desk, act.role, act.account) == ("take", "east", "link", "")
    assert anybody.post(place).status_code == 409
    assert fresh.station.store.alert(fresh.alert.id) == taken


def test_a_link_takes_nothing_that_is_closed_or_of_a_desk_that_is_gone(fresh: Town) -> None:
    officer = fresh.as_role("officer")
    assert fresh.client().post(link(fresh, "gone")).status_code == 409
    close = {"verb": "close", "outcome": "confirmed"}
    assert officer.post(f"{fresh.base}/alerts/{fresh.alert.id}/moves", json=close).status_code == 200
    answer = fresh.client().post(link(fresh))
    assert (answer.status_code, "nothing to take any more" in answer.text) == (409, True)


def test_a_link_of_somebody_else_and_one_that_another_site_posts_take_nothing(town: Town) -> None:
    good = link(town)
    assert town.client().post(good[:-4] + "AAAA").status_code == 404
    assert town.client().get("/take/elsewhere/" + good.rpartition("/")[2]).status_code == 404
    assert town.client().post(good, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    alert = town.station.store.alert(town.alert.id)
    assert alert is not None
    assert alert.duty.stage == "open"
