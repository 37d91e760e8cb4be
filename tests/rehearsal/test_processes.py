"""Work over processes: results in order, a killed child told in words, no child that outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streams.messages import SpokenError
from streams.processes import shared_out


def test_results_come_in_the_order_of_the_jobs() -> None:
    looked: list[int] = []

    def square(n: int) -> int:
        time.sleep(0.05 * (3 - n))
        return n * n

    assert list(shared_out(square, [0, 1, 2, 3], 3, lambda: looked.append(1))) == [0, 1, 4, 9]
    assert list(shared_out(square, [3], 3)) == [9]
    assert looked


def test_a_child_that_is_killed_is_told_in_words() -> None:
    def die(n: int) -> int:
        os.kill(os.getpid(), signal.SIGKILL)
        return n

    with pytest.raises(SpokenError, match="was killed: there is too little memory"):
        list(shared_out(die, [1, 2], 2))


PARENT = """
import os, sys, time
from streams.processes import shared_out
def work(n):
    open(os.path.join(sys.argv[1], str(os.getpid())), "w").close()
    time.sleep(60 if n else 0)
list(shared_out(work, [0, 1, 1], 2))
"""


def test_no_child_outlives_a_parent_that_was_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)])
    deadline = time.monotonic() + 60
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    children = [int(path.name) for path in tmp_path.iterdir()]
    assert len(children) == 2
    parent.kill()
    parent.wait()
    while any(map(_lives, children)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(map(_lives, children))


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
