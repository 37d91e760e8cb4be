"""The engine of one city: frames, ticks and orders in, signals out. Pure and deterministic.

What it keeps is a function of the records applied; whatever order the rows between two ticks were read in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np

from rules.book import Book, Rule
from rules.boxes import Boxes
from rules.calendar import DAY_MS
from rules.coming import Coming
from rules.context import Context
from rules.corrections import carried
from rules.counts import Counts, Touched, together
from rules.detectors.port import BoolArray, IntArray
from rules.display import Display
from rules.exclusions import kept
from rules.exercises import Exercises
from rules.facts import FACT, FactRows, rows_at
from rules.feeds import FeedView, views_of
from rules.identities import ANSWERS, Answer, Change, Identities
from rules.laid import Laid
from rules.matters.followers import Followers
from rules.matters.watch import MatterWatch
from rules.names import Names
from rules.records import (
    CORRECTION,
    EXERCISE,
    Blind,
    ByHand,
    Calibrate,
    Down,
    Exclude,
    Frame,
    HearFeed,
    MuteFeed,
    Order,
    Record,
    Review,
    Shadowing,
    StopRule,
    Tick,
    UseBook,
)
from rules.reviews import Reviews
from rules.shadows.at_work import Shadows
from rules.shadows.handing import Arriving
from rules.sharing import Counted, counts_names, reach_in
from rules.shown import Count, Recount
from rules.signals import Signal, SignalKind
from rules.silence import WATCHED_STAGE, FeedWatch
from rules.silences import Silences
from rules.speech import Speaker, Told
from rules.walk import Walk
from rules.watch import RuleWatch, judges_alike, learns_alike

MAX_OPEN_BUCKETS: Final = 256
"""`tocsin check` refuses rules that would keep more buckets open."""

_NO_ROWS: Final = Coming(np.zeros(0, FACT), np.zeros(0, np.int64))
_REASON: Final = 200
"""Characters kept of what a rule raised."""


class Group(NamedTuple):
    """Rules that share counts."""

    name: str
    counts: Counts
    rules: list[RuleWatch]


class Engine:
    """One city's judgement. `offset` and `tick` are its head: the last record applied and the last tick."""

    def __init__(
        self, book: Book, *, epoch: int = 0, clock: Literal["wall", "stream"] = "wall",
        apart: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        self.epoch = epoch
        self.clock = clock
        self.offset = -1
        self.tick: int | None = None
        self.arrived = 0  # the largest arrival applied
        self.books: dict[str, Book] = {}
        self.waiting: list[tuple[int, int, Order]] = []
        self.tally = Boxes()
        self.names = Names()
        self._answers = np.zeros(0, np.uint8)
        self.stopped: dict[str, tuple[int, str]] = {}  # rule -> (offset, reason)
        self.watches: dict[str, FeedWatch] = {}
        self.counts: dict[str, Counts] = {}
        self.rules: dict[str, RuleWatch] = {}
        self.matters = Followers()
        self.next_learning: int | None = None
        self.identities = Identities({}, self.tally, self.names, horizon_holds=clock == "wall")
        self.silences = Silences()
        self.reviews = Reviews()
        self.exercises = Exercises()
        self.shadows = Shadows()
        self.exclusions: list[Exclude] = []  # in order of their Orders; every judge reads this list
        self.groups: list[Group] = []
        self._in_book: tuple[Book, tuple[int, ...], list[BoolArray]] | None = None
        self._muted: BoolArray | None = None  # by the number of a feed; None: not asked for since the last Order
        self.parting: list[tuple[str, str, SignalKind, Told]] = []  # alerts of rules that were stopped or replaced
        self.arriving: list[Arriving] = []  # what shadows have running that were promoted in this tick
        self.broken: list[str] = []  # rules that raised and whose desks have not been told
        self._laid = Laid()
        self.display: Display | None = None  # what pages see of counts; None: nobody asks
        self.apart = dict(apart or {})  # rule -> its counts, where a book alone would give it others: earlier ones did
        self._open(book)

    def add_book(self, book: Book) -> None:
        """Lay a book ready, for the Order that will name its digest."""
        self.books[book.digest] = book

    def apply(self, record: Record, offset: int) -> list[Signal]:
        """Take one record of the log in. Offsets rise; a record at or below the head changes nothing."""
        if offset <= self.offset:
            return []
        self.offset = offset
        if isinstance(record, Frame):
            return self._frame(record)
        if isinstance(record, Tick):
            return self.apply_tick(record.now)
        self.waiting.append((record.start, offset, record))
        self.waiting.sort(key=lambda item: item[:2])
        return []

    def apply_all(self, records: Sequence[tuple[int, Record]]) -> Iterator[Signal]:
        """What `apply` says of each record in turn, but told beforehand of those to come: replay, load, start."""
        return Walk(self, records).signals()

    def muted(self, rule: RuleWatch, at: int) -> bool:
        """Whether the rule surely says nothing of what has arrived by `at`, nor of what was read before its tick."""
        return max(at, self.arrived) <= rule.quiet_until

    # frames

    @property
    def last_answers(self) -> list[Answer]:
        """What became of each row of the last frame, in order."""
        return [ANSWERS[answer] for answer in self._answers.tolist()]

    def _frame(self, frame: Frame) -> list[Signal]:
        if not len(frame.rows):
            self._answers = np.zeros(0, np.uint8)
            return []
        return self.judge(self._take(frame))

    def judge(self, dirty: Mapping[str, Touched]) -> list[Signal]:
        """What rules say of counts that a frame has changed."""
        signals = self._say(dirty)
        if self.broken:
            signals += self._farewells(self.speaker())
        self.shadows.note(signals)
        self.shadows.hear(dirty, self)
        return signals

    def _take(self, frame: Frame) -> dict[str, Touched]:
        """Take rows in: what they change in the counts, by fingerprint."""
        rows = self.names.rows_of(frame)
        self._answers = np.zeros(len(rows), np.uint8)
        self.arrived = max(self.arrived, int(rows["arrived_at"].max()))
        known = self.known(rows)
        self.identities.set_aside(rows_at(rows, ~known))
        corrected = np.flatnonzero(known & (rows["flags"] & CORRECTION != 0))
        back = self._correct(frame, rows, corrected)
        known[corrected] = False
        taken = self.identities.take(rows if known.all() else rows_at(rows, known))
        self._answers[known] = taken.answers
        rows = rows_at(rows, known)
        self.exercises.hear(rows_at(rows, taken.plain), self.names)
        new = Coming(rows, self.names.kind_numbers(rows), np.flatnonzero(taken.plain))
        self.hear(self.watches, new, taken.changes)
        self.hear_matters(new, taken.changes + back)
        return self.change(self.groups, new, taken.changes + back)

    def _correct(self, frame: Frame, rows: FactRows, places: IntArray) -> list[Change]:
        """Take in the corrections at `places`; what they take back."""
        changes: list[Change] = []
        for place in places.tolist():
            fact, old = carried(self.identities.fact(rows[place]), int(frame.rows["due_at"][place]))
            answer, changed = self.identities.correct(fact, old)
            self._answers[place] = ANSWERS.index(answer)
            changes += changed
        return changes

    def known(self, rows: FactRows) -> BoolArray:
        """Which rows have a feed and nodes of the book in force; a frame may be older than the book, or newer. Of a
        feed that an Order has muted, corrections alone."""
        book, names = self.book, self.names.names
        numbers = tuple(len(names[column]) for column in ("feed", "area", "category"))
        if self._in_book is None or self._in_book[0] is not book or self._in_book[1] != numbers:
            known = [
                np.array([name in of for name in names[column]], bool)
                for column, of in (
                    ("feed", book.feed_by_name),
                    ("area", book.areas.by_code),
                    ("category", book.categories.by_code),
                )
            ]
            self._in_book = (book, numbers, known)
        feeds, areas, categories = self._in_book[2]
        found: BoolArray = feeds[rows["feed"]] & areas[rows["area"]] & categories[rows["category"]]
        if self._muted is None or len(self._muted) != len(feeds):
            muted = {name for name, watch in self.watches.items() if watch.muted_since is not None}
            self._muted = np.array([name in muted for name in names["feed"]], bool)
        if self._muted.any():
            found &= ~self._muted[rows["feed"]] | (rows["flags"] & CORRECTION != 0)
        return found

    def hear(self, watches: Mapping[str, FeedWatch], new: Coming, changes: Sequence[Change]) -> None:
        """Let feeds hear their new rows, and what was put in and taken back of known ones; of no exercise, which would
        hide that a feed is silent."""
        filed = new.stage == self.names.numbers["stage"].get(WATCHED_STAGE, -1)
        filed &= new.rows["flags"][new.numbers] & EXERCISE == 0
        for name, watch in watches.items():
            mine = np.flatnonzero(filed & (new.feed == self.names.numbers["feed"].get(name, -1)))
            if len(mine):
                watch.hear(new.occurred[mine], new.arrived[mine])
        if changes:
            told = [c for c in changes if c[0].stage == WATCHED_STAGE and not c[0].flags & EXERCISE]
            for name, watch in watches.items():
                watch.hear_changes(
                    (fact.occurred_at, fact.arrived_at, at, sign) for fact, sign, at in told if fact.feed == name
                )

    def change(
        self, groups: Iterable[Group], new: Coming, changes: Sequence[Change], *, shown: bool = True
    ) -> dict[str, Touched]:
        """Let new rows and changes of known ones reach the counts: fingerprint -> what changed there. Rules that
        surely say nothing of it note it; all do where it is not to be `shown` to them."""
        dirty: dict[str, Touched] = {}
        for group in groups:
            found = together([group.counts.take(new, self.identities), *group.counts.change(changes)])
            if len(found):
                dirty[group.name] = found
                for rule in group.rules:
                    if rule.name not in self.stopped and (not shown or self.muted(rule, 0)):
                        self.guarded(rule, lambda r=rule, t=found: r.note(t))
        return dirty

    def _say(self, dirty: Mapping[str, Touched]) -> list[Signal]:
        if not dirty:
            return []
        speaker = self.speaker()
        signals: list[Signal] = []
        for rule in self.rules.values():
            touched = dirty.get(rule.fingerprint)
            if touched and rule.name not in self.stopped and not self.muted(rule, 0):
                signals += self.guarded(rule, lambda r=rule, t=touched: r.hear(t, self.context(r), speaker))
        return signals

    # ticks

    def apply_tick(self, now: int) -> list[Signal]:
        """Take in that nothing arrives any more that arrived by `now`."""
        if self.tick is not None and now <= self.tick:
            return []
        if self.tick is None:
            self._begin(now)
        while (at := self._next_due()) is not None and at <= now:
            self._step(at)
        self.tick = now
        self.advance_matters(now)
        self.identities.tick(now)
        return self.close(self.groups, [name for name, watch in self.watches.items() if watch.look(now)])

    def close(self, groups: Iterable[Group], changed: Collection[str]) -> list[Signal]:
        """The end of a tick: what is said of silences, and what rules say. `changed`: feeds that are silent, or heard
        again."""
        speaker = self.speaker()
        signals = list(self.silences.say(self.watches, self.book, speaker))
        signals += self.reviews.say(self.tick or 0, self.book, speaker)
        signals += self.exercises.say(self.tick or 0, self.book, speaker)
        signals += self._farewells(speaker)
        judged = {rule.name for group in groups for rule in group.rules}
        for rule in self.rules.values():
            if rule.name in self.stopped or rule.name not in judged:
                continue
            if rule.woken or any(f in rule.counts.lateness for f in changed):
                signals += self.guarded(rule, lambda r=rule: r.say(self.context(r), speaker))
        signals += self.matters.say(self, speaker)
        self.shadows.note(signals)
        self.shadows.say(groups, changed, self)
        return signals

    def _begin(self, now: int) -> None:
        """The first tick: from here on time is known, as if it had been since the first row arrived."""
        first = self.identities.first_arrival()
        since = now if first is None else min(now, first)
        self.next_learning = (since // DAY_MS + 1) * DAY_MS
        for rule in self.all_watches():
            rule.begin(since)
        self._picture(self.rules.values())
        for followers in (self.matters, self.shadows.matters):
            followers.begin(since)

    def _next_due(self) -> int | None:
        dues = [self.next_learning, self.identities.next_release(), self.next_due_of(self.groups)]
        if self.waiting:
            floor = self.tick + 1 if self.tick is not None else 0
            dues.append(max(self.waiting[0][0], floor))
        return min((due for due in dues if due is not None), default=None)

    def next_due_of(self, groups: Iterable[Group]) -> int | None:
        """The first instant at which a bucket settles, a rule refits or a late row joins."""
        dues = [group.counts.next_late() for group in groups]
        dues += [rule.next_due() for group in groups for rule in group.rules if rule.name not in self.stopped]
        return min((due for due in dues if due is not None), default=None)

    def _step(self, at: int) -> None:
        """Everything that is due at one instant, in the order that ENGINE fixes."""
        self.advance_matters(at - 1)
        if self.waiting and self.waiting[0][0] <= at:
            self.settle(self.groups, at - 1)  # empty buckets settle late: no Order reaches back over them
            self._picture(self._awake(self.groups))
        while self.waiting and self.waiting[0][0] <= at:
            self._obey(self.waiting.pop(0)[2], at)
            self._picture(self.rules.values())
        self.settle(self.groups, at)
        self._learn(at)
        self.refit(self.groups, at)
        while (changes := self.identities.release(at)) is not None:
            self.hear(self.watches, _NO_ROWS, changes)
            self.hear_matters(_NO_ROWS, changes)
            for group in self.groups:
                self._disturb(group, group.counts.change(changes), at)

    def settle(self, groups: Iterable[Group], at: int) -> None:
        """Judge for good what has settled."""
        for rule in self._awake(groups):
            self.guarded(rule, lambda r=rule: r.settle(at, self.context(r), muted=self.muted(r, at)))

    def refit(self, groups: Iterable[Group], at: int) -> None:
        """Learn anew where that is due, and let the late rows in whose time has come."""
        if self.display is not None:
            self._picture(rule for rule in self._awake(groups) if rule.refits_by(at))
        for rule in self._awake(groups):
            self.guarded(rule, lambda r=rule: r.refit(at))
        for group in groups:
            due = group.counts.next_late()
            if due is not None and due <= at:
                self._picture(self._awake([group]))
            rows, touched = group.counts.apply_late(at)
            self._disturb(group, touched, at)
            if touched:
                for rule in self._awake([group]):
                    self.guarded(rule, lambda r=rule, late=rows: r.look_back(late))

    def _awake(self, groups: Iterable[Group]) -> list[RuleWatch]:
        """The rules that are not stopped."""
        return [rule for group in groups for rule in group.rules if rule.name not in self.stopped]

    def _learn(self, at: int) -> None:
        """Once a day: feeds learn their rates, counts let go of what no window reaches."""
        if self.next_learning is None or self.next_learning > at:
            return
        for watch in self.watches.values():
            watch.look(at)
            watch.learn(at)
        for counts in self.counts.values():
            counts.forget()
        self.exclusions[:] = kept(self.exclusions, at)
        self.next_learning += DAY_MS

    def _disturb(self, group: Group, touched: list[Touched], at: int) -> None:
        """Counts changed inside a tick."""
        changed = together(touched)
        if not len(changed):
            return
        for rule in group.rules:
            if rule.name in self.stopped:
                continue
            if self.muted(rule, at):
                self.guarded(rule, lambda r=rule: r.note(changed))
            else:
                self.guarded(rule, lambda r=rule: r.hears(changed))

    # orders

    def _obey(self, order: Order, at: int) -> None:
        if isinstance(order, Review):
            self.reviews.reviewed(order, at)
        elif isinstance(order, ByHand):
            if self.reviews.take(order, at):  # else it was handed over twice
                self._obey_hand(order, at)
        elif isinstance(order, UseBook):
            if self.reviews.take(order, at):
                self._open(self.books[order.digest], at)
        elif isinstance(order, Calibrate):
            self._recalibrate(order)
        elif isinstance(order, Shadowing):
            self.shadows.obey(order, at, self)
        elif isinstance(order, Down):
            for watch in self.watches.values():
                watch.covered.append((order.since, order.until))
        elif order.feed in self.watches:
            if isinstance(order, Blind):
                self.watches[order.feed].covered.append((order.since, order.until))
            else:  # Retire
                self.watches[order.feed].retired = True

    def _obey_hand(self, order: ByHand, at: int) -> None:
        if isinstance(order, Exclude):
            self.exclusions.append(order)
            for rule in self.all_watches():
                rule.judge.leave_out(order)
        elif isinstance(order, MuteFeed | HearFeed):
            watch, self._muted = self.watches.get(order.feed), None
            if watch is not None and isinstance(order, MuteFeed):
                watch.mute(at)
            elif watch is not None:
                watch.unmute(at)
        elif isinstance(order, StopRule):
            self.stopped[order.rule] = (self.offset, "order")
            self.part_with(order.rule)
        elif self.stopped.pop(order.rule, None) is not None:  # StartRule
            self._start(order.rule, at)

    def _recalibrate(self, order: Calibrate) -> None:
        for rule in self.all_watches():
            heights = {k.split("/", 1)[1]: h for k, h in order.heights.items() if k.split("/", 1)[0] == rule.name}
            if rule.name in self.stopped:  # for when it is started again
                rule.judge.calibrated.update(heights)
            else:
                self.guarded(rule, lambda r=rule, h=heights: r.recalibrate(h))

    def _start(self, rule_id: str, at: int) -> None:
        """A rule that was stopped judges again what begins from `at` on, with what it had learned."""
        self.part_with(rule_id)
        self.silences.started(rule_id)
        if rule_id in self.broken:  # started before its desk was told that it had stopped
            self.broken.remove(rule_id)
        if rule_id in self.rules:
            before = self.rules[rule_id]
            fresh = self.rules[rule_id] = self.fresh(before.rule, before.fingerprint, at)
            self.group()
            fresh.judge.adopt(before.judge)
            fresh.judge.calibrated = dict(before.judge.calibrated)
        self.matters.start(rule_id, at)

    def part_with(self, rule_id: str) -> None:
        """What a rule has running ends with the rule: said at the next chance."""
        rule = self.rules.get(rule_id)
        if rule is not None:
            kind = rule.speech.kind
            unheard = [id(told) for *_, told in self.arriving]
            parted = [told for told in rule.speech.part() if id(told) not in unheard]
            self.parting += [(rule.rule.id, rule.rule.version, kind, told) for told in parted]
        self.parting += self.matters.part(rule_id, max(self.tick or 0, self.arrived))

    def _farewells(self, speaker: Speaker) -> list[Signal]:
        """What is left to say of rules that were stopped, replaced or broken."""
        known = [rule for name in self.broken if (rule := self.book.rule(name))]  # else it has left the book
        said = [self.silences.stopped(rule, self.book, speaker) for rule in known] + self.silences.say_started(speaker)
        for rule_id, version, kind, told in self.parting:
            said.append(speaker.signal(told, kind, rule_id, version, over_at=speaker.now))
        for rule_id, version, kind, told in self.arriving:
            if told.state == "running":
                said.append(speaker.signal(told, kind, rule_id, version))
        self.broken, self.parting, self.arriving = [], [], []
        return said

    def _open(self, book: Book, at: int | None = None) -> None:
        """Judge by `book` from now on; what it shares with the old one goes on unchanged."""
        self.add_book(book)
        self.shadows.promote(book, self)
        before: Book = self.book if at is not None else book
        self.book: Book = book
        self.identities.feeds = {**self.identities.feeds, **book.feed_by_name}
        for feed in book.feeds:
            old = self.watches.get(feed.name)
            if old is None:
                self.watches[feed.name] = FeedWatch(feed, book.calendar)
            else:
                old.follow(feed, book.calendar)
                old.retired = old.retired and feed.name in before.feed_by_name
        for name, watch in self.watches.items():
            if name not in book.feed_by_name:
                watch.retired = True
        names = self._counts_names(book, at)
        mine = {rule.fingerprint: rule.counts for rule in self.rules.values()}  # what a shadow alone counts is not
        counts = {names[rule.id]: mine.get(names[rule.id]) for rule in book.rules}
        for rule in book.rules:
            if counts[names[rule.id]] is None:
                counts[names[rule.id]] = self.new_counts(rule, book, names[rule.id], at)
        counted, self.counts = self.counts, {name: found for name, found in counts.items() if found is not None}
        kept = {rule.id: self.watch(rule, names[rule.id], book, at, self.rules.get(rule.id)) for rule in book.rules}
        for rule_id, replaced in self.rules.items():
            if kept.get(rule_id) is not replaced:
                self.part_with(rule_id)
        self.rules = kept
        now = max(self.tick or 0, self.arrived)
        self.parting += self.matters.open({rule.id: rule for rule in book.on_matters}, book, at, now)
        self.shadows.open(self, at, counted)
        self.group()

    def group(self) -> None:
        """Rules by the counts that they share."""
        self.groups = [
            Group(name, counts, [rule for rule in self.all_watches() if rule.fingerprint == name])
            for name, counts in self.counts.items()
        ]
        for rule in self.all_watches():
            rule.judge.exclusions = self.exclusions

    def _counts_names(self, book: Book, at: int | None) -> dict[str, str]:
        """Rule -> the name of its counts under `book`; `at`: None where an engine begins, or is made of rows."""
        usual = counts_names(book)
        if at is None:
            return {rule_id: self.apart.get(rule_id, name) for rule_id, name in usual.items()}
        names = counts_names(book, {name: Counted(one.rule, one.fingerprint) for name, one in self.rules.items()})
        self.apart = {rule_id: name for rule_id, name in names.items() if name != usual[rule_id]}
        return names

    def new_counts(self, rule: Rule, book: Book, name: str, at: int | None) -> Counts:
        """Counts that hold what the memory of identities still knows."""
        counts = Counts(rule, book, reach_in(name))
        if at is not None:
            counts.since = self.identities.known_since(at)
            counts.change([*self.identities.standing_changes(at)])
            counts.apply_late(at)
        return counts

    def watch(self, rule: Rule, name: str, book: Book, at: int | None, old: RuleWatch | None) -> RuleWatch:
        """The rule's watch under a book: the old one where it judges alike, else a new one with what it has learned."""
        if old is not None and old.fingerprint == name and judges_alike(old.rule, rule):
            if old.rule != rule or old.judge.book.desks != book.desks:
                self.guarded(old, lambda: old.follow(rule, book))
            old.judge.book = book
            return old
        fresh = self.fresh(rule, name, at)
        if old is not None and learns_alike(old.rule, rule):
            fresh.judge.adopt(old.judge)
            if old.rule == rule:  # another tree or calendar: its promise is still what it was
                fresh.judge.calibrated = dict(old.judge.calibrated)
        return fresh

    def fresh(self, rule: Rule, name: str, at: int | None) -> RuleWatch:
        """A rule that judges the buckets that begin at or after `at` (None: from the beginning of the log)."""
        watch = RuleWatch(rule, self.book, self.counts[name], name)
        if at is not None:
            watch.begin(at)
            watch.judges_from = watch.counts.steps.bucket(at - 1) + 1
        return watch

    # what is shared

    def all_watches(self) -> list[RuleWatch]:
        """Rules on counts, those in force first."""
        return [*self.rules.values(), *self.shadows.watches()]

    def hear_matters(self, new: Coming, changes: Sequence[Change]) -> None:
        """New rows, and what was put in and taken back, for rules on matters."""
        for followers in (self.matters, self.shadows.matters):
            followers.hear(new, changes, self.names)

    def advance_matters(self, now: int) -> None:
        """Look at all that is due on matters up to `now`."""
        for followers in (self.matters, self.shadows.matters):
            followers.advance(now, self)

    def next_matter_due(self) -> int | None:
        """When a rule on matters may find something changed."""
        dues = [followers.next_due(self.stopped) for followers in (self.matters, self.shadows.matters)]
        return min((due for due in dues if due is not None), default=None)

    def speaker(self) -> Speaker:
        return Speaker(self.book.city, self.epoch, self.offset, 0, max(self.tick or 0, self.arrived))

    def context(self, rule: RuleWatch | MatterWatch) -> Context:
        return Context(self, rule)

    def guarded(self, rule: RuleWatch | MatterWatch, work):  # type: ignore[no-untyped-def]  # returns what `work` returns
        """Law 10: a rule that raises is stopped from this record on; every other goes on."""
        try:
            return work() or []
        except (MemoryError, TimeoutError):
            raise  # failures that do not repeat end the process instead
        except Exception as fault:  # noqa: BLE001 - law 10: whatever a rule raises stops that rule alone
            told = f"{type(fault).__name__}: {fault}"
            self.stopped[rule.name] = (self.offset, " ".join(told.split())[:_REASON])
            if not rule.in_shadow:
                self.broken.append(rule.name)
                self.part_with(rule.name)
            return []

    def rows(self) -> dict[str, bytes]:
        """The whole memory between two records, by row; a row that holds what it held is equal to what it was."""
        from rules import snapshots  # noqa: PLC0415 - snapshots know every part of an engine, so they import it

        return snapshots.rows(self, self._laid)

    @classmethod
    def of_rows(cls, rows: Mapping[str, bytes], books: Mapping[str, Book]) -> Engine:
        """The engine that gave `rows`. Raises rules.snapshots.Unreadable."""
        from rules import snapshots  # noqa: PLC0415 - as above

        return snapshots.engine_of(rows, books)

    def snapshot(self) -> bytes:
        """All rows in one piece."""
        from rules import snapshots  # noqa: PLC0415 - as above

        return snapshots.snapshot(self)

    @classmethod
    def restore(cls, data: bytes, books: Mapping[str, Book]) -> Engine:
        """The engine that `snapshot` was taken of. Raises rules.snapshots.Unreadable."""
        from rules import snapshots  # noqa: PLC0415 - as above

        return snapshots.restore(data, books)

    def boxes(self) -> dict[str, dict[str, dict[str, int]]]:
        """Law 9: feed -> ISO day of arrival (UTC) -> box -> rows."""
        return self.tally.by_feed_and_day()

    def show_counts(self, level: str | None = None, since: int = 0) -> None:
        """Keep what pages see of counts from here on, of areas down to `level` (None: as fine as may be; "": nothing)
        and of what ends after `since`, ms. Changes nothing that is judged, and is not remembered: whoever makes an
        engine of rows asks again."""
        self.display = None if level == "" else Display(level, since)
        self._picture(self.rules.values())

    def counted(self, *, open_too: bool) -> list[Count | Recount]:
        """What pages see of counts, as far as it was not handed over yet; `open_too`: also of what has not settled."""
        if self.display is None:
            return []
        shown = [rule for rule in self._awake(self.groups) if not rule.in_shadow]
        return self.display.take(shown, self.tick if open_too else None)

    def _picture(self, rules: Iterable[RuleWatch]) -> None:
        """Before baselines or counts of settled buckets move: what they were."""
        if self.display is not None:
            for rule in rules:
                if not rule.in_shadow:
                    self.display.settle(rule)

    def feeds(self, now: int | None = None) -> list[FeedView]:
        """How each feed is doing at city time `now` (default: the last tick)."""
        return views_of(self.watches, self.tally, now if now is not None else (self.tick or 0))
