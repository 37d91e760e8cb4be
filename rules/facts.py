"""A row as the engine remembers it, and the memory of identities that tells duplicates and revisions."""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from rules.records import NO_TIME

FACT: Final = np.dtype(
    [
        ("id0", "<u8"), ("id1", "<u8"), ("stage", "<u2"), ("revision", "<i8"), ("content", "<u8"), ("feed", "<u2"),
        ("category", "<u4"), ("area", "<u4"), ("occurred_at", "<i8"), ("arrived_at", "<i8"), ("count", "<i4"),
        ("flags", "u1"), ("severity", "u1"), ("place", "<u8"), ("partition", "<u4"), ("offset", "<i8"), ("n", "<u4"),
        ("received_at", "<i8"), ("matter", "<u8"), ("office", "<u4"), ("due_at", "<i8"),
    ]
)  # fmt: skip
"""Facts in a column each; stage, feed, category, area, partition and office under the engine's own numbers
(rules/names.py)."""

FactRows = NDArray[np.void]
"""Rows of dtype FACT, shape (rows,)."""

_WHOLE: Final = np.dtype((np.void, FACT.itemsize))


def whole(rows: FactRows) -> FactRows:
    """The same rows as bytes without fields: numpy moves what has fields one field at a time, ten times slower."""
    return rows.view(_WHOLE)


def rows_at(rows: FactRows, which: NDArray[np.bool_] | NDArray[np.int64]) -> FactRows:
    """A copy of the rows at `which`, a mask or indices."""
    return whole(rows)[which].view(FACT)


Key = tuple[int, int, str]
"""(first and second half of the id hash, stage)."""


class Fact(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One accepted row, names instead of indices. Times in ms UTC."""

    id0: int
    id1: int
    stage: str
    revision: int
    content: int
    feed: str
    category: str
    area: str
    occurred_at: int
    arrived_at: int
    count: int
    flags: int
    severity: int
    place: int
    partition: str
    offset: int
    n: int
    received_at: int  # the stamp it came with; differs from arrived_at for a row that was held
    matter: int = 0  # keyed hash; 0 is none
    office: str = ""
    due_at: int = NO_TIME

    @property
    def key(self) -> Key:
        return (self.id0, self.id1, self.stage)

    @property
    def version(self) -> tuple[int, int]:
        """Which row of an identity stands: the larger revision, then the larger content hash."""
        return (self.revision, self.content)

    @property
    def told_in_order(self) -> tuple[int, int, int]:
        return (self.arrived_at, self.revision, self.content)


class Known(msgspec.Struct, array_like=True):
    """What is known of one identity: the version that stood at the last tick, and all read since.

    `fresh` is kept in order of arrival, so that the order of reading between two ticks does not matter.
    """

    stood: Fact | None
    fresh: list[Fact]
    forget_at: int  # what arrives later than this no longer meets `stood`


class Telling(msgspec.Struct, frozen=True, array_like=True):
    """At `at`, `new` took the place of `old` (None: nothing stood)."""

    old: Fact | None
    new: Fact
    at: int


def tellings(known: Known) -> list[Telling]:
    """The story of the fresh versions, by arrival: each that beats all before it replaces the last."""
    told: list[Telling] = []
    current = known.stood
    for fact in known.fresh:
        if current is known.stood and fact.arrived_at > known.forget_at:
            current = None
        if current is None or fact.version > current.version:
            told.append(Telling(current, fact, fact.arrived_at))
            current = fact
    return told
