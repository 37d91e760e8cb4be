"""Raw records of one city out of several sources, in the order of its log, on the stream clock.

Every source brings ticks in band. A source that has shown a tick waits until all have shown it: so what is read between
two ticks of the log is what arrived between them, whatever the sources' speed. Tick t is written when each source has
shown a tick at or after t.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from streams.kafka.wire import Raw

Source = tuple[str, int]
"""(topic, partition)."""


RUN: Final = 4_000
"""Most records of a run: a frame of them is far below what a topic takes."""


class Run(NamedTuple):
    """Records of one source and feed that follow one another."""

    source: Source
    feed: str
    records: list[Raw]


class Merge:
    """`put` what was read, take `out` what may be written. `shown`: the last tick written out of each source, ms; one
    that joins begins where the log stands."""

    def __init__(self, sources: Iterable[Source], shown: Mapping[Source, int] | None = None) -> None:
        known = shown or {}
        tick = min(known.values(), default=0)
        self.shown: dict[Source, int] = {source: known.get(source, tick) for source in sources}
        self._waiting: dict[Source, deque[Raw]] = {source: deque() for source in self.shown}

    @property
    def tick(self) -> int:
        """The last tick of the log, ms; 0 before the first."""
        return min(self.shown.values(), default=0)

    def pass_to(self, tick: int) -> None:
        """Time has passed to `tick` for another reason than a source."""
        self.shown = {source: max(shown, tick) for source, shown in self.shown.items()}

    def waits_at(self, source: Source) -> int:
        """Records of a source that wait."""
        return len(self._waiting[source])

    def put(self, source: Source, record: Raw) -> None:
        self._waiting[source].append(record)

    def oldest(self, source: Source) -> int | None:
        """The offset of the first record of a source that waits."""
        waiting = self._waiting[source]
        return waiting[0].offset if waiting else None

    def read_until(self, source: Source, at: int) -> None:
        """All that was appended before `at` was read: on this clock that tells nothing, time comes in band."""

    def out(self) -> Iterator[Run | int]:
        """Runs of records, and ticks, as far as they may be written."""
        while True:
            before = self.tick
            for source in self._waiting:
                yield from self._until_it_waits(source, before)
            now = self.tick
            if now <= before:
                return
            yield now

    def _until_it_waits(self, source: Source, tick: int) -> Iterator[Run]:
        """What a source brings until it has shown a tick after `tick`."""
        waiting = self._waiting[source]
        shown = self.shown[source]
        run: Run | None = None
        while waiting and shown <= tick:
            record = waiting.popleft()
            if record.tick is not None:
                shown = max(shown, record.tick)
            elif run is not None and run.feed == record.feed and len(run.records) < RUN:
                run.records.append(record)
            else:
                if run is not None:
                    yield run
                run = Run(source, record.feed, [record])
        self.shown[source] = shown
        if run is not None:
            yield run


def runs(due: Iterable[tuple[Source, Raw]]) -> Iterator[Run]:
    """Neighbours of one source and feed together, at most RUN of them."""
    run: Run | None = None
    for source, record in due:
        if run is None or (run.source, run.feed) != (source, record.feed) or len(run.records) >= RUN:
            if run is not None:
                yield run
            run = Run(source, record.feed, [])
        run.records.append(record)
    if run is not None:
        yield run
