"""The one place that reads the wall clock. Everywhere else time is an argument.

A city's ticks must never run ahead because somebody set the machine's clock: `WallClock` compares each
reading with the time since boot, and where the two part by more than a minute it keeps to the latter.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Final, Protocol

MOST_APART_SECONDS: Final = 60.0
"""A step of the wall clock beyond this is not believed while the process lives; smaller ones are slewing."""


class Clock(Protocol):
    """Two readings of time: what a calendar shows, and what only ever grows."""

    def now(self) -> int:
        """Milliseconds since 1970-01-01 UTC."""
        ...

    def steady(self) -> float:
        """Seconds since some moment; never steps."""
        ...

    def apart_seconds(self) -> float:
        """How far the wall clock has stepped away since the start; 0 while it is believed."""
        ...


def _since_boot() -> float:
    """Seconds since boot, sleep included where the system can tell: a woken laptop has not jumped."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class WallClock:
    """The machine's clock, disbelieved while it is more than a minute away from the time since boot."""

    __slots__ = ("_anchor_steady", "_anchor_wall")

    def __init__(self) -> None:
        self._anchor_wall = time.time()
        self._anchor_steady = _since_boot()

    def now(self) -> int:
        return int(1000 * (time.time() - self.apart_seconds()))

    def steady(self) -> float:
        return _since_boot()

    def apart_seconds(self) -> float:
        apart = (time.time() - self._anchor_wall) - (_since_boot() - self._anchor_steady)
        return apart if abs(apart) > MOST_APART_SECONDS else 0.0


@dataclass(slots=True)
class HandClock:
    """The fake: moves only when it is told to."""

    at: int = 0
    passed: float = field(default=0.0)
    apart: float = 0.0

    def now(self) -> int:
        return self.at

    def steady(self) -> float:
        return self.passed

    def apart_seconds(self) -> float:
        return self.apart

    def forward(self, seconds: float) -> None:
        self.at += round(1000 * seconds)
        self.passed += seconds
