"""Records at hand, judged as if one by one: each rule is shown only those of which it might say something.

The memory of identities takes in whole days at once. Counts follow when a rule needs them: one that surely stays
silent (rules/lookahead.py) is passed over, and what came is counted in one piece when it is shown records again. Feeds
are looked at where a gap between arrivals might be a silence. A stretch begins and ends with everything up to date.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from rules.calendar import DAY_MS
from rules.coming import Coming
from rules.counts import Routes, Touched, reaches
from rules.detectors.port import BoolArray, IntArray
from rules.facts import FactRows, rows_at
from rules.identities import Change
from rules.lookahead import Lookahead
from rules.records import CORRECTION, EXERCISE, Frame, Record, Tick
from rules.signals import Signal
from rules.silence import WATCHED_STAGE

if TYPE_CHECKING:
    from rules.book import Book
    from rules.engine import Engine, Group
    from rules.hindsight import Span

_NEVER: Final = int(np.iinfo(np.int64).max)
_PIECE: Final = 1_024
_ALONE: Final = CORRECTION | EXERCISE


class Walk:
    """The records of one `Engine.apply_all`."""

    def __init__(self, engine: Engine, records: Sequence[tuple[int, Record]]) -> None:
        self.engine = engine
        self.records = records
        frames = [record if isinstance(record, Frame) else None for _, record in records]
        sizes = [0 if frame is None else len(frame.rows) for frame in frames]
        self.edges = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])  # of each record's rows
        filled = [frame for frame in frames if frame is not None and len(frame.rows)]
        self.rows: FactRows = engine.names.rows_of_all(filled)
        self.kinds = engine.names.kind_numbers(self.rows)
        self.ticks = np.array([record.now if isinstance(record, Tick) else -1 for _, record in records], np.int64)
        self.is_tick = np.array([isinstance(record, Tick) for _, record in records], bool)
        other = [not isinstance(record, Tick | Frame) for _, record in records]
        arrived = np.full(len(records), -1, np.int64)
        if filled:
            held = np.flatnonzero(np.diff(self.edges))
            arrived[held] = np.maximum.reduceat(self.rows["arrived_at"], self.edges[held])
        self.arrived = np.maximum.accumulate(arrived) if len(records) else arrived  # by the end of each record
        ticks = np.maximum.accumulate(self.ticks) if len(records) else self.ticks
        self.times = np.maximum(self.arrived, ticks)
        self._alone = np.array(other, bool)
        self._stops: tuple[Book, IntArray] | None = None
        self.ahead = Lookahead(engine, self.rows, self.kinds)
        self._began = -1 if engine.tick is None else engine.tick

    def signals(self) -> Iterator[Signal]:
        """What the engine says of every record, in their order."""
        engine, place = self.engine, 0
        while place < len(self.records):
            for rule in engine.all_watches():  # an Order may have brought new ones
                rule.ahead = self.ahead if rule.foresees else None
            beyond = self._stretch_from(place)
            if beyond > place + 1:
                yield from _Stretch(self, place, beyond).signals()
                place = beyond
            else:
                offset, record = self.records[place]
                yield from engine.apply(record, offset)
                place += 1
            if self.is_tick[place - 1]:
                self.look_ahead(engine.groups)
        for rule in engine.all_watches():
            rule.quiet_until, rule.foresight, rule.ahead = -1, None, None

    def look_ahead(self, groups: Sequence[Group]) -> None:
        """After a tick: rules look how far they surely stay silent; while rows are held nothing is sure."""
        engine = self.engine
        now = engine.tick
        if now is None:
            return
        for group in groups:
            for rule in group.rules:
                if rule.foresees and rule.quiet_until < now and rule.name not in engine.stopped:
                    if engine.identities.held:
                        rule.foresight, rule.quiet_until = None, now
                    else:
                        self.ahead.look(rule, now)

    def _stretch_from(self, place: int) -> int:
        """The end of the stretch from `place` on that can be taken in as one: it ends with a tick, before whatever
        moves more than counts."""
        engine = self.engine
        if engine.tick is None or engine.next_learning is None or engine.arrived > engine.tick:
            return place
        if engine.waiting or engine.broken or engine.parting or engine.identities.held or engine.exercises:
            return place
        if self.records[place][0] <= engine.offset:
            return place
        stops = self._stops_of(engine.book)
        at = int(np.searchsorted(stops, place))
        end = int(stops[at]) if at < len(stops) else len(self.records)
        end = min(end, place + int(np.searchsorted(self.times[place:end], engine.next_learning, side="right")))
        ticks = place + np.flatnonzero(self.is_tick[place:end])
        purges = int(np.searchsorted(self.ticks[ticks], engine.identities.purged_at + DAY_MS, side="right"))
        return int(ticks[: purges + 1][-1]) + 1 if len(ticks) else place

    def _stops_of(self, book: Book) -> IntArray:
        """The records that are taken in alone: Orders, corrections, exercises, and frames with rows that must wait."""
        if self._stops is None or self._stops[0] is not book:
            alone = self.engine.identities.set_apart(self.rows)[0] | (self.rows["flags"] & _ALONE != 0)
            stops = self._alone.copy()
            stops[np.searchsorted(self.edges, np.flatnonzero(alone), side="right") - 1] = True
            falls = np.flatnonzero(self.is_tick)
            if len(falls):  # a tick that is none: not later than the one before
                before = np.maximum.accumulate(np.concatenate([[self._began], self.ticks[falls][:-1]]))
                stops[falls[self.ticks[falls] <= before]] = True
            self._stops = (book, np.flatnonzero(stops))
        return self._stops[1]


class _Changes(NamedTuple):
    """What known identities put in and take back, in the order of the records that cause it."""

    told: list[Change]
    caused_by: IntArray

    def between(self, first: int, beyond: int) -> list[Change]:
        """What is caused by the records from `first` up to `beyond`."""
        begin, end = np.searchsorted(self.caused_by, (first, beyond)).tolist()
        return self.told[begin:end]


class _Touches(NamedTuple):
    """What reaches a group's series, by record: the kinds of new rows, shape (rows,), and the series that changes of
    known identities move, shape (P,)."""

    routes: Routes
    records: IntArray
    kinds: IntArray
    changed_by: IntArray
    changed: IntArray

    def first(self, place: int, interest: BoolArray) -> int:
        """The first record from `place` on that reaches one of `interest`, or a younger series."""
        reached = reaches(interest, self.changed) & (self.changed_by >= place)
        found = int(self.changed_by[np.argmax(reached)]) if reached.any() else _NEVER
        by_kind = self.routes.reaching(interest)
        begin, size = int(np.searchsorted(self.records, place)), _PIECE
        while begin < len(self.records) and self.records[begin] < found:
            reached = by_kind[self.kinds[begin : begin + size]]
            if reached.any():
                return min(found, int(self.records[begin + int(np.argmax(reached))]))
            begin, size = begin + size, 2 * size
        return found


class _Stretch:
    """Some records of a walk that are taken in as one: frames and ticks, the last of them a tick."""

    def __init__(self, walk: Walk, first: int, beyond: int) -> None:
        self.walk, self.engine = walk, walk.engine
        self.first, self.last = first, beyond - 1
        self.new, self.changes = self._take()
        self.edges = np.searchsorted(self.new.numbers, walk.edges[first : beyond + 1] - walk.edges[first])
        self.changes_of = self._selected()
        self.counted = {group.name: first for group in self.engine.groups}  # the first record not counted
        self.next_of: dict[str, int] = {}  # the next record that a group must be shown, as far as worked out
        self.touches: dict[str, _Touches] = {}
        self.late: dict[str, tuple[IntArray, IntArray]] = {}
        self.heard = dict.fromkeys(self.engine.watches, first)
        engine = self.engine
        engine.hear_matters(self.new, self.changes.told)  # each is known from its arrival on
        self._ticks = self.first + np.flatnonzero(walk.is_tick[self.first : beyond])
        self.troubled = {name: self._troubled(name) for name in self.engine.watches}

    def _take(self) -> tuple[Coming, _Changes]:
        """Let the memory of identities take in all rows: what is new, and what changes."""
        engine, walk = self.engine, self.walk
        begin, end = int(walk.edges[self.first]), int(walk.edges[self.last + 1])
        rows, kinds = walk.rows[begin:end], walk.kinds[begin:end]
        known = engine.known(rows)
        record_of = np.repeat(np.arange(self.first, self.last + 1), np.diff(walk.edges[self.first : self.last + 2]))
        interval = np.cumsum(walk.is_tick[self.first : self.last + 1])[record_of - self.first]
        if known.all():
            taken = engine.identities.take(rows, interval)
            plain = taken.plain
        else:
            engine.identities.set_aside(rows_at(rows, ~known))
            taken = engine.identities.take(rows_at(rows, known), interval[known])
            plain = np.zeros(len(rows), bool)
            plain[known] = taken.plain
            record_of = record_of[known]
        caused_by = record_of[np.array(taken.causes, np.int64)]
        return Coming(rows, kinds, np.flatnonzero(plain)), _Changes(taken.changes, caused_by)

    def _selected(self) -> dict[str, _Changes]:
        """The changes that reach each group's counts; all, where one may tell of where the feeds' past begins."""
        engine, told = self.engine, self.changes.told
        first = min((fact.occurred_at for fact, _, _ in told), default=0)
        kinds = engine.names.kind_numbers(engine.identities.rows_of(fact for fact, _, _ in told))
        found = {}
        for group in engine.groups:
            mine = np.flatnonzero(group.counts.routes.selected(kinds, engine.names))
            some = _Changes([told[n] for n in mine.tolist()], self.changes.caused_by[mine])
            found[group.name] = some if group.counts.has_begun_before(first) else self.changes
        return found

    def signals(self) -> Iterator[Signal]:
        """What the engine says of every record, in their order."""
        engine, walk, place = self.engine, self.walk, self.first
        while (place := self._next(place)) < self.last:
            engine.offset = walk.records[place][0]
            yield from self._tick(place) if walk.is_tick[place] else self._frame(place)
            place += 1
        for group in engine.groups:
            self._count(group, self.last)
        self._hear(self.last)
        engine.offset, engine.arrived = walk.records[self.last][0], self._arrived(self.last)
        yield from engine.apply_tick(int(walk.ticks[self.last]))

    def _arrived(self, place: int) -> int:
        return max(self.engine.arrived, int(self.walk.arrived[place]))

    # which records are shown

    def _next(self, place: int) -> int:
        """The next record from `place` on that anyone must be shown; the last is always one."""
        engine = self.engine
        if engine.broken or engine.parting:
            return place
        found = min((self._next_for(group, place) for group in engine.groups), default=self.last)
        for name, troubled in self.troubled.items():
            looks = troubled if engine.watches[name].gap is None else self.walk.is_tick
            ahead = np.flatnonzero(looks[place : found + 1])
            if len(ahead):
                found = place + int(ahead[0])
        overdue = engine.reviews.next_due()
        if overdue is not None:
            found = min(found, self._after(place, overdue - 1))
        due = engine.next_matter_due()
        if due is not None:
            at = int(np.searchsorted(self.walk.ticks[self._ticks], due))
            found = max(place, min(found, int(self._ticks[at]) if at < len(self._ticks) else found))
        return min(found, self.last)

    def _next_for(self, group: Group, place: int) -> int:
        """The next record from `place` on that a group of rules must be shown."""
        found = self.next_of.get(group.name)
        if found is None:
            found = self.next_of[group.name] = min(self._next_for_now(group, place), self.last)
        return found

    def _next_for_now(self, group: Group, place: int) -> int:
        engine = self.engine
        found = self.last
        spans: list[Span] = []
        awake = False
        for rule in group.rules:
            if rule.name in engine.stopped:
                continue
            span = rule.span()
            spans += [] if span is None else [span]
            quiet = self._after(place, rule.quiet_through(engine.tick or 0))
            if rule.judge.settled or quiet >= found:
                found = min(found, quiet)
                continue
            interest = rule.interest() if rule.foresees else None
            if interest is None:
                found = quiet
            else:
                awake = True
                due = rule.next_due()
                assert rule.foresight is not None
                found = min(found, self._after(quiet, rule.foresight.until))
                found = min(found, self._touches(group).first(quiet, interest))
                found = min(found, found if due is None else self._after(quiet, due - 1))
        if found > place and (awake or spans):  # alerts are told of what comes late, or is taken back, of their windows
            due = group.counts.next_late()
            found = min(found, found if due is None else self._after(place, due - 1))
            records, occurred = self._late(group)
            concerned = np.full(len(records), awake)
            for since, until in spans:
                concerned |= (occurred >= since) & (occurred < until)
            found = min(found, int(records[concerned & (records >= place)].min(initial=found)))
        return found

    def _after(self, place: int, time: int) -> int:
        """The first record from `place` on that brings a time later than `time`."""
        return place + int(np.searchsorted(self.walk.times[place : self.last], time, side="right"))

    def _touches(self, group: Group) -> _Touches:
        """Which series of a group its new rows and changes reach, record by record."""
        found = self.touches.get(group.name)
        if found is None:
            counts, new = group.counts, self.new
            rows = np.flatnonzero(counts.routes.selected(new.kinds, self.engine.names) & (new.count > 0))
            kinds = new.kinds[rows]
            counts.routes.learn(kinds)
            records = self.first + np.searchsorted(self.edges, rows, side="right") - 1
            changes = self.changes_of[group.name]
            mine = [n for n, (fact, _, _) in enumerate(changes.told) if counts.selects(fact)]
            fed = [counts.fed_by(changes.told[n][0].area, changes.told[n][0].category) for n in mine]
            caused = np.repeat(changes.caused_by[mine], [len(each) for each in fed])
            changed = np.concatenate([np.zeros(0, np.int64), *fed])
            found = _Touches(counts.routes, records, kinds, caused, changed)
            self.touches[group.name] = found
        return found

    def _late(self, group: Group) -> tuple[IntArray, IntArray]:
        """The records with rows or changes that come too late for a group's counts, and when those occurred."""
        if group.name not in self.late:
            new, changes = self.new, self.changes_of[group.name]
            lateness = group.counts.routes.lateness(self.engine.names)[new.feed]
            rows = np.flatnonzero((lateness >= 0) & (new.arrived - new.occurred > lateness))
            records = self.first + np.searchsorted(self.edges, rows, side="right") - 1
            told = [
                (record, fact.occurred_at)
                for (fact, _, at), record in zip(changes.told, changes.caused_by.tolist(), strict=True)
                if at - fact.occurred_at > group.counts.lateness.get(fact.feed, _NEVER)
            ]
            more = np.array(told, np.int64).reshape(-1, 2)
            self.late[group.name] = (
                np.concatenate([records, more[:, 0]]),
                np.concatenate([new.occurred[rows], more[:, 1]]),
            )
        return self.late[group.name]

    def _shown(self, place: int) -> list[Group]:
        """The groups of rules that must be shown a record; their counts are brought up to it."""
        shown = [group for group in self.engine.groups if self._next_for(group, place) <= place]
        for group in shown:
            self._count(group, place)
            del self.next_of[group.name]
        return shown

    def _unheard(self, name: str) -> int | None:
        """The first record that takes back more rows of some arrival than it puts in, as far as they were heard."""
        net: Counter[tuple[int, int]] = Counter()
        for (fact, sign, at), record in zip(self.changes.told, self.changes.caused_by.tolist(), strict=True):
            if fact.feed == name and at == fact.arrived_at:
                net[record, at] += sign
        return min((record for (record, _), rows in net.items() if rows < 0), default=None)

    def _troubled(self, name: str) -> BoolArray:
        """At which records, ticks all of them, a feed must be looked at: a silence might begin, or be covered."""
        watch, walk = self.engine.watches[name], self.walk
        stage = self.engine.names.numbers["stage"].get(WATCHED_STAGE, -1)
        feed = self.engine.names.numbers["feed"].get(name, -1)
        arrived = np.sort(self.new.arrived[(self.new.stage == stage) & (self.new.feed == feed)])
        ticks = np.zeros(len(walk.records), bool)
        mine = self.first + np.flatnonzero(walk.is_tick[self.first : self.last + 1])
        ticks[mine] = watch.troubled(arrived, walk.ticks[mine])
        if (place := self._unheard(name)) is not None:  # an arrival that is taken back may leave a gap
            ticks[place:] = walk.is_tick[place:]
        return ticks

    # what is caught up

    def _between(self, first: int, beyond: int) -> Coming:
        """The new rows of some records."""
        return self.new.part(int(self.edges[first - self.first]), int(self.edges[beyond - self.first]))

    def _count(self, group: Group, place: int) -> None:
        """Bring counts up to the record before `place`, of which their rules surely say nothing."""
        begin = self.counted[group.name]
        if begin >= place:
            return
        changes = self.changes_of[group.name].between(begin, place)
        whole = group.counts.keeps_all(self._between(begin, place), changes, self.engine.names)
        for first, beyond in pairwise([begin, place] if whole else range(begin, place + 1)):
            self._count_piece(group, first, beyond)
        self.counted[group.name] = place

    def _count_piece(self, group: Group, first: int, beyond: int) -> None:
        engine, walk = self.engine, self.walk
        engine.arrived = max(engine.arrived, int(walk.arrived[beyond - 1]))
        changes = self.changes_of[group.name].between(first, beyond)
        engine.change([group], self._between(first, beyond), changes, shown=False)
        ticks = walk.ticks[first:beyond][walk.is_tick[first:beyond]]
        if len(ticks):
            self._hear(beyond)
            now, late = int(ticks[-1]), group.counts.next_late()
            while late is not None and late <= now:  # one after the other: what is open when it joins is told apart
                engine.settle([group], late)
                engine.refit([group], late)
                late = group.counts.next_late()
            engine.settle([group], now)
            engine.refit([group], now)

    def _hear(self, place: int) -> None:
        """Let all feeds hear the records before `place`."""
        for name, begin in self.heard.items():
            if begin < place:
                watch = self.engine.watches[name]
                self.engine.hear({name: watch}, self._between(begin, place), self.changes.between(begin, place))
                self.heard[name] = place

    # one record

    def _frame(self, place: int) -> list[Signal]:
        engine = self.engine
        shown = self._shown(place)
        engine.arrived = self._arrived(place)
        new = self._between(place, place + 1)
        dirty: dict[str, Touched] = {}
        for group in shown:
            dirty |= engine.change([group], new, self.changes_of[group.name].between(place, place + 1))
        self.counted.update((group.name, place + 1) for group in shown)
        if dirty:
            self._hear(place + 1)
        has_rows = self.walk.edges[place + 1] > self.walk.edges[place]
        return engine.judge(dirty) if has_rows else []

    def _tick(self, place: int) -> list[Signal]:
        engine, now = self.engine, int(self.walk.ticks[place])
        shown = self._shown(place)
        engine.arrived = self._arrived(place)
        self._hear(place)
        while (at := engine.next_due_of(shown)) is not None and at <= now:
            engine.settle(shown, at)
            engine.refit(shown, at)
        engine.tick = now
        engine.advance_matters(now)
        self.counted.update((group.name, place + 1) for group in shown)
        watches = engine.watches.items()
        looks = [(name, watch) for name, watch in watches if watch.gap is not None or self.troubled[name][place]]
        changed = [name for name, watch in looks if watch.look(now)]
        for group in engine.groups:  # what was held back while a feed was silent may be said now
            if group not in shown and any(feed in group.counts.lateness for feed in changed):
                self._count(group, place + 1)
                self.next_of.pop(group.name, None)
                shown.append(group)
        signals = engine.close(shown, changed)
        self.walk.look_ahead(shown)
        return signals
