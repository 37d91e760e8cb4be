"""A candidate in a browser: begun from a draft on the page of its rule, heard by nobody, read beside what was told
and found, and promoted by a second account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.access.guarded import NAME, Town
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_desk import Served, faults, served_town
from tests.browser.test_rules import HOUR, MINUTE, as_operator, pushed, spoke, told, until

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

RULE: Final = f"/city/{NAME}/rules/many-calls"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_town(tmp_path) as found:
        yield found


def said_in_shadow(town: Town) -> int:
    return sum(len(one.ours) for one in town.station.workshop.shadowing.shadows())


def row(page: Page) -> list[str]:
    """The newest week: told, in shadow, the same."""
    return page.locator("#shadow tbody tr").first.locator("td").all_inner_texts()[:3]


def test_a_draft_judges_in_shadow_for_some_alerts_and_a_second_account_promotes_what_it_was_worth(
    browser: Browser, served: Served
) -> None:
    """The shadow of journey O1."""
    town, into = served.town, served.address
    page = as_operator(browser, served, "1001")
    page.goto(into + RULE)
    page.locator("#edit summary").press("Enter")
    text = page.locator("textarea[name=text]")
    text.fill(text.input_value().replace("n: 5", "n: 4"))
    page.get_by_role("button", name="Save the draft and check it").press("Enter")
    page.locator("#begin-shadow summary").press("Enter")
    page.locator("#begin-shadow").get_by_label("Reason, kept in the log").fill("four calls may be enough")
    page.get_by_role("button", name="Let it judge in shadow").press("Enter")
    expect(page.locator("#shadow")).to_contain_text("four calls may be enough")
    told(town, "pile-up", "west", 8, "confirmed", into)
    town.clock.at += 3 * HOUR
    until(lambda: town.station.board.now() >= town.clock.now() - MINUTE)
    before = {alert.id for alert in spoke(town, "many-calls")}
    pushed(town, "fender", "east", 4, into)
    until(lambda: said_in_shadow(town) >= 2)
    assert {alert.id for alert in spoke(town, "many-calls")} == before, "nobody hears of a shadow"
    page.context.close()  # nobody stays logged in for so long
    page = as_operator(browser, served, "1001")
    page.goto(into + RULE)
    expect(page.locator("#shadow")).to_contain_text("You began it: another account has to promote it.")
    assert faults(page) == []
    for size, language in ((PHONE, "zh-CN"), (DESK, "zh-CN"), (PHONE, "en")):
        second = as_operator(browser, served, "1002", size, language)
        second.goto(into + RULE)
        second.locator("#shadow summary", has_text="1").press("Enter")
        assert faults(second) == []
        wide = second.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{wide} px wider than the screen"
        if size != PHONE or language != "en":
            second.context.close()
    second.locator("#promote summary").press("Enter")
    told_then, in_shadow, same = row(second)
    assert (told_then, in_shadow, same.split()[0]) == ("2", "2", "1"), "one ran when the shadow began"
    expect(second.locator("#shadow")).to_contain_text("1 new alert, which nobody has judged")
    expect(second.locator("#shadow")).to_contain_text("East District")
    second.get_by_label("What you looked at").fill("its first day")
    second.get_by_label("It has not had its shifts: why it cannot wait").fill("the fair begins")
    second.get_by_role("button", name="Promote, put in force").press("Enter")
    expect(second).to_have_url(re.compile("/releases/"))
    expect(second.locator("ol")).to_contain_text("in force")
    until(lambda: len(spoke(town, "many-calls")) > len(before))  # what it has running is told now
    [arrived] = [alert for alert in spoke(town, "many-calls") if alert.id not in before]
    rule = next(one for one in town.station.board.city().book.rules if one.id == "many-calls")
    assert (arrived.signal.area, arrived.signal.rule_version) == ("east", rule.version)
    second.goto(into + RULE)
    expect(second.locator("#shadow")).to_have_count(0)
    for one in (page, second):
        one.context.close()
