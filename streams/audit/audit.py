"""Law 9 over a log at a cut: three countings that know nothing of one another, laid side by side.

log       rows in the frames, and refused records by raw place, as they lie there
recount   each row's box and every series' total, by identity alone (`recount`, `series`)
engine    the boxes and counts of the engine: the newest snapshot and the log after it, as a restart takes them up
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import takewhile
from typing import Final

from rules.boxes import BOXES
from rules.engine import Engine
from rules.records import Record
from streams.audit import series
from streams.audit.recount import Recount
from streams.journal import RefusedDay
from streams.rewind import Log, clock_of, engine_at, first_book, judged

ACCEPTED: Final = tuple(box for box in BOXES if box not in ("duplicate", "redelivered"))


@dataclass(frozen=True, slots=True)
class Imbalance:
    """Two figures that should be one: of which feed, day and box, what the log says and what the engine says."""

    feed: str
    day: str  # ISO, UTC
    what: str  # a box of law 9, "received" or "refused"
    log: int
    engine: int


@dataclass(frozen=True, slots=True)
class Day:
    """Law 9 of one feed and day, as the second counting found it."""

    refused: int
    boxes: Mapping[str, int]

    @property
    def accepted(self) -> int:
        return sum(self.boxes[box] for box in ACCEPTED)

    @property
    def received(self) -> int:
        return self.refused + self.boxes["duplicate"] + self.boxes["redelivered"] + self.accepted


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found. `offset` and `tick` are the cut; later records were not looked at."""

    city: str
    offset: int
    tick: int | None
    days: Mapping[tuple[str, str], Day]  # (feed, ISO day)
    imbalances: tuple[Imbalance, ...]
    compared: tuple[series.Compared, ...]

    @property
    def balanced(self) -> bool:
        return not self.imbalances and not any(one.differs for one in self.compared)


def audit(journal: Log, *, whole: bool = False) -> Audit:
    """Audit a log at its present end. `whole`: the engine takes up no snapshot, it judges from the first record.

    Reads only; a writer may go on. Raises JournalError.
    """
    with journal.moment() as cut:
        first = first_book(journal)
        snapshots = [] if whole else list(journal.snapshots())
        refused = journal.refused_days()
    engine = engine_at(journal, snapshots)
    for _ in judged(engine, _up_to(journal, cut, after=engine.offset)):
        pass
    since = series.reaches_back_to(engine)
    recount = Recount(first, journal.books(), wall=clock_of(journal) == "wall", since=since)
    recount.take(_up_to(journal, cut))
    recount.settle()
    return compared(engine, recount, refused, cut, series.compare(engine, recount.changes, recount.books_begun, first))


def _up_to(journal: Log, cut: int, *, after: int = 0) -> Iterator[tuple[int, Record]]:
    return takewhile(lambda item: item[0] <= cut, journal.read(after=after))


def compared(
    engine: Engine, recount: Recount, refused: Sequence[RefusedDay], cut: int, totals: Sequence[series.Compared]
) -> Audit:
    """The countings against one another."""
    ours = {(feed, iso_day(day)): boxes for (feed, day), boxes in recount.boxes.items()}
    rows = {(feed, iso_day(day)): n for (feed, day), n in recount.rows.items()}
    theirs = {(feed, day): boxes for feed, days in engine.boxes().items() for day, boxes in days.items()}
    away = {(one.feed, iso_day(one.day)): one for one in refused}
    days: dict[tuple[str, str], Day] = {}
    found: list[Imbalance] = []
    for key in sorted(ours.keys() | theirs.keys() | away.keys()):
        counted: Mapping[str, int] = ours.get(key, {})
        said: Mapping[str, int] = theirs.get(key, {})
        turned = away.get(key, RefusedDay(key[0], 0, 0, 0, 0))
        figures = [
            ("received", rows.get(key, 0), sum(said.get(box, 0) for box in BOXES)),
            ("refused", turned.kept + turned.forgotten, turned.refused),
            *((box, counted.get(box, 0), said.get(box, 0)) for box in BOXES),
        ]
        found += [Imbalance(*key, what, log, engines) for what, log, engines in figures if log != engines]
        days[key] = Day(turned.kept + turned.forgotten, {box: counted.get(box, 0) for box in BOXES})
    return Audit(engine.book.city, cut, engine.tick, days, tuple(found), tuple(totals))


def iso_day(day: int) -> str:
    """The date of a day since 1970, UTC."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()
