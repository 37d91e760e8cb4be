"""How often a feed is heard: events an hour by hour of week, and how long its own gaps are."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.special import betainc

from rules.detectors.port import FloatArray

RARE: Final = 1e-4
"""A gap is missing data, not calm, where its chance under the feed's own rate is below this."""

STRETCH: Final = 3.0
"""A stretch this many times the longest calm gap is looked at for a trickle."""
TENTH: Final = 0.1
"""A feed that was silent is heard again when it brings at least this share of its rate over a stretch."""

_HALF_LIFE_DAYS: Final = 84.0
_SHRINK_HOURS: Final = 2.0
_LEARN_HOURS: Final = 72.0
_LEARN_GAPS: Final = 100.0
_DEFAULT_SHOCK: Final = 0.15
_FEWEST: Final = 3
_SLACK: Final = 1.5
"""How far beyond the longest usual gap, at the least, is too long."""
_BINS: Final = 80
_PER_DOUBLING: Final = 4
_LEAST: Final = 0.25
"""Gaps are sorted into bins by expected events: from here on four bins a doubling, 250,000 and beyond in the last."""


def expected_for(chance: float, shock: float) -> float:
    """The expected number of events whose absence has this chance, gamma-mixed Poisson:
    P(none | m) = (1 + shock m)^(-1 / shock)."""
    return float((chance ** (-shock) - 1) / shock)


@dataclass(slots=True)
class Rates:
    """Events an hour by hour of week, as decayed sums; `shock` is the day's variance / mean^2 beyond Poisson.

    `gaps`: decayed numbers of gaps between arrivals, by the events that the rate expects in one. A feed that is
    carried in lumps (a poll, a file a day) has long gaps by nature: what is rare is read off its own. `day_gaps` are
    those of the day, taken in with its hours: what is rare moves once a day. `patience`: the expected number of events
    in a gap between arrivals that is too rare to be calm.
    """

    events: FloatArray = field(default_factory=lambda: np.zeros(168))
    hours: FloatArray = field(default_factory=lambda: np.zeros(168))
    day_sums: FloatArray = field(default_factory=lambda: np.zeros(3))  # days, excess squares, mean squares
    hourly: FloatArray = field(default_factory=lambda: np.zeros(168))
    shock: float = _DEFAULT_SHOCK
    gaps: FloatArray = field(default_factory=lambda: np.zeros(_BINS))
    day_gaps: FloatArray = field(default_factory=lambda: np.zeros(_BINS))
    patience: float = field(default=expected_for(RARE, _DEFAULT_SHOCK))

    @property
    def known(self) -> bool:
        return bool(self.hours.sum() >= _LEARN_HOURS)

    @property
    def enough(self) -> float:
        """The expected number of events whose absence is rarer than RARE."""
        return expected_for(RARE, self.shock)

    @property
    def rhythm(self) -> float:
        """The gap that one in 1 / RARE of the feed's own exceeds; of fewer than a hundred: beyond the longest.

        Beyond the gap that one in ten exceeds the tail is taken to be exponential, with the scale that the one in a
        hundred shows: outages do not lengthen it while they are fewer than that.
        """
        if not self.gaps.any():
            return 0.0
        if self.gaps.sum() < _LEARN_GAPS:
            return _SLACK * self._gap_beyond(0.0)
        tenth, hundredth = self._gap_beyond(0.1), self._gap_beyond(0.01)
        tail = hundredth + (hundredth - tenth) * float(np.log(0.01 / RARE) / np.log(0.1 / 0.01))
        return max(tail, _SLACK * hundredth)

    def _gap_beyond(self, share: float) -> float:
        """The bin's upper edge beyond which at most `share` of the gaps lie."""
        beyond = self.gaps.sum() - np.cumsum(self.gaps)
        place = int(np.argmax(beyond <= share * self.gaps.sum() + 1e-9))
        return float(_LEAST * 2 ** (place / _PER_DOUBLING))

    def learn(self, slots: list[int], counts: list[int], blind: list[bool]) -> None:
        """Take in one day's hours; afterwards `hourly` is in force."""
        expected = sum(self.hourly[s] for s, b in zip(slots, blind, strict=True) if not b)
        seen = sum(n for n, b in zip(counts, blind, strict=True) if not b)
        if self.known and expected > 5 and not any(blind):
            self.day_sums += (1.0, (seen - expected) ** 2 - expected, expected**2)
        decay = 0.5 ** (1 / _HALF_LIFE_DAYS)
        self.events *= decay
        self.hours *= decay
        self.gaps *= decay
        for slot, n, b in zip(slots, counts, blind, strict=True):
            if not b:
                self.events[slot] += n
                self.hours[slot] += 1
        by_hour_events, by_hour = self.events.reshape(7, 24).sum(0), self.hours.reshape(7, 24).sum(0)
        overall = self.events.sum() / max(self.hours.sum(), 1e-9)
        of_day = (by_hour_events + _SHRINK_HOURS * overall) / (by_hour + _SHRINK_HOURS)
        prior = np.tile(of_day, 7)
        self.hourly = (self.events + _SHRINK_HOURS * prior) / (self.hours + _SHRINK_HOURS)
        n, excess, squares = self.day_sums
        fitted = (excess + 10 * _DEFAULT_SHOCK * squares / max(n, 1)) / (squares + 10 * squares / max(n, 1)) if n else 0
        self.shock = float(np.clip(fitted, 0.05, 0.4)) if n else _DEFAULT_SHOCK

    def measure(self, gaps: FloatArray) -> None:
        """Take in gaps between arrivals, each as the number of events expected in it; the least lie within one lump."""
        long = gaps[gaps > _LEAST]
        if len(long):
            sizes = np.ceil(np.log2(long / _LEAST) * _PER_DOUBLING).astype(np.int64)
            self.day_gaps += np.bincount(np.minimum(sizes, _BINS - 1), minlength=_BINS)

    def grow_patient(self) -> None:
        """Take in the day's gaps: `patience` stands for the next."""
        self.gaps += self.day_gaps
        self.day_gaps[:] = 0
        self.patience = max(self.enough, self.rhythm)


@lru_cache(maxsize=256)
def rare_rows(calm: float, shock: float) -> int:
    """Fewer rows than this in a stretch of STRETCH times `calm` expected ones are rarer than RARE, and a trickle."""
    rows = np.arange(ample_rows(calm))
    at_most = betainc(1 / shock, rows + 1.0, 1 / (1 + shock * STRETCH * calm))  # negative binomial
    return max(1, int(np.count_nonzero(at_most < RARE)))


def ample_rows(calm: float) -> int:
    """As many rows in such a stretch are more than a trickle: a feed that was silent is heard again."""
    return max(_FEWEST, int(np.ceil(TENTH * STRETCH * calm)))
