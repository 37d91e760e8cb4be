"""The published weekly design: 42 scenarios, past outbreaks in all of them, one current outbreak in the last 49 weeks.

    python -m benchmarks.weekly_design --replicates 50 --seed 1 --out w.npz [--meanlog 1.0]

Noufaily, Enki, Farrington, Garthwaite, Andrews, Charlett, Statistics in Medicine 32 (2013), 1206-1222, with past and
current outbreaks as in Bedubourg and Le Strat, PLoS ONE 12(7) (2017), e0181227. Baselines are negative binomial with
variance phi times the mean. Left open there and chosen here: outbreaks of no case count nowhere, cases after the end of
their span are dropped. With `--meanlog 1.0` outbreaks last 2 to 8 weeks instead of 1 to 4.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from rules.detectors.port import FloatArray, IntArray

WEEKS: Final = 624
PAST: Final = (313, 575)
JUDGED: Final = (576, 624)
"""Weeks are numbered from 1."""
SETS: Final = (
    (0.10, 0.0025, 0.60, 0.60, 1.5),
    (-2.0, 0.0050, 0.10, 0.30, 2.0),
    (1.50, 0.0030, 0.20, -0.40, 1.0),
    (0.50, 0.0020, 0.50, 0.50, 5.0),
    (2.50, 0.0010, 1.00, 0.10, 3.0),
    (3.75, 0.0010, 0.10, -0.10, 1.1),
    (5.00, 0.0001, 0.05, 0.01, 1.2),
)
"""Level, trend, cosine and sine of the season, phi; each with and without trend, with no, one and two yearly waves."""
OLD: Final = (0, 2, 3, 5, 10)
SIZES: Final = 10


@dataclass(frozen=True, slots=True)
class Design:
    """Counts and truth. Shapes: (scenarios, replicates, weeks) and (scenarios, replicates)."""

    quiet: IntArray
    struck: IntArray
    first: IntArray  # weeks of the current outbreak's first and last case; 0: none
    last: IntArray
    mean: FloatArray  # (scenarios, weeks)
    phi: FloatArray  # (scenarios,)


def scenarios() -> list[tuple[FloatArray, float]]:
    """Mean by week and phi of each."""
    week = np.arange(1, WEEKS + 1, dtype=np.float64)
    found = []
    for level, trend, cosine, sine, phi in SETS:
        for rising in (0, 1):
            for waves in (0, 1, 2):
                log = level + trend * rising * week
                for wave in range(1, waves + 1):
                    angle = 2 * np.pi * wave * week / 52
                    log = log + cosine * np.cos(angle) + sine * np.sin(angle)
                found.append((np.exp(log), phi))
    return found


def draw(replicates: int, seed: int, meanlog: float = 0.0) -> Design:
    """Every series has a stream of its own. Ten replicates hold each size of the current outbreak once."""
    known = scenarios()
    shape = (len(known), replicates)
    quiet, struck = np.zeros((*shape, WEEKS), np.int64), np.zeros((*shape, WEEKS), np.int64)
    first, last = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    for s, (mean, phi) in enumerate(known):
        for r in range(replicates):
            dice = np.random.default_rng([seed, s + 1, r])
            now, before = r % SIZES + 1, OLD[(r % 10 + r // 10) % len(OLD)]
            base = dice.poisson(mean) if phi <= 1 else dice.negative_binomial(mean / (phi - 1), 1 / phi)
            for start in dice.choice(np.arange(PAST[0], PAST[1] + 1), 4, replace=False).tolist():
                base = base + _outbreak(dice, mean, phi, start, before, PAST[1], meanlog)
            start = int(dice.integers(JUDGED[0], JUDGED[1] + 1))
            more = _outbreak(dice, mean, phi, start, now, JUDGED[1], meanlog)
            quiet[s, r], struck[s, r] = base, base + more
            weeks = np.flatnonzero(more) + 1
            if len(weeks):
                first[s, r], last[s, r] = weeks[0], weeks[-1]
    return Design(quiet, struck, first, last, np.array([m for m, _ in known]), np.array([phi for _, phi in known]))


def _outbreak(
    dice: np.random.Generator, mean: FloatArray, phi: float, start: int, size: int, until: int, meanlog: float
) -> IntArray:
    more = np.zeros(WEEKS, np.int64)
    cases = dice.poisson(size * np.sqrt(phi * mean[start - 1]))
    week = start + np.floor(dice.lognormal(meanlog, 0.5, cases)).astype(np.int64)
    np.add.at(more, week[week <= until] - 1, 1)
    return more


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.weekly_design", description=__doc__.split("\n")[0])
    parser.add_argument("--replicates", type=int, default=50)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--meanlog", type=float, default=0.0)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args(arguments)
    design = draw(given.replicates, given.seed, given.meanlog)
    np.savez_compressed(
        given.out,
        y0=design.quiet,
        y=design.struck,
        first=design.first,
        last=design.last,
        mu=design.mean,
        phi=design.phi,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
