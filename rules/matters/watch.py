"""One rule on matters at work: what it knows of each, which are due soon or late, what it has said of whom.

It looks at matters at the multiples of its step. What arrived by then is known then: a reply that comes late makes a
matter late until it comes. So the picture at each step is a function of the rows with their arrival times, whatever the
order of reading and wherever the ticks lie.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING, Final

import numpy as np

from rules.book import Book, MatterRule
from rules.calendar import DAY_MS
from rules.coming import Coming
from rules.counts import feeds_of
from rules.detectors.port import BoolArray, IntArray
from rules.facts import Fact
from rules.identities import Change
from rules.matters.cells import Cells
from rules.matters.entries import Entry, Mark, entry_of, net
from rules.matters.judges import judge_of
from rules.matters.look import NOTHING, Look
from rules.matters.reckoning import NEVER
from rules.names import Kind, Names
from rules.records import EXERCISE, SELF_INITIATED

if TYPE_CHECKING:
    from rules.context import Context

MOST_MATTERS: Final = 500_000
"""Followed by one rule at a time; further ones are counted, and not followed."""
_HEAP_ROOM: Final = 1_024
_DEAF_KEPT: Final = 30 * DAY_MS


class Followed:
    """One matter: its entries in order, and how it looked when it was looked at last."""

    __slots__ = ("entries", "heard_at", "look")

    def __init__(self, entries: list[Entry], heard_at: int) -> None:
        self.entries = entries
        self.heard_at = heard_at  # when news of it was last known, ms
        self.look: Look = NOTHING


class MatterWatch:
    """`begins`: rows that arrived before it are none of this rule's (ms); 0: from the beginning of the log."""

    def __init__(self, rule: MatterRule, book: Book, begins: int = 0) -> None:
        self.name = rule.id  # under which it may be stopped; a shadow's is another
        self.begins = begins
        self.judged: int | None = None  # the last step looked at, ms
        self.matters: dict[int, Followed] = {}
        self.pending: list[Mark] = []  # a heap: what is known later than `judged`
        self.deaf: dict[tuple[int, int], bool] = {}  # whether a feed was missing in an interval, decided once
        self.unfollowed = 0
        self.stale = False  # everything must be looked at anew at the next step
        self.cells = Cells(rule, book)
        self._heap: list[tuple[int, int]] = []  # (when it may change by itself, matter)
        self._context: Context | None = None
        self._use(rule, book)

    def _use(self, rule: MatterRule, book: Book) -> None:
        self.rule = rule
        self.book = book
        feeds = feeds_of(rule.selector, book)
        self.feeds = frozenset(feed.name for feed in feeds)
        self.remember = max((feed.horizon + feed.skew for feed in feeds), default=DAY_MS)
        grace = max((feed.lateness for feed in feeds), default=0)
        self.judge = judge_of(rule, book, grace, self._is_deaf)
        self.cells.use(rule, book)
        self._selected = np.zeros(0, bool)
        self._kinds: list[Kind] = []

    @property
    def in_shadow(self) -> bool:
        """Whether no desk hears of it."""
        return self.name != self.rule.id

    def begin(self, since: int) -> None:
        """Time is known from here on."""
        self.judged = (max(since, 1) - 1) // self.rule.step * self.rule.step

    def follow(self, rule: MatterRule, book: Book) -> None:
        """Go on under another text, another table of clocks or another calendar: no matter is forgotten."""
        self._use(rule, book)
        self.stale = True

    def selects_alike(self, rule: MatterRule, book: Book) -> bool:
        """Whether a rule hears what this one hears."""
        feeds = frozenset(feed.name for feed in feeds_of(rule.selector, book))
        same = (rule.id, rule.selector, rule.on) == (self.rule.id, self.rule.selector, self.rule.on)
        level = rule.on != "area" or rule.areas == self.rule.areas
        return same and level and feeds == self.feeds

    def start(self, at: int) -> None:
        """Judge from `at` on, after a stop or by another book: with every matter that was followed."""
        self.stale = True
        if self.judged is not None:
            self.judged = max(self.judged, (at - 1) // self.rule.step * self.rule.step)

    # what is heard

    def hear(self, new: Coming, names: Names) -> None:
        """New rows, counted as they came."""
        if not len(new):
            return
        rows = new.rows
        chosen = np.flatnonzero(self._selects(new.kinds, names) & (new.count > 0) & (new.arrived >= self.begins))
        if self.rule.on != "area":
            chosen = chosen[rows[self.rule.on][new.numbers[chosen]] != 0]
        if not len(chosen):
            return
        stages, categories, areas = (names.names[column] for column in ("stage", "category", "area"))
        offices = names.names["office"]
        columns = ("occurred_at", "stage", "id0", "id1", "revision", "content", "category", "area", "office", "due_at")
        picked = rows[new.numbers[chosen]]
        for arrived, matter, place, (at, stage, id0, id1, revision, content, category, area, office, due) in zip(
            picked["arrived_at"].tolist(), picked["matter"].tolist(), picked["place"].tolist(),
            picked[list(columns)].tolist(), strict=True,
        ):  # fmt: skip
            code = areas[area]
            key = matter if self.rule.on == "matter" else place if self.rule.on == "place" else self._area_key(code)
            entry = Entry(at, stages[stage], id0, id1, revision, content, categories[category], code, offices[office],
                          due)  # fmt: skip
            heappush(self.pending, Mark(arrived, key, 1, entry))

    def hear_changes(self, changes: Iterable[Change]) -> None:
        """What was put in and taken back of known identities."""
        for fact, sign, at in changes:
            if fact.arrived_at < self.begins or not fact.count or not self._hears(fact):
                continue
            key = self._key(fact)
            if key:
                heappush(self.pending, Mark(at, key, sign, entry_of(fact)))

    def _key(self, fact: Fact) -> int:
        if self.rule.on == "area":
            return self._area_key(fact.area)
        return fact.matter if self.rule.on == "matter" else fact.place

    def _area_key(self, code: str) -> int:
        return int.from_bytes(hashlib.blake2b(self.cells.area_of(code).encode(), digest_size=8).digest(), "big")

    def _selects(self, kinds: IntArray, names: Names) -> BoolArray:
        """Which rows this rule hears, shape (rows,)."""
        known = len(self._kinds)
        if known < len(names.kinds):
            fresh = names.kinds[known:]
            self._selected = np.concatenate([self._selected, np.array([self._hears(kind) for kind in fresh], bool)])
            self._kinds += fresh
        found: BoolArray = self._selected[kinds]
        return found

    def _hears(self, row: Kind | Fact) -> bool:
        chosen = self.rule.selector
        if row.flags & EXERCISE or (row.flags & SELF_INITIATED and not chosen.self_initiated):
            return False
        if row.feed not in self.feeds or (chosen.stages and row.stage not in chosen.stages):
            return False
        if chosen.severities and row.severity not in chosen.severities:
            return False
        return chosen.category in self.book.categories.paths.get(row.category, ())

    # time

    def next_due(self) -> int | None:
        """The next step at which anything may change, ms."""
        if self.judged is None:
            return None
        soonest = self._step_after(self.judged + 1)
        if self.stale:
            return soonest
        while self._heap and not self._holds(*self._heap[0]):
            heappop(self._heap)
        dues = [self.pending[0].at] if self.pending else []
        dues += [self._heap[0][0]] if self._heap else []
        if self.matters:
            dues.append((self.judged // DAY_MS + 1) * DAY_MS)
        return max(self._step_after(min(dues)), soonest) if dues else None

    def _holds(self, until: int, key: int) -> bool:
        followed = self.matters.get(key)
        return followed is not None and followed.look.until == until

    def _step_after(self, at: int) -> int:
        return -(-at // self.rule.step) * self.rule.step

    def advance(self, now: int, context: Context) -> None:
        """Look at all that is due up to `now`, step by step."""
        self._context = context
        while (at := self.next_due()) is not None and at <= now:
            self._judge(at)

    def _judge(self, at: int) -> None:
        assert self.judged is not None
        new_day = at // DAY_MS > self.judged // DAY_MS
        self.judged = at
        touched = self._learn(at)
        if self.stale:
            self.stale = False
            self._heap.clear()
            self.cells.clear()
            touched |= self.matters.keys()
            for followed in self.matters.values():
                followed.look = NOTHING
        while self._heap and self._heap[0][0] <= at:
            touched.add(heappop(self._heap)[1])
        for key in touched:
            if key in self.matters:
                self._look(key, self.matters[key], at)
        if new_day:
            self._forget(at)
        self.cells.tell(at, self._context, whole=new_day)

    def _learn(self, at: int) -> set[int]:
        """Take in what is known by `at`; the matters that it is about."""
        marks: dict[int, list[Mark]] = {}
        while self.pending and self.pending[0].at <= at:
            mark = heappop(self.pending)
            marks.setdefault(mark.matter, []).append(mark)
        for key, mine in marks.items():
            followed = self.matters.get(key)
            entries = net(followed.entries if followed else (), mine)
            if followed is not None and not entries:  # all was taken back
                self.cells.move(key, self.matters.pop(key).look, NOTHING)
            elif followed is not None:
                followed.entries, followed.heard_at = entries, mine[-1].at
            elif entries and len(self.matters) < MOST_MATTERS:
                self.matters[key] = Followed(entries, mine[-1].at)
            elif entries:
                self.unfollowed += 1
        return set(marks)

    def _look(self, key: int, followed: Followed, at: int) -> None:
        """Look at one matter anew."""
        before, now = followed.look, self.judge.look(followed.entries, at)
        if now.until < NEVER and now.until != before.until:
            heappush(self._heap, (now.until, key))
        self.cells.move(key, before, now)
        followed.look = now
        if len(self._heap) > 2 * len(self.matters) + _HEAP_ROOM:
            self._rebuild()

    def _rebuild(self) -> None:
        self._heap = [(one.look.until, key) for key, one in self.matters.items() if one.look.until < NEVER]
        heapify(self._heap)

    def _forget(self, at: int) -> None:
        """Once a day: matters without a clock that nothing can change any more, and those without news for too long."""
        oldest, longest = at - self.remember, at - self.rule.follow
        gone = [
            key
            for key, one in self.matters.items()
            if one.heard_at <= longest or (one.heard_at <= oldest and not one.look.open)
        ]
        for key in gone:
            self.cells.move(key, self.matters.pop(key).look, NOTHING)
        if self.judge.reach < NEVER:
            reach = at - max(self.judge.reach, self.remember)
            for one in self.matters.values():
                if one.entries and one.entries[0].occurred_at < reach:
                    one.entries = [entry for entry in one.entries if entry.occurred_at >= reach]
        self.deaf = {span: was for span, was in self.deaf.items() if span[1] > oldest - _DEAF_KEPT}

    def _is_deaf(self, since: int, until: int) -> bool:
        """Whether a feed was not heard in [since, until)."""
        found = self.deaf.get((since, until))
        if found is None:
            assert self._context is not None
            found = self.deaf[since, until] = self._context.missing(since, until)
        return found

    # after a restart

    def look_again(self) -> None:
        """What entries and time tell: how all matters looked at the last step. Nothing is said."""
        if self.judged is None or self.stale:
            return
        for key, followed in self.matters.items():
            followed.look = self.judge.look(followed.entries, self.judged)
            self.cells.move(key, NOTHING, followed.look)
        self.cells.dirty.clear()
        self._rebuild()
