"""A small city behind its gate, for tests that come in over the network with a role."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from starlette.testclient import TestClient

from alerts.access.accounts import FILE, Account, Accounts
from alerts.access.credentials import code_at, hashed
from alerts.access.roles import Role
from alerts.alert import Alert
from streams.clock import HandClock, WallClock
from streams.guarded import Guarded, guard
from streams.metrics import Metrics
from streams.opened import city_of
from streams.station import Station
from tests.streams.town import NAME, event, make_town, settings

OUTSIDE: Final = ("192.0.2.7", 50_000)
HOST: Final = "http://desk.example"
PASSWORD: Final = "a pass phrase of some length"
KEPT: Final = hashed(PASSWORD)
FACTOR: Final = b"12345678901234567890"

MANY_CALLS: Final = """\
id: many-calls
counts: {kind: incident, category: traffic}
areas: district
window: 1h
detector: {kind: threshold, parameters: {n: 5}}
owner: traffic operations
guidance: {en: Call the traffic dispatcher., zh-CN: 联系交通调度。}
"""
DESKS: Final = """\
desks:
  - id: east
    names: {en: Eastern desk, zh-CN: 东区值班台}
    areas: [east]
    categories: [incident]
    parent: city
    channels: [console]
    clocks: {blue: 10m, yellow: 10m, orange: 10m, red: 10m}
  - id: city
    names: {en: City desk, zh-CN: 市值班台}
    areas: [newcity]
    categories: [incident]
    channels: [console]
    clocks: {blue: 10m, yellow: 10m, orange: 10m, red: 10m}
"""


@dataclass
class Town:
    """The city at work. `alert`: the one alert, in the district `east`."""

    guarded: Guarded
    station: Station
    clock: HandClock
    alert: Alert
    base: str = f"/v1/cities/{NAME}"
    _tokens: dict[str, str] = field(default_factory=dict)

    @property
    def accounts(self) -> Accounts:
        return self.guarded.accounts

    def account(self, number: str, *roles: Role, areas: tuple[str, ...] = (NAME,)) -> str:
        """Make an account; its number."""
        known = Account(number, roles, {NAME: areas}, KEPT, FACTOR)
        self.accounts.put(known, self.clock.now())
        return number

    def token(self, number: str) -> str:
        return self.accounts.begin(number, "token", self.clock.now())

    def client(self, token: str = "", **changes: Any) -> TestClient:
        """Somebody elsewhere; with `token` a program."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        given = {"base_url": HOST, "client": OUTSIDE, "headers": headers, "follow_redirects": False, **changes}
        return TestClient(self.guarded.app, raise_server_exceptions=False, **given)

    def as_role(self, *roles: Role, areas: tuple[str, ...] = (NAME,), number: str = "1001") -> TestClient:
        return self.client(self.token(self.account(number, *roles, areas=areas)))

    def code(self) -> str:
        return code_at(FACTOR, self.clock.now() // 30_000)


@contextmanager
def town_in_service(folder: Path, **given: Any) -> Iterator[Town]:
    """A city with two desks and one alert, its clock moved by hand; with settings as `given`.

    The turn that told the alert is over: no clock of a desk moves any more until the hand moves, or something else is
    told. So what a test holds stays held, though no desk has a budget.
    """
    place = make_town(folder / "town")
    (place / "desks.yaml").write_text(DESKS, encoding="utf-8")
    (place / "rules" / "many-calls.yaml").write_text(MANY_CALLS, encoding="utf-8")
    clock = HandClock(WallClock().now() // 30_000 * 30_000)
    chosen, metrics = settings(folder / "var", **given), Metrics()
    station = Station(city_of(place), chosen, clock, metrics)
    guarded = guard({station.city.name: station}, chosen, clock, metrics)
    station.start()
    try:
        loopback = TestClient(guarded.app, base_url="http://127.0.0.1", client=("127.0.0.1", 5))
        at = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(clock.now() // 1000 - 60))
        loopback.post("/v1/events", json=[event(n, occurred_at=at) for n in range(6)])
        for _ in range(400):
            found = [alert for alert in station.store.final() if _is_told(station, alert)]
            if found:
                break
            time.sleep(0.02)
        yield Town(guarded, station, clock, found[0])
    finally:
        guarded.end_streams()
        station.stop()


def _is_told(station: Station, alert: Alert) -> bool:
    """Its notice has left: that is the last that a turn does about it, after the clocks of the desks."""
    notices = station.store.notices_of(alert.id)
    return bool(notices) and all(notice.state == "sent" for notice in notices)


__all__ = ["FACTOR", "FILE", "HOST", "NAME", "OUTSIDE", "PASSWORD", "Town", "town_in_service"]
