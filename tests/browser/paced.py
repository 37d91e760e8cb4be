"""A town whose time a test moves: on the stream clock, its events sent by HTTP, its pages behind the gate."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
from playwright.sync_api import Browser, Page

from alerts.access.accounts import Account
from alerts.access.gate import COOKIE
from alerts.access.roles import Role
from alerts.alert import Alert
from streams.clock import HandClock
from streams.guarded import Guarded, guard
from streams.metrics import Metrics
from streams.opened import city_of
from streams.station import Station
from tests.access.guarded import FACTOR, KEPT
from tests.browser.conftest import DESK, PHONE
from tests.browser.listening import listening
from tests.browser.test_desk import opened
from tests.streams.town import NAME, settings

PATIENCE = 120.0
"""Seconds that a busy machine may take for what is waited for."""


def ms(at: str) -> int:
    """`2025-01-24 09:00` on the town's clock."""
    return round(datetime.fromisoformat(at).replace(tzinfo=ZoneInfo("Asia/Shanghai")).timestamp() * 1000)


def until(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < end
        time.sleep(0.02)


@dataclass
class Paced:
    """`address`: where its pages and its door for events are."""

    guarded: Guarded
    station: Station
    clock: HandClock
    address: str
    data: Path

    def send(self, feed: str, events: Sequence[dict[str, Any]]) -> None:
        """As the feed sends them, from this machine."""
        answer = httpx2.post(f"{self.address}/v1/events?feed={feed}", json=list(events), timeout=PATIENCE)
        assert answer.status_code < 300, answer.text
        assert [one["status"] for one in answer.json()["events"]] == ["accepted"] * len(events), answer.text

    def pass_until(self, at: str | int) -> None:
        """Time passes for the city and its desks; what is told by then has been told."""
        now = ms(at) if isinstance(at, str) else at
        self.clock.forward((now - self.clock.at) / 1000)
        for feed in self.station.city.feeds:
            assert httpx2.post(f"{self.address}/v1/events?feed={feed}", json=[{"tick": now}]).status_code < 300
        until(lambda: self.station.board.now() >= now)

    def told(self, rule: str) -> list[Alert]:
        """What a desk was told of by a rule, first said first."""
        found = [one for one in self.station.store.final() if one.signal.rule == rule and one.announced_at]
        return sorted(found, key=lambda one: one.signal.said_at)

    def page(
        self,
        browser: Browser,
        number: str,
        role: Role,
        size: tuple[int, int] = DESK,
        language: str = "en",
        area: str = NAME,
    ) -> Page:
        """A page of somebody who has just logged in."""
        self.guarded.accounts.put(Account(number, (role,), {NAME: (area,)}, KEPT, FACTOR), self.clock.now())
        page = opened(browser, size, language, dark=size == PHONE)
        token = self.guarded.accounts.begin(number, "session", self.clock.now())
        page.context.add_cookies([{"name": COOKIE, "value": token, "url": self.address}])
        return page

    def bearer(self, number: str, role: Role) -> dict[str, str]:
        """What a program of somebody sends with each request."""
        self.guarded.accounts.put(Account(number, (role,), {NAME: (NAME,)}, KEPT, FACTOR), self.clock.now())
        return {"authorization": f"Bearer {self.guarded.accounts.begin(number, 'token', self.clock.now())}"}


@contextmanager
def paced(city: Path, data: Path, at: str) -> Iterator[Paced]:
    """The city in the folder `city`, in service from `at` on, on a free port."""
    clock, chosen, metrics = HandClock(ms(at)), settings(data), Metrics()
    station = Station(city_of(city), chosen, clock, metrics, kind="stream")
    guarded = guard({station.city.name: station}, chosen, clock, metrics)
    station.start()
    try:
        with listening(guarded.app, guarded.end_streams) as address:
            yield Paced(guarded, station, clock, address, data)
    finally:
        station.stop()
