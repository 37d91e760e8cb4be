"""Moving alerts over the programming interface: what is made once, what is refused, and in which words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest

from alerts.api.troubles import LANGUAGES, STATUS, WORDS, Trouble
from alerts.duty import TEXT_LONGEST, Act, Fault
from alerts.export import rfc3339
from tests.access.guarded import NAME, Town


def where(town: Town) -> str:
    return f"{town.base}/alerts/{town.alert.id}"


def test_an_officer_takes_closes_and_reopens_and_sees_each_move(fresh: Town) -> None:
    officer = fresh.as_role("officer")
    took = officer.post(f"{where(fresh)}/moves", json={"verb": "take"})
    assert (took.status_code, took.json()["duty"]["stage"], took.json()["duty"]["taken_by"]) == (200, "taken", "east")
    close = {"verb": "close", "outcome": "not_real", "why": "a test of the line"}
    assert officer.post(f"{where(fresh)}/moves", json=close).json()["duty"]["outcome"] == "not_real"
    assert officer.get(f"{fresh.base}/alerts").json() == {"alerts": [], "next": None}
    assert officer.post(f"{where(fresh)}/moves", json={"verb": "reopen", "why": "it goes on"}).status_code == 200
    moves = officer.get(f"{where(fresh)}/moves").json()["moves"]
    assert [move["verb"] for move in moves] == ["first", "take", "close", "reopen"]
    assert "1001" not in officer.get(f"{where(fresh)}/moves").text  # desk and role, never who
    judge = fresh.as_role("audit", number="7001")
    chain = judge.get(f"{fresh.base}/chain?after=1").json()["moves"]
    assert [(one["verb"], one["account"]) for one in chain] == [("take", "1001"), ("close", "1001"), ("reopen", "1001")]


def test_who_has_not_seen_the_last_move_is_refused_and_who_has_is_not(fresh: Town) -> None:
    one, other = fresh.as_role("officer"), fresh.as_role("officer", number="1002")
    seen = other.get(where(fresh)).headers["etag"]
    assert one.post(f"{where(fresh)}/moves", json={"verb": "take"}, headers={"if-match": seen}).status_code == 200
    late = other.post(f"{where(fresh)}/moves", json={"verb": "take"}, headers={"if-match": seen})
    assert (late.status_code, late.json()["type"]) == (412, "urn:tocsin:changed")
    now = other.get(where(fresh)).headers["etag"]
    assert other.post(f"{where(fresh)}/moves", json={"verb": "take"}, headers={"if-match": now}).status_code == 200
    assert other.post(f"{where(fresh)}/moves", json={"verb": "take"}, headers={"if-match": "W/x"}).status_code == 412


def test_an_alert_that_has_not_changed_is_not_sent_again(town: Town) -> None:
    viewer = town.as_role("viewer", number="1100")
    tag = viewer.get(where(town)).headers["etag"]
    assert viewer.get(where(town), headers={"if-none-match": tag}).status_code == 304


def test_a_move_asked_for_twice_under_one_key_is_made_once(fresh: Town) -> None:
    officer, key = fresh.as_role("officer"), {"idempotency-key": "a press of the button"}
    for _ in range(3):
        answer = officer.post(f"{where(fresh)}/moves", json={"verb": "note", "note": "crews asked"}, headers=key)
        assert answer.status_code == 200
    other = fresh.as_role("officer", number="1002")
    other.post(f"{where(fresh)}/moves", json={"verb": "note", "note": "crews asked"}, headers=key)
    assert len(officer.get(f"{where(fresh)}/moves").json()["moves"]) == 3  # said, noted by one, noted by the other


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    ({"verb": "close"}, 409, "outcome_missing"),
    ({"verb": "close", "outcome": "expected"}, 409, "reason_missing"),
    ({"verb": "leave"}, 409, "not_from_here"),
    ({"verb": "take", "outcome": "confirmed"}, 409, "outcome_elsewhere"),
    ({"verb": "note"}, 409, "reason_missing"),
    ({"verb": "release"}, 409, "not_held"),
    ({"verb": "raise", "to": "elsewhere"}, 422, "wrong_form"),
    ({"verb": "take", "desk": "elsewhere"}, 403, "no_desk"),
    ({"verb": "note", "note": "call 13812345678 back"}, 422, "identity"),
    ({"verb": "close", "outcome": "expected", "why": "ask somebody@example.org"}, 422, "identity"),
    ({"verb": "lapse"}, 422, "wrong_form"),
    ({"verb": "take", "role": "supervisor"}, 422, "wrong_form"),
    ({"verb": "take", "account": "9"}, 422, "wrong_form"),
    ({"verb": "note", "note": "x" * (TEXT_LONGEST + 1)}, 422, "wrong_form"),
    ({}, 422, "wrong_form"),
]


@pytest.mark.parametrize(("body", "status", "trouble"), REFUSED)
def test_what_cannot_be_done_is_told_in_both_languages_and_never_repeated(
    town: Town, body: dict[str, Any], status: int, trouble: str
) -> None:
    officer = town.as_role("officer", number="1200")
    for language in LANGUAGES:
        answer = officer.post(f"{where(town)}/moves", json=body, headers={"accept-language": language})
        assert (answer.status_code, answer.json()["type"]) == (status, f"urn:tocsin:{trouble}")
        assert answer.json()["title"] == WORDS[trouble][language]  # type: ignore[index]  # a name out of the table
        assert answer.headers["content-type"] == "application/problem+json"
        for value in body.values():
            assert value not in answer.text or value in ("take", "note", "close")
    assert officer.get(where(town)).json()["duty"]["acts"] == 1


def test_bytes_that_are_no_json_are_a_wrong_form(town: Town) -> None:
    officer = town.as_role("officer", number="1201")
    for body in (b"", b"{", b"[]", b'"take"', b"\xff\xfe", b'{"verb": "take", "13812345678": 1}', b"1" * 5000):
        answer = officer.post(f"{where(town)}/moves", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422, body
        assert "13812345678" not in answer.text


def test_an_officer_of_the_district_cannot_act_for_the_city_and_a_desk_above_can_for_him(fresh: Town) -> None:
    east = fresh.as_role("officer", areas=("east",), number="1301")
    as_city = east.post(f"{where(fresh)}/moves", json={"verb": "take", "desk": "city"})
    assert as_city.json()["type"] == "urn:tocsin:no_desk"
    raised = east.post(f"{where(fresh)}/moves", json={"verb": "raise", "why": "beyond us"}).json()["duty"]
    assert (raised["stage"], raised["desks"]) == ("raised", ["east", "city"])
    city = fresh.as_role("supervisor", number="1302")
    assert city.get(f"{fresh.base}/overdue").json()["overdue"][0]["desk"] == "city"
    assert city.post(f"{where(fresh)}/moves", json={"verb": "take"}).json()["duty"]["taken_by"] == "city"


def test_a_raise_to_another_desk_under_a_used_key_is_refused_and_one_to_the_same_is_a_repeat(fresh: Town) -> None:
    chief, key = fresh.as_role("supervisor"), {"idempotency-key": "one raise"}

    def raised(**more: str) -> tuple[int, str]:
        form = {"verb": "raise", "why": "beyond us", **more}
        answer = chief.post(f"{where(fresh)}/moves", json=form, headers=key)
        return answer.status_code, answer.json().get("type", "")

    assert raised() == (200, "")
    assert raised(to="city") == (200, "")
    assert raised(to="east") == (422, "urn:tocsin:key_used")


def test_a_key_under_which_something_else_was_asked_for_is_refused_and_nothing_is_lost(fresh: Town) -> None:
    chief, key = fresh.as_role("supervisor"), {"idempotency-key": "one key"}
    when = rfc3339(fresh.clock.now() - 60_000)
    until = rfc3339(fresh.clock.now() + 3_600_000)
    mute = {"area": "west", "category": "incident", "until": until, "reason": "a fair"}
    missed = {"area": "east", "category": "traffic", "time": when, "note": "two roads shut"}

    def asked(path: str, form: dict[str, str]) -> tuple[int, str]:
        answer = chief.post(path, json=form, headers=key)
        return answer.status_code, answer.json().get("type", "")

    assert asked(f"{where(fresh)}/moves", {"verb": "take"}) == (200, "")
    refused = asked(f"{where(fresh)}/moves", {"verb": "close", "outcome": "confirmed"})
    assert refused == (422, "urn:tocsin:key_used")
    assert asked(f"{where(fresh)}/moves", {"verb": "take"}) == (200, "")
    assert asked(f"{fresh.base}/mutes", mute) == (201, "")
    for path, form in (("missed", missed), ("mutes", {**mute, "reason": "a race"})):
        assert asked(f"{fresh.base}/{path}", form) == (422, "urn:tocsin:key_used")
    assert asked(f"{fresh.base}/mutes", mute) == (201, "")
    key["idempotency-key"] = "another"
    assert asked(f"{fresh.base}/missed", missed) == (201, "")
    assert asked(f"{fresh.base}/missed", {**missed, "note": "three"}) == (422, "urn:tocsin:key_used")
    assert len(chief.get(f"{fresh.base}/missed").json()["missed"]) == 1


def test_an_alert_is_raised_to_desks_above_alone(fresh: Town) -> None:
    desks = dict(fresh.station.acting.desks)
    sibling = replace(desks["east"], id="west", areas=("west",))
    fresh.station.acting.desks = {**desks, "west": sibling, "top": replace(desks["city"], id="top")}
    fresh.station.acting.desks["city"] = replace(desks["city"], parent="top")
    officer = fresh.as_role("officer")
    for wrong in ("west", "east"):
        answer = officer.post(f"{where(fresh)}/moves", json={"verb": "raise", "to": wrong})
        assert (answer.status_code, answer.json()["errors"]) == (422, ["to"])
    raised = officer.post(f"{where(fresh)}/moves", json={"verb": "raise", "to": "top"}).json()["duty"]
    assert raised["desks"] == ["east", "top"]


def test_what_nobody_heard_is_written_down_where_it_may_be_seen(fresh: Town) -> None:
    east = fresh.as_role("officer", areas=("east",), number="1401")
    form = {"area": "east", "category": "traffic", "time": "2026-01-02T03:04:05+08:00", "note": "two roads shut"}
    assert east.post(f"{fresh.base}/missed", json=form, headers={"idempotency-key": "k"}).status_code == 201
    assert east.post(f"{fresh.base}/missed", json=form, headers={"idempotency-key": "k"}).status_code == 201
    [kept] = east.get(f"{fresh.base}/missed").json()["missed"]
    assert (kept["area"], kept["time"], kept["note"]) == ("east", "2026-01-01T19:04:05Z", "two roads shut")
    west = fresh.as_role("officer", areas=("west",), number="1402")
    assert west.get(f"{fresh.base}/missed").json() == {"missed": []}
    assert west.post(f"{fresh.base}/missed", json=form).status_code == 404
    for wrong in (
        {"area": "nowhere"},
        {"category": "none"},
        {"time": "2099-01-01T00:00:00Z"},
        {"time": "2026-01-02T03:04:05"},
    ):
        answer = east.post(f"{fresh.base}/missed", json={**form, **wrong})
        assert (answer.status_code, answer.json()["errors"]) == (422, list(wrong))
    assert east.post(f"{fresh.base}/missed", json={**form, "note": "call 13812345678"}).status_code == 422


def test_the_form_of_a_page_moves_an_alert_and_says_why_not(fresh: Town) -> None:
    officer = fresh.as_role("officer")
    place = f"/alert/{fresh.alert.id}"
    page = officer.get(place).text
    assert 'name="verb" value="take"' in page
    assert officer.post(f"{place}/moves", data={"verb": "take", "acts": "1"}).headers["location"] == place
    late = officer.post(f"{place}/moves", data={"verb": "take", "acts": "1"})
    assert late.headers["location"] == f"{place}?said=changed"
    typed = officer.post(
        f"{place}/moves", data={"verb": "close", "acts": "0", "outcome": "expected", "why": "a <fair> in town"}
    )
    assert typed.status_code == 412  # and what was written is not lost
    assert "a &lt;fair&gt; in town</textarea>" in typed.text
    assert 'value="expected" required checked' in typed.text
    assert f'<dialog id="close" data-again="{place}"' in typed.text
    assert WORDS["changed"]["en"] in officer.get(late.headers["location"]).text
    close = {"verb": "close", "outcome": "confirmed", "note": "", "why": "", "acts": "2"}
    assert officer.post(f"{place}/moves", data=close).headers["location"] == place
    assert 'data-stage="closed"' in officer.get(place).text
    assert officer.post(f"{place}/moves", data={"verb": "lapse"}).headers["location"].endswith("said=wrong_form")
    viewer = fresh.as_role("viewer", number="1500").get(place).text
    assert 'name="verb"' not in viewer
    assert officer.get(f"{place}?said=<script>").status_code == 200


def test_every_trouble_has_a_status_and_words_in_both_languages() -> None:
    names = {*get_args(Trouble), *get_args(Fault)}
    assert set(WORDS) == set(STATUS) == names
    assert all(set(words) == set(LANGUAGES) and all(words.values()) for words in WORDS.values())


def test_lists_come_in_pages_without_a_gap_or_a_repeat(fresh: Town) -> None:
    officer = fresh.as_role("officer")
    assert officer.get(f"{fresh.base}/alerts?limit=1").json()["next"] is None
    assert officer.get(f"{fresh.base}/alerts?cursor=rubbish!").json()["type"] == "urn:tocsin:wrong_cursor"
    for wrong in ("limit=0", "limit=201", "limit=x", "listed=secret", "hours=0"):
        assert officer.get(f"{fresh.base}/alerts?{wrong}").status_code == 422


def test_the_promise_of_the_interface_names_every_route(town: Town) -> None:
    promise = town.as_role("viewer", number="1600").get("/v1/openapi.json").json()
    assert promise["servers"] == [{"url": "/v1"}]
    assert "/cities/{city}/alerts/{alert_id}/moves" in promise["paths"]
    assert NAME not in str(promise)


def test_the_board_says_how_much_is_held_where_one_may_see(fresh: Town) -> None:
    duty = fresh.station.duty
    hold = Act("hold", duty.now(), desk="east", role="budget", rank=1)
    duty.acting._write([fresh.alert.id], lambda _: hold)
    east = fresh.as_role("officer", areas=("east",)).get("/").text
    assert "1 held" in east
    assert fresh.alert.id not in east
    assert "1 held" not in fresh.as_role("officer", areas=("west",), number="1002").get("/").text
    officer = fresh.as_role("officer")
    assert officer.get(f"{fresh.base}/held").json()["held"] == 1
    let_out = officer.post(f"{where(fresh)}/moves", json={"verb": "release"}).json()["duty"]
    assert (let_out["held_since"], let_out["stage"]) == (None, "open")
    assert fresh.alert.id in officer.get("/").text
