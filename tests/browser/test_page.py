"""The page in a browser: live, by keyboard, on a phone, in both languages, and calling nobody."""

from __future__ import annotations

from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.console import City
from alerts.console.sample import sample_board
from alerts.console.sample_night import NOW, sample_alert, sample_night
from alerts.console.speech import LANGUAGES
from tests.browser.conftest import DESK, PHONE, Opener, Site
from tests.console.serving import served
from tests.console.test_escape import hostile_book

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PAGES: Final = ("/", *(f"/alert/{alert.id}" for alert in sample_night()))


@pytest.mark.parametrize(("language", "dark"), [("en", False), ("zh-CN", True)])
def test_no_page_complains_or_calls_outside(open_page: Opener, site: Site, language: str, dark: bool) -> None:
    page = open_page(language=language, dark=dark)
    for path in PAGES:
        site.go(page, path)
        expect(page.locator("html")).to_have_attribute("lang", language)
    assert site.complaints == []
    assert site.outside == []


def test_a_new_alert_appears_without_reload_and_is_read_out(open_page: Opener, site: Site) -> None:
    page = open_page()
    page.evaluate("window.untouched = true")
    site.source.put(sample_alert("fresh", "harbour", colour="orange"))
    expect(page.locator("#a-fresh")).to_be_visible()
    expect(page.locator("#heard")).to_have_text("Orange: Harbour, Traffic: Road obstruction")
    expect(page).to_have_title("(10) Sample County · Tocsin")
    assert page.evaluate("window.untouched") is True
    assert site.complaints == []


def test_a_new_top_alert_is_read_out_at_once(open_page: Opener, site: Site) -> None:
    page = open_page()
    site.source.put(sample_alert("fresh", "harbour", colour="red"))
    expect(page.locator("#heard-at-once")).to_have_text("Red: Harbour, Traffic: Road obstruction")


def test_an_alert_that_is_over_moves_to_the_other_list(open_page: Opener, site: Site) -> None:
    page = open_page()
    expect(page.locator("#running #a-91c4e7aa")).to_be_visible()
    site.source.put(sample_alert("91c4e7aa", state="over", colour="red"))
    expect(page.locator("#over #a-91c4e7aa")).to_be_visible()
    expect(page.locator("#running #a-91c4e7aa")).to_have_count(0)


def test_the_clock_and_the_map_follow_the_source(open_page: Opener, site: Site) -> None:
    page = open_page()
    painted = page.locator(".map [data-painted]").get_attribute("data-painted") or ""
    site.source.put(sample_alert("fresh", "harbour", colour="red"))
    site.source.move_to(NOW + 5 * 60_000)
    expect(page.locator("#clock time")).to_have_text("03:17")
    expect(page.locator(".map [data-painted]")).not_to_have_attribute("data-painted", painted)
    assert site.complaints == []


def test_focus_stays_on_its_alert_while_the_board_changes(open_page: Opener, site: Site) -> None:
    page = open_page()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("#a-c3f019aa")).to_be_focused()
    site.source.put(sample_alert("fresh", "harbour", colour="red", observed=99))
    expect(page.locator("#a-fresh")).to_be_visible()
    expect(page.locator("#a-c3f019aa")).to_be_focused()


def test_a_card_opens_and_closes_by_keyboard(open_page: Opener, site: Site) -> None:
    page = open_page()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/alert/91c4e7aa")
    expect(page.locator("h1")).to_contain_text("Old Town")
    page.keyboard.press("Escape")
    page.wait_for_url("**/city/sample")


def test_the_card_follows_its_alert(open_page: Opener, site: Site) -> None:
    page = open_page("/alert/91c4e7aa")
    site.source.put(sample_alert("91c4e7aa", colour="red", observed=31))
    expect(page.locator(".figures dd").first).to_have_text("31")
    site.source.put(sample_alert("91c4e7aa", colour="red", state="withdrawn"))
    expect(page.locator(".headline .tag")).to_have_text("Withdrawn")


def test_keys_change_theme_and_language_and_both_are_kept(open_page: Opener) -> None:
    page = open_page()
    page.keyboard.press("n")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.keyboard.press("l")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert "lang=" not in page.url
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_single_letters_can_be_switched_off(open_page: Opener) -> None:
    page = open_page()
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.locator("#keys-on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")
    page.keyboard.press("?")
    expect(page.locator("#keys-on")).not_to_be_checked()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", ["/", "/alert/91c4e7aa", "/alert/c3f019aa"])
def test_nothing_scrolls_sideways(open_page: Opener, path: str, language: str) -> None:
    page = open_page(path, language=language)
    for width, height in (PHONE, (320, 640), (768, 1024), (1180, 800), DESK):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert _cut_off(page) == []


@pytest.mark.parametrize("cities", [2, 3, 5])
def test_the_header_holds_several_cities(browser: Browser, cities: int) -> None:
    names = {"en": "Municipality with a Long Name", "zh-CN": "名称很长的城市"}
    sources = {f"city-{n}": sample_board(names, word=f"city-{n}") for n in range(cities)}
    page = browser.new_page()
    with served(sources) as address:
        Site(address, sources["city-0"]).go(page, "/")
        for summary in page.locator(".cities summary").all():
            summary.click()
        for width, height in (PHONE, (768, 1024), (1180, 800), DESK):
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert _cut_off(page) == []
        page.close()


def test_a_lost_stream_is_said_and_a_found_one_too(browser: Browser) -> None:
    source = sample_board()
    page = browser.new_page()
    with served({"sample": source}) as address:
        port = int(address.rsplit(":", 1)[1])
        Site(address, source).go(page, "/")
    expect(page.locator("#stale")).to_contain_text("Not live since 03:12.")
    expect(page.locator("body")).to_have_class("on-board stale")
    expect(page.locator("#running #a-91c4e7aa")).to_be_visible()
    source.put(sample_alert("fresh", "harbour"))
    with served({"sample": source}, port=port):
        expect(page.locator("#stale")).to_be_hidden()
        expect(page.locator("#a-fresh")).to_be_visible()
        page.close()


def test_a_page_whose_first_stream_fails_asks_again(browser: Browser) -> None:
    source = sample_board()
    page = browser.new_page()
    with served({"sample": source}) as address:
        page.route("**/events*", lambda route: route.abort())
        page.goto(address)
        expect(page.locator("#stale")).to_be_visible()
        page.unroute("**/events*")
        expect(page.locator("#live.heard")).to_be_attached()
        expect(page.locator("#stale")).to_be_hidden()
        page.close()


def test_hostile_names_run_nothing_and_are_shown_as_they_are(open_page: Opener, site: Site) -> None:
    site.source.be(City(hostile_book()))
    dialogs: list[str] = []
    for path in ("/", "/alert/91c4e7aa"):
        page = open_page(path)
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        for drawing in page.locator("[data-chart]").all():
            box = drawing.bounding_box()
            assert box is not None
            for part in (0.3, 0.5, 0.7):  # over areas, marks and bars: tooltips open
                page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] * 0.5)
        assert page.locator("img").count() == 0
        assert page.locator("script:not([src])").count() == 0
        expect(page.locator("body")).to_contain_text("<script>alert(1)</script>")
    assert dialogs == []
    assert site.complaints == []


def test_a_policy_stops_scripts_that_are_not_ours(open_page: Opener, site: Site) -> None:
    page = open_page()
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.foreign = 1'}))"
    )
    assert page.evaluate("window.foreign") is None
    assert any("Content Security Policy" in line for line in site.complaints)


def test_what_the_screen_reader_hears_has_a_name(open_page: Opener) -> None:
    page = open_page()
    unnamed = page.evaluate(
        "[...document.querySelectorAll('section, nav, [role=img], [role=group], button, a')]"
        ".filter(e => !(e.getAttribute('aria-label') || e.getAttribute('aria-labelledby') || e.textContent.trim()))"
        ".map(e => e.outerHTML.slice(0, 80))"
    )
    assert unnamed == []


def test_an_alert_of_another_time_is_an_exercise_in_its_banner(open_page: Opener, site: Site) -> None:
    site.source.be(City(site.source.city().book, exercise=True))
    page = open_page()
    expect(page.locator(".banner.hatch")).to_contain_text("Nothing here is happening now.")


def test_a_city_that_catches_up_is_not_called_live_until_it_has(open_page: Opener, site: Site) -> None:
    book = site.source.city().book
    site.source.be(City(book, catching_up=True))
    page = open_page()
    expect(page.locator("#live .long")).to_have_text("Catching up, at 2026-11-15")
    site.source.move_to(NOW + 86_400_000)
    expect(page.locator("#live .long")).to_have_text("Catching up, at 2026-11-16")
    site.source.be(City(book))
    expect(page.locator("#live .short")).to_have_text("Live")


def test_a_drawing_says_that_it_is_drawn_until_it_is_there(open_page: Opener, site: Site) -> None:
    page = open_page()
    expect(page.locator(".drawing")).to_have_count(0)
    page.route("**/shapes/*", lambda route: route.abort())
    page.reload()
    expect(page.locator(".map .drawing")).to_have_text("The map could not be drawn: see the list")
    page.unroute("**/shapes/*")
    site.source.put(sample_alert("fresh", "harbour"))
    expect(page.locator(".drawing")).to_have_count(0)


def _cut_off(page: Page) -> list[str]:
    """Elements that stand out of the window to the right."""
    cut: list[str] = page.evaluate(
        "[...document.querySelectorAll('main *, header *')]"
        ".filter(e => !e.closest('.sr, svg, .paint') && e.getBoundingClientRect().right > innerWidth + 1)"
        ".map(e => e.outerHTML.slice(0, 80))"
    )
    return cut
