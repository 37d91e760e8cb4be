"""How much happens where and when: seasons, hours, holidays; shares of areas and categories.

A made city is no copy of any real one: its shares are drawn, its hours are the two humps that most services know.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from rules.calendar import HOUR_MS, Calendar
from rules.detectors.port import FloatArray
from rules.trees import Tree

SEASON: Final = 0.2
"""Half of the distance between the fullest and the emptiest week of a year, as a share of the mean."""
WEEKEND: Final = 0.8
"""What a Saturday, a Sunday or a holiday has of a working day."""
UNEVEN: Final = 1.0
"""Spread of the logarithm of shares: the largest of ten areas has some ten times the smallest."""


def leaves(tree: Tree) -> list[str]:
    """Codes with nothing below them."""
    return [code for code, below in tree.children.items() if not below]


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Expected events by cell (leaf area × leaf category) and hour."""

    calendar: Calendar
    cells: tuple[tuple[str, str], ...]  # (area, category)
    shares: FloatArray  # (cells,), sum 1
    a_day: float
    full_day: int  # day of the year in which most happens
    hours: FloatArray  # (24,), mean 1

    def expected(self, hour: int) -> FloatArray:
        """Events of each cell in the hour that begins at `hour` (ms UTC), shape (cells,)."""
        local = self.calendar.local(hour)
        season = 1 + SEASON * math.cos(2 * math.pi * (local.timetuple().tm_yday - self.full_day) / 365.25)
        week = WEEKEND if self.calendar.weekday(local.date()) >= 5 else 1.0  # Saturday on, holidays too
        return self.shares * (self.a_day / 24 * season * week * float(self.hours[local.hour]))

    def times(self, begin: int, end: int, dice: np.random.Generator) -> list[tuple[int, str, str]]:
        """(occurred_at, area, category) of what happens in [begin, end), in order of time."""
        found: list[tuple[int, str, str]] = []
        for hour in range(begin // HOUR_MS * HOUR_MS, end, HOUR_MS):
            cells = np.repeat(np.arange(len(self.cells)), dice.poisson(self.expected(hour))).tolist()
            found += [(hour + int(dice.integers(HOUR_MS)), *self.cells[cell]) for cell in cells]
        return sorted(one for one in found if begin <= one[0] < end)


def drawn(
    calendar: Calendar, areas: Tree, categories: Sequence[str], a_day: float, dice: np.random.Generator
) -> Rhythm:
    """A rhythm over all leaf areas and the given categories, its shares drawn; people weigh where they are known."""
    cells = [(area, category) for area in leaves(areas) for category in categories]
    people = np.array([areas.by_code[area].population or 0 for area, _ in cells], np.float64)
    weight = np.where(people > 0, people, people[people > 0].mean() if (people > 0).any() else 1.0)
    shares = weight * np.exp(dice.normal(0.0, UNEVEN, len(cells)))
    hour = np.arange(24)
    humps = 0.25 + np.exp(-(((hour - 9) / 3.5) ** 2)) + np.exp(-(((hour - 18) / 3.5) ** 2))
    full_day = int(dice.integers(1, 366))
    return Rhythm(calendar, tuple(cells), shares / shares.sum(), a_day, full_day, humps / humps.mean())
