"""From a log to what is asked of it: the engine at a moment, the story of an alert. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import takewhile

from rules.engine import Engine
from rules.records import Record
from streams.explain.story import Listener, Story, told
from streams.messages import SpokenError
from streams.rewind import Log, engine_at, judged, time_of

Progress = Callable[[int, int, int], None]
"""(records done, records in all, city time ms)."""
TOLD_EVERY = 500
LISTED = 5
"""Ids that are named where several begin alike."""


def moment_of(journal: Log, at: int, progress: Progress | None = None) -> Engine:
    """The engine after everything that lies at or before `at` (ms) in the log. Raises JournalError."""
    with journal.moment() as cut:
        snapshots = list(journal.snapshots())
    engine = engine_at(journal, snapshots, until=at)
    rest = takewhile(lambda item: time_of(item[1]) <= at, journal.read(after=engine.offset))
    for _ in judged(engine, _followed(rest, cut, progress)):
        pass
    return engine


def story_of(journal: Log, alert: str, progress: Progress | None = None) -> Story:
    """The story of the alert with this id, or the only one whose id begins so; the log is judged from its beginning.

    Raises SpokenError where there is none, or more than one; JournalError.
    """
    with journal.moment() as cut:
        engine = engine_at(journal, [])
    listener = Listener(alert)
    records = takewhile(lambda item: item[0] <= cut, journal.read())
    for signal in judged(engine, _followed(records, cut, progress)):
        listener.hear(signal, engine.book)
    if not listener.heard:
        raise SpokenError("alert-unknown", alert=alert[:40])
    if len(listener.heard) > 1:
        raise SpokenError("alert-unclear", alert=alert[:40], ids=", ".join(sorted(listener.heard)[:LISTED]))
    (heard,) = listener.heard.values()
    return told(heard, lambda offset: next(iter(journal.read(after=offset - 1)))[1])


def _followed(
    records: Iterator[tuple[int, Record]], cut: int, progress: Progress | None
) -> Iterator[tuple[int, Record]]:
    for offset, record in records:
        if progress is not None and offset % TOLD_EVERY == 0:
            progress(offset, cut, time_of(record))
        yield offset, record
