"""The pages beside the board in a browser: by keyboard, live, and honest when they are not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.access.crowds import HOUR, closed, held
from tests.access.guarded import NAME
from tests.browser.conftest import DESK
from tests.browser.test_desk import Served, opened, served_town

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with served_town(tmp_path) as found:
        yield found


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = opened(browser, DESK, "en", dark=False)
    yield page
    page.context.close()


def test_a_mute_for_a_festival_is_previewed_narrowed_laid_and_ends_by_itself(page: Page, served: Served) -> None:
    """Journey O3. The clock is moved by hand, the rest is as it is served."""
    town = served.town
    closed(town, "west-confirmed", "confirmed", area="west")
    closed(town, "east-false", "not_real", area="east")
    page.goto(f"{served.address}/city/{NAME}/mutes")
    page.locator("select[name=area]").select_option("newcity")
    page.locator("select[name=hours]").select_option("3")
    page.locator("textarea[name=reason]").fill("street festival")
    page.get_by_role("button", name="Show what it would hide").press("Enter")
    expect(page.locator(".preview")).to_contain_text("it would have hidden 3 alerts, 1 of them confirmed")
    expect(page.locator(".mute-form .plain-rows a")).to_have_attribute("href", "/alert/west-confirmed")
    page.locator("select[name=area]").select_option("east")
    page.locator("select[name=hours]").select_option("3")
    page.get_by_role("button", name="Show what it would hide").press("Enter")
    expect(page.locator(".preview")).to_contain_text("it would have hidden 2 alerts, 0 of them confirmed")
    page.get_by_role("button", name="Lay the mute").press("Enter")
    expect(page.locator("#part")).to_contain_text("0 hidden so far, 0 of them confirmed")
    expect(page.locator("#part")).to_contain_text("street festival")
    town.clock.at += 3 * HOUR
    expect(page.locator("#part")).to_contain_text("Ended by its time")
    expect(page.locator("#part")).to_contain_text("0 hidden, 0 of them confirmed")


def test_what_is_held_is_let_out_by_keyboard_and_a_group_stays_open_while_the_page_is_drawn_again(
    page: Page, served: Served
) -> None:
    """Journey D3, steps 3 and 4."""
    town = served.town
    for name, area, colour in (("w", "west", "orange"), ("e1", "east", "yellow"), ("e2", "east", "yellow")):
        held(town, name, area=area, colour=colour)
    page.goto(f"{served.address}/city/{NAME}/held")
    expect(page.locator("#live.heard")).to_be_attached()
    east = page.locator("details.held", has_text="East District")
    east.locator("summary").press("Enter")
    held(town, "e3", area="east")
    town.station.board.ring()
    expect(east.locator("summary")).to_contain_text("3 held")
    expect(east).to_have_attribute("open", "")
    east.get_by_role("button").first.press("Enter")
    expect(page.locator("#part")).to_contain_text("3 alerts are held")
    expect(page).to_have_url(f"{served.address}/city/{NAME}/held")


def test_a_page_that_is_no_longer_live_says_so(page: Page, served: Served) -> None:
    page.goto(f"{served.address}/city/{NAME}/held")
    expect(page.locator("#live.heard")).to_be_attached()
    served.town.guarded.end_streams()
    expect(page.locator("#stale")).to_be_visible()
    expect(page.locator("#stale")).to_contain_text("Not live since")
