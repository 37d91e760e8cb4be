"""Counts for pages and boards: what was counted, expected and needed, by rule, area, category and hour. Port and fake.

Rows are absolute: one that comes again, or late, changes nothing. What has settled is never put back to what it was
while it was open.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, Protocol

import msgspec

from alerts.near import is_near
from alerts.offsets import MemoryOffsets, ReadTo
from rules.shown import Count, Recount

DAY_MS: Final = 86_400_000
COARSE_KEPT_MS: Final = 3 * 366 * DAY_MS
"""Rows of a day and longer are few, and a year is compared with the one before."""

Key = tuple[str, str, str, int, int]
"""(rule, area, category, step, start)."""
Place = tuple[int, str, str, str, int]
"""Where a row stands among others: (start, rule, area, category, step)."""


class CountStore(Protocol):
    """Counts of a city. Times ms UTC; every method may be called from any thread."""

    def put_counts(self, city: str, rows: Sequence[Count | Recount], read: Sequence[ReadTo] = ()) -> None:
        """Keep rows, the later of one key last; all or none. Of what is kept a recount changes the count alone.

        `read`: how far their reader has read. Raises StaleError.
        """
        ...

    def counts(
        self, city: str, since: int, until: int, *,
        area: str | None = None, rule: str | None = None, category: str | None = None,
        step: int = 0, after: Place | None = None, most: int | None = None,
    ) -> list[Count]:  # fmt: skip
        """Cells that begin in [since, until) and are `step` ms long at least, by their place; of those behind the place
        `after` the first `most`."""
        ...

    def near_counts(self, city: str, since: int, until: int, falling: Collection[str]) -> list[Count]:
        """Cells that begin in [since, until) and came near to speaking (`alerts.near.is_near`), by their place.
        `falling`: rules that hear a count that is too low."""
        ...

    def forget_counts(self, city: str, now: int, kept: int) -> None:
        """Let go of cells that began more than `kept` ms before `now`; of those of a day and longer, after three
        years."""
        ...


class MemoryCounts(MemoryOffsets):
    """The fake: a dictionary, gone with the process."""

    def __init__(self) -> None:
        super().__init__()
        self._counts: dict[tuple[str, Key], Count] = {}

    def put_counts(self, city: str, rows: Sequence[Count | Recount], read: Sequence[ReadTo] = ()) -> None:
        self.read_on(read)
        for row in rows:
            at = (city, key_of(row))
            before = self._counts.get(at)
            if isinstance(row, Count):
                if row.settled or before is None or not before.settled:
                    self._counts[at] = row
            else:
                self._counts[at] = msgspec.structs.replace(before, count=row.count) if before else row.alone()

    def counts(
        self, city: str, since: int, until: int, *,
        area: str | None = None, rule: str | None = None, category: str | None = None,
        step: int = 0, after: Place | None = None, most: int | None = None,
    ) -> list[Count]:  # fmt: skip
        found = [
            row
            for row in self._begun(city, since, until)
            if area in (None, row.area)
            and rule in (None, row.rule)
            and category in (None, row.category)
            and row.step >= step
            and (after is None or place_of(row) > after)
        ]
        return sorted(found, key=place_of)[:most]

    def near_counts(self, city: str, since: int, until: int, falling: Collection[str]) -> list[Count]:
        found = (row for row in self._begun(city, since, until) if is_near(row, falls=row.rule in falling))
        return sorted(found, key=place_of)

    def _begun(self, city: str, since: int, until: int) -> list[Count]:
        return [row for (name, _), row in list(self._counts.items()) if name == city and since <= row.start < until]

    def forget_counts(self, city: str, now: int, kept: int) -> None:
        for at, row in list(self._counts.items()):
            long = kept if row.step < DAY_MS else max(kept, COARSE_KEPT_MS)
            if at[0] == city and row.start < now - long:
                del self._counts[at]


def key_of(row: Count | Recount) -> Key:
    return row.rule, row.area, row.category, row.step, row.start


def place_of(row: Count) -> Place:
    return row.start, row.rule, row.area, row.category, row.step
