"""Journey D5: a matter accepted on a Friday before a holiday is warned of by the calendar, extended, asked about again
and again, and answered; the desk reads an office and an area, never the matter or who asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.conftest import PHONE
from tests.browser.paced import Paced, ms, paced
from tests.browser.test_desk import faults
from tests.streams.town import make_town

pytestmark = [pytest.mark.timeout(600), pytest.mark.browser, pytest.mark.xdist_group("browser")]

PETITIONS: Final = """\
names: {en: Petitions, zh-CN: 群众诉求}
kind: petition
comes: {push: true}
format: contract
offices: [works]
stages: [filed, accepted, extended, replied]
silence: false
"""
CATEGORIES: Final = """\
levels: [all, kind, service]
categories:
  - {code: all, level: all, names: {en: Incident or petition, zh-CN: 警情与诉求}}
  - {code: incident, parent: all, level: kind, names: {en: Incident, zh-CN: 警情}}
  - {code: traffic, parent: incident, level: service, names: {en: Traffic, zh-CN: 交通}}
  - {code: petition, parent: all, level: kind, names: {en: Petition, zh-CN: 诉求}}
  - {code: lamps, parent: petition, level: service, names: {en: Street lamps, zh-CN: 路灯}}
"""
CALENDAR: Final = """\
holidays:
  2025-01-28: {en: Spring Festival, zh-CN: 春节}
  2025-01-29: {en: Spring Festival, zh-CN: 春节}
  2025-01-30: {en: Spring Festival, zh-CN: 春节}
  2025-01-31: {en: Spring Festival, zh-CN: 春节}
  2025-02-01: {en: Spring Festival, zh-CN: 春节}
  2025-02-02: {en: Spring Festival, zh-CN: 春节}
  2025-02-03: {en: Spring Festival, zh-CN: 春节}
  2025-02-04: {en: Spring Festival, zh-CN: 春节}
workdays:
  2025-01-26: {en: Make-up working day, zh-CN: 春节调休上班}
  2025-02-08: {en: Make-up working day, zh-CN: 春节调休上班}
"""
DEADLINES: Final = """\
clocks:
  - {category: lamps, reply: 5 working days, reply_from: acceptance, extension: 1 working day}
"""
DESKS: Final = """\
desks:
  - id: city
    names: {en: City desk, zh-CN: 市值班台}
    areas: [newcity]
    categories: [all]
    channels: [console]
"""
RULE: Final = """\
id: %s
names: %s
counts: {kind: petition, category: petition}
matters: %s
areas: district
step: 1h
colours: {yellow: 1}
owner: hotline of the city
review: 2027-06-30
guidance: {en: Call the office., zh-CN: 联系承办部门。}
"""
AGAIN: Final = "{rule: repeat, contacts: 3, within: 30d, ends_with: [replied]}"
MATTER: Final = "lamp 2025-0042"


def village(folder: Path) -> Path:
    city = make_town(folder, petitions=PETITIONS)
    for name, text in (
        ("categories", CATEGORIES), ("calendar", CALENDAR), ("deadlines", DEADLINES), ("desks", DESKS),
        ("rules/late", RULE % ("late", "{en: Late answers, zh-CN: 逾期未答复}", "{rule: deadline, warn_at: 20}")),
        ("rules/again", RULE % ("again", "{en: Asked again, zh-CN: 反复来件}", AGAIN)),
    ):  # fmt: skip
        (city / f"{name}.yaml").write_text(text, encoding="utf-8")
    return city


def step(at: str, stage: str, number: int) -> dict[str, Any]:
    """A step of the matter, as the feed tells it."""
    return {
        "id": f"step {number}", "source": "hotline", "kind": "petition", "category": "lamps", "area": "east",
        "occurred_at": f"{at.replace(' ', 'T')}:00+08:00", "stage": stage, "matter": MATTER, "office": "works",
    }  # fmt: skip


def figure(page: Page, name: str) -> Locator:
    """What the card says under a name, of an office and area."""
    figures = page.locator("section[aria-labelledby=e-counted] .figures div")
    return figures.filter(has=page.get_by_text(name, exact=True)).locator("dd")


def names_no_matter(town: Paced, page: Page) -> None:
    """Neither the page nor anything that is kept knows what the matter is called."""
    assert MATTER not in page.content()
    kept = [path for path in town.data.rglob("*") if path.is_file()]
    assert not [path.name for path in kept if MATTER.encode() in path.read_bytes()]


def test_a_late_reply_on_a_matter_is_warned_of_extended_asked_for_again_and_cleared(
    browser: Browser, tmp_path: Path
) -> None:
    with paced(village(tmp_path / "town"), tmp_path / "var", "2025-01-24 08:00") as town:
        # Accepted on the Friday before the festival. Sunday 26 makes up for a day of it; so five working days are
        # 26 and 27 January, 5, 6 and 7 February.
        town.send("petitions", [step("2025-01-24 09:00", "filed", 1), step("2025-01-24 15:00", "accepted", 2)])
        town.pass_until("2025-02-06 23:00")
        assert not town.told("late")
        # A fifth of five days is left when the fifth begins.
        town.pass_until("2025-02-07 00:00")
        [late] = town.told("late")
        page = town.page(browser, "2001", "officer")
        page.goto(f"{town.address}/")
        row = page.get_by_role("link", name="East District")
        expect(row).to_have_count(1)
        expect(page.locator("main")).to_contain_text("Late answers: works")
        row.press("Enter")
        # The office and the area stand there, and how many; no matter, and nobody who asked.
        expect(figure(page, "Office")).to_have_text("works")
        expect(page.locator("h1")).to_contain_text("East District")
        expect(figure(page, "Due soon")).to_have_text("1")
        expect(figure(page, "Next due")).to_contain_text("Feb 8")
        names_no_matter(town, page)
        assert faults(page) == []
        page.context.close()  # nobody stays logged in for so long
        # On the evening of the last day one more is granted: Saturday 8, which works. A fifth of six days is left from
        # 19:12 of the fifth on, so the warning stands, and says another day.
        town.pass_until("2025-02-07 20:30")
        page = town.page(browser, "2001", "officer")
        page.goto(f"{town.address}/alert/{late.id}")
        expect(figure(page, "Next due")).to_contain_text("Feb 8")
        town.send("petitions", [step("2025-02-07 20:40", "extended", 3)])
        town.pass_until("2025-02-07 21:00")
        expect(figure(page, "Next due")).to_contain_text("Feb 9")
        assert [one.id for one in town.told("late")] == [late.id]
        # Asked for the second and the third time.
        town.send("petitions", [step("2025-02-07 22:00", "filed", 4)])
        town.pass_until("2025-02-07 23:00")
        assert not town.told("again")
        town.send("petitions", [step("2025-02-08 09:30", "filed", 5)])
        town.pass_until("2025-02-08 10:00")
        [again] = town.told("again")
        page.context.close()
        page = town.page(browser, "2001", "officer", PHONE, "zh-CN")
        page.goto(f"{town.address}/alert/{again.id}")
        expect(page.locator("main")).to_contain_text("反复来件")
        expect(figure(page, "承办部门")).to_have_text("works")
        names_no_matter(town, page)
        assert faults(page) == []
        page.goto(f"{town.address}/")
        expect(page.get_by_role("link", name="东区")).to_have_count(2)
        # The reply is recorded: both clear.
        town.send("petitions", [step("2025-02-08 10:20", "replied", 6)])
        town.pass_until("2025-02-08 11:00")
        expect(page.locator("main")).to_contain_text("近 8 小时已解除（2）")
        assert {one.id: one.state for one in (*town.told("late"), *town.told("again"))} == {
            late.id: "over", again.id: "over",
        }  # fmt: skip
        page.context.close()
        page = town.page(browser, "2001", "officer")
        for alert in (late, again):
            page.goto(f"{town.address}/alert/{alert.id}")
            expect(page.locator("main")).to_contain_text("Over since")
        assert ms("2025-02-09 00:00") > town.clock.now(), "before it was due by any calendar but this one"
        page.context.close()
