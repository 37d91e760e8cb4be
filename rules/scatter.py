"""From the spread of every series of a rule to causes that could have made it: shocks that areas and kinds share.

A law is fitted to each series alone, and says nothing of what moves together. Here each series is given a shock of its
own, one a block of each window length, that all beneath it share, so that together they leave every series about the
variance that its law has. What lies below a series moves it by the square of its part in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from rules.detectors.port import FloatArray, IntArray

_ROUNDS: Final = 60
"""Of the multiplicative update; the fit stands after some twenty."""
_TINY: Final = 1e-12


@dataclass(frozen=True, slots=True)
class Family:
    """Which parts lie under which series. A part is what a series counts and none below it does.

    `above`: for each level of both trees the series that holds a part there, shape (levels, S); -1: none.
    """

    above: IntArray

    @classmethod
    def of(cls, fed: list[IntArray], level: IntArray) -> Family:
        """`fed[s]`: the series that part s feeds, itself included; `level` of each series, shape (S,)."""
        levels = np.unique(level)
        place = {int(number): row for row, number in enumerate(levels.tolist())}
        above = np.full((len(levels), len(fed)), -1, np.int64)
        for part, series in enumerate(fed):
            above[[place[int(n)] for n in level[series].tolist()], part] = series
        return cls(above)

    def summed(self, parts: FloatArray) -> FloatArray:
        """What each series holds of `parts`, shape (S, ...) both."""
        found = np.zeros_like(parts)
        for row in self.above:
            held = np.flatnonzero(row >= 0)
            np.add.at(found, row[held], parts[held])
        return found

    def shared(self, parts: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
        """(s, t, part of s that lies in t too), shape (P,) each, of all pairs that share anything. `parts`: (S,)."""
        total = self.summed(parts)
        found: list[tuple[IntArray, IntArray, FloatArray]] = []
        count = self.above.shape[1]
        for mine in self.above:
            for other in self.above:
                held = np.flatnonzero((mine >= 0) & (other >= 0))
                pairs, place = np.unique(mine[held] * count + other[held], return_inverse=True)
                held_in_both = np.bincount(place, weights=parts[held], minlength=len(pairs))
                s, t = np.divmod(pairs, count)
                found.append((s, t, held_in_both / np.maximum(total[s], _TINY)))
        return (
            np.concatenate([s for s, _, _ in found]),
            np.concatenate([t for _, t, _ in found]),
            np.concatenate([part for _, _, part in found]),
        )


def raked(parts: FloatArray, means: FloatArray, family: Family, rounds: int = 8) -> FloatArray:
    """Factors of parts under which each series holds about what it expects, shape (S,) all. Iterative proportional
    fitting: Deming and Stephan, Annals of Mathematical Statistics 11 (1940), 427-444."""
    factor = np.ones(len(parts))
    for _ in range(rounds):
        for row in family.above:
            held = np.flatnonzero(row >= 0)
            now = np.bincount(row[held], weights=(parts * factor)[held], minlength=len(parts))
            ratio = np.clip(means / np.maximum(now, _TINY), 0.2, 5.0)
            ratio[now <= _TINY] = 1.0
            factor[held] *= ratio[row[held]]
    return factor


def shocks(wanted: FloatArray, lengths: IntArray, parts: FloatArray, family: Family) -> FloatArray:
    """Variances of the shocks of each series by block length, shape (S, W), so that together they come near the
    relative variances `wanted` of windows of `lengths` cells, shapes (S, W) and (W,). None below nothing.

    `parts`: what each part brings to the longest window. A series matters as much as its shocks show beside the
    counts' own chance.
    """
    s, t, part = family.shared(parts)
    share = part**2
    mean = family.summed(parts)
    count = len(parts)
    weight = (mean / (1 + wanted.max(axis=1) * mean)) ** 2
    fades = np.minimum(1.0, lengths[None, :] / lengths[:, None])  # (window, block)
    depth = np.bincount(s, weights=(share > 0.999).astype(float), minlength=count)
    found = wanted / np.maximum(depth, 1.0)[:, None] / len(lengths) + _TINY
    aim = _mixed(t, s, share, (weight[:, None] * wanted) @ fades, count)
    for _ in range(_ROUNDS):
        made = _mixed(s, t, share, found, count) @ fades.T
        found *= aim / np.maximum(_mixed(t, s, share, (weight[:, None] * made) @ fades, count), _TINY)
    return found


def _mixed(to: IntArray, of: IntArray, share: FloatArray, values: FloatArray, count: int) -> FloatArray:
    """Sums over pairs of `share` x values[of] at `to`, shape (S, W)."""
    columns = [np.bincount(to, weights=share * values[of, w], minlength=count) for w in range(values.shape[1])]
    return np.stack(columns, axis=1)
