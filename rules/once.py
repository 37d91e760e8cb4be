"""Rows of one place and leaf category that come within a short time count once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from rules.calendar import DAY_MS
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
        self._by_day: dict[int, set[tuple[int, str]]] = {}  # day of event time -> the places that hold rows of it

    def put(self, fact: Fact) -> Iterator[tuple[Fact, int]]:
        """(row, +1 | -1) for each row that starts or ceases to count."""
        entry = _entry(fact)
        key = (fact.place, fact.category)
        rows = self.rows.setdefault(key, [])
        at = bisect_left(rows, entry)
        before = rows[at - 1] if at else None
        after = rows[at] if at < len(rows) else None
        rows.insert(at, entry)
        self._by_day.setdefault(fact.occurred_at // DAY_MS, set()).add(key)
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
        self._by_day.clear()
        self.facts = {_entry(fact): fact for fact in facts}
        for entry, fact in self.facts.items():
            self.rows.setdefault((fact.place, fact.category), []).append(entry)
            self._by_day.setdefault(fact.occurred_at // DAY_MS, set()).add((fact.place, fact.category))

    def _near(self, before: Entry | None, entry: Entry) -> bool:
        return before is not None and entry[0] - before[0] < self.within

    def forget(self, until: int) -> None:
        """Drop rows that occurred before `until`; nothing so old may be put in or taken out again."""
        past = [day for day in self._by_day if day * DAY_MS < until]
        for key in {key for day in past for key in self._by_day[day]}:
            rows = self.rows.get(key, [])
            keep = bisect_left(rows, (until,))
            for entry in rows[:keep]:
                del self.facts[entry]
            if keep == len(rows):
                self.rows.pop(key, None)
            elif keep:
                del rows[:keep]
        for day in past:
            if (day + 1) * DAY_MS <= until:
                del self._by_day[day]


def _entry(fact: Fact) -> Entry:
    return (fact.occurred_at, fact.id0, fact.id1, fact.stage, fact.revision, fact.content)
