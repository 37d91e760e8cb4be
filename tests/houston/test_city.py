"""Houston is connected by YAML and CSV alone, and its rows never lie here."""

from __future__ import annotations

import csv
import hashlib
import lzma
import subprocess
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from benchmarks.houston import HOUSTON_DATA, TEMPLATE, MissingDataError, houston_data, write_city
from rules.engine import Engine
from rules.records import EXERCISE, Tick
from streams.city import City, check, read_city
from streams.feeds.archive import Archive, read_archive
from streams.opened import intake_of
from streams.replay import REPLAY_KEY
from tests.houston.rows import COLUMNS, NOON, row

HOUSE: Final = Path(__file__).parents[2]
KEPT_OUTSIDE: Final = frozenset(
    {
        "23052bc983b642d3bcda60b0caa080df8de072d2dbe9863ac277349521bf7b4a",  # the rows, packed
        "6284231789c9fbf654c7a66ac97d605a26f8d9e3e5c0af058b33d1e60123d471",  # unpacked
        "968205eb3955db2ba3dc82d74ce77183067d572643d4edc553343b0838518111",  # the shapes
    }
)
"""SHA-256 of what has no licence."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_city(tmp_path / "city", ["492", "493"])


@pytest.fixture
def city(folder: Path) -> City:
    found = read_city(folder).city
    assert found is not None
    return found


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=HOUSE, capture_output=True, check=True).stdout
    return [HOUSE / name for name in listed.decode().split("\0") if name and (HOUSE / name).is_file()]


def beginning(path: Path) -> bytes:
    """The first bytes of a file, unpacked."""
    with lzma.open(path) if path.suffix == ".xz" else path.open("rb") as file:
        return file.read(4096)


def test_no_row_of_houston_is_tracked() -> None:
    files = tracked()
    assert len(files) > 100
    header = ",".join(COLUMNS[:5]).encode()
    assert [path for path in files if hashlib.sha256(path.read_bytes()).hexdigest() in KEPT_OUTSIDE] == []
    assert [path for path in files if header in beginning(path)] == []


def test_what_is_read_from_the_rows_is_not_tracked() -> None:
    """Areas are written when they are needed; types are named by patterns of our own."""
    assert [path for path in tracked() if path.suffix == ".csv" and TEMPLATE in path.parents] == []


def test_houston_is_yaml_and_csv_alone(folder: Path) -> None:
    beside = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in beside} == {".yaml", ".csv"}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_folder_has_no_mistake(folder: Path, language: str) -> None:
    assert check(folder, language)[0] == 0


def arrived(city: City, folder: Path, *seen: dict[str, str]) -> Archive:
    """The rows, written as the file that the board's past is, and read as that."""
    path = folder / "rows.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(seen)
    return read_archive(intake_of(city, REPLAY_KEY), "incidents", [path])


def test_a_call_that_is_called_something_else_moves_its_count(city: City, tmp_path: Path) -> None:
    seen = [row(0, 5, "EMS EVENT"), row(0, 20, "HOUSE ON FIRE", op="change"), row(1, 20, "CRASH/MINOR", Agency="P")]
    read = arrived(city, tmp_path, *seen)
    assert (len(read), read.refusals) == (3, ())
    engine = Engine(city.book, clock="stream")
    for offset, frame in enumerate(read.frames(), 1):
        engine.apply(frame, offset)
    engine.apply(Tick(int(NOON.timestamp() * 1000) + 3 * 3_600_000), 2)
    found: dict[tuple[str, str], int] = {}
    for rule_id in ("medical-surge", "fire-surge", "traffic-surge"):
        counts = engine.rules[rule_id].counts
        last = np.array([counts.ring.hi])
        found |= {
            pair: int(counts.ring.total(np.array([series]), last - 20, last)[0])
            for pair, series in counts.series.items()
        }
    assert found["493", "medical"] == 0
    assert found["493", "fire.house"] == found["houston", "fire"] == 1
    assert found["493", "traffic.crash-minor"] == 1
    day = engine.boxes()["incidents"]["2024-03-04"]
    assert (day["counted"], day["superseded"]) == (2, 1)


def test_what_the_board_says_of_trainings_and_planned_work_is_not_counted(city: City, tmp_path: Path) -> None:
    seen = [row(0, 5, "TRAINING"), row(0, 5, "STAND-BY FIRE"), row(0, 5, "ASSIST POLICE"), row(0, 5, "SOMETHING NEW")]
    seen = [one | {"Address": f"{n} EXAMPLE ST"} for n, one in enumerate(seen)]
    read = arrived(city, tmp_path, *seen)
    assert (read.left_out, len(read)) == (2, 2)
    assert read.whole is not None
    rows = read.whole.rows
    assert {read.whole.categories[one] for one in rows["category"]} == {"other"}
    assert sorted(rows["flags"].tolist()) == [0, EXERCISE]


@pytest.mark.parametrize("named", [None, "/nowhere/at/all"])
def test_without_the_rows_one_sentence_says_what_to_set(monkeypatch: pytest.MonkeyPatch, named: str | None) -> None:
    if named is None:
        monkeypatch.delenv(HOUSTON_DATA, raising=False)
    else:
        monkeypatch.setenv(HOUSTON_DATA, named)
    with pytest.raises(MissingDataError, match=f"{HOUSTON_DATA} is .*: set it to the folder with Houston's labels.csv"):
        houston_data()
