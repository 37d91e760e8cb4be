"""Spikes: more than usual in one area and category for a while."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from rules.calendar import HOUR_MS
from streams.simulate.truth import Truth

LENGTHS: Final = (HOUR_MS // 2, HOUR_MS, 3 * HOUR_MS, 8 * HOUR_MS)
SMALLEST: Final = 6
"""Events of the smallest spike; the largest has some twenty times as many."""


def drawn(
    cells: Sequence[tuple[str, str]], begin: int, end: int, number: int, dice: np.random.Generator
) -> list[Truth]:
    """`number` spikes in [begin, end), in order of time, each in a cell of its own choice."""
    found = []
    for _ in range(number):
        area, category = cells[int(dice.integers(len(cells)))]
        length = int(dice.choice(LENGTHS))
        since = int(dice.integers(begin, max(begin + 1, end - length)))
        size = round(SMALLEST * float(np.exp(dice.uniform(0.0, 3.0))))
        found.append(Truth("spike", since, since + length, size, area=area, category=category))
    return sorted(found, key=lambda spike: (spike.begin, spike.area, spike.category))


def times(spike: Truth, dice: np.random.Generator) -> list[tuple[int, str, str]]:
    """(occurred_at, area, category) of what the spike brings beyond the usual."""
    moments = dice.integers(spike.begin, spike.end, spike.size).tolist()
    return [(moment, spike.area, spike.category) for moment in moments]
