"""Cases beside everything they name: their rule, areas, categories, feeds, colours, desks."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path as FilePath
from typing import Final
from zoneinfo import ZoneInfo

from rules.book import Book, MatterRule, Rule
from streams.city.case_file import (
    LONGEST_CASE,
    Alerted,
    Background,
    Case,
    CasesFile,
    Expected,
    SeriesForm,
    lasts,
    moment_written,
)
from streams.city.durations import DAY
from streams.city.folder import RULES, Folder
from streams.city.reading import City
from streams.city.schema import checked
from streams.city.yaml import Document, Path, read_document
from streams.problems import START, Problem, Problems

ENDING: Final = ".cases.yaml"
MOST_EVENTS: Final = 200_000
"""In one case: what a rule must say can be shown with less."""
_EXPECTATIONS: Final = ("spoke", "quiet", "running", "alerts", "signals")


@dataclass(frozen=True, slots=True)
class RuleCases:
    """The cases of one rule and the document they stand in, which knows their places."""

    rule: Rule | MatterRule
    document: Document
    cases: Sequence[Case]


@dataclass(frozen=True, slots=True)
class CasesRead:
    """`cases` by rule; `problems` where something is wrong with any."""

    cases: tuple[RuleCases, ...]
    problems: tuple[Problem, ...]

    def render(self, language: str = "en") -> str:
        """One line a problem."""
        return "\n".join(problem.render(language) for problem in self.problems)


def read_cases(city: City, rules: FilePath | None = None) -> CasesRead:
    """The cases of a whole city, or everything that is wrong with them. `rules`: a folder that is read in the place of
    `rules/`."""
    problems = Problems()
    folder = Folder(city.folder, problems, None, rules)
    by_id = {rule.id: rule for rule in city.book.all_rules}
    found: list[RuleCases] = []
    for file in folder.names(RULES):
        stem = file.rpartition("/")[2].removesuffix(ENDING)
        if not file.endswith(ENDING):
            continue
        document = read_document(folder, file)
        cases = checked(document, CasesFile, problems) if document else None
        if stem not in by_id:
            problems.say(file, START, "cases-without-rule", rule=stem, guess=problems.guess(stem, by_id))
        elif document and cases:
            check = _CasesCheck(document, city, by_id[stem], problems)
            for number, case in enumerate(cases.cases):
                check.case(number, case)
            found.append(RuleCases(by_id[stem], document, cases.cases))
    return CasesRead(tuple(found), problems.all())


def feeds_counted(rule: Rule | MatterRule, book: Book) -> list[str]:
    """The feeds whose events a rule counts, by name."""
    named, kind = rule.selector.feeds, rule.selector.kind
    return [feed.name for feed in book.feeds if (not named or feed.name in named) and kind in (None, feed.kind)]


def areas_of(background: Background, book: Book) -> list[str]:
    """The areas of a background, named one by one or by their level."""
    at = [node.code for node in book.areas.nodes if node.level == background.level]
    return [*background.areas, *at]


def begins_at(case: Case, default: str, zone: str) -> int:
    """When a case begins, ms."""
    return local_ms(case.starts or (case.history.to if case.history else default), zone)


def local_ms(text: str, zone: str) -> int:
    """A local date or time -> ms. Raises ValueError where the calendar has no such day."""
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


class _CasesCheck:
    def __init__(self, document: Document, city: City, rule: Rule | MatterRule, problems: Problems) -> None:
        self.document = document
        self.city = city
        self.rule = rule
        self.problems = problems

    def case(self, number: int, case: Case) -> None:
        path: Path = ("cases", number)
        book = self.city.book
        self._starts(path, case)
        for n, background in enumerate(case.background):
            self._background((*path, "background", n), background)
        for n, series in enumerate(case.series):
            here = (*path, "series", n)
            self._known((*here, "area"), series.area, book.areas.by_code, "area-unknown")
            self._source(here, series)
        for n, expected in enumerate(case.expect):
            self._expected((*path, "expect", n), expected)
        if case.history and not any(file.archive for file in self.city.feeds.values()):
            self._say((*path, "history"), "case-without-archive")
        if lasts(case) > LONGEST_CASE:
            self._say(path, "case-too-long", days=lasts(case) // DAY, most=LONGEST_CASE // DAY)
        events = self._events(case)
        if events > MOST_EVENTS:
            self._say(path, "case-too-large", events=f"{events:,.0f}", most=f"{MOST_EVENTS:,}")
        elif not (case.history or case.series or case.background):
            self._say(path, "case-empty")

    def _say(self, path: Path, message: str, /, **values: object) -> None:
        self.problems.say(self.document.file, self.document.place(path), message, **values)

    def _known(self, path: Path, code: str, known: Collection[str], message: str) -> None:
        if code not in known:
            self._say(path, message, code=code, guess=self.problems.guess(code, known))

    def _starts(self, path: Path, case: Case) -> None:
        times: list[int] = []
        history = case.history
        for at, text in (
            ((*path, "starts"), case.starts),
            ((*path, "history", "from"), history and history.since),
            ((*path, "history", "to"), history and history.to),
        ):
            if not text:
                continue
            try:
                times.append(local_ms(text, self.city.zone))
            except ValueError:
                self._say(at, "start-unreadable", value=text)
                return
        if history and times[-2] >= times[-1]:
            self._say((*path, "history", "to"), "case-ends-first", since=history.since, to=history.to)

    def _background(self, path: Path, background: Background) -> None:
        book = self.city.book
        for n, area in enumerate(background.areas):
            self._known((*path, "areas", n), area, book.areas.by_code, "area-unknown")
        if background.level is not None and background.level not in book.areas.levels:
            self._say((*path, "level"), "level-unknown", level=background.level, known=list(book.areas.levels))
        if (background.level is None) == (not background.areas):
            self._say(path, "background-areas")
        self._source(path, background)
        for n, pause in enumerate(background.pauses):
            if pause.since >= pause.to:
                told = {"since": moment_written(pause.since), "to": moment_written(pause.to)}
                self._say((*path, "pauses", n, "to"), "case-ends-first", **told)

    def _source(self, path: Path, source: Background | SeriesForm) -> None:
        """The category, feed and stage of events: those that the rule can hear."""
        book, counted = self.city.book, feeds_counted(self.rule, self.city.book)
        plural = isinstance(source, Background)
        categories = source.categories if isinstance(source, Background) else [source.category]
        for n, code in enumerate(categories):
            at = (*path, "categories", n) if plural else (*path, "category")
            self._known(at, code, book.categories.by_code, "category-unknown")
        if source.feed is not None and source.feed not in book.feed_by_name:
            guess = self.problems.guess(source.feed, counted)
            self._say((*path, "feed"), "feed-unknown", feed=source.feed, guess=guess)

    def _expected(self, path: Path, expected: Expected) -> None:
        asked = [name for name in _EXPECTATIONS if getattr(expected, name) is not None]
        if len(asked) != 1:
            self._say(path, "expectation-unclear", count=len(asked), known=list(_EXPECTATIONS))
        elif ("running" in asked) != (expected.at is not None):
            self._say(path, "expectation-when")
        for at, alerted in _alerted(path, expected):
            self._alerted(at, alerted)
        if expected.quiet is not None:
            quiet, at = expected.quiet, (*path, "quiet")
            self._codes(at, quiet.area, quiet.category)
            if quiet.to is not None and quiet.to <= quiet.since:
                told = {"since": moment_written(quiet.since), "to": moment_written(quiet.to)}
                self._say((*at, "to"), "case-ends-first", **told)

    def _alerted(self, path: Path, alerted: Alerted) -> None:
        book = self.city.book
        self._codes(path, alerted.area, alerted.category)
        if alerted.colour is not None and alerted.colour not in book.ladder:
            self._say((*path, "colour"), "colour-unknown", colour=alerted.colour, known=list(book.ladder))
        desks = [desk.desk for desk in book.desks]
        if alerted.desk is not None and alerted.desk not in desks:
            guess = self.problems.guess(alerted.desk, desks)
            self._say((*path, "desk"), "desk-unknown", desk=alerted.desk, guess=guess)

    def _codes(self, path: Path, area: str | None, category: str | None) -> None:
        book = self.city.book
        if area is not None:
            self._known((*path, "area"), area, book.areas.by_code, "area-unknown")
        if category is not None:
            self._known((*path, "category"), category, book.categories.by_code, "category-unknown")

    def _events(self, case: Case) -> float:
        """How many events a case makes, about."""
        usual = sum(
            one.rate * 24 * one.days * len(areas_of(one, self.city.book)) * len(one.categories)
            for one in case.background
        )
        return usual + sum(sum(series.counts) for series in case.series)


def _alerted(path: Path, expected: Expected) -> Iterator[tuple[Path, Alerted]]:
    if expected.spoke is not None:
        yield (*path, "spoke"), expected.spoke
    for n, alerted in enumerate(expected.running or ()):
        yield (*path, "running", n), alerted
