"""One bit of a file is another one than was written: it is told, or it changes nothing; never another answer, never a
traceback."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from streams.messages import SpokenError
from streams.opened import Opened
from tests.streams.town import NAME
from tests.system.night import Night, make_city, opened, parcel

SEED = 7
TOLD = {
    "snapshot_refused",
    "snapshot_rows_healed",
    "journal_tail_cut",
    "unfinished_write_cut",
    "desk_is_behind_its_log",
    "log_is_behind_its_desk",
}
FILES = ("journal.sqlite", "journal.sqlite-wal", "snapshot", "alerts.sqlite", "alerts.sqlite-wal")


@dataclass(frozen=True)
class Answers:
    """All that a city answers with."""

    engine: Mapping[str, bytes]
    alerts: list[Any]
    board: list[Any]
    notices: list[Any]
    cursors: dict[str, Any]
    refused: list[Any]


def answers(town: Opened) -> Answers:
    alerts = list(town.store.final())
    return Answers(
        town.shard.engine.rows(),
        alerts,
        town.store.board(ended_since=0),
        [town.store.notices_of(alert.id) for alert in alerts],
        dict(town.shard.cursors()),
        town.shard.refused(),
    )


@dataclass(frozen=True)
class Stopped:
    """A city's data as a kill leaves them, logs not emptied, and what it answers with when it is taken up."""

    night: Night
    answers: Answers


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Stopped:
    folder = tmp_path_factory.mktemp("bits")
    night = Night(make_city(folder / "town"), folder / "lived")
    night.live(hours=5, stops=(2,))
    data = folder / "var"
    with opened(night.city, night.data) as town:
        for minute in range(300, 420, 10):
            town.shard.take([parcel(night.city, minute)])
            if minute == 360:
                town.shard.remember()
        shutil.copytree(night.data, data)
    whole = folder / "whole"
    shutil.copytree(data, whole)
    with opened(night.city, whole) as town:
        return Stopped(Night(night.city, data), answers(town))


@pytest.mark.parametrize("flips", [60, pytest.param(1_000, marks=pytest.mark.nightly)])
@pytest.mark.timeout(3_600)
def test_a_flipped_bit_is_told_or_changes_nothing(flips: int, stopped: Stopped, tmp_path: Path) -> None:
    dice = random.Random(SEED)
    found = {"error": 0, "told": 0, "harmless": 0}
    wrong = []
    for n in range(flips):
        data = tmp_path / "flipped"
        shutil.copytree(stopped.night.data, data)
        file = FILES[n % len(FILES)]
        at, bit = flip(data / NAME, file, dice)
        outcome = what_comes(stopped, data)
        if outcome in found:
            found[outcome] += 1
        else:
            wrong.append(f"flip {n} of bit {bit} at {at} of {file}: {outcome}")
        shutil.rmtree(data)
    assert not wrong, "\n".join(wrong)
    assert all(found.values()), found


def flip(folder: Path, file: str, dice: random.Random) -> tuple[int, int]:
    path = folder / ("journal.sqlite" if file == "snapshot" else file)
    data = bytearray(path.read_bytes())
    at = dice.choice(row_bytes(path, data, dice)) if file == "snapshot" else dice.randrange(len(data))
    bit = dice.randrange(8)
    data[at] ^= 1 << bit
    path.write_bytes(data)
    return at, bit


def row_bytes(path: Path, data: bytearray, dice: random.Random) -> range:
    """Where a row of the last two snapshots lies that was carried over into the file in one piece."""
    with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as link:
        rows = [row for (row,) in link.execute("select data from state order by name, slot") if len(row) < 3_000]
    for row in dice.sample(rows, len(rows)):
        start = data.find(row)
        if start >= 0:
            return range(start, start + len(row))
    raise LookupError("no row of a snapshot lies in the file")


def what_comes(stopped: Stopped, data: Path) -> str:
    with capture_logs() as logs:
        try:
            with opened(stopped.night.city, data) as town:
                now = answers(town)
        except SpokenError as error:
            return "error" if len(error.render("en").splitlines()) == 1 else f"not one line: {error.render('en')}"
        except Exception as fault:  # noqa: BLE001 - what a person would see as a traceback is what is looked for
            return f"{type(fault).__name__}: {fault}"
    told = TOLD & {str(entry["event"]) for entry in logs}
    if now == stopped.answers:
        return "told" if told else "harmless"
    differ = {name for name in vars(now) if getattr(now, name) != getattr(stopped.answers, name)}
    if told & {"journal_tail_cut", "unfinished_write_cut"}:
        return "told"
    if "desk_is_behind_its_log" in told and differ <= {"notices"}:  # made again in silence
        return "told"
    return f"another answer in {differ}, told {sorted(told)}"
