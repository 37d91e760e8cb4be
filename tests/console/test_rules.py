"""The page of rules: what each is worth, what waits, and who may stop one."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from alerts.console.naming import Names
from alerts.console.ruling import rule_figures
from alerts.console.source import City
from alerts.console.speech import Speech
from alerts.workshop import Standing
from tests.access.crowds import closed
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
    figures = rule_figures([], standing, names, 90, date(2026, 11, 28))
    assert [(one.rule, one.overdue) for one in figures.decisions] == [("many-calls", date(2026, 1, 1))]
    assert [row.id for row in figures.rows if row.overdue] == ["many-calls"]
