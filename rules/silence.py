"""Quiet is not blind: each feed's own rate by hour of week, and gaps too rare to be calm."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

import numpy as np

from rules.book import FeedPolicy
from rules.calendar import DAY_MS, HOUR_MS, Calendar
from rules.detectors.port import FloatArray, IntArray

RARE: Final = 1e-4
"""A gap is missing data, not calm, where its chance under the feed's own rate is below this."""

_MISSED: Final = 8.0
"""A feed that is expected to bring less than this in a window makes no drop by its silence: no limit is that near."""

_HALF_LIFE_DAYS: Final = 84.0
_SHRINK_HOURS: Final = 2.0
_LEARN_HOURS: Final = 72.0
_DEFAULT_SHOCK: Final = 0.15
_KEPT_MS: Final = 9 * DAY_MS
"""Beyond the lateness: the longest step, a week, and two days."""
WATCHED_STAGE: Final = "filed"
_SLOTS_KEPT: Final = 4096
_RANKS: Final = (1e-4, 1e-6, 1e-9)


@dataclass(slots=True)
class Gap:
    """A silence: nothing arrived in [since, until); until None: it still lasts. Times in ms."""

    since: int
    until: int | None
    limit_ms: int  # how long this silence had to be to speak
    usual_ms: int  # how long one event usually takes at this hour
    rank: int


@dataclass(slots=True)
class Rates:
    """Events an hour by hour of week, as decayed sums; `shock` is the day's variance / mean^2 beyond Poisson."""

    events: FloatArray = field(default_factory=lambda: np.zeros(168))
    hours: FloatArray = field(default_factory=lambda: np.zeros(168))
    day_sums: FloatArray = field(default_factory=lambda: np.zeros(3))  # days, excess squares, mean squares
    hourly: FloatArray = field(default_factory=lambda: np.zeros(168))
    shock: float = _DEFAULT_SHOCK

    @property
    def known(self) -> bool:
        return bool(self.hours.sum() >= _LEARN_HOURS)

    @property
    def enough(self) -> float:
        """The expected number of events whose absence is rarer than RARE."""
        return self.expected_for(RARE)

    def expected_for(self, chance: float) -> float:
        """Gamma-mixed Poisson: P(none | m) = (1 + shock m)^(-1 / shock)."""
        return float((chance ** (-self.shock) - 1) / self.shock)

    def learn(self, slots: list[int], counts: list[int], blind: list[bool]) -> None:
        """Take in one day's hours; afterwards `hourly` is in force."""
        expected = sum(self.hourly[s] for s, b in zip(slots, blind, strict=True) if not b)
        seen = sum(n for n, b in zip(counts, blind, strict=True) if not b)
        if self.known and expected > 5 and not any(blind):
            self.day_sums += (1.0, (seen - expected) ** 2 - expected, expected**2)
        decay = 0.5 ** (1 / _HALF_LIFE_DAYS)
        self.events *= decay
        self.hours *= decay
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


class FeedWatch:
    """One feed: when it was heard, what its silence means. Judged at ticks alone."""

    def __init__(self, policy: FeedPolicy, calendar: Calendar) -> None:
        self.policy = policy
        self.calendar = calendar
        self.rates = Rates()
        self.times: list[int] = []  # in-time events by the time they occurred
        self.arrivals: list[int] = []  # of rows read since the last look, unsorted
        self.heard_at: int | None = None
        self.first_at: int | None = None
        self.learned_to: int | None = None  # the first hour not taken in
        self.gap: Gap | None = None
        self.ended: list[Gap] = []  # silences that ended since they were last asked for
        self.covered: list[tuple[int, int]] = []  # Orders down, blind: [since, until)
        self.retired = False
        self._slots: dict[int, int] = {}
        self._rare: tuple[int, int] | None = None

    def follow(self, policy: FeedPolicy, calendar: Calendar) -> None:
        """Go on under another book."""
        self.policy, self.calendar = policy, calendar
        self._slots.clear()
        self._rare = None

    def _slot(self, hour: int) -> int:
        """The hour of the week of an hour since 1970."""
        found = self._slots.get(hour)
        if found is None:
            if len(self._slots) > _SLOTS_KEPT:
                self._slots.clear()
            found = self._slots[hour] = self.calendar.hour_of_week(hour * HOUR_MS)
        return found

    def hear(self, occurred_at: int, arrived_at: int) -> None:
        """A row of the watched stage was accepted."""
        self.arrivals.append(arrived_at)
        if arrived_at - occurred_at <= self.policy.lateness:
            insort(self.times, occurred_at)
            if self.first_at is None or occurred_at < self.first_at:
                self.first_at = occurred_at

    def hear_all(self, occurred: IntArray, arrived: IntArray) -> None:
        """The same for many rows, shape (rows,)."""
        self.arrivals += arrived.tolist()
        in_time = occurred[arrived - occurred <= self.policy.lateness]
        if len(in_time):
            self.times += np.sort(in_time).tolist()
            self.times.sort()  # two runs, each in order: merged
            first = self.times[0] if self.first_at is None else min(self.first_at, int(in_time.min()))
            self.first_at = first

    @property
    def last_heard(self) -> int:
        """The latest arrival read, looked at or not; 0: none."""
        return max([self.heard_at or 0, *self.arrivals])

    @property
    def suspect(self) -> bool:
        return self.gap is not None and not self.retired

    def expected(self, since: int, until: int) -> float:
        """Events that the feed's own rate expects in [since, until)."""
        total, hour = 0.0, since // HOUR_MS
        while hour * HOUR_MS < until:
            part = min(until, (hour + 1) * HOUR_MS) - max(since, hour * HOUR_MS)
            total += self.rates.hourly[self._slot(hour)] * part / HOUR_MS
            hour += 1
        return total

    def longest_gap(self, start: int, end: int) -> float:
        """The largest part of what its own rate expects in [start, end) that lies in one gap: 1 where nothing came.

        0 for a feed that is not known yet, is retired, or brings too little to be missed.
        """
        if not self.rates.known or self.retired:
            return 0.0
        begin, stop = bisect_left(self.times, start), bisect_left(self.times, end)
        edges = np.array([start, *self.times[begin:stop], end], np.float64)
        hours = np.arange(start // HOUR_MS, -(-end // HOUR_MS) + 1)
        rates = np.array([self.rates.hourly[self._slot(hour)] for hour in hours.tolist()])
        grown = np.concatenate([[0.0], np.cumsum(rates)[:-1]])
        came = np.interp(edges, hours * float(HOUR_MS), grown)
        expected = float(came[-1] - came[0])
        return float(np.diff(came).max()) / expected if expected >= _MISSED else 0.0

    def instant(self, since: int, events: float) -> int:
        """When the feed's own rate has brought `events` after `since`; at most 60 days on."""
        total, hour = 0.0, since // HOUR_MS
        for _ in range(60 * 24):
            begin = max(since, hour * HOUR_MS)
            rate = float(self.rates.hourly[self._slot(hour)])
            part = rate * ((hour + 1) * HOUR_MS - begin) / HOUR_MS
            if total + part >= events and rate > 0:
                return begin + int((events - total) / rate * HOUR_MS)
            total += part
            hour += 1
        return hour * HOUR_MS

    def _rare_at(self, since: int) -> int:
        """When a silence that began at `since` is too rare to be calm; kept, for a silence is asked about often."""
        if self._rare is None or self._rare[0] != since:
            self._rare = (since, self.instant(since, self.rates.enough))
        return self._rare[1]

    def look(self, now: int) -> bool:
        """Judge the gaps between arrivals up to `now`. True where a silence began or ended."""
        changed = False
        arrived = sorted(at for at in self.arrivals if at <= now)
        self.arrivals = [at for at in self.arrivals if at > now]
        for at in arrived:
            if self.heard_at is not None and at > self.heard_at:
                changed |= self._judge(self.heard_at, at)
            if self.gap is not None:
                self.gap.until = at
                self.ended.append(self.gap)
                self.gap = None
                changed = True
            self.heard_at = max(at, self.heard_at or at)
        if self.heard_at is not None and now > self.heard_at:
            changed |= self._judge(self.heard_at, now)
        return changed

    def _judge(self, since: int, now: int) -> bool:
        if not self.policy.silence or self.retired or not self.rates.known:
            return False
        if self.gap is not None:
            if self.gap.rank == len(_RANKS) - 1:
                return False
            rank = self._rank(since, now)
            grew = rank > self.gap.rank
            self.gap.rank = max(rank, self.gap.rank)
            return grew
        speaks_at = self._rare_at(since)
        if now < speaks_at:
            return False
        usual = self.instant(since, 1.0) - since
        self.gap = Gap(since, None, speaks_at - since, usual, self._rank(since, now))
        return True

    def _rank(self, since: int, now: int) -> int:
        expected = self.expected(since, now)
        return max(0, sum(bool(expected >= self.rates.expected_for(chance)) for chance in _RANKS) - 1)

    def missing(self, start: int, end: int) -> bool:
        """Whether [start, end) is blind: covered by an Order, or touched by a gap too rare to be calm.

        A gap is looked at up to `end` alone, so that this is decided once.
        """
        if any(since < end and start < until for since, until in self.covered):
            return True
        if not self.rates.known or not self.policy.silence:
            return False
        begin, stop = bisect_left(self.times, start), bisect_left(self.times, end)
        before = self.times[begin - 1] if begin else self.first_at
        if before is None or before >= end:
            return False
        edges = [before, *self.times[begin:stop], end]
        return any(self._rare_at(since) <= until for since, until in pairwise(edges) if until > since)

    def learn(self, now: int) -> None:
        """Take in the hours that have settled by `now`. Called once a day."""
        if self.first_at is None:
            return
        begin = self.learned_to if self.learned_to is not None else self.first_at // HOUR_MS + 1
        stop = (now - self.policy.lateness) // HOUR_MS
        hours = list(range(begin, stop))
        if hours:
            counts = [bisect_left(self.times, (h + 1) * HOUR_MS) - bisect_left(self.times, h * HOUR_MS) for h in hours]
            blind = [self.missing(h * HOUR_MS, (h + 1) * HOUR_MS) for h in hours]
            self.rates.learn([self._slot(h) for h in hours], counts, blind)
            self.learned_to = stop
            self._rare = None
        keep = bisect_left(self.times, now - self.policy.lateness - _KEPT_MS)
        if keep > 1:
            del self.times[: keep - 1]  # the last one before stays: gaps are measured from it
