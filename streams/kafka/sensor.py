"""What Faust tells of a worker: records as they are read, how cities are dealt out.

It tells nothing of records that are acknowledged later than they are taken, as ours are: those are timed by the worker.
"""

from __future__ import annotations

import time

import faust
from faust.types import AppT
from faust.types.tuples import TP, Message

from streams.kafka.metrics import RoadMetrics


class Sensor(faust.Sensor):
    """Counts into the worker's metrics."""

    def __init__(self, metrics: RoadMetrics) -> None:
        super().__init__()
        self._metrics = metrics

    def on_message_in(self, tp: TP, offset: int, message: Message) -> None:
        self._metrics.frames_read.inc()

    def on_rebalance_start(self, app: AppT) -> dict[str, float]:
        self._metrics.dealt.inc()
        return {"at": time.monotonic()}

    def on_rebalance_end(self, app: AppT, state: dict[str, float]) -> None:
        self._metrics.dealt_seconds.observe(time.monotonic() - state["at"])
