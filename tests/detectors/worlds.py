"""Small cities for detectors: a family of series, a clock, recent counts, a past. No randomness of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from rules.book import DetectorSpec
from rules.detectors.port import (
    Detector,
    FloatArray,
    IntArray,
    Kin,
    Law,
    Memory,
    Past,
    Points,
)
from rules.detectors.register import make

WINDOWS = (6, 18, 144)
"""1 h, 3 h and 24 h of ten-minute buckets."""


def family(area_parents: Sequence[int], category_parents: Sequence[int]) -> Kin:
    """All areas x all categories, areas outermost; parents by position, -1 for the root."""
    areas, categories = len(area_parents), len(category_parents)
    area, category = np.divmod(np.arange(areas * categories), categories)
    up_area, up_category = np.array(area_parents)[area], np.array(category_parents)[category]
    return Kin(
        np.where(up_area >= 0, up_area * categories + category, -1),
        np.where(up_category >= 0, area * categories + up_category, -1),
        category,
        _depths(area_parents)[area],
        _depths(category_parents)[category],
    )


def _depths(parents: Sequence[int]) -> IntArray:
    depths: list[int] = []
    for parent in parents:
        depths.append(depths[parent] + 1 if parent >= 0 else 0)
    return np.array(depths)


def younger(kin: Kin, series: int) -> Kin:
    """The same family while only its first `series` had been heard."""
    return Kin(
        kin.area_parent[:series],
        kin.category_parent[:series],
        kin.top_area[:series],
        kin.area_depth[:series],
        kin.category_depth[:series],
    )


TOWN = family([-1, 0, 0, 0], [-1, 0, 0, 1])
"""A town of three quarters; one category with two kinds, the first of them with one kind more. 16 series."""


LONELY = family([-1], [-1])
"""One area, one category."""


@dataclass(frozen=True, slots=True)
class Week:
    """A clock without summer time: cell 0 is a Monday's first. `holidays` are days read as Sundays."""

    per_cell: int = 6
    slots: int = 168
    holidays: frozenset[int] = frozenset()

    def cell(self, buckets: IntArray) -> IntArray:
        return np.asarray(buckets // self.per_cell)

    def cell_slot(self, cells: IntArray) -> IntArray:
        slot = cells % self.slots
        if self.slots == 168:
            holiday = np.isin(cells // 24, list(self.holidays))
            slot = np.where(holiday, 144 + cells % 24, slot)
        return np.asarray(slot)

    def slot(self, buckets: IntArray) -> IntArray:
        return self.cell_slot(self.cell(buckets))

    def fraction_through_cell(self, buckets: IntArray) -> FloatArray:
        return np.asarray((buckets % self.per_cell + 1) / self.per_cell)

    def past(self, counts: IntArray, start: int = 0, kin: Kin = TOWN, windows: tuple[int, ...] = WINDOWS) -> Past:
        """`counts` (S, C) as the settled cells from `start` on."""
        cells = np.arange(start, start + counts.shape[1])
        per_day = max(1, self.slots // 7)
        nothing = np.zeros(0, np.int64)
        return Past(
            cells=cells,
            slots=self.cell_slot(cells),
            days=cells // per_day,
            missing=np.zeros(len(cells), bool),
            counts=counts,
            frozen=np.zeros(counts.shape, bool),
            late=(nothing, nothing, nothing),
            kin=kin,
            bucket_per_cell=self.per_cell,
            window_buckets=windows,
            slots_per_week=self.slots,
        )


@dataclass(frozen=True, slots=True)
class Heard:
    """Recent counts: the same number in every bucket of each series, from bucket 0 on."""

    per_bucket: IntArray  # (S,)
    begin: int = 0

    def total(self, series: IntArray, first: IntArray, last: IntArray) -> IntArray:
        length = np.maximum(last - np.maximum(first, self.begin) + 1, 0)
        return np.asarray(self.per_bucket[series] * length)

    def began(self, series: IntArray) -> IntArray:
        return np.full(len(series), self.begin)


@dataclass(frozen=True, slots=True)
class Town:
    """A detector with what it has learnt, ready to judge."""

    detector: Detector
    memory: Memory | None
    clock: Week = field(default_factory=Week)
    kin: Kin = TOWN
    recent: Heard = field(default_factory=lambda: Heard(np.zeros(64, np.int64)))

    def law(self, points: Points) -> Law:
        return self.detector.law(self.memory, self.recent, self.clock, points, self.kin, WINDOWS)

    def limits(self, points: Points, height: float) -> IntArray:
        return self.detector.limits(self.law(points), np.full(len(points), height))

    def learnt(self, past: Past) -> Town:
        return replace(self, memory=self.detector.fit(self.memory, past))


def town(kind: str, counts: IntArray, kin: Kin = TOWN, clock: Week | None = None) -> Town:
    """A detector of `kind` that has lived through `counts` (S, C)."""
    clock = clock or Week()
    detector = make(DetectorSpec(kind))
    return Town(detector, None, clock, kin, Heard(np.zeros(64, np.int64))).learnt(clock.past(counts, kin=kin))


def ending(series: Sequence[int], last: int, lengths: Sequence[int] = WINDOWS) -> Points:
    """Windows of each length of each series, all ending in bucket `last`."""
    each = np.repeat(np.array(series), len(lengths))
    length = np.tile(np.array(lengths), len(series))
    end = np.full(len(each), last)
    return Points(each, end - length + 1, end)


def added_up(leaves: IntArray, kin: Kin = TOWN) -> IntArray:
    """Counts of every series (S, C) from those of its deepest areas and categories, zeros elsewhere."""
    counts = leaves.copy()
    for parent, depth in ((kin.category_parent, kin.category_depth), (kin.area_parent, kin.area_depth)):
        for s in np.lexsort((np.arange(len(kin)), -depth)):
            if parent[s] >= 0:
                counts[parent[s]] += counts[s]
    return counts


def flat(per_hour: int, days: int, kin: Kin = LONELY) -> IntArray:
    """The same count in every hour of every series."""
    return np.full((len(kin), 24 * days), per_hour)


def mean_at(place: Town, series: int, day: int, hour: int, length: int = 6) -> float:
    """Expected in the window of `length` buckets that ends with the hour."""
    return float(place.law(ending([series], day * 144 + hour * 6 + 5, [length])).mean[0])


def random_counts(seed: int, days: int, rate: float, kin: Kin = TOWN, wave: bool = True) -> IntArray:
    """Poisson counts (S, 24 * days), busier by day than by night; `rate` events an hour in each leaf."""
    dice = np.random.default_rng(seed)
    hour = np.arange(24 * days) % 24
    mean = rate * (1 + 0.8 * np.sin((hour - 9) * np.pi / 12)) if wave else np.full(len(hour), rate)
    leaves = np.zeros((len(kin), len(hour)), np.int64)
    parents = set(kin.area_parent.tolist()) | set(kin.category_parent.tolist())
    for s in range(len(kin)):
        if s not in parents:
            leaves[s] = dice.poisson(mean)
    return added_up(leaves, kin)


def same(one: Memory, other: Memory, leave_out: frozenset[str] = frozenset()) -> bool:
    return one.keys() == other.keys() and all(
        np.array_equal(one[name], other[name]) for name in one if name not in leave_out
    )
