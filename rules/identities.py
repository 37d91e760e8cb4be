"""The memory of identities: what is new, what is a repeat, what takes an older row back.

Rows lie in columns. A row whose identity nobody knows yet, the common case, is taken in with a whole frame at a time;
an identity with more to tell than one version between two ticks is told apart one by one (`Known`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import heappop, heappush
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from rules.book import FeedPolicy
from rules.boxes import Boxes
from rules.calendar import DAY_MS
from rules.detectors.port import BoolArray, IntArray
from rules.facts import FACT, Fact, FactRows, Key, Known, Telling, rows_at, tellings, whole
from rules.index import Index
from rules.names import Names
from rules.reading import Policies, Reading
from rules.records import CORRECTION, EXERCISE, SELF_INITIATED

Answer = Literal["accepted", "duplicate", "redelivered", "beyond_horizon", "held"]
ANSWERS: Final[tuple[Answer, ...]] = ("accepted", "duplicate", "redelivered", "beyond_horizon", "held")
_ACCEPTED, _DUPLICATE, _REDELIVERED, _BEYOND, _HELD = range(5)

STANDS: Final = 1
"""One version, and it stood at the last tick."""
FRESH: Final = 2
"""One version, read since the last tick."""
TOLD_APART: Final = 3
"""More to tell: see `Identities.apart`."""

_NOT_FOR_COUNTING: Final = SELF_INITIATED | EXERCISE
_PIECE: Final = 1 << 16
_BLOCK: Final = 1 << 13
"""Rows taken in at a time: what is looked at several times stays near at hand."""
_LEAST: Final = 1024
_GAPS: Final = 3
"""Rows lie closer together again once one place in so many is a gap."""


class Change(tuple[Fact, int, int]):
    """(fact, +1 | -1, at): put the fact's count in or take it back; `at` is the arrival that caused it."""

    __slots__ = ()


class Taken(NamedTuple):
    """What became of rows: `answers` into ANSWERS, shape (rows,); `plain`, which of them are new identities, to be
    counted as they are; `changes` of the others, to be counted after those, and by which row each was caused."""

    answers: NDArray[np.uint8]
    plain: BoolArray
    changes: list[Change]
    causes: list[int]


class Identities:
    """Answers exactly while `arrived_at - occurred_at(old row) <= horizon` of its feed."""

    def __init__(self, feeds: Mapping[str, FeedPolicy], boxes: Boxes, names: Names, *, horizon_holds: bool) -> None:
        self.feeds = feeds
        self.boxes = boxes
        self.names = names
        self.horizon_holds = horizon_holds
        self.rows: FactRows = np.zeros(_LEAST, FACT)  # the version that stands, or the only one
        self.forget_at = np.zeros(_LEAST, np.int64)  # what arrives later than this no longer meets what stood
        self.state = np.zeros(_LEAST, np.uint8)  # 0: nothing lies here
        self.used = 0
        self.apart: dict[int, Known] = {}  # place in `rows` -> its story since the last tick
        self.fresh: list[IntArray] = []  # places taken since the last tick
        self.box_of: dict[tuple[Key, tuple[int, int]], str] = {}  # fresh versions of what is told apart
        self.held: list[tuple[int, int, int, str, int, int, int, Fact]] = []  # a heap: by time, identity and version
        self.pushed = 0
        self.purged_at = 0
        self.index = Index()
        self._reading = Reading()
        self._policies: tuple[Mapping[str, FeedPolicy], int, Policies] | None = None

    @property
    def policies(self) -> Policies:
        known = len(self.names.names["feed"])
        if self._policies is None or self._policies[0] is not self.feeds or self._policies[1] != known:
            self._policies = (self.feeds, known, Policies(self.feeds, self.names))
        return self._policies[2]

    # taking rows in

    def take(self, rows: FactRows, read_in: IntArray | None = None) -> Taken:
        """Take rows in, in the order in which they were read.

        `read_in` numbers the interval between two ticks in which each was read, shape (rows,), never falling; None:
        all of them in one. What is told of many intervals is what would be told of one after the other.
        """
        answers = np.zeros(len(rows), np.uint8)
        plain = np.zeros(len(rows), bool)
        read_in = np.zeros(len(rows), np.int64) if read_in is None else read_in
        early, beyond = self.set_apart(rows)
        for place in np.flatnonzero(early).tolist():
            self._hold(self.fact(rows[place]))
            answers[place] = _HELD
        answers[beyond] = _BEYOND
        self._box_rows(rows_at(rows, beyond), "beyond_horizon")
        chosen = np.flatnonzero(~(early | beyond))
        self._reading = Reading(self.used, read_in[chosen])
        slow, found = self._take_known_and_new(rows, chosen, answers, plain)
        changed_by = self._replace(rows, slow, found, read_in)
        for row, place in zip(slow.tolist(), found.tolist(), strict=True):
            if row not in changed_by:
                self._close_before(place, int(read_in[row]))
                answer, changed_by[row] = self._remember(self.fact(rows[row]), place)
                answers[row] = ANSWERS.index(answer)
        changes: list[Change] = []
        causes: list[int] = []
        for row in sorted(changed_by):
            changes += changed_by[row]
            causes += [row] * len(changed_by[row])
        self._reading = Reading()
        return Taken(answers, plain, changes, causes)

    def set_apart(self, rows: FactRows) -> tuple[BoolArray, BoolArray]:
        """Which rows come before their time, and which beyond their horizon, shape (rows,) each."""
        policies, feed = self.policies, rows["feed"]
        lag = rows["arrived_at"] - rows["occurred_at"]
        early = -lag > policies.skew[feed]
        beyond = ~early & (lag > policies.horizon[feed]) if self.horizon_holds else np.zeros(len(rows), bool)
        return early, beyond

    def _take_known_and_new(
        self, rows: FactRows, chosen: IntArray, answers: NDArray[np.uint8], plain: BoolArray
    ) -> tuple[IntArray, IntArray]:
        """New identities and plain repeats at once; the rows that must be told apart, and where each one's lies."""
        mine = rows if len(chosen) == len(rows) else rows_at(rows, chosen)
        places = np.empty(len(mine), np.int64)
        for first in range(0, len(mine), _BLOCK):
            some = slice(first, first + _BLOCK)
            new = self._take_block(mine[some], self._reading.intervals[some], places[some])
            plain[chosen[some][new]] = True
        met = np.flatnonzero(places >= 0)
        slow = met[~self._repeats(mine, met, places, chosen, answers)]
        return chosen[slow], places[slow]

    def _take_block(self, mine: FactRows, read_in: IntArray, places: IntArray) -> BoolArray:
        """Some rows: which are new identities, and are taken in; `places`: where the identity of each other lies."""
        places[:] = self._find(mine)
        new = places < 0
        fresh = np.flatnonzero(new)
        taken = self._insert(mine if len(fresh) == len(mine) else rows_at(mine, fresh), read_in[fresh])
        again = fresh[~taken]
        if len(again):
            places[again] = self._find(rows_at(mine, again))
            new[again] = False
        return new

    def _repeats(
        self, mine: FactRows, met: IntArray, places: IntArray, chosen: IntArray, answers: NDArray[np.uint8]
    ) -> BoolArray:
        """Answer the rows among those of known identities, `met`, that only repeat what is known; which they are."""
        if not len(met):
            return np.zeros(0, bool)
        rows, where = rows_at(mine, met), places[met]
        there, state = rows_at(self.rows, where), self.state[where]
        repeats: BoolArray = (there["revision"] == rows["revision"]) & (there["content"] == rows["content"])
        together = (state == FRESH) & (self._reading.of(where) == self._reading.intervals[met])
        forgotten_at = np.where(state == FRESH, self._forget_at(there), self.forget_at[where])
        repeats &= np.where(together, there["arrived_at"], rows["arrived_at"]) <= np.where(
            together, rows["arrived_at"], forgotten_at
        )
        repeats &= state != TOLD_APART
        if not repeats.all():  # once an identity is told apart, its repeats are no longer plain
            repeats &= ~np.isin(where, where[~repeats])
        same = repeats.copy()
        for column in ("partition", "offset", "n"):
            same &= there[column] == rows[column]
        other = repeats & ~same
        answers[chosen[met[same]]] = _REDELIVERED
        answers[chosen[met[other]]] = _DUPLICATE
        self._box_rows(rows_at(rows, same), "redelivered")
        self._box_rows(rows_at(rows, other), "duplicate")
        return repeats

    def _insert(self, rows: FactRows, read_in: IntArray) -> BoolArray:
        """Take in rows of identities that nobody knows; which of them were: of equal ones among them only the first."""
        if not len(rows):
            return np.zeros(0, bool)
        places = self._room(len(rows))
        whole(self.rows)[places[0] : self.used] = whole(rows)
        self.state[places[0] : self.used] = FRESH
        self._reading.inserted(read_in)
        mine: BoolArray = self.index.enter(places, self.rows, self.state)
        if not mine.all():  # the others leave gaps, until rows lie closer together again
            self.state[places[~mine]] = 0
            whole(self.rows)[places[~mine]] = whole(np.zeros(1, FACT))
            places, rows = places[mine], rows_at(rows, mine)
        self.fresh.append(places)
        self._box_fresh(rows, +1)
        return mine

    def _close_before(self, place: int, read_in: int) -> None:
        """Let what is told apart, or was read alone, in an interval before `read_in` stand: a tick lay between."""
        state = self.state[place]
        if state == FRESH and self._reading.of(np.array([place]))[0] < read_in:
            only = self.fact(self.rows[place])
            self.box_of.pop((only.key, only.version), None)
            self._settle(np.array([place]))
        elif state == TOLD_APART and self._reading.apart.get(place, self._reading.first) < read_in:
            self._close(place, self.apart.pop(place))
        self._reading.apart[place] = read_in

    def _replace(self, rows: FactRows, slow: IntArray, found: IntArray, read_in: IntArray) -> dict[int, list[Change]]:
        """Let later revisions take the place of what stands, where nothing else is told of the identity and a tick
        follows within what is taken in; which of `slow`, indices of `rows`, that were, and what each changed.

        What would be told apart and closed again one by one, at once. `found`: where the identity of each lies.
        """
        _, which, many = np.unique(found, return_inverse=True, return_counts=True)
        mine = (many[which] == 1) & (read_in[slow] < read_in[-1:]) & (self.state[found] != TOLD_APART)
        mine &= (self.state[found] == STANDS) | (self._reading.of(found) < read_in[slow])
        slow, found = slow[mine], found[mine]
        self._settle(np.sort(found[self.state[found] == FRESH]))
        new, old = rows_at(rows, slow), rows_at(self.rows, found)
        wins = new["revision"] > old["revision"]
        wins |= (new["revision"] == old["revision"]) & (new["content"] > old["content"])
        wins &= new["arrived_at"] <= self.forget_at[found]
        slow, found, new, old = slow[wins], found[wins], new[wins], old[wins]
        for feed in new["feed"][new["revision"] == old["revision"]].tolist():
            name = self.names.names["feed"][feed]
            self.boxes.conflicts[name] = self.boxes.conflicts.get(name, 0) + 1
        self._box_fresh(new, +1, late="counted_late")
        self._box_fresh(old, -1, late="counted_late")
        self._box_rows(old, "superseded")
        whole(self.rows)[found] = whole(new)
        self.forget_at[found] = self._forget_at(new)
        told = {}
        for row, after, before in zip(slow.tolist(), new, old, strict=True):
            fact = self.fact(after)
            told[row] = [Change((self.fact(before), -1, fact.arrived_at)), Change((fact, +1, fact.arrived_at))]
        return told

    def fact(self, row: np.void) -> Fact:
        """One row as a fact, with names."""
        (id0, id1, stage, revision, content, feed, category, area, occurred, arrived, count, flags, severity, place,
         partition, offset, n, received, matter, office, due) = row.tolist()  # fmt: skip
        names = self.names.names
        return Fact(
            id0, id1, names["stage"][stage], revision, content, names["feed"][feed], names["category"][category],
            names["area"][area], occurred, arrived, count, flags, severity, place, names["partition"][partition],
            offset, n, received, matter, names["office"][office], due,
        )  # fmt: skip

    def rows_of(self, facts: Iterable[Fact]) -> FactRows:
        """Facts as rows, shape (facts,)."""
        number = self.names.number
        return np.array(
            [
                (
                    fact.id0, fact.id1, number("stage", fact.stage), fact.revision, fact.content,
                    number("feed", fact.feed), number("category", fact.category), number("area", fact.area),
                    fact.occurred_at, fact.arrived_at, fact.count, fact.flags, fact.severity, fact.place,
                    number("partition", fact.partition), fact.offset, fact.n, fact.received_at,
                    fact.matter, number("office", fact.office), fact.due_at,
                )
                for fact in facts
            ],
            FACT,
        )  # fmt: skip

    def _hold(self, fact: Fact) -> None:
        self.pushed += 1
        identity = (fact.id0, fact.id1, fact.stage, fact.revision, fact.content)
        heappush(self.held, (fact.occurred_at, *identity, self.pushed, fact))
        self.boxes.put(fact.feed, fact.received_at, "held")

    def release(self, now: int) -> list[Change] | None:
        """What the next held row whose time has come by `now` changes; None where there is none."""
        if not self.held or self.held[0][0] > now:
            return None
        fact = heappop(self.held)[-1]
        self.boxes.put(fact.feed, fact.received_at, "held", -1)
        _, changes = self._remember(structs.replace(fact, arrived_at=fact.occurred_at))
        return changes

    # one identity, told apart

    def _known(self, fact: Fact, place: int = -1) -> tuple[int, Known]:
        """Where the identity of `fact` lies (`place`, if known), and its story; both are made where there is none."""
        if place < 0:
            row = self.rows_of([fact])
            place = int(self._find(row)[0])
        if place < 0:
            places = self._room(1)
            self.rows[places] = row
            self.index.enter(places, self.rows, self.state)
            place = int(places[0])
            known = Known(None, [], 0)
        elif self.state[place] == TOLD_APART:
            return place, self.apart[place]
        elif self.state[place] == FRESH:
            only = self.fact(self.rows[place])
            known = Known(None, [only], 0)
            self.box_of[only.key, only.version] = self._box(only)
        else:
            known = Known(self.fact(self.rows[place]), [], int(self.forget_at[place]))
        return place, known

    def correct(self, fact: Fact, old: Fact) -> tuple[Answer, list[Change]]:
        """Take a correction in. Where nobody knows the identity any more, `old`, which it carries, is what stood."""
        place, known = self._known(fact)
        before = tellings(known)
        forgotten = known.stood is None or fact.arrived_at > known.forget_at
        if forgotten and all(other.version != old.version for other in known.fresh):
            known = Known(old, known.fresh, fact.arrived_at)
        return self._told(place, known, fact, before)

    def _remember(self, fact: Fact, place: int = -1) -> tuple[Answer, list[Change]]:
        place, known = self._known(fact, place)
        return self._told(place, known, fact, tellings(known))

    def _told(self, place: int, known: Known, fact: Fact, before: list[Telling]) -> tuple[Answer, list[Change]]:
        """Take one more version in; `before` is what was told so far."""
        stood = known.stood
        if stood is not None and stood.version == fact.version and fact.arrived_at <= known.forget_at:
            return self._repeat(stood, fact), []
        twin = next((f for f in known.fresh if f.version == fact.version), None)
        if twin is not None and twin.arrived_at <= fact.arrived_at:
            return self._repeat(twin, fact), []
        self.apart[place] = known
        self.state[place] = TOLD_APART
        if twin is not None:  # the same row came earlier by its own stamp: that one counts
            known.fresh.remove(twin)
            self._unbox(twin)
            self._repeat(fact, twin)
        elif _contradicts(fact, known):
            self.boxes.conflicts[fact.feed] = self.boxes.conflicts.get(fact.feed, 0) + 1
        known.fresh.append(fact)
        known.fresh.sort(key=lambda f: f.told_in_order)
        changes = self._retell(known, before)
        self._rebox(known)
        return "accepted", changes

    def _repeat(self, kept: Fact, copy: Fact) -> Answer:
        same = (kept.partition, kept.offset, kept.n) == (copy.partition, copy.offset, copy.n)
        box: Answer = "redelivered" if same else "duplicate"
        self.boxes.put(copy.feed, copy.received_at, box)
        return box

    def _retell(self, known: Known, before: list[Telling]) -> list[Change]:
        """Undo what was told otherwise, tell it anew; the common beginning stays untouched."""
        after = tellings(known)
        same = 0
        while same < min(len(before), len(after)) and before[same] == after[same]:
            same += 1
        changes: list[Change] = []
        for told in reversed(before[same:]):
            changes.append(Change((told.new, -1, told.at)))
            if told.old is not None:
                changes.append(Change((told.old, +1, told.at)))
        for told in after[same:]:
            if told.old is not None:
                changes.append(Change((told.old, -1, told.at)))
            changes.append(Change((told.new, +1, told.at)))
        return changes

    # the boxes

    def set_aside(self, rows: FactRows) -> None:
        """Rows that the book in force does not know: accepted, counted nowhere."""
        self._box_rows(rows, "not_for_counting")

    def _box_rows(self, rows: FactRows, box: str, n: int = 1) -> None:
        """Put rows into one box, or take them out of it."""
        if len(rows):
            self._box_days(_feeds_and_days(rows), box, n)

    def _box_days(self, days: IntArray, box: str, n: int) -> None:
        """The same for what `_feeds_and_days` gave for rows."""
        for packed, found in zip(*(a.tolist() for a in np.unique(days, return_counts=True)), strict=True):
            feed = self.names.names["feed"][packed >> 32]
            self.boxes.put(feed, (packed & 0xFFFFFFFF) * DAY_MS, box, n * found)

    def _box_fresh(self, rows: FactRows, n: int, *, late: str = "too_late") -> None:
        """Rows that stand alone, each into the box where it belongs."""
        flagged = (rows["flags"] & _NOT_FOR_COUNTING) != 0
        cancelled = ~flagged & (rows["count"] == 0)
        counted = ~flagged & ~cancelled
        too_late = counted & (rows["arrived_at"] - rows["occurred_at"] > self.policies.lateness[rows["feed"]])
        days = _feeds_and_days(rows)
        for mask, box in (
            (flagged, "not_for_counting"), (cancelled, "cancelled"), (too_late, late), (counted & ~too_late, "counted"),
        ):  # fmt: skip
            self._box_days(days[mask], box, n)

    def _unbox(self, fact: Fact) -> None:
        box = self.box_of.pop((fact.key, fact.version), None)
        if box is not None:
            self.boxes.put(fact.feed, fact.received_at, box, -1)

    def _rebox(self, known: Known) -> None:
        """Every fresh version, and the one that stood, into the box where it now belongs."""
        told = tellings(known)
        current = told[-1].new if told else known.stood
        for fact in known.fresh:
            self._unbox(fact)
            box = self._box(fact) if fact is current else "superseded"
            self.box_of[fact.key, fact.version] = box
            self.boxes.put(fact.feed, fact.received_at, box)
        stood = known.stood
        if stood is not None and any(telling.old is stood for telling in told):
            marker = (stood.key, stood.version)
            if self.box_of.get(marker) != "superseded":
                self.boxes.move(stood.feed, stood.received_at, self._settled_box(stood), "superseded")
                self.box_of[marker] = "superseded"

    def _box(self, fact: Fact) -> str:
        if fact.flags & _NOT_FOR_COUNTING:
            return "not_for_counting"
        if fact.count == 0:
            return "cancelled"
        return "too_late" if fact.arrived_at - fact.occurred_at > self.feeds[fact.feed].lateness else "counted"

    def _settled_box(self, fact: Fact) -> str:
        box = self._box(fact)
        return "counted_late" if box == "too_late" else box

    # ticks

    def tick(self, now: int) -> None:
        """Close the interval: what was read since the last tick now stands."""
        for places in self.fresh:
            self._settle(places)
        self.fresh.clear()
        for place, known in self.apart.items():
            self._close(place, known)
        self.apart.clear()
        self.box_of.clear()
        if now - self.purged_at > DAY_MS:
            self.purged_at = now
            self._purge(now)

    def _close(self, place: int, known: Known) -> None:
        """Of what was told apart, one version stands now."""
        told = tellings(known)
        for fact in known.fresh:
            if self.box_of.pop((fact.key, fact.version), None) == "too_late":
                self.boxes.move(fact.feed, fact.received_at, "too_late", "counted_late")
        if known.stood is not None:
            self.box_of.pop((known.stood.key, known.stood.version), None)
        stood = told[-1].new if told else known.stood
        assert stood is not None
        self.rows[place] = self.rows_of([stood])[0]
        self.state[place] = STANDS
        self.forget_at[place] = self._counts_from(stood) + self.feeds[stood.feed].horizon if told else known.forget_at

    def _settle(self, places: IntArray) -> None:
        """Let what was read alone stand; of `places`, ascending, only what has not been told apart since."""
        if not len(places):
            return
        first, beyond = int(places[0]), int(places[-1]) + 1
        # as they mostly lie: side by side, with few gaps
        where: slice | IntArray = places if beyond - first > 2 * len(places) else slice(first, beyond)
        state = self.state[where]
        rows = self.rows[where] if isinstance(where, slice) else rows_at(self.rows, where)
        mine = state == FRESH
        late = mine & (rows["flags"] & _NOT_FOR_COUNTING == 0) & (rows["count"] > 0)
        late &= rows["arrived_at"] - rows["occurred_at"] > self.policies.lateness[rows["feed"]]
        if late.any():
            self._box_rows(rows_at(rows, late), "too_late", -1)
            self._box_rows(rows_at(rows, late), "counted_late")
        self.forget_at[where] = np.where(mine, self._forget_at(rows), self.forget_at[where])
        self.state[where] = np.where(mine, STANDS, state)

    def _forget_at(self, rows: FactRows) -> IntArray:
        """What arrives later than this no longer meets rows that stand, shape (rows,)."""
        found: IntArray = self._begins(rows) + self.policies.horizon[rows["feed"]]
        return found

    def _begins(self, rows: FactRows) -> IntArray:
        """When rows' horizons begin, ms: see `_counts_from`."""
        occurred: IntArray = rows["occurred_at"]
        came = np.maximum(occurred, rows["received_at"])
        return np.where(rows["flags"] & CORRECTION, came, occurred) if self.horizon_holds else came

    def _counts_from(self, fact: Fact) -> int:
        """When a row's horizon begins: when it occurred; where the past is loaded or corrected, not before it came."""
        if self.horizon_holds and not fact.flags & CORRECTION:
            return fact.occurred_at
        return max(fact.occurred_at, fact.received_at)

    def _purge(self, now: int) -> None:
        """Forget what no row can meet any more; where that leaves many gaps, lie closer together."""
        live = self.state[: self.used]
        live[self.forget_at[: self.used] < now - int(self.policies.skew.max(initial=0))] = 0
        kept = np.flatnonzero(live)
        if self.used - len(kept) < max(_LEAST, self.used // _GAPS):
            whole(self.rows)[: self.used][live == 0] = whole(np.zeros(1, FACT))
            return
        for name in ("rows", "forget_at", "state"):
            column = _bare(getattr(self, name))
            for first in range(0, len(kept), _PIECE):  # within the column: new memory costs more than the move
                piece = kept[first : first + _PIECE]
                column[first : first + len(piece)] = column[piece]
            column[len(kept) :] = np.zeros(1, column.dtype)
            if len(column) > 3 * max(_LEAST, len(kept)):
                setattr(self, name, getattr(self, name)[: max(_LEAST, 3 * len(kept) // 2)].copy())
        self.used = len(kept)
        self._reindex()

    def standing_changes(self, at: int) -> Iterator[Change]:
        """The rows that stand and can still be met at `at`, each as it was told: what counts that begin late must hold.
        What is only forgotten with the next purge is left out: when that is hangs on where the ticks lie."""
        oldest = at - int(self.policies.skew.max(initial=0))
        for place in range(self.used):
            state = self.state[place]
            if state == 0 or (state == STANDS and self.forget_at[place] < oldest):
                continue
            if state in {STANDS, FRESH}:
                fact = self.fact(self.rows[place])
                yield Change((fact, +1, fact.arrived_at))
                continue
            known = self.apart[place]
            if known.stood is not None:
                yield Change((known.stood, +1, known.stood.arrived_at))
            for told in tellings(known):
                if told.old is not None:
                    yield Change((told.old, -1, told.at))
                yield Change((told.new, +1, told.at))

    def first_arrival(self) -> int | None:
        """When the first of all rows that are remembered arrived, ms; None: there are none."""
        alone = (self.state[: self.used] == STANDS) | (self.state[: self.used] == FRESH)
        found = self.rows["arrived_at"][: self.used][alone].tolist()
        found += [fact.arrived_at for known in self.apart.values() for fact in known.fresh]
        return min(found, default=None)

    def known_since(self, at: int) -> dict[str, int]:
        """By feed, when the oldest row may have occurred that can still be met at `at`, ms; on the wall clock alone."""
        if not self.horizon_holds:
            return {}
        return {name: at - feed.horizon - feed.skew for name, feed in self.feeds.items()}

    def next_release(self) -> int | None:
        return self.held[0][0] if self.held else None

    # where rows lie

    def _find(self, rows: FactRows) -> IntArray:
        return self.index.find(rows, self.rows, self.state)

    def _room(self, n: int) -> IntArray:
        """The next `n` places."""
        if self.used + n > len(self.rows):
            room = 3 * (self.used + n) // 2
            for name in ("rows", "forget_at", "state"):
                old = getattr(self, name)
                grown = np.zeros(room, old.dtype)
                _bare(grown)[: self.used] = _bare(old)[: self.used]
                setattr(self, name, grown)
            if not self.index.holds(room):
                self._reindex()
        places = np.arange(self.used, self.used + n)
        self.used += n
        return places

    def put_rows(self, rows: FactRows, forget_at: IntArray, state: NDArray[np.uint8]) -> None:
        """Go on with the columns that a snapshot kept, shape (used,) each."""
        room = max(_LEAST, 3 * self.used // 2)
        for name, kept in (("rows", rows), ("forget_at", forget_at), ("state", state)):
            grown = np.zeros(room, kept.dtype)
            _bare(grown)[: self.used] = _bare(kept)
            setattr(self, name, grown)
        self._reindex()

    def _reindex(self) -> None:
        self.index.rebuild(self.rows, self.state[: self.used], len(self.rows))


def _bare(column: NDArray[Any]) -> NDArray[Any]:
    """A column to be moved about."""
    return whole(column) if column.dtype == FACT else column


def _feeds_and_days(rows: FactRows) -> IntArray:
    """The feed and the day of arrival of each row, packed, shape (rows,)."""
    packed: IntArray = rows["feed"].astype(np.int64) << 32 | rows["received_at"] // DAY_MS
    return packed


def _contradicts(fact: Fact, known: Known) -> bool:
    """Whether a row of the same revision, which is not this one, is known: whichever of the two stands in the end."""
    stood = known.stood if known.stood is not None and fact.arrived_at <= known.forget_at else None
    return any(other.revision == fact.revision for other in (*known.fresh, *([stood] if stood else [])))
