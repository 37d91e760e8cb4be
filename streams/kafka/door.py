"""The door of one city on the Kafka road: raw records as they lie in their partitions become its log's records.

No memory: the same raw records give the same frames, ticks and refusals, whoever reads them, and however often. What it
must know of its past (how far each source has shown the time, which book is in force) lies in the offsets' marks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import msgspec
import numpy as np
import structlog

from rules.records import Frame, Order, Record, Tick, UseBook
from streams import cloudevents
from streams.decoded import Data
from streams.feeds.readers import Broken
from streams.intake import Intake, Taken
from streams.intake import Raw as Stamped
from streams.kafka.merge import Merge, Run, Source, runs
from streams.kafka.wall import WallMerge
from streams.kafka.wire import Raw
from streams.keys import Keys
from streams.refusals import Place, Reason, Refusal, Refused
from streams.runtime.ports import ClockKind

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Said:
    """What some raw records gave: records of the city's log, in order, and what was refused."""

    records: tuple[Record, ...]
    refused: tuple[Refusal, ...]
    released: tuple[Place, ...] = ()
    """Places of records that were refused before and have passed now."""


class Door:
    """`put` raw records, `take` what they give. `feeds`: by source, the feeds that come so."""

    def __init__(
        self,
        intake: Intake,
        feeds: Mapping[Source, Sequence[str]],
        shown: Mapping[Source, int],
        kind: ClockKind = "stream",
    ) -> None:
        self.intake = intake
        self.kind: ClockKind = kind
        self.merge = WallMerge(feeds, shown) if kind == "wall" else Merge(feeds, shown)
        self.lifted = 0
        """Rows whose stamp was not later than the last tick: 0 without faults of clocks."""
        self._feeds = feeds
        self._latest = self.merge.tick + 1 if self.merge.tick else 0  # the largest event time so far
        self._orders: list[Order] = []
        self._again: list[tuple[Source, Raw]] = []

    @property
    def city(self) -> str:
        return self.intake.city

    def put(self, source: Source, record: Raw) -> None:
        self.merge.put(source, record)

    def use_book(self, digest: str, order: UseBook | None = None) -> None:
        """Another book than the one in force; `order`: who wants it so. None: the folder differs."""
        given = order or UseBook(0, "")
        self._orders.append(msgspec.structs.replace(given, start=self.merge.tick + 1, digest=digest))

    def order(self, order: Order) -> None:
        self._orders.append(order)

    def again(self, source: Source, records: Sequence[Raw]) -> None:
        """Records that were refused: they arrive once more, after the last tick."""
        self._again += [(source, record) for record in records]

    def take(self) -> Said:
        """All that may be written by now."""
        records: list[Record] = []
        refused: list[Refusal] = []
        for order in self._orders:
            records.append(order)
            if isinstance(order, UseBook) and self.merge.tick:
                # no row that only the new book knows may come before it acts
                self.merge.pass_to(self.merge.tick + 1)
                records.append(Tick(self.merge.tick))
        self._orders.clear()
        tick = self.merge.tick
        outs: list[Run | int] = []
        for out in self.merge.out():
            if isinstance(out, int):
                tick = out
            outs.append(out if isinstance(out, int) or self.kind == "stream" else self._stamped(out, tick))
        frames = iter(self._frames([out for out in outs if isinstance(out, Run)], refused))
        for out in outs:
            records += [Tick(out)] if isinstance(out, int) else next(frames)
        released: list[Place] = []
        for run in runs(self._again):
            late = [record._replace(arrived_at=_after(tick, record)) for record in run.records]
            for taken, _ in self._taken(Run(run.source, run.feed, late)):
                released += self._passed(run.source, taken)
                refused += taken.refusals
                if taken.frame is not None:
                    records.append(taken.frame)
        self._again.clear()
        return Said(tuple(records), tuple(refused), tuple(released))

    def _frames(self, runs: Sequence[Run], refused: list[Refusal]) -> list[list[Record]]:
        """The frames of each run. Runs of one source and feed are mapped together, whatever ticks lie between: what a
        batch costs by itself they share."""
        frames: list[list[Record]] = [[] for _ in runs]
        alike: dict[tuple[Source, str], list[int]] = defaultdict(list)
        for n, run in enumerate(runs):
            alike[run.source, run.feed].append(n)
        untold: list[tuple[int, Frame]] = []
        for (source, feed), numbers in alike.items():
            records = [record for n in numbers for record in runs[n].records]
            for taken, told in self._taken(Run(source, feed, records)):
                refused += taken.refusals
                if taken.frame is None:
                    continue
                for n, part in zip(
                    numbers, _cut(taken.frame, [runs[n].records[-1].offset for n in numbers]), strict=True
                ):
                    if told and len(part.rows):
                        frames[n].append(part)
                    elif len(part.rows):
                        untold.append((n, part))
        for n, part in sorted(untold, key=lambda item: item[0]):  # in the order of the log: arrivals never fall
            frames[n].append(self._arrived(part))
        return frames

    def _passed(self, source: Source, taken: Taken) -> Iterator[Place]:
        """Places of those that gave rows."""
        place = self.intake.partition(f"{source[0]}-{source[1]}")
        offsets = set() if taken.frame is None else set(taken.frame.rows["offset"].tolist())
        return (Place(place, offset) for offset in sorted(offsets))

    def _stamped(self, run: Run, tick: int) -> Run:
        """Records with their arrivals by the wall clock: when they were appended, and never before the last tick."""
        late = sum(record.appended_at <= tick for record in run.records)
        if late:
            self.lifted += late
            log.warning("stamps_lifted", city=self.city, records=late, in_all=self.lifted)
        stamped = [record._replace(arrived_at=max(record.appended_at, tick + 1), stage="") for record in run.records]
        return Run(run.source, run.feed, stamped)

    def _taken(self, run: Run) -> Iterator[tuple[Taken, bool]]:
        """What records of one source and feed give, and whether they tell their arrivals."""
        topic, partition = run.source
        place = f"{topic}-{partition}"
        feed = run.feed or (self._feeds[run.source][0] if len(self._feeds[run.source]) == 1 else "")
        if feed not in self._feeds[run.source]:
            keys, reason = self.intake.keys, Reason.UNKNOWN_FEED
            refused = tuple(set_aside(keys, "", reason, record, place) for record in run.records)
            yield Taken(None, (), refused, 0), True
            return
        odd = [record for record in run.records if record.arrived_at == -1 or record.stage]
        strange = [(record, why) for record in odd if (why := self._strange(feed, record)) is not None]
        left = run.records
        if strange:
            aside = tuple(set_aside(self.intake.keys, feed, why, record, place) for record, why in strange)
            yield Taken(None, (), aside, 0), True
            out = {record.offset for record, _ in strange}
            left = [record for record in left if record.offset not in out]
        told = [record for record in left if record.arrived_at is not None]
        for records in (told, [record for record in left if record.arrived_at is None]):
            if records:
                yield self._of_a_feed(feed, records, place), records is told

    def _strange(self, feed: str, record: Raw) -> Reason | None:
        """What is wrong with the headers of a record."""
        if record.arrived_at == -1:
            return Reason.BAD_TIME
        if record.stage and record.stage not in self.intake.feeds[feed].stages:
            return Reason.UNKNOWN_STAGE
        return None

    def _opened(self, feed: str, envelope: Mapping[str, str], data: bytes) -> Data:
        """What an envelope holds."""
        try:
            opened = cloudevents.unwrap_binary(envelope, data, filled=self.intake.feeds[feed].plan is None)
        except Refused as refused:
            return Broken(refused.reason, refused.field, data)
        return dict(opened)

    def _of_a_feed(self, feed: str, records: Sequence[Raw], place: str) -> Taken:
        raws = [
            Stamped(
                record.offset,
                record.data if record.envelope is None else self._opened(feed, record.envelope, record.data),
                record.arrived_at or 0,
            )
            for record in records
        ]
        taken = self.intake.take(feed, raws, place)
        if taken.frame is None:
            return taken
        frame = _of_the_stages(taken.frame, {record.offset: record.stage for record in records if record.stage})
        return replace(taken, frame=frame if len(frame.rows) else None)

    def _arrived(self, frame: Frame) -> Frame:
        """On the stream clock a record that tells no arrival has the largest event time so far."""
        rows = frame.rows.copy()
        rows["arrived_at"] = np.maximum(np.maximum.accumulate(rows["occurred_at"]), self._latest)
        self._latest = int(rows["arrived_at"].max(initial=self._latest))
        return msgspec.structs.replace(frame, rows=rows)


def _cut(frame: Frame, lasts: Sequence[int]) -> Iterator[Frame]:
    """A frame cut behind each of some offsets, ascending as its rows are."""
    ends = np.searchsorted(frame.rows["offset"], lasts, side="right").tolist()
    for first, end in pairwise([0, *ends]):
        yield msgspec.structs.replace(frame, rows=frame.rows[first:end])


def _after(tick: int, record: Raw) -> int:
    """When a record arrives that is read again; -1 where its own header is no time."""
    return -1 if record.arrived_at == -1 else max(record.arrived_at or 0, tick + 1)


def set_aside(keys: Keys, feed: str, reason: Reason, record: Raw, place: str) -> Refusal:
    """What a record is refused for before anybody maps it: by its place, nothing of it kept."""
    at = max(record.arrived_at or 0, 0) or record.appended_at
    return Refusal(feed, reason, "", Place(place, record.offset), at, len(record.data), keys.digest(record.data))


def _of_the_stages(frame: Frame, wanted: Mapping[int, str]) -> Frame:
    """Of records that name one of their stages, the rows of that stage."""
    if not wanted:
        return frame
    stages = np.array([frame.stages[stage] for stage in frame.rows["stage"].tolist()])
    asked = np.array([wanted.get(offset, "") for offset in frame.rows["offset"].tolist()])
    return msgspec.structs.replace(frame, rows=frame.rows[(asked == "") | (asked == stages)])
