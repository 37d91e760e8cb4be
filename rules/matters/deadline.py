"""Hear matters whose answer is due soon or overdue, by the city's table of legal clocks or as the feed says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rules.calendar import Calendar
from rules.matters.entries import Entry
from rules.matters.look import LATE, NOTHING, QUIET, SOON, Look
from rules.matters.reckoning import FOREVER, NEVER, Due, due, stated
from rules.matters.table import Clocks, Deadlines, Length, Step
from rules.records import NO_TIME
from rules.trees import Tree


@dataclass(slots=True)
class Round:
    """From a filing or a reopening to a reply or a return: one office owes one answer."""

    start: Entry
    again: bool  # it was reopened
    office: str
    accepted_at: int | None = None
    extended: int = 0
    pauses: list[tuple[int, int]] = field(default_factory=list)
    stated: tuple[int, int] | None = None  # (due, when it was said), ms

    def hears(self, entry: Entry, step: Step) -> None:
        """A step of the round; any may say which office owes the answer, and when it is due."""
        self.office = entry.office or self.office
        if entry.due_at != NO_TIME:
            self.stated = (entry.due_at, entry.occurred_at)
        if step == "accepted" and self.accepted_at is None:
            self.accepted_at = entry.occurred_at
        elif step == "extended":
            self.extended += 1
        elif step == "paused" and not self.paused:
            self.pauses.append((entry.occurred_at, FOREVER))
        elif step == "resumed" and self.paused:
            self.pauses[-1] = (self.pauses[-1][0], entry.occurred_at)

    @property
    def paused(self) -> bool:
        """Whether its clocks stand still after all its steps."""
        return bool(self.pauses) and self.pauses[-1][1] == FOREVER


class Deadline:
    """`warned`: the part of the time, in percent, that is left when a matter is due soon.

    What a feed says (`due_at`) goes before the table, the later before the earlier. Without either no clock runs.
    """

    reach = NEVER

    def __init__(self, table: Deadlines, warned: int, calendar: Calendar, categories: Tree) -> None:
        self.table = table
        self.warned = warned
        self.calendar = calendar
        self.categories = categories

    def look(self, entries: Sequence[Entry], at: int) -> Look:
        now = self.round(entries)
        if now is None:
            return NOTHING
        accept, reply = self.clocks(now)
        paused = now.paused and at >= now.pauses[-1][0]
        found = [self._standing(clock, at, paused=paused) for clock in (accept, reply)]
        standing = max(found)
        first = found[0] == standing and accept is not None and (found[0] > found[1] or reply is None)
        told = accept if first else reply
        coming = [
            instant for clock in (accept, reply) if clock for instant in (clock.warns, clock.at + 1) if instant > at
        ]
        start = now.start
        since = told.at if told is not None and standing != QUIET else 0
        return Look(standing, start.area, start.category, now.office, since, min(coming, default=NEVER), first)

    @staticmethod
    def _standing(clock: Due | None, at: int, *, paused: bool) -> int:
        if clock is None:
            return QUIET
        if at > clock.at:
            return LATE
        return SOON if at >= clock.warns and not paused else QUIET

    def round(self, entries: Sequence[Entry]) -> Round | None:
        """The round that runs after all entries; None where no answer is owed."""
        now: Round | None = None
        answered: set[tuple[int, int]] = set()  # ids of replies without a round: of rows whose times are crossed
        for entry in entries:
            step = self.table.stages.get(entry.stage)
            if step == "filed" and now is None:
                if (entry.id0, entry.id1) in answered:
                    continue
                now = Round(entry, False, entry.office)
            elif step == "reopened":
                now = Round(entry, True, entry.office or (now.office if now else ""))
            elif step == "replied":
                if now is None:
                    answered.add((entry.id0, entry.id1))
                now = None
            if now is None or step is None:
                continue
            if step == "returned" and self._in_time(now, entry):
                now = None
            else:
                now.hears(entry, step)
        return now

    def clocks(self, now: Round) -> tuple[Due | None, Due | None]:
        """The clocks of a round that run: to accept, to reply."""
        of, start = self._clocks_of(now), now.start.occurred_at
        accept = None
        if of and of.accept and now.accepted_at is None and not now.again:
            accept = self._due(start, of.accept, now, of)
        if now.stated is not None:
            at, told_at = now.stated
            return accept, stated(at, told_at, start, self.warned, [one for one in now.pauses if one[0] >= told_at])
        if of is None:
            return accept, None
        length = (of.reopened or of.reply) if now.again else of.reply
        if length is None:
            return accept, None
        if of.reply_from == "acceptance" and not now.again:
            if now.accepted_at is None:
                return accept, None
            start = now.accepted_at
        if of.extension is not None:
            length = Length(length.amount + of.extension.amount * min(now.extended, of.extensions), length.unit)
        return accept, self._due(start, length, now, of)

    def _clocks_of(self, now: Round) -> Clocks | None:
        path = self.categories.paths.get(now.start.category, (now.start.category,))
        return self.table.of(path, self.calendar.day_of(now.start.occurred_at).isoformat())

    def _due(self, start: int, length: Length, now: Round, of: Clocks) -> Due:
        moves_on = of.on_holiday == "moves_on"
        return due(start, length, self.warned, now.pauses, self.calendar, moves_on=moves_on)

    def _in_time(self, now: Round, entry: Entry) -> bool:
        """Whether the office may still return the matter as none of its own."""
        of = self._clocks_of(now)
        if of is None or of.return_within is None:
            return True
        return entry.occurred_at <= self._due(now.start.occurred_at, of.return_within, now, of).at
