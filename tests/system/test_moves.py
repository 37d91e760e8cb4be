"""A process that moves alerts is killed around the commit: no move is lost or made twice, chain and notices agree."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kills", [4, pytest.param(300, marks=[pytest.mark.nightly, pytest.mark.timeout(7_200)])])
def test_kills_around_a_move_lose_none_make_none_twice_and_leave_the_chain_whole(kills: int) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.moves", "--kills", str(kills)],
        capture_output=True,
        text=True,
        check=False,
    )
    said = run.stdout.strip().splitlines()[-1:]
    assert run.returncode == 0, (said, run.stderr[-2_000:])
    assert f"{kills} kills, " in said[0]
    assert "lost 0, twice 0; faults of the chain 0;" in said[0]
    assert said[0].endswith("astray 0: holds")
