"""An operator's journey in a browser: a new rule from a template to the version on its first alert."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.testclient import TestClient

from alerts.access.gate import COOKIE
from alerts.alert import Alert
from alerts.duty import Act, Outcome
from tests.access.guarded import NAME, Town
from tests.browser.conftest import DESK, PHONE
from tests.browser.test_desk import Served, faults, opened, served_town
from tests.streams.town import event

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

TRIED_MS: Final = 180_000
"""A trial starts an interpreter, and waits its turn on a busy machine."""
MINUTE: Final = 60_000
HOUR: Final = 3_600_000
CASES: Final = """\
cases:
  - name: seven calls within the hour are told
    series:
      - {area: west, category: traffic, every: 1h, counts: 7, from: 6h}
    expect:
      - alerts: 1
  - name: six are not
    series:
      - {area: west, category: traffic, every: 1h, counts: 6, from: 6h}
    expect:
      - quiet: true
"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_town(tmp_path) as found:
        yield found


def as_operator(
    browser: Browser, served: Served, number: str, size: tuple[int, int] = DESK, language: str = "en"
) -> Page:
    """A page of an operator who has logged in."""
    town = served.town
    town.account(number, "operator")
    token = town.accounts.begin(number, "session", town.clock.now())
    page = opened(browser, size, language, dark=size == PHONE)
    page.context.add_cookies([{"name": COOKIE, "value": token, "url": served.address}])
    return page


def pushed(town: Town, name: str, area: str, count: int, into: str) -> None:
    """So many calls of the last minute, from a feed's token on this machine."""
    at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(town.clock.now() // 1000 - 30))
    found = [event(f"{name} {n}", area=area, occurred_at=at) for n in range(count)]
    sender = TestClient(town.guarded.app, base_url=into, client=("127.0.0.1", 5))
    answer = sender.post("/v1/events", json=found)
    assert answer.status_code < 300, answer.text


def until(done: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


def spoke(town: Town, rule: str) -> list[Alert]:
    """What was told by a rule and is no more than begun."""
    return [alert for alert in town.station.store.final() if alert.signal.rule == rule and alert.announced_at]


def test_a_new_rule_is_begun_checked_tried_and_approved_and_its_version_stands_on_the_next_alert(
    browser: Browser, served: Served
) -> None:
    """Journey O1; its trial in shadow has a test of its own."""
    town = served.town
    page = as_operator(browser, served, "1001")
    page.goto(f"{served.address}/city/{NAME}/rules")
    page.get_by_label("Its id").fill("seven-calls")
    page.get_by_label("Begin with the text of").select_option("many-calls")
    page.get_by_role("button", name="Begin a draft").press("Enter")
    note = page.locator(".code .note.error").first
    expect(note).to_contain_text("Line 1, column 5.")
    expect(note).to_contain_text("judges just what rules/many-calls.yaml judges")
    text = page.locator("textarea[name=text]")
    text.fill(text.input_value().replace("n: 5", "n: 7"))
    page.locator("textarea[name=cases]").fill(CASES)
    page.get_by_role("button", name="Save the draft and check it").press("Enter")
    expect(page.locator(".gate")).to_contain_text("No problem in the text")
    expect(page.locator(".code .note")).to_have_count(0)
    page.locator("select[name=past]").select_option("stored")
    page.get_by_role("button", name="Try its cases, and the past").press("Enter")
    expect(page.locator("#trial")).to_contain_text("2 cases: all as expected", timeout=TRIED_MS)
    expect(page.locator("#trial .figures")).to_contain_text("were 0")
    expect(page.locator(".gate")).to_contain_text("Tried on the past, cases as expected")
    assert faults(page) == []
    page.get_by_label("Why, for who approves it").fill("the roads office acts from seven calls on")
    page.get_by_role("button", name="Publish").press("Enter")
    expect(page).to_have_url(re.compile("/releases/"))
    expect(page.locator(".difference")).to_contain_text("+id: seven-calls")
    expect(page.get_by_text("You published it: another account has to approve it.")).to_be_visible()
    second = as_operator(browser, served, "1002", PHONE, "zh-CN")
    second.goto(page.url)
    assert faults(second) == []
    second.get_by_label("您查看了什么").fill("看过差异与用例")
    second.get_by_role("button", name="批准并生效").press("Enter")
    expect(second.locator("ol")).to_contain_text("生效中")
    version = next(rule.version for rule in town.station.board.city().book.rules if rule.id == "seven-calls")
    town.clock.at += 90 * MINUTE  # beyond the window, and not beyond a session that nobody uses
    until(lambda: town.station.board.now() >= town.clock.now() - MINUTE)
    pushed(town, "crash", "west", 8, served.address)
    until(lambda: bool(spoke(town, "seven-calls")))
    page.goto(f"{served.address}/alert/{spoke(town, 'seven-calls')[0].id}")
    expect(page.locator("main")).to_contain_text(version)
    for one in (page, second):
        one.context.close()


def told(town: Town, name: str, area: str, count: int, outcome: Outcome, into: str) -> None:
    """A spike three hours on, told and closed by an officer."""
    town.clock.at += 3 * HOUR
    until(lambda: town.station.board.now() >= town.clock.now() - MINUTE)
    known = {alert.id for alert in spoke(town, "many-calls")}
    pushed(town, name, area, count, into)
    until(lambda: {alert.id for alert in spoke(town, "many-calls")} > known)
    [fresh] = [alert for alert in spoke(town, "many-calls") if alert.id not in known]
    close = Act("close", town.clock.now(), account="2001", desk="city", role="officer", outcome=outcome, why="seen")
    assert town.station.acting.by_hand(fresh.id, close) is not None
