"""Journey D3 with nothing made up but the robot and the clock: thousands of alerts within minutes, a desk that hears of
as many as its budget holds and of those of the top rank, and pages on which every other one is found."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.access.guarded import NAME
from tests.alerts.robots import DingTalkRobot
from tests.browser.conftest import DESK
from tests.browser.stormy import BEGUN, Size, Storm, storm_over
from tests.browser.test_desk import opened
from tests.browser.test_night import log_in, waited

pytestmark = [pytest.mark.timeout(600), pytest.mark.browser, pytest.mark.xdist_group("browser")]

SECRET: Final = "SEC0123456789"
SMALL: Final = Size(districts=4, townships=26, rules=4, minutes=1, budget=3)
FULL: Final = Size(districts=5, townships=25, rules=40, minutes=10, budget=12)
TOP: Final = 3
SHIFT_MS: Final = 20 * 60_000
FLOODS: Final = (5, 50, 500, 5_000)


@pytest.mark.parametrize(
    "size", [SMALL, pytest.param(FULL, marks=[pytest.mark.nightly, pytest.mark.timeout(3_600)])], ids=["416", "5000"]
)
def test_a_storm_reaches_its_desk_as_a_few_alerts_and_every_other_is_found_on_its_pages(
    size: Size, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = [BEGUN]
    with DingTalkRobot(SECRET.encode(), clock=lambda: at[0]) as robot:
        monkeypatch.setenv("TOCSIN_SECRET_ROBOT_HOOK", robot.hook)
        monkeypatch.setenv("TOCSIN_SECRET_ROBOT_SIGN", SECRET)
        with storm_over(tmp_path, size, at) as storm:
            officer = opened(browser, DESK, "en", dark=False)
            log_in(officer, storm.address, "1001", lambda: at[0] / 1000)
            storm.break_out()
            waited(lambda: not any(owed.pending for owed in storm.station.store.backlog()))
            told(robot, size)
            held = size.alerts - size.budget - TOP
            ranked(officer, storm, held)
            one_area(officer, storm, robot)
            digest(officer, storm, held - 1)
            officer.context.close()
        assert robot.refused == []
        assert robot.most <= 20


def told(robot: DingTalkRobot, size: Size) -> None:
    """The desk has its budget and the top rank, each by itself or as a line of a digest; beside that it was told how
    much is held at each step of a flood, and once a list of what that is."""
    lines = [line for _, text in robot.heard for line in alerts_in(text)]
    colours = Counter(line.split("预警")[0] for line in lines if re.match("(红|橙|黄)色预警：", line))
    assert sum(colours.values()) == size.budget + TOP
    assert colours["红色"] == TOP
    about = [line for line in lines if not re.match("(红|橙|黄)色预警：", line)]
    floods = [line for line in about if line.startswith("预警激增：")]
    assert len(floods) == sum(step <= size.alerts - size.budget - TOP for step in FLOODS)
    assert len(about) - len(floods) == int(size.minutes > 5), about


def alerts_in(text: str) -> list[str]:
    """The title of each notice that a message carries."""
    lines = text.splitlines()
    return lines[1:] if lines[0].startswith("汇总") else lines[:1]


def ranked(officer: Page, storm: Storm, held: int) -> None:
    officer.goto(f"{storm.address}/city/{NAME}/held")
    expect(officer.locator("h1 + p")).to_contain_text(f"{held} alerts are held")
    groups = officer.locator(".held-groups > li > details > summary")
    expect(groups).to_have_count(storm.size.districts)
    assert sum(count(text) for text in groups.locator(".more").all_inner_texts()) == held
    assert all("Orange" in text for text in groups.all_inner_texts())
    first = officer.locator(".held-groups > li").first
    expect(first.locator(".sheet-rows")).to_be_hidden()  # of a storm the overview first
    first.locator("summary").press("Enter")
    expect(first.locator(".sheet-rows")).to_be_visible()
    ranks = officer.locator(".held-groups > li:first-child .sheet-rows a b").all_inner_texts()
    assert ranks == sorted(ranks, key=lambda words: not words.startswith("Orange"))
    assert len(ranks) == 50


def one_area(officer: Page, storm: Storm, robot: DingTalkRobot) -> None:
    """Opens the second district, looks at it alone, and lets its gravest alert out: the desk is told of that one."""
    second = officer.locator(".held-groups > li").nth(1)
    name = second.locator("summary b").inner_text()
    within = count(second.locator("summary .more").inner_text())
    expect(second.locator(".sheet-rows")).to_be_hidden()
    second.locator("summary").press("Enter")
    expect(second.locator(".sheet-rows")).to_be_visible()
    second.get_by_role("link", name="This area alone").press("Enter")
    expect(officer.locator("h1 + p")).to_contain_text(f"Only {name} and what lies below it.")
    expect(officer.locator("h1 + p")).to_contain_text(f"{within} alerts are held")
    groups = officer.locator(".held-groups > li")
    assert sum(count(text) for text in groups.locator("summary .more").all_inner_texts()) == within
    if not groups.first.locator(".sheet-rows").is_visible():  # what lies below it is many again
        groups.first.locator("summary").press("Enter")
    expect(groups.first.locator(".sheet-rows")).to_be_visible()
    before, where = len(robot.heard), groups.first.locator(".sheet-rows a b").first.inner_text()
    groups.first.get_by_role("button", name="Let out: ").first.press("Enter")
    expect(officer.locator("h1 + p")).to_contain_text(
        f"{storm.size.alerts - storm.size.budget - TOP - 1} alerts are held"
    )
    storm.pass_time(60)
    waited(lambda: len(robot.heard) > before)
    assert where.startswith("Orange, ")
    assert any(line.startswith("橙色预警：") for _, text in robot.heard[before:] for line in alerts_in(text))


def digest(officer: Page, storm: Storm, held: int) -> None:
    """At the change of shift: each alert is open, taken or in one group of what is held; the new turn confirms."""
    while storm.clock.now() < BEGUN + SHIFT_MS:
        storm.pass_time(120)
    officer.goto(f"{storm.address}/city/{NAME}/handover?desk=city")
    tally = dict(
        zip(
            officer.locator(".tally dt").all_inner_texts(),
            map(count, officer.locator(".tally dd").all_inner_texts()),
            strict=True,
        )
    )
    assert tally["Open"] + tally["Taken"] + tally["Held"] == storm.size.alerts
    assert tally["Held"] == held
    rows = officer.locator("section[aria-labelledby=h-held] tbody tr")
    expect(rows).to_have_count(storm.size.districts)
    assert sum(count(text) for text in rows.locator("td.num").all_inner_texts()) == held
    expect(officer.locator("#reading")).to_contain_text("Not yet read by the incoming turn.")
    officer.get_by_role("button", name="We have read this").press("Enter")
    expect(officer.locator("#reading")).to_contain_text("Read at")


def count(words: str) -> int:
    """The number that words begin with: "1,234 held"."""
    return int(words.split(maxsplit=1)[0].replace(",", ""))
