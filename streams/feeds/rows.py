"""Events in columns into rows of a Frame: codes to indices, identities, matters and places to keyed hashes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from rules.records import ROW, Frame
from streams.feeds.mapped import Mapped
from streams.keys import Keys

IntArray = NDArray[np.int64]
Indexed = tuple[tuple[str, ...], IntArray]

REMEMBERED: Final = 65_536
"""Distinct places, matters or codes whose hashes are remembered; beyond it all of them are forgotten."""


class RowMaker:
    """Makes frames for one city. Remembers hashes of texts that passed the gate, and nothing else."""

    __slots__ = ("_city", "_hashes", "_keys")

    def __init__(self, city: str, keys: Keys) -> None:
        self._city = city
        self._keys = keys
        self._hashes: dict[str, dict[str, int]] = {}  # domain -> text -> hash

    def frame(self, feed: str, mapped: Mapped, partition: str, offsets: IntArray) -> tuple[Frame | None, IntArray]:
        """The frame of all events whose record has no fault (None: there are none), and how many rows each record
        gave, shape (R,). `offsets`: the raw place of each record, shape (R,)."""
        keep = np.flatnonzero(~mapped.refused[mapped.record])
        record = mapped.record[keep]
        given = np.bincount(record, minlength=len(mapped)).astype(np.int64)
        if not len(keep):
            return None, given
        whole = len(record) == len(mapped) and np.array_equal(record, np.arange(len(mapped)))
        places: list[int] | None = None if whole else record.tolist()

        def texts(column: Sequence[str]) -> Sequence[str]:
            return column if places is None else [column[i] for i in places]

        stages = _indexed([mapped.stages[i] for i in mapped.stage[keep].tolist()])
        categories, areas = _indexed(texts(mapped.category)), _indexed(texts(mapped.area))
        offices = _indexed(texts(mapped.office), first="")
        rows = np.zeros(len(keep), ROW)
        rows["stage"], rows["category"], rows["area"], rows["office"] = stages[1], categories[1], areas[1], offices[1]
        rows["n"], rows["offset"] = mapped.n[keep], offsets[record]
        rows["occurred_at"], rows["arrived_at"] = mapped.occurred_at[keep], mapped.arrived_at[keep]
        rows["matter"] = self._hashed("matter", texts(mapped.matter))
        rows["place"] = self._hashed("place", texts(mapped.place))
        for name in ("severity", "flags", "revision", "count", "due_at"):
            rows[name] = getattr(mapped, name)[record]
        ids = self._keys.identities(texts(mapped.source), texts(mapped.id))
        rows["id0"], rows["id1"] = ids[:, 0], ids[:, 1]
        codes = [self._hashed("code", list(table))[index] for table, index in (categories, areas, offices)]
        numbers = [rows[name] for name in ("occurred_at", "due_at", "count", "severity", "flags", "matter", "place")]
        rows["content"] = self._keys.contents([*codes, *numbers])
        tables = (stages[0], categories[0], areas[0], offices[0])
        return Frame(self._city, (feed,), *tables, (partition,), rows), given

    def _hashed(self, domain: Literal["matter", "place", "code"], texts: Sequence[str]) -> NDArray[np.uint64]:
        if not any(texts):
            return np.zeros(len(texts), np.uint64)
        remembered = self._hashes.setdefault(domain, {})
        if len(remembered) > REMEMBERED:
            remembered.clear()
        for text in set(texts) - remembered.keys():
            spoken = " ".join(text.split()).casefold() if domain == "place" else text
            remembered[text] = self._keys.short(domain, spoken)
        return np.fromiter(map(remembered.__getitem__, texts), np.uint64, len(texts))


def joined(frames: Sequence[Frame]) -> Frame:
    """Frames of one city as one, rows in the order given, name tables merged and sorted."""
    city = frames[0].city
    rows = np.concatenate([frame.rows for frame in frames])
    tables: list[tuple[str, ...]] = []
    columns = ("feed", "stage", "category", "area", "office", "partition")
    names = ("feeds", "stages", "categories", "areas", "offices", "partitions")
    for column, name in zip(columns, names, strict=True):
        table = tuple(sorted({text for frame in frames for text in getattr(frame, name)}))  # "" sorts first
        places = {text: i for i, text in enumerate(table)}
        start = 0
        for frame in frames:
            moved = np.array([places[text] for text in getattr(frame, name)], np.int64)
            part = slice(start, start + len(frame.rows))
            rows[column][part] = moved[frame.rows[column]]
            start += len(frame.rows)
        tables.append(table)
    feeds, stages, categories, areas, offices, partitions = tables
    return Frame(city, feeds, stages, categories, areas, offices, partitions, rows)


def _indexed(texts: Sequence[str], first: str | None = None) -> Indexed:
    """Distinct texts, sorted (`first` before all), and the place of each text among them."""
    distinct = sorted(set(texts) - {first})
    table = tuple(distinct) if first is None else (first, *distinct)
    places = {text: i for i, text in enumerate(table)}
    return table, np.fromiter(map(places.__getitem__, texts), np.int64, len(texts))
