"""Journey O3 with nothing made up: a mute is previewed, narrowed, laid and ended, and its report comes by mail; a feed
that falls silent meanwhile is told by mail too, for no mute hides that."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import httpx2
import pytest
from playwright.sync_api import Browser, expect

from alerts.access.accounts import FILE, Account, Accounts
from tests.access.guarded import FACTOR, KEPT, MANY_CALLS
from tests.alerts.mailserver import MailServer
from tests.browser.conftest import DESK
from tests.browser.test_desk import opened
from tests.browser.test_night import log_in, waited
from tests.streams.town import NAME, event, make_town
from tests.system.served import HOUSE, served

pytestmark = [pytest.mark.timeout(600), pytest.mark.browser, pytest.mark.xdist_group("browser")]

DESKS: Final = """\
desks:
  - id: city
    names: {{en: City desk, zh-CN: 市值班台}}
    areas: [newcity]
    categories: [incident]
    channels:
      - console
      - {{kind: email, host: localhost, port: {mail}, tls: none, private: true, sender: tocsin@example.org,
         to: [duty@example.org], language: en}}
"""
LAMPS: Final = """\
names: {en: Lamp reports, zh-CN: 路灯报修}
kind: incident
comes: {push: true}
format: contract
"""


def iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(at))


def heard_until(at: float) -> Iterator[str]:
    """A report every half an hour for six days up to `at`, and eight at once half-way: an alert of the past."""
    begun = at - 6 * 86_400
    for n, when in enumerate(
        sorted([*(begun + 1800 * (n + 1) for n in range(6 * 48)), *[begun + 3 * 86_400 + 60] * 8])
    ):
        yield json.dumps(event(f"lamp {n}", source="lamps", area="west", occurred_at=iso(when)))


def titled(mail: MailServer, words: str) -> EmailMessage | None:
    return next((one for one in mail.mails if words in one["Subject"]), None)


def test_a_mute_for_a_festival_hides_its_area_alone_and_its_report_comes_by_mail(
    browser: Browser, tmp_path: Path
) -> None:
    city, data, now = make_town(tmp_path / "town", lamps=LAMPS), tmp_path / "var", time.time()
    (city / "rules" / "many-calls.yaml").write_text(MANY_CALLS, encoding="utf-8")
    (tmp_path / "lamps.jsonl").write_text("\n".join(heard_until(now - 24 * 3600)), encoding="utf-8")
    with MailServer() as mail:
        (city / "desks.yaml").write_text(DESKS.format(mail=mail.port), encoding="utf-8")
        loads = [sys.executable, "-c", "from streams.cli import main; main()", "load", str(city), "--feed", "lamps"]
        subprocess.run(
            [*loads, str(tmp_path / "lamps.jsonl"), "--data", str(data)], check=True, cwd=HOUSE, capture_output=True
        )
        accounts = Accounts(data / FILE)
        accounts.put(Account("3001", ("supervisor",), {NAME: (NAME,)}, KEPT, FACTOR), 1)
        with served(city, data, log=None) as child:
            address = child.ready()
            waited(lambda: titled(mail, "feed Lamp reports is silent") is not None)
            chief = opened(browser, DESK, "en", dark=False)
            log_in(chief, address, "3001")
            chief.goto(f"{address}/city/{NAME}/mutes")
            for area, hidden in ((NAME, 1), ("east", 0)):  # seen for the whole city, then narrowed
                chief.locator("select[name=area]").select_option(area)
                chief.locator("select[name=hours]").select_option("3")
                chief.locator("textarea[name=reason]").fill("street festival")
                chief.get_by_role("button", name="Show what it would hide").press("Enter")
                expect(chief.locator(".preview")).to_contain_text(f"it would have hidden {hidden} alert")
            chief.get_by_role("button", name="Lay the mute").press("Enter")
            expect(chief.locator("#part")).to_contain_text("0 hidden so far")
            calls = [event(f"east {n}", occurred_at=iso(time.time() - 60)) for n in range(6)]
            assert httpx2.post(f"{address}/v1/events?feed=calls", json=calls).status_code == 202
            expect(chief.locator("#part")).to_contain_text("1 hidden so far, 0 of them confirmed")
            assert titled(mail, "Traffic in East District") is None
            chief.get_by_role("button", name="End now: East District").press("Enter")
            waited(lambda: titled(mail, "A mute has ended: ") is not None)
            report = titled(mail, "A mute has ended")
            assert report is not None
            plain = report.get_body(("plain",))
            assert plain is not None
            assert "It hid 1 alerts, 0 of them confirmed" in plain.get_content().replace("\n", " ")
            waited(lambda: titled(mail, "Yellow: Traffic in East District") is not None)
            chief.context.close()
            assert child.end() == 0
