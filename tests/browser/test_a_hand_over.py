"""Journey D4: a desk sees what it will hand over, the incoming turn reads it, renews one acknowledgement that is about
to lapse and passes the other, sees the mute that ends, and confirms; a desk that does not is told above it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.access.guarded import MANY_CALLS
from tests.browser.paced import Paced, paced, until
from tests.browser.test_desk import faults
from tests.streams.town import NAME, event, make_town

pytestmark = [pytest.mark.timeout(600), pytest.mark.browser, pytest.mark.xdist_group("browser")]

ALONE: Final = """\
attribution: none
overrides:
  - {area: newcity, at_least: 100, reason: each district speaks for itself, by: A-17}
  - {area: east, at_least: 1, reason: each district speaks for itself, by: A-17}
  - {area: west, at_least: 1, reason: each district speaks for itself, by: A-17}
"""
DAY: Final = "2026-11-25"
DESK: Final = """\
  - id: {id}
    names: {{en: {en}, zh-CN: {zh}}}
    areas: [{id}]
    categories: [incident]
    parent: city
    lapse: 1h
    shifts:
      - {{name: night, start: "20:00", end: "08:00"}}
      - {{name: day, start: "08:00", end: "20:00"}}
    channels: [console]
"""
DESKS: Final = (
    "desks:\n"
    + DESK.format(id="east", en="Eastern desk", zh="东区值班台")
    + DESK.format(id="west", en="Western desk", zh="西区值班台")
    + """\
  - id: city
    names: {en: City desk, zh-CN: 市值班台}
    areas: [newcity]
    categories: [incident]
    channels: [console, {kind: jsonlines, path: told.jsonl, language: en}]
"""
)


def town_of_two_desks(folder: Path) -> Path:
    city = make_town(folder)
    (city / "desks.yaml").write_text(DESKS, encoding="utf-8")
    more = MANY_CALLS.replace("id: many-calls", "id: more-calls").replace("n: 5", "n: 6")
    for name, text in (("many-calls", MANY_CALLS), ("more-calls", more)):
        (city / "rules" / f"{name}.yaml").write_text(text + ALONE, encoding="utf-8")
    return city


def calls(area: str, at: str) -> list[dict[str, Any]]:
    return [event(f"{area}-{n}", area=area, occurred_at=f"{DAY}T{at}:00+08:00") for n in range(6)]


def told_above(town: Paced) -> list[dict[str, Any]]:
    """What the city's desk was told, in order."""
    found = list(town.data.rglob("told.jsonl"))
    return [json.loads(line) for path in found for line in path.read_text("utf-8").splitlines()]


def take(page: Page, town: Paced, alert: str) -> None:
    page.goto(f"{town.address}/alert/{alert}")
    page.get_by_role("button", name="Take", exact=True).press("Enter")
    expect(page.locator("#stage")).to_have_attribute("data-stage", "taken")


def test_a_turn_hands_over_and_what_nobody_reads_is_told_above(browser: Browser, tmp_path: Path) -> None:
    with paced(town_of_two_desks(tmp_path / "town"), tmp_path / "var", f"{DAY} 07:00") as town:
        town.pass_until(f"{DAY} 07:05")
        town.send("calls", [*calls("east", "07:05"), *calls("west", "07:05")])
        town.pass_until(f"{DAY} 07:30")
        until(lambda: len(list(town.station.store.final())) == 4)
        first, second = (
            one.id for rule in ("many-calls", "more-calls") for one in town.told(rule) if one.signal.area == "east"
        )
        outgoing = town.page(browser, "1001", "officer", area="east")
        for alert in (first, second):
            take(outgoing, town, alert)
        lay_a_mute(town)
        # 07:55: what the next turn will find, and a word for it.
        town.pass_until(f"{DAY} 07:55")
        outgoing.goto(f"{town.address}/city/{NAME}/handover?desk=east&turn=0")
        expect(outgoing.locator(".desk-page")).to_contain_text("What the next turn will find, as of now.")
        expect(outgoing.locator("section[aria-labelledby=h-taken] li")).to_have_count(2)
        outgoing.get_by_label("What was promised").fill("The bridge is looked at first.")
        outgoing.get_by_role("button", name="Keep the note").press("Enter")
        expect(outgoing.locator(".desk-page")).to_contain_text("The bridge is looked at first.")
        outgoing.context.close()
        # 08:00: the day has it, and finds two acknowledgements that lapse at 08:30 and a mute that ends at nine.
        town.pass_until(f"{DAY} 08:00")
        incoming = town.page(browser, "1002", "officer", area="east")
        incoming.goto(f"{town.address}/city/{NAME}/handover?desk=east")
        expect(incoming.locator("#reading")).to_contain_text("Not confirmed by 08:15, it rises to City desk.")
        taken = incoming.locator("section[aria-labelledby=h-taken] li")
        expect(taken).to_contain_text(["Eastern desk has it until 08:30"] * 2)
        expect(incoming.locator("section[aria-labelledby=h-mutes]")).to_contain_text("until 09:00")
        expect(incoming.locator("section[aria-labelledby=h-notes]")).to_contain_text("The bridge is looked at first.")
        assert faults(incoming) == []
        incoming.get_by_role("button", name="We have read this").press("Enter")
        expect(incoming.locator("#reading")).to_contain_text("Read at 08:00")
        renewed_and_passed(incoming, town, first, second)
        # 08:15: the western desk has not read its own; the desk above is told, once, and of that one alone.
        town.pass_until(f"{DAY} 08:16")
        until(lambda: bool(told_above(town)))
        [unread] = told_above(town)
        assert (unread["reason"], "Western desk" in unread["title"]) == ("unread", True)
        above = town.page(browser, "2001", "officer")
        above.goto(f"{town.address}/city/{NAME}/handover?desk=west")
        expect(above.locator("#reading")).to_contain_text("Told: City desk.")
        # 08:31: what was renewed is still taken, what was passed is open.
        town.pass_until(f"{DAY} 08:31")
        above.goto(f"{town.address}/alert/{first}")
        expect(above.locator("#stage")).to_have_attribute("data-stage", "taken")
        above.goto(f"{town.address}/alert/{second}")
        expect(above.locator("#stage")).to_have_attribute("data-stage", "open")
        for page in (incoming, above):
            page.context.close()


def lay_a_mute(town: Paced) -> None:
    """Of the eastern district until nine, by its supervisor's program."""
    page = {"area": "east", "category": "traffic", "until": f"{DAY}T09:00:00+08:00", "reason": "a street fair"}
    answer = httpx2.post(f"{town.address}/v1/cities/{NAME}/mutes", json=page, headers=town.bearer("3001", "supervisor"))
    assert answer.status_code == 201, answer.text


def renewed_and_passed(page: Page, town: Paced, first: str, second: str) -> None:
    page.goto(f"{town.address}/alert/{first}")
    page.get_by_role("button", name="Renew").press("Enter")
    expect(page.locator(".duty-panel")).to_contain_text("08:00")
    page.goto(f"{town.address}/alert/{second}")
    page.get_by_role("button", name="Give back").press("Enter")
    expect(page.locator("#stage")).to_have_attribute("data-stage", "open")
