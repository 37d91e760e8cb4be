"""The mapping language: every shape of feed by a file alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from rules.records import EXERCISE, NO_TIME, SELF_INITIATED
from streams.feeds.blocks import Json
from streams.feeds.connection import FeedFault, faults_of
from streams.feeds.spec import FeedFile
from streams.refusals import Reason
from tests.feeds.small import AREAS, ARRIVED, CATEGORIES, feed_of, intake_of, raws
from tests.feeds.test_times import ms

COLUMNS: dict[str, Any] = {
    "id": "no",
    "occurred_at": "when",
    "category": {"column": "what", "name": True},
    "area": {"column": "where", "code": True},
}
ROW = {"no": "7", "when": "2016-01-23T10:00:00Z", "what": "Fire", "where": "north"}


def take(folder: Path, *rows: dict[str, Any], file: dict[str, Any] | None = None, **columns: Any) -> Any:
    feed = feed_of(folder, format="jsonl", columns={**COLUMNS, **columns}, **(file or {}))
    return intake_of(feed).take("calls", raws(*rows), "p")


def only_row(folder: Path, row: dict[str, Any], **columns: Any) -> Any:
    taken = take(folder, row, **columns)
    assert [answer.status for answer in taken.answers] == ["accepted"], taken.answers
    return taken.frame.rows[0]


def code(taken: Any, column: str, row: int = 0) -> str:
    names = {"category": "categories", "area": "areas", "stage": "stages", "office": "offices"}
    return str(getattr(taken.frame, names[column])[taken.frame.rows[column][row]])


def refused(taken: Any) -> list[tuple[Reason, str]]:
    return [(answer.reason, answer.field) for answer in taken.answers]


def table(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text("value,code\n" + text, encoding="utf-8")
    return name


def test_a_fourth_feed_of_another_shape_is_connected_by_a_file(tmp_path: Path) -> None:
    """Nested JSON, local times with daylight saving, two formats in one column, a category cut at 30 characters, the
    area at the end of a text, opened and closed dates of day resolution, broken rows."""
    table(tmp_path, "kinds.csv", "Structure fire with people inside the house,fire\nTraffic collision,traffic\n")
    table(tmp_path, "districts.csv", "NORTH SIDE,north\nSOUTH SIDE,south\n")
    file: dict[str, Any] = {
        "kind": "incident",
        "format": "json",
        "json": {"records": "result.rows"},
        "times": {"zone": "America/New_York", "formats": ["%Y-%m-%d", "%d/%m/%Y"], "day_at": "12h"},
        "columns": {
            "id": ["case.no", "case.kind"],
            "stages": {"filed": "dates.opened", "closed": "dates.closed"},
            "category": {"column": "case.kind", "table": "kinds.csv", "cut": 30},
            "area": {"column": "text", "extract": ", ([A-Z ]+)$", "table": "districts.csv"},
        },
        "drop": ["case.staff", "tags"],
    }
    case = {"no": 12, "kind": "Structure fire with people ins", "staff": {"badge": 4}}
    good = {
        "case": case,
        "dates": {"opened": "2016-07-01", "closed": "03/07/2016"},
        "text": "1 MAIN ST, NORTH SIDE",
        "tags": ["a"],
    }
    broken = {**good, "dates": {"opened": "1 July", "closed": None}}
    taken = intake_of(feed_of(tmp_path, **file)).take("calls", raws(good, broken), "p")
    assert [answer.status for answer in taken.answers] == ["accepted", "refused"]
    assert (taken.answers[1].reason, taken.answers[1].field) == (Reason.BAD_TIME, "occurred_at")
    rows = taken.frame.rows  # type: ignore[union-attr]  # accepted above
    assert rows["occurred_at"].tolist() == [ms("2016-07-01T16:00:00+00:00"), ms("2016-07-03T16:00:00+00:00")]
    assert [code(taken, "stage", i) for i in (0, 1)] == ["filed", "closed"]
    assert (code(taken, "category"), code(taken, "area")) == ("fire", "north")
    assert rows["n"].tolist() == [0, 1]
    assert rows["id0"][0] == rows["id0"][1]


def test_the_first_way_that_fits_decides(tmp_path: Path) -> None:
    ways = [
        {"column": "where", "code": True},
        {"column": "where", "name": True},
        {"column": "where", "patterns": [{"pattern": "(?i)^n", "code": "north"}]},
        {"point": True},
        {"otherwise": "town"},
    ]
    texts = ["south", "城北", "Nordside", "?", "?"]
    rows: list[dict[str, Any]] = [
        {**ROW, "no": str(i), "where": text, "lat": lat, "lon": "1"}
        for i, (text, lat) in enumerate(zip(texts, "99912", strict=True))
    ]
    rows[3]["lat"], rows[4]["lat"] = 30.5, "far away"
    taken = take(tmp_path, *rows, area=ways, location={"lat": "lat", "lon": "lon"})
    assert [code(taken, "area", i) for i in range(5)] == ["south", "north", "north", "south", "town"]


def test_texts_join_before_they_are_looked_up(tmp_path: Path) -> None:
    name = table(tmp_path, "t.csv", "road > crash,traffic\n")
    rows = [{**ROW, "what": "Road", "kind": " CRASH"}]
    assert code(take(tmp_path, *rows, category={"columns": ["what", "kind"], "table": name}), "category") == "traffic"


def test_numbers_marks_and_offices(tmp_path: Path) -> None:
    row = {
        **ROW,
        "n": "3.0",
        "grave": "high",
        "due": "2016-02-01T00:00:00Z",
        "who": "crew",
        "drill": "x",
        "office": "PW",
    }
    office = {"column": "office", "table": table(tmp_path, "o.csv", "pw,public-works\n")}
    taken = take(
        tmp_path,
        row,
        file={
            "self_initiated": [{"column": "who", "values": ["crew"]}],
            "exercise": [{"column": "drill", "pattern": "."}],
        },
        count="n",
        severity={"column": "grave", "values": {"high": 4}},
        due_at="due",
        office=office,
    )
    cells = taken.frame.rows[0]
    assert (cells["count"], cells["severity"], cells["flags"]) == (3, 4, SELF_INITIATED | EXERCISE)
    assert (cells["due_at"], code(taken, "office")) == (ms("2016-02-01T00:00:00+00:00"), "public-works")


@pytest.mark.parametrize(
    ("change", "columns", "reason"),
    [
        ({"no": ""}, {}, (Reason.MISSING_FIELD, "id")),
        ({"when": ""}, {}, (Reason.MISSING_FIELD, "occurred_at")),
        ({"when": "2016-01-23T10:00:00"}, {}, (Reason.TIME_WITHOUT_OFFSET, "occurred_at")),
        ({"what": "Flood"}, {}, (Reason.UNKNOWN_CATEGORY, "category")),
        ({"where": "east"}, {}, (Reason.UNKNOWN_AREA, "area")),
        ({"remark": "x"}, {}, (Reason.UNKNOWN_FIELD, "#5")),
        ({"n": "many"}, {"count": "n"}, (Reason.BAD_VALUE, "count")),
        ({"n": "-1"}, {"count": "n"}, (Reason.BAD_VALUE, "count")),
        ({"n": "9"}, {"severity": {"column": "n"}}, (Reason.BAD_VALUE, "severity")),
        ({"n": "x"}, {"revision": "n"}, (Reason.BAD_TIME, "revision")),
        ({"n": "13812345678"}, {"revision": "n"}, (Reason.PHONE, "revision")),
        ({"n": "x"}, {"due_at": "n"}, (Reason.BAD_TIME, "due_at")),
        ({"n": "lost"}, {"stage": {"column": "n"}}, (Reason.UNKNOWN_STAGE, "stage")),
        ({"n": "lost"}, {"office": {"column": "n", "values": ["roads"]}}, (Reason.UNKNOWN_OFFICE, "office")),
        ({"n": "a@b.org"}, {"place": "n"}, (Reason.EMAIL, "place")),
        ({"n": "x" * 501}, {"place": "n"}, (Reason.TOO_LARGE, "place")),
        ({"where": "new-west"}, {}, (Reason.RETIRED_AREA, "area")),
    ],
)
def test_a_faulty_row_is_refused_with_its_field(
    tmp_path: Path, change: dict[str, str], columns: dict[str, Any], reason: tuple[Reason, str]
) -> None:
    taken = take(tmp_path, {**ROW, **change}, **columns)
    assert refused(taken) == [reason]
    assert taken.frame is None


def test_an_area_that_ended_gives_way_to_its_successor(tmp_path: Path) -> None:
    taken = take(tmp_path, {**ROW, "where": "old-east"}, {**ROW, "where": "old-east", "when": "2015-12-31T10:00:00Z"})
    assert [code(taken, "area", i) for i in (0, 1)] == ["north", "old-east"]


def test_a_feed_reports_on_its_own_areas_only(tmp_path: Path) -> None:
    taken = take(tmp_path, ROW, {**ROW, "where": "south"}, file={"areas": ["north"]})
    assert [answer.reason for answer in taken.answers] == [None, Reason.FOREIGN_AREA]


def test_rows_left_out_are_neither_accepted_nor_refused(tmp_path: Path) -> None:
    file = {"leave_out": [{"column": "what", "values": ["Survey"]}, {"column": "no", "empty": True}]}
    taken = take(tmp_path, {**ROW, "what": "Survey", "when": "?"}, {**ROW, "no": " "}, ROW, file=file)
    assert [answer.status for answer in taken.answers] == ["left_out", "left_out", "accepted"]
    assert (taken.left_out, taken.refusals) == (2, ())


def test_an_identity_made_of_time_and_title_makes_a_correction_of_the_second_row(tmp_path: Path) -> None:
    rows = [{**ROW, "seen": f"2016-01-23T10:0{i}:00Z", "where": area} for i, area in enumerate(("north", "south"))]
    taken = take(tmp_path, *rows, id=["@occurred_at", "what"], revision="seen", file={"drop": ["no"]})
    first, second = taken.frame.rows
    assert (first["id0"], first["id1"]) == (second["id0"], second["id1"])
    assert second["revision"] - first["revision"] == 60_000
    assert first["content"] != second["content"]


def test_revisions_come_from_a_number_else_from_the_arrival(tmp_path: Path) -> None:
    assert only_row(tmp_path, {**ROW, "v": 3}, revision="v")["revision"] == 3
    assert only_row(tmp_path, ROW)["revision"] == ARRIVED
    assert only_row(tmp_path, ROW, revision="none")["revision"] == 0


def test_the_content_hash_sees_every_column_but_identity_and_arrival(tmp_path: Path) -> None:
    columns = {"place": "p", "matter": "m", "count": "n", "severity": {"column": "s"}, "due_at": "d"}
    row = {**ROW, "p": "x", "m": "y", "n": 1, "s": 1, "d": "2016-02-01T00:00:00Z"}
    other = {
        "p": "z",
        "m": "z",
        "n": 2,
        "s": 2,
        "d": "",
        "what": "Traffic",
        "where": "south",
        "when": "2016-01-23T10:00:01Z",
    }
    changed = [{**row, name: value} for name, value in other.items()]
    contents = [only_row(tmp_path, one, **columns)["content"] for one in (row, {**row, "no": "8"}, *changed)]
    assert contents[0] == contents[1]
    assert len(set(contents)) == 1 + len(other)


def test_places_are_told_apart_by_words_and_not_by_spaces_or_case(tmp_path: Path) -> None:
    places = ["1 Main St", " 1  MAIN st", "2 Main St", ""]
    taken = take(tmp_path, *({**ROW, "no": str(i), "p": place} for i, place in enumerate(places)), place="p")
    hashes = taken.frame.rows["place"].tolist()
    assert hashes[0] == hashes[1] != hashes[2]
    assert hashes[3] == 0


def test_what_is_not_there_has_no_time(tmp_path: Path) -> None:
    assert only_row(tmp_path, {**ROW, "d": None}, due_at="d")["due_at"] == NO_TIME


def test_the_same_records_in_other_batches_give_the_same_rows(tmp_path: Path) -> None:
    feed = feed_of(tmp_path, format="jsonl", columns=COLUMNS)
    rows = raws(*({**ROW, "no": str(i), "where": "?" if i % 7 == 0 else "north"} for i in range(40)))
    whole = intake_of(feed).take("calls", rows, "p")
    parts = [intake_of(feed).take("calls", rows[i : i + 3], "p") for i in range(0, 40, 3)]
    assert whole.frame is not None
    assert whole.frame.rows.tolist() == [row for part in parts if part.frame for row in part.frame.rows.tolist()]
    assert whole.answers == tuple(answer for part in parts for answer in part.answers)
    assert whole.refusals == tuple(refusal for part in parts for refusal in part.refusals)


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("value,code\nx,nowhere\n", "unknown_category", 2),
        ("value;code\nx,fire\n", "table_header", 1),
        ("value,code\nx\n", "table_row", 2),
        ("value,code\nx,fire\nX,traffic\n", "table_twice", 3),
    ],
)
def test_a_mistake_in_a_table_has_its_line(tmp_path: Path, text: str, kind: str, line: int) -> None:
    (tmp_path / "t.csv").write_text(text, encoding="utf-8")
    columns = {**COLUMNS, "category": {"column": "what", "table": "t.csv"}}
    file = FeedFile.model_validate({"kind": "incident", "format": "csv", "columns": columns})
    faults = faults_of("calls", file, tmp_path, "UTC", AREAS, CATEGORIES)
    assert [(fault.path, fault.kind, fault.line) for fault in faults] == [("t.csv", kind, line)]


def test_texts_that_a_cut_makes_equal_are_a_mistake(tmp_path: Path) -> None:
    table(tmp_path, "t.csv", "Fire in a house,fire\nFire in a car,traffic\n")
    with pytest.raises(FeedFault, match="table_cut"):
        take(tmp_path, ROW, category={"column": "what", "table": "t.csv", "cut": 9})


def test_a_table_that_is_missing_or_outside_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(FeedFault, match="table_missing"):
        take(tmp_path, ROW, category={"column": "what", "table": "none.csv"})
    (tmp_path / "city").mkdir()
    table(tmp_path, "t.csv", "x,fire\n")
    (tmp_path / "city" / "t.csv").symlink_to(tmp_path / "t.csv")
    with pytest.raises(FeedFault, match="table_outside"):
        take(tmp_path / "city", ROW, category={"column": "what", "table": "t.csv"})


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ({"format": "csv"}, "columns"),
        ({"columns": COLUMNS}, "columns"),
        ({"format": "csv", "columns": {**COLUMNS, "occurred_at": None}}, "occurred_at"),
        ({"format": "csv", "columns": {**COLUMNS, "category": {"column": "x"}}}, "exactly one of table"),
        ({"format": "csv", "columns": {**COLUMNS, "category": {"point": True}}}, "point"),
        ({"format": "csv", "columns": {**COLUMNS, "area": {"point": True}}}, "location"),
        ({"format": "csv", "columns": {**COLUMNS, "area": {"column": "x", "table": "../t.csv"}}}, "inside"),
        ({"format": "csv", "columns": {**COLUMNS, "place": {"column": "x", "pattern": "("}}}, "pattern"),
        ({"format": "csv", "columns": {**COLUMNS, "occurred_at": {"column": "x", "formats": "%Q"}}}, "format"),
        ({"times": {"zone": "Mars/Base"}}, "time zone"),
        ({"comes": {"push": True, "file": "a.csv"}}, "exactly one of push"),
        ({"lateness": "1"}, "duration"),
        ({"colour": "red"}, "Extra inputs"),
    ],
)
def test_a_feed_file_that_contradicts_itself_is_a_mistake(file: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        FeedFile.model_validate({"kind": "incident", **file})


def test_every_field_of_a_feed_file_says_what_it_is() -> None:
    definitions = [FeedFile.model_json_schema(), *FeedFile.model_json_schema()["$defs"].values()]
    silent = [
        f"{definition['title']}.{name}"
        for definition in definitions
        for name, field in definition.get("properties", {}).items()
        if not field.get("description")
    ]
    assert silent == []


def test_the_policy_takes_from_the_city_what_the_file_leaves_out() -> None:
    file = FeedFile.model_validate({"kind": "petition", "lateness": "2h", "silence": False})
    policy = file.policy("asks", lateness=1, horizon=2, skew=3)
    assert (policy.name, policy.kind, policy.lateness, policy.horizon, policy.skew) == (
        "asks",
        "petition",
        7_200_000,
        2,
        3,
    )
    assert (policy.silence, policy.has_place) == (False, True)


def test_a_date_alone_may_stand_at_another_time_of_day_in_each_of_its_columns(tmp_path: Path) -> None:
    day = {"formats": "%Y-%m-%d"}
    stages = {"filed": {"column": "when", **day}, "closed": {"column": "shut", **day, "day_at": "18h"}}
    row = {**ROW, "when": "2016-01-22", "shut": "2016-01-23"}
    file = {"times": {"day_at": "6h"}}
    taken = take(tmp_path, row, file=file, stages=stages, occurred_at=None)
    assert taken.frame.rows["occurred_at"].tolist() == [
        ms("2016-01-22T06:00:00-05:00"),
        ms("2016-01-23T18:00:00-05:00"),
    ]


def test_an_id_of_several_columns_is_missing_where_one_of_them_is(tmp_path: Path) -> None:
    """Else all rows without a number of one office would be one event."""
    taken = take(tmp_path, {**ROW, "by": "a"}, {**ROW, "no": " ", "by": "a"}, {**ROW, "by": None}, id=["no", "by"])
    assert refused(taken) == [(None, ""), (Reason.MISSING_FIELD, "id"), (Reason.MISSING_FIELD, "id")]


@pytest.mark.parametrize("path", ["export", "export.rows", "export.rows.desk"])
def test_what_leads_to_the_records_does_not_stand_above_them(path: str) -> None:
    with pytest.raises(ValidationError, match="leads to the records themselves"):
        Json(records="export.rows", above={"desk": path})
