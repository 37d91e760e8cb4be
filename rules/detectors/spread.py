"""The spread of counts about their means: clumps and shocks, one pair for each window length.

variance = mean (1 + kappa) + alpha mean^2. kappa (one cause, many rows) is pooled over the areas of a category;
alpha (storms) is a series' own, shrunk to its pool. Both come from weighted moments of out-of-sample
residuals: each window that has become whole is held against the mean in force before it was learnt. Nothing is
capped: what was unusual and told to nobody is part of what the promise must stand; the days of an episode are left
out (decision 0004). What the mean's own error adds to a residual is taken off first: laws and quiet histories have it
beside the spread, and it looks like clumps the longer a window is (decision 0053). One pair per length, because shocks
last hours: a day's spread is not that of 24 hours.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rules.detectors import clumps
from rules.detectors.ledger import Ledger
from rules.detectors.port import FloatArray, IntArray, Kin

FIRST_KAPPA: Final = 0.05
FIRST_ALPHA: Final = 0.05
_STIFFEST: Final = 0.02
"""A pool that is calmer than this holds its series no faster: storms of their own must be learned."""
_POOL_WEIGHT: Final = 50.0  # of the first guess, beside sums of weight * mean^4 and of weight * mean^2
_SERIES_WEIGHT: Final = 4.0  # over alpha^2, beside sums of weight * mean^2
_LEAST: Final = 1e-3
_LEAST_MEAN: Final = 1e-9
_MOST: Final = 3.0


def take_windows(ledger: Ledger, kin: Kin, cells: IntArray, counts: FloatArray, means: FloatArray, fade: float) -> None:
    """Add the residuals of the windows that these cells make whole. Shapes (C,), (S, C), (S, C)."""
    means = np.maximum(means, _LEAST_MEAN)
    noise = ledger.traits[:, 2:3]
    rows = ledger.rows()
    kids = np.bincount(rows[kin.area_depth > 0], minlength=len(ledger.tops))
    pooling = np.flatnonzero((kin.area_depth > 0) | (kids[rows] == 0))
    ledger.moments *= fade
    ledger.pools *= fade
    clumps.take(ledger, pooling, counts, means, fade)
    for w, length in enumerate(ledger.windows.astype(np.int64)):
        whole_counts, whole_means = (
            (counts, means) if length == 1 else _whole(ledger, w, int(length), cells, counts, means)
        )
        if whole_counts.shape[1] == 0:
            continue
        ledger.moments[:, w] += _own_moments(whole_counts, whole_means, ledger.spread[:, w, 1], noise)
        pair = ledger.pooled[rows[pooling], w]
        sums = _pool_moments(whole_counts[pooling], whole_means[pooling], pair, noise[pooling])
        for m in range(5):
            ledger.pools[:, w, m] += np.bincount(rows[pooling], weights=sums[m], minlength=len(ledger.tops))


def _whole(
    ledger: Ledger, w: int, length: int, cells: IntArray, counts: FloatArray, means: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Counts and means of windows now whole, aligned by cell number; the rest stays open in the ledger."""
    group = cells // length
    starts = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
    sums = [np.add.reduceat(array, starts, axis=1) for array in (counts, means)]
    held = [ledger.open_counts[:, w], ledger.open_means[:, w]]
    if ledger.open_group[w] == group[0]:
        for total, more in zip(sums, held, strict=True):
            total[:, 0] += more
    elif ledger.open_group[w] >= 0:
        sums = [np.concatenate((more[:, None], total), axis=1) for total, more in zip(sums, held, strict=True)]
    last_is_whole = (cells[-1] + 1) % length == 0
    ledger.open_group[w] = -1.0 if last_is_whole else float(group[-1])
    ledger.open_counts[:, w] = 0.0 if last_is_whole else sums[0][:, -1]
    ledger.open_means[:, w] = 0.0 if last_is_whole else sums[1][:, -1]
    keep = slice(None) if last_is_whole else slice(0, -1)
    return sums[0][:, keep], np.maximum(
        sums[1][:, keep], _LEAST_MEAN
    )  # a series may have joined since the window began


def _own_moments(counts: FloatArray, means: FloatArray, alpha: FloatArray, noise: FloatArray) -> FloatArray:
    """Sums of weight * (residual^2 - mean - noise mean^2), weight * mean, weight * mean^2, shape (S, 3)."""
    weight = 1.0 / (1.0 + alpha[:, None] * means) ** 2
    weighted = weight * means
    first, second = weighted.sum(axis=1), np.einsum("sc,sc->s", weighted, means)
    residual = counts - means
    third = np.einsum("sc,sc,sc->s", weight, residual, residual) - first - noise[:, 0] * second
    return np.stack((third, first, second), axis=1)


def _pool_moments(counts: FloatArray, means: FloatArray, pair: FloatArray, noise: FloatArray) -> FloatArray:
    """The sums of the normal equations for (kappa, alpha), shape (5, n)."""
    variance = means * (1 + pair[:, :1]) + pair[:, 1:] * means**2
    weight = 1.0 / (variance * (variance + 0.5))
    excess = (counts - means) ** 2 - means - noise * means**2
    first = weight * means
    second = first * means
    return np.stack(
        (
            second.sum(axis=1),
            np.einsum("sc,sc->s", second, means),
            np.einsum("sc,sc,sc->s", second, means, means),
            np.einsum("sc,sc->s", first, excess),
            np.einsum("sc,sc->s", second, excess),
        )
    )


def pooled(ledger: Ledger, kin: Kin) -> FloatArray:
    """(kappa, alpha) of each category over its areas, shape (T, W, 2)."""
    pair = np.empty((*ledger.pools.shape[:2], 2))
    tops = ledger.top_series()
    depth, parent = kin.category_depth[tops], kin.category_parent[tops]
    for level in range(int(depth.max(initial=0)) + 1):
        at = np.flatnonzero(depth == level)
        above = ledger.rows()[parent[at]]
        first = np.where(parent[at] >= 0, pair[above, :, 0].T, FIRST_KAPPA).T
        a11, a12, a22, b1, b2 = np.moveaxis(ledger.pools[at], -1, 0)
        pair[at] = _solved(a11 + _POOL_WEIGHT, a12, a22 + _POOL_WEIGHT, b1 + _POOL_WEIGHT * first, b2)
    return pair


def _solved(a11: FloatArray, a12: FloatArray, a22: FloatArray, b1: FloatArray, b2: FloatArray) -> FloatArray:
    """Weighted least squares for (kappa, alpha), neither below nothing; shape (..., 2)."""
    b2 = b2 + _POOL_WEIGHT * FIRST_ALPHA
    determinant = np.maximum(a11 * a22 - a12**2, 1e-12)
    kappa, alpha = (b1 * a22 - a12 * b2) / determinant, (a11 * b2 - a12 * b1) / determinant
    no_shocks, no_clumps = alpha < _LEAST, kappa < 0
    kappa = np.where(no_shocks, (b1 - a12 * _LEAST) / a11, kappa)
    alpha = np.where(no_shocks, _LEAST, np.where(no_clumps, b2 / a22, alpha))
    return np.stack((np.clip(kappa, 0.0, _MOST), np.clip(alpha, _LEAST, _MOST)), axis=-1)


def spreads(ledger: Ledger, kin: Kin) -> FloatArray:
    """(kappa, alpha) of each series and window length, shape (S, W, 2)."""
    rows = ledger.rows()
    pair = ledger.pooled[rows]
    alpha = np.full(pair.shape[:2], FIRST_ALPHA)  # where a series has no parent, row -1 is read and thrown away
    parent = kin.category_parent
    for depth in range(int(kin.category_depth.max(initial=0)) + 1):
        level = kin.category_depth == depth
        for at in (np.flatnonzero(level & (kin.area_depth == 0)), np.flatnonzero(level & (kin.area_depth > 0))):
            if not len(at):
                continue
            kind = parent[at]
            prior = np.where(kind[:, None] >= 0, alpha[kind], FIRST_ALPHA)
            if kin.area_depth[at[0]] > 0:
                top = kin.top_area[at]
                more = np.maximum(alpha[top] - alpha[kin.category_parent[top]], 0.0)
                prior = np.where(kind[:, None] >= 0, alpha[kind] + more, pair[at, :, 1])
            prior = np.clip(prior, _LEAST, _MOST)
            weight = _SERIES_WEIGHT / np.maximum(prior, _STIFFEST) ** 2
            third, first, second = np.moveaxis(ledger.moments[at], -1, 0)
            own = third - pair[at, :, 0] * first
            alpha[at] = np.clip((own + weight * prior) / (second + weight), _LEAST, _MOST)
    pair[:, :, 1] = alpha
    return pair
