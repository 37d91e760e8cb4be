"""Journey O1: a new rule from a template to the version on its first alert: checked, tried by cases and on twelve
months, given another promise, tried in shadow for its shifts, and approved by a second account."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect
from typer.testing import CliRunner

from streams.cli import app
from tests.browser.conftest import DESK, PHONE
from tests.browser.paced import Paced, ms, paced
from tests.browser.test_desk import faults
from tests.streams.town import NAME, event, make_town

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(2400), pytest.mark.browser, pytest.mark.xdist_group("browser")]

TRIED_MS: Final = 600_000
"""A trial starts an interpreter, and waits its turn on a busy machine."""
DAY: Final = 86_400_000
DAYS: Final = 365
BEGAN: Final = "2025-03-01 08:00"
NOW: Final = "2026-03-01 08:00"
STORMS: Final = tuple(range(50, DAYS, 30))
"""Days of the year on which calls came thick for an hour, in the west; each has a label."""
CALLS: Final = """\
kind: incident
comes: {push: true}
format: contract
silence: false
source: dispatch
archive: [data/calls.jsonl]
"""
DESKS: Final = """\
desks:
  - id: city
    names: {en: City desk, zh-CN: 市值班台}
    areas: [newcity]
    categories: [incident]
    channels: [console]
"""
CASES: Final = """\
cases:
  - name: a burst in one district is told
    background:
      - {rate: 12 per day, areas: [east, west], categories: [traffic]}
    series:
      - {area: east, category: traffic, counts: 3x6, from: 2h}
    expect:
      - spoke: {area: east}
  - name: the usual is quiet
    background:
      - {rate: 12 per day, areas: [east, west], categories: [traffic], noise: poisson}
    until: 2d
    expect:
      - quiet: true
"""


class Calls:
    """Twelve calls a day in each of two districts, as chance has it, and thick ones in the storms."""

    def __init__(self) -> None:
        self.dice, self.number = Random(3), 0

    def of_day(self, begins: int, *, storm: bool) -> list[dict[str, Any]]:
        times = [(begins + self.dice.randrange(DAY), area) for area in ("east", "west") for _ in range(12)]
        times += [(begins + DAY // 2 + n * 180_000, "west") for n in range(18)] if storm else []
        self.number += len(times)
        return [
            event(self.number - n, area=area, occurred_at=datetime.fromtimestamp(at / 1000, UTC).isoformat())
            for n, (at, area) in enumerate(sorted(times))
        ]


def past(calls: Calls) -> Iterator[dict[str, Any]]:
    for day in range(DAYS):
        yield from calls.of_day(ms(BEGAN) + day * DAY, storm=day in STORMS)


def labels() -> str:
    rows = ["start,end,area,category,expect,why,certainty"]
    for day in STORMS:
        at = datetime.fromisoformat(BEGAN) + timedelta(days=day, hours=12)
        rows.append(f"{at:%Y-%m-%d %H:%M},{at + timedelta(hours=3):%Y-%m-%d %H:%M},west,traffic,spike,a storm,high")
    return "\n".join(rows) + "\n"


def pass_one(town: Paced, calls: Calls, *, storm: bool) -> None:
    """A day more, with its calls."""
    town.send("calls", calls.of_day(town.clock.now(), storm=storm))
    town.pass_until(town.clock.now() + DAY)


def saved(page: Page, text: str) -> None:
    page.locator("textarea[name=text]").fill(text)
    page.get_by_role("button", name="Save the draft and check it").press("Enter")


def tried(page: Page) -> tuple[int, float]:
    """The past by what is written: alerts, and the score from which it speaks."""
    page.locator("select[name=past]").select_option("archive")
    page.get_by_role("button", name="Try its cases, and the past").press("Enter")
    expect(page.locator("#trial")).to_contain_text("2 cases: all as expected", timeout=TRIED_MS)
    alerts = page.locator("#months tfoot td").nth(1).text_content()
    score = re.search(r"City desk: it would speak from score ([\d.]+) on", page.locator("#heights").inner_text())
    assert alerts
    assert score
    return int(alerts), float(score[1])


def test_a_new_rule_goes_from_a_template_to_the_version_on_its_first_alert(browser: Browser, tmp_path: Path) -> None:
    city, data, calls = make_town(tmp_path / "town", calls=CALLS), tmp_path / "var", Calls()
    (city / "desks.yaml").write_text(DESKS, encoding="utf-8")
    template = city / "rules" / "traffic-surge.yaml"
    template.write_text(template.read_text("utf-8").replace("step: 10m", "step: 1h"), encoding="utf-8")
    (city / "data").mkdir()
    (city / "data" / "labels.csv").write_text(labels(), encoding="utf-8")
    lines = [json.dumps(one) for one in past(calls)]
    (city / "data" / "calls.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    loaded = CliRunner().invoke(
        app, ["load", str(city), "--feed", "calls", str(city / "data" / "calls.jsonl"), "--data", str(data)]
    )
    assert loaded.exit_code == 0, loaded.output
    with paced(city, data, NOW) as town:
        town.pass_until(NOW)
        # A copy of a template.
        page = town.page(browser, "1001", "operator")
        page.goto(f"{town.address}/city/{NAME}/rules")
        page.get_by_label("Its id").fill("traffic-hour")
        page.get_by_label("Begin with the text of").select_option("traffic-surge")
        page.get_by_role("button", name="Begin a draft").press("Enter")
        # What is wrong with it, by line, in plain words.
        note = page.locator(".code .note.error")
        expect(page.locator("main")).to_contain_text("judges just what rules/traffic-hour.yaml judges")
        text = page.locator("textarea[name=text]").input_value()
        text = text.replace("[1h, 3h, 1d]", "1h").replace("2 per month", "20 per month")
        saved(page, text.replace("keep: 2h", "kep: 2h"))
        line = text[: text.index("keep:")].count("\n") + 1
        expect(note.filter(has_text=f"Line {line}, column 1.")).to_contain_text("keep")
        # Two cases beside it.
        page.locator("textarea[name=cases]").fill(CASES)
        saved(page, text)
        expect(page.locator(".gate")).to_contain_text("No problem in the text")
        expect(note).to_have_count(0)
        # Twelve months by desk: what a label explains, and what nothing does.
        often, height = tried(page)
        page.locator("#months summary").press("Enter")
        months = page.locator("#months tbody tr")
        expect(months.filter(has_text="City desk")).to_have_count(12)
        found = [[int(cell) for cell in row.locator("td.num").all_inner_texts()] for row in months.all()]
        assert [row[1] - row[2] - row[3] - row[4] for row in found] == [0] * 12
        assert sum(row[2] for row in found) == len(STORMS)
        assert often > len(STORMS), "and some that chance made"
        assert faults(page) == []
        # Another promise: what it takes to speak follows from it.
        page.reload()
        page.locator("#edit summary").press("Enter")
        saved(page, text.replace("20 per month", "2 per month"))
        rarely, higher = tried(page)
        assert higher > height
        assert len(STORMS) <= rarely < often
        # Into shadow.
        page.reload()
        page.locator("#begin-shadow summary").press("Enter")
        page.locator("#begin-shadow").get_by_label("Reason, kept in the log").fill("fewer, and sooner")
        page.get_by_role("button", name="Let it judge in shadow").press("Enter")
        expect(page.locator("#shadow")).to_contain_text("fewer, and sooner")
        page.context.close()
        # Fourteen shifts and more: it is heard by nobody, and the report says what it was worth. A new rule learns for
        # two weeks before it speaks, in shadow too.
        for day in range(5):
            pass_one(town, calls, storm=day == 3)
        page = town.page(browser, "1001", "operator")
        page.goto(f"{town.address}/city/{NAME}/rules/traffic-hour")
        expect(page.locator("#shadow")).to_contain_text(re.compile(r"City desk: 1[45] of 14 whole shifts"))
        expect(page.locator("#shadow")).to_contain_text("You began it: another account has to promote it.")
        page.context.close()
        for day in range(15):
            pass_one(town, calls, storm=day == 12)
        assert not town.told("traffic-hour")
        for size, language in ((DESK, "en"), (PHONE, "zh-CN")):
            second = town.page(browser, "1002", "operator", size, language)
            second.goto(f"{town.address}/city/{NAME}/rules/traffic-hour")
            assert faults(second) == []
            wide = second.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{wide} px wider than the screen"
            if size == DESK:
                expect(second.locator("#shadow")).to_contain_text("beside no rule in force")
                expect(second.locator("#shadow")).to_contain_text("1 new alert, which nobody has judged")
                second.context.close()
        # Approved by another account, without haste.
        second.locator("#promote summary").press("Enter")
        expect(second.locator("#promote input[name=early]")).to_have_count(0)
        second.get_by_label("您查看了什么").fill("看过影子运行报告")
        second.locator("#promote").get_by_role("button").press("Enter")
        expect(second).to_have_url(re.compile("/releases/"))
        expect(second.locator("ol")).to_contain_text("生效中")
        second.context.close()
        version = next(rule.version for rule in town.station.board.city().book.rules if rule.id == "traffic-hour")
        # Its first alert says which version spoke.
        pass_one(town, calls, storm=True)
        [alert] = town.told("traffic-hour")
        page = town.page(browser, "1001", "operator")
        page.goto(f"{town.address}/alert/{alert.id}")
        expect(page.locator("section[aria-labelledby=e-rule]")).to_contain_text(f"traffic-hour, version {version}")
        page.context.close()
