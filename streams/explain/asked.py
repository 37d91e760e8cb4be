"""What the command line asks, and its answer for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

import msgspec

from alerts.export import rfc3339
from rules.book import Book
from streams.city import City
from streams.explain.matters import OfMatters, explain_matters, matter_lines
from streams.explain.moment import Verdict, explain_moment
from streams.explain.rewound import Progress, moment_of, story_of
from streams.explain.story import Story
from streams.explain.words import Speech, story_lines, verdict_lines
from streams.messages import SpokenError
from streams.rewind import Log, time_of


@dataclass(frozen=True, slots=True)
class Asked:
    """Either `alert`, or `area` and `at` (ms) with what narrows it."""

    alert: str | None
    area: str | None
    at: int | None
    rule: str | None
    category: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """`story` of an alert, or the `verdicts` of a moment; `book` is the one in force then."""

    city: City
    book: Book
    asked: Asked
    offset: int
    story: Story | None = None
    verdicts: tuple[Verdict, ...] = ()
    matters: tuple[OfMatters, ...] = ()

    def json(self) -> str:
        told: object = self.story
        if self.story is None:
            told = {"city": self.city.name, "area": self.asked.area, "at": self.asked.at, "offset": self.offset,
                    "rules": self.verdicts, "on_matters": self.matters}  # fmt: skip
        return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()

    def text(self, language: str) -> str:
        speech = Speech(self.book, {desk.id: desk.zone for desk in self.city.desks}, language)
        return "\n".join(story_lines(speech, self.story) if self.story else self._moment(speech))

    def _moment(self, speech: Speech) -> Iterator[str]:
        area, at = self.asked.area or "", self.asked.at or 0
        desk = self.book.first_desk(area, self.asked.category or self.book.categories.root)
        yield speech.say("explain-title", area=speech.area(area), at=speech.time(at, desk), offset=self.offset)
        for verdict in self.verdicts:
            yield ""
            yield from verdict_lines(speech, verdict)
        for one in self.matters:
            yield ""
            yield from matter_lines(speech, one, desk)


def answer(journal: Log, city: City, asked: Asked, progress: Progress | None = None) -> Answer:
    """The answer out of the city's log. Raises SpokenError, JournalError."""
    if (asked.alert is None) == (asked.area is None or asked.at is None):
        raise SpokenError("explain-what")
    if asked.alert is not None:
        story = story_of(journal, asked.alert, progress)
        return Answer(city, journal.books()[story.book], asked, story.chapters[-1].cause.offset, story)
    assert asked.area is not None
    assert asked.at is not None
    engine = moment_of(journal, asked.at, progress)
    if engine.offset < 0:
        raise SpokenError("before-the-log", at=rfc3339(asked.at), first=_begin(journal))
    book = engine.book
    known = sorted({*engine.rules, *engine.matters.watches})
    if asked.rule is not None and asked.rule not in known:
        raise SpokenError("rule-unknown", rule=asked.rule, city=city.name, known=", ".join(known))
    try:
        found = explain_moment(engine, asked.at, asked.area, category=asked.category, rule=asked.rule)
    except KeyError as fault:
        code = str(fault.args[0])
        near = get_close_matches(code, [*book.areas.by_code, *book.categories.by_code], n=1)
        raise SpokenError("node-unknown", code=code, city=city.name, guess=f" ({near[0]}?)" if near else "") from None
    matters = tuple(explain_matters(engine, asked.area, rule=asked.rule))
    return Answer(city, book, asked, engine.offset, None, tuple(found), matters)


def _begin(journal: Log) -> str:
    """When the first record of the log that brings a time lies."""
    times = (time_of(record) for _, record in journal.read())
    return rfc3339(next((at for at in times if at), 0))
