"""Intake: raw records in, one Frame out, and an answer for every record. No memory: the same bytes, the same answer.

bytes - mapping - contract - privacy gate - areas and categories - rows. Identities, matters and places are
hashed here; what was refused is kept scrubbed, or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rules.records import ROW, Frame
from rules.trees import Tree
from streams.contract import Event, decode_record, event_of
from streams.feeds.connection import Feed
from streams.feeds.lookups import PlaceOf
from streams.feeds.mapping import Mapped, map_events, map_records
from streams.feeds.records import flat
from streams.gate import Class, Gate
from streams.keys import Keys
from streams.refusals import Place, Reason, Refusal, Refused

IntArray = NDArray[np.int64]

REMEMBERED: Final = 65_536
"""Distinct places, offices and codes whose hashes are remembered."""


class Raw(NamedTuple):
    """A record as it came: its `offset` in the partition, its bytes (or the cells a reader made of them), its stamp in ms."""

    offset: int
    data: bytes | Mapping[str, object]
    arrived_at: int


class Answer(NamedTuple):
    """What became of one record. `events`: rows it gave, which stand in the frame in the order of the records."""

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
    """The door of one city. `place_of` finds the area around (lat, lon)."""

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
        self._hashes: dict[tuple[str, str], int] = {}

    def take(self, feed: str, records: Sequence[Raw], partition: str) -> Taken:
        """Rows, answers and refusals of a batch of one feed and partition. Raises KeyError for an unknown feed."""
        connected = self.feeds[feed]
        partition = self.partition(partition)
        values, faults = _decoded(connected, records)
        stamps = np.fromiter((record.arrived_at for record in records), np.int64, len(records))
        mapped = self._mapped(connected, values, stamps)
        mapped.faults = {**mapped.faults, **faults}
        self._judge(connected, mapped)
        offsets = np.fromiter((record.offset for record in records), np.int64, len(records))
        frame, given = self._frame(connected, mapped, partition, offsets)
        refusals = tuple(
            self._refusal(connected, records[i], values[i], partition, *mapped.faults[i]) for i in sorted(mapped.faults)
        )
        answers = tuple(_answer(i, mapped, given) for i in range(len(records)))
        return Taken(frame, answers, refusals, int(mapped.left_out.sum()))

    def partition(self, name: str) -> str:
        """`name` where it names nobody, else a keyed hash of it: file names and topics come from outside."""
        if self._gate.judge([name], Class.PLACE):
            return f"hashed-{self.keys.short('partition', name):016x}"
        return name

    def _mapped(self, feed: Feed, values: Sequence[Any], stamps: IntArray | None) -> Mapped:
        if feed.plan is not None:
            return map_records(feed, [value if value is not None else {} for value in values], stamps, self.place_of)
        return self._contract(feed, values, stamps)

    def _contract(self, feed: Feed, values: Sequence[Any], stamps: IntArray | None) -> Mapped:
        blank = Event(id="-", source=feed.source, kind=feed.file.kind, category="", occurred_at="1970-01-01T00:00:00Z")
        events = [value if value is not None else blank for value in values]
        areas = [event.area or self._area_at(event) for event in events]
        mapped = map_events(events, stamps, areas)
        for i, event in enumerate(events):
            if event.kind != feed.file.kind:
                mapped.faults.setdefault(i, (Reason.WRONG_KIND, "kind"))
            if feed.file.source is not None and event.source != feed.file.source:
                mapped.faults.setdefault(i, (Reason.WRONG_SOURCE, "source"))
            if event.area is None and event.location is None:
                mapped.faults.setdefault(i, (Reason.MISSING_FIELD, "area"))
            if event.area is not None and event.location is not None:
                mapped.faults.setdefault(i, (Reason.BAD_VALUE, "location"))
        return mapped

    def _area_at(self, event: Event) -> str:
        if event.location is None or self.place_of is None:
            return ""
        return self.place_of(event.location.lat, event.location.lon) or ""

    def _judge(self, feed: Feed, mapped: Mapped) -> None:
        """Gate, then trees: mark what may not pass."""
        texts = (("id", mapped.id, Class.ID), ("matter", mapped.matter, Class.ID), ("place", mapped.place, Class.PLACE))
        for name, column, kind in texts:
            for i, reason in self._gate.judge(column, kind).items():
                mapped.faults.setdefault(i, (reason, name))
        known = (
            ("category", mapped.category, self.categories.by_code, Reason.UNKNOWN_CATEGORY),
            ("area", mapped.area, self.areas.by_code, Reason.UNKNOWN_AREA),
        )
        for name, column, codes, reason in known:
            strangers = {code for code in set(column) if code not in codes}
            if strangers:
                for i, code in enumerate(column):
                    if code in strangers:
                        mapped.faults.setdefault(i, (reason, name))
        for i in np.flatnonzero(mapped.left_out).tolist():
            mapped.faults.pop(i, None)

    def _frame(self, feed: Feed, mapped: Mapped, partition: str, offsets: IntArray) -> tuple[Frame | None, IntArray]:
        """The frame of what may pass, and how many rows each record gave, shape (R,)."""
        bad = mapped.left_out.copy()
        bad[list(mapped.faults)] = True
        keep = np.flatnonzero(~bad[mapped.record])
        record = mapped.record[keep]
        given = np.bincount(record, minlength=len(mapped)).astype(np.int64)
        if not len(keep):
            return None, given
        rows = np.zeros(len(keep), ROW)
        stages = _indexed([mapped.stages[i] for i in mapped.stage[keep].tolist()])
        categories, areas = _indexed(_at(mapped.category, record)), _indexed(_at(mapped.area, record))
        offices = _indexed(_at(mapped.office, record), first="")
        rows["stage"], rows["category"] = stages[1], categories[1]
        rows["area"], rows["office"] = areas[1], offices[1]
        rows["severity"], rows["flags"] = mapped.severity[record], mapped.flags[record]
        rows["n"], rows["offset"] = mapped.n[keep], offsets[record]
        rows["revision"], rows["count"] = mapped.revision[record], mapped.count[record]
        rows["occurred_at"], rows["arrived_at"] = mapped.occurred_at[keep], mapped.arrived_at[keep]
        rows["due_at"] = mapped.due_at[record]
        rows["matter"] = self._hashed("matter", _at(mapped.matter, record))
        rows["place"] = self._hashed("place", [" ".join(text.split()).casefold() for text in _at(mapped.place, record)])
        ids = self.keys.identities(_at(mapped.source, record), _at(mapped.id, record))
        rows["id0"], rows["id1"] = ids[:, 0], ids[:, 1]
        codes = [self._hashed("code", list(table[0]))[table[1]] for table in (categories, areas, offices)]
        numbers = [rows[name] for name in ("occurred_at", "due_at", "count", "severity", "flags", "matter", "place")]
        rows["content"] = self.keys.contents([*codes, *numbers])
        frame = Frame(self.city, (feed.name,), stages[0], categories[0], areas[0], offices[0], (partition,), rows)
        return frame, given

    def _hashed(self, domain: Literal["matter", "place", "code"], texts: Sequence[str]) -> NDArray[np.uint64]:
        remembered = self._hashes
        if len(remembered) > REMEMBERED:
            remembered.clear()
        hashes = np.zeros(len(texts), np.uint64)
        for i, text in enumerate(texts):
            if text:
                found = remembered.get((domain, text))
                if found is None:
                    found = remembered[domain, text] = self.keys.short(domain, text)
                hashes[i] = found
        return hashes

    def _refusal(self, feed: Feed, raw: Raw, value: Any, partition: str, reason: Reason, field: str) -> Refusal:
        data = raw.data if isinstance(raw.data, bytes) else repr(raw.data).encode()
        place = Place(partition, raw.offset)
        return Refusal(feed.name, reason, field, place, raw.arrived_at, len(data), self.keys.digest(data))


def _decoded(feed: Feed, records: Sequence[Raw]) -> tuple[list[Any], dict[int, tuple[Reason, str]]]:
    """Cells of mapped feeds, Events of the contract; None where a record cannot be read, and why."""
    values: list[Any] = []
    faults: dict[int, tuple[Reason, str]] = {}
    drop = frozenset(feed.file.drop)
    nested = feed.file.format in ("json", "jsonl")
    for i, record in enumerate(records):
        try:
            value = decode_record(record.data) if isinstance(record.data, bytes) else record.data
            if feed.plan is None:
                values.append(event_of(value))
            elif not isinstance(value, Mapping):
                raise Refused(Reason.MALFORMED)
            else:
                values.append(flat(value, drop) if nested else value)
        except Refused as refused:
            values.append(None)
            faults[i] = (refused.reason, refused.field)
    return values, faults


def _indexed(texts: Sequence[str], first: str | None = None) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Distinct texts, sorted (`first` before all), and the place of each text among them."""
    distinct = sorted(set(texts) - {first})
    table = tuple(distinct) if first is None else (first, *distinct)
    places = {text: i for i, text in enumerate(table)}
    return table, np.fromiter((places[text] for text in texts), np.int64, len(texts))


def _at(texts: Sequence[str], record: IntArray) -> Sequence[str]:
    if len(record) == len(texts) and np.array_equal(record, np.arange(len(texts))):
        return texts
    return [texts[i] for i in record.tolist()]


def _answer(i: int, mapped: Mapped, given: IntArray) -> Answer:
    if i in mapped.faults:
        return Answer("refused", *mapped.faults[i])
    if mapped.left_out[i]:
        return Answer("left_out")
    return Answer("accepted", events=int(given[i]))
