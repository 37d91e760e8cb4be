"""Calibrations of a past that goes by: as a served city has them, only seldomer, for a replay has no night to do it in.

A served city solves and blends every week. Solving costs seconds of a core a rule, blending nothing: so a replay
solves now and then, and blends every week what came since into the heights that were solved last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from alerts.alert import Alert
from rules.engine import Engine
from rules.records import Calibrate
from rules.signals import Signal
from streams import calibration
from streams.past import DAY

_EARLY: Final = DAY
"""A replay looks once a week, at the end of what it has laid: some minutes sooner or later."""


@dataclass(slots=True)
class Recalibration:
    """When heights are solved and blended, and what came of it. Times and lengths in ms.

    `months`: quiet months of a calibration; 0: never. `incident`: which alerts are known to tell of something that
    happened; they are not blended in.
    """

    months: float
    first_after: int = calibration.FIRST_AFTER
    again_after: int = calibration.AGAIN_AFTER
    blend_after: int = calibration.BLEND_AFTER
    incident: Callable[[Signal], bool] | None = None
    orders: list[Calibrate] = field(default_factory=list)  # oldest first
    _found: calibration.Found = field(default_factory=dict)
    _solved_at: int = 0

    def due(self, engine: Engine, first: int) -> bool:
        """Whether it is time; `first`: when the past began, 0 before it has."""
        if not self.months or not first:
            return False
        now = engine.tick or 0
        if not self.orders:
            return now >= first + self.first_after
        return self._again(now) or now >= self.orders[-1].start + self.blend_after - _EARLY

    def order(self, engine: Engine, first: int, alerts: Iterable[Alert]) -> Calibrate:
        """A calibration at the engine's last tick, from what came before it alone; `alerts`: all that were told."""
        now = engine.tick or 0
        if not self.orders or self._again(now):
            self._found, self._solved_at = calibration.solved(engine, months=self.months), now
        since = max(now - calibration.HELD_DAYS * DAY, first + calibration.FIRST_AFTER)
        held = None
        if since < now:
            held = calibration.Held.of(alerts, since, now, self.incident or (lambda _: False))
        report = calibration.reported(engine, self._found, months=self.months, held=held)
        self.orders.append(calibration.order(report, now + 1))
        return self.orders[-1]

    def _again(self, now: int) -> bool:
        return now >= self._solved_at + self.again_after - _EARLY
