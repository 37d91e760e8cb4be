"""The whole application of a process: intake, interface and pages of its cities, behind the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.types import ASGIApp

from alerts.access.accounts import FILE, Accounts
from alerts.access.gate import Gate
from alerts.access.logins import Logins
from alerts.api.app import create_api
from alerts.api.door import DutyCity
from alerts.api.service import Live, Service
from alerts.console import create_app as create_console
from alerts.console.headers import SafeHeaders
from alerts.console.refusing import refusal_page
from alerts.console.taking import Taking, add_taking
from streams.board import CityBoard
from streams.city import City
from streams.clock import Clock
from streams.http import City as HttpCity
from streams.http import create_app
from streams.metrics import Metrics
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Guarded:
    """`app` is what a server runs; the others are its parts, for who holds them against the policy of routes."""

    app: ASGIApp
    whole: Starlette
    console: FastAPI
    api: FastAPI
    accounts: Accounts
    end_streams: Callable[[], None]


class Served(HttpCity, Protocol):
    """A city in service, whichever road its signals come by (`streams.station.Station`, `streams.kafka.desk`)."""

    city: City
    on_fault: Callable[[BaseException], None] | None

    @property
    def board(self) -> CityBoard: ...
    @property
    def duty(self) -> DutyCity: ...
    @property
    def key(self) -> bytes: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def reread(self) -> Sequence[str]: ...


def guard(stations: Mapping[str, Served], settings: Settings, clock: Clock, metrics: Metrics) -> Guarded:
    """Everything over `stations`, by name. Accounts lie in the data folder, beside the cities' own folders."""
    accounts = Accounts(settings.data / FILE)

    def stopped() -> bool:
        return bool(console.state.streams.stopped)

    service = Service(
        cities={name: station.duty for name, station in stations.items()},
        live={name: Live(station.board.version, station.board.changed) for name, station in stations.items()},
        accounts=accounts,
        logins=Logins(accounts),
        now=clock.now,
        stopped=stopped,
    )
    console = create_console({name: station.board for name, station in stations.items()}, service)
    add_taking(
        console,
        Taking(
            {name: station.board for name, station in stations.items()},
            {name: station.key for name, station in stations.items()},
            lambda link, _: service.cities[link.city].take_by_link(link),
            clock.now,
        ),
    )
    api = create_api(service)
    whole = create_app(stations, console, settings, metrics, api)
    alone = not (settings.address or settings.proxies)
    gate = Gate(whole, accounts, clock.now, alone=alone, shown=refusal_page, body_seconds=settings.body_seconds)
    return Guarded(SafeHeaders(gate), whole, console, api, accounts, console.state.streams.stop)
