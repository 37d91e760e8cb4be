"""How the cost of a city grows: with its rate, its areas, its rules and its past. `python -m benchmarks.scaling`.

The made city of benchmarks.engine, rules of the default detector. After the days that it learns from, what a worker
does is timed in seconds of processor, each by itself: a tick that nothing came before (one a second on the wall clock),
events as they come (a frame of what came within a second), laying out and packing memory (every five seconds), and
taking it up anew (after a kill, or where the city moves to another worker).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from benchmarks.engine import BEGIN, TOWNSHIPS, city, frames
from rules.book import Book
from rules.calendar import DAY_MS, HOUR_MS
from rules.engine import Engine
from rules.records import Frame, Tick
from streams.kafka.state import Memory, Written

TICKS: Final = 120
MOST_SECONDS: Final = 600
MOST_EVENTS: Final = 2_000
SECOND: Final = 1_000
DAY_SECONDS: Final = 86_400
SAVE_SECONDS: Final = 5.0
"""As often does a worker save."""


class Case(NamedTuple):
    """`past`: days that were judged before."""

    events_a_day: int
    counties: int
    rules: int
    past: int


class Cost(NamedTuple):
    """Seconds of processor; bytes."""

    series: int
    tick: float
    event: float
    save: float
    saved: int
    state: int
    restore: float

    def share(self, rate: float) -> float:
        """Of a core, at so many events a second."""
        return self.tick + rate * self.event + self.save / SAVE_SECONDS


BASE: Final = Case(20_000, 12, 8, 9)
CASES: Final[Mapping[str, Sequence[Case]]] = {
    "rate": [BASE._replace(events_a_day=n) for n in (2_000, 20_000, 200_000)],
    "areas": [BASE._replace(counties=n) for n in (4, 12, 40, 120)],
    "rules": [BASE._replace(rules=n) for n in (2, 8, 30)],
    "past": [BASE._replace(past=n) for n in (9, 28)],
}


def measure(case: Case) -> Cost:
    """One city, one engine."""
    book = city(case.rules, case.counties)
    engine = Engine(book, clock="stream")
    offset = 0
    for day in range(case.past):
        records = [*enumerate(frames(book, case.events_a_day, 1.0, day, BEGIN + day * DAY_MS), offset + 1)]
        offset += len(records)
        for _ in engine.apply_all(records):
            pass
    memory, sheet = Memory("made"), Timed(engine, offset)
    sheet.save(memory)
    now = BEGIN + case.past * DAY_MS
    tick = sheet.ticks(now, TICKS)
    event = sheet.events(_rows(book, case, now + HOUR_MS), case.events_a_day / DAY_SECONDS, tick)
    state = sum(len(data) for data in engine.rows().values())
    save, saved = sheet.save(memory)
    kept, begun = engine.rows(), time.process_time()
    Engine.of_rows(kept, {book.digest: book})
    restore = time.process_time() - begun
    series = sum(len(counts.pairs) for counts in engine.counts.values())
    return Cost(series, tick, event, save, saved, state, restore)


class Timed:
    """An engine at work; what each thing takes."""

    def __init__(self, engine: Engine, offset: int) -> None:
        self._engine = engine
        self._offset = offset
        self._now = 0

    def _apply(self, record: Frame | Tick) -> None:
        self._offset += 1
        self._engine.apply(record, self._offset)

    def ticks(self, begin: int, many: int) -> float:
        """One a second, nothing before it; s each."""
        self._now = begin
        begun = time.process_time()
        for _ in range(many):
            self._now += SECOND
            self._apply(Tick(self._now))
        return (time.process_time() - begun) / many

    def events(self, frame: Frame, rate: float, tick: float) -> float:
        """Rows as they come at so many a second, those of a second in one frame, its tick behind it; s an event."""
        seconds = max(1, min(MOST_SECONDS, round(MOST_EVENTS / rate)))
        many = max(10, min(len(frame.rows), round(seconds * rate)))
        when = np.sort(np.random.default_rng(3).integers(0, seconds, many))
        begun, ticks = time.process_time(), 0
        for second in range(seconds):
            first, end = np.searchsorted(when, (second, second + 1))
            if first == end:
                continue
            rows = frame.rows[first:end].copy()
            rows["occurred_at"] = rows["arrived_at"] = self._now + 1
            self._now += SECOND
            self._apply(_with(frame, rows))
            self._apply(Tick(self._now))
            ticks += 1
        return (time.process_time() - begun - ticks * tick) / many

    def save(self, memory: Memory) -> tuple[float, int]:
        """What is written once all lies there and a minute has passed; s, bytes."""
        begun = time.process_time()
        entries = memory.put(self._offset, self._engine.rows(), Written(self._offset, {"made": self._offset}))
        return time.process_time() - begun, sum(len(key) + len(value or b"") for key, value in entries)


def _with(frame: Frame, rows: np.ndarray) -> Frame:
    return Frame(
        frame.city, frame.feeds, frame.stages, frame.categories, frame.areas, frame.offices, frame.partitions, rows
    )


def _rows(book: Book, case: Case, begin: int) -> Frame:
    """Some thousands of rows that nobody has seen."""
    many = frames(book, max(200_000, case.events_a_day), 1 / 24, 10_000, begin)
    found = [one for one in many if isinstance(one, Frame)]
    return _with(found[0], np.concatenate([one.rows for one in found]))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--only", choices=sorted(CASES), action="append")
    args = parser.parse_args()
    heads = ["what grows", "events/day", "areas", "rules", "days", "series", "tick ms", "event ms"]
    heads += ["save ms, KiB", "state KiB", "restore s", "of a core"]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    done: dict[Case, Cost] = {}
    for name in args.only or CASES:
        for case in CASES[name]:
            cost = done.get(case) or measure(case)
            done[case] = cost
            print(line(name, case, cost), flush=True)


def line(name: str, case: Case, cost: Cost) -> str:
    areas = 1 + case.counties * (1 + TOWNSHIPS)
    cells: list[object] = [name, f"{case.events_a_day:,}", f"{areas:,}", case.rules, case.past, f"{cost.series:,}"]
    cells += [f"{cost.tick * 1e3:.2f}", f"{cost.event * 1e3:.2f}"]
    cells += [f"{cost.save * 1e3:.0f}, {cost.saved / 1024:,.0f}", f"{cost.state / 1024:,.0f}", f"{cost.restore:.2f}"]
    cells += [f"{100 * cost.share(case.events_a_day / DAY_SECONDS):.1f} %"]
    return f"| {' | '.join(map(str, cells))} |"


if __name__ == "__main__":
    main()
