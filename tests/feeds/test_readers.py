"""Files and bodies into records: every broken one has its place, and spoils no other."""

from __future__ import annotations

import csv
import gzip
import io
import json
import lzma
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.contract import RECORD_BYTES
from streams.feeds.packed import LARGEST_RATIO, opened, unpacked
from streams.feeds.readers import Broken, UnknownMediaType, header_of, records_in, records_of, split
from streams.feeds.spec import FeedFile
from streams.refusals import Reason, Refused

COLUMNS: dict[str, Any] = {
    "id": "a",
    "occurred_at": "b",
    "category": {"column": "c", "code": True},
    "area": {"otherwise": "town"},
}
CELLS = st.text(alphabet='ab,"\r\n é', max_size=6)


def file_of(form: str, **more: Any) -> FeedFile:
    return FeedFile.model_validate({"kind": "incident", "format": form, "columns": COLUMNS, **more})


def read(data: bytes, form: str = "csv", **more: Any) -> list[tuple[int, Any]]:
    """(place, cells or reason) of every record."""
    records = records_of(io.BytesIO(data), file_of(form, **more))
    return [
        (record.offset, record.data.reason if isinstance(record.data, Broken) else record.data) for record in records
    ]


def test_a_csv_gives_its_rows_with_their_lines() -> None:
    assert read(b'\xef\xbb\xbfa,b\r\n1,2\r\n\r\n"3\n4","5,"""\n6,7') == [
        (2, {"a": "1", "b": "2"}),
        (4, {"a": "3\n4", "b": '5,"'}),
        (6, {"a": "6", "b": "7"}),
    ]


def test_an_open_quote_spoils_one_line() -> None:
    assert read(b'a,b\n1,"2\n3,4\n5,6\n') == [
        (2, Reason.MALFORMED),
        (3, {"a": "3", "b": "4"}),
        (4, {"a": "5", "b": "6"}),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1", Reason.MALFORMED),
        (b"1,2,3", Reason.MALFORMED),
        (b'"1"2,3', Reason.MALFORMED),
        (b"\xff,2", Reason.NOT_UTF8),
        (b'"\xff",2', Reason.NOT_UTF8),
        (b"x" * (RECORD_BYTES + 5) + b",2", Reason.TOO_LARGE),
        (b"x" * (5 * RECORD_BYTES), Reason.TOO_LARGE),
        (b'"' + b"x" * (5 * RECORD_BYTES), Reason.TOO_LARGE),
    ],
)
def test_a_broken_line_of_a_csv_leaves_the_others_alone(line: bytes, reason: Reason) -> None:
    assert read(b"a,b\n1,2\n" + line + b"\n3,4\n") == [
        (2, {"a": "1", "b": "2"}),
        (3, reason),
        (4, {"a": "3", "b": "4"}),
    ]


@given(st.lists(st.tuples(CELLS, CELLS), max_size=8))
def test_what_the_csv_module_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    assert [cells for _, cells in read(out.getvalue().encode())] == [{"a": a, "b": b} for a, b in rows]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_csv_reader(data: bytes) -> None:
    lines = [number for number, _ in read(b"a,b\n" + data)]
    assert lines == sorted(set(lines))


@pytest.mark.parametrize("first", [b"", b"\n", b"a,a\n", b"\xff,b\n", b'"a\n'])
def test_a_csv_without_a_header_is_refused_as_a_whole(first: bytes) -> None:
    with pytest.raises(Refused, match="header"):
        read(first)


def test_other_ways_to_write_a_csv() -> None:
    assert read("1;äö\n".encode("latin-1"), csv={"delimiter": ";", "header": ["a", "b"], "encoding": "latin-1"}) == [
        (1, {"a": "1", "b": "äö"})
    ]
    assert read("a,b\n1,火灾\n".encode("gb18030"), csv={"encoding": "gb18030"}) == [(2, {"a": "1", "b": "火灾"})]


def test_a_grown_file_is_read_on() -> None:
    stream = io.BytesIO(b"a,b\n1,2\n3,4\n")
    file = file_of("csv")
    header = header_of(stream, file)
    stream.seek(len(b"a,b\n1,2\n"))
    assert [(record.offset, record.data) for record in records_of(stream, file, header, 2)] == [
        (3, {"a": "3", "b": "4"})
    ]


def test_lines_of_json_are_left_for_the_contract_to_judge() -> None:
    assert read(b'{"a":1}\n\n{"a"\n', "jsonl") == [(1, b'{"a":1}'), (3, b'{"a"')]


def test_records_lie_where_the_feed_says_in_a_document() -> None:
    document = json.dumps({"result": {"rows": [{"a": 1}, 2]}}).encode()
    assert read(document, "json", json={"records": "result.rows"}) == [(0, b'{"a": 1}'), (1, b"2")]
    assert read(b'{"a": 1}', "json") == [(0, b'{"a": 1}')]
    assert read(b'[{"a": 1}, [], null]', "json") == [(0, b'{"a": 1}'), (1, b"[]"), (2, b"null")]


ENVELOPE = (
    b'{"made": {"by": "x"}, "days": [{"day": 1, "desk": {"no": 7}, "rows": [{"a": 1}, {"a": 2}]}, {"rows": {"a": 3}}]}'
)


def test_records_lie_in_lists_within_lists_and_take_along_what_stands_above_them() -> None:
    shape = {"records": "days.rows", "above": {"maker": "made.by", "day": "days.day", "desk": "days.desk"}}
    assert read(ENVELOPE, "json", json=shape) == [
        (0, {"a": 1, "maker": "x", "day": 1, "desk": {"no": 7}}),
        (1, {"a": 2, "maker": "x", "day": 1, "desk": {"no": 7}}),
        (2, {"a": 3, "maker": "x"}),
    ]


@pytest.mark.parametrize("group", [b"3", b"{}", b'{"rows": null}', b'{"rows": 5}'])
def test_a_group_that_holds_no_records_is_one_broken_record(group: bytes) -> None:
    document = b'{"days": [{"rows": [{"a": 1}]}, ' + group + b', {"rows": [{"a": 2}]}]}'
    found = read(document, "json", json={"records": "days.rows"})
    assert found == [(0, b'{"a": 1}'), (1, Reason.MALFORMED), (2, b'{"a": 2}')]


def test_what_is_wrong_with_one_record_of_a_document_costs_no_other() -> None:
    deep = b'{"a": ' + b"[" * 80 + b"]" * 80 + b"}"
    document = b'{"rows": [{"a": 1, "a": 2}, {"a" : 3}, ' + deep + b'], "by": "x"}'
    plain = read(document, "json", json={"records": "rows"})
    assert [data for _, data in plain] == [b'{"a": 1, "a": 2}', b'{"a" : 3}', deep]
    found = read(document, "json", json={"records": "rows", "above": {"by": "by"}})
    assert found == [(0, Reason.DUPLICATE_KEY), (1, {"a": 3, "by": "x"}), (2, Reason.TOO_DEEP)]


def test_a_record_that_has_a_column_of_the_name_of_what_stands_above_it_is_refused() -> None:
    shape = {"records": "rows", "above": {"by": "by"}}
    assert read(b'{"by": 1, "rows": [{"by": 2}]}', "json", json=shape) == [(0, Reason.DUPLICATE_KEY)]


@pytest.mark.parametrize(
    ("document", "records"),
    [
        (b"3", ""),
        (b"{", ""),
        (b"", ""),
        (b"[" * 9999, ""),
        (b"{}", "rows"),
        (b'{"rows": 3}', "rows"),
        (b'{"rows": [], "rows": []}', "rows"),
        (b'{"by": [{"x": 1, "x": 2}], "rows": [{"a": 1}]}', "rows"),
        (b'{"days": [{"rows": [], "day": 1, "day": 2}]}', "days.rows"),
        (b'{"rows": ["\xff"]}', "rows"),
    ],
)
def test_a_document_that_is_wrong_around_its_records_is_refused_as_a_whole(document: bytes, records: str) -> None:
    with pytest.raises(Refused):
        read(document, "json", json={"records": records})


@pytest.mark.parametrize("name", ["f.csv", "f.csv.gz", "f.csv.xz"])
def test_packed_files_are_read_like_plain_ones(name: str, tmp_path: Path) -> None:
    data = b"a,b\n" + b"1,2\n" * 10_000
    packed = {".gz": gzip.compress(data), ".xz": lzma.compress(data)}.get(Path(name).suffix, data)
    (tmp_path / name).write_bytes(packed)
    assert len(list(records_in(tmp_path / name, file_of("csv")))) == 10_000


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_a_torn_packed_file_is_refused(suffix: str, tmp_path: Path) -> None:
    data = b"a,b\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(5000))
    packed = gzip.compress(data) if suffix == ".gz" else lzma.compress(data)
    (tmp_path / f"f.csv{suffix}").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(Refused, match="malformed"):
        list(records_in(tmp_path / f"f.csv{suffix}", file_of("csv")))


@pytest.mark.parametrize("suffix", [".gz", ".xz"])
def test_a_bomb_in_a_file_is_refused(suffix: str, tmp_path: Path) -> None:
    zeros = b"\0" * 20_000_000
    path = tmp_path / f"f.csv{suffix}"
    path.write_bytes(gzip.compress(zeros) if suffix == ".gz" else lzma.compress(zeros))
    assert len(zeros) > LARGEST_RATIO * path.stat().st_size
    with opened(path) as stream, pytest.raises(Refused, match="bomb"):
        list(iter(lambda: stream.read(1 << 20), b""))


def test_a_body_is_unpacked_within_its_bound() -> None:
    assert unpacked(gzip.compress(b"a" * 1000) + gzip.compress(b"b"), 2000) == b"a" * 1000 + b"b"
    for body, limit, reason in (
        (gzip.compress(b"a" * 2001), 2000, "bomb"),
        (gzip.compress(b"\0" * 50_000_000), 1 << 40, "bomb"),
        (gzip.compress(b"a" * 100)[:-9], 2000, "malformed"),
        (b"no gzip", 2000, "malformed"),
    ):
        with pytest.raises(Refused, match=reason):
            unpacked(body, limit)


@pytest.mark.parametrize(
    ("body", "kind", "records"),
    [
        (b' {"a": 1}', "application/json; charset=utf-8", [b' {"a": 1}']),
        (b'[{"a": 1}, {"a":2}]', "application/json", [b'{"a": 1}', b'{"a":2}']),
        (b'{"a":1}\n\n{"a":\n', "application/x-ndjson", [b'{"a":1}', b'{"a":']),
        (b'[{"specversion":"1.0"}]', "application/cloudevents-batch+json", [b'{"specversion":"1.0"}']),
        (b'{"specversion":"1.0"}', "application/cloudevents+json", [b'{"specversion":"1.0"}']),
        (b"[]", "", []),
    ],
)
def test_a_body_is_split_into_its_records(body: bytes, kind: str, records: list[bytes]) -> None:
    assert split(body, kind) == records


def test_a_body_that_cannot_be_split_is_refused_as_a_whole() -> None:
    for body in (b"", b" \n", b"[1,", b"[\xff]"):
        with pytest.raises(Refused):
            split(body, "application/json")
    with pytest.raises(UnknownMediaType):
        split(b"{}", "text/xml")
