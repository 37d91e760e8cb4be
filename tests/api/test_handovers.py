"""Hand-overs and explanations over the interface and on the pages: what stands there, in both languages."""

from __future__ import annotations

import msgspec
import pytest

from alerts.acting import moved_by
from alerts.api.troubles import WORDS
from alerts.chain import Handover
from alerts.duty import NOBODY, Act
from alerts.export import rfc3339
from alerts.store import Change
from tests.access.guarded import NAME, Town

HOUR = 3_600_000
NOTE = {"note": "the roads office calls back at five"}


def hand_over(town: Town, *hours: int) -> list[int]:
    """To the eastern desk, so many hours ago; when each turn began."""
    turns = [town.clock.now() - ago * HOUR for ago in hours]
    made = tuple(("", Handover(turn, "handed", "east", turn, "night", role="clock")) for turn in turns)
    town.station.store.commit(Change(NAME, None, (), made))
    return turns


def test_what_is_open_is_handed_over_noted_and_confirmed_once(fresh: Town) -> None:
    officer, path = fresh.as_role("officer"), f"{fresh.base}/handovers/east"
    hand_over(fresh, 8)
    assert officer.post(f"{path}/notes", json=NOTE, headers={"idempotency-key": "a"}).status_code == 201
    assert officer.post(f"{path}/notes", json=NOTE, headers={"idempotency-key": "a"}).status_code == 201
    other = officer.post(f"{path}/notes", json={"note": "else"}, headers={"idempotency-key": "a"})
    assert (other.status_code, other.json()["type"]) == (422, "urn:tocsin:key_used")
    assert officer.post(f"{path}/notes", json={"note": "call 13812345678"}).json()["type"] == "urn:tocsin:identity"
    [turn] = hand_over(fresh, 0)
    page = officer.get(f"{path}/sheet").json()
    assert [one["id"] for one in page["open"]] == [fresh.alert.id]
    assert ([one["note"] for one in page["notes"]], page["owed"]) == ([NOTE["note"]], True)
    officer.post(f"{fresh.base}/alerts/{fresh.alert.id}/moves", json={"verb": "take"})
    again = officer.get(f"{path}/sheet", params={"turn": rfc3339(turn)}).json()
    assert [(one["stage"], one["stage_now"]) for one in again["open"]] == [("open", "taken")]
    for _ in range(2):
        read = officer.post(f"{path}/read", json={"turn": rfc3339(turn)}).json()["handovers"]
        assert [one["owed"] for one in read] == [False, False]
    assert [one.verb for one in fresh.station.store.links_of("")].count("read") == 1
    assert officer.get(f"{path}/sheet", params={"turn": "2026-01-01T00:00:00"}).status_code == 404
    assert officer.post(f"{path}/read", json={"turn": "2026-01-01T00:00:00Z"}).status_code == 404


@pytest.mark.parametrize(("language", "unread"), [("en", "Not yet read"), ("zh-CN", "尚未确认")])
def test_the_page_says_that_nobody_has_read_until_the_button_is_pressed(
    fresh: Town, language: str, unread: str
) -> None:
    officer, place = fresh.as_role("officer"), f"/city/{NAME}/handover"
    _, turn = hand_over(fresh, 8, 0)
    page = officer.get(place, params={"lang": language}).text  # the first that owes a reading: the eastern desk's
    assert unread in page
    assert fresh.alert.id in page
    done = officer.post(f"{place}/read", data={"desk": "east", "turn": str(turn)})
    assert done.status_code == 303
    assert unread not in officer.get(done.headers["location"], params={"lang": language}).text
    viewer = fresh.as_role("viewer", number="1500").get(place).text
    assert "handover/notes" not in viewer


def test_a_language_chosen_on_the_page_of_a_hand_over_is_remembered_as_on_any_other(fresh: Town) -> None:
    page = fresh.as_role("officer").get(f"/city/{NAME}/handover", params={"lang": "zh-CN"})
    assert page.cookies["tocsin-language"] == "zh-CN"


def test_a_note_that_is_not_kept_stands_in_its_form_again_unless_it_seems_to_name_a_person(fresh: Town) -> None:
    officer, place = fresh.as_role("officer"), f"/city/{NAME}/handover/notes"
    named = officer.post(place, data={"desk": "east", "note": "call 13812345678"})
    assert (named.status_code, WORDS["identity"]["en"] in named.text, "1381234" in named.text) == (422, True, False)
    empty = officer.post(place, data={"desk": "east", "note": "  "})
    assert empty.status_code == 422
    assert officer.post(place, data={"desk": "nobody", "note": "x"}).status_code == 404


def test_the_page_of_a_hand_over_answers_as_the_interface_does(fresh: Town) -> None:
    """Not every trouble is one of a form."""
    officer, place = fresh.as_role("officer"), f"/city/{NAME}/handover"
    [turn] = hand_over(fresh, 1)
    for form, data, status in (
        ("notes", {"desk": "east", "note": " "}, 422),
        ("read", {"desk": "east", "turn": str(turn + 1)}, 404),
        ("read", {"desk": "nowhere", "turn": str(turn)}, 404),
    ):
        assert officer.post(f"{place}/{form}", data=data).status_code == status


def test_a_form_missed_with_a_time_that_is_none_keeps_what_was_written(fresh: Town) -> None:
    officer = fresh.as_role("officer")
    typed = {"area": "west", "category": "traffic", "time": "2126-01-01T00:00", "note": "two roads were shut"}
    page = officer.post(f"/city/{NAME}/missed", data=typed)
    assert page.status_code == 422
    assert "two roads were shut</textarea>" in page.text
    assert '<option value="west" selected>' in page.text
    assert 'value="2126-01-01T00:00"' in page.text


def test_both_cards_say_who_explains_whom_and_the_board_counts_them(fresh: Town) -> None:
    store, now = fresh.station.store, fresh.clock.now()
    signal = msgspec.structs.replace(fresh.alert.signal, alert="part", rule="other")
    part = msgspec.structs.replace(fresh.alert, id="part", signal=signal, duty=NOBODY)
    acts = (
        Act("first", now, desk="east", role="engine", rank=1),
        Act("hold", now, desk="east", role="explained", rank=1, by=fresh.alert.id, why="sum"),
    )
    for act in acts:
        part = moved_by(part, act)
    store.commit(Change(NAME, None, (part,), tuple(("part", act) for act in acts), was={"part": 0}))
    officer = fresh.as_role("officer")
    card = officer.get("/alert/part", params={"lang": "en"}).text
    assert f'<a href="/alert/{fresh.alert.id}"><b>East District</b>' in card
    assert "Without what is too much there, this one would not have spoken." in card
    assert "1 alert is held because this one explains it:" in officer.get(f"/alert/{fresh.alert.id}").text
    assert "1 of them explained by another alert" in officer.get("/").text
    told = officer.get(f"{fresh.base}/alerts/part").json()["duty"]
    assert told["explained_by"] == fresh.alert.id
    moves = officer.get(f"{fresh.base}/alerts/part/moves").json()["moves"]
    assert [(one["verb"], one["by"], one["why"]) for one in moves][1:] == [("hold", fresh.alert.id, "sum")]
