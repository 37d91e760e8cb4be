"""Load and replay: the past through the same code, the same every time, and never after the present has begun."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from alerts.database import SqliteStore
from alerts.export import rfc3339
from rules.records import Frame, Tick
from streams import load as loads
from streams import replay
from streams.audit import audit
from streams.clock import HandClock, WallClock
from streams.engines import RuleEngines
from streams.journal import Journal, JournalError
from streams.metrics import Metrics
from streams.opened import city_of, intake_of, open_city
from streams.replay import ReplayError
from streams.station import Station
from tests.streams.town import NAME, event, in_service, make_town, settings

BEGAN = datetime(2026, 1, 5, tzinfo=UTC)
DAYS = 17
STORM = BEGAN + timedelta(days=15, hours=9)
PUSH = "kind: incident\ncomes: {push: true}\nformat: contract\nsource: dispatch\narchive: [data/calls.jsonl]\n"
OTHER = PUSH.replace("dispatch", "other").replace("calls", "other") + "silence: false\n"


def past(seed: int = 7, *, source: str = "dispatch") -> list[dict[str, Any]]:
    """Some quiet weeks of traffic, and three loud hours on the sixteenth day."""
    dice = Random(seed)
    hours = [BEGAN + timedelta(hours=n) for n in range(24 * DAYS)]
    times = [at + timedelta(minutes=dice.uniform(0, 60)) for at in hours if dice.random() < 0.5]
    times += [STORM + timedelta(minutes=dice.uniform(0, 180)) for _ in range(60)]
    return [
        event(n, source=source, area=dice.choice(["east", "west"]), occurred_at=at.isoformat(timespec="seconds"))
        for n, at in enumerate(sorted(times))
    ]


def write(path: Path, events: Sequence[object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(item) + "\n" for item in events))
    return path


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_town(tmp_path_factory.mktemp("cities") / "town", calls=PUSH, other=OTHER)
    write(made / "data" / "calls.jsonl", [*past(), {"broken": True}])
    write(made / "data" / "other.jsonl", past(8, source="other")[:50])
    return made


def replayed(town: Path, out: Path, *feeds: str, files: Sequence[Path] = (), **span: int) -> dict[str, bytes]:
    city, clock = city_of(town), WallClock()
    chosen = replay.files_of(city, feeds, files)
    found = replay.read_past(city, intake_of(city, replay.REPLAY_KEY), chosen, span.get("since"), span.get("until"))
    told = replay.run(city.book, found, clock)
    replay.write(out, city, found, told, replay.summary_of(city, found, told, 1.0))
    return {path.name: path.read_bytes() for path in out.iterdir()}


@pytest.fixture(scope="module")
def once(town: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return replayed(town, tmp_path_factory.mktemp("out"))


def lines(data: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in data.splitlines()]


def test_a_replay_hears_the_storm(once: dict[str, bytes]) -> None:
    loud = [alert for alert in lines(once["alerts.jsonl"]) if alert["kind"] == "spike" and not alert["withdrawn"]]
    assert loud
    assert all(alert["first"] >= "2026-01-20T08:" for alert in loud)
    assert all(alert["last"] is not None for alert in loud)


def test_a_replay_says_the_same_every_time(town: Path, tmp_path: Path, once: dict[str, bytes]) -> None:
    again = replayed(town, tmp_path / "out")
    names = ("signals.jsonl", "alerts.jsonl", "canonical.jsonl", "feeds.json")
    assert {name: again[name] for name in names} == {name: once[name] for name in names}


def test_the_boxes_of_a_replay_hold_every_event(once: dict[str, bytes]) -> None:
    feeds = json.loads(once["feeds.json"])
    total = dict.fromkeys(("received", "refused", "accepted", "duplicate", "redelivered"), 0)
    for days in feeds.values():
        for row in days.values():
            assert row["received"] == row["refused"] + row["accepted"] + row["duplicate"] + row["redelivered"]
            for box in total:
                total[box] += row[box]
    assert total["received"] == len(past()) + 1 + 50
    assert total["refused"] == 1


def test_the_summary_counts_what_was_read_and_said(once: dict[str, bytes]) -> None:
    summary = json.loads(once["summary.json"])
    alerts = lines(once["alerts.jsonl"])
    assert summary["events"] == len(past()) + 50
    assert summary["refused"] == 1
    assert sum(n for months in summary["alerts"].values() for n in months.values()) <= len(alerts)
    assert summary["peak_memory_mib"] > 0


def test_a_span_replays_only_what_arrived_in_it(town: Path, tmp_path: Path) -> None:
    since = round(STORM.timestamp() * 1000)
    found = replayed(town, tmp_path / "out", "calls", since=since, until=since + 3_600_000)
    summary = json.loads(found["summary.json"])
    wanted = [item for item in past() if 0 <= ms(item) - since < 3_600_000]
    assert summary["events"] == len(wanted) > 5


def test_a_past_that_ends_ends_its_alerts_and_calls_no_feed_silent(town: Path, tmp_path: Path) -> None:
    """The storm is the last that is heard: a dozen quiet hours follow it, then nothing is in the files."""
    files = [write(tmp_path / "calls.jsonl", [item for item in past() if ms(item) < storm(hours=12)])]
    alerts = lines(replayed(town, tmp_path / "out", "calls", files=files)["alerts.jsonl"])
    assert [alert for alert in alerts if alert["kind"] == "spike"]
    assert {alert["state"] for alert in alerts} <= {"over", "withdrawn", "merged"}
    assert "silence" not in {alert["kind"] for alert in alerts if alert["said_at"] > rfc3339(storm(hours=11))}


def test_nothing_is_said_after_the_end_that_was_asked_for(town: Path, tmp_path: Path) -> None:
    found = lines(replayed(town, tmp_path / "out", "calls", until=storm(hours=2))["signals.jsonl"])
    assert found
    assert max(signal["at"] for signal in found) <= storm(hours=2)


def test_a_feed_that_fell_silent_before_the_end_that_was_asked_for_is_said(town: Path, tmp_path: Path) -> None:
    times = [BEGAN + timedelta(minutes=20 * n) for n in range(72 * 6)] + [BEGAN + timedelta(days=8)]
    steady = [event(n, occurred_at=at.isoformat()) for n, at in enumerate(times)]
    until = round((BEGAN + timedelta(days=7, hours=12)).timestamp() * 1000)

    def silences(events: Sequence[object], name: str) -> list[str]:
        files = [write(tmp_path / f"{name}.jsonl", events)]
        found = lines(replayed(town, tmp_path / name, "calls", files=files, until=until)["alerts.jsonl"])
        return [alert["state"] for alert in found if alert["kind"] == "silence"]

    assert silences(steady, "cut") == ["open"]
    assert silences(steady[:-1], "ended") == []


def storm(*, hours: int) -> int:
    return round((STORM + timedelta(hours=hours)).timestamp() * 1000)


def ms(item: dict[str, Any]) -> int:
    return round(datetime.fromisoformat(item["occurred_at"]).timestamp() * 1000)


@pytest.mark.parametrize(
    ("feeds", "files", "said"),
    [
        (["nobody"], [], "no such feed"),
        ([], [Path("a.jsonl")], "say with --feed"),
        (["calls"], [Path("/nowhere/a.jsonl")], "no such file"),
    ],
)
def test_what_cannot_be_replayed_is_told_in_one_line(
    town: Path, feeds: list[str], files: list[Path], said: str
) -> None:
    with pytest.raises(ReplayError, match=said):
        replay.files_of(city_of(town), feeds, files)


# load


def load(town: Path, data: Path, *feeds: str, files: Sequence[Path] = ()) -> loads.Loaded:
    city = city_of(town)
    opened = open_city(
        city, settings(data), HandClock(), Metrics(), kind="wall", engines=RuleEngines(), loading=True, shut=True
    )
    try:
        found = loads.load(opened.shard, city, intake_of(city, opened.key), replay.files_of(city, feeds, files))
        opened.shard.remember()
    finally:
        opened.close()
    return found


def log(data: Path) -> list[object]:
    with closing(Journal.open(data / NAME / "journal.sqlite", read_only=True)) as journal:
        return [record for _, record in journal.read()]


def rows(data: Path) -> int:
    return sum(len(record.rows) for record in log(data) if isinstance(record, Frame))


@pytest.fixture(scope="module")
def whole(town: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, loads.Loaded]:
    """A data folder into which everything was loaded once: copied by whoever goes on with it."""
    data = tmp_path_factory.mktemp("whole")
    return data, load(town, data)


@pytest.fixture
def loaded(whole: tuple[Path, loads.Loaded], tmp_path: Path) -> Path:
    return shutil.copytree(whole[0], tmp_path / "var")


def test_a_load_brings_every_event_in_with_its_own_arrival(whole: tuple[Path, loads.Loaded]) -> None:
    data, found = whole
    assert found == loads.Loaded(len(past()) + 50, 0, 1, 0, found.ticked_to)
    tick = 0
    for record in log(data):
        if isinstance(record, Tick):
            assert record.now > tick
            tick = record.now
        elif isinstance(record, Frame):
            assert record.rows["arrived_at"].min() > tick


def test_a_load_says_what_a_replay_says_and_tells_nobody(loaded: Path, once: dict[str, bytes]) -> None:
    with closing(SqliteStore(loaded / NAME / "alerts.sqlite")) as store:
        said = {
            (alert.signal.rule, alert.signal.area, alert.signal.first)
            for alert in store.final()
            if alert.signal.kind == "spike"
        }
        assert store.backlog() == []
    spikes = {
        (alert["rule"], alert["area"], ms({"occurred_at": alert["first"]}))
        for alert in lines(once["alerts.jsonl"])
        if alert["kind"] == "spike"
    }
    assert said == spikes != set()


def test_a_second_load_of_the_same_files_adds_nothing(town: Path, loaded: Path) -> None:
    before = rows(loaded)
    second = load(town, loaded)
    assert (second.written, second.passed_over) == (0, len(past()) + 50)
    assert rows(loaded) == before


def test_a_load_that_was_killed_goes_on_where_it_stopped(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loads, "_days", _breaking(loads._days, after=5))
    with pytest.raises(KeyboardInterrupt):
        load(town, tmp_path)
    assert 0 < rows(tmp_path) < len(past())
    monkeypatch.undo()
    load(town, tmp_path)
    assert rows(tmp_path) == len(past()) + 50


def _breaking(days: Callable[..., Any], *, after: int) -> Callable[..., Any]:
    def broken(records: Any) -> Any:
        for n, day in enumerate(days(records)):
            if n == after:
                raise KeyboardInterrupt
            yield day

    return broken


def test_a_file_that_goes_on_after_the_last_load_is_taken(town: Path, tmp_path: Path) -> None:
    early, late = past()[:60], past()[60:90]
    load(town, tmp_path, "calls", files=[write(tmp_path / "early.jsonl", early)])
    found = load(town, tmp_path, "calls", files=[write(tmp_path / "late.jsonl", late)])
    assert found.written == len(late)


def test_what_was_refused_is_counted_once_however_often_its_file_is_loaded(tmp_path: Path) -> None:
    town = make_town(tmp_path / "town", calls=PUSH, other=OTHER)
    write(town / "data" / "calls.jsonl", [*past()[:60], {"broken": True}])
    write(town / "data" / "other.jsonl", [*past(8, source="other")[90:], {"broken": True}])
    assert load(town, tmp_path, "calls").refused == 1
    path = tmp_path / NAME / "journal.sqlite"
    with closing(Journal.open(path)) as journal:
        journal.forget_refused(0)
    assert [load(town, tmp_path).refused for _ in range(2)] == [1, 0]
    with closing(Journal.open(path, read_only=True)) as journal:
        assert {one.feed: one.refused for one in journal.refused_days()} == {"calls": 1, "other": 1}
        assert audit(journal).balanced


def test_another_past_before_the_last_tick_is_refused_in_words(town: Path, loaded: Path, tmp_path: Path) -> None:
    stranger = write(tmp_path / "stranger.jsonl", past(9)[:5])
    with pytest.raises(ReplayError, match="load all feeds of a city together"):
        load(town, loaded, "calls", files=[stranger])


def test_a_live_log_takes_no_past(town: Path, tmp_path: Path) -> None:
    with in_service(town, tmp_path):
        pass
    with pytest.raises(JournalError, match="this log is live"):
        load(town, tmp_path)


def test_a_city_serves_on_from_its_loaded_past(town: Path, loaded: Path) -> None:
    clock = HandClock(round((BEGAN + timedelta(days=DAYS, minutes=5)).timestamp() * 1000))
    with in_service(town, loaded, clock=clock) as scene:
        response = scene.client.post("/v1/events?feed=calls", json=past()[-1])
        assert response.json()["events"] == [{"status": "duplicate"}]


def test_a_city_that_was_loaded_long_ago_says_that_it_catches_up_until_it_is_there(town: Path, loaded: Path) -> None:
    clock = HandClock(round((BEGAN + timedelta(days=DAYS + 300)).timestamp() * 1000))
    station = Station(city_of(town), settings(loaded), clock, Metrics())
    assert station.board.city().catching_up
    assert rfc3339(station.board.now()).startswith("2026-01-2")
    station.start()
    try:
        limit = time.monotonic() + 60
        while said := station.unready():
            assert said.startswith("catching up, at 2026-")
            assert time.monotonic() < limit
            time.sleep(0.01)
        while station.board.city().catching_up:
            assert time.monotonic() < limit
            time.sleep(0.01)
    finally:
        station.stop()
    assert sum(isinstance(record, Tick) and record.now < clock.at - 86_400_000 for record in log(loaded)) < 20_000


def test_a_stored_log_replays_to_what_was_said_live(town: Path, loaded: Path) -> None:
    city = city_of(town)
    found = replay.stored_past(city, Journal.open(loaded / NAME / "journal.sqlite", read_only=True))
    told = replay.run(found.book or city.book, found, WallClock())
    with closing(SqliteStore(loaded / NAME / "alerts.sqlite")) as store:
        live = {alert.id: (alert.state, alert.signal.key, alert.signal.over_at) for alert in store.final()}
    assert {alert.id: (alert.state, alert.signal.key, alert.signal.over_at) for alert in told.store.final()} == live
    assert live
