"""Journey O2: a rule that is too noisy in one area is overridden there on the evidence of what officers found, is
released, read again a week later, and gone back from; nothing that it knew is lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect
from typer.testing import CliRunner

from alerts.duty import Act, Outcome
from streams.cli import app
from tests.access.guarded import DESKS
from tests.browser.conftest import PHONE
from tests.browser.paced import Paced, paced
from tests.browser.test_desk import faults
from tests.streams.town import NAME, event, make_town

pytestmark = [pytest.mark.timeout(1500), pytest.mark.browser, pytest.mark.xdist_group("browser")]

TRIED_MS: Final = 600_000
"""A trial starts an interpreter, and waits its turn on a busy machine."""
HOUR: Final = 3_600_000
DAY: Final = 24 * HOUR
CALLS: Final = "kind: incident\ncomes: {push: true}\nformat: contract\nsilence: false\n"
DISTRICTS: Final = ("east", "west", "north", "south", "hills", "docks")
AREAS: Final = "code,parent,level,name.en,name.zh-CN\nnewcity,,city,New City,新城市\n" + "".join(
    f"{code},newcity,district,{code.title()} District,{name}\n"
    for code, name in zip(DISTRICTS, ("东区", "西区", "北区", "南区", "山区", "港区"), strict=True)
)
RULE: Final = """\
id: more-calls
counts: {kind: incident, category: traffic}
areas: district
window: 1h
step: 1h
detector: {kind: surprise}
false_alarms: 2 per month
at_least: 3
owner: traffic operations
guidance: {en: Call the traffic dispatcher., zh-CN: 联系交通调度。}
"""
BEGAN: Final = "2026-01-05 13:00"
LEARNS: Final = 16
MARKET: Final = ("east", 8, "not_real")
"""A market day in the east: eight calls at noon, and nothing behind them."""
PAST: Final[tuple[tuple[str, int, Outcome] | None, ...]] = (
    *(MARKET, None) * 6, ("east", 30, "confirmed"), None, *(MARKET, None) * 6, ("west", 10, "confirmed"),
    *(MARKET, None) * 6, ("north", 12, "confirmed"), None,
)  # fmt: skip
"""Day by day, what there was at noon."""
WEEK: Final[tuple[tuple[str, int, Outcome] | None, ...]] = (
    MARKET, ("west", 10, "confirmed"), MARKET, MARKET, ("east", 30, "confirmed"), MARKET, MARKET,
)  # fmt: skip


class Days:
    """The town's calls, day by day up to one o'clock: one an hour in each district, as chance has it, and more at noon
    of some days. Officers close what they are told of noon by what they found."""

    def __init__(self, town: Paced) -> None:
        self.town, self.dice, self.numbers = town, Random(7), count(1)

    def call(self, area: str, at: int) -> dict[str, Any]:
        return event(next(self.numbers), area=area, occurred_at=datetime.fromtimestamp(at / 1000, UTC).isoformat())

    def pass_one(self, noon: tuple[str, int, Outcome] | None) -> list[str]:
        """One day; the areas of what was told of its noon."""
        begins, known = self.town.clock.now(), {alert.id for alert in self.town.told("more-calls")}
        calls = [
            (begins + self.dice.randrange(DAY), area)
            for area in DISTRICTS
            for _ in range(24 + self.dice.randrange(-4, 5))
        ]
        area, many, outcome = noon or ("", 0, "not_real")
        calls += [(begins + DAY - HOUR + n * 60_000, area) for n in range(many)]
        self.town.send("calls", [self.call(area, at) for at, area in sorted(calls)])
        self.town.pass_until(begins + DAY)
        fresh = [alert for alert in self.town.told("more-calls") if alert.id not in known]
        for alert in (alert for alert in fresh if noon and alert.signal.area == area):
            self.close(alert.id, outcome)
        return [alert.signal.area for alert in fresh]

    def close(self, alert: str, outcome: Outcome) -> None:
        now = self.town.clock.now()
        close = Act("close", now, account="2001", desk="city", role="officer", outcome=outcome, why="seen")
        assert self.town.station.acting.by_hand(alert, close) is not None


def overridden(town: Paced) -> list[str]:
    rule = next(rule for rule in town.station.board.city().book.rules if rule.id == "more-calls")
    return [one.area for one in rule.overrides or ()]


def ran_before(town: Paced) -> None:
    """A release that the next one can be gone back from; it changes no judgement."""
    shop = town.station.workshop
    text = shop.drafting.texts("more-calls")
    draft = shop.drafting.keep("more-calls", type(text)(f"{text.rule}review: 2027-06-30\n", ""), "", "9000")
    shop.releasing.approve(shop.releasing.publish("more-calls", draft.stamp, "9000", "a day to look"), "9001", "fine")


def week(page: Page, row: int = 0) -> list[str]:
    """Told, confirmed, false, others, of the last seven days or of those `row` weeks before."""
    return page.locator("#weeks tbody tr").nth(row).locator("td").all_inner_texts()


def test_a_rule_too_noisy_in_one_area_is_overridden_there_and_a_week_confirms_it(
    browser: Browser, tmp_path: Path
) -> None:
    city, data = make_town(tmp_path / "town", calls=CALLS), tmp_path / "var"
    (city / "rules" / "more-calls.yaml").write_text(RULE, encoding="utf-8")
    (city / "areas.csv").write_text(AREAS, encoding="utf-8")
    (city / "desks.yaml").write_text(DESKS, encoding="utf-8")
    with paced(city, data, BEGAN) as town:
        days = Days(town)
        for _ in range(LEARNS):
            days.pass_one(None)
        for noon in PAST:
            assert days.pass_one(noon) == ([noon[0]] if noon else [])
        ran_before(town)
        # The ten noisiest: one area stands out.
        page = town.page(browser, "1001", "operator")
        page.goto(f"{town.address}/city/{NAME}/rules")
        noisiest = page.locator(".noisy li").first
        expect(noisiest).to_contain_text("East District")
        expect(noisiest.locator("b")).to_have_text("18")
        noisiest.get_by_role("link").press("Enter")
        # What officers found, area by area.
        areas = page.locator("section[aria-labelledby=h-worth] .noisy li")
        expect(areas).to_have_count(1)
        expect(areas.locator(".outcome")).to_have_attribute("aria-label", "1 confirmed, 18 not real")
        # An override there.
        expect(page.get_by_label("Area, with all below it")).to_have_value("east")
        page.get_by_label("Or never below so many events").fill("15")
        page.get_by_label("Reason, shown wherever the override is").fill("market days fill the ring road")
        page.get_by_role("button", name="Lay the override").press("Enter")
        expect(page.locator(".code .added").last).to_contain_text("at_least: 15, reason")
        # Against what officers found.
        page.locator("select[name=past]").select_option("stored")
        page.get_by_role("button", name="Try its cases, and the past").press("Enter")
        expect(page.locator("#false-dropped dd")).to_have_text("18 of 18", timeout=TRIED_MS)
        expect(page.locator("#confirmed-lost dd")).to_have_text("0 of 3")
        expect(page.locator("#found-not_real td").nth(2)).to_have_text("18")
        expect(page.locator("#found-confirmed td").nth(1)).to_have_text("3")
        expect(page.locator("#trial tfoot td").nth(3)).to_have_text("0")  # and nothing new speaks in its stead
        assert faults(page) == []
        # Released, by two accounts.
        page.reload()
        page.get_by_label("Why, for who approves it").fill("18 of 18 false are gone, none confirmed is lost")
        page.get_by_role("button", name="Publish").press("Enter")
        expect(page).to_have_url(re.compile("/releases/"))
        second = town.page(browser, "1002", "operator", PHONE, "zh-CN")
        second.goto(page.url)
        second.get_by_label("您查看了什么").fill("看过差异及其得失")
        second.get_by_role("button", name="批准并生效").press("Enter")
        expect(second.locator("ol")).to_contain_text("生效中")
        assert overridden(town) == ["east"]
        for one in (page, second):
            one.context.close()
        # The week after: five market days tell nobody, what was real is heard.
        released = town.clock.now()
        assert [days.pass_one(noon) for noon in WEEK] == [[], ["west"], [], [], ["east"], [], []]
        assert town.clock.now() == released + 7 * DAY
        for size, language in ((PHONE, "zh-CN"), ((1440, 900), "en")):
            page = town.page(browser, "1001", "operator", size, language)
            page.goto(f"{town.address}/city/{NAME}/rules/more-calls")
            expect(page.locator("section[aria-labelledby=h-overrides]")).to_contain_text(
                "East District" if language == "en" else "东区"
            )
            assert week(page) == ["2", "2", "0", "0"]
            assert int(week(page, 1)[2]) >= 2, "as it was before"
            assert faults(page) == []
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{wide} px wider than the screen"
            page.context.close()
        # Back in one command, in the midst of something: what runs goes on, and what was counted counts.
        now = town.clock.now()
        town.send("calls", [days.call(area, now + n * 30_000) for n in range(10) for area in ("west", "east")])
        town.pass_until(now + 6 * 60_000)
        [runs] = [alert for alert in town.told("more-calls") if alert.state == "open"]
        assert runs.signal.area == "west"
        words = ["rules", "rollback", str(city), "--by", "1001", "--reason", "the fair is over", "--data", str(data)]
        told = CliRunner().invoke(app, words)
        assert told.exit_code == 0, told.output
        town.pass_until(now + 7 * 60_000)
        assert overridden(town) == []
        going = {alert.signal.area: alert.id for alert in town.told("more-calls") if alert.state == "open"}
        assert going.keys() == {"west", "east"}, "the ten calls of before count"
        assert going["west"] == runs.id
        page = town.page(browser, "1002", "operator")
        page.goto(f"{town.address}/city/{NAME}/rules")
        expect(page.locator("section[aria-labelledby=h-unreviewed]")).to_contain_text("went back to an earlier release")
        expect(page.locator(".noisy li").first.locator("b")).to_have_text("18")
        page.goto(f"{town.address}/alert/{runs.id}")
        expect(page.locator("#stage")).to_have_attribute("data-stage", "open")
        page.context.close()
