"""What a rule has learned of the last days, kept so that it can be learned again without what was excluded since.

A detector's memory cannot be told to forget: its sums are decayed and capped, so that nobody knows any more what a day
taught. So the days themselves are kept, as they were laid before the detector, and every seventh time the memory before
them. What lies further back than these stays learned (docs/decisions/0046-learned-again.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

import numpy as np

from rules.detectors.port import Detector, FloatArray, IntArray, Kin, Memory, Past, Sparing
from rules.packing import pack, unpack

BETWEEN: Final = 7
"""Lessons between two memories that are kept. Of lessons, one a refit, there are so many to twice as many."""

Teach: TypeAlias = Callable[[Memory | None, Past], Memory]
"""The memory after a lesson."""


class Lessons:
    """Oldest first. Lessons and memories lie packed: a snapshot takes them as they are.

    `kin`: of so many first rows of a memory.
    """

    def __init__(self, detector: Detector, teach: Teach, kin: Callable[[int], Kin]) -> None:
        self._detector, self._teach, self._kin = detector, teach, kin
        self.kept: list[tuple[int, bytes]] = []  # (first cell, lesson)
        self.before: list[tuple[int, bytes]] = []  # (first cell of the lesson that followed, memory)
        self.stale: int | None = None  # the first cell that has to be learned again

    def take(self, old: Lessons) -> None:
        """Go on with the lessons of another rule of the same series and detector."""
        self.kept, self.before, self.stale = list(old.kept), list(old.before), old.stale

    def add(self, past: Past, memory: Memory | None) -> None:
        """Keep a lesson that is about to be added to `memory`, and where it is time that memory too."""
        first = int(past.cells[0])
        if not self.before or sum(cell >= self.before[-1][0] for cell, _ in self.kept) >= BETWEEN:
            self.before.append((first, self._spared(memory)))
        self.kept.append((first, _packed(past)))
        if len(self.before) > 2:
            del self.before[0]
            self.kept = [(cell, data) for cell, data in self.kept if cell >= self.before[0][0]]

    def leave_out(self, first: int, last: int, learned_to: int | None) -> None:
        """Cells first..last teach something else from the next refit on, as far as they have taught and are kept."""
        if learned_to is not None and self.kept and first < learned_to and last >= self.kept[0][0]:
            self.stale = first if self.stale is None else min(self.stale, first)

    def again(self) -> Memory | None:
        """The memory after all lessons, learned anew from before the first one that is stale, or of all."""
        place = max((n for n, (cell, _) in enumerate(self.before) if cell <= (self.stale or 0)), default=0)
        begin, packed = self.before[place]
        memory = self._whole(packed)
        later = {cell: n for n, (cell, _) in enumerate(self.before) if n > place}
        for cell, data in self.kept:
            if cell < begin:
                continue
            if cell in later:
                self.before[later[cell]] = (cell, self._spared(memory))
            memory = self._teach(memory, _past(data, self._kin))
        self.stale = None
        return memory

    def _spared(self, memory: Memory | None) -> bytes:
        if memory is None:
            return pack(None, {})
        spared = self._detector.taught_by(memory) if isinstance(self._detector, Sparing) else memory
        return pack({name: _thin(part) for name, part in spared.items()}, {})

    def _whole(self, packed: bytes) -> Memory | None:
        found = unpack(packed, {})
        if found is None:
            return None
        memory: Memory = {name: _full(part) for name, part in found.items()}
        return self._detector.whole(memory, self._kin) if isinstance(self._detector, Sparing) else memory


def _thin(part: FloatArray) -> object:
    """A part of a memory, without its zeros where it is mostly such; as whole numbers where it holds no others."""
    at = np.flatnonzero(part)
    values = part.ravel()[at]
    if np.array_equal(values, np.trunc(values)) and np.abs(values).max(initial=0.0) < 2**53:
        values = values.astype(np.int64)
    return {"shape": list(part.shape), "at": np.diff(at, prepend=0), "is": values} if 2 * len(at) < part.size else part


def _full(part: Any) -> FloatArray:
    if isinstance(part, np.ndarray):
        return part
    found = np.zeros(int(np.prod(part["shape"])))
    found[np.cumsum(part["at"])] = part["is"]
    return found.reshape(part["shape"])


def _packed(past: Past) -> bytes:
    """All of a lesson but the kin, which the rows tell."""
    series, slot, delta = past.late
    return pack(
        {
            "cells": past.cells,
            "slots": past.slots,
            "days": past.days,
            "missing": past.missing,
            "rows": past.counts.shape[0],
            "counts": _sparse(past.counts),
            "frozen": _sparse(past.frozen.astype(np.int64)),
            "late": np.array([series, slot, delta], np.int64),
            "per_cell": past.bucket_per_cell,
            "windows": past.window_buckets,
            "week": past.slots_per_week,
        },
        {},
    )


def _past(data: bytes, kin: Callable[[int], Kin]) -> Past:
    found = unpack(data, {})
    shape = (found["rows"], len(found["cells"]))
    return Past(
        found["cells"],
        found["slots"],
        found["days"],
        found["missing"],
        _dense(found["counts"], shape),
        _dense(found["frozen"], shape).astype(bool),
        tuple(found["late"].astype(np.int64)),
        kin(found["rows"]),
        found["per_cell"],
        found["windows"],
        found["week"],
    )


def _sparse(block: IntArray) -> tuple[IntArray, IntArray]:
    """Where something stands, as steps, and what."""
    at = np.flatnonzero(block)
    return np.diff(at, prepend=0), block.ravel()[at].astype(np.int64)


def _dense(sparse: tuple[IntArray, IntArray], shape: tuple[int, int]) -> IntArray:
    found = np.zeros(shape[0] * shape[1], np.int64)
    found[np.cumsum(sparse[0])] = sparse[1]
    return found.reshape(shape)
