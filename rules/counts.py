"""Counts: a selector's events by area node, category node and bucket; shared by the rules that need them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple

import msgspec
import numpy as np

from rules.book import Book, FeedPolicy, Rule, Selector
from rules.calendar import DAY_MS, Calendar
from rules.coming import Coming
from rules.detectors.port import BoolArray, IntArray, Kin
from rules.facts import Fact
from rules.identities import Change, Identities
from rules.names import Kind, Names
from rules.once import Once
from rules.records import EXERCISE, SELF_INITIATED
from rules.rings import Ring
from rules.steps import Steps

_KEPT_BEHIND_MS: Final = 2 * DAY_MS
"""Fine steps are kept for the longest window + lateness + this."""

_LATE_KEPT: Final = 100_000
"""Changes in settled buckets kept for refits to come; a day of a feed that is late throughout."""

_AHEAD: Final = 2
"""Buckets ahead of the clock that the skew of a feed may reach."""


class Touched(NamedTuple):
    """What changed in counts. Arrays have shape (P,); pairs may repeat."""

    series: IntArray
    buckets: IntArray
    deltas: IntArray

    def __len__(self) -> int:
        return len(self.series)


NOTHING: Final = Touched(*(np.zeros(0, np.int64) for _ in range(3)))


def together(touched: list[Touched]) -> Touched:
    """All of them as one."""
    if len(touched) == 1:
        return touched[0]
    return Touched(*(np.concatenate(columns) for columns in zip(*touched, strict=True))) if touched else NOTHING


class Fingerprint(msgspec.Struct, frozen=True):
    """Two rules share counts exactly where all of this is equal."""

    selector: Selector
    areas: str
    categories: str
    step: int
    calendar_step: str
    once_within: int
    trees: str
    feeds: tuple[tuple[str, int], ...]  # name and lateness of what is counted
    calendar: Calendar

    @property
    def name(self) -> str:
        return hashlib.blake2b(msgspec.json.encode(self, order="deterministic"), digest_size=8).hexdigest()


def fingerprint(rule: Rule, book: Book) -> Fingerprint:
    """What decides whether two rules, or one rule under two books, share counts."""
    trees = msgspec.json.encode([book.areas, book.categories], order="deterministic")
    digest = hashlib.blake2b(trees, digest_size=8).hexdigest()
    return Fingerprint(
        rule.selector,
        rule.areas,
        rule.categories,
        rule.step,
        rule.calendar_step,
        rule.once_within,
        digest,
        tuple((feed.name, feed.lateness) for feed in feeds_of(rule.selector, book)),
        book.calendar,
    )


class Counts:
    """Series are (area, category) pairs, numbered as they first hold an event, ancestors before descendants."""

    def __init__(self, rule: Rule, book: Book, longest_window: int) -> None:
        self.selector = rule.selector
        self.book = book
        self.steps = Steps(rule.step, rule.calendar_step, book.calendar)
        self.lateness = {feed.name: feed.lateness for feed in feeds_of(rule.selector, book)}
        self.longest_lateness = max(self.lateness.values(), default=0)
        self.area_levels = levels_down_to(book.areas.levels, rule.areas)
        self.category_levels = levels_down_to(book.categories.levels, rule.categories)
        span = longest_window + self.longest_lateness + max(_KEPT_BEHIND_MS, 2 * self.steps.step_ms)
        self.ring = Ring(-(-span // self.steps.step_ms) + self.steps.per_cell + _AHEAD)
        self.reach_ahead = self.ring.size - self.steps.count(longest_window) - self.steps.per_cell - 1
        self.once = Once(rule.once_within) if rule.once_within else None
        self.folded = Ring(self.ring.size) if rule.once_within else None
        self.series: dict[tuple[str, str], int] = {}
        self.pairs: list[tuple[str, str]] = []
        self.parents: list[tuple[int, int, int, int, int]] = []  # a row of Kin each
        self.fed: dict[tuple[str, str], IntArray] = {}  # (area, category) of a row -> the series it feeds
        self.routes = Routes(self)
        self.late: list[tuple[int, int, Fact, int]] = []  # (time, serial, fact, sign), a heap
        self._queued: set[tuple[int, int, Fact]] | None = None  # what waits in `late`; None: to be found anew
        self.pushed = 0
        self.heard: dict[int, int] = {}  # rows of the feeds in the first buckets of their past
        self.last_beginning = 0  # the latest of them, once they are complete
        self.first_bucket: int | None = None  # the first bucket of the feeds' past
        self.late_cells: list[tuple[int, int, int]] = []  # (series, bucket, delta) in settled buckets, latest last
        self.late_dropped = 0  # how many of them have been let go
        self.first_open: int | None = None
        self.since: dict[str, int] = {}  # by feed: older rows were forgotten before these counts began, ms
        self._kin: Kin | None = None

    # rows in, changes out

    def take(self, new: Coming, identities: Identities) -> Touched:
        """Put new rows in as they arrived; returns what changed at once."""
        names = identities.names
        self._hear_new(new, names)
        chosen = np.flatnonzero(self.routes.selected(new.kinds, names))
        if len(chosen):
            chosen = chosen[new.count[chosen] > 0]
        if not len(chosen):
            return NOTHING
        occurred, arrived = new.occurred[chosen], new.arrived[chosen]
        buckets = self.steps.buckets(occurred)
        at_once = arrived - occurred <= self.routes.lateness(names)[new.feed[chosen]]
        if not at_once.all():
            for fact in new.facts(chosen[~at_once], identities.fact):
                end = self.steps.end(self.steps.bucket(fact.occurred_at))
                self._wait(max(fact.arrived_at, end + self.longest_lateness), fact, +1)
        if self.first_open is not None:
            far = at_once & (buckets - self.first_open > self.reach_ahead)
            if far.any():
                for fact in new.facts(chosen[far], identities.fact):
                    self._wait(self.steps.start(self.steps.bucket(fact.occurred_at)), fact, +1)
                at_once &= ~far
        if not at_once.all():
            chosen, buckets = chosen[at_once], buckets[at_once]
        if self.once is None:
            return self._add_rows(new, chosen, buckets)
        free = new.place[chosen] == 0
        touched = [self._add_rows(new, chosen[free], buckets[free])] if free.any() else []
        placed = [(fact, +1) for fact in new.facts(chosen[~free], identities.fact)]
        return together(touched + self._put(placed))

    def keeps_all(self, new: Coming, changes: Sequence[Change], names: Names) -> bool:
        """Whether what comes, and what waits, may be counted in any order: no bucket of it falls out, and none is too
        far ahead."""
        occurred = new.occurred[self.routes.selected(new.kinds, names)]
        times = [int(occurred.min()), int(occurred.max())] if len(occurred) else []
        times += [fact.occurred_at for _, _, fact, _ in self.late] + [fact.occurred_at for fact, _, _ in changes]
        if not times:
            return True
        oldest, newest = self.steps.bucket(min(times)), max(self.ring.hi, self.steps.bucket(max(times)))
        return oldest > newest - self.ring.size and not self._far_ahead(newest)

    @property
    def surely_held(self) -> int:
        """The bucket behind which all are held that have settled, whatever was read up to a day ahead of the clock: how
        far a ring has moved on hangs on where the ticks lie, and nothing learned may."""
        assert self.first_open is not None
        ahead = self.steps.count(self.longest_lateness + DAY_MS) + 1
        return self.first_open - self.ring.size + ahead

    @property
    def forgotten(self) -> int:
        """The last bucket in which rows may be missing that were forgotten before these counts began; none: -1."""
        since = [self.since[feed] for feed in self.lateness if feed in self.since]
        return self.steps.bucket(max(since)) if since else -1

    def has_begun_before(self, occurred: int) -> bool:
        """Whether what occurred so late, or later, tells nothing of where the feeds' past begins."""
        return len(self.heard) >= self.ring.size and occurred >= self.steps.start(self.last_beginning + 1)

    def _hear_new(self, new: Coming, names: Names) -> None:
        """Keep the beginnings of the feeds' past: rows that came in time, whatever the selector counts of them; a drill
        on the day of installing begins no past."""
        if not len(new) or self.has_begun_before(int(new.occurred.min())):
            return
        lateness = self.routes.lateness(names)[new.feed]
        in_time = (lateness >= 0) & (new.arrived - new.occurred <= lateness) & (new.count > 0)
        in_time &= new.rows["flags"][new.numbers] & EXERCISE == 0
        self._hear_all(self.steps.buckets(new.occurred[in_time]))

    def _add_rows(self, new: Coming, chosen: IntArray, buckets: IntArray) -> Touched:
        """Add rows that count each on their own to all series that they feed."""
        if not len(chosen):
            return NOTHING
        which, series = self.routes.spread(new.kinds[chosen])
        return self._add_all(series, buckets[which], new.count[chosen[which]])

    def _add_all(self, series: IntArray, buckets: IntArray, deltas: IntArray) -> Touched:
        """Change counts, shape (P,) each; what lies before all that is held is dropped."""
        self.reach(int(buckets.max()))
        held = buckets > self.ring.lo
        if not held.all():
            series, buckets, deltas = series[held], buckets[held], deltas[held]
        self.ring.add(series, buckets, deltas)
        if self.first_open is not None and len(buckets) and int(buckets.min()) < self.first_open:
            for place in np.flatnonzero(buckets < self.first_open).tolist():
                self.late_cells.append((int(series[place]), int(buckets[place]), int(deltas[place])))
        return Touched(series, buckets, deltas)

    def change(self, changes: Sequence[Change]) -> list[Touched]:
        """Put rows in or take them back. Returns what changed at once."""
        return self._put([(fact, sign) for fact, sign, at in changes if self._due(fact, sign, at)])

    def _due(self, fact: Fact, sign: int, at: int) -> bool:
        """Whether a change reaches the counts now; one that comes too late waits, as does one far ahead."""
        lateness = self.lateness.get(fact.feed)
        if lateness is None or not fact.count or fact.occurred_at < self.since.get(fact.feed, fact.occurred_at):
            return False
        bucket = self.steps.bucket(fact.occurred_at)
        if fact.arrived_at - fact.occurred_at <= lateness and not fact.flags & EXERCISE:
            self._hear(bucket, sign)
        if not self.selects(fact):
            return False
        if at - fact.occurred_at > lateness:
            self._wait(max(at, self.steps.end(bucket) + self.longest_lateness), fact, sign)
            return False
        if self._far_ahead(bucket) or (sign < 0 and self._waits(self.steps.start(bucket), fact)):
            self._wait(self.steps.start(bucket), fact, sign)
            return False
        return True

    def _far_ahead(self, bucket: int) -> bool:
        """Whether the ring would let go of buckets that have not settled, were it to reach `bucket` before a tick."""
        return self.first_open is not None and bucket - self.first_open > self.reach_ahead

    def _waits(self, until: int, fact: Fact) -> bool:
        return any(time == until and sign > 0 and other == fact for time, _, other, sign in self.late)

    def _wait(self, until: int, fact: Fact, sign: int) -> None:
        """Queue a too-late change; one that undoes a waiting change takes it out instead."""
        if self._queued is None:
            self._queued = {(time, other_sign, other) for time, _, other, other_sign in self.late}
        if (until, -sign, fact) in self._queued:
            self._queued.discard((until, -sign, fact))
            place = next(n for n, item in enumerate(self.late) if (item[0], item[3], item[2]) == (until, -sign, fact))
            del self.late[place]
            heapify(self.late)
            return
        self.pushed += 1
        self._queued.add((until, sign, fact))
        heappush(self.late, (until, self.pushed, fact, sign))

    def _hear(self, bucket: int, sign: int) -> None:
        """Keep the first buckets of the past; a row that is taken back leaves no past behind."""
        heard = self.heard
        if bucket not in heard and len(heard) >= self.ring.size:
            if bucket > self.last_beginning:
                return
            del heard[max(heard)]
        heard[bucket] = heard.get(bucket, 0) + sign
        if heard[bucket] <= 0:
            del heard[bucket]
        if len(heard) >= self.ring.size:
            self.last_beginning = max(heard)
        self.first_bucket = min(heard, default=None)

    def _hear_all(self, buckets: IntArray) -> None:
        """The same for rows that came, shape (rows,)."""
        if len(self.heard) >= self.ring.size:
            buckets = buckets[buckets <= self.last_beginning]
        if len(buckets):
            for bucket, rows in zip(*(a.tolist() for a in np.unique(buckets, return_counts=True)), strict=True):
                self._hear(bucket, rows)

    def next_late(self) -> int | None:
        return self.late[0][0] if self.late else None

    def apply_late(self, now: int) -> tuple[list[tuple[Fact, int]], list[Touched]]:
        """Let the too-late rows whose time has come join the counts: those that count now or no longer, (row, +1 | -1)
        each, and what they changed."""
        due: list[tuple[Fact, int]] = []
        while self.late and self.late[0][0] <= now:
            until, _, fact, sign = heappop(self.late)
            if self._queued is not None:
                self._queued.discard((until, sign, fact))
            due.append((fact, sign))
        counted = self._counted(due)
        return counted, self._add_counted(counted)

    def selects(self, row: Fact | Kind) -> bool:
        """Whether the selector counts such a row at all, if its feed is one of those that are counted."""
        chosen = self.selector
        if row.flags & EXERCISE or (row.flags & SELF_INITIATED and not chosen.self_initiated):
            return False
        if row.stage not in chosen.stages or row.area not in self.book.areas.by_code:
            return False
        categories = self.book.categories
        path = categories.paths.get(categories.heirs.get(row.category, ""), ())  # empty: a row of an older book
        if chosen.category not in path:
            return False
        return not chosen.severities or row.severity in chosen.severities

    def _put(self, facts: Sequence[tuple[Fact, int]]) -> list[Touched]:
        """Add rows or take them off, (row, +1 | -1) each; of one place's only those that count. What changed."""
        return self._add_counted(self._counted(facts))

    def _add_counted(self, counted: Sequence[tuple[Fact, int]]) -> list[Touched]:
        return [self._add_all(*self._spread(counted))] if counted else []

    def _counted(self, facts: Sequence[tuple[Fact, int]]) -> list[tuple[Fact, int]]:
        """Which rows count now, or no longer, when these are put in or taken out."""
        facts = [(fact, sign) for fact, sign in facts if fact.count]
        if not facts:
            return []
        self.reach(max(self.steps.bucket(fact.occurred_at) for fact, _ in facts))
        counted: list[tuple[Fact, int]] = []
        folded: list[tuple[Fact, int]] = []
        for fact, sign in facts:
            if not self.ring.holds(self.steps.bucket(fact.occurred_at)):
                continue
            if self.once is None or fact.place == 0:
                counted.append((fact, sign))
            elif sign > 0 or self.once.holds(fact):
                folded.append((fact, sign))
                for row, delta in self.once.put(fact) if sign > 0 else self.once.take(fact):
                    counted.append((row, delta))
                    folded.append((row, -delta))
        if folded and self.folded is not None:
            series, buckets, deltas = self._spread(folded)
            held = buckets > self.folded.lo
            self.folded.add(series[held], buckets[held], deltas[held])
        return counted

    def _spread(self, facts: Sequence[tuple[Fact, int]]) -> Touched:
        """What rows change in all series that they feed."""
        fed = [self.fed_by(fact.area, fact.category) for fact, _ in facts]
        many = [len(series) for series in fed]
        buckets = np.repeat([self.steps.bucket(fact.occurred_at) for fact, _ in facts], many)
        deltas = np.repeat([sign * fact.count for fact, sign in facts], many)
        return Touched(np.concatenate(fed), buckets, deltas)

    def reach(self, bucket: int) -> None:
        self.ring.reach(bucket)
        if self.folded is not None:
            self.folded.reach(bucket)

    def forget(self) -> None:
        """Let go of rows that no window reaches any more. Once a day."""
        extra = len(self.late_cells) - _LATE_KEPT
        if extra > 0:
            del self.late_cells[:extra]
            self.late_dropped += extra
        if self.once is not None and self.ring.hi >= self.ring.lo:
            self.once.forget(self.steps.start(self.ring.lo) - self.once.within)

    # series

    def fed_by(self, area: str, category: str) -> IntArray:
        """The series that a row of this area and category, which the selector counts, feeds, ancestors first: those
        of what took over from them, where something did."""
        fed = self.fed.get((area, category))
        if fed is None:
            areas, categories = self.book.areas, self.book.categories
            path = areas.paths[areas.heirs[area]]
            area_path = [a for a in path if areas.by_code[a].level in self.area_levels]
            category_path = []
            for code in categories.paths[categories.heirs[category]]:
                if code == self.selector.category or categories.by_code[code].level in self.category_levels:
                    category_path.append(code)
                if code == self.selector.category:
                    break
            pairs = [(a, c) for a in reversed(area_path) for c in reversed(category_path)]
            fed = self.fed[area, category] = np.array([self.join(pair) for pair in pairs], np.int64)
        return fed

    def join(self, pair: tuple[str, str]) -> int:
        """The number of a series; its ancestors must have joined before it."""
        found = self.series.get(pair)
        if found is not None:
            return found
        area, category = pair
        number = self.series[pair] = len(self.pairs)
        self.pairs.append(pair)
        area_up = next((a for a in self.book.areas.paths[area][1:] if (a, category) in self.series), "")
        category_up = next((c for c in self.book.categories.paths[category][1:] if (area, c) in self.series), "")
        area_parent = self.series[area_up, category] if area_up else -1
        category_parent = self.series[area, category_up] if category_up else -1
        top = self.parents[area_parent][2] if area_parent >= 0 else number
        area_depth = self.parents[area_parent][3] + 1 if area_parent >= 0 else 0
        category_depth = self.parents[category_parent][4] + 1 if category_parent >= 0 else 0
        self.parents.append((area_parent, category_parent, top, area_depth, category_depth))
        self._kin = None
        self.ring.join(len(self.pairs))
        if self.folded is not None:
            self.folded.join(len(self.pairs))
        return number

    def above(self, pair: tuple[str, str]) -> list[tuple[str, str]] | None:
        """The series next above one, by area and by category; None: no series is kept of such an area and category."""
        (area, category), areas, categories = pair, self.book.areas, self.book.categories
        own, kept = self.selector.category, self.category_levels
        if areas.by_code[area].level not in self.area_levels or not categories.holds(own, category):
            return None
        if category != own and categories.by_code[category].level not in kept:
            return None
        up = next((a for a in areas.paths[area][1:] if areas.by_code[a].level in self.area_levels), "")
        found = [(up, category)] if up else []
        if category != own:
            path = categories.paths[category][1:]
            found.append((area, next(c for c in path if c == own or categories.by_code[c].level in kept)))
        return found

    @property
    def kin(self) -> Kin:
        if self._kin is None:
            table = np.array(self.parents, np.int64).reshape(-1, 5)
            self._kin = Kin(*(np.ascontiguousarray(table[:, i]) for i in range(5)))
        return self._kin

    def below(self, upper: int, lower: int) -> bool:
        """Whether series `lower` lies under (or is) `upper`, by area and by category."""
        (area, category), (sub_area, sub_category) = self.pairs[upper], self.pairs[lower]
        return self.book.areas.holds(area, sub_area) and self.book.categories.holds(category, sub_category)

    def under(self, upper: int) -> IntArray:
        """The series below one, itself included, ascending."""
        area, category = self.pairs[upper]
        areas, categories = self.book.areas, self.book.categories
        if not (areas.children[area] or categories.children[category]):
            return np.array([upper], np.int64)
        held = (areas.holds(area, a) and categories.holds(category, c) for a, c in self.pairs)
        return np.flatnonzero(np.fromiter(held, bool, len(self.pairs)))

    # Recent, for detectors

    def total(self, series: IntArray, first: IntArray, last: IntArray) -> IntArray:
        return self.ring.total(series, first, last)

    def began(self, series: IntArray) -> IntArray:
        first = self.first_bucket if self.first_bucket is not None else self.ring.hi + 1
        return np.full(len(series), first, np.int64)


class Routes:
    """From kinds of rows to the series that they feed, for whole frames at a time."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._lateness = np.zeros(0, np.int64)  # by feed; -1: not counted here
        self._selected = np.zeros(0, bool)  # by kind
        self._kinds: list[Kind] = []
        self._first = np.zeros(0, np.int64)  # by kind: where its series begin in `_flat`; -1: not asked for yet
        self._many = np.zeros(0, np.int64)
        self._flat = np.zeros(256, np.int64)
        self._used = 0

    def lateness(self, names: Names) -> IntArray:
        """The lateness of each feed, by the engine's number; -1 where its rows are not counted here."""
        feeds = names.names["feed"]
        if len(self._lateness) < len(feeds):
            self._lateness = np.array([self._counts.lateness.get(feed, -1) for feed in feeds], np.int64)
        return self._lateness

    def selected(self, kinds: IntArray, names: Names) -> BoolArray:
        """Which rows the selector counts, shape (rows,)."""
        known, now = len(self._kinds), len(names.kinds)
        if known < now:
            if now > len(self._selected):
                room = 2 * now
                self._selected = np.concatenate([self._selected[:known], np.zeros(room - known, bool)])
                self._first = np.concatenate([self._first[:known], np.full(room - known, -1)])
                self._many = np.concatenate([self._many[:known], np.zeros(room - known, np.int64)])
            fresh = names.kinds[known:]
            counts = self._counts
            self._selected[known:now] = [kind.feed in counts.lateness and counts.selects(kind) for kind in fresh]
            self._kinds += fresh
        found: BoolArray = self._selected[kinds]
        return found

    def spread(self, kinds: IntArray) -> tuple[IntArray, IntArray]:
        """(row, series) of every series that every selected row feeds, shape (P,) each."""
        self.learn(kinds)
        return laid_out(self._first[kinds], self._many[kinds], self._flat)

    def reaching(self, interest: BoolArray) -> BoolArray:
        """Of each kind, whether its rows feed one of the series of `interest`, or a younger one, shape (kinds,); a kind
        that was never learned may."""
        known = len(self._kinds)
        sums = np.concatenate([[0], np.cumsum(reaches(interest, self._flat[: self._used]))])
        first = self._first[:known]
        found: BoolArray = (first < 0) | (sums[first + self._many[:known]] > sums[first])
        return found

    def learn(self, kinds: IntArray) -> None:
        """Find the series of kinds, shape (rows,), that nobody has asked for."""
        first = self._first[kinds]
        if len(first) and int(first.min()) < 0:
            for kind in np.unique(kinds[first < 0]).tolist():
                self._learn(kind)

    def _learn(self, number: int) -> None:
        kind = self._kinds[number]
        series = self._counts.fed_by(kind.area, kind.category)
        while self._used + len(series) > len(self._flat):
            self._flat = np.concatenate([self._flat, np.zeros_like(self._flat)])
        self._flat[self._used : self._used + len(series)] = series
        self._first[number], self._many[number] = self._used, len(series)
        self._used += len(series)


def reaches(interest: BoolArray, series: IntArray) -> BoolArray:
    """Which of `series` are of `interest`, by number, or younger than what it tells of, shape as `series`."""
    found = series >= len(interest)
    found[~found] = interest[series[~found]]
    return found


def laid_out(first: IntArray, many: IntArray, flat: IntArray) -> tuple[IntArray, IntArray]:
    """(n, value) of each value in flat[first[n] : first[n] + many[n]] for every n, shape (P,) each."""
    which = np.repeat(np.arange(len(many)), many)
    begin = np.cumsum(many) - many
    return which, flat[np.arange(len(which)) + (first - begin)[which]]


def feeds_of(selector: Selector, book: Book) -> list[FeedPolicy]:
    """The feeds that a selector may count."""
    return [
        feed
        for feed in book.feeds
        if (not selector.feeds or feed.name in selector.feeds) and selector.kind in (None, feed.kind)
    ]


def levels_down_to(levels: tuple[str, ...], level: str) -> frozenset[str]:
    """`level` and all above it; none where it is empty."""
    return frozenset(levels[: levels.index(level) + 1]) if level else frozenset()
