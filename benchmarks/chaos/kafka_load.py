"""The load of a road under test: the past of towns, poured at an even pace."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from benchmarks.processes import PATIENCE_SECONDS
from streams import replay
from streams.city import City
from streams.kafka.pour import Pour
from streams.opened import intake_of
from streams.replay import REPLAY_KEY
from tests.kafka.road import span

DAYS: Final = ("2016-01-22", "2016-01-23", "2016-01-24", "2016-01-25", "2016-01-26")
SLICE_MS: Final = 600_000


class Load(threading.Thread):
    """The past of the towns, poured ten minutes at a time, so that it lasts for about `seconds`."""

    def __init__(
        self, address: str, cities: Sequence[City], *, seconds: float, days: tuple[str, str] = (DAYS[0], DAYS[-1])
    ) -> None:
        super().__init__(daemon=True)
        self._pours = [
            Pour(address, city, intake_of(city, REPLAY_KEY), replay.files_of(city, [], [])) for city in cities
        ]
        begin, end = span(cities[0], *days)
        self._cuts = [*range(begin, end, SLICE_MS), end]
        self._pause = seconds / len(self._cuts)
        self._hurry = False
        self.events = 0
        """Raw records sent, ticks included."""
        self.done = False

    def run(self) -> None:
        for since, until in pairwise(self._cuts):
            for pour in self._pours:
                pour.run(since, until)
            self.events = sum(pour.sent for pour in self._pours)
            time.sleep(0 if self._hurry else self._pause)
        self.done = True

    def finish(self) -> None:
        """Pour the rest at once."""
        self._hurry = True
        self.join(PATIENCE_SECONDS * 5)
