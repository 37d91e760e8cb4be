"""Replay: the past of a city through the same code at full speed, no channels, everything that was said in files.

signals.jsonl    every signal, in the order it was said
alerts.jsonl     every alert's final state
canonical.jsonl  what roads, orders of reading and restarts are compared by
calibrations.json  heights by rule and desk, where the run calibrated, and when
feeds.json       where every event went (law 9), by feed and day of arrival
summary.json     events, seconds, events a second, peak memory, alerts by desk and month
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Final

import msgspec

from alerts.export import rfc3339, write_alerts
from alerts.room import DeskRoom
from alerts.store import MemoryStore
from rules import canonical
from rules.book import Book, Rule
from rules.detectors.surprise import Surprise
from rules.engine import Engine
from rules.records import Calibrate, Frame, Record, Retire, UseBook
from rules.signals import Signal
from streams import calibration, past
from streams.city import City
from streams.clock import Clock
from streams.feeds.archive import Archive, read_archive
from streams.intake import Intake
from streams.journal import Journal
from streams.messages import SpokenError
from streams.opened import intake_of
from streams.recalibration import Recalibration
from streams.refusals import Refusal, Refused
from streams.runtime.recovery import FIRST_BOOK
from streams.summary import Summary, alerts_by_desk_and_month, boxes, peak_memory_mib

REPLAY_KEY: Final = b"tocsin replays every city under this key, so that ties fall alike everywhere"
"""Ids are only compared within one replay, and none of them is written."""

LOOK_AHEAD_MS: Final = 7 * past.DAY
"""How much of the past is laid before the engine at a time."""

Progress = Callable[[int, int, int], None]
"""(events done, events in all, city time ms)."""


class ReplayError(SpokenError):
    """A replay that cannot be made: one line for people."""


@dataclass(slots=True)
class Past:
    """What is replayed: the records of a log, and what came of reading them."""

    records: Iterator[Record]
    events: int
    refused: Sequence[Refusal] = ()
    left_out: int = 0
    books: Mapping[str, Book] = field(default_factory=dict)
    book: Book | None = None  # in force at its beginning; None: the folder's
    settles_at: int = 0  # time goes on to here after the last record, ms
    ends: bool = False  # no feed is waited for after the last record: nothing came later


@dataclass(slots=True)
class Told:
    """What a run said."""

    engine: Engine
    store: MemoryStore
    signals: list[Signal]
    first: int
    last: int
    seconds: float
    calibrated: list[Calibrate] = field(default_factory=list)  # the calibrations of the run, oldest first


def files_of(city: City, feeds: Sequence[str], files: Sequence[Path]) -> dict[str, list[Path]]:
    """feed -> its files of the past: those given, else those its feed file names. Raises ReplayError."""
    names = list(feeds) or list(city.feeds)
    for name in names:
        if name not in city.feeds:
            raise ReplayError("feed-unknown", feed=name, known=", ".join(sorted(city.feeds)))
    if files:
        if len(names) != 1:
            raise ReplayError("which-feed")
        found = {names[0]: list(files)}
    else:
        found = {name: [city.folder / path for path in city.feeds[name].archive] for name in names}
        found = {name: paths for name, paths in found.items() if paths}
    if not found:
        raise ReplayError("no-archive", feed=names[0])
    for paths in found.values():
        for path in paths:
            if not path.is_file():
                raise ReplayError("file-missing", path=path)
    return found


def read_past(
    city: City, intake: Intake, files: Mapping[str, Sequence[Path]], since: int | None = None, until: int | None = None
) -> Past:
    """The past in files. Raises ReplayError where a file cannot be read as a whole."""
    archives = _archives(city, intake, files)
    frames = [list(archive.frames(since=since, until=until)) for archive in archives]
    times = [archive.whole.rows["arrived_at"] for archive in archives if archive.whole is not None]
    last = max((int(frame.rows["arrived_at"][-1]) for each in frames for frame in each[-1:]), default=0)
    ends = until is None or all(int(arrived.max()) < until for arrived in times if len(arrived))
    settles_at = last + past.settled_after(city.book) if last else 0
    if until is not None and last:
        settles_at = min(settles_at, until) if ends else until
    return Past(
        records=past.records(frames, until=until),
        settles_at=settles_at,
        ends=ends,
        events=sum(len(frame.rows) for each in frames for frame in each),
        refused=[refusal for archive in archives for refusal in archive.refusals],
        left_out=sum(archive.left_out for archive in archives),
    )


def archives_of(city: City) -> list[Archive]:
    """The past in the files that the city's feeds name. Raises ReplayError, CityError."""
    return _archives(city, intake_of(city, REPLAY_KEY), files_of(city, [], []))


def _archives(city: City, intake: Intake, files: Mapping[str, Sequence[Path]]) -> list[Archive]:
    archives: list[Archive] = []
    for feed, paths in files.items():
        try:
            archives.append(read_archive(intake, feed, paths, city.folder))
        except Refused as fault:
            raise ReplayError("file-unreadable", feed=feed, why=fault) from None
        except OSError as fault:
            raise ReplayError("file-unreadable", feed=feed, why=fault.strerror) from None
    return archives


def stored_past(city: City, journal: Journal, since: int | None = None, until: int | None = None) -> Past:
    """The city's own journal, record by record: frames, ticks and orders as they were. Closes the journal."""
    with closing(journal):
        books = journal.books()
        first = journal.meta(FIRST_BOOK)
        records = [
            record
            for at, record in _timed(record for _, record in journal.read())
            if (since is None or at >= since) and (until is None or at < until)
        ]
        refused = journal.refused(limit=-1)
    events = sum(len(record.rows) for record in records if isinstance(record, Frame))
    return Past(iter(records), events, refused, 0, books, books.get(first or "", city.book))


def run(
    book: Book,
    told_past: Past,
    clock: Clock,
    progress: Progress | None = None,
    *,
    calibrate: float = 0.0,
    first_after: int = calibration.FIRST_AFTER,
    again_after: int = calibration.AGAIN_AFTER,
    blend_after: int = calibration.BLEND_AFTER,
    incident: Callable[[Signal], bool] | None = None,
) -> Told:
    """Judge the past, from nothing. `progress` is called now and then.

    `calibrate`: quiet months of a calibration, which then stands in the log as an Order `first_after` ms of the past
    and every `again_after` ms from there, solved from what came before it alone, alerts told by then blended in but
    for those of a known `incident`; in between they are blended anew every `blend_after` ms. 0: heights stay what
    bounds say.
    """
    engine = Engine(book, clock="stream")
    for known in told_past.books.values():
        engine.add_book(known)
    store = MemoryStore()
    desk = DeskRoom(book, store, {})
    heights = Recalibration(calibrate, first_after, again_after, blend_after, incident)
    told = Told(engine, store, [], 0, 0, 0.0, heights.orders)
    begun = clock.steady()
    done = offset = 0
    for stretch in stretches(engine, told_past):
        if heights.due(engine, told.first):
            stretch.insert(0, (engine.tick or 0, heights.order(engine, told.first, store.final())))
        numbered = list(enumerate((record for _, record in stretch), offset + 1))
        offset += len(numbered)
        for at, record in stretch:
            if isinstance(record, Frame):
                done += len(record.rows)
                told.first, told.last = told.first or at, at
        for signal in engine.apply_all(numbered):
            told.signals.append(signal)
            desk.book = engine.book
            desk.apply([signal], signal.at)
        if progress is not None:
            progress(done, told_past.events, told.last)
    told.seconds = clock.steady() - begun
    return told


def stretches(engine: Engine, told_past: Past) -> Iterator[list[tuple[int, Record]]]:
    """Some days of records at a time, each with its time; at last, once those are judged, what lets them settle."""
    for _, stretch in groupby(_timed(told_past.records), key=lambda pair: pair[0] // LOOK_AHEAD_MS):
        yield list(stretch)
    if rest := list(_timed(_settling(engine, told_past))):
        yield rest


def learned_at(rules: Iterable[Rule], first: int) -> int:
    """When rules that learn what is usual have seen enough of a past that begins at `first` to speak, ms; 0 where none
    learns."""
    days = [
        rule.detector.parameters.get("learn_days", Surprise().learn_days)
        for rule in rules
        if rule.detector.kind == "surprise"
    ]
    return first + round(max(days) * past.DAY) if days and first else 0


def _settling(engine: Engine, told_past: Past) -> Iterator[Record]:
    """What is left to say after the last record; a feed that was heard up to there is not silent, its past ends."""
    last = engine.tick or 0
    if 0 < last < told_past.settles_at:
        if told_past.ends:
            yield from [Retire(last + 1, view.name) for view in engine.feeds() if not view.silent_since]
        yield from past.ticks(last, told_past.settles_at)


def _timed(records: Iterable[Record]) -> Iterator[tuple[int, Record]]:
    """Each record with its time in the log, ms: never falling."""
    at = 0
    for record in records:
        if isinstance(record, Frame):
            at = max(at, int(record.rows["arrived_at"].max()))
        elif not isinstance(record, UseBook):
            at = max(at, getattr(record, "now", at))
        yield at, record


def summary_of(city: City, told_past: Past, told: Told, seconds: float) -> Summary:
    """`seconds`: reading the files included."""
    return Summary(
        city=city.name,
        events=told_past.events,
        refused=len(told_past.refused),
        left_out=told_past.left_out,
        first=rfc3339(told.first) if told.first else "",
        last=rfc3339(told.last) if told.last else "",
        seconds=round(seconds, 3),
        events_per_second=round(told_past.events / seconds, 1) if seconds > 0 else 0.0,
        peak_memory_mib=round(peak_memory_mib(), 1),
        signals=len(told.signals),
        alerts=alerts_by_desk_and_month(told.store.final(), told.engine.book),
    )


def write(out: Path, city: City, told_past: Past, told: Told, summary: Summary) -> None:
    """Write the files of a replay into `out`. Raises OSError."""
    out.mkdir(parents=True, exist_ok=True)
    encoder = msgspec.json.Encoder(order="deterministic")
    with (out / "signals.jsonl").open("wb") as file:
        for signal in told.signals:
            file.write(encoder.encode(signal) + b"\n")
    write_alerts(out / "alerts.jsonl", told.store.final(), told.engine.book, city.languages[0])
    (out / "canonical.jsonl").write_bytes(canonical.lines(told.signals))
    if told.calibrated:
        heights = [{"start": rfc3339(one.start), "heights": one.heights} for one in told.calibrated]
        (out / "calibrations.json").write_bytes(msgspec.json.format(msgspec.json.encode(heights), indent=2) + b"\n")
    refused = Counter((refusal.feed, _day(refusal.at)) for refusal in told_past.refused)
    table = boxes(told.engine.boxes(), refused)
    (out / "feeds.json").write_bytes(msgspec.json.format(msgspec.json.encode(table), indent=2) + b"\n")
    (out / "summary.json").write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n")


def _day(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, tz=UTC).date().isoformat()
