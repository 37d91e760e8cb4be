"""Rows of one place and leaf category that come within a short time count once."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator

from rules.facts import Fact

Entry = tuple[int, int, int, str, int, int]
"""(occurred_at, id0, id1, stage, revision, content): the order in which rows of a place are told apart."""


class Once:
    """A row counts unless another of the same place and category occurred less than `within` ms before it.

    So a run of reports of one thing counts once, in the bucket of the earliest (ties by id). A row put in or
    taken out changes at most itself and the next row. Rows without a place always count.
    """

    def __init__(self, within: int) -> None:
        self.within = within
        self.rows: dict[tuple[int, str], list[Entry]] = {}
        self.facts: dict[Entry, Fact] = {}

    def put(self, fact: Fact) -> Iterator[tuple[Fact, int]]:
        """(row, +1 | -1) for each row that starts or ceases to count."""
        entry = _entry(fact)
        rows = self.rows.setdefault((fact.place, fact.category), [])
        at = bisect_left(rows, entry)
        before = rows[at - 1] if at else None
        after = rows[at] if at < len(rows) else None
        insort(rows, entry)
        self.facts[entry] = fact
        if not self._near(before, entry):
            yield fact, +1
        if after is not None and not self._near(before, after) and self._near(entry, after):
            yield self.facts[after], -1

    def holds(self, fact: Fact) -> bool:
        """Whether the row was put in. A correction may carry one that never was."""
        return _entry(fact) in self.facts

    def take(self, fact: Fact) -> Iterator[tuple[Fact, int]]:
        entry = _entry(fact)
        rows = self.rows[fact.place, fact.category]
        at = bisect_left(rows, entry)
        del rows[at]
        del self.facts[entry]
        before = rows[at - 1] if at else None
        after = rows[at] if at < len(rows) else None
        if not self._near(before, entry):
            yield fact, -1
        if after is not None and self._near(entry, after) and not self._near(before, after):
            yield self.facts[after], +1
        if not rows:
            del self.rows[fact.place, fact.category]

    def kept(self) -> list[Fact]:
        """All rows, by time; ties by id."""
        return [self.facts[entry] for entry in sorted(self.facts)]

    def give(self, facts: Iterable[Fact]) -> None:
        """Go on with the rows that `kept` gave."""
        self.rows.clear()
        self.facts = {_entry(fact): fact for fact in facts}
        for entry, fact in self.facts.items():
            self.rows.setdefault((fact.place, fact.category), []).append(entry)

    def _near(self, before: Entry | None, entry: Entry) -> bool:
        return before is not None and entry[0] - before[0] < self.within

    def forget(self, until: int) -> None:
        """Drop rows that occurred before `until`; nothing so old may be put in or taken out again."""
        for key in list(self.rows):
            rows = self.rows[key]
            keep = bisect_left(rows, (until,))
            for entry in rows[:keep]:
                del self.facts[entry]
            if keep == len(rows):
                del self.rows[key]
            elif keep:
                del rows[:keep]


def _entry(fact: Fact) -> Entry:
    return (fact.occurred_at, fact.id0, fact.id1, fact.stage, fact.revision, fact.content)
