"""The ledger of `Surprise`: the sums it keeps between refits, and what was last derived from them.

Axes: S series; T rows, one per category at a topmost area; W window lengths in cells; K slots of the week.
Sums are decayed and learn once a day; derived arrays are recomputed from them and read by `law`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final, Self

import numpy as np

from rules.detectors.port import FloatArray, IntArray, Kin, Memory, Past

PARTS: Final = 16
"""Day parts of three hours, weekdays apart from weekends."""

DERIVED: Final = frozenset({"shape", "cum", "rate", "within", "share", "parts", "pooled", "spread", "traits"})
"""What `learning.derive` makes of all the rest. `curve`, `doubt` and `dispersion` are made once in a while."""

LEARNED_BY: Final = frozenset({"shape_events", "part_events", "moments", "pools", "open_counts", "open_means"})
"""Large sums that are read by learning alone."""


_BY_TOP: Final = (
    "shape_events", "level_events", "level_weeks", "long_events", "long_weeks", "past_cells", "pools", "clumps",
    "week_counts", "week_begun", "curve", "doubt", "dispersion", "rate", "pooled",
)  # fmt: skip
_BY_SERIES: Final = (
    "share_events", "part_events", "moments", "open_counts", "open_means", "stood", "within", "share", "parts",
    "spread", "traits",
)  # fmt: skip


@dataclass(slots=True)
class Ledger:
    """A working copy, made from memory at the start of a refit and written back at its end."""

    about: FloatArray  # (5,): slots a week, buckets a cell, cells taken in, the cell after the last, slots a cell
    windows: FloatArray  # (W,) window lengths in cells, ascending
    exposure: FloatArray  # (K,) cells seen, decayed as shapes are
    tops: FloatArray  # (T,) series of each row
    shape_events: FloatArray  # (T, K) events by slot
    level_events: FloatArray  # (T,)
    level_weeks: FloatArray  # (T,) weeks of shape seen
    long_events: FloatArray  # (T,) undecayed
    long_weeks: FloatArray  # (T,)
    past_cells: FloatArray  # (T,) cells since its past began, missing ones left out
    pools: FloatArray  # (T, W, 5) moment sums over the areas of a category
    clumps: FloatArray  # (T, 2) sums of thirds and of means of single cells over the areas of a category
    row: FloatArray  # (S,) row of the series' topmost area
    share_events: FloatArray  # (S,)
    part_events: FloatArray  # (S, PARTS)
    moments: FloatArray  # (S, W, 3) moment sums of the series itself
    open_counts: FloatArray  # (S, W) of the window that is not yet whole
    open_means: FloatArray  # (S, W)
    open_group: FloatArray  # (W,) its number; -1: none
    week_about: FloatArray  # (5,): first week kept, cells a week, where cell 0 lies in weeks, curve from, curve made in
    week_counts: FloatArray  # (T, N) events of each week
    week_heard: FloatArray  # (N,) cells heard of each week
    week_begun: FloatArray  # (T,) the week in which its past begins
    stood: FloatArray  # (S,) days that an episode stood or the day's cap was passed, less days that it was not
    curve: FloatArray  # derived, (T, H + 1) events by the curve, summed up over weeks; (0, 1) while there is none
    doubt: FloatArray  # derived, (T,) variance of log(mean) of the curve
    dispersion: FloatArray  # derived, (T,) variance of a week over its mean
    shape: FloatArray  # derived, (T + 1, K): share of the week in each slot; the last row is flat
    cum: FloatArray  # derived, (T + 1, 2 K + 2): the same summed up over two weeks
    rate: FloatArray  # derived, (T,) events a week
    within: FloatArray  # derived, (S,) share of the parent area
    share: FloatArray  # derived, (S,) share of the topmost area
    parts: FloatArray  # derived, (S, PARTS) day-part factor of the share
    pooled: FloatArray  # derived, (T, W, 2) kappa, alpha of a category over its areas
    spread: FloatArray  # derived, (S, W, 2) kappa, alpha
    traits: FloatArray  # derived, (S, 4): row, events a week, estimation noise, days of past

    @classmethod
    def blank(cls, past: Past) -> Self:
        k = past.slots_per_week
        cells = tuple(sorted({max(1.0, float(round(w / past.bucket_per_cell))) for w in past.window_buckets}))
        w = len(cells)
        start = int(past.cells[0]) if len(past.cells) else 0
        return cls(
            about=np.array([k, past.bucket_per_cell, 0, start, 1], np.float64),
            windows=np.array(cells),
            exposure=np.zeros(k),
            tops=np.zeros(0),
            shape_events=np.zeros((0, k)),
            level_events=np.zeros(0),
            level_weeks=np.zeros(0),
            long_events=np.zeros(0),
            long_weeks=np.zeros(0),
            past_cells=np.zeros(0),
            pools=np.zeros((0, w, 5)),
            clumps=np.zeros((0, 2)),
            row=np.zeros(0),
            share_events=np.zeros(0),
            part_events=np.zeros((0, PARTS)),
            moments=np.zeros((0, w, 3)),
            open_counts=np.zeros((0, w)),
            open_means=np.zeros((0, w)),
            open_group=np.full(w, -1.0),
            week_about=np.zeros(5),
            week_counts=np.zeros((0, 0)),
            week_heard=np.zeros(0),
            week_begun=np.zeros(0),
            stood=np.zeros(0),
            curve=np.zeros((0, 1)),
            doubt=np.zeros(0),
            dispersion=np.zeros(0),
            shape=np.zeros((1, k)),
            cum=np.zeros((1, 2 * k + 2)),
            rate=np.zeros(0),
            within=np.zeros(0),
            share=np.zeros(0),
            parts=np.ones((0, PARTS)),
            pooled=np.zeros((0, w, 2)),
            spread=np.zeros((0, w, 2)),
            traits=np.zeros((0, 4)),
        )

    @classmethod
    def read(cls, memory: Memory) -> Self:
        """A copy of `memory`. Raises KeyError where it is no memory of `Surprise`. One that was written before clumps
        were told by their size knows nothing of them."""
        known = memory if "clumps" in memory else {**memory, "clumps": np.zeros((len(memory["tops"]), 2))}
        return cls(**{field.name: np.array(known[field.name], np.float64) for field in fields(cls)})

    def written(self) -> Memory:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def grow(self, kin: Kin, began: IntArray | None) -> bool:
        """Make room for series that joined since, zeros behind them. Whether any did."""
        old, new = len(self.row), len(kin)
        if new == old:
            return False
        joined = np.arange(old, new)
        tops = joined[kin.top_area[old:] == joined]
        rows = len(self.tops) + len(tops)
        behind = np.full(len(tops), np.inf) if began is None else np.maximum(self.about[3] - began[tops], 0.0)
        week = 7 * self.cells_per_day
        for name, grain in (("level_weeks", week), ("long_weeks", week), ("past_cells", 1.0)):
            oldest = getattr(self, name)  # zeros before its first event are past, too
            joining = np.minimum(oldest.max(initial=0.0), behind / grain)
            setattr(self, name, np.concatenate((oldest, joining)))
        self.tops = np.concatenate((self.tops, tops))
        self.week_begun = np.concatenate(
            (self.week_begun, np.zeros(len(tops)) if began is None else self._weeks(began[tops]))
        )
        for name in ("shape_events", "level_events", "long_events", "pools", "clumps"):
            setattr(self, name, _padded(getattr(self, name), rows))
        row_of = np.zeros(new)
        row_of[self.tops.astype(np.int64)] = np.arange(rows)
        self.row = row_of[kin.top_area]
        for name in ("share_events", "part_events", "moments", "open_counts", "open_means", "stood"):
            setattr(self, name, _padded(getattr(self, name), new))
        return True

    def keep(self, rows: IntArray) -> None:
        """Let go of all series but those at `rows`, in that order; with a series its topmost area is kept."""
        known = len(self.row)
        rows = rows[rows < known]
        place = np.full(known, -1)
        place[rows] = np.arange(len(rows))
        tops = self.top_series()
        kept = place[tops] >= 0
        self.row = (np.cumsum(kept) - 1)[self.rows()[rows]].astype(np.float64)
        self.tops = place[tops[kept]].astype(np.float64)
        for name in _BY_TOP:
            part = getattr(self, name)
            setattr(self, name, part[np.flatnonzero(kept[: len(part)])])
        for name in ("shape", "cum"):  # the flat one stays behind them
            part = getattr(self, name)
            setattr(self, name, part[[*np.flatnonzero(kept[: len(part) - 1]), -1]])
        for name in _BY_SERIES:
            part = getattr(self, name)
            setattr(self, name, part[rows[rows < len(part)]])
        self.traits[:, 0] = self.row[: len(self.traits)]

    @property
    def slots(self) -> int:
        return int(self.about[0])

    @property
    def cells_per_day(self) -> float:
        """24 for steps up to an hour, 4 for steps of six hours, 1 for days, 1/7 for weeks."""
        return float(self.slots / (7 * self.about[4]))

    @property
    def days(self) -> float:
        """Days of past taken in, missing cells left out."""
        return float(self.about[2] / self.cells_per_day)

    def _weeks(self, cells: IntArray) -> FloatArray:
        """The week after the one in which each cell lies, shape as `cells`."""
        week = np.floor(cells / (7 * self.cells_per_day) + self.week_about[2])
        return np.asarray(week + (0.0 if self.slots == 1 else 1.0))

    def rows(self) -> IntArray:
        return self.row.astype(np.int64)

    def top_series(self) -> IntArray:
        return self.tops.astype(np.int64)


def slots_per_cell(past: Past) -> int:
    """How far slots move from cell to cell: more than 1 where a step is longer than an hour and shorter than a day."""
    if len(past.slots) < 2:
        return 1
    return max(1, int(np.median(np.diff(past.slots) % past.slots_per_week)))


def _padded(array: FloatArray, length: int) -> FloatArray:
    return np.concatenate((array, np.zeros((length - len(array), *array.shape[1:]))))
