"""The tails of a count: how surprising it is, and the smallest (below: the largest) count that is surprising enough.

Law: negative binomial with mean `mu` and variance `mu (1 + over)`; Poisson where `over` is 0. With
size = mu / over and q = over / (1 + over): P(Y >= k) = I_q(k, size), the regularised incomplete beta
function; Poisson: the incomplete gamma function; P(Y <= k) is what is left beside P(Y >= k + 1). Where these fall
below what a double can hold, the same tail is summed in logarithms, so that scores stay finite and keep their order.
Source: Abramowitz & Stegun, Handbook of Mathematical Functions (1964), 26.5.24 and 26.4.21.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.special import betainc, gammainc, gammaincc, gammaln

from rules.detectors.port import NEVER, FloatArray, IntArray

POISSON: Final = 1e-9
"""Below this `over` a law is taken as Poisson: the beta function loses its digits first."""
_DEEP: Final = 1e-280
"""Tails below this are summed in logarithms."""
_TERMS: Final = 400
_FURTHEST: Final = 2**40
"""No limit is sought beyond this count."""


def surprise(mean: FloatArray, over: FloatArray, counts: IntArray) -> FloatArray:
    """-log P(Y >= count), natural logarithm, shape (P,). Finite; 0 for a count of 0; rises with the count.

    >>> surprise(np.array([1.0]), np.array([0.0]), np.array([1])).round(3)
    array([0.459])
    """
    k = np.maximum(counts, 1).astype(np.float64)
    mean = np.maximum(mean, 1e-12)
    plain = over < POISSON
    if plain.any():
        tail = np.where(plain, gammainc(k, mean), betainc(k, mean / np.maximum(over, POISSON), over / (1 + over)))
    else:
        tail = betainc(k, mean / over, over / (1 + over))
    deep = ~(tail > _DEEP)
    score = -np.log(np.where(deep, 1.0, tail))
    if deep.any():
        score[deep] = _deep(mean[deep], over[deep], k[deep])
    return np.where(counts > 0, score, 0.0)


def smallest(mean: FloatArray, over: FloatArray, heights: FloatArray) -> IntArray:
    """The smallest count whose surprise reaches each height, shape (P,). Bisection, exact.

    >>> smallest(np.array([1.0]), np.array([0.0]), np.array([3.9]))
    array([4])
    """
    guess = smallest_guess(mean, over, heights)
    low = np.zeros(len(mean), np.int64)  # the last count known not to reach; 0 reaches only heights <= 0
    high = np.full(len(mean), _FURTHEST, np.int64)  # the first count known to reach
    high[heights <= 0] = 0
    open_ = np.flatnonzero(high - low > 1)
    step = np.ones(len(mean), np.int64)
    trial = np.clip(guess, 1, _FURTHEST - 1)
    while len(open_):
        reached = surprise(mean[open_], over[open_], trial[open_]) >= heights[open_]
        high[open_[reached]] = trial[open_[reached]]
        low[open_[~reached]] = trial[open_[~reached]]
        open_ = open_[high[open_] - low[open_] > 1]
        lo, hi, width = low[open_], high[open_], step[open_]
        ahead = np.where(hi == _FURTHEST, lo + width, np.where(lo == 0, hi - width, (lo + hi) // 2))
        trial[open_] = np.clip(ahead, lo + 1, hi - 1)
        step[open_] *= 2
    return high


def surprise_below(mean: FloatArray, over: FloatArray, counts: IntArray) -> FloatArray:
    """-log P(Y <= count), natural logarithm, shape (P,). Finite; falls as the count rises.

    >>> surprise_below(np.array([10.0]), np.array([0.0]), np.array([0])).round(3)
    array([10.])
    """
    k = np.maximum(counts, 0).astype(np.float64)
    mean = np.maximum(mean, 1e-12)
    plain = over < POISSON
    size = mean / np.maximum(over, POISSON)
    tail = np.where(plain, gammaincc(k + 1, mean), betainc(size, k + 1, 1 / (1 + over)))
    deep = ~(tail > _DEEP)
    score = -np.log(np.where(deep, 1.0, tail))
    if deep.any():
        score[deep] = _deep_below(mean[deep], over[deep], k[deep])
    return np.maximum(score, 0.0)


def largest(mean: FloatArray, over: FloatArray, heights: FloatArray) -> IntArray:
    """The largest count whose surprise below reaches each height, shape (P,); NEVER where not even 0 does.

    >>> largest(np.array([30.0, 5.0]), np.array([0.0, 0.0]), np.array([9.2, 9.2])).tolist() == [11, NEVER]
    True
    """
    low = np.zeros(len(mean), np.int64)
    high = np.ceil(mean).astype(np.int64) + 1  # the first count known not to reach, once it does not
    can = surprise_below(mean, over, low) >= heights
    rising = np.flatnonzero(can)
    while len(rising):
        reached = surprise_below(mean[rising], over[rising], high[rising]) >= heights[rising]
        rising = rising[reached & (high[rising] < _FURTHEST)]
        low[rising] = high[rising]
        high[rising] = np.minimum(2 * high[rising], _FURTHEST)
    open_ = np.flatnonzero(can & (high - low > 1))
    while len(open_):
        middle = (low[open_] + high[open_]) // 2
        reached = surprise_below(mean[open_], over[open_], middle) >= heights[open_]
        low[open_[reached]] = middle[reached]
        high[open_[~reached]] = middle[~reached]
        open_ = open_[high[open_] - low[open_] > 1]
    return np.where(can, low, NEVER)


def smallest_guess(mean: FloatArray, over: FloatArray, heights: FloatArray) -> IntArray:
    """A count near the limit: where the large-deviation rate of the law equals the height."""
    size = mean / np.maximum(over, 1e-6)
    spread = np.sqrt(mean * (1 + over))
    k = mean + spread * np.sqrt(2 * np.maximum(heights, 0)) + 1
    for _ in range(4):
        slope = np.log(k * (mean + size) / (mean * (k + size)))
        rate = k * np.log(k / mean) - (k + size) * np.log((k + size) / (mean + size))
        k = np.maximum(k + (heights - rate) / np.maximum(slope, 1e-3), mean + 0.5)
    return np.asarray(np.minimum(k, 1e12), dtype=np.int64)


def _deep(mean: FloatArray, over: FloatArray, k: FloatArray) -> FloatArray:
    """The same far out: -log of the term at k, less the log of the sum of the terms after it over it."""
    plain = over < POISSON
    size = mean / np.where(plain, 1.0, over)
    q = over / (1 + over)
    total, term = np.ones_like(k), np.ones_like(k)
    for j in range(_TERMS):
        term = term * np.where(plain, mean, q * (k + j + size)) / (k + j + 1)
        total += term
        if (term < 1e-16 * total).all():
            break
    return -_log_term(mean, over, k) - np.log(total)


def _log_term(mean: FloatArray, over: FloatArray, k: FloatArray) -> FloatArray:
    """log P(Y = k)."""
    plain = over < POISSON
    size = mean / np.where(plain, 1.0, over)
    q = over / (1 + over)
    negative = (
        gammaln(k + size) - gammaln(k + 1) - gammaln(size) + k * np.log(np.where(plain, 1.0, q)) - size * np.log1p(over)
    )
    poisson = k * np.log(mean) - mean - gammaln(k + 1)
    return np.where(plain, poisson, negative)


def _deep_below(mean: FloatArray, over: FloatArray, k: FloatArray) -> FloatArray:
    """The same far below: -log of the term at k, less the log of the sum of the terms before it over it."""
    plain = over < POISSON
    q = over / (1 + over)
    size = mean / np.where(plain, 1.0, over)
    total, term = np.ones_like(k), np.ones_like(k)
    for j in range(_TERMS):
        at = np.maximum(k - j, 0.0)
        term = term * at / np.where(plain, mean, q * (size + np.maximum(at - 1, 0.0)))
        total += term
        if (term < 1e-16 * total).all():
            break
    return -_log_term(mean, over, k) - np.log(total)
