"""The desk in a browser: an officer logs in, takes an alert and closes it; every page of it passes axe."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.access.gate import COOKIE
from alerts.duty import Act
from tests.access.crowds import HOUR, counted
from tests.access.guarded import NAME, PASSWORD, Town, town_in_service
from tests.api.test_handovers import hand_over
from tests.browser.conftest import DESK, PATIENCE_MS, PHONE
from tests.browser.listening import listening

VENDOR: Final = Path(__file__).parent / "vendor"
GRAVE: Final = ("serious", "critical")

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@dataclass
class Served:
    town: Town
    address: str


@contextmanager
def served_town(folder: Path) -> Generator[Served]:
    """The town behind its gate on a free port; nobody has an account yet, so that this machine may do everything."""
    with town_in_service(folder) as town, listening(town.guarded.app, town.guarded.end_streams) as address:
        yield Served(town, address)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    with served_town(tmp_path_factory.mktemp("desk")) as found:
        yield found


@pytest.fixture
def guarded(tmp_path: Path) -> Generator[Served]:
    """One of its own, for the test that makes an account."""
    with served_town(tmp_path) as found:
        yield found


def opened(browser: Browser, size: tuple[int, int], language: str, *, dark: bool) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale=language, color_scheme="dark" if dark else "light"
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    return page


def faults(page: Page) -> list[Any]:
    page.evaluate((VENDOR / "axe.min.js").read_text("utf-8"))
    found = page.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })")["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in GRAVE]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize(("language", "dark"), [("en", False), ("zh-CN", True)])
def test_every_page_of_the_desk_can_be_read_by_everybody(
    browser: Browser, served: Served, size: tuple[int, int], language: str, dark: bool
) -> None:
    page, now = opened(browser, size, language, dark=dark), served.town.clock.now()
    hours = [counted("west", now - n * HOUR, n % 7, settled=n > 0, missing=n == 3) for n in range(1, 24)]
    served.town.station.store.put_counts(NAME, [*hours, counted("west", now)])
    for path, opens in (
        ("/", ""),
        (f"/alert/{served.town.alert.id}", ""),
        (f"/alert/{served.town.alert.id}", "note"),
        (f"/city/{NAME}/desk", ""),
        (f"/city/{NAME}/desk", "missed"),
        (f"/city/{NAME}/held", ""),
        (f"/city/{NAME}/mutes", ""),
        (f"/city/{NAME}/feeds", ""),
        (f"/city/{NAME}/missed", ""),
        (f"/city/{NAME}/area", ""),
        (f"/city/{NAME}/area/west", ""),
        (f"/city/{NAME}/rules", ""),
        (f"/city/{NAME}/rules/many-calls", ""),
        (f"/city/{NAME}/audit?verify=1", ""),
        (f"/city/{NAME}/handover", ""),
        (f"/city/{NAME}/handover?desk=east", ""),
        ("/login", ""),
    ):
        page.goto(served.address + path)
        if opens:
            page.locator(f"[data-open={opens}]").click()
            expect(page.locator(f"dialog#{opens}")).to_be_visible()
        assert faults(page) == [], (path, opens)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} is {wide} px wider than the screen"
    page.context.close()


def test_an_officer_logs_in_takes_the_alert_and_closes_it_with_the_keyboard(browser: Browser, guarded: Served) -> None:
    """What begins the night (journey D1), behind a login."""
    town = guarded.town
    town.account("1001", "officer")
    page = opened(browser, DESK, "en", dark=False)
    page.goto(guarded.address + "/")
    page.get_by_label("Duty number").fill("1001")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code of the second factor").fill(town.code())
    page.keyboard.press("Enter")
    page.get_by_role("link", name="East District").click()
    page.get_by_role("button", name="Take", exact=True).press("Enter")
    expect(page.locator("#stage")).to_have_attribute("data-stage", "taken")
    page.get_by_role("button", name="Close", exact=True).press("Enter")
    page.get_by_role("radio", name="Confirmed").press("Space")
    page.get_by_role("button", name="Close the alert").press("Enter")
    expect(page.locator("#stage")).to_have_attribute("data-stage", "closed")
    expect(page.locator(".duty-panel")).to_contain_text("Closed by Eastern desk: Confirmed")
    page.goto(guarded.address + f"/city/{NAME}/desk")
    expect(page.locator(".desk-page")).to_contain_text("Nothing is owed.")
    keeps_it_out(browser, guarded)
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.goto(guarded.address + "/")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.context.close()


def keeps_it_out(browser: Browser, guarded: Served) -> None:
    """An operator, on a telephone in Chinese, by the keyboard: what was found true is no part of what is usual."""
    town = guarded.town
    town.account("1002", "operator")
    page = opened(browser, PHONE, "zh-CN", dark=True)
    secret = town.accounts.begin("1002", "session", town.clock.now())
    page.context.add_cookies([{"name": COOKIE, "value": secret, "url": guarded.address}])
    page.goto(f"{guarded.address}/alert/{town.alert.id}")
    page.get_by_role("link", name="将此时段排除在平时基线之外").press("Enter")
    dialog = page.get_by_role("dialog", name="将此时段排除在平时基线之外")
    expect(dialog.get_by_label("起始时间")).not_to_have_value("")
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    dialog.get_by_role("textbox", name="理由").fill("水管爆裂")
    dialog.get_by_role("button", name="确认排除").press("Enter")
    expect(page.locator(".kept-out")).to_contain_text("水管爆裂")
    expect(page.get_by_role("link", name="将此时段排除在平时基线之外")).to_have_count(0)
    assert page.url == f"{guarded.address}/alert/{town.alert.id}"
    assert [one.by for one in town.station.workshop.standing().excluded] == ["1002"]
    page.context.close()


def test_a_session_that_ends_elsewhere_leaves_nothing_on_the_screen(browser: Browser, guarded: Served) -> None:
    town = guarded.town
    town.account("1001", "officer")
    page = opened(browser, DESK, "en", dark=False)
    secret = town.accounts.begin("1001", "session", town.clock.now())
    page.context.add_cookies([{"name": COOKIE, "value": secret, "url": guarded.address}])
    page.goto(guarded.address + "/")
    expect(page.locator("#live.heard")).to_be_attached()
    expect(page.get_by_role("link", name="East District")).to_be_visible()
    town.accounts.end("1001", town.clock.now())
    expect(page.get_by_role("heading", name="Log in")).to_be_visible(timeout=PATIENCE_MS)
    assert "East District" not in page.content()
    page.context.close()


def test_the_incoming_turn_reads_the_hand_over_with_the_keyboard_and_leaves_a_note(
    browser: Browser, guarded: Served
) -> None:
    """The change of shift (journey D4), behind a login, on a telephone."""
    town = guarded.town
    hand_over(town, 8, 0)
    town.account("1001", "officer")
    page = opened(browser, PHONE, "en", dark=True)
    page.goto(guarded.address + "/")
    page.get_by_label("Duty number").fill("1001")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code of the second factor").fill(town.code())
    page.keyboard.press("Enter")
    expect(page.locator("#live.heard")).to_be_attached()  # its scripts have run: keys are listened to
    page.keyboard.press("h")
    expect(page.get_by_role("heading", name="Hand-over of Eastern desk")).to_be_visible()
    expect(page.locator("#reading")).to_contain_text("Not yet read by the incoming turn.")
    expect(page.locator(".desk-page")).to_contain_text("waits at Eastern desk")
    page.get_by_role("button", name="We have read this").press("Enter")
    expect(page.locator("#reading")).to_contain_text("Read at")
    page.get_by_label("What was promised, and what to look at first").fill("The roads office calls back at five.")
    page.get_by_role("button", name="Keep the note").press("Enter")
    expect(page.locator(".desk-page")).to_contain_text("What the next turn will find, as of now.")
    expect(page.locator(".desk-page")).to_contain_text("The roads office calls back at five.")
    assert faults(page) == []
    page.context.close()


def test_what_was_typed_stands_in_the_form_again_where_the_alert_has_moved_meanwhile(
    browser: Browser, guarded: Served
) -> None:
    town = guarded.town
    page = opened(browser, DESK, "en", dark=False)
    page.goto(f"{guarded.address}/alert/{town.alert.id}")
    page.locator("[data-open=note]").click()
    page.get_by_role("textbox", name="Note").fill("two roads are shut")
    take = Act("take", town.clock.now(), account="1001", desk="east", role="officer")
    assert town.station.acting.by_hand(town.alert.id, take) is not None
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator("dialog#note")).to_be_visible()
    expect(page.get_by_role("textbox", name="Note")).to_have_value("two roads are shut")
    expect(page.get_by_role("alert").filter(has_text="The alert has moved")).to_be_attached()
    page.get_by_role("button", name="Keep the note").click()
    expect(page.locator(".duty-panel")).to_contain_text("two roads are shut")
    assert page.url == f"{guarded.address}/alert/{town.alert.id}"
    page.context.close()


def test_the_files_of_others_are_unchanged() -> None:
    told = {name: digest for digest, name in map(str.split, (VENDOR / "SHA256SUMS").read_text().splitlines())}
    files = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.glob("*.*") if path.suffix != ".md"
    }
    assert files == told
