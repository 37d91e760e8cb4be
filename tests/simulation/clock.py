"""Time as the machine tells it: a wall clock that may be set wrong, and the time since boot, which never is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch


class MachineTime:
    """Stands in for the module `time` where the wall clock is read. Milliseconds in, seconds out."""

    CLOCK_BOOTTIME = 7

    def __init__(self, at: int) -> None:
        self.at = at  # what really is the time
        self.wrong = 0  # how far the wall clock is off
        self.frozen_at: int | None = None

    @property
    def wall(self) -> int:
        return (self.at if self.frozen_at is None else self.frozen_at) + self.wrong

    def time(self) -> float:
        return self.wall / 1000

    def clock_gettime(self, which: int) -> float:
        assert which == self.CLOCK_BOOTTIME
        return self.monotonic()

    def monotonic(self) -> float:
        return self.at / 1000 - 1.7e9


@contextmanager
def told_by(machine: MachineTime) -> Iterator[None]:
    """`streams.clock` reads this machine's time inside."""
    with patch("streams.clock.time", machine):
        yield
