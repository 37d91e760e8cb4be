"""The engine's own numbers for names (feeds, stages, categories, areas, places of reading) and for kinds of rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from rules.detectors.port import IntArray
from rules.facts import FACT, FactRows
from rules.records import CORRECTION, NO_TIME, Frame, joined

_BITS: Final = {"area": 20, "category": 16, "feed": 12, "stage": 9, "flags": 3, "severity": 3}
"""How a kind is packed into 63 bits: a million areas, 65,000 categories, 4,096 feeds."""
_TABLES_KEPT: Final = 256
"""Name tables of frames that are known by heart; a source sends the same few again and again."""

_BLOCK: Final = 4_096
"""Rows put under the engine's numbers at a time: what is read column by column stays near at hand."""

_NAMED: Final = ("feed", "stage", "category", "area", "partition", "office")


class Kind(NamedTuple):
    """What decides which series a row feeds."""

    feed: str
    stage: str
    category: str
    area: str
    flags: int
    severity: int


class Names:
    """Numbers are given as names are read and never given twice; nothing is ever ordered by them."""

    def __init__(self) -> None:
        self.names: dict[str, list[str]] = {column: [] for column in _NAMED}
        self.numbers: dict[str, dict[str, int]] = {column: {} for column in _NAMED}
        self._tables: dict[tuple[str, tuple[str, ...]], IntArray] = {}
        self.kinds: list[Kind] = []
        self._packed = np.zeros(0, np.int64)  # the kinds, packed, ascending
        self._number_of = np.zeros(0, np.int64)  # and the number of each

    def number(self, column: str, name: str) -> int:
        known = self.numbers[column]
        found = known.get(name)
        if found is None:
            found = known[name] = len(known)
            self.names[column].append(name)
            if column in _BITS and found >> _BITS[column]:
                raise OverflowError(f"a city with more than {found} names of {column} has not been thought of")
        return found

    def give(self, names: dict[str, list[str]]) -> None:
        """Go on with the numbers that a snapshot kept."""
        self.names = {column: names.get(column, []) for column in _NAMED}
        self.numbers = {column: {name: n for n, name in enumerate(of)} for column, of in self.names.items()}
        self._tables.clear()
        self.kinds.clear()
        self._packed = self._number_of = np.zeros(0, np.int64)

    def rows_of(self, frame: Frame) -> FactRows:
        """The rows of a frame under the engine's own numbers, in order."""
        facts = np.empty(len(frame.rows), FACT)
        self.write_rows(frame, facts)
        return facts

    def rows_of_all(self, frames: Sequence[Frame]) -> FactRows:
        """The rows of all frames, in order."""
        facts = np.empty(sum(len(frame.rows) for frame in frames), FACT)
        done = 0
        for frame in joined(frames, _BLOCK):
            self.write_rows(frame, facts[done : done + len(frame.rows)])
            done += len(frame.rows)
        return facts

    def write_rows(self, frame: Frame, facts: FactRows) -> None:
        """Write the rows of a frame under the engine's own numbers into `facts`, as many, in order."""
        rows = frame.rows
        tables = (frame.feeds, frame.stages, frame.categories, frame.areas, frame.partitions, frame.offices)
        for column, names in zip(_NAMED, tables, strict=True):
            facts[column] = self._table(column, names)[rows[column]]
        for column in (
            "id0", "id1", "revision", "content", "occurred_at", "arrived_at", "count", "flags", "severity", "place",
            "offset", "n", "matter",
        ):  # fmt: skip
            facts[column] = rows[column]
        facts["received_at"] = rows["arrived_at"]
        facts["due_at"] = np.where(rows["flags"] & CORRECTION, NO_TIME, rows["due_at"])  # there lies an old revision

    def _table(self, column: str, names: tuple[str, ...]) -> IntArray:
        found = self._tables.get((column, names))
        if found is None:
            if len(self._tables) >= _TABLES_KEPT:
                self._tables.clear()
            found = np.array([self.number(column, name) for name in names] or [0], np.int64)
            self._tables[column, names] = found
        return found

    def kind_numbers(self, rows: FactRows) -> IntArray:
        """The kind of each row, shape (rows,): an index into `kinds`."""
        packed = np.zeros(len(rows), np.int64)
        for column, bits in _BITS.items():
            packed <<= bits
            packed |= rows[column]
        at = np.searchsorted(self._packed, packed)
        fresh = at == len(self._packed)
        fresh[~fresh] = self._packed[at[~fresh]] != packed[~fresh]
        if fresh.any():
            self._learn(rows, packed, np.flatnonzero(fresh))
            at = np.searchsorted(self._packed, packed)
        found: IntArray = self._number_of[at]
        return found

    def _learn(self, rows: FactRows, packed: IntArray, fresh: IntArray) -> None:
        """Give numbers to the kinds of the rows at `fresh`."""
        values, first = np.unique(packed[fresh], return_index=True)
        numbers = np.arange(len(values)) + len(self.kinds)
        for row in rows[fresh[first]]:
            feed, stage, category, area = (self.names[column][int(row[column])] for column in _NAMED[:4])
            self.kinds.append(Kind(feed, stage, category, area, int(row["flags"]), int(row["severity"])))
        at = np.searchsorted(self._packed, values)
        self._packed = np.insert(self._packed, at, values)
        self._number_of = np.insert(self._number_of, at, numbers)
