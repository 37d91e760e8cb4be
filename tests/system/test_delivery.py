"""A process that delivers is killed around the send: nothing is lost, nothing comes twice under another id."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kills", [6, pytest.param(300, marks=[pytest.mark.nightly, pytest.mark.timeout(7_200)])])
def test_kills_around_the_send_lose_nothing_and_double_only_what_was_in_doubt(kills: int) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.delivery", "--kills", str(kills)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = run.stdout.strip().splitlines()[-1:]
    assert run.returncode == 0, (said, run.stderr[-2_000:])
    assert f"{kills} kills, " in said[0]
    assert "lost 0; " in said[0]
    assert "under another id 0; receipts that nobody heard 0; unsent 0; refused by robots 0;" in said[0]
