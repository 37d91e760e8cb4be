"""A fourth feed, unlike those of real cities, connected by a file and two tables and accounted for to the last row."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from rules.engine import Engine
from rules.records import Tick
from streams.city import check
from streams.feeds.archive import read_archive
from streams.feeds.readers import records_in
from streams.intake import Intake, Raw, Taken
from streams.opened import city_of, intake_of
from tests.feeds.register import BROKEN, CITY, FALLS_BACK, Event, Register, at, ms, register
from tests.feeds.small import ARRIVED, SECRET
from tests.streams.town import in_service

SEEDS = (1, 2, 3)


@pytest.fixture(scope="module", params=SEEDS)
def made(request: pytest.FixtureRequest) -> Register:
    return register(request.param)


@pytest.fixture(scope="module")
def intake() -> Intake:
    return intake_of(city_of(CITY), SECRET)


def taken(made: Register, intake: Intake, folder: Path) -> Taken:
    path = folder / "export.json"
    path.write_bytes(made.document)
    records = records_in(path, intake.feeds["register"].file)
    return intake.take("register", [Raw(record.offset, record.data, ARRIVED) for record in records], "p")


def events_of(found: Taken) -> list[Event]:
    """The rows of a frame in plain words."""
    frame = found.frame
    assert frame is not None
    return [
        Event(
            int(row["offset"]),
            frame.stages[row["stage"]],
            int(row["occurred_at"]),
            frame.areas[row["area"]],
            frame.categories[row["category"]],
            frame.offices[row["office"]],
            int(row["severity"]),
            int(row["count"]),
            int(row["revision"]),
        )
        for row in frame.rows
    ]


def test_the_city_of_the_register_is_whole() -> None:
    assert check(CITY) == (0, "Quayside: 5 areas, 9 categories, 1 feed, 1 rule, 1 desk: all is well")


def test_every_good_entry_lands_as_the_exact_events_that_it_tells(
    made: Register, intake: Intake, tmp_path: Path
) -> None:
    assert events_of(taken(made, intake, tmp_path)) == made.events


def test_every_broken_entry_is_refused_with_its_reason_field_and_place(
    made: Register, intake: Intake, tmp_path: Path
) -> None:
    found = taken(made, intake, tmp_path)
    assert [(r.place.offset, r.reason.value, r.field) for r in found.refusals] == made.refused


def test_the_counts_balance_from_the_document_to_the_boxes_of_the_engine(
    made: Register, intake: Intake, tmp_path: Path
) -> None:
    found = taken(made, intake, tmp_path)
    statuses = Counter(answer.status for answer in found.answers)
    assert statuses == {
        "accepted": made.entries - len(made.refused) - made.left_out,
        "refused": len(made.refused),
        "left_out": made.left_out,
    }
    path = tmp_path / "export.json"
    archive = read_archive(intake, "register", [path])
    assert (archive.received, len(archive.refusals), archive.left_out, len(archive)) == (
        made.entries,
        len(made.refused),
        made.left_out,
        len(made.events),
    )
    engine = Engine(city_of(CITY).book, clock="stream")
    for offset, frame in enumerate(archive.frames(), 1):
        engine.apply(frame, offset)
    engine.apply(Tick(int(frame.rows["arrived_at"].max()) + 1), offset + 1)
    boxes = Counter[str]()
    for day in engine.boxes()["register"].values():
        boxes.update(day)
    assert boxes.pop("accepted") == len(made.events) == sum(boxes.values())


def test_together_the_registers_hold_every_kind_of_broken_entry_and_the_hour_that_comes_twice() -> None:
    whole = [register(seed) for seed in SEEDS]
    broken = {(reason, field) for one in whole for _, reason, field in one.refused}
    assert broken == {(reason, field) for reason, field, _ in BROKEN}
    share = sum(len(one.refused) for one in whole) / sum(one.entries for one in whole)
    assert 0.015 < share < 0.025
    first = ms(at(FALLS_BACK, 2))
    twice = [event for one in whole for event in one.events if first <= event.occurred_at < first + 3_600_000]
    assert len({event.occurred_at for event in twice}) > 10
    assert first - ms(at(FALLS_BACK, 1)) == 2 * 3_600_000


def test_the_same_document_can_be_put_into_the_folder_or_pushed(tmp_path: Path) -> None:
    one = register(4, entries=300, days=3)
    town = tmp_path / "quayside"
    shutil.copytree(CITY, town)
    feed = town / "feeds/register.yaml"
    feed.write_text(feed.read_text("utf-8").replace("comes: {folder: incoming}", "comes: {push: true}"), "utf-8")
    with in_service(town, tmp_path / "var") as scene:
        said = scene.post(one.document).json()
    reasons = [(n, e["reason"], e.get("field", "")) for n, e in enumerate(said["events"]) if e["status"] == "refused"]
    assert reasons == one.refused
    assert (said["accepted"], len(said["events"])) == (one.entries - len(one.refused), one.entries)
