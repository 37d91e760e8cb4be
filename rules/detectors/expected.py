"""What `Surprise` expects of windows: a few gathers from memory, no loop over points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from rules.detectors import shares, weeks
from rules.detectors.port import BoolArray, Clock, FloatArray, IntArray, Kin, Law, Memory, Points, Recent
from rules.detectors.young import Standing, standing

LEAST_MEAN: Final = 1e-9
_PART_OF: Final = shares.day_parts(168)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where windows lie in the week, in cells. Shape (P,)."""

    first: IntArray  # slot of the first cell
    last: IntArray  # slot of the last
    cells: FloatArray  # length in cells
    end: FloatArray  # place of the end: slot + fraction, one week on
    slots_per_cell: float
    first_cell: IntArray
    last_cell: IntArray
    end_cell: FloatArray  # the end, counted in cells
    broken: BoolArray  # a holiday or a clock change lies within: slots do not follow one another


def law(memory: Memory, recent: Recent, clock: Clock, points: Points, kin: Kin, learn_days: float) -> Law:
    """Mean and spread of each point; series younger than memory lean on their parents."""
    slots = int(memory["about"][0])
    who = _who(memory, recent, clock, points.series, points.first, kin)
    place = _placed(clock, points, slots, memory["about"])
    mean = who.weekly * _mass(memory["cum"], who.row, place, slots, clock, memory["shape"])
    if len(memory["curve"]):
        mean = mean * weeks.factor(memory, who.row, place.end_cell, place.cells)
    if slots == 168:
        mean = mean * _part_factor(memory["parts"], who.like, place)
    mean = np.maximum(mean, LEAST_MEAN)
    pair = _pair(memory["spread"], memory["windows"], who.like, place.cells)
    over = pair[:, 0] + (pair[:, 1] + who.noise) * mean
    return Law(mean, over, who.days >= learn_days)


def least(
    memory: Memory, recent: Recent, clock: Clock, series: IntArray, first: IntArray, last: IntArray, starts: IntArray,
    kin: Kin, learn_days: float,
) -> Law:  # fmt: skip
    """The law of each series' least expecting window in each block, shape (B * S,), block after block; windows first..
    last, shape (W,), are cut into blocks of one length before each of `starts`, shape (B,).

    Where a window lies in the week is worked out once for all series of one shape and share, not once a series.
    """
    slots, many = int(memory["about"][0]), len(series)
    ends = last[np.append(starts[1:], len(last)) - 1]
    who = _who(memory, recent, clock, np.tile(series, len(starts)), np.repeat(ends, many), kin)
    alike, place_of = np.unique(who.row[:many] * len(memory["parts"]) + who.like[:many], return_inverse=True)
    row, like = np.divmod(alike, len(memory["parts"]))
    place = _placed(clock, Points(np.zeros(len(first), np.int64), first, last), slots, memory["about"])
    mass = _masses(memory["cum"], row, place, slots, clock, memory["shape"])
    if len(memory["curve"]):
        mass = mass * weeks.factor(memory, row[:, None], place.end_cell, place.cells)
    if slots == 168:
        mass = mass * _part_factors(memory["parts"], like, place)
    mass = np.minimum.reduceat(mass, starts, axis=1)[place_of].T.ravel()
    mean = np.maximum(who.weekly * mass, LEAST_MEAN)
    pair = _pair(memory["spread"], memory["windows"], who.like, np.repeat(place.cells[starts], many))
    over = pair[:, 0] + (pair[:, 1] + who.noise) * mean
    return Law(mean, over, who.days >= learn_days)


def _who(
    memory: Memory, recent: Recent, clock: Clock, series: IntArray, first: IntArray, kin: Kin
) -> Standing:  # fmt: skip
    """What is known of each series, shape (P,); `first`: the bucket up to which it has been heard."""
    slots = int(memory["about"][0])
    known = len(memory["traits"])
    if len(series) and int(series.max()) >= known:
        who = standing(memory, kin, series)
        began = clock.cell(recent.began(kin.top_area[series]))
        heard = (clock.cell(first) - began) * 7.0 * memory["about"][4] / slots
        return replace(who, days=np.where(series < known, who.days, np.minimum(who.days, heard)))
    traits = memory["traits"][series]
    return Standing(traits[:, 0].astype(np.int64), traits[:, 1], traits[:, 2], traits[:, 3], series)


def _placed(clock: Clock, points: Points, slots: int, about: FloatArray) -> _Place:
    count = len(points)
    both = np.concatenate((points.first, points.last))
    slot, cell, fraction = clock.slot(both), clock.cell(both), clock.fraction_through_cell(both)
    first, last = slot[:count], slot[count:]
    run = cell[count:] - cell[:count]
    cells = run + fraction[count:] - fraction[:count] + 1.0 / about[1]
    broken = (last - first - run) % slots != 0
    ends = cell[count:] + fraction[count:]
    return _Place(
        first, last, cells, slots + last + fraction[count:], about[4], cell[:count], cell[count:], ends, broken
    )


def _mass(cum: FloatArray, row: IntArray, place: _Place, slots: int, clock: Clock, shape: FloatArray) -> FloatArray:
    """Weeks of events that each window holds, shape (P,): whole weeks, and the difference of a running sum."""
    weeks = place.cells // slots
    edges = np.stack((place.end, place.end - (place.cells - weeks * slots)))
    whole = edges.astype(np.int64)
    low = cum[row, whole]
    at = low + (edges - whole) * (cum[row, whole + 1] - low)
    mass = at[0] - at[1] + weeks
    if place.broken.any():
        at_broken = np.flatnonzero(place.broken)
        mass[at_broken] = _cell_by_cell(shape, row[at_broken], place, at_broken, clock)
    return np.asarray(mass)


def _masses(cum: FloatArray, row: IntArray, place: _Place, slots: int, clock: Clock, shape: FloatArray) -> FloatArray:
    """The same for every row and every window, shape (R, W)."""
    weeks = place.cells // slots
    edges = np.stack((place.end, place.end - (place.cells - weeks * slots)))
    whole = edges.astype(np.int64)
    known, column_of = np.unique(np.concatenate((whole.ravel(), whole.ravel() + 1)), return_inverse=True)
    mine = cum[row][:, known]
    low, high = mine[:, column_of[: whole.size]], mine[:, column_of[whole.size :]]
    at = low + (edges - whole).ravel() * (high - low)
    count = whole.shape[1]
    mass: FloatArray = at[:, :count] - at[:, count:] + weeks
    for n in np.flatnonzero(place.broken).tolist():
        where = np.full(len(row), n)
        mass[:, n] = _cell_by_cell(shape, row, place, where, clock)
    return mass


def _cell_by_cell(shape: FloatArray, row: IntArray, place: _Place, at: IntArray, clock: Clock) -> FloatArray:
    """The same where a holiday breaks the run of slots: every cell of the window by its own slot."""
    first, last = place.first_cell[at], place.last_cell[at]
    reach = np.arange(int((last - first).max()) + 1)
    cells = first[:, None] + reach
    inside = cells <= last[:, None]
    slots = clock.cell_slot(np.minimum(cells, last[:, None]).ravel()).reshape(cells.shape)
    weight = inside.astype(np.float64)
    into_last = place.end[at] - np.floor(place.end[at])
    into_last = np.where(into_last == 0, 1.0, into_last)
    weight[np.arange(len(at)), last - first] = into_last
    weight[:, 0] += place.cells[at] - weight.sum(axis=1)
    return np.asarray((shape[row[:, None], slots] * weight).sum(axis=1))


def _part_factor(parts: FloatArray, like: IntArray, place: _Place) -> FloatArray:
    """The share's day-part factor over a window: first, middle and last cell; 1 for a day and longer."""
    middle = (place.last - (place.cells * (0.5 * place.slots_per_cell)).astype(np.int64)) % 168
    part = _PART_OF[np.stack((place.first, middle, place.last))]
    factor = parts[like, part].sum(axis=0) / 3.0
    return np.where(place.cells * place.slots_per_cell >= 24, 1.0, factor)


def _part_factors(parts: FloatArray, like: IntArray, place: _Place) -> FloatArray:
    """The same for every series and every window, shape (S, W)."""
    middle = (place.last - (place.cells * (0.5 * place.slots_per_cell)).astype(np.int64)) % 168
    part = _PART_OF[np.stack((place.first, middle, place.last))]
    mine = parts[like]
    factor = (mine[:, part[0]] + mine[:, part[1]] + mine[:, part[2]]) / 3.0
    return np.where(place.cells * place.slots_per_cell >= 24, 1.0, factor)


def _pair(spread: FloatArray, windows: FloatArray, like: IntArray, cells: FloatArray) -> FloatArray:
    """(kappa, alpha) for each length, shape (P, 2); between the rule's lengths by the logarithm of the length."""
    if len(windows) == 1:
        return np.asarray(spread[like, 0])
    upper = np.clip(np.searchsorted(windows, cells), 1, len(windows) - 1)
    edges = np.log(windows)
    weight = (np.log(np.maximum(cells, windows[0])) - edges[upper - 1]) / (edges[upper] - edges[upper - 1])
    weight = np.clip(weight, 0.0, 1.0)[:, None]
    return np.asarray((1 - weight) * spread[like, upper - 1] + weight * spread[like, upper])
