"""What alarms and scores of the weekly design are worth, at equal false alarms.

One threshold for all scenarios; where the rate of false alarms falls between two settings, figures are taken between
them in proportion. Rates of false alarms are of the quiet series; an outbreak is heard by an alarm between its first
and its last case. The delay of one that is not heard is its whole length: no one looks quick by missing the slow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.weekly_design import JUDGED
from rules.detectors.port import BoolArray, FloatArray, IntArray

RATES: Final = (0.005, 0.01, 0.025, 0.05)


@dataclass(frozen=True, slots=True)
class Point:
    """Figures at one rate of false alarms."""

    false: float
    heard: float
    first_week: float
    delay: float
    f1: float  # of weeks, alarmed and struck
    worst: float  # the rate of false alarms of the worst scenario over that of all


@dataclass(frozen=True, slots=True)
class Truth:
    first: IntArray  # (scenarios, replicates)
    last: IntArray

    @property
    def struck(self) -> BoolArray:
        """Weeks of the outbreak, shape (scenarios, replicates, judged weeks)."""
        week = np.arange(JUDGED[0], JUDGED[1] + 1)
        first, last = self.first[..., None], self.last[..., None]
        return np.asarray((first > 0) & (week >= first) & (week <= last))


def point(quiet: BoolArray, loud: BoolArray, truth: Truth) -> Point:
    """Of one setting: alarms on quiet and on struck series, shape (scenarios, replicates, weeks)."""
    struck, has = truth.struck, truth.first > 0
    inside: BoolArray = loud & struck
    heard = np.asarray(inside.any(axis=-1))[has]
    took: IntArray = inside.argmax(axis=-1)[has] + JUDGED[0] - truth.first[has]
    length = (truth.last - truth.first + 1)[has]
    right, wrong = float(inside.sum()), float((quiet & ~struck).sum())
    sensitive, precise = right / struck.sum(), right / max(right + wrong, 1.0)
    rate = float(quiet.mean())
    return Point(
        rate, float(heard.mean()), float((heard & (took == 0)).mean()), float(np.where(heard, took, length).mean()),
        2 * sensitive * precise / max(sensitive + precise, 1e-12),
        float(quiet.mean(axis=(1, 2)).max() / max(rate, 1e-12)),
    )  # fmt: skip


def of_alarms(quiet: BoolArray, loud: BoolArray, truth: Truth) -> dict[float, Point]:
    """Figures at each of `RATES`, of alarms at many settings: shape (settings, scenarios, replicates, weeks)."""
    points = sorted((point(q, s, truth) for q, s in zip(quiet, loud, strict=True)), key=lambda p: p.false)
    return {rate: between(points, rate) for rate in RATES}


def of_scores(quiet: FloatArray, loud: FloatArray, truth: Truth) -> dict[float, Point]:
    """The same of scores without memory, shape (scenarios, replicates, weeks)."""
    found = {}
    for rate in RATES:
        cut = np.sort(quiet.ravel())[::-1][int(rate * quiet.size)]
        found[rate] = between([point(quiet > cut, loud > cut, truth), point(quiet >= cut, loud >= cut, truth)], rate)
    return found


def between(points: list[Point], rate: float) -> Point:
    """Figures at a rate, in proportion between the two settings around it. `points`: by rate, ascending."""
    rates = [p.false for p in points]

    def at(values: list[float]) -> float:
        return float(np.interp(rate, rates, values))

    return Point(
        rate, at([p.heard for p in points]), at([p.first_week for p in points]), at([p.delay for p in points]),
        at([p.f1 for p in points]), at([p.worst for p in points]),
    )  # fmt: skip


def rate_for(quiet: BoolArray, loud: BoolArray, truth: Truth, heard: float) -> float:
    """The rate of false alarms at which a share of the outbreaks is heard."""
    points = sorted((point(q, s, truth) for q, s in zip(quiet, loud, strict=True)), key=lambda p: p.heard)
    return float(np.interp(heard, [p.heard for p in points], [p.false for p in points]))
