"""The memory of a rule on matters as rows of plain bytes: what entries and time tell is worked out again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from heapq import heapify
from itertools import groupby
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rules.matters.entries import Entry, Mark
from rules.matters.watch import Followed, MatterWatch
from rules.names import Names

SHARDS: Final = 64
"""Rows over which the matters of a rule are spread, by their hash."""

_ENTRY: Final = np.dtype(
    [
        ("matter", "<u8"), ("at", "<i8"), ("sign", "i1"), ("occurred_at", "<i8"), ("stage", "<u2"), ("id0", "<u8"),
        ("id1", "<u8"), ("revision", "<i8"), ("content", "<u8"), ("category", "<u4"), ("area", "<u4"),
        ("office", "<u4"), ("due_at", "<i8"),
    ]
)  # fmt: skip
_NAMED: Final = ("stage", "category", "area", "office")
_STATE: Final = ("begins", "judged", "deaf", "unfollowed", "stale")


def matters_rows(watch: MatterWatch, names: Names, packed: Callable[[object], bytes]) -> Iterator[tuple[str, bytes]]:
    """(row, its bytes). Equal memories give equal rows."""
    state = {name: getattr(watch, name) for name in _STATE} | {"deaf": dict(sorted(watch.deaf.items()))}
    yield "state", packed(state)
    yield "told", packed({"running": dict(sorted(watch.cells.running.items())), "ended": watch.cells.ended})
    yield "pending", packed(_table(sorted(watch.pending), names))
    kept = sorted(watch.matters.items(), key=lambda pair: (pair[0] % SHARDS, pair[0]))
    for shard, some in groupby(kept, key=lambda pair: pair[0] % SHARDS):
        marks = [Mark(one.heard_at, key, 1, entry) for key, one in some for entry in one.entries]
        yield str(shard), packed(_table(marks, names))


def give_matters(watch: MatterWatch, rows: Mapping[str, bytes], names: Names, unpacked: Callable[[bytes], Any]) -> None:
    """The watch that gave `rows`."""
    for name, value in unpacked(rows["state"]).items():
        setattr(watch, name, value)
    told = unpacked(rows["told"])
    watch.cells.running, watch.cells.ended = told["running"], told["ended"]
    watch.pending = list(_marks(unpacked(rows["pending"]), names))
    heapify(watch.pending)
    for name, data in rows.items():
        if name not in ("state", "told", "pending"):
            for key, marks in groupby(_marks(unpacked(data), names), key=lambda mark: mark.matter):
                mine = list(marks)
                watch.matters[key] = Followed([mark.entry for mark in mine], mine[0].at)


def _table(marks: Sequence[Mark], names: Names) -> NDArray[Any]:
    number = names.number
    return np.array(
        [
            (
                matter, at, sign, one.occurred_at, number("stage", one.stage), one.id0, one.id1, one.revision,
                one.content, number("category", one.category), number("area", one.area), number("office", one.office),
                one.due_at,
            )
            for at, matter, sign, one in marks
        ],
        _ENTRY,
    )  # fmt: skip


def _marks(table: NDArray[Any], names: Names) -> Iterator[Mark]:
    lists = [names.names[column] for column in _NAMED]
    for matter, at, sign, occurred, stage, id0, id1, revision, content, category, area, office, due in table.tolist():
        told, *rest = [of[n] for of, n in zip(lists, (stage, category, area, office), strict=True)]
        yield Mark(at, matter, sign, Entry(occurred, told, id0, id1, revision, content, rest[0], rest[1], rest[2], due))
