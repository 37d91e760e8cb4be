"""The events of a case, as frames of the feeds that would bring them. The same case gives the same frames."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from rules.book import Book, MatterRule, Rule
from rules.records import NO_TIME, ROW, SELF_INITIATED, Frame
from streams.city.case_checks import areas_of, feeds_counted
from streams.city.case_file import Background, Case, SeriesForm, lasts
from streams.city.durations import DAY, HOUR

GOLDEN: Final = 0.6180339887498949
"""The golden ratio's fraction: where the even backgrounds of several series begin, they never fall together."""

Times = NDArray[np.int64]


class _Source(NamedTuple):
    """What events of one kind share. `place` 0: each has its own."""

    feed: str
    stage: str
    area: str
    category: str
    severity: int = 0
    flags: int = 0
    place: int = 0
    office: str = ""


class _Events(NamedTuple):
    """`occurred`, `arrived`: ms, shape (events,)."""

    source: _Source
    occurred: Times
    arrived: Times
    matters: NDArray[np.uint64] | None = None  # None: of none
    due_after: int | None = None  # ms; None: not said


def frames(case: Case, rule: Rule | MatterRule, book: Book, begins: int) -> dict[str, Frame]:
    """feed -> its events of the case, by arrival. `begins`: when the case does, ms."""
    by_feed: dict[str, list[_Events]] = {}
    for events in _events(case, rule, book, begins):
        if len(events.occurred):
            by_feed.setdefault(events.source.feed, []).append(events)
    return {feed: _frame(book, feed, found) for feed, found in by_feed.items()}


def _events(case: Case, rule: Rule | MatterRule, book: Book, begins: int) -> Iterator[_Events]:
    ends = begins + lasts(case)
    feed = feeds_counted(rule, book)[0]
    stages = rule.selector.stages
    stage = "filed" if "filed" in stages or not stages else stages[0]
    dice = np.random.default_rng(zlib.crc32(f"{rule.id}/{case.name}".encode()))
    number = 0
    for background in case.background:
        for area in areas_of(background, book):
            for category in background.categories:
                source = _Source(background.feed or feed, background.stage or stage, area, category)
                number += 1
                occurred = _usual(background, number, begins, ends, dice)
                yield _Events(source, occurred, occurred)
    for number, series in enumerate(case.series, 1):
        severity = series.severity or next(iter(rule.selector.severities), 0)
        flags = SELF_INITIATED if series.self_initiated else 0
        place = number if series.place == "same" else 0
        area, category = series.area, series.category
        source = _Source(
            series.feed or feed, series.stage or stage, area, category, severity, flags, place, series.office or ""
        )
        occurred = _told(series, begins)
        yield _Events(source, occurred, occurred + series.delay, _matters(series, len(occurred)), series.due)


def _usual(background: Background, number: int, begins: int, ends: int, dice: np.random.Generator) -> Times:
    """The times of one series of a background."""
    since, gap = begins - background.days * DAY, HOUR / background.rate
    times: NDArray[np.floating]
    if background.noise == "poisson":
        times = np.sort(dice.uniform(since, ends, dice.poisson((ends - since) / gap)))
    else:
        times = since + (np.arange(int((ends - since) / gap) + 1) + number * GOLDEN % 1) * gap
    kept = times[times < ends].astype(np.int64)
    for pause in background.pauses:
        kept = kept[(kept < begins + pause.since) | (kept >= begins + pause.to)]
    return kept


def _told(series: SeriesForm, begins: int) -> Times:
    """The times of a series: those of a slot spread evenly over it."""
    counts = np.array(series.counts)
    slots = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(slots)) - np.repeat(np.cumsum(counts) - counts, counts)
    part = (within + 0.5) / np.repeat(counts, counts)
    times: Times = (begins + series.since + (slots + part) * series.every).astype(np.int64)
    return times


def _matters(series: SeriesForm, events: int) -> NDArray[np.uint64] | None:
    """The matter of each event of a series, shape (events,)."""
    if series.matter is None:
        return None
    first = (zlib.crc32(series.matter.encode()) << 20) + 1
    return np.full(events, first, np.uint64) + np.arange(events, dtype=np.uint64) * np.uint64(series.each)


def _frame(book: Book, feed: str, found: Sequence[_Events]) -> Frame:
    names: dict[str, dict[str, int]] = {"stage": {}, "category": {}, "area": {}, "office": {"": 0}}
    rows = np.zeros(sum(len(events.occurred) for events in found), ROW)
    rows["due_at"] = NO_TIME
    at = 0
    for source, occurred, arrived, matters, due_after in found:
        part = rows[at : at + len(occurred)]
        at += len(occurred)
        if matters is not None:
            part["matter"] = matters
        if due_after is not None:
            part["due_at"] = occurred + due_after
        part["occurred_at"], part["arrived_at"] = occurred, arrived
        part["severity"], part["flags"], part["place"] = source.severity, source.flags, source.place
        for column, numbers in names.items():
            part[column] = numbers.setdefault(getattr(source, column), len(numbers))
    rows = rows[np.argsort(rows["arrived_at"], kind="stable")]
    serial = np.arange(len(rows)) + 1
    rows["offset"] = rows["id0"] = rows["content"] = serial
    rows["id1"] = zlib.crc32(feed.encode())
    rows["count"] = 1
    return Frame(
        city=book.city,
        feeds=(feed,),
        stages=tuple(names["stage"]),
        categories=tuple(names["category"]),
        areas=tuple(names["area"]),
        offices=tuple(names["office"]),
        partitions=(f"cases/{feed}",),
        rows=rows,
    )


def cut(whole: Mapping[str, Frame], until: int, size: int = 4096) -> list[list[Frame]]:
    """Each feed's rows that arrive before `until`, ms, in frames of at most `size`."""
    found: list[list[Frame]] = []
    for frame in whole.values():
        rows = frame.rows[: int(np.searchsorted(frame.rows["arrived_at"], until))]
        found.append([replace(frame, rows=rows[at : at + size]) for at in range(0, len(rows), size)])
    return found
