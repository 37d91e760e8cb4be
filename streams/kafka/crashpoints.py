"""Named places of the Kafka road at which a test may end the process; see `streams.crashpoints`.

`TOCSIN_CRASH_AT=name:n` arms one: of an intake or a desk on the stream clock, of a worker; its brokers are all on this
machine.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from streams import crashpoints


class Point(StrEnum):
    """Closed. `in-` points are passed just before a commit and kill a moment later, while it runs."""

    BEFORE_OFFSETS = "before-offsets"  # frames are with the brokers, how far was read is not
    IN_INTAKE = "in-intake-commit"
    AFTER_INTAKE = "after-intake-commit"  # committed, and nothing of it is known here
    BEFORE_MEMORY = "before-memory"  # signals are with the brokers, memory is not
    IN_MEMORY = "in-memory-commit"
    AFTER_MEMORY = "after-memory"  # committed, the frames are not acknowledged
    LETTING_GO = "letting-go"  # a rebalance: saved, the others may have the cities
    HOLDING = "holding"  # a rebalance: memory is taken up, nothing is judged
    DESK_STARTING = "desk-starting"  # a desk knows how far it has read, and reads nothing yet
    BEFORE_DESK = "before-desk"  # signals are read, nothing is written
    IN_DESK = "in-desk-commit"
    AFTER_DESK = "after-desk"  # written, and nothing more is read
    ALERTS_SAID = "alerts-said"  # alerts are with the brokers, that they are is not kept


INTAKE: Final = (Point.BEFORE_OFFSETS, Point.IN_INTAKE, Point.AFTER_INTAKE)
DESK: Final = (Point.DESK_STARTING, Point.BEFORE_DESK, Point.IN_DESK, Point.AFTER_DESK, Point.ALERTS_SAID)
IN_REBALANCE: Final = (Point.LETTING_GO, Point.HOLDING)
Crash = Callable[[Point], None]
_INSIDE: Final[frozenset[StrEnum]] = frozenset({Point.IN_INTAKE, Point.IN_MEMORY, Point.IN_DESK})


def armed(said: str) -> Crash:
    """What `TOCSIN_CRASH_AT` arms: "" nothing, else `name:n`. Raises CrashPointError."""
    return crashpoints.armed(said, Point, _INSIDE)


def on_this_machine(brokers: str) -> bool:
    """Whether all brokers are reached by loopback."""
    return all(one.rpartition(":")[0] in ("127.0.0.1", "localhost", "[::1]") for one in brokers.split(","))
