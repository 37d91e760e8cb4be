"""Files: read on as they grow, each line once, whatever happens to the file or to the process."""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from rules.records import Frame
from streams.clock import HandClock
from streams.feeds.connection import Feed, connect
from streams.feeds.spec import FeedFile
from streams.journal import Cursor, Journal
from streams.keys import Keys
from streams.opened import city_of
from streams.refusals import Reason
from streams.watch import Source, sources_of
from tests.streams.town import NAME, event, in_service, make_town

KEYS = Keys(b"a key for tests alone")
LINES = "kind: incident\ncomes: {folder: incoming}\nformat: contract\nsource: dispatch\n"
CSV = """
kind: incident
comes: {folder: incoming}
format: csv
columns: {id: id, occurred_at: at, category: {otherwise: traffic}, area: {otherwise: east}}
drop: [note]
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("cities") / "town")


def feed_of(town: Path, text: str) -> Feed:
    city = city_of(town)
    loaded = FeedFile.model_validate(YAML(typ="safe").load(text))
    return connect("files", loaded, town, city.zone, city.book.areas, city.book.categories)


class Reader:
    """Reads a file as the watcher does: cursors kept, pieces handed over."""

    def __init__(self, feed: Feed, path: Path) -> None:
        self.source = Source(feed, path)
        self.cursors: dict[str, Cursor] = {}

    def look(self, *, settled: bool = True) -> list[tuple[int, object]]:
        found: list[tuple[int, object]] = []
        for piece in self.source.pieces(KEYS, self.cursors.get, settled=settled):
            self.cursors[piece.cursor.partition] = piece.cursor
            assert piece.fault is None
            found += [(record.offset, record.data) for record in piece.records]  # bytes: one line each
        return found


@pytest.fixture(scope="module")
def lines(town: Path) -> Feed:
    return feed_of(town, LINES)


@pytest.fixture(scope="module")
def table(town: Path) -> Feed:
    return feed_of(town, CSV)


def test_a_growing_file_is_read_on_by_whole_lines(lines: Feed, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    reader = Reader(lines, path)
    path.write_bytes(b'{"a":1}\n{"a":')
    assert reader.look(settled=False) == [(1, b'{"a":1}')]
    with path.open("ab") as file:
        file.write(b"2}\n")
    assert reader.look(settled=False) == [(2, b'{"a":2}')]
    assert reader.look(settled=False) == []


def test_a_last_line_without_an_end_is_taken_when_the_file_has_come_to_rest(lines: Feed, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b'{"a":1}')
    reader = Reader(lines, path)
    assert reader.look(settled=False) == []
    assert reader.look(settled=True) == [(1, b'{"a":1}')]


def test_a_rotated_file_keeps_its_place_under_its_new_name(lines: Feed, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b"1\n2\n")
    reader = Reader(lines, path)
    assert len(reader.look()) == 2
    path.rename(tmp_path / "calls.1.jsonl")
    path.write_bytes(b"3\n")
    assert reader.look() == [(1, b"3")]
    reader.source = Source(lines, tmp_path / "calls.1.jsonl")
    assert reader.look() == []


def test_a_truncated_file_begins_anew(lines: Feed, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b"1\n2\n3\n")
    reader = Reader(lines, path)
    assert len(reader.look()) == 3
    with path.open("r+b") as file:
        file.truncate()
        file.write(b"4\n")
    assert reader.look() == [(1, b"4")]


def test_a_file_written_over_with_more_begins_anew(lines: Feed, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(b"1\n2\n")
    reader = Reader(lines, path)
    reader.look()
    with path.open("r+b") as file:
        file.write(b"7\n8\n9\n")
    assert reader.look() == [(1, b"7"), (2, b"8"), (3, b"9")]


def test_a_table_is_read_on_under_its_first_line(table: Feed, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("id,at,note\n1,a,x\n")
    reader = Reader(table, path)
    assert reader.look() == [(2, {"id": "1", "at": "a", "note": "x"})]
    with path.open("a") as file:
        file.write("2,b,y\n")
    assert reader.look() == [(3, {"id": "2", "at": "b", "note": "y"})]


def test_a_line_break_inside_quotes_is_not_the_end_of_a_record(table: Feed, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text('id,at,note\n1,a,"two\n')
    reader = Reader(table, path)
    assert reader.look(settled=False) == []
    with path.open("a") as file:
        file.write('lines"\n2,b,y\n')
    assert [data for _, data in reader.look(settled=False)] == [
        {"id": "1", "at": "a", "note": "two\nlines"},
        {"id": "2", "at": "b", "note": "y"},
    ]


def test_a_packed_file_is_read_whole_and_once(lines: Feed, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl.gz"
    path.write_bytes(gzip.compress(b"1\n2\n"))
    reader = Reader(lines, path)
    assert len(reader.look()) == 2
    assert reader.look() == []
    path.rename(tmp_path / "again.jsonl.gz")
    reader.source = Source(lines, tmp_path / "again.jsonl.gz")
    assert reader.look() == []


def test_a_packed_file_that_cannot_be_read_is_refused_once(lines: Feed, tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl.gz"
    path.write_bytes(b"not packed at all")
    source, cursors = Source(lines, path), dict[str, Cursor]()
    (piece,) = source.pieces(KEYS, cursors.get)
    assert piece.fault is not None
    assert piece.fault.reason is Reason.MALFORMED
    cursors[piece.cursor.partition] = piece.cursor
    assert list(source.pieces(KEYS, cursors.get)) == []


def test_a_partition_names_nobody(lines: Feed, tmp_path: Path) -> None:
    path = tmp_path / "13912345678.jsonl"
    path.write_bytes(b"1\n")
    (piece,) = Source(lines, path).pieces(KEYS, dict[str, Cursor]().get)
    assert "139" not in piece.cursor.partition.removeprefix("file-files-")[:3]
    assert "13912345678" not in f"{piece.cursor}"


def test_unfinished_hidden_and_linked_files_are_left_alone(lines: Feed, tmp_path: Path) -> None:
    folder = tmp_path / "incoming"
    folder.mkdir()
    for name in (".hidden", "a.tmp", "b.part", "whole.jsonl"):
        (folder / name).write_bytes(b"1\n")
    (folder / "link.jsonl").symlink_to("/etc/passwd")
    assert [source.path.name for source in sources_of(lines, tmp_path)] == ["whole.jsonl"]


@given(
    rows=st.lists(st.text(alphabet='ab"\n,', max_size=6), max_size=12),
    cuts=st.lists(st.integers(0, 200), max_size=6),
)
def test_however_a_table_grows_its_records_are_the_same(
    table: Feed, tmp_path_factory: pytest.TempPathFactory, rows: list[str], cuts: list[int]
) -> None:
    path = tmp_path_factory.mktemp("grown") / "calls.csv"
    text = "id,at,note\n" + "".join(f'{n},t,"{row.replace(chr(34), chr(34) * 2)}"\n' for n, row in enumerate(rows))
    whole = path.with_name("whole.csv")
    whole.write_text(text)
    reader, found, written = Reader(table, path), list[tuple[int, object]](), 0
    path.touch()
    for cut in [*sorted(cuts), len(text)]:
        with path.open("a") as file:
            file.write(text[written:cut])
        written = max(written, min(cut, len(text)))
        found += reader.look(settled=False)
    assert found == Reader(table, whole).look()


# with everything behind it


@contextmanager
def town_with_files(folder: Path) -> Iterator[Path]:
    made = make_town(folder / "town", files=LINES)
    (made / "incoming").mkdir()
    yield made


def write(path: Path, *numbers: int) -> None:
    with path.open("a") as file:
        for number in numbers:
            file.write(json.dumps(event(number)) + "\n")


def rows_in(data: Path) -> list[int]:
    """Arrivals of all rows in the journal, ms."""
    reader = Journal.open(data / NAME / "journal.sqlite", read_only=True)
    found = [
        int(at) for _, record in reader.read() if isinstance(record, Frame) for at in record.rows["arrived_at"].tolist()
    ]
    reader.close()
    return found


def until(true, seconds: float = 20.0) -> None:  # type: ignore[no-untyped-def]  # any question
    limit = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < limit, "it never came to be"
        time.sleep(0.02)


def test_a_folder_is_read_once_across_a_restart(tmp_path: Path) -> None:
    with town_with_files(tmp_path) as town:
        data = tmp_path / "var"
        write(town / "incoming" / "one.jsonl", 1, 2)
        with in_service(town, data) as scene:
            until(lambda: scene.station.unready() == "")
            assert len(rows_in(data)) == 2
            write(town / "incoming" / "two.jsonl", 3)
            until(lambda: len(rows_in(data)) == 3)
        write(town / "incoming" / "one.jsonl", 4)
        with in_service(town, data) as scene:
            until(lambda: scene.station.unready() == "")
            assert len(rows_in(data)) == 4


def test_what_lay_there_at_the_start_arrives_when_its_file_was_written(tmp_path: Path) -> None:
    clock = HandClock(1_795_521_600_000)
    with town_with_files(tmp_path) as town:
        data, path = tmp_path / "var", town / "incoming" / "old.jsonl"
        with in_service(town, data, clock=clock) as scene:
            until(lambda: scene.station.unready() == "")
        write(path, 1)
        os.utime(path, (clock.at / 1000 + 30, clock.at / 1000 + 30))
        clock.forward(60)
        with in_service(town, data, clock=clock) as scene:
            until(lambda: scene.station.unready() == "")
        assert rows_in(data) == [clock.at - 30_000]


def test_a_broken_line_is_refused_with_its_place_and_can_be_retried(tmp_path: Path) -> None:
    with town_with_files(tmp_path) as town:
        data = tmp_path / "var"
        path = town / "incoming" / "calls.jsonl"
        write(path, 1)
        path.write_text(path.read_text() + "not json\n" + json.dumps(event(2)) + "\n")
        with in_service(town, data) as scene:
            until(lambda: scene.station.unready() == "")
        reader = Journal.open(data / NAME / "journal.sqlite", read_only=True)
        (refusal,) = reader.refused()
        reader.close()
        assert (refusal.reason, refusal.place.offset) == (Reason.MALFORMED, 2)
        assert len(rows_in(data)) == 2
