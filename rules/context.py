"""What a rule may ask of its city: whether the feeds that it counts are heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.counts import feeds_of

if TYPE_CHECKING:
    from rules.engine import Engine
    from rules.matters.watch import MatterWatch
    from rules.watch import RuleWatch


class Context:
    """What a rule may ask of the engine."""

    def __init__(self, engine: Engine, rule: RuleWatch | MatterWatch) -> None:
        self._engine = engine
        self._watches = [engine.watches[f.name] for f in feeds_of(rule.rule.selector, engine.book)]

    def missing(self, start: int, end: int) -> bool:
        return any(watch.missing(start, end) for watch in self._watches)

    def longest_gap(self, start: int, end: int) -> float:
        """The part of [start, end) in which the worst heard of the feeds was silent at a stretch."""
        return max((watch.longest_gap(start, end) for watch in self._watches), default=0.0)

    @property
    def covered(self) -> list[tuple[int, int]]:
        """Intervals in which, as Orders said, a contributing feed was blind."""
        return [span for watch in self._watches for span in watch.spans]

    @property
    def suspect(self) -> bool:
        return any(watch.suspect for watch in self._watches)

    def heard(self) -> dict[str, int]:
        return {watch.policy.name: watch.last_heard for watch in self._watches}
