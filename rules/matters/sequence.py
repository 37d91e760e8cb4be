"""Hear that one thing follows another (sequence), or that it does not (absence), on one matter or in one area."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rules.matters.entries import Entry
from rules.matters.look import LATE, NOTHING, QUIET, Look
from rules.trees import Tree


class Which(NamedTuple):
    """Which entries are meant: of a category and below it, of one of some stages. None, empty: any."""

    category: str
    stages: frozenset[str]

    def holds(self, entry: Entry, categories: Tree) -> bool:
        under = not self.category or self.category in categories.paths.get(entry.category, ())
        return under and (not self.stages or entry.stage in self.stages)


class SequenceOf:
    """`n` of `first`, and after the last of them `then`, all within `within` ms; it speaks for `keep` ms."""

    def __init__(self, first: Which, then: Which, n: int, within: int, keep: int, categories: Tree) -> None:
        self.first = first
        self.then = then
        self.n = n
        self.within = within
        self.keep = keep
        self.categories = categories
        self.reach = within + keep

    def look(self, entries: Sequence[Entry], at: int) -> Look:
        before: list[Entry] = []
        found: Entry | None = None
        for entry in entries:
            if self.then.holds(entry, self.categories) and self._in_time(before, entry):
                found = entry
            if self.first.holds(entry, self.categories):
                before.append(entry)
        if found is not None and at < found.occurred_at + self.keep:
            ends = found.occurred_at + self.keep
            return Look(LATE, found.area, found.category, found.office, found.occurred_at, ends)
        if not entries or entries[-1].occurred_at + self.within <= at:
            return NOTHING
        last = entries[-1]
        return Look(QUIET, last.area, last.category, last.office, 0, last.occurred_at + self.within)

    def _in_time(self, before: Sequence[Entry], entry: Entry) -> bool:
        """Whether enough came before `entry`, strictly, and not too long before."""
        some = [one for one in before[-self.n - 1 :] if one.occurred_at < entry.occurred_at]
        return len(some) >= self.n and some[-self.n].occurred_at + self.within >= entry.occurred_at


class AbsenceOf:
    """`first`, and within `within` ms no `then`. It is concluded `grace` ms later, so that what comes late in time is
    heard, never where a feed was not heard (`deaf`), and speaks for `keep` ms or until `then` comes."""

    def __init__(
        self, first: Which, then: Which, within: int, grace: int, keep: int, categories: Tree,
        deaf: Callable[[int, int], bool],
    ) -> None:  # fmt: skip
        self.first = first
        self.then = then
        self.within = within
        self.grace = grace
        self.keep = keep
        self.categories = categories
        self.deaf = deaf
        self.reach = within + grace + keep

    def look(self, entries: Sequence[Entry], at: int) -> Look:
        waiting: list[Entry] = []  # those that nothing has answered yet
        for entry in entries:
            if self.then.holds(entry, self.categories):
                waiting.clear()
            elif self.first.holds(entry, self.categories):
                waiting.append(entry)
        for entry in waiting:
            due = entry.occurred_at + self.within
            speaks = due + self.grace
            told = (entry.area, entry.category, entry.office)
            if at < speaks:
                return Look(QUIET, *told, 0, speaks)
            if at < speaks + self.keep and not self.deaf(entry.occurred_at, due):
                return Look(LATE, *told, due, speaks + self.keep)
        return NOTHING
