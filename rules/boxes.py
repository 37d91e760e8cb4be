"""The boxes of law 9: where every accepted row went, in events, per feed and day of arrival (UTC)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Final

from rules.calendar import DAY_MS

BOXES: Final = (
    "duplicate",
    "redelivered",
    "counted",
    "counted_late",
    "too_late",
    "superseded",
    "cancelled",
    "held",
    "beyond_horizon",
    "not_for_counting",
)


class Boxes:
    """Counters; `put` and `move` keep their sum equal to the rows seen."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, int], dict[str, int]] = {}
        self.conflicts: dict[str, int] = {}

    def put(self, feed: str, at: int, box: str, n: int = 1) -> None:
        day = self.counts.setdefault((feed, at // DAY_MS), dict.fromkeys(BOXES, 0))
        day[box] += n

    def move(self, feed: str, at: int, old: str, new: str) -> None:
        self.put(feed, at, old, -1)
        self.put(feed, at, new)

    def since(self, feed: str, day: int) -> dict[str, int]:
        """Box -> rows of a feed on that day and the next (days since 1970, UTC); boxes that hold none are left out."""
        total: Counter[str] = Counter()
        for each in (day, day + 1):
            total.update(self.counts.get((feed, each), {}))
        return {box: n for box, n in total.items() if n}

    def by_feed_and_day(self) -> dict[str, dict[str, dict[str, int]]]:
        """feed -> ISO day -> box -> rows; `accepted` is the sum of all that is neither duplicate nor redelivered."""
        table: dict[str, dict[str, dict[str, int]]] = {}
        for (feed, day), boxes in sorted(self.counts.items()):
            iso = datetime.fromtimestamp(day * DAY_MS / 1000, tz=UTC).date().isoformat()
            accepted = sum(boxes.values()) - boxes["duplicate"] - boxes["redelivered"]
            table.setdefault(feed, {})[iso] = {"accepted": accepted, **boxes}
        return table
