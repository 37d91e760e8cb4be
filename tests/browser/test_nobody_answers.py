"""Journey D2 with nothing made up but the robot: nobody answers, the second channel is called, two desks above hear,
and all of them hear once that somebody has it. Minutes are seconds here; the order is that of the journey."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Final

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from alerts.access.accounts import FILE, Account, Accounts
from tests.access.guarded import FACTOR, KEPT, MANY_CALLS
from tests.alerts.mailserver import MailServer
from tests.alerts.receiver import Receiver
from tests.alerts.robots import DingTalkRobot
from tests.browser.conftest import DESK
from tests.browser.test_desk import opened
from tests.browser.test_night import log_in, waited
from tests.streams.town import NAME, event, make_town
from tests.system.served import served

pytestmark = [pytest.mark.timeout(600), pytest.mark.browser, pytest.mark.xdist_group("browser")]

SECRET: Final = "SEC0123456789"
DESKS: Final = """\
desks:
  - id: east
    names: {{en: Eastern desk, zh-CN: 东区值班台}}
    areas: [east]
    categories: [incident]
    parent: city
    clocks: {{red: 6s}}
    channels:
      - console
      - {{kind: dingtalk, hook: robot_hook, secret: robot_sign, private: true, language: zh-CN}}
      - {{kind: email, host: localhost, port: {mail}, tls: none, private: true, sender: tocsin@example.org,
         to: [duty@example.org], untaken: {{red: 3s}}}}
  - id: city
    names: {{en: City desk, zh-CN: 市值班台}}
    areas: [newcity]
    categories: [incident]
    parent: province
    clocks: {{red: 6s}}
    channels:
      - {{kind: webhook, url: 'http://127.0.0.1:{city}/alerts', secret: hook_sign, private: true}}
  - id: province
    names: {{en: Provincial desk, zh-CN: 省值班台}}
    areas: [west]
    categories: [incident]
    channels:
      - {{kind: webhook, url: 'http://127.0.0.1:{province}/alerts', secret: hook_sign, private: true}}
"""


def said(hook: Receiver) -> list[str]:
    return [json.loads(push.body)["reason"] for push in hook.pushes]


def test_nobody_answers(browser: Browser, tmp_path: Path) -> None:
    city, data = make_town(tmp_path / "town"), tmp_path / "var"
    (city / "rules" / "many-calls.yaml").write_text(f"{MANY_CALLS}colours: {{red: 1}}\n", encoding="utf-8")
    data.mkdir()
    accounts = Accounts(data / FILE)
    accounts.put(Account("1001", ("officer",), {NAME: ("east",)}, KEPT, FACTOR), 1)
    accounts.put(Account("3001", ("supervisor", "operator"), {NAME: (NAME,)}, KEPT, FACTOR), 1)
    with (
        DingTalkRobot(SECRET.encode()) as robot, MailServer() as mail, Receiver() as middle, Receiver() as top,
    ):  # fmt: skip
        (city / "desks.yaml").write_text(
            DESKS.format(mail=mail.port, city=middle.port, province=top.port), encoding="utf-8"
        )
        secrets = {"TOCSIN_SECRET_ROBOT_HOOK": robot.hook, "TOCSIN_SECRET_ROBOT_SIGN": SECRET}
        secrets["TOCSIN_SECRET_HOOK_SIGN"] = "what signs the pushes of a night"
        with served(city, data, log=None, **secrets) as child:
            address = child.ready()
            above, officer = (opened(browser, DESK, "en", dark=False) for _ in range(2))
            log_in(above, address, "3001")
            log_in(officer, address, "1001")
            at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() - 60))
            sent = httpx2.post(f"{address}/v1/events", json=[event(n, occurred_at=at) for n in range(6)])
            assert sent.status_code == 202
            waited(lambda: bool(top.pushes))  # county, second channel, city, province: all by now
            assert robot.heard[0][1].startswith("红色预警：东区")
            assert mail.mails[0]["Subject"].startswith("Not taken yet, Red:")
            above.goto(f"{address}/city/{NAME}/desk")
            expect(above.locator(".desk-page")).to_contain_text("overdue at Provincial desk")
            officer.goto(f"{address}/")
            officer.get_by_role("link", name="East District").first.click()
            trail = officer.locator(".duty-panel .trail")
            expect(trail).to_contain_text("nobody took it: east-email was called")
            expect(trail).to_contain_text("raised to Provincial desk (nobody took it in time)")
            officer.get_by_role("button", name="Take", exact=True).press("Enter")
            expect(officer.locator("#stage")).to_have_attribute("data-stage", "taken")
            waited(lambda: len(top.pushes) == 2 and len(middle.pushes) == 3)
            assert said(top) == ["first", "taken"]
            assert said(middle) == ["first", "reminder", "taken"]
            waited(lambda: len(robot.heard) == 3 and len(mail.mails) == 3)
            assert [text.split("：")[0] for _, text in robot.heard] == [
                "红色预警",
                "红色预警尚未受理",
                "红色预警已受理",
            ]
            assert mail.mails[-1]["Subject"].startswith("Taken, Red:")
            expect(above.locator(".desk-page")).to_contain_text("Eastern desk has it")
            figures = above.request.get(f"{address}/metrics").text()
            assert f'tocsin_alerts_take_seconds_count{{city="{NAME}",desk="east"}} 1.0' in figures
            officer.context.close()
            above.context.close()
            assert child.end() == 0
