"""Quiet is not blind: silence by a feed's own rate, and gaps too rare to be calm.

Two questions, asked apart. By *arrivals*: is the feed silent just now? That is said, and holds back what would be said
to be over. By *event time*: was this bucket missing? That is decided once, when the bucket settles. A feed that brings
a trickle, less than a tenth of its rate, is silent and missing like one that brings nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Final

import numpy as np

from rules.book import FeedPolicy
from rules.calendar import DAY_MS, HOUR_MS, Calendar
from rules.detectors.port import BoolArray, FloatArray, IntArray
from rules.heard import Heard
from rules.rates import STRETCH, Rates, ample_rows, expected_for, rare_rows

_MISSED: Final = 8.0
"""A feed that is expected to bring less than this in a window makes no drop by its silence: no limit is that near."""
_MUTED_ON_MS: Final = 366 * DAY_MS
"""So far beyond the last look a mute without an end covers what is asked for: no open bucket lies further ahead."""
_KEPT_MS: Final = 9 * DAY_MS
"""Beyond the lateness: the longest step, a week, and two days."""
WATCHED_STAGE: Final = "filed"
LEAST_SILENCE_MS: Final = 60_000
"""However busy a feed: a shorter gap is never called a silence."""
_LONGEST_DAYS: Final = 60
_SLOTS_KEPT: Final = 4096
_GAPS_KEPT: Final = 4096
_RECENT_KEPT: Final = 1024
_INSTANTS_KEPT: Final = 64
_ROUNDED_MS: Final = 2
"""What `instant` may round, and more."""
_MANY: Final = 8
"""With fewer arrivals than this each is judged by itself."""
_RANKS: Final = (1e-4, 1e-6, 1e-9)
_NONE: Final = np.zeros(0, np.int64)


@dataclass(slots=True)
class Gap:
    """A silence: nothing, or a trickle, arrived in [since, until); until None: it still lasts. Times in ms."""

    since: int
    until: int | None
    limit_ms: int  # how long this silence had to be to speak
    usual_ms: int  # how long one event usually takes at this hour
    rank: int


class FeedWatch:
    """One feed: when it was heard, what its silence means. Judged at ticks alone."""

    def __init__(self, policy: FeedPolicy, calendar: Calendar) -> None:
        self.policy = policy
        self.calendar = calendar
        self.rates = Rates()
        self.heard = Heard()  # in-time events by the time they occurred
        self._came: list[IntArray] = []  # arrivals of rows read since the last look
        self.recent: list[tuple[int, int]] = []  # (arrival, rows): the latest, no more than tell a trickle
        self.between: list[tuple[int, int]] = []  # gaps between arrivals that wait to be measured
        self.heard_at: int | None = None
        self.looked_at = 0
        self.learned_to: int | None = None  # the first hour not taken in
        self.gap: Gap | None = None
        self.ended: list[Gap] = []  # silences that ended since they were last asked for
        self.covered: list[tuple[int, int]] = []  # Orders down, blind, mute until hear: [since, until)
        self.muted_since: int | None = None  # an Order has muted it, and none has said to hear it
        self.retired = False
        self.was_suspect = False  # at the last look
        self._slots: dict[int, int] = {}
        self._instants: dict[tuple[int, float], int] = {}
        self._missed: dict[tuple[int, int], bool] = {}

    @property
    def times(self) -> IntArray:
        """When in-time events occurred, ms, ascending."""
        return self.heard.all()

    @times.setter
    def times(self, times: IntArray | Sequence[int]) -> None:
        self.heard = Heard(times)

    @property
    def arrivals(self) -> IntArray:
        """Of rows read since the last look, ms, ascending."""
        return np.sort(self._together())

    @arrivals.setter
    def arrivals(self, arrived: IntArray | Sequence[int]) -> None:
        self._came = [np.asarray(arrived, np.int64)]

    def _together(self) -> IntArray:
        """Arrivals of rows read since the last look, as read: frames bring them in many pieces."""
        if len(self._came) > 1:
            self._came = [np.concatenate(self._came)]
        return self._came[0] if self._came else _NONE

    def follow(self, policy: FeedPolicy, calendar: Calendar) -> None:
        """Go on under another book."""
        self.policy, self.calendar = policy, calendar
        self._slots.clear()
        self._moved()

    def _moved(self) -> None:
        """What was worked out from rates and times no longer stands."""
        self._instants.clear()
        self._missed.clear()

    # muted by an Order

    def mute(self, at: int) -> None:
        """Not listened to from `at` on: what it did not bring then tells nothing. What was silent is not said on."""
        if self.muted_since is None:
            self.muted_since, self.gap = at, None
            self._moved()

    def unmute(self, at: int) -> None:
        """Listened to again. Its time until `at` stays missing, and its patience begins anew."""
        if self.muted_since is not None:
            self.covered.append((self.muted_since, at))
            self.muted_since = None
            if self.heard_at is not None:
                self.heard_at = max(self.heard_at, at)
            self.recent, self.gap = [], None
            self._moved()

    @property
    def spans(self) -> list[tuple[int, int]]:
        """[since, until) in which an Order says that it was not heard; a mute goes on."""
        if self.muted_since is None:
            return self.covered
        return [*self.covered, (self.muted_since, max(self.muted_since, self.looked_at) + _MUTED_ON_MS)]

    # rows

    def hear(self, occurred: IntArray, arrived: IntArray) -> None:
        """Rows of the watched stage were put in as they arrived, shape (rows,)."""
        self._came.append(arrived)
        self.heard.add(occurred[arrived - occurred <= self.policy.lateness])

    def hear_changes(self, changes: Iterable[tuple[int, int, int, int]]) -> None:
        """Rows, (occurred, arrived, at, +1 | -1) each, were put in or taken back by what arrived at `at`.

        So a row that is read twice, or amended, is one event; and what arrived is heard once.
        """
        came: Counter[int] = Counter()
        occurred: Counter[int] = Counter()
        for occurred_at, arrived_at, at, sign in changes:
            if at == arrived_at:
                came[at] += sign
            if at - occurred_at <= self.policy.lateness:
                occurred[occurred_at] += sign
        for at, rows in came.items():
            if rows > 0:
                self._came.append(np.full(rows, at, np.int64))
            elif rows < 0:
                held = self.arrivals
                first = int(np.searchsorted(held, at))
                beyond = min(first - rows, int(np.searchsorted(held, at, side="right")))
                self._came = [np.delete(held, slice(first, beyond))]
        for at, rows in occurred.items():
            for _ in range(abs(rows)):
                if rows > 0:
                    self.heard.insert(at)
                else:
                    self.heard.remove(at)
                    self._missed.clear()

    # the feed's own rate

    def _slot(self, hour: int) -> int:
        """The hour of the week of an hour since 1970."""
        found = self._slots.get(hour)
        if found is None:
            if len(self._slots) > _SLOTS_KEPT:
                self._slots.clear()
            found = self._slots[hour] = self.calendar.hour_of_week(hour * HOUR_MS)
        return found

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
        edges = np.concatenate([[start], self.heard.between(start, end), [end]]).astype(np.float64)
        hours = np.arange(start // HOUR_MS, -(-end // HOUR_MS) + 1)
        rates = np.array([self.rates.hourly[self._slot(hour)] for hour in hours.tolist()])
        grown = np.concatenate([[0.0], np.cumsum(rates)[:-1]])
        came = np.interp(edges, hours * float(HOUR_MS), grown)
        expected = float(came[-1] - came[0])
        return float(np.diff(came).max()) / expected if expected >= _MISSED else 0.0

    def _expected_each(self, since: IntArray, until: IntArray) -> FloatArray:
        """The same as `expected` for many intervals, shape (N,)."""
        hours = since // HOUR_MS
        known, place = np.unique(hours, return_inverse=True)
        rates = np.array([self.rates.hourly[self._slot(hour)] for hour in known.tolist()])
        found: FloatArray = rates[place] * (until - since) / HOUR_MS
        for n in np.flatnonzero(until > (hours + 1) * HOUR_MS).tolist():
            found[n] = self.expected(int(since[n]), int(until[n]))
        return found

    def instant(self, since: int, events: float) -> int:
        """When the feed's own rate has brought `events` after `since`; at most 60 days on."""
        found = self._instants.get((since, events))  # a silence is asked about often
        if found is None:
            if len(self._instants) > _INSTANTS_KEPT:
                self._instants.clear()
            found = self._instants[since, events] = self._instant(since, events)
        return found

    def _instant(self, since: int, events: float) -> int:
        total, hour = 0.0, since // HOUR_MS
        for _ in range(_LONGEST_DAYS * 24):
            begin = max(since, hour * HOUR_MS)
            rate = float(self.rates.hourly[self._slot(hour)])
            part = rate * ((hour + 1) * HOUR_MS - begin) / HOUR_MS
            if total + part >= events and rate > 0:
                return begin + int((events - total) / rate * HOUR_MS)
            total += part
            hour += 1
        return hour * HOUR_MS

    # silence, by arrivals

    @property
    def last_heard(self) -> int:
        """The latest arrival read, looked at or not; 0: none."""
        return max(self.heard_at or 0, int(self._together().max(initial=0)))

    @property
    def suspect(self) -> bool:
        """Silent just now, or covered by an Order: nothing it feeds is said to be over."""
        if self.retired:
            return False
        return self.gap is not None or any(since <= self.looked_at < until for since, until in self.spans)

    @property
    def silent_after(self) -> int:
        """How long after its last arrival its silence is said, ms; 0 where that is not known, or never."""
        since = self.gap.since if self.gap is not None else self.last_heard
        return self._rare_at(since) - since if self._judges and since else 0

    @property
    def _judges(self) -> bool:
        return self.policy.silence and not self.retired and self.muted_since is None and self.rates.known

    def _rare_at(self, since: int) -> int:
        """When a silence that began at `since` is too rare to be calm."""
        return max(since + LEAST_SILENCE_MS, self.instant(since, self.rates.patience))

    def look(self, now: int) -> bool:
        """Judge the gaps between arrivals up to `now`. True where a silence began, grew or ended."""
        changed = False
        arrivals = self.arrivals
        by_now = int(np.searchsorted(arrivals, now, side="right"))
        arrived, self._came = arrivals[:by_now], [arrivals[by_now:]] if by_now < len(arrivals) else []
        calm = self._calm(arrived)
        if calm and self.heard_at is not None:
            came = np.append(self.heard_at, arrived[:calm])
            self._space(came[np.diff(came, prepend=-1) > 0])
            self._note(arrived[:calm])
        for at, rows in groupby(arrived[calm:].tolist()):
            if self.heard_at is not None and at > self.heard_at:
                if self.gap is None:
                    self._space(np.array([self.heard_at, at]))
                changed |= self._judge(at)
            self._note(np.array(list(rows)))
            changed |= self.gap is not None and self._heard_again(self.gap, at)
        if self.heard_at is not None and now > self.heard_at:
            changed |= self._judge(now)
        self.looked_at = max(self.looked_at, now)
        changed |= self.suspect != self.was_suspect
        self.was_suspect = self.suspect
        return changed

    def _calm(self, arrived: IntArray) -> int:
        """How many of the next arrivals, ascending, surely begin no silence."""
        if len(arrived) < _MANY or self.gap is not None or self.heard_at is None or arrived[0] < self.heard_at:
            return 0
        if not self._judges:
            return len(arrived)
        rare = self._rare(arrived)
        return int(np.argmax(rare)) if rare.any() else len(arrived)

    def _rare(self, moments: IntArray) -> BoolArray:
        """At which of `moments`, ascending and from the last arrival on, it was silent for so long that a silence may
        begin, if a row arrived at each one before; shape (M,)."""
        before, rows = np.array(self.recent, np.int64).reshape(-1, 2).T
        came = np.concatenate([np.repeat(before, rows), moments])
        place = len(came) - len(moments) + np.arange(len(moments))
        rare = self._long(came, place - 1, moments, self.rates.patience)
        few = rare_rows(self.rates.patience, self.rates.shock)
        found: BoolArray = rare | self._long(came, place - few, moments, STRETCH * self.rates.patience)
        return found

    def _long(self, came: IntArray, since: IntArray, until: IntArray, events: float) -> BoolArray:
        """Where the feed's own rate may bring `events` between came[since] and `until`, shape (M,)."""
        begin = came[np.maximum(since, 0)]
        long = (since >= 0) & (until - begin >= LEAST_SILENCE_MS)
        long &= until - begin >= events / max(float(self.rates.hourly.max()), 1e-9) * HOUR_MS - _ROUNDED_MS
        at = np.flatnonzero(long)
        if len(at):
            enough = self._expected_each(begin[at], until[at] + _ROUNDED_MS) >= events * (1 - 1e-9)
            long[at] = enough | (until[at] - begin[at] >= (_LONGEST_DAYS - 1) * DAY_MS)  # as far as `instant` looks
        return long

    def troubled(self, arrived: IntArray, ticks: IntArray) -> BoolArray:
        """At which of the next ticks, ascending, a look may find more than arrivals: a silence may begin or end, or be
        covered; shape (T,). `arrived`: what comes until the last of them, ascending.

        While a feed is silent each tick may; that is for whoever asks.
        """
        edges = np.array([edge for span in self.spans for edge in span], np.int64)
        found = np.zeros(len(ticks), bool)
        found[np.searchsorted(ticks, edges[(edges > self.looked_at) & (edges <= ticks[-1])])] = True
        if not self._judges:
            return found
        moments = np.sort(np.concatenate([self.arrivals, arrived]))
        if self.heard_at is not None and len(moments) and moments[0] < self.heard_at:
            return np.ones(len(ticks), bool)
        moments = np.append(moments, ticks[-1])
        begins = np.concatenate([[self.heard_at if self.heard_at is not None else moments[0]], moments[:-1]])
        for place in np.flatnonzero(self._rare(moments)).tolist():
            first, last = np.searchsorted(ticks, (begins[place], moments[place])).tolist()
            found[first : last + 1] = True
        return found

    def _space(self, arrived: IntArray) -> None:
        """Measure the gaps between arrivals that follow one another, ascending and distinct."""
        since, until = arrived[:-1], arrived[1:]
        if self.rates.known:
            self.rates.measure(self._expected_each(since, until))
        else:
            self.between += zip(since.tolist(), until.tolist(), strict=True)
            del self.between[:-_GAPS_KEPT]

    def _note(self, arrived: IntArray) -> None:
        """Keep the latest arrivals: as many as hold the rows that tell a trickle, and one more."""
        enough = ample_rows(self.rates.patience)
        last = arrived[np.searchsorted(arrived, arrived[-min(enough, len(arrived))]) :]  # of which more are never kept
        for at, rows in zip(*(column.tolist() for column in np.unique(last, return_counts=True)), strict=True):
            self.heard_at = at if self.heard_at is None else max(at, self.heard_at)
            self.recent.append((self.heard_at, rows))
        held, kept = 0, len(self.recent)
        while kept and held < enough and len(self.recent) - kept < _RECENT_KEPT:
            kept -= 1
            held += self.recent[kept][1]
        del self.recent[:kept]

    def _last_rows(self, rows_wanted: int, after: int = 0) -> int | None:
        """The arrival from which on the last `rows_wanted` rows came; None: fewer came after `after`."""
        left = rows_wanted
        for at, rows in reversed(self.recent):
            if at <= after:
                return None
            left -= rows
            if left <= 0:
                return at
        return None

    def _judge(self, now: int) -> bool:
        """Whether a silence began by `now`, or grew: after the last arrival, or after the last that were enough."""
        if not self._judges or self.heard_at is None:
            return False
        if self.gap is not None:
            rank = self._rank(self.gap.since, now)
            grew = rank > self.gap.rank
            self.gap.rank = max(rank, self.gap.rank)
            return grew
        ways = [(self._rare_at(self.heard_at), self.heard_at)]
        few_since = self._last_rows(rare_rows(self.rates.patience, self.rates.shock))
        if few_since is not None:
            rare_at = self.instant(few_since, STRETCH * self.rates.patience)
            ways.append((max(rare_at, few_since + LEAST_SILENCE_MS), few_since))
        speaks_at, since = min(ways)  # the first to speak, however seldom it is looked
        if now < speaks_at:
            return False
        usual = self.instant(since, 1.0) - since
        self.gap = Gap(since, None, speaks_at - since, usual, self._rank(since, now))
        return True

    def _heard_again(self, gap: Gap, at: int) -> bool:
        """Whether what came since the silence began is more than a trickle: it ended where the gaps are calm again."""
        since = self._last_rows(ample_rows(self.rates.patience), after=gap.since)
        if since is None or self.expected(since, at) >= STRETCH * self.rates.patience:
            return False
        came = [arrived for arrived, _ in self.recent if arrived >= since]
        rare = [later for earlier, later in pairwise(came) if later >= self._rare_at(earlier)]
        gap.until = rare[-1] if rare else since
        self.ended.append(gap)
        self.gap = None
        return True

    def _rank(self, since: int, now: int) -> int:
        unit = self.rates.patience / self.rates.enough
        expected = self.expected(since, now)
        return max(0, sum(bool(expected >= unit * expected_for(chance, self.rates.shock)) for chance in _RANKS) - 1)

    # missing, by event time

    def missing(self, start: int, end: int) -> bool:
        """Whether [start, end) is blind: covered by an Order, or touched by a gap or a trickle too rare to be calm.

        What occurred is looked at up to `end` alone, and it is asked when that has settled: nothing that comes in time
        moves it, so that this is decided once.
        """
        if self.covers(start, end):
            return True
        found = self._missed.get((start, end))
        if found is None:
            found = self._missed[start, end] = self._rare_within(start, end, end)
        return found

    def covers(self, start: int, end: int) -> bool:
        """Whether an Order said that [start, end) is blind."""
        return any(since < end and start < until for since, until in self.spans)

    def _rare_within(self, start: int, end: int, seen_to: int) -> bool:
        """Whether a gap or trickle touches [start, end), by what occurred before `seen_to`."""
        rates, first = self.rates, self.heard.first()
        if not rates.known or not self.policy.silence or first is None or first >= end:
            return False
        few = rare_rows(rates.enough, rates.shock)
        stop = min(end + 1, seen_to)
        edges = self.heard.between(start, stop, before=few, after=few)
        edges = edges[edges < seen_to]
        if np.count_nonzero(edges >= stop) < few:
            edges = np.append(edges, seen_to)
        for apart, rare in ((1, rates.enough), (few, STRETCH * rates.enough)):
            shortest = rare / max(float(rates.hourly.max()), 1e-9) * HOUR_MS
            since, until = edges[:-apart], edges[apart:]
            for n in np.flatnonzero((until - since >= shortest) & (since < end) & (until > start)).tolist():
                if self.expected(int(since[n]), int(until[n])) >= rare:
                    return True
        return False

    # learning

    def learn(self, now: int) -> None:
        """Take in the hours that have settled by `now`. Called once a day."""
        first = self.heard.first()
        if first is None:
            return
        begin = self.learned_to if self.learned_to is not None else first // HOUR_MS + 1
        stop = (now - self.policy.lateness) // HOUR_MS
        hours = list(range(begin, stop))
        if hours:
            counts = [self.heard.in_hour(hour) for hour in hours]
            spans = [(h * HOUR_MS, (h + 1) * HOUR_MS) for h in hours]
            blind = [self.covers(*span) or self._rare_within(*span, stop * HOUR_MS) for span in spans]
            self.rates.learn([self._slot(h) for h in hours], counts, blind)
            self.learned_to = stop
        if self.rates.known and self.between:
            since, until = np.array(self.between, np.int64).T
            self.between.clear()
            self.rates.measure(self._expected_each(since, until))
        self.rates.grow_patient()
        oldest = now - self.policy.lateness - _KEPT_MS
        self.heard.forget(oldest)
        self.covered = [(since, until) for since, until in self.covered if until > oldest]
        self._moved()
