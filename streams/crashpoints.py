"""Named places at which a test may end the process by SIGKILL: what a kill there breaks is otherwise left to luck.

Whoever passes one calls `crash(point)`; in service that is `never`, which does nothing. `TOCSIN_CRASH_AT=name:n` arms
one point for its n-th passing, on the stream clock (and so on loopback) alone.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from streams.messages import SpokenError


class CrashPoint(StrEnum):
    """Closed. `in-` points are passed just before a call of SQLite and kill a moment later, while it runs."""

    BEFORE_COMMIT = "before-commit"  # a group's rows are handed to SQLite, nothing is durable
    IN_COMMIT = "in-commit"  # while the journal's commit writes and syncs
    AFTER_COMMIT = "after-commit"  # durable, and nobody has been told
    BEFORE_TELLING = "before-telling"  # judged, the desk has not heard
    AFTER_TELLING = "after-telling"  # the desk has written it, the sender has no answer
    BEFORE_SNAPSHOT = "before-snapshot"
    IN_SNAPSHOT = "in-snapshot"  # while the snapshot's commit writes and syncs
    AFTER_SNAPSHOT = "after-snapshot"
    IN_CHECKPOINT = "in-checkpoint"  # while pages go from the write-ahead log into the file
    IN_RECOVERY = "in-recovery"  # a record of the tail was judged again
    CUTTING_TAIL = "cutting-tail"  # torn records are marked, the mark is not durable
    BEFORE_TICKING = "before-ticking"  # recovered; before the first tick and the first answer


Crash = Callable[[CrashPoint], None]

INSIDE: Final[frozenset[StrEnum]] = frozenset({CrashPoint.IN_COMMIT, CrashPoint.IN_SNAPSHOT, CrashPoint.IN_CHECKPOINT})
MOMENT: Final = 0.0005
"""Seconds: shorter than an fsync."""


class CrashPointError(SpokenError):
    """The setting names no crash point, or the process is not one that a test may kill."""


def never(point: StrEnum) -> None:
    """In service: nothing happens."""


class KillAt:
    """Kills this process at the n-th passing of one point; `inside`: a moment later, while a call runs."""

    def __init__(self, point: StrEnum, nth: int, *, inside: frozenset[StrEnum]) -> None:
        self._point = point
        self._inside = inside
        self._left = nth

    def __call__(self, point: StrEnum) -> None:
        if point is not self._point:
            return
        self._left -= 1
        if self._left:
            return
        if point in self._inside:
            threading.Thread(target=_kill, args=(MOMENT,), daemon=True).start()
        else:
            _kill(0.0)


def armed(
    said: str, points: type[StrEnum] = CrashPoint, inside: frozenset[StrEnum] = INSIDE
) -> Callable[[StrEnum], None]:
    """What `TOCSIN_CRASH_AT` arms of `points`: "" nothing, else `name:n`. Raises CrashPointError."""
    if not said:
        return never
    name, _, nth = said.partition(":")
    if name not in set(points) or not nth.isdecimal() or int(nth) < 1:
        raise CrashPointError("crash-point-unknown", said=said[:40], known=", ".join(points))
    return KillAt(points(name), int(nth), inside=inside)


def _kill(seconds: float) -> None:
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGKILL)
