"""A desk in service: what nobody takes rises by itself, heads go outside, `tocsin verify` finds what was changed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from alerts.alert import Alert
from alerts.duty import Act
from streams.clock import HandClock, WallClock
from tests.streams.town import NAME, Scene, event, in_service
from tests.system.test_cli import Said, Tocsin, tocsin, town
from tests.system.test_retract import MANY_CALLS, stamp

__all__ = ["tocsin", "town"]  # fixtures

MINUTE: Final = 60_000
DESKS: Final = """\
desks:
  - id: east
    names: {{en: Eastern desk, zh-CN: 东区值班台}}
    areas: [east]
    categories: [incident]
    parent: city
    channels: [console]
    clocks: {{blue: 10m, yellow: 10m, orange: 10m, red: 10m}}
    lapse: 1h
  - id: city
    names: {{en: City desk, zh-CN: 市值班台}}
    areas: [newcity]
    categories: [incident]
    channels: [{{kind: jsonlines, path: alerts.jsonl}}]
    clocks: {{blue: 10m, yellow: 10m, orange: 10m, red: 10m}}
heads:
  - {{kind: file, path: {heads}}}
"""


@pytest.fixture
def manned(town: Path, tmp_path: Path) -> Path:
    """The town with two desks above each other, and a folder outside for its heads."""
    (tmp_path / "outside").mkdir()
    (town / "desks.yaml").write_text(DESKS.format(heads=tmp_path / "outside" / "heads"), encoding="utf-8")
    (town / "rules" / "many-calls.yaml").write_text(MANY_CALLS, encoding="utf-8")
    return town


def waited(scene: Scene, holds: Callable[[Alert], bool]) -> Alert:
    """The one alert of the scene, once `holds` of it."""
    for _ in range(400):
        for alert in scene.station.store.final():
            if holds(alert):
                return alert
        time.sleep(0.02)
    raise AssertionError(list(scene.station.store.final()))


def verified(run: Callable[..., Said], town: Path) -> Said:
    return run("verify", town)


def test_an_alert_rises_is_taken_lapses_and_all_of_it_is_proven(tocsin: Tocsin, manned: Path, tmp_path: Path) -> None:
    now = WallClock().now() - 24 * 60 * MINUTE
    clock = HandClock(now)
    with in_service(manned, tmp_path / "var", clock=clock) as scene:
        scene.post([event(n, occurred_at=stamp(now - n)) for n in range(6)])
        said = waited(scene, lambda alert: bool(alert.moves))
        assert (said.desk, said.duty.stage) == ("east", "open")
        clock.forward(600)
        risen = waited(scene, lambda alert: alert.duty.stage == "raised")
        assert risen.duty.desks == ("east", "city")
        take = Act("take", clock.now(), account="1001", desk="city", role="officer")
        assert scene.station.acting.by_hand(said.id, take) is not None
        for _ in range(400):  # its lane has a thread of its own
            if (tmp_path / "var" / NAME / "alerts.jsonl").exists():
                break
            time.sleep(0.02)
        assert (tmp_path / "var" / NAME / "alerts.jsonl").exists()
        beside = verified(tocsin, manned)
        assert beside.code == 0, beside.out
    told = verified(tocsin, manned)
    assert (told.code, told.out.startswith(f"{NAME}: 3 moves")) == (0, True), told.out
    assert "3 of them are proven" in told.out
    store = tmp_path / "var" / NAME / "alerts.sqlite"
    with closing(sqlite3.connect(store)) as link, link:
        link.execute("delete from chain where seq = 3")
    cut = verified(tocsin, manned)
    assert (cut.code, "move 3: was there when a head was sent out" in cut.out) == (1, True), cut.out
    assert f"alert {said.id}: is not where its moves took it" in cut.out
    (tmp_path / "outside" / "heads").write_text("", encoding="utf-8")
    emptied = verified(tocsin, manned)
    assert (emptied.code, "no head of newcity lies there" in emptied.err) == (1, True), emptied.err
    (tmp_path / "outside" / "heads").unlink()
    gone = verified(tocsin, manned)
    assert (gone.code, "heads cannot be read there" in gone.err) == (1, True), gone.err


def test_without_heads_it_says_what_it_cannot_see(tocsin: Tocsin, town: Path, tmp_path: Path) -> None:
    assert "no alert store here" in verified(tocsin, town).err
    with in_service(town, tmp_path / "var"):
        pass
    told = verified(tocsin, town)
    assert (told.code, "a cut tail" in told.out) == (0, True), told.out
    missing = tocsin("verify", town, "--heads", tmp_path / "nowhere")
    assert (missing.code, "heads cannot be read there" in missing.err) == (1, True)
