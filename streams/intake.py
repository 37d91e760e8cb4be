"""Intake: raw records in, one Frame out, and an answer for every record. No memory: the same bytes, the same answer.

bytes - mapping - contract - privacy gate - areas and categories - rows. Identities, matters and places are
hashed here; what was refused is kept scrubbed, or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from rules.records import Frame
from rules.trees import Tree
from streams.contract import FIELDS, Event
from streams.decoded import Data, came, decoded
from streams.feeds.blocks import Json
from streams.feeds.connection import Feed
from streams.feeds.lookups import PlaceOf, in_force
from streams.feeds.mapped import Mapped
from streams.feeds.mapping import map_events, map_records
from streams.feeds.readers import Record
from streams.feeds.rows import RowMaker
from streams.feeds.sheets import Sheet
from streams.gate import Class, Gate
from streams.gate.scrub import kept, words_of
from streams.keys import Keys
from streams.refusals import Place, Reason, Refusal

IntArray = NDArray[np.int64]

_PHONES = (13_000_000_000, 20_000_000_000)
"""A revision in this range is a Chinese mobile, not a version: times have 10 or 13 digits."""
_CONTRACT = {name: name for name in FIELDS}


class Raw(NamedTuple):
    """A record as it came: its `offset` in the partition, its bytes (or what a reader made of them), its stamp, ms."""

    offset: int
    data: Data
    arrived_at: int


class Answer(NamedTuple):
    """What became of one record. `events`: rows it gave; they stand in the frame in the order of the records."""

    status: Literal["accepted", "refused", "left_out"]
    reason: Reason | None = None
    field: str = ""
    events: int = 0


@dataclass(frozen=True, slots=True)
class Taken:
    """What a batch gave. `frame` is None where no row was accepted; `answers` has one entry a record."""

    frame: Frame | None
    answers: tuple[Answer, ...]
    refusals: tuple[Refusal, ...]
    left_out: int


class Intake:
    """The door of one city. `place_of` finds the area around (lat, lon); its caches hold only what passed the gate."""

    def __init__(
        self,
        city: str,
        feeds: Mapping[str, Feed],
        areas: Tree,
        categories: Tree,
        keys: Keys,
        place_of: PlaceOf | None = None,
    ) -> None:
        self.city = city
        self.feeds = feeds
        self.areas = areas
        self.categories = categories
        self.keys = keys
        self.place_of = place_of
        self._gate = Gate()
        self._rows = RowMaker(city, keys)
        self._vocabulary = _vocabulary(feeds.values(), areas, categories)
        self._dated = frozenset(node.code for node in areas.nodes if node.valid_from or node.valid_to)

    def speaks_contract(self, feed: str) -> bool:
        return self.feeds[feed].plan is None

    def shape_of(self, feed: str) -> Json | None:
        """Where the records lie in the feed's documents; None where they are the body."""
        file = self.feeds[feed].file
        return file.json_ if file.format == "json" and file.json_.records else None

    def take(self, feed: str, records: Sequence[Raw], partition: str) -> Taken:
        """Rows, answers and refusals of a batch of one feed and partition; rows arrive at the records' stamps.

        Raises KeyError for an unknown feed.
        """
        stamps = np.fromiter((record.arrived_at for record in records), np.int64, len(records))
        return self._take(feed, [record.data for record in records], _offsets(records), partition, stamps)

    def read(self, feed: str, records: Sequence[Record] | Sheet, partition: str) -> Taken:
        """The same where the past is read: rows arrive by the feed's arrival column, else at their own time."""
        if isinstance(records, Sheet):
            offsets = np.arange(records.first, records.first + len(records), dtype=np.int64)
            return self._take(feed, records, offsets, partition, None)
        return self._take(feed, [record.data for record in records], _offsets(records), partition, None)

    def partition(self, name: str) -> str:
        """`name` where it names nobody, else a keyed hash of it: file names and keys come from outside."""
        if self._gate.judge([name], Class.PLACE):
            return f"hashed-{self.keys.short('partition', name):016x}"
        return name

    def _take(
        self, feed: str, datas: Sequence[Data] | Sheet, offsets: IntArray, partition: str, stamps: IntArray | None
    ) -> Taken:
        connected = self.feeds[feed]
        partition = self.partition(partition)
        read = decoded(connected, datas)
        mapped = self._mapped(connected, read.values, stamps)
        mapped.faults.update(read.faults)
        self._judge(connected, mapped)
        frame, given = self._rows.frame(feed, mapped, partition, offsets)
        arrivals = _arrivals(mapped) if stamps is None and mapped.faults else {}
        refusals = []
        for i in sorted(mapped.faults):
            data = datas.row(i) if isinstance(datas, Sheet) else datas[i]
            at = int(stamps[i]) if stamps is not None else arrivals.get(i, 0)
            place = Place(partition, int(offsets[i]))
            refusals.append(self._refusal(connected, data, read.seen(i), place, at, mapped.faults[i]))
        answers = tuple(_answers(mapped, given.tolist()))
        return Taken(frame, answers, tuple(refusals), int(mapped.left_out.sum()))

    def _mapped(self, feed: Feed, values: Sequence[Any] | Sheet, stamps: IntArray | None) -> Mapped:
        if isinstance(values, Sheet):
            return map_records(feed, values, stamps, self.place_of)
        if feed.plan is not None:
            return map_records(feed, [{} if value is None else value for value in values], stamps, self.place_of)
        blank = Event(id="-", source="-", kind=feed.file.kind, category="-", occurred_at="1970-01-01T00:00:00Z")
        events = [blank if value is None else value for value in values]
        return map_events(feed, events, stamps, [event.area or self._area_at(event) for event in events])

    def _area_at(self, event: Event) -> str:
        if event.location is None or self.place_of is None:
            return ""
        return self.place_of(event.location.lat, event.location.lon) or ""

    def _judge(self, feed: Feed, mapped: Mapped) -> None:
        """Gate, then trees and lists: mark what may not pass."""
        texts: list[tuple[str, Sequence[str], Class]] = [
            *(("id", part, Class.ID if len(mapped.id_parts) == 1 else Class.PART) for part in mapped.id_parts),
            ("matter", mapped.matter, Class.ID),
            ("place", mapped.place, Class.PLACE),
        ]
        if feed.plan is None:  # elsewhere these come out of the city's own tables
            named = (("source", mapped.source), ("category", mapped.category), ("area", mapped.area))
            texts += [(name, column, Class.PLAIN) for name, column in (*named, ("office", mapped.office))]
            stage_of = [mapped.stages[i] for i in mapped.stage.tolist()]
            texts.append(("stage", [*stage_of], Class.PLAIN))
        for name, column, kind in texts:
            for i, reason in self._gate.judge(column, kind).items():
                mapped.faults.setdefault(i, (reason, name))
        phones = (mapped.revision >= _PHONES[0]) & (mapped.revision < _PHONES[1])
        mapped.fault(np.flatnonzero(phones), Reason.PHONE, "revision")
        self._check_codes(feed, mapped)
        for i in np.flatnonzero(mapped.left_out).tolist():
            mapped.faults.pop(i, None)

    def _check_codes(self, feed: Feed, mapped: Mapped) -> None:
        known = self.categories.by_code
        _refuse_outside(mapped, mapped.category, known, Reason.UNKNOWN_CATEGORY, "category")
        _refuse_outside(mapped, mapped.area, self.areas.by_code, Reason.UNKNOWN_AREA, "area")
        if feed.allowed_areas is not None:
            _refuse_outside(mapped, mapped.area, feed.allowed_areas, Reason.FOREIGN_AREA, "area")
        _refuse_outside(mapped, mapped.office, feed.offices | {""}, Reason.UNKNOWN_OFFICE, "office")
        strange = np.array([stage not in feed.stages for stage in mapped.stages], np.bool_)
        if strange.any():
            mapped.fault(mapped.record[strange[mapped.stage]], Reason.UNKNOWN_STAGE, "stage")
        if self._dated:
            self._move_to_areas_in_force(feed, mapped)

    def _move_to_areas_in_force(self, feed: Feed, mapped: Mapped) -> None:
        """An area that ended gives way to its successor; one that had not begun, or has none, refuses the record."""
        zone = ZoneInfo(feed.zone)
        areas = list(mapped.area)
        for i, at in zip(mapped.record.tolist(), mapped.occurred_at.tolist(), strict=True):
            if areas[i] in self._dated:
                day = datetime.fromtimestamp(at / 1000, UTC).astimezone(zone).date().isoformat()
                code = in_force(self.areas, areas[i], day)
                if code is None:
                    mapped.faults.setdefault(i, (Reason.RETIRED_AREA, "area"))
                else:
                    areas[i] = code
        mapped.area = areas

    def _refusal(
        self, feed: Feed, data: Data, seen: Mapping[str, Any] | None, place: Place, at: int, why: tuple[Reason, str]
    ) -> Refusal:
        came_as = came(data)
        leads = feed.plan.leads if feed.plan is not None else _CONTRACT
        keep = kept(seen, leads, self._vocabulary) if seen is not None else b""
        return Refusal(feed.name, *why, place, at, len(came_as), self.keys.digest(came_as), keep)


def _arrivals(mapped: Mapped) -> dict[int, int]:
    """Record -> when it arrived, where it tells, ms."""
    known = mapped.arrived_at > 0
    return dict(zip(mapped.record[known].tolist(), mapped.arrived_at[known].tolist(), strict=True))


def _offsets(records: Sequence[Raw] | Sequence[Record]) -> IntArray:
    return np.fromiter((record.offset for record in records), np.int64, len(records))


def _vocabulary(feeds: Iterable[Feed], *trees: Tree) -> frozenset[str]:
    """The words of the city's trees and tables."""
    texts = [text for tree in trees for node in tree.nodes for text in (node.code, node.level, *node.names.values())]
    for feed in feeds:
        texts += [feed.file.kind, *feed.stages, *feed.offices]
        steps = (*feed.plan.category.steps, *feed.plan.area.steps) if feed.plan is not None else ()
        texts += [value for step in steps for value in step.values]
    return words_of(texts)


def _refuse_outside(
    mapped: Mapped, column: Sequence[str], known: Mapping[str, object] | frozenset[str], reason: Reason, name: str
) -> None:
    strangers = {text for text in set(column) if text not in known}
    if strangers:
        for i, text in enumerate(column):
            if text in strangers:
                mapped.faults.setdefault(i, (reason, name))


def _answers(mapped: Mapped, given: Sequence[int]) -> Iterator[Answer]:
    accepted = {events: Answer("accepted", events=events) for events in set(given)}
    if not mapped.faults and not mapped.left_out.any():
        yield from map(accepted.__getitem__, given)
        return
    for i, events in enumerate(given):
        if i in mapped.faults:
            yield Answer("refused", *mapped.faults[i])
        elif mapped.left_out[i]:
            yield Answer("left_out")
        else:
            yield accepted[events]
