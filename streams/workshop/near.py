"""What came near to speaking in the last day, looked at a little at a time on the thread that owns the engine.

A look at a whole day of a rule takes a part of a second where there are thousands of areas, and events wait meanwhile.
So one rule is looked at a turn, and what it is asked for is what has come since its last look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from alerts.workshop import NearMiss
from rules.engine import Engine
from rules.near import Near, near_misses, spoken_since

LAST_MS: Final = 24 * 3_600_000
AGAIN_MS: Final = 600_000
"""A rule is looked at again after so much of the city's time."""
SHOWN: Final = 200
"""Of one rule; the nearest."""


@dataclass(slots=True)
class _Looked:
    """What is known of one version of a rule. `at`: the city's time of the last look, ms."""

    version: str
    at: int
    kept: dict[tuple[str, str], Near] = field(default_factory=dict)


class NearLately:
    """`look` on the writer's thread; `by_rule` from any: what it returns is never changed."""

    def __init__(self) -> None:
        self._looked: dict[str, _Looked] = {}
        self.by_rule: Mapping[str, Sequence[NearMiss]] | None = None

    def look(self, engine: Engine, now: int) -> None:
        """Look at the rule that waits longest, where any is due. `now`: the city's time, ms."""
        known = {name: watch.rule.version for name, watch in engine.rules.items()}
        for name in [name for name, one in self._looked.items() if known.get(name) != one.version]:
            del self._looked[name]
        due = min(known, key=self._at, default="")
        if not due or now - self._at(due) < AGAIN_MS:
            return
        one = self._looked.setdefault(due, _Looked(known[due], now - LAST_MS))
        watch, since = engine.rules[due], now - LAST_MS
        for near in near_misses(watch, one.at - AGAIN_MS):
            series = near.area, near.category
            before = one.kept.get(series)
            if before is None or near.observed * before.limit >= before.observed * near.limit:
                one.kept[series] = near
        spoke = spoken_since(watch, since)
        one.kept = {series: near for series, near in one.kept.items() if near.until > since and series not in spoke}
        one.at = now
        self.by_rule = {**(self.by_rule or {}), due: _told(one)}

    def _at(self, rule: str) -> int:
        one = self._looked.get(rule)
        return one.at if one else -LAST_MS


def _told(one: _Looked) -> Sequence[NearMiss]:
    nearest = sorted(one.kept.values(), key=lambda near: (-near.observed / near.limit, near))
    return tuple(NearMiss(n.area, n.category, n.observed, n.limit, n.until) for n in nearest[:SHOWN])
