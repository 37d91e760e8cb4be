"""A call that does not come back ends its process; one that does, leaves it alone."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

LONGEST: Final = 120.0
SCRIPT: Final = """
import time
from streams.kafka.overdue import Overdue
overdue = Overdue({seconds})
for _ in range(100):
    with overdue.bounded("quick"):
        pass
try:
    with overdue.bounded("broken"):
        raise ValueError
except ValueError:
    pass
time.sleep({idle})
print("idle", flush=True)
with overdue.bounded("slow"):
    time.sleep({asleep})
print("through", flush=True)
"""


def _ended(**values: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SCRIPT.format(**values)]
    return subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)


def test_a_call_that_does_not_come_back_ends_the_process_and_is_named() -> None:
    """It would sleep for an hour, and no signal wakes a call of the library."""
    ended = _ended(seconds=0.3, idle=0.9, asleep=3_600)
    assert ended.returncode == 1
    assert "through" not in ended.stdout
    assert "call_overdue" in ended.stdout + ended.stderr
    assert "slow" in ended.stdout + ended.stderr


def test_calls_that_come_back_or_raise_and_time_between_them_end_nothing() -> None:
    ended = _ended(seconds=60, idle=0, asleep=0)
    assert (ended.returncode, ended.stdout.split()) == (0, ["idle", "through"])
