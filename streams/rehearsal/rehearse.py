"""`tocsin test`: a city's rules on the timelines of their cases, judged by the engine that judges the city.

A case is replayed as a past is (`streams.replay.run`), under the city's own book with this one rule: trees, calendar,
feeds and desks are those in service. There is no second evaluator.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from msgspec import UNSET, structs

from rules.book import Book, MatterRule, Rule
from streams import past, replay
from streams.city import City
from streams.city.case_checks import RuleCases, begins_at, local_ms, read_cases
from streams.city.case_file import STARTS, Case, lasts
from streams.clock import Clock
from streams.feeds.archive import Archive
from streams.messages import SpokenError, say
from streams.processes import shared_out
from streams.rehearsal import timeline
from streams.rehearsal.verdict import Failure, Heard, failures


class Outcome(NamedTuple):
    """What came of one case: nothing that failed, where it passed."""

    cases: RuleCases
    case: Case
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The cases of a city, over some processes."""

    city: City
    clock: Clock
    processes: int = 1

    def run(self, cases: Sequence[RuleCases]) -> Iterator[Outcome]:
        """In the order of the files. Raises ReplayError where a file of the past is missing or cannot be read."""
        jobs = [(each, number) for each in cases for number in range(len(each.cases))]
        wanted = any(each.cases[number].history for each, number in jobs)
        archives = replay.archives_of(self.city) if wanted else []

        def play(job: tuple[RuleCases, int]) -> tuple[Failure, ...]:
            return tuple(self._play(*job, archives))

        for (each, number), failed in zip(jobs, shared_out(play, jobs, self.processes), strict=True):
            yield Outcome(each, each.cases[number], failed)

    def _play(self, cases: RuleCases, number: int, archives: Sequence[Archive]) -> Iterator[Failure]:
        rule, case, city = cases.rule, cases.cases[number], self.city
        book = alone(city.book, rule)
        begins = begins_at(case, STARTS, city.zone)
        ends = begins + lasts(case)
        feeds = timeline.cut(timeline.frames(case, rule, book, begins), ends)
        if case.history is not None:
            since, to = (local_ms(text, city.zone) for text in (case.history.since, case.history.to))
            feeds += [list(archive.frames(since=since, until=min(to, ends))) for archive in archives]
        events = sum(len(frame.rows) for frames in feeds for frame in frames)
        laid = replay.Past(past.records(feeds, until=ends), events, settles_at=ends)
        told = replay.run(book, laid, self.clock)
        stopped = told.engine.stopped.get(rule.id)
        if stopped is not None:
            yield Failure(("cases", number), "case-rule-raised", {"case": case.name, "why": stopped[1]})
            return
        heard = Heard(book, begins, [signal for signal in told.signals if signal.rule == rule.id])
        yield from failures(case, ("cases", number), heard)


def played(
    city: City, clock: Clock, language: str = "en", *, only: Collection[str] | None = None, rules: Path | None = None,
    processes: int = 1,
) -> Iterator[Outcome]:  # fmt: skip
    """The cases of a city's rules, or of some of them, in the order of their files. `rules`: a folder that is read in
    the place of `rules/`.

    Raises SpokenError where a file of cases has mistakes, or a past that is to be replayed cannot be read.
    """
    found = read_cases(city, rules)
    if found.problems:
        raise SpokenError("as-it-is", text=found.render(language))
    return Rehearsal(city, clock, processes).run([each for each in found.cases if only is None or each.rule.id in only])


def alone(book: Book, rule: Rule | MatterRule) -> Book:
    """The book with this one rule."""
    if isinstance(rule, Rule):
        return structs.replace(book, rules=(rule,), matter_rules=UNSET)
    return structs.replace(book, rules=(), matter_rules=(rule,))


def lines(outcome: Outcome, language: str) -> Iterator[str]:
    """One line a failed expectation, with file, line and column, and below it what differs."""
    document = outcome.cases.document
    for failure in outcome.failures:
        place = document.place(failure.path)
        yield f"{document.file}:{place.line}:{place.column}: {say(failure.message, language, **failure.values)}"
        yield from (f"    {line}" for line in failure.lines)
