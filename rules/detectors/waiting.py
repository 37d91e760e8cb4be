"""Days that wait before they teach: a baseline that ends some weeks back does not learn the rise that is looked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from rules.detectors import learning
from rules.detectors.learning import Pace
from rules.detectors.ledger import Ledger
from rules.detectors.port import FloatArray, IntArray, Memory, Past

_PARTS: Final = ("waiting_cells", "waiting_counts", "waiting_frozen")
NAMES: Final = frozenset(_PARTS)
"""Parts of a memory that are read by learning alone."""


@dataclass(slots=True)
class Waiting:
    """Cells that have settled and do not teach the mean yet, oldest first. A working copy, as `Ledger` is."""

    cells: FloatArray  # (3, C): cell, slot, day; missing ones are not kept
    counts: FloatArray  # (S, C)
    frozen: FloatArray  # (S, C) 1 where an episode stood

    @classmethod
    def read(cls, memory: Memory | None, series: int) -> Self:
        """What waits in `memory`, zeros for series that joined since."""
        if memory is None:
            return cls(np.zeros((3, 0)), np.zeros((series, 0)), np.zeros((series, 0)))
        cells, counts, frozen = (np.array(memory[name], np.float64) for name in _PARTS)
        more = ((0, series - len(counts)), (0, 0))
        return cls(cells, np.pad(counts, more), np.pad(frozen, more))

    def written(self) -> dict[str, FloatArray]:
        return dict(zip(_PARTS, (self.cells, self.counts, self.frozen), strict=True))

    def add(self, past: Past) -> None:
        about = np.array([past.cells, past.slots, past.days], np.float64)
        self.cells = np.concatenate((self.cells, about), axis=1)
        self.counts = np.concatenate((self.counts, past.counts), axis=1)
        self.frozen = np.concatenate((self.frozen, past.frozen), axis=1)

    def release(self, before: float, like: Past) -> Past:
        """Let go of the cells before `before`, as a past."""
        old = self.cells[0] < before
        cells, slots, days = self.cells[:, old].astype(np.int64)
        released = replace(
            _nothing_of(like), cells=cells, slots=slots, days=days, missing=np.zeros(len(cells), bool),
            counts=self.counts[:, old].astype(np.int64), frozen=self.frozen[:, old] > 0,
        )  # fmt: skip
        self.cells, self.counts, self.frozen = self.cells[:, ~old], self.counts[:, ~old], self.frozen[:, ~old]
        return released


def learn(ledger: Ledger, waiting: Waiting, past: Past, pace: Pace, guard_days: float) -> None:
    """Take in `past`: each day tells its residual against a mean that ends `guard_days` before it, and then waits."""
    learning.learn(ledger, replace(_nothing_of(past), late=past.late), pace)
    for day in (_only(past, at) for at in learning.by_day(ledger, past)):
        learning.learn_spread(ledger, day, pace)
        waiting.add(day)
        guard = round(guard_days * ledger.cells_per_day)
        learning.learn(ledger, waiting.release(float(day.cells[-1] + 1 - guard), past), pace, spread_too=False)


def _only(past: Past, at: IntArray) -> Past:
    """Some cells of a past, without the changes in older ones."""
    none = np.zeros(0, np.int64)
    return replace(
        past, cells=past.cells[at], slots=past.slots[at], days=past.days[at], missing=past.missing[at],
        counts=past.counts[:, at], frozen=past.frozen[:, at], late=(none, none, none),
    )  # fmt: skip


def _nothing_of(past: Past) -> Past:
    return _only(past, np.zeros(0, np.int64))
