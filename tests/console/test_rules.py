"""The page of rules: what each is worth, what waits, and who may stop one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from alerts.access.roles import Who
from alerts.api.rule_door import RuleDoor
from alerts.console.naming import Names
from alerts.console.ruling import rule_figures
from alerts.console.source import City
from alerts.console.speech import Speech
from alerts.workshop import Standing
from tests.access.crowds import closed, counted
from tests.access.guarded import NAME, Town
from tests.console.reading import read

PAGE = f"/city/{NAME}/rules"
STOPS = f"{PAGE}/many-calls/orders"


def row(page: str, rule: str) -> str:
    """The text of a rule's row."""
    return read(page.split(f'<tr id="rule-{rule}"')[1].split("</tr>", maxsplit=1)[0]).text


def test_a_rule_shows_owner_version_outcomes_its_noise_and_what_to_do_about_it(fresh: Town) -> None:
    for n in range(12):
        closed(fresh, f"n{n}", "not_real" if n % 3 else "expected", area="east" if n < 9 else "west")
    closed(fresh, "long-ago", "not_real", ago=91 * 24 * 3_600_000)
    page = fresh.as_role("viewer").get(PAGE).text
    told = row(page, "many-calls")
    version = next(rule.version for rule in fresh.station.board.city().book.rules if rule.id == "many-calls")
    for words in (
        version,
        "traffic operations",
        "no review date",
        "13",
        "noise rank 1",
        "in force",
        "promises nothing",
    ):
        assert words in told
    assert "4 expected, 8 not real, 1 no outcome yet" in page
    assert "None of its alerts was ever confirmed: retire it?" in page
    assert page.index("East District") < page.index("West District")  # of the ten noisiest
    assert "<form" not in page.split('id="h-rules"')[1]  # behind the header


def test_alerts_are_those_of_the_citys_last_days_whatever_the_clock_of_the_desk_says(fresh: Town) -> None:
    """As where a past year is played: its alerts are a year old for the desk, and of just now for the city."""
    later = replace(fresh.station.duty, now=lambda: fresh.clock.now() + 400 * 24 * 3_600_000)
    assert [one.id for one in RuleDoor(later, Who("1001", ("operator",), None)).told("many-calls")] == [fresh.alert.id]


def test_what_came_near_is_counted_by_area_and_cut_to_what_may_be_seen(fresh: Town) -> None:
    now = fresh.clock.now()
    rows = [counted("west", now, rule="traffic-surge"), counted("east", now, rule="traffic-surge")]
    fresh.station.store.put_counts(NAME, rows)
    page = fresh.as_role("viewer").get(PAGE).text
    assert "2 areas within 10 % of speaking" in page
    assert "2 areas came near" in row(page, "traffic-surge")
    assert "<b>19</b> counted, limit 20" in page
    part = fresh.as_role("viewer", areas=("west",), number="1006").get(PAGE).text
    assert "1 area within 10 % of speaking" in part
    assert "East District" not in part


def test_an_operator_stops_a_rule_and_a_second_account_reviews_it(fresh: Town) -> None:
    operator = fresh.as_role("operator")
    assert operator.post(STOPS, data={"verb": "stop", "reason": "road works"}).headers["location"] == PAGE
    page = operator.get(PAGE).text
    assert "stopped by hand" in row(page, "many-calls")
    assert "under review" in row(page, "many-calls")
    assert "by you" in page
    assert "1 stopped" in page
    [owed] = fresh.station.workshop.standing().unreviewed
    assert (owed.by, owed.reason, owed.rule) == ("1001", "road works", "many-calls")
    review = f"/city/{NAME}/orders/{owed.id}/review"
    assert "said=order_own" in operator.post(review, data={"reason": "fine"}).headers["location"]
    second = fresh.as_role("supervisor", number="1002")
    assert owed.id in second.get(PAGE).text
    assert second.post(review, data={"reason": "saw the road works"}).headers["location"] == PAGE
    assert fresh.station.workshop.standing().unreviewed == ()
    assert "said=order_gone" in second.post(review, data={"reason": "again"}).headers["location"]
    assert operator.post(STOPS, data={"verb": "start", "reason": "done"}).headers["location"] == PAGE
    assert "in force" in row(operator.get(PAGE).text, "many-calls")
    kinds = [(link.verb, link.alert) for link in fresh.station.store.links() if link.verb == "ordered"]
    assert len(kinds) == 3  # stop, review, start: all in the chain


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"verb": "stop", "reason": " "}, "reason_missing"),
        ({"verb": "stop", "reason": "x" * 201}, "reason_long"),
        ({"verb": "stop", "reason": "call 13800138000"}, "identity"),
        ({"verb": "pause", "reason": "road works"}, "wrong_form"),
    ],
)
def test_what_is_wrong_with_an_order_is_said_and_nothing_is_done(town: Town, form: dict[str, str], said: str) -> None:
    operator = town.as_role("operator")
    back = operator.post(STOPS, data=form).headers["location"]
    assert back == f"{PAGE}?said={said}"
    assert "13800138000" not in operator.get(back).text
    assert town.station.workshop.standing().stopped == {}
    assert operator.post(f"{PAGE}/no-rule/orders", data={"verb": "stop", "reason": "why"}).headers["location"] == (
        f"{PAGE}?said=rule_gone"
    )


def test_who_sees_a_part_of_the_city_sees_figures_of_it_and_changes_nothing(fresh: Town) -> None:
    for n in range(3):
        closed(fresh, f"e{n}", "not_real", area="east")
        closed(fresh, f"w{n}", "not_real", area="west")
    part = fresh.as_role("operator", areas=("west",), number="1003")
    page = part.get(PAGE).text
    assert "Figures are of the areas that you see." in page
    assert "East District" not in page
    assert "<form" not in page.split('id="h-rules"')[1]  # behind the header
    assert "said=unknown" in part.post(STOPS, data={"verb": "stop", "reason": "why"}).headers["location"]
    assert fresh.station.workshop.standing().stopped == {}


def test_a_review_date_that_has_passed_wants_a_decision(town: Town) -> None:
    book = town.station.board.city().book
    standing = Standing(reviews={"many-calls": date(2026, 1, 1), "traffic-surge": date(2027, 6, 30)})
    names = Names(City(book), Speech("en", ZoneInfo(book.calendar.zone)))
    figures = rule_figures([], standing, [], names, 90, date(2026, 11, 28))
    assert [(one.rule, one.overdue) for one in figures.decisions] == [("many-calls", date(2026, 1, 1))]
    assert [row.id for row in figures.rows if row.overdue] == ["many-calls"]


def test_a_change_is_written_checked_published_and_approved_by_forms_alone(fresh: Town) -> None:
    """As without scripts: plain forms, each answered with a page."""
    operator, second = fresh.as_role("operator"), fresh.as_role("operator", number="1002")
    rule = f"{PAGE}/many-calls"
    text = fresh.station.workshop.drafting.texts("many-calls").rule
    assert "as it runs" in operator.get(rule).text
    back = operator.post(f"{rule}/draft", data={"text": text.replace("n: 5", "n: five"), "seen": ""})
    assert back.headers["location"] == rule
    page = operator.get(rule).text
    assert "Line 5, column 45." in page
    assert "<mark>five}}</mark>" in page
    assert "Publish</button>" not in page
    seen = page.split('name="seen" value="')[1].split('"', maxsplit=1)[0]
    again = operator.post(f"{rule}/draft", data={"text": text.replace("n: 5", "n: 9"), "seen": "old"})
    assert again.status_code == 409
    assert "n: 9" in again.text  # what was typed is not lost
    assert operator.post(f"{rule}/draft", data={"text": text.replace("n: 5", "n: 9"), "seen": seen}).status_code == 303
    page = operator.get(rule).text
    assert "No problem in the text" in page
    seen = page.split('name="seen" value="')[1].split('"', maxsplit=1)[0]
    release = operator.post(f"{rule}/publish", data={"seen": seen, "reason": "too loud"}).headers["location"]
    assert "Approve, put in force" not in operator.get(release).text
    assert "said=release_own" in operator.post(f"{release}/approve", data={"reason": "mine"}).headers["location"]
    assert "n: 9" in second.get(release).text
    assert "published by you <span" in operator.get(release).text  # a blank between who and when
    assert second.post(f"{release}/approve", data={"reason": "looked at it"}).headers["location"] == release
    assert [r.detector.parameters for r in fresh.station.board.city().book.rules if r.id == "many-calls"] == [
        {"n": 9.0}
    ]
    assert "as it runs" in operator.get(rule).text
    assert "said=release_changed" in operator.post(f"/city/{NAME}/releases", data={"reason": "y"}).headers["location"]
    gone = {"seen": release.rpartition("/")[2], "reason": "why"}
    assert f'name="seen" value="{gone["seen"]}"' in operator.get(PAGE).text
    assert "said=release_first" in operator.post(f"/city/{NAME}/releases", data=gone).headers["location"]


@pytest.mark.parametrize("words", ["Call 13800138000, the traffic", "}\n13800138000: call\nnames: {en: Call"])
def test_a_text_that_names_a_person_is_not_kept_and_not_shown_again(town: Town, words: str) -> None:
    operator = town.as_role("operator")
    text = town.station.workshop.drafting.texts("many-calls").rule.replace("Call the traffic", words)
    answer = operator.post(f"{PAGE}/many-calls/draft", data={"text": text, "seen": ""})
    assert answer.status_code == 422
    assert "13800138000" not in answer.text
    assert town.station.workshop.drafting.drafts() == []


def test_a_new_rule_is_not_called_by_the_number_of_a_person(town: Town) -> None:
    answer = town.as_role("operator").post(PAGE, data={"rule": "13800138000", "copied": "many-calls"})
    assert answer.headers["location"] == f"{PAGE}?said=identity"
    assert town.station.workshop.drafting.drafts() == []


def test_the_longest_text_passes_the_gate_in_any_script_and_one_that_is_longer_is_shown_again(fresh: Town) -> None:
    operator = fresh.as_role("operator")
    text = fresh.station.workshop.drafting.texts("many-calls").rule
    long = text + "# " + "道" * (20_000 - len(text) - 3) + "\n"
    assert (
        operator.post(f"{PAGE}/many-calls/draft", data={"text": long, "cases": "# " + "道" * 19_900}).status_code == 303
    )
    draft = fresh.station.workshop.drafting.draft("many-calls")
    assert draft is not None
    assert draft.texts.rule == long
    answer = operator.post(f"{PAGE}/many-calls/draft", data={"text": f"{long}#", "seen": draft.stamp})
    assert answer.status_code == 409
    assert "at most 20,000 characters" in answer.text


def test_the_text_of_a_rule_is_for_who_sees_the_whole_city(town: Town) -> None:
    part, whole = town.as_role("operator", areas=("west",), number="1004"), town.as_role("viewer", number="1005")
    for path in (f"{PAGE}/many-calls", f"/city/{NAME}/releases/none", f"{PAGE}/no-rule", f"{PAGE}/%2e%2e"):
        assert part.get(path).status_code == 404
    assert whole.get(f"{PAGE}/many-calls").status_code == 200
    assert "<form" not in whole.get(f"{PAGE}/many-calls").text.split('class="rule-page"')[1]
    for path, form in (
        ("many-calls/draft", {"text": "id: many-calls", "seen": ""}),
        ("many-calls/overrides", {"area": "west", "rarer": "2", "reason": "why"}),
        ("many-calls/publish", {"seen": "", "reason": "why"}),
    ):
        answer = part.post(f"{PAGE}/{path}", data=form)
        assert answer.status_code == 404 or "said=unknown" in answer.headers["location"]
    assert town.station.workshop.drafting.drafts() == []


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"area": "nowhere", "rarer": "2", "reason": "why"}, "wrong_form"),
        ({"area": "east", "rarer": "nan", "reason": "why"}, "wrong_form"),
        ({"area": "east", "at_least": "-1", "reason": "why"}, "wrong_form"),
        ({"area": "east", "reason": "why"}, "override_empty"),
        ({"area": "east", "rarer": "2"}, "reason_missing"),
        ({"area": "east", "act": "lift"}, "override_gone"),
    ],
)
def test_what_is_wrong_with_an_override_is_said_and_no_draft_is_made(
    town: Town, form: dict[str, str], said: str
) -> None:
    answer = town.as_role("operator").post(f"{PAGE}/many-calls/overrides", data=form)
    assert answer.headers["location"] == f"{PAGE}/many-calls?said={said}"
    assert town.station.workshop.drafting.drafts() == []
