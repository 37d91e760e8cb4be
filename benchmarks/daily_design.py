"""The published daily design rebuilt: 16 signals of seven years, one outbreak in the last 49 weeks.

Means, holidays, outbreaks and their sizes as in Noufaily, Morbey, Colon-Gonzalez, Elliot, Smith, Lake, McCarthy:
Comparison of statistical algorithms for daily syndromic surveillance aberration detection, Bioinformatics 35 (2019),
3110-3118, and in the code that its authors published; parameters in `daily_signals.csv`. Years have 52 weeks there.
Own choices: eight holidays a year at fixed places (the published list is of one country's), outbreaks of no case are
drawn again, and the seasonal outbreaks of three signals are left out.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from rules.detectors.port import BoolArray, FloatArray, IntArray

SIGNALS: Final = Path(__file__).with_name("daily_signals.csv")
YEARS: Final = 7
DAYS: Final = 364 * YEARS
JUDGED: Final = 343
"""The last days, in which the outbreak lies and alarms are counted."""
SIZES: Final = (2, 3, 5, 10)
HOLIDAYS: Final = (0, 96, 99, 126, 147, 239, 358, 359)
"""Days of each year that are holidays."""
_FIVE: Final = np.array([1.5, 1.1, 1.0, 1.0, 1.1])
_SEVEN: Final = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 2.0, 2.0])
"""What an outbreak's cases of each day of the week count for, Monday first."""


@dataclass(frozen=True, slots=True)
class Signal:
    """One row of the table."""

    name: str
    days: int
    yearly: int
    weekly: int
    alpha: float
    beta: float
    year: tuple[float, float]
    week: tuple[float, float]
    phi: float
    shift: int
    divided: int

    def mean(self) -> FloatArray:
        """Of each reporting day, shape (52 * days * YEARS,)."""
        at = np.arange(1, 52 * self.days * YEARS + 1) + self.shift
        log = self.alpha + self.beta * at
        for (cosine, sine), waves, period in (
            (self.year, self.yearly, 52 * self.days),
            (self.week, self.weekly, self.days),
        ):
            for wave in range(1, waves + 1):
                log = (
                    log
                    + cosine * np.cos(2 * np.pi * wave * at / period)
                    + sine * np.sin(2 * np.pi * wave * at / period)
                )
        return np.asarray(np.exp(log))


@dataclass(frozen=True, slots=True)
class Drawn:
    """Series by signal and replicate, on all days of the week: shapes (G, R, DAYS), outbreaks (G, R, sizes, JUDGED)."""

    quiet: IntArray
    outbreaks: IntArray
    holiday: BoolArray  # (DAYS,)


def signals() -> list[Signal]:
    with SIGNALS.open(encoding="utf-8", newline="") as file:
        return [
            Signal(
                row["signal"], int(row["days_per_week"]), int(row["annual_terms"]), int(row["weekly_terms"]),
                float(row["alpha"]), float(row["beta"]), (float(row["g_cos_year"]), float(row["g_sin_year"])),
                (float(row["g_cos_week"]), float(row["g_sin_week"])), float(row["phi"]), int(row["shift"]),
                int(row["divide_by"]),
            )
            for row in csv.DictReader(file)
        ]  # fmt: skip


def draw(replicates: int, seed: int) -> Drawn:
    """Quiet series, and beside them the cases of an outbreak of each size at one start a series."""
    known = signals()
    holiday = np.isin(np.arange(DAYS) % 364, HOLIDAYS)
    quiet = np.zeros((len(known), replicates, DAYS), np.int64)
    outbreaks = np.zeros((len(known), replicates, len(SIZES), JUDGED), np.int64)
    for g, signal in enumerate(known):
        open_days = np.flatnonzero(np.arange(DAYS) % 7 < signal.days)
        mean = signal.mean()
        for r in range(replicates):
            dice = np.random.default_rng([seed, g, r])
            counts = _noise(dice, mean, signal.phi) / signal.divided
            start = int(dice.integers(len(mean) - 49 * signal.days, len(mean) - 10))
            spread = np.sqrt(mean[start] * signal.phi) / signal.divided
            row = np.zeros(DAYS)
            row[open_days] = counts
            quiet[g, r] = np.round(_with_holidays(row, holiday, signal.days))
            for s, size in enumerate(SIZES):
                cases = _cases(dice, size * signal.days * spread, len(mean) - start)
                weights = (_FIVE if signal.days == 5 else _SEVEN)[(start + np.arange(len(cases))) % signal.days]
                more = np.zeros(DAYS)
                more[open_days[start : start + len(cases)]] = np.round(cases * weights)
                struck = _with_holidays(row + more, holiday, signal.days)
                outbreaks[g, r, s] = (np.round(struck) - quiet[g, r])[-JUDGED:]
    return Drawn(quiet, np.maximum(outbreaks, 0), holiday)


def _noise(dice: np.random.Generator, mean: FloatArray, phi: float) -> FloatArray:
    drawn = dice.poisson(mean) if phi == 1 else dice.negative_binomial(mean / (phi - 1), 1 / phi)
    return np.asarray(drawn, np.float64)


def _cases(dice: np.random.Generator, expected: float, room: int) -> FloatArray:
    """Cases of each day of an outbreak: a quarter of a unit of lognormal(0, 0.5) a day."""
    total = 0
    while total < 2:
        total = int(dice.poisson(expected))
        expected = max(expected, 2.0)
    day = (dice.lognormal(0.0, 0.5, total) / 0.25).astype(np.int64)
    return np.bincount(day[day < room]).astype(np.float64)


def _with_holidays(row: FloatArray, holiday: BoolArray, days: int) -> FloatArray:
    """Closed on holidays and busier the day after, or, where all days are open, twice as busy."""
    found = row.copy()
    if days == 7:
        found[holiday] *= 2
        return found
    found[holiday] = 0
    after = np.flatnonzero(holiday[:-1]) + 1
    found[after] *= 1.5
    return found
