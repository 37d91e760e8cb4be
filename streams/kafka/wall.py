"""Raw records of one city out of several sources, in the order of its log, on the wall clock.

A raw record arrives when its broker appended it. Records are written as they come, so that nothing waits for a tick;
a source that is more than ten seconds ahead of the slowest waits for it. Tick t is written when each source has shown
t: by a later record, or because its broker says that all it had by then was read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from streams.kafka.merge import Run, Source, runs
from streams.kafka.wire import Raw

MARGIN_MS: Final = 1_000
"""So far may the clocks of brokers be behind ours before a row is lifted over a tick."""
AHEAD_MS: Final = 10_000
STEP_MS: Final = 10_000
"""Ticks go on in steps of at most this, after a stop too."""
TICK_MS: Final = 1_000


class WallMerge:
    """`put` what was read, say what was `read_until`, take `out` what may be written. `tick`: the last one, ms."""

    def __init__(self, sources: Iterable[Source], shown: Mapping[Source, int] | None = None) -> None:
        self.tick = max((shown or {}).values(), default=0)
        self.shown: dict[Source, int] = dict.fromkeys(sources, self.tick)
        self._shown_by = dict(self.shown)
        self._waiting: dict[Source, deque[Raw]] = {source: deque() for source in self.shown}

    def pass_to(self, tick: int) -> None:
        """Time has passed to `tick` for another reason than a source."""
        self.tick = max(self.tick, tick)

    def waits_at(self, source: Source) -> int:
        """Records of a source that wait."""
        return len(self._waiting[source])

    def put(self, source: Source, record: Raw) -> None:
        self._shown_by[source] = max(record.appended_at - 1, self._shown_by[source])
        self._waiting[source].append(record)

    def read_until(self, source: Source, at: int) -> None:
        """All that was appended before `at` was read, ms by our clock."""
        self._shown_by[source] = max(at - MARGIN_MS, self._shown_by[source])

    def oldest(self, source: Source) -> int | None:
        """The offset of the first record of a source that waits."""
        waiting = self._waiting[source]
        return waiting[0].offset if waiting else None

    def out(self) -> Iterator[Run | int]:
        """Runs of records by their stamps, and ticks, as far as they may be written."""
        floor = min((self._has_shown(source) for source in self.shown), default=0)
        if floor <= 0:
            return  # a source was never read: where its time stands is not known
        if self.tick <= 0:
            self.tick = self._first_tick(floor)
            yield self.tick
        while True:
            until = min(floor, self.tick + STEP_MS)
            yield from self._records(until + AHEAD_MS if until == floor else until)
            if until - self.tick < TICK_MS:
                break
            self.tick = until
            yield until
        for source in self.shown:
            self.shown[source] = self.tick

    def _has_shown(self, source: Source) -> int:
        waiting = self._waiting[source]
        return waiting[0].appended_at - 1 if waiting else self._shown_by[source]

    def _first_tick(self, floor: int) -> int:
        """A log begins before its first record."""
        first = [waiting[0].appended_at - 1 for waiting in self._waiting.values() if waiting]
        return min([floor, *first])

    def _records(self, until: int) -> Iterator[Run]:
        """Those whose stamps are not later than `until`, by stamp, neighbours of one source and feed together."""
        due = []
        for source, waiting in self._waiting.items():
            while waiting and waiting[0].appended_at <= until:
                due.append((source, waiting.popleft()))
        due.sort(key=lambda pair: pair[1].appended_at)
        yield from runs(due)
