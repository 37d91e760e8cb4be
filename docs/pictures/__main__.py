"""`python -m docs.pictures`: the pictures of the guides, taken from the pages of a small city in service.

A city is made, served on this machine, sent calls until one rule speaks, and looked at in Chromium in both languages.
The other pictures of this folder show the demo.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, expect, sync_playwright

from streams.city import init

FOLDER: Final = Path(__file__).parent
CHROMIUM: Final = os.environ.get("TOCSIN_TEST_CHROMIUM", "/usr/bin/chromium")
PORT: Final = "8765"
AT: Final = f"http://127.0.0.1:{PORT}"
WIDE: Final = (1280, 720)
PHONE: Final = (390, 844)
TALL: Final = (1280, 1000)
CALLS: Final = 6
PATIENCE_MS: Final = 120_000

RULE: Final = """\
id: many-calls
names: {en: Many calls, zh-CN: 来电过多}
counts: {kind: incident, category: traffic}
areas: district
window: 1h
detector: {kind: threshold, parameters: {n: 5}}
colours: {yellow: 1, orange: 1.5, red: 2}
owner: traffic operations
review: 2027-06-30
guidance:
  en: Call the traffic dispatcher.
  zh-CN: 联系交通调度。
"""
DESKS: Final = """\
desks:
  - id: city
    names: {en: City desk, zh-CN: 市值班台}
    areas: [mycity]
    categories: [incident]
    channels: [console]
  - id: east
    names: {en: Eastern desk, zh-CN: 东区值班台}
    areas: [east]
    categories: [incident]
    parent: city
    clocks: {yellow: 20m, orange: 10m, red: 5m}
    channels: [console]
"""


def main() -> None:
    """Take every picture anew."""
    with tempfile.TemporaryDirectory() as name, served(Path(name)) as alert, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for language, ending in (("en", ""), ("zh-CN", ".zh-CN")):
            take(browser, f"/alert/{alert}", f"card{ending}", WIDE, language)
            take(browser, f"/alert/{alert}", f"card-phone{ending}", PHONE, language, dark=True)
            take(browser, "/city/mycity/desk", f"owed{ending}", WIDE, language)
        write(browser)
        take(browser, "/city/mycity/rules", "rules", WIDE, "en", still=True)
        take(browser, "/city/mycity/rules/many-calls", "rule", TALL, "en", still=True)
        browser.close()


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """A city in service in which one alert runs; its id."""
    city = folder / "mycity"
    init(city)
    (city / "rules/many-calls.yaml").write_text(RULE, "utf-8")
    (city / "desks.yaml").write_text(DESKS, "utf-8")
    words = [
        str(Path(sys.executable).parent / "tocsin"),
        "serve",
        str(city),
        "--data",
        str(folder / "var"),
        "--port",
        PORT,
    ]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - our own words
    try:
        while not _answers("/readyz"):
            assert process.poll() is None, "it ended at once: try what it was given with `tocsin check`"
            time.sleep(0.2)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        calls = [
            {
                "id": f"call-{n}",
                "source": "dispatch",
                "kind": "incident",
                "category": "traffic",
                "area": "east",
                "occurred_at": now,
            }
            for n in range(CALLS)
        ]
        _asked("/v1/events?feed=calls", json.dumps(calls).encode())
        while not (alerts := json.loads(_asked("/v1/cities/mycity/alerts"))["alerts"]):
            time.sleep(0.2)
        yield alerts[0]["id"]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def write(browser: Browser) -> None:
    """A draft with an override in it, tried on what the city has stored."""
    page = browser.new_page(locale="en")
    page.set_default_timeout(PATIENCE_MS)
    page.goto(f"{AT}/city/mycity/rules/many-calls?area=east")
    page.get_by_label("So many times rarer than elsewhere").fill("2")
    page.get_by_label("Reason, shown wherever the override is").fill("market days fill the ring road")
    page.get_by_role("button", name="Lay the override").click()
    page.locator("select[name=past]").select_option("stored")
    page.get_by_role("button", name="Try its cases, and the past").click()
    expect(page.locator("#trial .figures")).to_be_visible(timeout=PATIENCE_MS)
    page.close()


def take(
    browser: Browser,
    path: str,
    name: str,
    size: tuple[int, int],
    language: str,
    *,
    dark: bool = False,
    still: bool = False,
) -> None:
    """One picture, when the page is live and its drawings are drawn; `still`: of one that is not renewed."""
    scheme = "dark" if dark else "light"
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        locale=language,
        color_scheme=scheme,  # type: ignore[arg-type]
    )
    page = context.new_page()
    page.goto(AT + path, timeout=PATIENCE_MS)
    if not still:
        expect(page.locator("#live.heard")).to_be_attached(timeout=PATIENCE_MS)
    expect(page.locator("[data-chart]:not(:has([data-painted]))")).to_have_count(0, timeout=PATIENCE_MS)
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


def _asked(path: str, body: bytes | None = None) -> bytes:
    request = urllib.request.Request(AT + path, body, {"Content-Type": "application/json"})  # noqa: S310 - this machine
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        content: bytes = answer.read()
    return content


def _answers(path: str) -> bool:
    try:
        return bool(_asked(path))
    except OSError:
        return False


if __name__ == "__main__":
    main()
