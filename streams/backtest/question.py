"""What a backtest is asked: the rules in force and a change of them, on which past; and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from alerts.export import rfc3339
from rules.book import Book
from streams import replay
from streams.backtest.labels import Label
from streams.backtest.report import Report, Scope, Side, report
from streams.backtest.trials import Ground, Group, Trial, Watch, groups_of, judged, only
from streams.city import City
from streams.clock import Clock
from streams.journal import Journal
from streams.messages import SpokenError
from streams.opened import intake_of, journal_of
from streams.settings import Settings


@dataclass(frozen=True, slots=True)
class Question:
    """The rules in force and, where a change is tried, those with it; of both the one that is asked about."""

    city: City
    changed: City | None
    rule: str | None

    @property
    def cities(self) -> list[City]:
        return [self.city, *([self.changed] if self.changed else [])]

    @property
    def books(self) -> list[Book]:
        """Of the old rules and of the new. Raises SpokenError for a rule that neither has."""
        known = sorted({rule.id for city in self.cities for rule in city.book.all_rules})
        if self.rule is not None and self.rule not in known:
            raise SpokenError("rule-not-there", rule=self.rule, city=self.city.name, known=", ".join(known))
        return [
            only(city.book, tuple(rule for rule in city.book.all_rules if self.rule in (None, rule.id)))
            for city in self.cities
        ]

    @property
    def groups(self) -> list[Group]:
        """Each group once in which a rule is asked about: what is the same in both books is judged once."""
        found: list[Group] = []
        for city, book in zip(self.cities, self.books, strict=True):
            asked = [group for group in groups_of(city.book) if any(rule in book.all_rules for rule in group)]
            found += [group for group in asked if group not in found]
        return found

    def trials(self, judged: Sequence[Sequence[Trial]]) -> list[list[Trial]]:
        """For each book those of its rules."""
        by_group = list(zip(self.groups, judged, strict=True))
        return [
            [
                trial
                for group, trials in by_group
                if group in groups_of(city.book)
                for trial in trials
                if trial.rule in book.all_rules
            ]
            for city, book in zip(self.cities, self.books, strict=True)
        ]

    def answer(
        self,
        ground: Ground,
        span: tuple[int | None, int | None],
        labels: Sequence[Label],
        clock: Clock,
        processes: int,
        watch: Watch | None = None,
        *,
        calibrate: float = 0.0,
    ) -> tuple[Report, list[Side]]:
        """The report and both sides of it; what else is given is as `judged` has it. `span`: alerts first said in
        [since, until), ms, None: from when the rules had learned, to the end. Raises SpokenError where nothing lies in
        it."""
        books = self.books
        learned = replay.learned_at([rule for book in books for rule in book.rules], ground.first) or ground.first
        begins = span[0] if span[0] is not None else learned
        until = span[1] if span[1] is not None else ground.told_to + 1
        if not ground.events or begins >= until:
            raise SpokenError("backtest-empty", since=rfc3339(begins)[:10], until=rfc3339(until)[:10])
        groups = self.groups
        found = judged(self.city.book, groups, ground, clock, processes, watch, calibrate=calibrate)
        trials = self.trials(found)
        scope = Scope(begins, until, ground.events, learned, labels, self.city.desks)
        sides = [Side.of(book, said, begins, until) for book, said in zip(books, trials, strict=True)]
        new = sides[1] if self.changed else None
        return report(scope, sides[0], new, [one for said in trials for one in said]), sides


def ground_of(city: City, settings: Settings, until: int | None, *, stored: bool, solved_anew: bool) -> Ground:
    """The past to judge: the archive of the city, or with `stored` its journal, up to `until` (ms). Raises
    SpokenError."""
    if stored:
        journal = Journal.open(journal_of(city.name, settings), read_only=True)
        return Ground.of(replay.stored_past(city, journal, None, until), solved_anew=solved_anew)
    files = replay.files_of(city, [], [])
    return Ground.of(replay.read_past(city, intake_of(city, replay.REPLAY_KEY), files, None, until))
