"""The memory of identities: what is new, what is a repeat, what takes an older row back.

Rows lie in columns. A row whose identity nobody knows yet, the common case, is taken in with a whole frame at a time;
an identity with more to tell than one version between two ticks is told apart one by one (`Known`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import heappop, heappush
from typing import Final, Literal, NamedTuple

import numpy as np
from msgspec import structs
from numpy.typing import NDArray

from rules.book import FeedPolicy
from rules.boxes import Boxes
from rules.calendar import DAY_MS
from rules.detectors.port import BoolArray, IntArray
from rules.facts import FACT, Fact, FactRows, Key, Known, Telling, tellings
from rules.names import Names
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
_LEAST: Final = 1024


class Change(tuple[Fact, int, int]):
    """(fact, +1 | -1, at): put the fact's count in or take it back; `at` is the arrival that caused it."""

    __slots__ = ()


class Taken(NamedTuple):
    """What became of rows: `answers` into ANSWERS, shape (rows,); `plain`, which of them are new identities, to be
    counted as they are; `changes` of the others, to be counted after those."""

    answers: NDArray[np.uint8]
    plain: BoolArray
    changes: list[Change]


class Policies:
    """Feeds' durations by the engine's number of the feed, shape (feeds,) each, ms."""

    def __init__(self, feeds: Mapping[str, FeedPolicy], names: Names) -> None:
        known = [feeds.get(name) for name in names.names["feed"]]
        self.lateness = np.array([feed.lateness if feed else 0 for feed in known], np.int64)
        self.horizon = np.array([feed.horizon if feed else 0 for feed in known], np.int64)
        self.skew = np.array([feed.skew if feed else 0 for feed in known], np.int64)


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
        self._table = np.zeros(4 * _LEAST, np.int32)  # place + 1 by hash of the key; 0: nothing
        self._policies: tuple[Mapping[str, FeedPolicy], int, Policies] | None = None

    @property
    def policies(self) -> Policies:
        known = len(self.names.names["feed"])
        if self._policies is None or self._policies[0] is not self.feeds or self._policies[1] != known:
            self._policies = (self.feeds, known, Policies(self.feeds, self.names))
        return self._policies[2]

    # taking rows in

    def take(self, rows: FactRows) -> Taken:
        """Take rows in, in the order in which they were read."""
        answers = np.zeros(len(rows), np.uint8)
        plain = np.zeros(len(rows), bool)
        policies = self.policies
        feed = rows["feed"]
        lag = rows["arrived_at"] - rows["occurred_at"]
        early = -lag > policies.skew[feed]
        for place in np.flatnonzero(early).tolist():
            self._hold(self.fact(rows[place]))
            answers[place] = _HELD
        rest = ~early
        if self.horizon_holds:
            beyond = rest & (lag > policies.horizon[feed])
            answers[beyond] = _BEYOND
            self._box_rows(rows[beyond], "beyond_horizon")
            rest &= ~beyond
        chosen = np.flatnonzero(rest)
        slow = self._take_known_and_new(rows, chosen, answers, plain)
        changes: list[Change] = []
        for place in slow.tolist():
            answer, changed = self._remember(self.fact(rows[place]))
            answers[place] = ANSWERS.index(answer)
            changes += changed
        return Taken(answers, plain, changes)

    def _take_known_and_new(
        self, rows: FactRows, chosen: IntArray, answers: NDArray[np.uint8], plain: BoolArray
    ) -> IntArray:
        """New identities and plain repeats at once; the places of those that must be told apart."""
        mine = rows[chosen]
        found = self._find(mine)
        known = found >= 0
        slow = known & ~self._repeats(mine, np.flatnonzero(known), found, chosen, answers)
        new = np.flatnonzero(~known)
        taken = self._insert(mine[new])
        plain[chosen[new[taken]]] = True
        slow[new[~taken]] = True
        return chosen[slow]

    def _repeats(
        self, mine: FactRows, known: IntArray, found: IntArray, chosen: IntArray, answers: NDArray[np.uint8]
    ) -> BoolArray:
        """Answer the rows of which `known` are the places that only repeat what stands; which they are."""
        repeats = np.zeros(len(mine), bool)
        if not len(known):
            return repeats
        rows, places = mine[known], found[known]
        stood = self.rows[places]
        again = (self.state[places] == STANDS) & (rows["arrived_at"] <= self.forget_at[places])
        again &= (stood["revision"] == rows["revision"]) & (stood["content"] == rows["content"])
        same = again.copy()
        for column in ("partition", "offset", "n"):
            same &= stood[column] == rows[column]
        other = again & ~same
        answers[chosen[known[same]]] = _REDELIVERED
        answers[chosen[known[other]]] = _DUPLICATE
        self._box_rows(rows[same], "redelivered")
        self._box_rows(rows[other], "duplicate")
        repeats[known[again]] = True
        return repeats

    def _insert(self, rows: FactRows) -> BoolArray:
        """Take in rows of identities that nobody knows; which of them were: of equal ones among them only the first."""
        places = self._room(len(rows))
        self.rows[places] = rows
        mine = self._link(places)
        places = places[mine]  # the others leave gaps, until the next purge
        self.state[places] = FRESH
        if len(places):
            self.fresh.append(places)
        self._box_fresh(self.rows[places], +1)
        return mine

    def fact(self, row: np.void) -> Fact:
        """One row as a fact, with names."""
        (id0, id1, stage, revision, content, feed, category, area, occurred, arrived, count, flags, severity, place,
         partition, offset, n, received) = row.tolist()  # fmt: skip
        names = self.names.names
        return Fact(
            id0, id1, names["stage"][stage], revision, content, names["feed"][feed], names["category"][category],
            names["area"][area], occurred, arrived, count, flags, severity, place, names["partition"][partition],
            offset, n, received,
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

    def _known(self, fact: Fact) -> tuple[int, Known]:
        """Where the identity of `fact` lies, and its story; both are made where there is none."""
        row = self.rows_of([fact])
        place = int(self._find(row)[0])
        if place < 0:
            places = self._room(1)
            self.rows[places] = row
            self._link(places)
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

    def _remember(self, fact: Fact) -> tuple[Answer, list[Change]]:
        place, known = self._known(fact)
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
            days = rows["feed"].astype(np.int64) << 32 | rows["received_at"] // DAY_MS
            for packed, found in zip(*(a.tolist() for a in np.unique(days, return_counts=True)), strict=True):
                feed = self.names.names["feed"][packed >> 32]
                self.boxes.put(feed, (packed & 0xFFFFFFFF) * DAY_MS, box, n * found)

    def _box_fresh(self, rows: FactRows, n: int, *, late: str = "too_late") -> None:
        """Rows that stand alone, each into the box where it belongs."""
        flagged = (rows["flags"] & _NOT_FOR_COUNTING) != 0
        cancelled = ~flagged & (rows["count"] == 0)
        counted = ~flagged & ~cancelled
        too_late = counted & (rows["arrived_at"] - rows["occurred_at"] > self.policies.lateness[rows["feed"]])
        for mask, box in (
            (flagged, "not_for_counting"), (cancelled, "cancelled"), (too_late, late), (counted & ~too_late, "counted"),
        ):  # fmt: skip
            self._box_rows(rows[mask], box, n)

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
            still = places[self.state[places] == FRESH]
            self._settle(still)
        self.fresh.clear()
        for place, known in self.apart.items():
            told = tellings(known)
            for fact in known.fresh:
                if self.box_of.get((fact.key, fact.version)) == "too_late":
                    self.boxes.move(fact.feed, fact.received_at, "too_late", "counted_late")
            stood = told[-1].new if told else known.stood
            assert stood is not None
            self.rows[place] = self.rows_of([stood])[0]
            self.state[place] = STANDS
            self.forget_at[place] = (
                self._counts_from(stood) + self.feeds[stood.feed].horizon if told else known.forget_at
            )
        self.apart.clear()
        self.box_of.clear()
        if now - self.purged_at > DAY_MS:
            self.purged_at = now
            self._purge(now)

    def _settle(self, places: IntArray) -> None:
        rows, policies = self.rows[places], self.policies
        late = (rows["flags"] & _NOT_FOR_COUNTING == 0) & (rows["count"] > 0)
        late &= rows["arrived_at"] - rows["occurred_at"] > policies.lateness[rows["feed"]]
        if late.any():
            self._box_rows(rows[late], "too_late", -1)
            self._box_rows(rows[late], "counted_late")
        self.state[places] = STANDS
        self.forget_at[places] = self._begins(rows) + policies.horizon[rows["feed"]]

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
        """Forget what no row can meet any more, and lie closer together."""
        rows, policies = self.rows[: self.used], self.policies
        longest = policies.horizon[rows["feed"]] + policies.skew[rows["feed"]]
        kept = np.flatnonzero((now - self._begins(rows) <= longest) & (self.state[: self.used] != 0))
        if len(kept) == self.used:  # never put off: what is remembered must not hang on what else there is
            return
        for name in ("rows", "forget_at", "state"):
            column = getattr(self, name)
            for first in range(0, len(kept), _PIECE):  # within the column: new memory costs more than the move
                piece = kept[first : first + _PIECE]
                column[first : first + len(piece)] = column[piece]
            column[len(kept) :] = 0
            if len(column) > 3 * max(_LEAST, len(kept)):
                setattr(self, name, column[: max(_LEAST, 3 * len(kept) // 2)].copy())
        self.used = len(kept)
        self.relink()

    def standing_changes(self) -> Iterator[Change]:
        """The rows that stand now, each as it was told: what counts that begin late must hold."""
        for place in range(self.used):
            state = self.state[place]
            if state == 0:
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

    def known_since(self) -> dict[str, int]:
        """By feed, when the oldest row may have occurred that is surely remembered, ms; on the wall clock alone."""
        if not self.horizon_holds:
            return {}
        return {name: self.purged_at - feed.horizon - feed.skew for name, feed in self.feeds.items()}

    def next_release(self) -> int | None:
        return self.held[0][0] if self.held else None

    # where an identity lies: open addressing, a whole frame a step

    def _room(self, n: int) -> IntArray:
        """The next `n` places."""
        if self.used + n > len(self.rows):
            room = 3 * (self.used + n) // 2
            for name in ("rows", "forget_at", "state"):
                old = getattr(self, name)
                grown = np.zeros(room, old.dtype)
                grown[: self.used] = old[: self.used]
                setattr(self, name, grown)
            if 2 * room > len(self._table):
                self.relink()
        places = np.arange(self.used, self.used + n)
        self.used += n
        return places

    def put_rows(self, rows: FactRows, forget_at: IntArray, state: NDArray[np.uint8]) -> None:
        """Go on with the columns that a snapshot kept, shape (used,) each."""
        room = max(_LEAST, 3 * self.used // 2)
        for name, kept in (("rows", rows), ("forget_at", forget_at), ("state", state)):
            grown = np.zeros(room, kept.dtype)
            grown[: self.used] = kept
            setattr(self, name, grown)
        self.relink()

    def relink(self) -> None:
        """Make the table anew for all places in use."""
        self._table = np.zeros(1 << int(4 * len(self.rows) - 1).bit_length(), np.int32)
        self._link(np.flatnonzero(self.state[: self.used]))

    def _slots(self, rows: FactRows) -> NDArray[np.int64]:
        mixed = rows["id0"] * np.uint64(0x9E3779B97F4A7C15) ^ rows["id1"] * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed = (mixed ^ rows["stage"].astype(np.uint64)) * np.uint64(0xD6E8FEB86659FD93)
        return (mixed >> np.uint64(20)).astype(np.int64) & (len(self._table) - 1)

    def _same(self, places: IntArray, rows: FactRows) -> BoolArray:
        there = self.rows[places]
        same: BoolArray = (there["id0"] == rows["id0"]) & (there["id1"] == rows["id1"])
        same &= there["stage"] == rows["stage"]
        return same

    def _find(self, rows: FactRows) -> IntArray:
        """Where the identity of each row lies; -1: nobody knows it."""
        found = np.full(len(rows), -1, np.int64)
        left, slots, mask = np.arange(len(rows)), self._slots(rows), len(self._table) - 1
        while len(left):
            there = self._table[slots].astype(np.int64) - 1
            held = there >= 0
            left, slots, there = left[held], slots[held], there[held]
            same = self._same(there, rows[left])
            found[left[same]] = there[same]
            left, slots = left[~same], (slots[~same] + 1) & mask
        return found

    def _link(self, places: IntArray) -> BoolArray:
        """Enter places; False where an earlier one of them has the same identity."""
        mine = np.ones(len(places), bool)
        left, mask = np.arange(len(places)), len(self._table) - 1
        slots = self._slots(self.rows[places])
        while len(left):
            free = self._table[slots] == 0
            # of several that want one slot the last written wins: written backwards, the first
            self._table[slots[free][::-1]] = places[left[free]][::-1] + 1
            there = self._table[slots].astype(np.int64) - 1
            won = there == places[left]
            lost, others = left[~won], there[~won]
            same = self._same(others, self.rows[places[lost]])
            mine[lost[same]] = False
            left, slots = lost[~same], (slots[~won][~same] + 1) & mask
        return mine


def _contradicts(fact: Fact, known: Known) -> bool:
    """Whether a row of the same revision, which is not this one, is known: whichever of the two stands in the end."""
    stood = known.stood if known.stood is not None and fact.arrived_at <= known.forget_at else None
    return any(other.revision == fact.revision for other in (*known.fresh, *([stood] if stood else [])))
