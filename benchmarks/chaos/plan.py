"""Which kill comes when: half at named crash points, half at random, in an order that a seed fixes."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

from streams.crashpoints import CrashPoint

AT_START: Final = (CrashPoint.IN_RECOVERY, CrashPoint.CUTTING_TAIL, CrashPoint.BEFORE_TICKING)
SEEN_ONLY_WITH_SIGNALS: Final = (CrashPoint.BEFORE_TELLING, CrashPoint.AFTER_TELLING)
BY_SNAPSHOTS: Final = (
    CrashPoint.BEFORE_SNAPSHOT,
    CrashPoint.IN_SNAPSHOT,
    CrashPoint.AFTER_SNAPSHOT,
    CrashPoint.IN_CHECKPOINT,
)
SNAPSHOT_RECORDS: Final = 400
OFTEN: Final = 12
"""Records between two snapshots while one of them is to be hit."""
MOST_PASSINGS: Final = 3


@dataclass(frozen=True, slots=True)
class Kill:
    """One kill. `point` None: at random. `nth`: at which passing of the point."""

    point: CrashPoint | None
    nth: int = 1

    @property
    def armed(self) -> str:
        return f"{self.point}:{self.nth}" if self.point is not None else ""

    @property
    def snapshot_records(self) -> int:
        return OFTEN if self.point in BY_SNAPSHOTS else SNAPSHOT_RECORDS


def plan(kills: int, dice: random.Random) -> list[Kill]:
    """`kills` of them: each point in turn for one half, random ones for the other, shuffled.

    Points that need signals come by themselves: who runs the plan draws them when signals are near.
    """
    points = list(CrashPoint)
    dice.shuffle(points)
    named = [_named(points[n % len(points)], dice) for n in range(kills // 2)]
    every = [*named, *(Kill(None) for _ in range(kills - len(named)))]
    dice.shuffle(every)
    return every


def _named(point: CrashPoint, dice: random.Random) -> Kill:
    few = point in BY_SNAPSHOTS or point in AT_START
    return Kill(point, 1 if few else dice.randint(1, MOST_PASSINGS))


def wanted(kills: int) -> int:
    """How often each point must be hit at least."""
    return kills // 2 // len(CrashPoint)
