"""`tocsin purge`, and the same by itself each day in a served city."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import pytest
import structlog.testing
from typer.testing import CliRunner

from alerts.chain import Purge, decode
from alerts.store import Change
from streams.cli import app
from streams.clock import HandClock, WallClock
from streams.messages import SpokenError
from tests.access.crowds import HOUR, closed
from tests.access.guarded import Town, town_in_service
from tests.streams.town import NAME, in_service, make_town

DAY = 24 * HOUR


def purge(folder: Path, *words: str) -> str:
    """What the command says; its problem is raised."""
    run = CliRunner().invoke(app, ["purge", str(folder / "town"), "--data", str(folder / "var"), *words])
    if run.exception is not None and not isinstance(run.exception, SystemExit):
        raise run.exception
    return run.output


def over(town: Town, name: str, days: int) -> None:
    """An alert that was told, closed and over so many days ago."""
    alert = closed(town, name, "confirmed", ago=days * DAY)
    at = town.clock.now() - days * DAY
    signal = msgspec.structs.replace(alert.signal, state="over", over_at=at + HOUR, at=at + HOUR)
    version = town.station.store.known([name])[name][0]
    ended = msgspec.structs.replace(alert, state="over", signal=signal)
    town.station.store.commit(Change(NAME, None, (ended,), was={name: version}))


def test_a_dry_run_says_what_would_go_while_the_city_is_served_and_a_purge_waits_for_its_end(tmp_path: Path) -> None:
    with town_in_service(tmp_path) as town:
        over(town, "old", 3)
        over(town, "young", 0)
        town.clock.at += 398 * DAY
        said = purge(tmp_path, "--dry-run")  # by the machine's own clock: nothing is old yet
        assert "alerts: 3 rows, 0 go, 3 stay" in said
        with pytest.raises(SpokenError) as refused:
            purge(tmp_path)
        assert "another process" in refused.value.render("en")
    assert "nothing is old enough to go" in purge(tmp_path)


def test_a_served_city_purges_by_itself_once_a_day_and_says_so_in_the_chain(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as said, town_in_service(tmp_path) as town:
        over(town, "old", 3)
        over(town, "young", 0)
        town.clock.at += 399 * DAY  # the acts are of today, so the first look finds nothing
        before = town.station.store.rows()
        town.clock.at += 2 * DAY
        for _ in range(400):
            if town.station.store.alert("old") is None:
                break
            time.sleep(0.02)
        assert town.station.store.alert("old") is None
        entries = [decode(one.body).act for one in town.station.store.links_of("")]
        [done] = [act for act in entries if isinstance(act, Purge)]
        assert "old" in done.alerts
        assert done.before["alerts"] == before["alerts"]
        assert town.station.store.prove([], town.station.key).faults == ()
    assert [entry["alerts"] for entry in said if entry["event"] == "purged"] == [len(done.alerts)]


def test_how_long_is_kept_is_said_in_the_city_and_held_to_its_bounds(tmp_path: Path) -> None:
    folder = make_town(tmp_path / "town")
    file = folder / "city.yaml"
    file.write_text(file.read_text("utf-8") + "alerts_kept: 100d\nmoves_kept: 200d\n", encoding="utf-8")
    with in_service(folder, tmp_path / "var", clock=HandClock(WallClock().now())) as scene:
        assert (scene.station.city.keep.alerts, scene.station.city.keep.moves) == (100 * DAY, 200 * DAY)
    file.write_text(file.read_text("utf-8").replace("200d", "179d").replace("100d", "89d"), encoding="utf-8")
    run = CliRunner().invoke(app, ["check", str(folder)])
    assert "179d is out of bounds: make it ≥ 180d" in run.output
    assert "89d is out of bounds: make it ≥ 90d" in run.output
