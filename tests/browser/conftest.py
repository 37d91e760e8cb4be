"""Chromium from the system, driven without a display; every complaint and every call outside is noted."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, expect, sync_playwright

from alerts.console.sample import SampleBoard, sample_board
from tests.console.serving import served

CHROMIUM: Final = Path(os.environ.get("TOCSIN_TEST_CHROMIUM", "/usr/bin/chromium"))
DESK: Final = (1440, 900)
PHONE: Final = (390, 844)
PATIENCE_MS: Final = 30_000
"""How long a state may take to come on a busy machine; it is waited for, never slept through."""

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Site:
    """One console, its source at hand, and whatever its pages complained of."""

    address: str
    source: SampleBoard
    complaints: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def go(self, page: Page, path: str) -> None:
        """Opens `path`; waits until the stream has spoken and the drawings are drawn."""
        page.goto(self.address + path)
        expect(page.locator("#live.heard")).to_be_attached()
        expect(page.locator("[data-chart]:not(:has([data-painted]))")).to_have_count(0)

    def attend(self, page: Page) -> None:
        """Notes what `page` complains of and whom it calls, from now on."""

        def note(line: ConsoleMessage) -> None:
            if line.type in {"error", "warning"}:
                self.complaints.append(line.text)

        def watch(sent: Request) -> None:
            if not sent.url.startswith(self.address):
                self.outside.append(sent.url)

        page.on("console", note)
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.on("request", watch)


Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    """Closed with its module: while it is open, its thread holds an event loop that async tests would trip over."""
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}: the page is not tried in a browser (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site() -> Generator[Site]:
    source = sample_board()
    with served({"sample": source}, beat=2.0) as address:
        yield Site(address, source)


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Generator[Opener]:
    """Opens a path in a fresh profile, live and drawn."""
    contexts: list[BrowserContext] = []

    def opener(path: str = "/", *, language: str = "en", dark: bool = False) -> Page:
        context = browser.new_context(
            viewport={"width": DESK[0], "height": DESK[1]}, locale=language, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        site.attend(page)
        site.go(page, path)
        return page

    yield opener
    for context in contexts:
        context.close()
