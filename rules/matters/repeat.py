"""Hear matters about which somebody came back again and again: the n-th contact within a time."""

from __future__ import annotations

from collections.abc import Sequence

from rules.matters.entries import Entry
from rules.matters.look import LATE, NOTHING, QUIET, Look


class Repeat:
    """`n` contacts within `within` ms, each of one of `stages`; a step of `clears` ends what was counted."""

    def __init__(self, n: int, within: int, stages: frozenset[str], clears: frozenset[str]) -> None:
        self.n = n
        self.within = within
        self.stages = stages
        self.clears = clears
        self.reach = within

    def look(self, entries: Sequence[Entry], at: int) -> Look:
        contacts: list[Entry] = []
        for entry in entries:
            if entry.stage in self.clears:
                contacts.clear()
            elif entry.stage in self.stages:
                contacts.append(entry)
        live = [entry for entry in contacts if entry.occurred_at + self.within > at]
        if not live:
            return NOTHING
        last = live[-1]
        if len(live) < self.n:
            return Look(QUIET, last.area, last.category, _office(live), 0, live[-1].occurred_at + self.within)
        ends = live[-self.n].occurred_at + self.within  # then fewer than n are left
        return Look(LATE, last.area, last.category, _office(live), live[self.n - 1].occurred_at, ends)


def _office(entries: Sequence[Entry]) -> str:
    return next((entry.office for entry in reversed(entries) if entry.office), "")
