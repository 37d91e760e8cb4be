"""Exercises: events marked as such are counted nowhere, and told to the desk as what they are.

A run of them, of one area and category, is an alert of its own kind: no detector judges it, no baseline learns of it,
and whatever asks for what rules have said (`COUNTED`) passes it over. It is over when none has come for a while.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from rules.book import Book
from rules.facts import FactRows
from rules.names import Names
from rules.records import EXERCISE
from rules.signals import EXERCISE_RULE, Evidence, Signal
from rules.speech import Speaker, Told, key_of

LEAST: Final = 5
"""A run of so many is told; a line that is tested, or a record marked by mistake, is not."""
QUIET_MS: Final = 10 * 60_000
"""A run is over when no event of it has arrived for so long."""
KEPT: Final = 1_000
"""Runs at a time; beyond it what is new waits for one to end, counted nowhere as ever."""

Place = tuple[str, str]
"""(area, category)."""


class Exercise(msgspec.Struct):
    """Events of one exercise. Times in ms: when the first and the last arrived, when the first occurred."""

    count: int
    begun: int
    heard: int
    first: int
    last: int


class Exercises:
    """Runs by their place, what came since the last tick, and what was said."""

    def __init__(self) -> None:
        self.fresh: list[tuple[int, str, str, int, int]] = []  # (arrived, area, category, occurred, count)
        self.runs: dict[Place, Exercise] = {}
        self.told: dict[Place, Told] = {}

    def __bool__(self) -> bool:
        return bool(self.fresh or self.runs)

    def hear(self, rows: FactRows, names: Names) -> None:
        """New identities, of which those marked as an exercise are noted."""
        marked = rows[rows["flags"] & EXERCISE != 0]
        for row in marked[marked["count"] > 0]:
            area, category = names.names["area"][int(row["area"])], names.names["category"][int(row["category"])]
            self.fresh.append((int(row["arrived_at"]), area, category, int(row["occurred_at"]), int(row["count"])))

    def say(self, now: int, book: Book, speaker: Speaker) -> Iterator[Signal]:
        """What has begun, grown or ended by the tick `now`. In order of arrival, however the rows were read."""
        changed: dict[Place, None] = {}
        for arrived, area, category, occurred, count in sorted(self.fresh):
            place = (area, category)
            run = self.runs.get(place)
            if run is not None and arrived - run.heard >= QUIET_MS:
                yield from self._end(place, book, speaker)
                run = None
            if run is None and len(self.runs) >= KEPT:
                continue
            if run is None:
                run = self.runs[place] = Exercise(0, arrived, arrived, occurred, occurred)
            run.count, run.heard = run.count + count, arrived
            run.first, run.last = min(run.first, occurred), max(run.last, occurred)
            changed[place] = None
        self.fresh = []
        for place in sorted(changed):
            run = self.runs.get(place)
            if run is not None and now - run.heard < QUIET_MS and run.count >= LEAST:
                yield self._signal(place, run, book, speaker)
        for place in [place for place, run in self.runs.items() if now - run.heard >= QUIET_MS]:
            yield from self._end(place, book, speaker)

    def _end(self, place: Place, book: Book, speaker: Speaker) -> Iterator[Signal]:
        run = self.runs.pop(place)
        if run.count >= LEAST:
            yield self._signal(place, run, book, speaker, over_at=run.heard + QUIET_MS)
        self.told.pop(place, None)

    def _signal(self, place: Place, run: Exercise, book: Book, speaker: Speaker, over_at: int = 0) -> Signal:
        before = self.told.get(place)
        told = self.told[place] = _told(place, run, book, before.said_at if before else speaker.now)
        told.state = "over" if over_at else "running"
        return speaker.signal(told, "exercise", EXERCISE_RULE, "", over_at=over_at)


def _told(place: Place, run: Exercise, book: Book, said_at: int) -> Told:
    """Of the lowest rank: how grave it would have been nobody has judged."""
    area, category = place
    evidence = Evidence(
        peak=run.first, observed=run.count, expected=0.0, spread=0.0, limit=-1, would_not_have_spoken=-1,
        window=0, rank=0, colour=book.ladder[0], rank_limits=(),
    )  # fmt: skip
    key = key_of(EXERCISE_RULE, area, category, run.begun)
    return Told(
        alert=key, key=key, first=run.first, area=area if area in book.areas.by_code else book.areas.root,
        category=category if category in book.categories.by_code else book.categories.root, said_at=said_at, late=False,
        runs=[], state="running", summary=(), evidence=evidence, last=run.last,
    )  # fmt: skip
