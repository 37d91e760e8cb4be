"""What lies outside of a process: its habits, the roads to its desks, and the blade that ends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from alerts.channels.port import UNBOUNDED, Limits, Message, Outcome, Receipt
from streams.runtime import ClockKind

KEY = "a key that every made town shares"

Body = tuple[str, Sequence[bytes], int | None]
"""(feed, lines, arrival that the sender says or None)."""


class Killed(BaseException):
    """The process is gone: nothing of it may answer any more."""


@dataclass
class Road:
    """A channel to the outside: what arrived there stays, whatever becomes of the process."""

    name: str
    dice: Random
    failing: float = 0.0
    language: str = "en"
    heard: list[Message] = field(default_factory=list)
    doubts: int = 0
    on_heard: Callable[[], None] = lambda: None
    limits: Limits = UNBOUNDED

    def deliver(self, message: Message, at: int) -> Receipt:
        outcome: Outcome = "accepted"
        if self.dice.random() < self.failing:
            outcome = self.dice.choice(("failed", "in_doubt"))
        if outcome != "failed":
            self.heard.append(message)
            self.doubts += outcome == "in_doubt"
            self.on_heard()
        return Receipt(at, outcome, "as the dice say")

    def close(self) -> None:
        """Nothing to close."""


@dataclass
class Blade:
    """Where the process is to die: at the `left`-th passing of `point`."""

    point: str = ""
    left: int = 0
    passed: dict[str, int] = field(default_factory=dict)
    falls: Callable[[str], None] = lambda _: None

    def __call__(self, point: str) -> None:
        self.passed[point] = self.passed.get(point, 0) + 1
        if point != self.point or not self.left:
            return
        self.left -= 1
        if not self.left:
            self.point = ""
            self.falls(point)
            raise Killed(point)


@dataclass(frozen=True, slots=True)
class Habits:
    """How a process is set: what differs from seed to seed and never changes what is said."""

    snapshot_records: int
    step_ms: int
    kind: ClockKind
