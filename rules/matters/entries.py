"""What is known of one matter: its steps as they stand, and what will be known of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rules.facts import Fact


class Entry(NamedTuple):
    """One step of a matter. Times in ms; in order of time, ties by what it is. `matter` is a keyed hash."""

    occurred_at: int
    stage: str
    id0: int
    id1: int
    revision: int
    content: int
    category: str
    area: str
    office: str  # "" none
    due_at: int  # records.NO_TIME: none


class Mark(NamedTuple):
    """From `at` on (ms) an entry of a matter is known (+1), or no longer (-1)."""

    at: int
    matter: int
    sign: int
    entry: Entry


def entry_of(fact: Fact) -> Entry:
    return Entry(
        fact.occurred_at, fact.stage, fact.id0, fact.id1, fact.revision, fact.content, fact.category, fact.area,
        fact.office, fact.due_at,
    )  # fmt: skip


def net(entries: Iterable[Entry], marks: Iterable[Mark]) -> list[Entry]:
    """The entries after the marks, in order. What is put in and taken back leaves nothing, in whatever order it is
    told; what is taken back and was never known, neither."""
    weights: dict[Entry, int] = dict.fromkeys(entries, 1)
    for mark in marks:
        weights[mark.entry] = weights.get(mark.entry, 0) + mark.sign
    return sorted(entry for entry, weight in weights.items() if weight > 0)
