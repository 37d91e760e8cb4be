"""The memory of identities: what is new, what is a repeat, what takes an older row back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from typing import Literal

from msgspec import structs

from rules.book import FeedPolicy
from rules.boxes import Boxes
from rules.calendar import DAY_MS
from rules.facts import Fact, Key, Known, Telling, tellings
from rules.records import EXERCISE, SELF_INITIATED

Answer = Literal["accepted", "duplicate", "redelivered", "beyond_horizon", "held"]


class Change(tuple[Fact, int, int]):
    """(fact, +1 | -1, at): put the fact's count in or take it back; `at` is the arrival that caused it."""

    __slots__ = ()


class Identities:
    """Answers exactly while `arrived_at - occurred_at(old row) <= horizon` of its feed."""

    def __init__(self, feeds: Mapping[str, FeedPolicy], boxes: Boxes, *, horizon_holds: bool) -> None:
        self.feeds = feeds
        self.boxes = boxes
        self.horizon_holds = horizon_holds
        self.known: dict[Key, Known] = {}
        self.box_of: dict[tuple[Key, tuple[int, int]], str] = {}  # fresh versions only
        self.touched: dict[Key, None] = {}
        self.held: list[tuple[int, int, Fact]] = []
        self.pushed = 0
        self.purged_at = 0

    def take(self, fact: Fact) -> tuple[Answer, list[Change]]:
        """Take a row in: the answer, and what it changes in the counts."""
        feed = self.feeds[fact.feed]
        if fact.occurred_at > fact.arrived_at + feed.skew:
            self.pushed += 1
            heappush(self.held, (fact.occurred_at, self.pushed, fact))
            self.boxes.put(fact.feed, fact.received_at, "held")
            return "held", []
        if self.horizon_holds and fact.arrived_at - fact.occurred_at > feed.horizon:
            self.boxes.put(fact.feed, fact.received_at, "beyond_horizon")
            return "beyond_horizon", []
        return self._remember(fact)

    def release(self, now: int) -> list[Change] | None:
        """What the next held row whose time has come by `now` changes; None where there is none."""
        if not self.held or self.held[0][0] > now:
            return None
        fact = heappop(self.held)[-1]
        self.boxes.put(fact.feed, fact.received_at, "held", -1)
        _, changes = self._remember(structs.replace(fact, arrived_at=fact.occurred_at))
        return changes

    def _remember(self, fact: Fact) -> tuple[Answer, list[Change]]:
        key = fact.key
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = Known(None, [], 0)
        stood = known.stood
        if stood is not None and stood.version == fact.version and fact.arrived_at <= known.forget_at:
            return self._repeat(stood, fact), []
        twin = next((f for f in known.fresh if f.version == fact.version), None)
        if twin is not None and twin.arrived_at <= fact.arrived_at:
            return self._repeat(twin, fact), []
        before = tellings(known)
        if twin is not None:  # the same row came earlier by its own stamp: that one counts
            known.fresh.remove(twin)
            self._unbox(key, twin)
            self._repeat(fact, twin)
        known.fresh.append(fact)
        known.fresh.sort(key=lambda f: f.told_in_order)
        self.touched[key] = None
        changes = self._retell(known, before)
        self._rebox(known)
        return "accepted", changes

    def _repeat(self, kept: Fact, copy: Fact) -> Answer:
        same = (kept.partition, kept.offset, kept.n) == (copy.partition, copy.offset, copy.n)
        box: Answer = "redelivered" if same else "duplicate"
        self.boxes.put(copy.feed, copy.received_at, box)
        return box

    def _retell(self, known: Known, before: list[Telling]) -> list[Change]:
        """Undo what was told otherwise, tell it anew; the common beginning stays untouched."""
        after = tellings(known)
        same = 0
        while same < min(len(before), len(after)) and before[same] == after[same]:
            same += 1
        changes: list[Change] = []
        for told in reversed(before[same:]):
            changes.append(Change((told.new, -1, told.at)))
            if told.old is not None:
                changes.append(Change((told.old, +1, told.at)))
        for told in after[same:]:
            if told.old is not None:
                changes.append(Change((told.old, -1, told.at)))
                if told.old.revision == told.new.revision:
                    self.boxes.conflicts[told.new.feed] = self.boxes.conflicts.get(told.new.feed, 0) + 1
            changes.append(Change((told.new, +1, told.at)))
        return changes

    # the boxes

    def _unbox(self, key: Key, fact: Fact) -> None:
        box = self.box_of.pop((key, fact.version), None)
        if box is not None:
            self.boxes.put(fact.feed, fact.received_at, box, -1)

    def _rebox(self, known: Known) -> None:
        """Every fresh version, and the one that stood, into the box where it now belongs."""
        told = tellings(known)
        current = told[-1].new if told else known.stood
        for fact in known.fresh:
            self._unbox(fact.key, fact)
            box = self._box(fact) if fact is current else "superseded"
            self.box_of[fact.key, fact.version] = box
            self.boxes.put(fact.feed, fact.received_at, box)
        stood = known.stood
        if stood is not None and any(telling.old is stood for telling in told):
            marker = (stood.key, stood.version)
            if self.box_of.get(marker) != "superseded":
                self.boxes.move(stood.feed, stood.received_at, self._settled_box(stood), "superseded")
                self.box_of[marker] = "superseded"

    def _box(self, fact: Fact) -> str:
        if fact.flags & (SELF_INITIATED | EXERCISE):
            return "not_for_counting"
        if fact.count == 0:
            return "cancelled"
        return "too_late" if fact.arrived_at - fact.occurred_at > self.feeds[fact.feed].lateness else "counted"

    def _settled_box(self, fact: Fact) -> str:
        box = self._box(fact)
        return "counted_late" if box == "too_late" else box

    # ticks

    def tick(self, now: int) -> None:
        """Close the interval: what was read since the last tick now stands."""
        for key in self.touched:
            known = self.known[key]
            told = tellings(known)
            for fact in known.fresh:
                if self.box_of.get((key, fact.version)) == "too_late":
                    self.boxes.move(fact.feed, fact.received_at, "too_late", "counted_late")
            if told:
                known.stood = told[-1].new
                known.forget_at = self._counts_from(known.stood) + self.feeds[known.stood.feed].horizon
            known.fresh = []
        self.touched.clear()
        self.box_of.clear()
        if now - self.purged_at > DAY_MS:
            self.purged_at = now
            self._purge(now)

    def _purge(self, now: int) -> None:
        longest = {name: feed.horizon + feed.skew for name, feed in self.feeds.items()}
        old = [
            key
            for key, known in self.known.items()
            if known.stood is not None and now - self._counts_from(known.stood) > longest.get(known.stood.feed, 0)
        ]
        for key in old:
            del self.known[key]

    def _counts_from(self, fact: Fact) -> int:
        """When a row's horizon begins: when it occurred; where the past is loaded, not before it came."""
        return fact.occurred_at if self.horizon_holds else max(fact.occurred_at, fact.received_at)

    def standing_changes(self) -> Iterator[Change]:
        """The rows that stand now, each as it was told: what counts that begin late must hold."""
        for known in self.known.values():
            if known.stood is not None:
                yield Change((known.stood, +1, known.stood.arrived_at))
            for told in tellings(known):
                if told.old is not None:
                    yield Change((told.old, -1, told.at))
                yield Change((told.new, +1, told.at))

    def next_release(self) -> int | None:
        return self.held[0][0] if self.held else None
