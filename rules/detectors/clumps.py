"""How large clumps are: one cause that several rows tell of, of a category over its areas.

`spread` learns how often counts come in clumps (kappa); two rows of one cause and, more rarely, five give the same
variance, but not the same far tail, in which heights are solved. What tells them apart is the third factorial cumulant
of single cells: per event `tau` = E N(N-1)(N-2) / E N of a clump's size N. It is 0 where no clump is larger than two,
2 kappa^2 where sizes are logarithmic, the first guess. Laws do not read it; quiet histories do (`rules.nulls`).
Source: factorial cumulants of compound Poisson counts, Johnson, Kemp and Kotz, Univariate Discrete Distributions
(2005), 9.3.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rules.detectors.ledger import Ledger
from rules.detectors.port import FloatArray, IntArray, Memory

_FIRST_GUESS: Final = 300.0
"""Events that the first guess is worth: about what tells a tau of 0.01 from none."""
_MOST: Final = 0.9
"""No clump goes on from row to row with a greater chance than this."""


def take(ledger: Ledger, pooling: IntArray, counts: FloatArray, means: FloatArray, fade: float) -> None:
    """Add the thirds of single cells, shape (S, C) both, of the series `pooling`.

    With r = count - mean the third is r^3 - 3 r^2 + 2 count: tau x mean where nothing but clumps is at work, whatever
    the mean's error to first order. What shocks add to it is taken off; cells weigh as rare counts tell it best.
    """
    rows = ledger.rows()[pooling]
    count, mean = counts[pooling], means[pooling]
    kappa, alpha = (ledger.pooled[rows, 0, which][:, None] for which in (0, 1))
    residual = count - mean
    third = residual**3 - 3 * residual**2 + 2 * count - 3 * alpha * kappa * mean**2 - 2 * alpha**2 * mean**3
    weight = 1.0 / (1.0 + 25.0 * mean + 15.0 * mean**2)  # one over the variance of a Poisson third, by event
    ledger.clumps *= fade
    for place, values in enumerate((third, mean)):
        sums = (weight * values).sum(axis=1)
        ledger.clumps[:, place] += np.bincount(rows, weights=sums, minlength=len(ledger.tops))


def sizes(memory: Memory, rows: IntArray, kappa: FloatArray) -> tuple[FloatArray, FloatArray]:
    """(chance that an event is a clump, chance that a clump goes on after its second row), shape (P,) both, of series
    whose category stands in `rows` and whose counts are spread by `kappa`.

    A clump has two rows or more, each next one with the same chance q. Then tau / kappa = 3 q / (1 - q), and with
    chance p of a clump kappa = 2 p / ((1 - q)^2 + p (1 - q)).
    """
    known = memory.get("clumps")
    sums = np.zeros((len(rows), 2)) if known is None else known[rows]
    tau = np.maximum(sums[:, 0] + _FIRST_GUESS * 2 * kappa**2, 0.0) / (sums[:, 1] + _FIRST_GUESS)
    onward = np.minimum(tau / np.maximum(tau + 3 * kappa, 1e-12), _MOST)
    # pairs alone spread no wider than kappa = 1: beyond, the chance that all of them go on
    onward = np.maximum(onward, np.where(kappa > 1, 1.5 - np.sqrt(0.25 + 2 / np.maximum(kappa, 1.0)), 0.0))
    stop = 1 - onward
    return np.clip(kappa * stop**2 / (2 - kappa * stop), 0.0, 1.0), onward
