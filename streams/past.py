"""The past of a city as records of its log: frames of several feeds by arrival, cut by the minute, and ticks.

What replay and load share. A tick stands at every ten minutes, and at the minutes before and after rows: as good as one
every second, because a tick more or less moves only when something is said (law 5).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final

import numpy as np
from msgspec import structs

from rules.book import Book
from rules.records import Frame, Record, Tick

MINUTE: Final = 60_000
GRAIN: Final = 10 * MINUTE
DAY: Final = 86_400_000


def records(
    feeds: Sequence[Iterable[Frame]], *, after: int = 0, beyond: int = 0, until: int | None = None
) -> Iterator[Record]:
    """Frames and ticks of several feeds in one order; each feed's frames come with arrivals ascending.

    Ticks lie above `after`; the last one `beyond` ms after the minute of the last row, never above `until`, before
    which every row must have arrived.
    """
    last = after
    minutes = heapq.merge(*(_by_minute(frames) for frames in feeds), key=_minute)
    for end, frames in groupby(minutes, key=_minute):
        yield from ticks(last, end - MINUTE)
        for _, frame in frames:
            yield frame
        now = end if until is None else min(end, until)
        yield from ticks(max(last, end - MINUTE), now)
        last = max(last, now)
    if last > after:
        yield from ticks(last, last + beyond if until is None else min(last + beyond, until))


def settled_after(book: Book) -> int:
    """How long after the last arrival everything that its rows could say is said, and every alert over, ms."""
    feeds = max((feed.lateness + feed.skew for feed in book.feeds), default=0)
    rules = max((2 * rule.step + rule.windows[-1] + rule.keep for rule in book.rules), default=0)
    matters = max((2 * rule.step for rule in book.on_matters), default=0)  # what is due later is said later
    return feeds + max(rules, matters) + GRAIN


def _minute(item: tuple[int, Frame]) -> int:
    return item[0]


def _by_minute(frames: Iterable[Frame]) -> Iterator[tuple[int, Frame]]:
    """(minute's end, frame) with the rows that arrived in (end - 1 min, end]."""
    for frame in frames:
        ends = -(-frame.rows["arrived_at"] // MINUTE) * MINUTE
        cuts = [0, *(np.flatnonzero(np.diff(ends)) + 1).tolist(), len(ends)]
        for first, beyond in pairwise(cuts):
            if beyond > first:
                yield int(ends[first]), structs.replace(frame, rows=frame.rows[first:beyond])


def ticks(last: int, until: int) -> Iterator[Tick]:
    """Ticks above `last`: every ten minutes, and at `until`. Before the first tick there is no time to fill."""
    if until <= last:
        return
    if last > 0:
        for at in range((last // GRAIN + 1) * GRAIN, until, GRAIN):
            yield Tick(at)
    yield Tick(until)
