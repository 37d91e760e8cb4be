"""How `Surprise` learns a day: what the mean in force expected, what came, what is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol, Self

import numpy as np

from rules.detectors import levels, shapes, shares, spread, weeks
from rules.detectors.ledger import PARTS, Ledger, slots_per_cell
from rules.detectors.port import BoolArray, FloatArray, IntArray, Kin, Past

_UNCAPPED_DAYS: Final = 10.0
"""Before this there is no mean worth capping by."""
_SETTLED_DAYS: Final = 14.0
"""Before this residuals tell of the mean's errors, not of spread."""


_TOLD_DAYS: Final = 2 * levels.STAYS
"""Days in a row of an episode leave the spread for this long: the level moves first, and only what is then still
far from it is spread. Otherwise the way to the new level would be learnt as spread, and the series go deaf."""


class _HalfLives(Protocol):
    @property
    def shape_days(self) -> float: ...
    @property
    def level_days(self) -> float: ...
    @property
    def share_days(self) -> float: ...
    @property
    def spread_days(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """Half-lives in days."""

    shape: float
    level: float
    share: float
    spread: float

    @classmethod
    def of(cls, detector: _HalfLives) -> Self:
        return cls(detector.shape_days, detector.level_days, detector.share_days, detector.spread_days)


@dataclass(frozen=True, slots=True)
class _Day:
    """Some cells of the past, missing ones left out; about a day."""

    cells: IntArray  # (C,)
    slots: IntArray  # (C,)
    counts: FloatArray  # (S, C)
    means: FloatArray  # (S, C) by the mean in force
    base: FloatArray  # (T, C) the same of the topmost areas
    held: BoolArray  # (S, C) an episode stood and has not stood for long
    told: BoolArray  # (S,) an episode stood, and not for so long that it is what is usual now
    days: float


def learn(ledger: Ledger, past: Past, pace: Pace, *, spread_too: bool = True) -> None:
    """Take in `past`, a day at a time, each judged by what was known the day before.

    Without `spread_too` the days teach level, shape and shares alone: their residuals were taken in by `learn_spread`.
    """
    if ledger.slots != past.slots_per_week:
        raise ValueError(f"memory of {ledger.slots} slots a week, past of {past.slots_per_week}")
    if len(ledger.row) > len(past.kin):
        raise ValueError(f"memory of {len(ledger.row)} series, past of {len(past.kin)}")
    if ledger.about[2] == 0 and len(past.slots):
        ledger.about[4] = slots_per_cell(past)  # before anything is known, the first past of any length decides
    grown = ledger.grow(past.kin, past.began)
    if grown or len(past.late[0]):
        _take_late(ledger, past)
        derive(ledger, past.kin, pace)
    for at in by_day(ledger, past):
        day = _looked_at(ledger, past, at)
        if spread_too:
            _take_spread(ledger, past.kin, day, pace)
        _take_day(ledger, past, day, pace)
        derive(ledger, past.kin, pace)
    if len(past.cells):
        ledger.about[3] = past.cells[-1] + 1
        weeks.take(ledger, past)
        if weeks.followed(ledger):
            derive(ledger, past.kin, pace)


def learn_spread(ledger: Ledger, past: Past, pace: Pace) -> None:
    """Take in the residuals of one day, all of it seen, against the mean in force; and nothing else of it."""
    _take_spread(ledger, past.kin, _looked_at(ledger, past, np.arange(len(past.cells))), pace)


def by_day(ledger: Ledger, past: Past) -> list[IntArray]:
    """Places of the cells that were seen, in pieces of about a day, oldest first."""
    seen = np.flatnonzero(~past.missing)
    pieces = np.array_split(seen, max(1, round(len(seen) / max(1.0, ledger.cells_per_day))))
    return [piece for piece in pieces if len(piece)]


def derive(ledger: Ledger, kin: Kin, pace: Pace) -> None:
    """What `law` reads, from the sums."""
    ledger.shape = shapes.week_shapes(ledger, kin)
    ledger.cum = shapes.summed(ledger.shape)
    ledger.rate = levels.rates(ledger)
    led = weeks.followed(ledger)
    if not led:
        ledger.curve = ledger.curve[:0]
    else:
        ledger.rate = weeks.rates_at(ledger, ledger.about[3:4].astype(np.int64))[:, 0]
    ledger.within, ledger.share = shares.shares(ledger, kin)
    ledger.parts = shares.part_factors(ledger, kin)
    ledger.pooled = spread.pooled(ledger, kin)
    ledger.spread = spread.spreads(ledger, kin)
    if led and ledger.slots == 1:  # all weeks are known, and told spikes from spread
        ledger.spread[ledger.top_series()] = np.stack((ledger.dispersion - 1.0, np.zeros(len(ledger.tops))), axis=1)[
            :, None
        ]
    rows = ledger.rows()
    days = ledger.past_cells[rows] / ledger.cells_per_day
    top = ledger.doubt[rows] if led else _rests_on(days, pace.level) / (ledger.level_events[rows] + 1.0)
    seen = _rests_on(days, pace.share) / (ledger.share_events + shares.SEEN)
    below = np.where(kin.area_depth > 0, seen, 0.0)
    ledger.traits = np.stack((ledger.row, ledger.rate[rows] * ledger.share, top + below, days), axis=1)


def _take_spread(ledger: Ledger, kin: Kin, day: _Day, pace: Pace) -> None:
    if ledger.days >= _SETTLED_DAYS:
        calm = ~_in_episode(day.told, kin)[:, None]
        counts, means = (day.counts, day.means) if calm.all() else (day.counts * calm, day.means * calm)
        spread.take_windows(ledger, kin, day.cells, counts, means, _fade(day, pace.spread))


def _take_day(ledger: Ledger, past: Past, day: _Day, pace: Pace) -> None:
    above = day.held.any(axis=1)
    above |= _take_shares(ledger, past, day, pace)
    tops = ledger.top_series()
    above[tops] |= _take_levels(ledger, past, day, pace)
    ledger.stood = levels.after_day(ledger.stood, above)
    ledger.about[2] += len(day.cells)


def _in_episode(held: BoolArray, kin: Kin) -> BoolArray:
    """Series in which an episode stood this day, or in an ancestor of theirs; shape (S,).

    Their whole day leaves the spread: a storm that was told to a desk is no part of what is usual, and the hours
    in which it rose and fell are as much storm as those that spoke.
    """
    inside = held.copy()
    steps = int(kin.area_depth.max(initial=0) + kin.category_depth.max(initial=0)) if held.any() else 0
    for _ in range(steps):
        for parent in (kin.area_parent, kin.category_parent):
            inside |= (parent >= 0) & inside[parent]
    return inside


def _looked_at(ledger: Ledger, past: Past, at: IntArray) -> _Day:
    slots = past.slots[at]
    rate = weeks.rates_at(ledger, past.cells[at]) if weeks.followed(ledger) else ledger.rate[:, None]
    base = rate * ledger.shape[:-1, slots]
    means = base[ledger.rows()] * ledger.share[:, None]
    if ledger.slots == 168:
        means *= ledger.parts[:, shares.day_parts(168)[slots]]
    held = past.frozen[:, at] & (ledger.stood < levels.STAYS)[:, None]
    told = past.frozen[:, at].any(axis=1) & (ledger.stood < _TOLD_DAYS)
    counts = past.counts[:, at].astype(np.float64)
    return _Day(past.cells[at], slots, counts, means, base, held, told, len(at) / ledger.cells_per_day)


def _take_shares(ledger: Ledger, past: Past, day: _Day, pace: Pace) -> BoolArray:
    """Areas of each category and their day parts; which areas passed their day's cap."""
    taught = np.where(day.held, day.means, day.counts) if day.held.any() else day.counts
    total = taught.sum(axis=1)
    wanted = ledger.share * total[past.kin.top_area]
    most = wanted + 3.0 * np.sqrt(np.maximum(wanted, 0.3)) + 1.0
    below = past.kin.area_depth > 0
    above = below & (total > most)
    if ledger.days > _UNCAPPED_DAYS:
        total = np.where(above & (ledger.stood < levels.STAYS), most, total)
    fade = _fade(day, pace.share)
    ledger.share_events = np.maximum(ledger.share_events * fade + total, 0.0)
    if ledger.slots == 168:
        which = shares.day_parts(168)[day.slots][:, None] == np.arange(PARTS)
        ledger.part_events = ledger.part_events * fade + taught @ which.astype(np.float64)
    return above if ledger.days > _UNCAPPED_DAYS else np.zeros_like(above)


def _take_levels(ledger: Ledger, past: Past, day: _Day, pace: Pace) -> BoolArray:
    """Level and shape of each category at its topmost area; which passed their day's cap."""
    tops = ledger.top_series()
    counts, held = day.counts[tops], day.held[tops]
    above = np.zeros(len(tops), bool)
    if ledger.days > _UNCAPPED_DAYS:
        day_window = int(np.abs(ledger.windows - ledger.cells_per_day).argmin())
        restrained = (ledger.stood[tops] < levels.STAYS)[:, None]
        lower = levels.capped(counts, day.base, ledger.spread[tops, 0, 1:])
        _, above = levels.capped_days(counts, day.base, ledger.spread[tops, day_window, 1:])
        lower, _ = levels.capped_days(lower, day.base, ledger.spread[tops, day_window, 1:])
        counts = np.where(restrained, lower, counts)
    begun = np.ones(held.shape, bool) if past.began is None else day.cells >= past.began[tops][:, None]
    live = begun & ~held
    events, weeks = (counts * live).sum(axis=1), (ledger.shape[:-1, day.slots] * live).sum(axis=1)
    fade = _fade(day, pace.level)
    ledger.level_events = ledger.level_events * fade + events
    ledger.level_weeks = ledger.level_weeks * fade + weeks
    ledger.long_events = ledger.long_events + events
    ledger.long_weeks = ledger.long_weeks + weeks
    ledger.past_cells = ledger.past_cells + begun.sum(axis=1)
    fade = _fade(day, pace.shape)
    ledger.shape_events *= fade
    ledger.exposure *= fade
    np.add.at(ledger.shape_events.T, day.slots, np.where(held, day.base, counts).T)
    np.add.at(ledger.exposure, day.slots, 1.0)
    return above


def _take_late(ledger: Ledger, past: Past) -> None:
    """Changes in cells that were taken in before: counts added or taken back since."""
    series, slots, delta = past.late
    if not len(series):
        return
    change = delta.astype(np.float64)
    np.add.at(ledger.share_events, series, change)
    if ledger.slots == 168:
        np.add.at(ledger.part_events, (series, shares.day_parts(168)[slots]), change)
    top = past.kin.top_area[series] == series
    rows = ledger.rows()[series[top]]
    np.add.at(ledger.shape_events, (rows, slots[top]), change[top])
    np.add.at(ledger.level_events, rows, change[top])
    np.add.at(ledger.long_events, rows, change[top])
    for name in ("share_events", "part_events", "shape_events", "level_events", "long_events"):
        setattr(ledger, name, np.maximum(getattr(ledger, name), 0.0))


def _rests_on(days: FloatArray, half_life_days: float) -> FloatArray:
    """The variance of a rate from a fading sum of events, times that sum: half of it once the past is long, for old
    events still tell of the rate as whole ones (the sum of w^2 over that of w, of weights w)."""
    return np.asarray((1.0 + 0.5 ** (days / half_life_days)) / 2.0)


def _fade(day: _Day, half_life_days: float) -> float:
    return float(0.5 ** (day.days / half_life_days))
