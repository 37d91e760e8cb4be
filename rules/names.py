"""The engine's own numbers for names (feeds, stages, categories, areas, places of reading) and for kinds of rows."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from rules.detectors.port import IntArray
from rules.facts import FACT, FactRows
from rules.records import Frame

_BITS: Final = {"area": 20, "category": 16, "feed": 12, "stage": 9, "flags": 3, "severity": 3}
"""How a kind is packed into 63 bits: a million areas, 65,000 categories, 4,096 feeds."""
_TABLES_KEPT: Final = 256
"""Name tables of frames that are known by heart; a source sends the same few again and again."""

_NAMED: Final = ("feed", "stage", "category", "area", "partition")


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
        self._kind_of: dict[int, int] = {}

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
        self.names = names
        self.numbers = {column: {name: n for n, name in enumerate(of)} for column, of in names.items()}
        self._tables.clear()
        self.kinds.clear()
        self._kind_of.clear()

    def rows_of(self, frame: Frame) -> FactRows:
        """The rows of a frame under the engine's own numbers, in order."""
        rows = frame.rows
        facts = np.empty(len(rows), FACT)
        tables = (frame.feeds, frame.stages, frame.categories, frame.areas, frame.partitions)
        for column, names in zip(_NAMED, tables, strict=True):
            facts[column] = self._table(column, names)[rows[column]]
        for column in (
            "id0", "id1", "revision", "content", "occurred_at", "arrived_at", "count", "flags", "severity", "place",
            "offset", "n",
        ):  # fmt: skip
            facts[column] = rows[column]
        facts["received_at"] = rows["arrived_at"]
        return facts

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
            packed = packed << bits | rows[column].astype(np.int64)
        values, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
        known = self._kind_of
        numbers = [known.get(value, -1) for value in values.tolist()]
        for place, number in enumerate(numbers):
            if number < 0:
                row = rows[first[place]]
                numbers[place] = known[int(values[place])] = len(self.kinds)
                feed, stage, category, area = (self.names[c][int(row[c])] for c in _NAMED[:4])
                self.kinds.append(Kind(feed, stage, category, area, int(row["flags"]), int(row["severity"])))
        return np.array(numbers, np.int64)[inverse]
