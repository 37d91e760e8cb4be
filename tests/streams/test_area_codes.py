"""An area code changes on a date, in a city in service: counted on under the new one, and nothing ends when it goes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from rules.engine import Engine
from rules.records import UseBook
from streams.clock import HandClock
from streams.journal import Journal
from tests.streams.town import NAME, STORM, Scene, event, in_service, make_town

EVE = int(datetime(2026, 12, 31, 4, 0, tzinfo=UTC).timestamp() * 1000)
DAY = 86_400_000
HEAD = "code,parent,level,name.en,name.zh-CN,valid_from,valid_to,replaced_by,population,neighbours\n"
CITY = "newcity,,city,New City,新城市,,,,,\n"
WEST = "west,newcity,district,West District,西区,,,,,\n"
OLD = "east,newcity,district,East District,东区,,2027-01-01,orient,,\n"
NEW = "orient,newcity,district,Orient District,东方区,2027-01-01,,,,\n"


def call(number: int, area: str, at: int) -> dict[str, object]:
    when = datetime.fromtimestamp(at / 1000, UTC).isoformat()
    return event(number, area=area, occurred_at=when)


def counted(scene: Scene) -> set[str]:
    """The areas below the city of which the rule keeps series."""
    engine = scene.station.shard.engine
    assert isinstance(engine, Engine)
    counts = engine.rules["storm"].counts
    return {area for area, _ in counts.pairs} - {NAME}


def test_an_area_code_changes_on_new_year_s_day_and_its_old_row_may_go(tmp_path: Path) -> None:
    town, data, clock = make_town(tmp_path / "town"), tmp_path / "var", HandClock(EVE)
    (town / "rules" / "storm.yaml").write_text(STORM, "utf-8")
    with in_service(town, data, clock=clock) as scene:
        assert scene.post([call(n, "east", EVE - 60_000) for n in range(6)]).status_code == 202
        clock.forward(60)
        assert counted(scene) == {"east"}
        (town / "areas.csv").write_text(HEAD + CITY + OLD + NEW + WEST, "utf-8")
        assert scene.station.reread() == []
        clock.forward(60)
        sent = [call(10, "east", EVE + 60_000), call(11, "west", EVE + 60_000)]
        assert {one["status"] for one in scene.post(sent).json()["events"]} == {"accepted"}
        assert counted(scene) == {"orient", "west"}
        assert scene.post([call(12, "orient", EVE + 60_000)]).json()["events"][0]["reason"] == "retired_area", "not yet"
        clock.at = EVE + DAY
        sent = [call(13, "east", clock.at - 60_000), call(14, "orient", clock.at - 60_000)]
        assert {one["status"] for one in scene.post(sent).json()["events"]} == {"accepted"}, (
            "a sender may be late with it"
        )
        assert counted(scene) == {"orient", "west"}
    with in_service(town, data, clock=clock) as scene:
        assert counted(scene) == {"orient", "west"}
        (town / "areas.csv").write_text(HEAD + CITY + NEW + WEST, "utf-8")
        assert scene.station.reread() == []
        clock.forward(60)
        assert scene.post([call(15, "orient", clock.at - 60_000)]).json()["events"][0]["status"] == "accepted"
        assert scene.post([call(16, "east", clock.at - 60_000)]).json()["events"][0]["reason"] == "unknown_area"
        assert counted(scene) <= {"orient", "west"}
        assert scene.client.get("/").status_code == 200
    with in_service(town, data, clock=clock) as scene:
        assert scene.station.alive()
    reader = Journal.open(data / NAME / "journal.sqlite", read_only=True)
    books = [record for _, record in reader.read() if isinstance(record, UseBook)]
    reader.close()
    assert len(books) >= 2
