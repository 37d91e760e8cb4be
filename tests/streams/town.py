"""A small city in service, for tests that want everything but the process."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from alerts.console import create_app as create_console
from streams.city import init
from streams.clock import Clock, WallClock
from streams.http import create_app
from streams.metrics import Metrics
from streams.opened import city_of
from streams.runtime import ClockKind
from streams.settings import Settings
from streams.station import Station

NAME = "newcity"
STORM = """
id: storm
names: {en: Storm, zh-CN: 高峰}
counts: {kind: incident, category: traffic}
areas: district
window: 1h
step: 10m
detector: {kind: threshold, parameters: {n: 5}}
colours: {yellow: 1, orange: 3, red: 9}
keep: 2h
owner: traffic operations
review: 2099-06-30
guidance: {en: Look at the cameras., zh-CN: 查看监控。}
"""
"""A rule that speaks at once, of five events in an hour."""
JSON = {"content-type": "application/json"}
LINES = {"content-type": "application/x-ndjson"}


def make_town(folder: Path, **feeds: str) -> Path:
    """The city that `tocsin init` writes, with further feed files by name."""
    init(folder, NAME)
    for name, text in feeds.items():
        (folder / "feeds" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def event(number: int | str, **fields: Any) -> dict[str, Any]:
    """An event of the contract, as the town's feed `calls` takes it."""
    return {
        "id": f"call {number}",
        "source": "dispatch",
        "kind": "incident",
        "category": "traffic",
        "area": "east",
        "occurred_at": "2026-11-24T12:00:00+08:00",
        **fields,
    }


def packed(value: object) -> bytes:
    return gzip.compress(json.dumps(value).encode())


@dataclass
class Scene:
    station: Station
    client: TestClient
    metrics: Metrics
    settings: Settings

    def post(self, body: object, **headers: str) -> Any:
        """POST a value as JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {**JSON, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.client.post("/v1/events", content=data, headers=given)


def settings(data: Path, **given: Any) -> Settings:
    return Settings(**{"data": data, "reserve_bytes": 0, "watch_seconds": 0.05, **given})


@contextmanager
def in_service(
    folder: Path, data: Path, *, clock: Clock | None = None, kind: ClockKind = "wall", **given: Any
) -> Iterator[Scene]:
    """The city in `folder` at work over `data`, behind a client that needs no network."""
    chosen, metrics = settings(data, **given), Metrics()
    station = Station(city_of(folder), chosen, clock or WallClock(), metrics, kind=kind)
    console = create_console({station.city.name: station.board})
    app = create_app({station.city.name: station}, console, chosen, metrics)
    station.start()
    try:
        with TestClient(app, raise_server_exceptions=False) as client:
            yield Scene(station, client, metrics, chosen)
    finally:
        console.state.streams.stop()
        station.stop()
