"""One alert's story: its signals in order, what in the log caused each, and what it changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np

from alerts import life, routing
from alerts.alert import Alert, Reason
from rules.book import Book
from rules.records import Frame, Record, Tick
from rules.signals import Signal

CauseKind = Literal["frame", "tick", "order"]


class Cause(msgspec.Struct, frozen=True):
    """The record of the log that made the engine speak. `rows`: of a frame; `feeds`: feed -> rows."""

    offset: int
    kind: CauseKind
    at: int  # its city time, ms
    rows: int = 0
    feeds: dict[str, int] = {}
    order: str = ""


class Chapter(msgspec.Struct, frozen=True):
    """One signal. `reason`: why the desk was told of it, None: it was not; `changed`: field -> (before, after)."""

    cause: Cause
    signal: Signal
    reason: Reason | None
    desk: str
    changed: dict[str, tuple[object, object]]


class Story(msgspec.Struct, frozen=True):
    """All that was said of one alert, oldest first. `book`: digest of the one in force at the end."""

    alert: str
    chapters: tuple[Chapter, ...]
    book: str


class Listener:
    """Hears the signals of a log in order; keeps those of the alerts whose id begins as wanted."""

    def __init__(self, alert: str) -> None:
        self._wanted = alert
        self.heard: dict[str, list[tuple[Signal, Book]]] = {}

    def hear(self, signal: Signal, book: Book) -> None:
        """One signal, judged under `book`."""
        if signal.alert.startswith(self._wanted):
            self.heard.setdefault(signal.alert, []).append((signal, book))


def told(heard: Sequence[tuple[Signal, Book]], record_at: Callable[[int], Record]) -> Story:
    """The story of one alert's signals; `record_at`: the record of the log that lies at an offset."""
    alert: Alert | None = None
    chapters = []
    for signal, book in heard:
        desk = routing.desk_for(book, alert, signal)
        wider = alert is not None and routing.widened(book, alert.signal, signal)
        after, reason = life.apply(alert, signal, desk, signal.at, widened=wider)
        cause = cause_of(record_at(signal.cause.offset), signal.cause.offset, signal.at)
        chapters.append(Chapter(cause, signal, reason, desk, _changed(alert, after)))
        alert = after
    return Story(heard[0][0].alert, tuple(chapters), heard[-1][1].digest)


def cause_of(record: Record, offset: int, at: int) -> Cause:
    if isinstance(record, Frame):
        numbers, counts = np.unique(record.rows["feed"], return_counts=True)
        feeds = {record.feeds[n]: k for n, k in zip(numbers.tolist(), counts.tolist(), strict=True)}
        return Cause(offset, "frame", at, len(record.rows), feeds)
    if isinstance(record, Tick):
        return Cause(offset, "tick", record.now)
    return Cause(offset, "order", at, order=type(record).__name__)


def _changed(before: Alert | None, after: Alert) -> dict[str, tuple[object, object]]:
    """What differs in what people see."""
    was, now = _seen(before), _seen(after)
    return {name: (was.get(name), value) for name, value in now.items() if before is None or was.get(name) != value}


def _seen(alert: Alert | None) -> Mapping[str, object]:
    if alert is None:
        return {}
    signal, evidence = alert.signal, alert.signal.evidence
    return {
        "state": alert.state,
        "colour": alert.colour,
        "area": signal.area,
        "category": signal.category,
        "observed": evidence.observed,
        "window": evidence.window,
        "limit": evidence.limit,
        "later": evidence.later,
        "taken_back": evidence.taken_back,
        "would_speak": evidence.would_speak,
        "first": signal.first,
        "last": signal.last,
        "key": signal.key,
        "merged_into": signal.merged_into,
    }
