"""One common factor for all parts of a whole, or separate ones for a few: which tells better what was counted.

Each part's count is negative binomial, its mean the baseline's times a factor of at least 1, its variance in the
baseline's proportion to the mean. A whole and one of its parts are equally likely to be where it happened, so the
first factor is free on either side. Each further one pays half the log of the number of parts for being fitted, and
the log of it again for saying which part it is for.
Source: Schwarz, Annals of Statistics 6 (1978), 461-464 (half the log a parameter). A choice pays its code length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import gammaln

from rules.detectors.port import FloatArray, IntArray

_LEAST: Final = 1e-3
"""Least mean of a part, as a share of an even part of the whole: a mean of nothing would explain anything."""
_LEAST_OVER: Final = 1e-3
_TRIALS: Final = 32
_MOST: Final = 8
"""More parts than this with factors of their own are not looked for: that is no small set."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Counts of one window: the parts that hold an event, and the rest of the whole in one.

    Arrays have shape (n + 1,), the rest last; `over` is variance / mean - 1. `possible`: all parts, silent ones too.
    """

    counts: IntArray
    means: FloatArray
    over: FloatArray
    possible: int

    @property
    def price(self) -> float:
        """Of a factor more, and of saying which part it is for."""
        return 1.5 * float(np.log(max(self.possible, 2)))


def separate(parts: Parts, doubt: float = 0.0) -> tuple[int, ...]:
    """The parts whose own factors, beside a common one for all others, tell more than a common one for all,
    ascending; () where the whole is meant. The common one must be better by `doubt` (nats)."""
    k = parts.counts.astype(np.float64)
    m = np.maximum(parts.means, _LEAST * float(parts.means.sum()) / max(parts.possible, 1))
    if not m.sum() > 0:
        return ()
    over = np.maximum(parts.over, _LEAST_OVER)
    own = _likelihood(k, np.maximum(k, m), over) - _likelihood(k, m, over)
    by_gain = np.argsort(-own, kind="stable")
    best, chosen = _common(k, m, over) - doubt, 0
    for n in range(1, min(int((own > 0).sum()), _MOST) + 1):
        others = by_gain[n:]
        told = float(own[by_gain[:n]].sum()) - (n - 1) * parts.price
        told = max(told, told + _common(k[others], m[others], over[others]) - parts.price) if len(others) else told
        if told >= best:
            best, chosen = told, n
    held = by_gain[:chosen]
    return () if len(k) - 1 in held else tuple(sorted(held.tolist()))


def _likelihood(k: FloatArray, mean: FloatArray, over: FloatArray) -> FloatArray:
    """Log likelihood of counts, but for what the mean leaves alone; variance mean x (1 + over)."""
    size = mean / over
    found: FloatArray = gammaln(k + size) - gammaln(size) - size * np.log1p(over)
    return found


def _common(k: FloatArray, m: FloatArray, over: FloatArray) -> float:
    """The most that one factor of at least 1 gains over all parts."""
    most = float(np.log(max(float(np.max(k / m)), 1.0)))
    means = m[:, None] * np.exp(np.linspace(0.0, most, _TRIALS))[None, :]
    told = _likelihood(k[:, None], means, over[:, None]).sum(axis=0)
    return float(told.max() - told[0])
