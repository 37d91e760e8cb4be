"""The past of a feed in order of arrival, and the two cities that data alone connects."""

from __future__ import annotations

import csv
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from ruamel.yaml import YAML

from rules.records import NO_TIME, SELF_INITIATED
from rules.trees import Node, Tree
from streams.feeds.archive import Archive, read_archive
from streams.feeds.connection import connect
from streams.feeds.readers import records_in
from streams.feeds.spec import FeedFile
from streams.intake import Intake
from streams.keys import Keys
from tests.feeds.small import SECRET, feed_of, intake_of
from tests.feeds.test_mapping import COLUMNS
from tests.feeds.test_times import ms

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
FEEDS: Final = {"montgomery": "calls", "boston": "requests"}


def example(city: str) -> tuple[Intake, Path, FeedFile]:
    """The intake of a shipped city, without its polygons."""
    folder, name = EXAMPLES / city, FEEDS[city]
    yaml = YAML(typ="safe")
    file = FeedFile.model_validate(yaml.load(folder / "feeds" / f"{name}.yaml"))
    tree = yaml.load(folder / "categories.yaml")
    categories = Tree(
        tuple(tree["levels"]),
        tuple(Node(node["code"], node.get("parent", ""), node["level"], node["names"]) for node in tree["categories"]),
    )
    with (folder / "areas.csv").open(encoding="utf-8") as lines:
        areas = Tree((), tuple(Node(row["code"], row["parent"], row["level"], {}) for row in csv.DictReader(lines)))
    feed = connect(name, file, folder, "America/New_York", areas, categories)
    return Intake(city, {name: feed}, areas, categories, Keys(SECRET)), folder, file


def archive_of(folder: Path, text: str, **columns: Any) -> Archive:
    (folder / "rows.csv").write_text(text, encoding="utf-8")
    feed = feed_of(folder, format="csv", columns={**COLUMNS, **columns})
    return read_archive(intake_of(feed), "calls", [folder / "rows.csv"], folder)


def test_stages_arrive_at_their_own_time_so_that_nothing_comes_from_the_future(tmp_path: Path) -> None:
    stages = {"filed": "opened", "closed": "closed"}
    text = (
        "no,opened,closed,what,where\n"
        "1,2016-01-01T00:00:00Z,2016-03-01T00:00:00Z,Fire,north\n"
        "2,2016-02-01T00:00:00Z,,Fire,north\n"
    )
    archive = archive_of(tmp_path, text, stages=stages, occurred_at=None)
    assert archive.whole is not None
    rows = archive.whole.rows
    assert rows["arrived_at"].tolist() == rows["occurred_at"].tolist()
    assert [(int(row["offset"]), archive.whole.stages[row["stage"]]) for row in rows] == [
        (2, "filed"),
        (3, "filed"),
        (2, "closed"),
    ]


def test_rows_arrive_when_the_feed_carried_them(tmp_path: Path) -> None:
    text = (
        "no,when,seen,what,where\n"
        "1,2016-01-01T00:00:00Z,2016-01-01T05:00:00Z,Fire,north\n"
        "2,2016-01-01T01:00:00Z,2016-01-01T02:00:00Z,Fire,north\n"
    )
    archive = archive_of(tmp_path, text, arrived_at="seen")
    assert archive.whole is not None
    assert archive.whole.rows["offset"].tolist() == [3, 2]
    assert archive.whole.rows["arrived_at"][0] == ms("2016-01-01T02:00:00+00:00")
    assert archive.whole.rows["revision"].tolist() == archive.whole.rows["arrived_at"].tolist()


def test_files_are_read_in_any_order_and_named_by_their_place(tmp_path: Path) -> None:
    head = "no,when,what,where\n"
    (tmp_path / "b.csv").write_text(head + "1,2016-01-01T00:00:00Z,Fire,north\n", encoding="utf-8")
    (tmp_path / "a.csv").write_text(head + "2,2016-01-01T00:00:00Z,Traffic,south\n", encoding="utf-8")
    feed = feed_of(tmp_path, format="csv", columns=COLUMNS)
    one, two = (
        read_archive(intake_of(feed), "calls", [tmp_path / name for name in names], tmp_path)
        for names in (("a.csv", "b.csv"), ("b.csv", "a.csv"))
    )
    assert one.whole is not None
    assert two.whole is not None
    assert one.whole.rows.tolist() == two.whole.rows.tolist()
    assert one.whole.partitions == ("a.csv", "b.csv")
    assert [one.whole.areas[row["area"]] for row in one.whole.rows] == ["south", "north"]


def test_frames_are_cut_by_size_and_by_time(tmp_path: Path) -> None:
    lines = "".join(f"{i},2016-01-01T00:{i:02d}:00Z,Fire,north\n" for i in range(60))
    archive = archive_of(tmp_path, "no,when,what,where\n" + lines)
    start = ms("2016-01-01T00:00:00+00:00")
    frames = list(archive.frames(size=7, since=start + 10 * 60_000, until=start + 30 * 60_000))
    assert [len(frame.rows) for frame in frames] == [7, 7, 6]
    arrived = np.concatenate([frame.rows["arrived_at"] for frame in frames])
    assert arrived.tolist() == [start + i * 60_000 for i in range(10, 30)]
    assert len(archive) == 60


def test_an_empty_archive_has_no_frames(tmp_path: Path) -> None:
    archive = archive_of(tmp_path, "no,when,what,where\n1,never,Fire,north\n")
    assert (list(archive.frames()), len(archive), archive.received, len(archive.refusals)) == ([], 0, 1, 1)


@pytest.mark.parametrize("city", ["montgomery", "boston"])
def test_the_first_rows_of_a_real_city_pass(city: str) -> None:
    intake, folder, file = example(city)
    batch = list(islice(records_in(folder / file.archive[0], file), 5_000))
    taken = intake.read(FEEDS[city], batch, file.archive[0])
    assert Counter(refusal.reason for refusal in taken.refusals) == {}
    assert len([answer for answer in taken.answers if answer.status == "accepted"]) + taken.left_out == 5_000


@pytest.mark.nightly
def test_every_real_row_passes_and_is_what_the_feed_means() -> None:
    """At most one false refusal in 100,000 rows; here there is none."""
    intake, folder, file = example("montgomery")
    calls = read_archive(intake, "calls", [folder / path for path in file.archive], folder)
    assert (calls.received, len(calls), calls.refusals) == (99_492, 99_492, ())
    assert calls.whole is not None
    ids = np.stack([calls.whole.rows["id0"], calls.whole.rows["id1"]], axis=1)
    assert len(ids) - len(np.unique(ids, axis=0)) == 3_501
    lag = calls.whole.rows["arrived_at"] - calls.whole.rows["occurred_at"]
    assert (int(np.median(lag)), int(lag.min())) == (211_000, 0)
    assert (np.diff(calls.whole.rows["arrived_at"]) >= 0).all()

    intake, folder, file = example("boston")
    asks = read_archive(intake, "requests", [folder / path for path in file.archive], folder)
    assert asks.received == 121_145
    assert asks.refusals == ()
    assert asks.whole is not None
    rows = asks.whole.rows
    filed = rows[rows["stage"] == asks.whole.stages.index("filed")]
    assert len(filed) == 121_145 - asks.left_out
    assert 0.2 < (filed["flags"] & SELF_INITIATED > 0).mean() < 0.3
    assert (filed["due_at"] != NO_TIME).any()


def test_no_shipped_category_is_about_illness_opinion_or_belief() -> None:
    forbidden = (
        "disab",
        "needle",
        "survey",
        "opinion",
        "religio",
        "ethnic",
        "cardiac",
        "overdose",
        "patient",
        "seizure",
        "stroke",
    )
    for city in FEEDS:
        text = (EXAMPLES / city / "categories.yaml").read_text(encoding="utf-8")
        codes = [line for line in text.splitlines() if line.strip().startswith("- {code:")]
        allowed = ("traffic.disabled-vehicle",)
        wrong = [
            line
            for line in codes
            if any(word in line.lower() for word in forbidden) and not any(code in line for code in allowed)
        ]
        assert wrong == []
