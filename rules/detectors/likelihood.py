"""Windows of days and weeks weighed by their likelihood: how many times likelier a count is under a rise than without.

Of a window with mean M and variance v M the counts of its parts are negative binomial with one v, so that a rise of E
events turns size M / (v - 1) into (M + E) / (v - 1). The ratio is averaged over rises of 1.5 to 12 standard deviations
of the shortest window. It rises with the count and, other than a tail, says how much a count speaks for a rise worth
telling: at equal false alarms it hears more (docs/decisions/0023). Counts that lie as a rise would have them count in
full; where counts come in clumps, one part that holds them all is more likely chance, and `uneven` takes that off.
Source: Hoehle and Paul, Computational Statistics & Data Analysis 52 (2008), 4357-4368 (likelihood ratio charts).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.special import gammaln

from rules.detectors.port import NEVER, FloatArray, IntArray

SIZES: Final = np.array([1.5, 3.0, 5.0, 8.0, 12.0])
"""Rises that are looked for, in standard deviations of the shortest window."""
_LEAST_OVER: Final = 1e-4
"""Below this a law is taken to be as wide: the gamma functions of huge sizes lose their digits."""
_LEAST_SIZE: Final = 0.2
"""No part is taken to be rarer than a clump in five: a clump in each of several rare parts would be evidence without
end, and twice of everything less of it (law 7)."""
_FURTHEST: Final = 2**40
_Score = Callable[[IntArray, IntArray], FloatArray]
_SHORTEST: Final = 0.2
_NEXT: Final = 0.6


def priors(windows: IntArray) -> FloatArray:
    """What each window is trusted with, together 1: the shortest a fifth, of the others each 0.6 times the one before.

    >>> priors(np.array([1, 2, 4])).round(2).tolist()
    [0.2, 0.5, 0.3]
    """
    if len(windows) == 1:
        return np.ones(1)
    rest = _NEXT ** np.arange(len(windows) - 1)
    return np.concatenate(([_SHORTEST], (1 - _SHORTEST) * rest / rest.sum()))


def ratio(mean: FloatArray, over: FloatArray, counts: FloatArray, parts: FloatArray, unit: FloatArray) -> FloatArray:
    """Log of the mean likelihood ratio where `counts` lie evenly over `parts`, shape (P,); rises with the count."""
    wide = np.maximum(over, _LEAST_OVER)
    base = np.maximum(mean / wide / parts, _LEAST_SIZE)
    each = counts / parts
    logs = np.empty((len(SIZES), len(mean)))
    for place, size in enumerate(SIZES):
        raised = base + size * unit / wide / parts
        logs[place] = parts * (_gain(each, base, raised) - (raised - base) * np.log1p(wide))
    return _log_mean(logs)


def ratio_of_parts(
    mean: FloatArray, over: FloatArray, counts: FloatArray, means: FloatArray, unit: FloatArray
) -> FloatArray:
    """The same where `counts` lie as they do, against `means` that add up to `mean`; (P, K), 0 where no part is."""
    wide = np.maximum(over, _LEAST_OVER)
    share = means / mean[:, None]
    base = np.where(share > 0, np.maximum(means / wide[:, None], _LEAST_SIZE), 1.0)
    logs = np.empty((len(SIZES), len(mean)))
    for place, size in enumerate(SIZES):
        raised = base + (size * unit / wide)[:, None] * share
        logs[place] = _gain(counts, base, raised).sum(axis=1) - (raised - base).sum(axis=1) * np.log1p(wide)
    return _log_mean(logs)


def smallest(score: _Score, guess: IntArray, heights: FloatArray) -> IntArray:
    """The smallest count whose score reaches each height, shape (P,); NEVER where none below 2**40 does.

    Bisection, exact; `score(places, counts)`.
    """
    low = np.full(len(heights), -1, np.int64)  # the last count known not to reach
    high = np.full(len(heights), _FURTHEST, np.int64)  # the first count known to reach
    open_ = np.arange(len(heights))
    step = np.ones(len(heights), np.int64)
    trial = np.clip(guess, 0, _FURTHEST - 1)
    while len(open_):
        reached = score(open_, trial[open_]) >= heights[open_]
        high[open_[reached]] = trial[open_[reached]]
        low[open_[~reached]] = trial[open_[~reached]]
        open_ = open_[high[open_] - low[open_] > 1]
        lo, hi, width = low[open_], high[open_], step[open_]
        ahead = np.where(hi == _FURTHEST, lo + width, np.where(lo == -1, hi - width, (lo + hi) // 2))
        trial[open_] = np.clip(ahead, lo + 1, hi - 1)
        step[open_] *= 2
    return np.where(high == _FURTHEST, NEVER, high)


def _gain(counts: FloatArray, base: FloatArray, raised: FloatArray) -> FloatArray:
    gain: FloatArray = gammaln(counts + raised) - gammaln(counts + base) - gammaln(raised) + gammaln(base)
    return gain


def _log_mean(logs: FloatArray) -> FloatArray:
    most = logs.max(axis=0)
    mean: FloatArray = most + np.log(np.exp(logs - most).mean(axis=0))
    return mean
