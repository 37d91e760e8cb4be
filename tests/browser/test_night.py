"""Journey D1 with nothing made up but the robot: a served process, its store on either database, a real browser."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import httpx2
import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.access.accounts import FILE, Account, Accounts
from alerts.access.credentials import code_at
from alerts.channels.signature import verify as believed
from streams.city import read_city
from streams.settings import Settings
from streams.verify import verify
from tests.access.guarded import FACTOR, KEPT, MANY_CALLS, PASSWORD
from tests.alerts.mailserver import MailServer
from tests.alerts.receiver import Receiver
from tests.alerts.robots import DingTalkRobot
from tests.browser.conftest import DESK
from tests.browser.test_desk import opened
from tests.postgres.fixtures import postgres
from tests.streams.town import NAME, event, make_town
from tests.system.served import served

__all__ = ["postgres"]
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SECRET: Final = "SEC0123456789"
SIGN: Final = "what signs the pushes of a night"
DESKS: Final = """\
desks:
  - id: east
    names: {{en: Eastern desk, zh-CN: 东区值班台}}
    areas: [east]
    categories: [incident]
    parent: city
    channels:
      - console
      - {{kind: dingtalk, hook: robot_hook, secret: robot_sign, private: true, language: zh-CN}}
      - {{kind: webhook, url: 'http://127.0.0.1:{hook}/alerts', secret: hook_sign, private: true}}
      - {{kind: email, host: localhost, port: {mail}, tls: none, private: true, sender: tocsin@example.org,
         to: [duty@example.org]}}
  - id: city
    names: {{en: City desk, zh-CN: 市值班台}}
    areas: [newcity]
    categories: [incident]
    channels: [console]
heads:
  - {{kind: file, path: {heads}}}
"""


def waited(holds: Callable[[], bool]) -> None:
    for _ in range(2_400):
        if holds():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


def log_in(page: Page, address: str, number: str, now: Callable[[], float] = time.time) -> None:
    page.goto(f"{address}/")
    page.get_by_label("Duty number").fill(number)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code of the second factor").fill(code_at(FACTOR, int(now()) // 30))
    page.keyboard.press("Enter")
    expect(page.locator("#live.heard")).to_be_attached()


@pytest.mark.parametrize("kept_in", ["sqlite", "postgres"])
def test_the_first_spike_of_the_night(
    kept_in: str, request: pytest.FixtureRequest, browser: Browser, tmp_path: Path
) -> None:
    database = {"TOCSIN_DATABASE": request.getfixturevalue("postgres")} if kept_in == "postgres" else {}
    city, data, heads = make_town(tmp_path / "town"), tmp_path / "var", tmp_path / "heads"
    (city / "rules" / "many-calls.yaml").write_text(MANY_CALLS, encoding="utf-8")
    data.mkdir()
    accounts = Accounts(data / FILE)
    for number, area in (("1001", "east"), ("2001", NAME)):
        accounts.put(Account(number, ("officer",), {NAME: (area,)}, KEPT, FACTOR), 1)
    with DingTalkRobot(SECRET.encode()) as robot, Receiver() as hook, MailServer() as mail:
        desks = DESKS.format(heads=heads, hook=hook.port, mail=mail.port)
        (city / "desks.yaml").write_text(desks, encoding="utf-8")
        secrets = {"TOCSIN_SECRET_ROBOT_HOOK": robot.hook, "TOCSIN_SECRET_ROBOT_SIGN": SECRET}
        secrets["TOCSIN_SECRET_HOOK_SIGN"] = SIGN
        with served(city, data, log=None, **secrets, **database) as child:
            address = child.ready()
            at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - 60))
            sent = httpx2.post(f"{address}/v1/events", json=[event(n, occurred_at=at) for n in range(6)])
            assert sent.status_code == 202
            waited(lambda: bool(robot.heard))
            assert "东区" in robot.heard[0][1]  # the district, not the city
            officer = opened(browser, DESK, "en", dark=False)
            log_in(officer, address, "1001")
            officer.get_by_role("link", name="East District").first.click()
            expect(officer.locator(".figures")).to_contain_text("6")
            expect(officer.locator("body")).to_contain_text("Call the traffic dispatcher.")
            officer.get_by_role("button", name="Take", exact=True).press("Enter")
            expect(officer.locator("#stage")).to_have_attribute("data-stage", "taken")
            officer.get_by_role("button", name="Add a note").press("Enter")
            officer.locator("dialog#note textarea").fill("two lanes are shut")
            officer.get_by_role("button", name="Keep the note").press("Enter")
            expect(officer.locator(".duty-panel")).to_contain_text("two lanes are shut")
            above = opened(browser, DESK, "en", dark=False)
            log_in(above, address, "2001")
            above.goto(f"{address}/city/{NAME}/desk")
            expect(above.locator(".desk-page")).to_contain_text("Eastern desk has it")
            officer.get_by_role("button", name="Close", exact=True).press("Enter")
            officer.get_by_role("radio", name="Confirmed").press("Space")
            officer.get_by_role("button", name="Close the alert").press("Enter")
            expect(officer.locator("#stage")).to_have_attribute("data-stage", "closed")
            expect(above.locator(".desk-page")).to_contain_text("Nothing is owed.")
            assert len(robot.heard) == 1  # taken: nobody was told twice
            waited(lambda: bool(hook.pushes and mail.mails))
            (push,), (letter,) = hook.pushes, mail.mails
            said = json.loads(push.body)
            assert officer.url.endswith(f"/alert/{said['alert']['id']}")
            assert believed(SIGN.encode(), push.headers, push.body, int(time.time()))
            assert "East District" in letter["Subject"]
            plain = letter.get_body(("plain",))
            assert plain is not None
            assert "6" in plain.get_content()
            officer.context.close()
            above.context.close()
            assert child.end() == 0
    read = read_city(city).city
    assert read is not None
    proof = verify(read, Settings(data=data, **({"database": database["TOCSIN_DATABASE"]} if database else {})), [])
    assert (proof.faults, proof.proven, proof.entries >= 4) == ((), proof.entries, True)
    assert (data / NAME / "alerts.sqlite").exists() == (kept_in == "sqlite")
