"""A slice of `benchmarks.chaos`: a real evening under kills, and the doors that keep it from a city in service."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from streams.crashpoints import CrashPoint, CrashPointError, armed, never
from tests.streams.town import make_town
from tests.system.served import HOUSE
from tests.system.test_serve import tocsin


def chaos(out: Path, *words: str) -> dict[str, object]:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.chaos", "--road", "local", "--out", str(out), *words],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    report: dict[str, object] = json.loads(out.read_bytes())
    return report


@pytest.mark.timeout(300)
def test_an_evening_survives_kills_at_random_and_at_crash_points(tmp_path: Path) -> None:
    evening = ["--from", "2016-01-12T16:00", "--to", "2016-01-12T20:30", "--seed", "3"]
    report = chaos(tmp_path / "report.json", "--kills", "6", *evening)
    assert sum(report["hits"].values()) >= 2  # type: ignore[attr-defined]  # a document


@pytest.mark.nightly
@pytest.mark.timeout(7_000)
def test_a_month_survives_a_hundred_kills(tmp_path: Path) -> None:
    report = chaos(tmp_path / "report.json", "--kills", "100")
    assert min(report["hits"].values()) >= 3  # type: ignore[attr-defined]  # a document


def test_a_stream_clock_is_not_served_beyond_the_machine(tmp_path: Path) -> None:
    town = make_town(tmp_path / "town")
    run = tocsin("serve", str(town), "--clock", "stream", "--host", "0.0.0.0", "--data", str(tmp_path / "var"))
    assert (run.returncode, "listens on loopback alone" in run.stderr) == (1, True)
    assert not (tmp_path / "var").exists()


def test_a_crash_point_is_refused_on_the_wall_clock(tmp_path: Path) -> None:
    town = make_town(tmp_path / "town")
    run = tocsin("serve", str(town), "--port", "0", "--data", str(tmp_path / "var"), TOCSIN_CRASH_AT="in-commit:1")
    assert (run.returncode, "is for tests with --clock stream" in run.stderr) == (1, True)


@pytest.mark.parametrize("said", ["somewhere:1", "in-commit", "in-commit:0", "in-commit:x", ":"])
def test_a_crash_point_that_is_none_is_told(said: str) -> None:
    with pytest.raises(CrashPointError, match="before-commit, in-commit"):
        armed(said)


def test_nothing_is_armed_unless_it_is_said() -> None:
    assert armed("") is never
    assert set(CrashPoint) >= {"before-commit", "after-commit", "before-telling", "after-telling", "in-checkpoint"}
