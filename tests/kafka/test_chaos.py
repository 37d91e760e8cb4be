"""A night of `benchmarks.chaos` on the Kafka road, and the doors that keep it from a city in service."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from streams.crashpoints import CrashPointError, never
from streams.kafka.crashpoints import Point, armed, on_this_machine

pytestmark = pytest.mark.xdist_group("kafka")
HOUSE = Path(__file__).parents[2]


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
def test_towns_survive_kills_of_everybody_on_the_way() -> None:
    command = [sys.executable, "-m", "benchmarks.chaos", "--road", "kafka", "--kills", "30"]
    run = subprocess.run(command, cwd=HOUSE, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-3_000:] + run.stderr[-3_000:]


def test_no_crash_point_is_armed_unasked_nor_beyond_this_machine() -> None:
    assert armed("") is never
    with pytest.raises(CrashPointError, match="letting-go"):
        armed("nowhere:1")
    assert armed(f"{Point.HOLDING}:2") is not never
    assert on_this_machine("127.0.0.1:9092,localhost:9093")
    assert not on_this_machine("127.0.0.1:9092,broker.example:9092")
