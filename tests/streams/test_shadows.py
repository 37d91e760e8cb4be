"""Shadows in a city in service: begun, held against what was told, promoted by another account."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from alerts.export import rfc3339
from rules.engine import Engine
from rules.shadows.score import shadows_of
from streams.clock import HandClock, WallClock
from streams.rewind import engine_beside
from tests.streams.town import NAME, STORM, Scene, event, in_service, make_town
from tests.system.test_cli import HAND, Tocsin, tocsin
from tests.system.test_releases import SECOND, wait_until

__all__ = ["tocsin"]  # a fixture


FAILS = """\
cases:
  - name: four calls are not told
    series:
      - {area: east, category: traffic, every: 1h, counts: 4, from: 6h}
    expect:
      - alerts: 0
"""
"""As the rule in force has it, and its candidate has not."""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = make_town(tmp_path / "town")
    (folder / "rules" / "storm.yaml").write_text(STORM, encoding="utf-8")
    return folder


@pytest.fixture
def candidate(tmp_path: Path) -> Path:
    """The rule as it is to become: it speaks of three events."""
    path = tmp_path / "storm.yaml"
    path.write_text(STORM.replace("{n: 5}", "{n: 3}"), encoding="utf-8")
    return path


def test_from_a_candidate_to_what_runs(tocsin: Tocsin, home: Path, candidate: Path) -> None:
    data = Path(os.environ["TOCSIN_DATA"])
    clock = HandClock(WallClock().now())
    with in_service(home, data, clock=clock) as scene:
        station = scene.station

        def runs() -> str:
            return next(one.version for one in station.shard.engine.book.rules if one.id == "storm")

        plain = runs()
        scene.post(event("first"))
        told = tocsin("rules", "shadow", "start", home, "--change", candidate, *HAND, "--shifts", 2)
        assert (told.code, "nobody hears of it" in told.out) == (0, True), told
        assert "another candidate is in shadow" in tocsin(
            "rules", "shadow", "start", home, "--change", candidate, *HAND
        ).err  # fmt: skip
        assert f"beside {plain}" in tocsin("rules", "shadow", "list", home).out
        clock.forward(1_200)
        for number in range(4):
            scene.post(event(number, occurred_at=rfc3339(clock.now())))
        wait_until(lambda: bool(shadows_of(engine_in(scene))[0].ours))
        assert list(station.store.final()) == [], "no alert was opened"
        report = json.loads(tocsin("rules", "shadow", "report", home, "storm", "--json").out)
        assert len(report["outcomes"]["new"]) >= 1
        assert "new ones, which nobody has judged" in tocsin("rules", "shadow", "report", home, "storm").out
        assert "another account has to promote it" in tocsin("rules", "shadow", "promote", home, "storm", *HAND).err
        assert "wait, or say why" in tocsin("rules", "shadow", "promote", home, "storm", *SECOND).err
        cases = home / "rules" / "storm.cases.yaml"
        cases.write_text(FAILS, encoding="utf-8")
        early = ("--early", "the fair begins today")
        assert "nothing is released" in tocsin("rules", "shadow", "promote", home, "storm", *SECOND, *early).err
        cases.write_text(FAILS.replace("alerts: 0", "alerts: 1"), encoding="utf-8")
        tocsin("rules", "shadow", "promote", home, "storm", *SECOND, *early)
        wait_until(lambda: runs() != plain)
        wait_until(lambda: any(alert.signal.rule == "storm" for alert in station.store.final()))
        assert "no rule is in shadow" in tocsin("rules", "shadow", "list", home).out
        assert "the fair begins today" in tocsin("rules", "releases", home).out
        promoted = station.shard.engine.book.rule("storm")
    with in_service(home, data, clock=clock):
        assert engine_beside(data / NAME / "journal.sqlite").book.rule("storm") == promoted
    assert tocsin("audit", home).code == 0


def engine_in(scene: Scene) -> Engine:
    engine = scene.station.shard.engine
    assert isinstance(engine, Engine)
    return engine


def test_a_release_does_not_go_past_the_shifts_of_a_shadow(tocsin: Tocsin, home: Path, candidate: Path) -> None:
    with in_service(home, Path(os.environ["TOCSIN_DATA"])) as scene:
        scene.post(event(1))
        tocsin("rules", "shadow", "start", home, "--change", candidate, *HAND)
        wait_until(lambda: bool(engine_in(scene).shadows.at_work))
        (home / "rules" / "storm.yaml").write_bytes(candidate.read_bytes())
        out = tocsin("rules", "publish", home, *HAND).out
        release = next(word for line in out.splitlines() if line.startswith("release ") for word in line.split()[1:2])
        assert "has not been in shadow for 14 whole shifts" in tocsin("rules", "approve", home, release, *SECOND).err
        assert "judges in shadow no longer" in tocsin("rules", "shadow", "drop", home, "storm", *HAND).out
        assert "is in force" in tocsin("rules", "approve", home, release, *SECOND).out


def test_what_is_no_candidate_is_told(tocsin: Tocsin, home: Path, candidate: Path) -> None:
    with in_service(home, Path(os.environ["TOCSIN_DATA"])) as scene:
        scene.post(event(1))
        same = home / "rules" / "storm.yaml"
        assert "there is nothing to try" in tocsin("rules", "shadow", "start", home, "--change", same, *HAND).err
        candidate.write_text(candidate.read_text().replace("district", "county"), encoding="utf-8")
        told = tocsin("rules", "shadow", "start", home, "--change", candidate, *HAND)
        assert (told.code, "rules/storm.yaml:" in told.err) == (1, True)
        assert "is not in shadow" in tocsin("rules", "shadow", "promote", home, "storm", *SECOND).err
