"""A CSV read in sheets gives the same records as one read row by row, whatever stands in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streams.feeds import readers
from streams.feeds.readers import Record, batches_in, records_in
from streams.feeds.sheets import Sheet
from streams.feeds.spec import FeedFile
from streams.intake import Intake, Taken
from tests.feeds.small import feed_of, intake_of

CELL = st.sampled_from(["", "1", "fire", "north", "a b", "é", '"a,b"', '"a\nb"', '"', "x" * 70_000, "\r", " "])
ROW = st.lists(CELL, min_size=1, max_size=4).map(",".join)
BODY = st.lists(ROW | st.sampled_from(["a,b,c", "d,e,f"]), max_size=12).map("\n".join)
END = st.sampled_from([b"", b"\n", b"\r\n", b"\xff\n", b"\n\n"])
PLAIN = {
    "kind": "incident",
    "format": "csv",
    "columns": {"id": "i", "occurred_at": "t", "category": {"otherwise": "fire"}, "area": {"otherwise": "north"}},
}


def file_of(**csv: object) -> FeedFile:
    return FeedFile.model_validate({**PLAIN, "csv": csv})


def one_by_one(path: Path, file: FeedFile) -> Iterator[Record]:
    for batch in batches_in(path, file, 3):
        if isinstance(batch, Sheet):
            yield from (Record(batch.first + i, batch.row(i)) for i in range(len(batch)))
        else:
            yield from batch


@given(BODY, END, st.sampled_from([7, 40, 1 << 20]), st.booleans())
@example("a,b,c\nd,e,f", b"\n", 1 << 20, False)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_sheets_hold_the_records_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, end: bytes, block: int, headed: bool
) -> None:
    monkeypatch.setattr(readers, "_BLOCK", block)
    path = tmp_path / "rows.csv"
    path.write_bytes((b"" if headed else b"i,t,c\n") + body.encode() + end)
    file = file_of(header=["i", "t", "c"]) if headed else file_of()
    assert list(one_by_one(path, file)) == list(records_in(path, file))


def read(intake: Intake, path: Path, *, sheets: bool) -> list[Taken]:
    file = intake.feeds["calls"].file
    batches = batches_in(path, file, 100) if sheets else [list(records_in(path, file))]
    return [intake.read("calls", batch, "rows.csv") for batch in batches]


def test_a_sheet_goes_through_intake_like_its_rows(tmp_path: Path) -> None:
    """Good rows, left out ones, planted ones and strange times: the same rows, answers and refusals, byte for byte."""
    columns = {
        "id": "i",
        "occurred_at": "t",
        "category": {"otherwise": "fire"},
        "area": {"otherwise": "north"},
        "place": "p",
    }
    feed = feed_of(tmp_path, format="csv", columns=columns, leave_out=[{"column": "i", "values": ["e-3"]}])
    rows = [f"e-{n},2016-01-23T10:00:{n:02d}Z,{n} Main St" for n in range(9)]
    rows += ["e-10,never,Main St", "e-11,2016-01-23T10:00:00Z,call 138-1234-5678", ",2016-01-23T10:00:00Z,"]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["i,t,p", *rows, ""]), encoding="utf-8")
    (quick,), (slow,) = (read(intake_of(feed), path, sheets=sheets) for sheets in (True, False))
    assert (quick.answers, quick.refusals, quick.left_out) == (slow.answers, slow.refusals, slow.left_out)
    assert quick.frame is not None
    assert slow.frame is not None
    assert quick.frame.rows.tobytes() == slow.frame.rows.tobytes()
    assert [refusal.reason.value for refusal in quick.refusals] == ["bad_time", "phone", "missing_field"]
    assert quick.left_out == 1


def test_a_sheet_with_a_column_that_nobody_named_is_refused_row_by_row(tmp_path: Path) -> None:
    columns = {"id": "i", "occurred_at": "t", "category": {"otherwise": "fire"}, "area": {"otherwise": "north"}}
    path = tmp_path / "rows.csv"
    path.write_text("i,t,who\ne-1,2016-01-23T10:00:00Z,x\ne-2,2016-01-23T10:00:00Z,y\n", encoding="utf-8")
    (taken,) = read(intake_of(feed_of(tmp_path, format="csv", columns=columns)), path, sheets=True)
    assert [(answer.reason, answer.field) for answer in taken.answers] == [("unknown_field", "#3")] * 2
