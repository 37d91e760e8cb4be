"""First seen: a category, or a category in an area, that was never counted before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

import numpy as np

from rules.detectors.ledger import slots_per_cell
from rules.detectors.port import (
    NEVER,
    BoolArray,
    Clock,
    FloatArray,
    IntArray,
    Kin,
    Law,
    Memory,
    Past,
    Points,
    Promise,
    Recent,
    Side,
)
from rules.detectors.threshold import reaching

_UNSEEN: Final = -1.0


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """Speak of a category, or a category in an area, before whose window nothing of it was ever counted.

    The window is its quarantine: for so long after its first event it is new, and the rule's `at_least` events in it
    speak; afterwards it is known for good, told or not. Score: the count; a rank `times` rarer asks for so many events.
    What came while the feeds' past was shorter than `history_days` is known: a first start floods nobody. For
    many events of a known category: `Surprise`.
    """

    history_days: float = 28.0
    kind: ClassVar[str] = "first_seen"
    refits: ClassVar[Literal["day", "step"]] = "day"
    hears: ClassVar[Side] = "high"
    judges: ClassVar[Literal["open", "settled"]] = "open"

    def __post_init__(self) -> None:
        if not 1 <= self.history_days <= 36_500:
            raise ValueError(f"history_days is {self.history_days:g}: make it a number of days, 1 to 36500")

    @property
    def reach(self) -> int:
        """The judged window alone."""
        return 1

    def fit(self, memory: Memory | None, past: Past) -> Memory:
        """The first cell of each series, missing cells included: what was heard in them was seen. Pure."""
        series = len(past.kin)
        first, events = np.full(series, _UNSEEN), np.zeros(series)
        about = np.array([past.bucket_per_cell, past.slots_per_week / (7 * slots_per_cell(past)), 0.0])
        if memory is not None:
            known = len(memory["first"])
            first[:known], events[:known] = memory["first"], memory["events"]
            about = memory["about"].copy()
        events += past.counts.sum(axis=1)
        late, _, delta = past.late
        np.add.at(events, late, delta)
        came = past.counts > 0
        begin = float(past.cells[0]) if len(past.cells) else about[2]
        cell = np.where(came.any(axis=1), begin + came.argmax(axis=1) if came.shape[1] else begin, begin)
        first = np.where(events <= 0, _UNSEEN, np.where(first == _UNSEEN, cell, first))
        if len(past.cells):
            about[2] = past.cells[-1] + 1
        return {"first": first, "events": np.maximum(events, 0.0), "about": about}

    def only(self, memory: Memory, rows: IntArray) -> Memory:
        rows = rows[rows < len(memory["first"])]
        return {**memory, "first": memory["first"][rows], "events": memory["events"][rows]}

    def law(
        self, memory: Memory | None, recent: Recent, clock: Clock, points: Points, kin: Kin, windows: tuple[int, ...]
    ) -> Law:
        nothing = np.zeros(len(points))
        return Law(nothing, nothing, self._new(memory, recent, clock, points))

    def least(
        self, memory: Memory | None, recent: Recent, clock: Clock, series: IntArray, first: IntArray, last: IntArray,
        starts: IntArray, kin: Kin, windows: tuple[int, ...],
    ) -> Law:  # fmt: skip
        """A seen series is newest to the earliest window, an unseen one has the longest past at the latest."""
        each, nothing = np.tile(series, len(starts)), np.zeros(len(starts) * len(series))
        new = np.zeros(len(nothing), bool)
        for edge in (np.minimum.reduceat(first, starts), np.maximum.reduceat(first, starts)):
            at = np.repeat(edge, len(series))
            new |= self._new(memory, recent, clock, Points(each, at, at))
        return Law(nothing, nothing, new)

    def _new(self, memory: Memory | None, recent: Recent, clock: Clock, points: Points) -> BoolArray:
        """Whether nothing was counted before each window, in a past that is long enough to say so."""
        if memory is None:
            return np.zeros(len(points), bool)
        per_cell, cells_per_day, _ = memory["about"]
        cells = np.append(memory["first"], _UNSEEN)  # of series younger than memory: the last
        first = cells[np.minimum(points.series, len(cells) - 1)]
        unseen = first == _UNSEEN
        cell = np.where(unseen, clock.cell(points.first), first)
        history = (cell - clock.cell(recent.began(points.series))) / cells_per_day
        return np.asarray((unseen | (first * per_cell >= points.first)) & (history >= self.history_days))

    def score(self, law: Law, counts: IntArray) -> FloatArray:
        return np.where(law.enough, counts, -np.inf)

    def limits(self, law: Law, heights: FloatArray) -> IntArray:
        return np.where(law.enough, reaching(heights, np.ones(len(heights))), NEVER)

    def height(self, promise: Promise) -> float:
        return 1.0

    def rarer(self, height: float, times: float) -> float:
        """A rank that is `times` rarer asks for `times` as many events."""
        return height * times
