"""Rows that are new, column by column: what every selector looks at, laid close together once for all of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from rules.detectors.port import IntArray
from rules.facts import Fact, FactRows


class Coming:
    """Rows that count as they came, in the order in which they were read. Columns of shape (rows,)."""

    __slots__ = ("_facts", "arrived", "count", "feed", "kinds", "numbers", "occurred", "place", "rows", "stage")

    def __init__(self, rows: FactRows, kinds: IntArray, numbers: IntArray | None = None) -> None:
        """`numbers`: which of `rows` are meant, ascending (None: all); `kinds` are those of all `rows`."""
        chosen = slice(None) if numbers is None or len(numbers) == len(rows) else numbers
        self.rows = rows
        self._facts: dict[int, Fact] = {}  # by index of `rows`; shared with all parts
        self.numbers = np.arange(len(rows)) if numbers is None else numbers
        self.kinds: IntArray = kinds[chosen]
        self.occurred: IntArray = np.ascontiguousarray(rows["occurred_at"][chosen])
        self.arrived: IntArray = np.ascontiguousarray(rows["arrived_at"][chosen])
        self.count: IntArray = rows["count"][chosen].astype(np.int64)
        self.feed: IntArray = rows["feed"][chosen].astype(np.int64)
        self.stage: IntArray = rows["stage"][chosen].astype(np.int64)
        self.place = np.ascontiguousarray(rows["place"][chosen])

    def __len__(self) -> int:
        return len(self.kinds)

    def facts(self, chosen: IntArray, fact: Callable[[np.void], Fact]) -> list[Fact]:
        """Those at `chosen` as facts; each is made once by `fact`, whoever asks."""
        found = []
        for number in self.numbers[chosen].tolist():
            known = self._facts.get(number)
            if known is None:
                known = self._facts[number] = fact(self.rows[number])
            found.append(known)
        return found

    def part(self, first: int, beyond: int) -> Coming:
        """Those from `first` up to `beyond`, by number."""
        if first == 0 and beyond >= len(self):
            return self
        part = object.__new__(Coming)
        part.rows, part._facts = self.rows, self._facts
        mine = slice(first, beyond)
        for name in ("numbers", "kinds", "occurred", "arrived", "count", "feed", "stage", "place"):
            setattr(part, name, getattr(self, name)[mine])
        return part
