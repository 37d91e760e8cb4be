"""The course of the years: events a week of each category, from all weeks that are known, told some weeks ahead.

Ten log-linear means are fitted to weekly counts by quasi-Poisson scoring and averaged by exp(-BIC / 2): {level, level
and trend} x {no season, one, two yearly waves} x {calendar year, year of 52 weeks, as statistics by number of the week
have it}. Averaging costs less where the trend is doubtful than the largest model does, whose extrapolation errs.

Weeks of past spikes are weighted down by (2.58 / z)^2 where the Anscombe residual z of the week, or of the two or four
weeks around it, is above 2.58. A level that moves for good is told from a spike by its length: residuals held at 2.58
add up to a step; what lies before the step is put on the new level and the fit begins anew.
Source: Noufaily, Enki, Farrington, Garthwaite, Andrews, Charlett, Statistics in Medicine 32 (2013), 1206-1222 (the
weights); Raftery, Sociological Methodology 25 (1995), 111-163 (averaging). Decision: docs/decisions/0023.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from rules.detectors.port import BoolArray, FloatArray, IntArray

GUARD: Final = 4
"""The newest weeks teach nothing: a rise that is just beginning must not be learnt."""
_YEARS: Final = (52.0, 365.2425 / 7)
_WAVES: Final = 2
_TREND_WEEKS: Final = 26
_SEASON_WEEKS: Final = 78
"""Weeks that must have been seen before a trend, or a season, may be told from chance."""
_RIDGE: Final = np.array([1e-9, 0.3, 1.0, 1.0, 1.0, 1.0])
"""Pulls on level, trend (time runs from -1 to 1) and waves towards nothing, in events."""
_CUT: Final = 2.576
"""Anscombe residuals above this teach the mean less."""
_WIDE_CUT: Final = 3.4
"""The same for the dispersion, and squared: counts of few events are skew, what is cut off is missed in the law."""
_RUNS: Final = (1, 2, 4)
_ROUNDS: Final = 3
_STEP: Final = 6.0
"""Standard deviations of summed residuals from which on they are a step of the level."""
_STEP_WEEKS: Final = 6
_STEPS: Final = 3
_ROWS: Final = 256
_LEAST: Final = 1e-9
_UNSEEN: Final = 0.5
"""Events that the whole past is taken to hold besides: no level is nothing."""
_STEP_EVENTS: Final = 5.0
_MOST_APART: Final = 60.0
"""No two neighbours count for more: one spike would hide a step."""
_GUESS: Final = 1.25
_GUESS_WEEKS: Final = 8.0
"""The dispersion before anything is known, and what it weighs."""

_MODELS: Final = tuple(
    (year, (0, *((1,) if trend else ()), *range(2, 2 + 2 * waves)))
    for year in range(len(_YEARS))
    for trend in (False, True)
    for waves in range(_WAVES + 1)
    if waves or year == 0
)
"""(which year, columns of the design)."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What is expected of weeks to come. H weeks, T rows."""

    mean: FloatArray  # (T, H) events a week
    doubt: FloatArray  # (T, H) variance of log(mean): of the estimate, and between the models
    dispersion: FloatArray  # (T,) variance of a week over its mean, at least 1
    moved: BoolArray  # (T,) a step of the level lies in the past


def fitted(counts: FloatArray, seen: FloatArray, weeks: IntArray, ahead: IntArray) -> Curve:
    """The curve of each row in the weeks `ahead`.

    counts: events, shape (T, N); seen: which part of each week was heard, 0..1, same shape; weeks: their numbers,
    consecutive, shape (N,); ahead: shape (H,), not before the first of `weeks`.
    """
    parts = [
        _fitted(counts[at : at + _ROWS], seen[at : at + _ROWS], weeks, ahead) for at in range(0, len(counts), _ROWS)
    ]
    if not parts:
        nothing = np.zeros((0, len(ahead)))
        return Curve(nothing, nothing, np.zeros(0), np.zeros(0, bool))
    mean, doubt, dispersion, moved = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Curve(mean, doubt, dispersion, moved)


@dataclass(slots=True)
class _Weeks:
    """The weeks that teach. Axes: T rows, N weeks."""

    counts: FloatArray  # (T, N)
    seen: FloatArray  # (T, N)
    weight: FloatArray  # (T, N) 0 where nothing was heard
    ridge: FloatArray  # (T, 6) what may not be told yet is held at nothing

    def of(self, rows: IntArray) -> _Weeks:
        return _Weeks(self.counts[rows], self.seen[rows], self.weight[rows], self.ridge[rows])


@dataclass(slots=True)
class _Fit:
    """Coefficients by row, what they expect, and the information they rest on."""

    at: FloatArray  # (T, P)
    mean: FloatArray  # (T, N)
    information: FloatArray  # (T, P, P)


def _fitted(
    counts: FloatArray, seen: FloatArray, weeks: IntArray, ahead: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray, BoolArray]:
    heard = seen > 0
    known = heard.sum(axis=1)
    ridge = np.tile(_RIDGE, (len(counts), 1))
    ridge[known < _TREND_WEEKS, 1] = np.inf
    ridge[known < _SEASON_WEEKS, 2:] = np.inf
    lent = (counts + _UNSEEN / np.maximum(known, 1)[:, None]) * heard
    data = _Weeks(lent, np.maximum(seen, _LEAST), heard.astype(np.float64), np.minimum(ridge, 1e12))
    designs = [_designs(weeks, ahead, year) for year in _YEARS]
    mean, doubt, dispersion, place, factor = _averaged(data, designs)
    moved = place >= 0
    rows = np.flatnonzero(moved)
    for _ in range(_STEPS):
        if not len(rows):
            break
        before = np.arange(len(weeks)) < place[rows, None]
        times = factor[rows, None]
        data.counts[rows] = np.where(before, data.counts[rows] * times, data.counts[rows])
        data.weight[rows] = np.where(before, data.weight[rows] / times, data.weight[rows])
        again = _averaged(data.of(rows), designs)
        for of, new in zip((mean, doubt, dispersion, place, factor), again, strict=True):
            of[rows] = new
        rows = rows[place[rows] >= 0]
    return mean, doubt, dispersion, moved


def _designs(weeks: IntArray, ahead: IntArray, year: float) -> tuple[FloatArray, FloatArray]:
    """Columns 1, time, and the waves of a year, for the weeks that teach and for those ahead, shapes (N, 6), (H, 6)."""
    middle = (weeks[0] + weeks[-1]) / 2
    half = max((weeks[-1] - weeks[0]) / 2, 26.0)
    both = []
    for of in (weeks, ahead):
        angle = 2 * np.pi * of / year
        waves = [f(n * angle) for n in range(1, _WAVES + 1) for f in (np.cos, np.sin)]
        both.append(np.stack([np.ones(len(of)), (of - middle) / half, *waves], axis=1))
    return both[0], both[1]


def _averaged(
    data: _Weeks, designs: list[tuple[FloatArray, FloatArray]]
) -> tuple[FloatArray, FloatArray, FloatArray, IntArray, FloatArray]:
    """Mean, doubt, dispersion; where the level stepped last (-1: nowhere), and by what factor."""
    largest, weight, dispersion = _robust(data, [design for design, _ in designs])
    place, factor = _stepped(data, largest.mean, dispersion)
    told: FloatArray = np.array([np.all(data.ridge[:, list(c)] < 1e9, axis=1) for _, c in _MODELS])
    size = np.log(np.maximum(weight.sum(axis=1), 1.0))
    worth, means, spreads = [], [], []
    for year, columns in _MODELS:
        at = list(columns)
        design, beyond = designs[year][0][:, at], designs[year][1][:, at]
        fit = _scored(data, weight, design, largest.at[:, at], at, 3)
        likely = (weight * (data.counts * np.log(fit.mean) - fit.mean)).sum(axis=1) / dispersion
        worth.append(likely - len(at) * size / 2)
        means.append(np.exp(np.clip(fit.at @ beyond.T, -16, 16)))
        spreads.append(np.einsum("hp,tpq,hq->th", beyond, np.linalg.inv(fit.information), beyond) * dispersion[:, None])
    share = np.where(told, np.array(worth), -np.inf)
    share = np.exp(share - share.max(axis=0))
    share = (share / share.sum(axis=0))[:, :, None]
    each = np.array(means)
    mean, logs = (share * each).sum(axis=0), np.log(each)
    doubt = (share * (np.array(spreads) + (logs - (share * logs).sum(axis=0)) ** 2)).sum(axis=0)
    return mean, doubt, dispersion, place, factor


def _robust(data: _Weeks, designs: list[FloatArray]) -> tuple[_Fit, FloatArray, FloatArray]:
    """The largest model by the year that fits better, the weights of the weeks, and the dispersion."""
    everything = list(range(len(_RIDGE)))
    level = np.log(data.counts.sum(axis=1) / (data.seen * data.weight).sum(axis=1).clip(_LEAST) + _LEAST)
    start = np.zeros((len(level), len(everything)))
    start[:, 0] = level.clip(-16, 16)
    fits = [_scored(data, data.weight, design, start, everything, 5) for design in designs]
    likely = [(data.weight * (data.counts * np.log(fit.mean) - fit.mean)).sum(axis=1) for fit in fits]
    year = np.argmax(likely, axis=0)
    best, weight, dispersion = fits[0], data.weight.copy(), np.ones(len(level))
    for number, design in enumerate(designs):
        rows = np.flatnonzero(year == number)
        if not len(rows):
            continue
        mine, fit = data.of(rows), _Fit(fits[number].at[rows], fits[number].mean[rows], fits[number].information[rows])
        weights = gentle = mine.weight
        for _ in range(_ROUNDS):
            wide = _dispersion(mine, gentle, fit.mean)
            weights = mine.weight * _calm(mine, fit.mean, wide, _CUT)
            gentle = mine.weight * _calm(mine, fit.mean, wide, _WIDE_CUT) ** 2
            fit = _scored(mine, weights, design, fit.at, everything, 2)
        weight[rows], dispersion[rows] = weights, _dispersion(mine, gentle, fit.mean)
        best.at[rows], best.mean[rows], best.information[rows] = fit.at, fit.mean, fit.information
    return best, weight, dispersion


def _scored(
    data: _Weeks, weight: FloatArray, design: FloatArray, start: FloatArray, columns: list[int], rounds: int
) -> _Fit:
    """Fisher scoring from `start`, a few rounds; the means are those of the last coefficients."""
    p = design.shape[1]
    ridge = data.ridge[:, columns]
    upper = np.triu_indices(p)
    products = design[:, upper[0]] * design[:, upper[1]]
    at = start.copy()
    information = np.empty((len(at), p, p))
    diagonal = np.arange(p)
    mean = data.seen * np.exp(np.clip(at @ design.T, -16, 16))
    for _ in range(rounds):
        weighted = weight * mean
        gradient = (weight * data.counts - weighted) @ design - ridge * at
        sums = weighted @ products
        information[:, upper[0], upper[1]] = sums
        information[:, upper[1], upper[0]] = sums
        information[:, diagonal, diagonal] += ridge
        at += np.clip(np.linalg.solve(information, gradient[:, :, None])[:, :, 0], -1.5, 1.5)
        mean = data.seen * np.exp(np.clip(at @ design.T, -16, 16))
    return _Fit(at, mean, information)


def _dispersion(data: _Weeks, weight: FloatArray, mean: FloatArray) -> FloatArray:
    """Weighted Pearson statistic over its degrees of freedom, shrunk to a first guess; at least 1. Shape (T,)."""
    pearson = (weight * (data.counts - mean) ** 2 / mean).sum(axis=1)
    free = np.maximum(weight.sum(axis=1) - len(_RIDGE), 0.0)
    return np.asarray(np.maximum((pearson + _GUESS_WEEKS * _GUESS) / (free + _GUESS_WEEKS), 1.0))


def _anscombe(counts: FloatArray, mean: FloatArray, dispersion: FloatArray) -> FloatArray:
    """Residuals that are nearly normal, shape (T, N)."""
    root = np.cbrt(mean)
    residual: FloatArray = 1.5 * (np.cbrt(counts) ** 2 - root**2) / (np.sqrt(root) * np.sqrt(dispersion)[:, None])
    return residual


def _calm(data: _Weeks, mean: FloatArray, dispersion: FloatArray, cut: float) -> FloatArray:
    """Weights of 1, less where a week, or a run of weeks around it, stands out above."""
    weight = np.ones_like(mean)
    heard = data.weight > 0
    counts, means = ((np.cumsum(np.pad(a * heard, ((0, 0), (1, 0))), axis=1)) for a in (data.counts, mean))
    for run in _RUNS:
        if run > mean.shape[1]:
            break
        total, expected = counts[:, run:] - counts[:, :-run], np.maximum(means[:, run:] - means[:, :-run], _LEAST)
        residual = _anscombe(np.maximum(total, 0.0), expected, dispersion)
        calm = np.where(residual > cut, (cut / np.maximum(residual, cut)) ** 2, 1.0)
        for week in range(run):
            part = weight[:, week : week + calm.shape[1]]
            np.minimum(part, calm, out=part)
    return weight


def _between_neighbours(data: _Weeks, mean: FloatArray) -> FloatArray:
    """Variance over mean out of the differences of neighbouring weeks, shape (T,); a level does not enter it."""
    both = np.minimum(data.weight[:, 1:], data.weight[:, :-1])
    expected = mean[:, 1:] + mean[:, :-1]
    more = np.diff(data.counts, axis=1) - np.diff(mean, axis=1)
    share = np.minimum(more**2 / np.maximum(expected, _LEAST), _MOST_APART)
    found = ((both * share).sum(axis=1) + _GUESS_WEEKS * _GUESS) / (both.sum(axis=1) + _GUESS_WEEKS)
    return np.asarray(np.maximum(found, 1.0))


def _stepped(data: _Weeks, mean: FloatArray, dispersion: FloatArray) -> tuple[IntArray, FloatArray]:
    """The week from which on residuals add up to another level (-1: none), and how many times the old one it is.

    Each residual counts for `_CUT` standard deviations at most, so that no spike of a few weeks is a step. How wide
    they lie is told from one week to the next: a trend through a step makes the whole look wide, neighbours stay alike.
    """
    dispersion = np.minimum(dispersion, _between_neighbours(data, mean))
    spread = np.sqrt(dispersion[:, None] * np.maximum(mean, _LEAST))
    heard = data.weight > 0
    held = np.clip(data.counts, mean - _CUT * spread, mean + _CUT * spread)
    more = np.cumsum((held - mean) * heard, axis=1)
    behind = np.cumsum(mean * heard, axis=1)
    ahead = behind[:, -1:] - behind
    evidence = np.abs(more - more[:, -1:] * behind / np.maximum(behind[:, -1:], _LEAST))
    evidence /= np.sqrt(dispersion[:, None] * np.maximum(behind * ahead / np.maximum(behind[:, -1:], _LEAST), _LEAST))
    weeks = np.cumsum(heard, axis=1)
    sound = (
        (weeks >= _STEP_WEEKS) & (weeks[:, -1:] - weeks >= _STEP_WEEKS) & (np.minimum(behind, ahead) >= _STEP_EVENTS)
    )
    evidence = np.where(sound, evidence, 0.0)
    last = np.argmax(evidence, axis=1)
    row = np.arange(len(mean))
    free = np.cumsum((data.counts - mean) * heard, axis=1)
    old = np.maximum(free[row, last] + behind[row, last], _UNSEEN) / np.maximum(behind[row, last], _LEAST)
    new = np.maximum(free[:, -1] - free[row, last] + ahead[row, last], _UNSEEN) / np.maximum(ahead[row, last], _LEAST)
    found = evidence[row, last] > _STEP
    return np.where(found, last + 1, -1), np.where(found, np.clip(new / old, 0.02, 50.0), 1.0)
