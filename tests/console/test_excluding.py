"""The time of an alert that is kept out of what is learned: offered on its card, ordered as the command orders it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import pytest

from alerts.access.roles import Who
from alerts.api.exclude_door import ExcludeDoor
from alerts.console.excluding import blank
from alerts.console.speech import Speech
from alerts.excluded import BACK_MS
from alerts.export import rfc3339
from rules.engine import Engine
from rules.exclusions import KEPT_MS
from rules.records import Exclude
from streams.order_commands import exclude
from tests.access.crowds import HOUR, closed
from tests.access.guarded import NAME, Town
from tests.console.reading import read

OFFER: Final = "?form=exclude"
MINUTE: Final = 60_000


def page(alert: str) -> str:
    return f"/alert/{alert}"


def door(alert: str) -> str:
    return f"/alert/{alert}/exclusions"


def standing(town: Town) -> tuple[Exclude, ...]:
    return town.station.workshop.standing().excluded


def filled(town: Town, client: Any, alert: str) -> dict[str, str]:
    """What a browser would send back of the form that the offer opens."""
    return fields(client.get(page(alert) + OFFER).text)


def fields(shown: str) -> dict[str, str]:
    form = read(shown.split('<dialog id="exclude"')[1].split("</dialog>", maxsplit=1)[0])
    return {one["name"]: one["value"] for one in form.all("input")}


def test_an_operator_keeps_the_time_of_a_confirmed_alert_out_and_its_card_says_so(fresh: Town) -> None:
    alert = closed(fresh, "burst-main", "confirmed")
    operator = fresh.as_role("operator", areas=("east",))
    assert f'href="{page(alert.id)}{OFFER}"' in operator.get(page(alert.id)).text
    assert '<dialog id="exclude"' not in operator.get(page(alert.id)).text
    told = {**filled(fresh, operator, alert.id), "reason": "a burst main"}
    assert operator.post(door(alert.id), data=told).headers["location"] == page(alert.id)
    [order] = standing(fresh)
    assert (order.area, order.category, order.by, order.reason) == ("east", "traffic", "1001", "a burst main")
    assert (order.since, order.until) == (alert.signal.first, alert.signal.last)
    engine = fresh.station.shard.engine
    assert isinstance(engine, Engine)
    assert engine.exclusions == [order]
    card = operator.get(page(alert.id)).text
    assert OFFER not in card
    assert "by 1001" in card
    assert "a burst main" in card
    officers = fresh.as_role("officer", number="1003").get(page(alert.id)).text
    assert "a burst main" in officers
    assert "1001" not in officers
    [owed] = fresh.station.workshop.standing().unreviewed
    assert (owed.id, owed.kind, owed.area) == (order.id, "exclude", "east")
    assert "said=unknown" in _review(operator, owed.id), "who sees a part reviews nothing"
    assert "said" not in _review(fresh.as_role("supervisor", number="1002"), owed.id)
    assert fresh.station.workshop.standing().unreviewed == ()
    assert "a burst main" in operator.get(page(alert.id)).text, "what was reviewed still holds"
    assert [link.verb for link in fresh.station.store.links()].count("ordered") == 2


def _review(client: Any, order: str) -> str:
    answer = client.post(f"/city/{NAME}/orders/{order}/review", data={"reason": "saw the report"})
    return str(answer.headers["location"])


def test_a_page_and_the_interface_order_the_same_as_the_command(fresh: Town) -> None:
    alert, operator = closed(fresh, "a", "data_fault"), fresh.as_role("operator")
    since, until = alert.signal.first - HOUR, alert.signal.last + HOUR
    told = {"since": since - HOUR, "until": until}
    sent = {name: rfc3339(at) for name, at in told.items()}
    answer = operator.post(f"{fresh.base}/alerts/a/exclusions", json={**sent, "reason": "sent twice"})
    assert answer.status_code == 201, answer.text
    assert answer.json()["since"] == sent["since"]
    told["since"] = since - 2 * HOUR
    form = {name: _local(fresh, at) for name, at in told.items()}
    assert operator.post(door("a"), data={**form, "reason": "sent twice"}).headers["location"] == page("a")
    data = Path(fresh.station.workshop.folder).parent
    for at in (since - HOUR, told["since"]):
        exclude(fresh.station.city.folder, "east", "traffic", rfc3339(at), rfc3339(until), "1001", "sent twice", data)
    by_page = [msgspec.structs.replace(one, id="", start=0) for one in standing(fresh)]
    assert len(by_page) == 4
    assert by_page[0] == by_page[2]
    assert msgspec.structs.replace(by_page[1], since=0, until=0) == msgspec.structs.replace(
        by_page[3], since=0, until=0
    )
    assert abs(by_page[1].since - by_page[3].since) < MINUTE, "a browser's field has minutes"
    listed = fresh.as_role("viewer", number="1009").get(f"{fresh.base}/alerts/a/exclusions").json()["exclusions"]
    assert [(one["id"], one["yours"]) for one in listed] == [(one.id, False) for one in standing(fresh)]
    assert "1001" not in str(listed)


def _local(town: Town, at: int) -> str:
    city = town.station.board.city()
    return f"{Speech('en', ZoneInfo(city.zone)).local(at):%Y-%m-%dT%H:%M}"


@pytest.mark.parametrize("role", ["viewer", "officer", "supervisor"])
def test_who_is_no_operator_is_told_that_one_may(town: Town, role: Any) -> None:
    closed(town, f"seen-by-{role}", "confirmed")
    client = town.as_role(role, number="1005")
    for path in ("", OFFER):
        card = client.get(page(f"seen-by-{role}") + path).text
        assert OFFER not in card
        assert '<dialog id="exclude"' not in card
        assert "An operator may keep this time out" in card


def test_an_operator_of_another_district_is_offered_nothing_and_may_nothing(town: Town) -> None:
    closed(town, "in-the-east", "confirmed")
    west = town.as_role("operator", areas=("west",), number="1006")
    assert west.get(page("in-the-east") + OFFER).status_code == 404
    assert west.post(door("in-the-east"), data={"reason": "why"}).status_code == 404
    for answer in (
        west.get(f"{town.base}/alerts/in-the-east/exclusions"),
        west.post(f"{town.base}/alerts/in-the-east/exclusions", json={"reason": "why"}),
    ):
        assert answer.status_code == 404
    assert standing(town) == ()


@pytest.mark.parametrize("outcome", ["expected", "not_real", "cannot_tell", ""])
def test_other_outcomes_offer_nothing(town: Town, outcome: str) -> None:
    alert = closed(town, f"found-{outcome}", outcome).id if outcome else town.alert.id
    operator = town.as_role("operator")
    card = operator.get(page(alert) + OFFER).text
    assert OFFER not in card
    assert '<dialog id="exclude"' not in card
    answer = operator.post(f"{town.base}/alerts/{alert}/exclusions", json={"reason": "why"})
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:tocsin:exclude_unfit")


def test_what_the_engine_would_no_more_keep_is_not_offered(town: Town) -> None:
    assert BACK_MS == KEPT_MS
    alert = closed(town, "long-ago", "confirmed")
    old = msgspec.structs.replace(alert.signal, last=town.station.duty.city_now() - BACK_MS)
    asks = ExcludeDoor(town.station.duty, Who("1001", ("operator",), None))
    assert asks.fits(alert)
    elsewhere = msgspec.structs.replace(alert.signal, area="a district that is gone")
    silent = msgspec.structs.replace(alert.signal, kind="silence")
    for signal in (old, elsewhere, silent):
        assert not asks.fits(msgspec.structs.replace(alert, signal=signal))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": " "}, "reason_missing"),
        ({"reason": "x" * 201}, "reason_long"),
        ({"reason": "call 13800138000"}, "identity"),
        ({"since": "soon"}, "exclude_span"),
        ({"until": "2020-01-01T00:00"}, "exclude_span"),
        ({"since": "2020-01-01T00:00", "until": "2020-01-02T00:00"}, "exclude_span"),
    ],
)
def test_what_is_wrong_with_it_is_said_nothing_is_done_and_what_was_written_stands_there(
    town: Town, changes: dict[str, str], said: str
) -> None:
    alert = closed(town, f"{said}-of-{'-'.join(changes)}", "confirmed")
    operator = town.as_role("operator")
    told = {**filled(town, operator, alert.id), "reason": "a burst main", **changes}
    answer = operator.post(door(alert.id), data=told)
    if said in ("reason_missing", "identity"):
        assert answer.headers["location"] == f"{page(alert.id)}?said={said}"
    else:
        assert answer.status_code == 422
        assert told["reason"] in answer.text
        assert fields(answer.text) == {name: told[name] for name in ("since", "until")}
    assert standing(town) == ()


def test_what_is_kept_out_already_is_not_ordered_twice_and_a_wider_time_is(fresh: Town) -> None:
    alert, operator = closed(fresh, "a", "confirmed"), fresh.as_role("operator")
    path = f"{fresh.base}/alerts/a/exclusions"
    assert operator.post(path, json={"reason": "a burst main"}).status_code == 201
    again = operator.post(path, json={"reason": "a burst main"})
    assert (again.status_code, again.json()["type"]) == (409, "urn:tocsin:exclude_there")
    wider = rfc3339(alert.signal.last + HOUR)
    assert operator.post(path, json={"until": wider, "reason": "until it ran again"}).status_code == 201
    assert [one.until - alert.signal.last for one in standing(fresh)] == [0, HOUR]
    naive = operator.post(path, json={"until": "2020-01-01T00:00:00", "reason": "why"})
    assert (naive.status_code, naive.json()["errors"]) == (422, ["until"])


def test_the_form_is_filled_in_with_the_time_of_the_city(town: Town) -> None:
    alert = closed(town, "an-hour", "confirmed")
    say = Speech("en", ZoneInfo(town.station.board.city().zone))
    told = filled(town, town.as_role("operator"), alert.id)
    assert told == {name: value for name, value in blank(alert, say).items() if name != "why"}
    assert told["since"] == f"{say.local(alert.signal.first):%Y-%m-%dT%H:%M}"


def test_what_was_ordered_of_all_the_city_or_elsewhere_is_told_on_the_cards_that_it_is_about(fresh: Town) -> None:
    alert, operator = closed(fresh, "a", "confirmed"), fresh.as_role("operator")
    shop, first, last = fresh.station.workshop, alert.signal.first, alert.signal.last
    shop.exclude(Exclude(0, "west", "traffic", first, last), "1002", "a fair in the west")
    shop.exclude(Exclude(0, "east", "traffic", first - HOUR, first), "1002", "the hour before")
    card = operator.get(page("a")).text
    assert OFFER in card
    assert 'class="kept-out"><b>' not in card
    shop.exclude(Exclude(0, NAME, "incident", first - HOUR, first + MINUTE), "1002", "a storm")
    card = operator.get(page("a")).text
    assert OFFER not in card
    assert card.count('class="kept-out"><b>') == 1
    assert "by 1002" in card
    assert "a storm" in card
