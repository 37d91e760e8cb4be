"""`tocsin replay CITY --to kafka`: the past of a city into its raw topics, on the stream clock, ticks in band.

What is poured is rows as the feed wrote them, in the order of their arrival; a row whose stages arrived at different
times is poured once for each. So the log that an intake makes of them is the log that a local replay judges.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from confluent_kafka import KafkaException

from rules.records import Frame, Tick
from streams import past
from streams.brokers import Address
from streams.city import City
from streams.feeds.archive import Archive, partition_of, read_archive
from streams.feeds.readers import records_in
from streams.intake import Intake
from streams.kafka import clients
from streams.kafka.intake_sources import sources_of
from streams.kafka.merge import Source
from streams.kafka.topics import ORDERS
from streams.kafka.topics import partition_of as number_of
from streams.kafka.wire import ARRIVED, FEED, STAGE, Headers
from streams.messages import SpokenError

Progress = Callable[[int, int, int], None]
FLUSH_SECONDS: Final = 60.0
Place = tuple[str, int]
"""(partition of the archive, offset): where a row lies in its file."""


class Pour:
    """One city's past on its way. `run` returns how many raw records were sent."""

    def __init__(self, address: Address, city: City, intake: Intake, files: Mapping[str, Sequence[Path]]) -> None:
        self._city = city
        self._sending = clients.Sending(address)
        widths = self._sending.widths(address)
        number = number_of(city.name, widths[ORDERS])
        self._sources = sources_of(city, number, widths)
        self._source_of = {feed: source for source, feeds in self._sources.items() for feed in feeds}
        self._archives: dict[str, Archive] = {}
        self._data: dict[Place, bytes] = {}
        for feed, paths in files.items():
            self._archives[feed] = read_archive(intake, feed, paths, city.folder)
            for path in paths:
                partition = intake.partition(partition_of(path, city.folder))
                for record in records_in(path, intake.feeds[feed].file):
                    data = record.data if isinstance(record.data, bytes) else msgspec.json.encode(record.data)
                    self._data[partition, record.offset] = data
        self.sent = 0

    def run(self, since: int | None = None, until: int | None = None, progress: Progress | None = None) -> int:
        """Send it all, wait until the brokers have it. Raises SpokenError where they did not take it."""
        stages = {feed: _stages_apart(archive) for feed, archive in self._archives.items()}
        frames = [list(archive.frames(since=since, until=until)) for archive in self._archives.values()]
        events = sum(len(frame.rows) for each in frames for frame in each)
        done = at = 0
        for record in past.records(frames, until=until):
            if isinstance(record, Frame):
                self._rows(record, stages[record.feeds[0]])
                done, at = done + len(record.rows), int(record.rows["arrived_at"][-1])
                if progress is not None:
                    progress(done, events, at)
            elif isinstance(record, Tick):
                self._tick(record.now)
        try:
            self._sending.flush(FLUSH_SECONDS)
        except (TimeoutError, KafkaException) as fault:
            raise SpokenError("kafka-not-taken", why=fault) from None
        return self.sent

    def _rows(self, frame: Frame, apart: frozenset[Place]) -> None:
        feed, rows = frame.feeds[0], frame.rows
        sent: set[Place] = set()
        columns = (rows["partition"], rows["offset"], rows["stage"], rows["arrived_at"])
        for partition, offset, stage, arrived in zip(*(column.tolist() for column in columns), strict=True):
            place = frame.partitions[partition], offset
            headers: list[tuple[str, str | bytes | None]] = [(FEED, feed), (ARRIVED, str(arrived))]
            if place in apart:
                headers.append((STAGE, frame.stages[stage]))
            elif place in sent:
                continue
            sent.add(place)
            self._send(self._source_of[feed], self._data[place], headers)

    def _tick(self, now: int) -> None:
        for source in self._sources:
            self._send(source, b'{"tick":%d}' % now, [])

    def _send(self, source: Source, data: bytes, headers: Headers) -> None:
        topic, partition = source
        self._sending.send(topic, data, key=self._city.name.encode(), partition=partition, headers=headers)
        self.sent += 1


def _stages_apart(archive: Archive) -> frozenset[Place]:
    """Rows of a file whose stages arrived at different times."""
    if archive.whole is None:
        return frozenset()
    rows = archive.whole.rows
    times: dict[tuple[int, int], set[int]] = defaultdict(set)
    for partition, offset, arrived in zip(
        rows["partition"].tolist(), rows["offset"].tolist(), rows["arrived_at"].tolist(), strict=True
    ):
        times[partition, offset].add(arrived)
    names = archive.whole.partitions
    return frozenset((names[partition], offset) for (partition, offset), all_ in times.items() if len(all_) > 1)
