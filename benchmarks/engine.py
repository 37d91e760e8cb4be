"""The engine alone: frames in, signals out, one core. `python -m benchmarks.engine`.

A made city of 1,000 townships in 40 counties (three levels) and 24 categories under 6 services; rules of the default
detector at township level with windows of 1, 3 and 24 hours under a step of ten minutes. Each series has its own
Poisson rate (gamma, shape 0.7), 1 % of the events come twice, 0.5 % are corrected, three bursts a day; a tick a minute.

After the days that the rules learn from, two days are measured: one as a replay, a load or a start judges it, with the
day at hand (`Engine.apply_all`), and one record by record, as it comes (`Engine.apply`).
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from rules.book import Book, DeskReach, DetectorSpec, FeedPolicy, Rule, Selector
from rules.calendar import DAY_MS, HOUR_MS, Calendar
from rules.engine import Engine
from rules.records import NO_TIME, ROW, Frame, Record, Tick
from rules.trees import Node, Tree

COUNTIES: Final = 40
TOWNSHIPS: Final = 25
SERVICES: Final = 6
TYPES: Final = 4
MINUTE: Final = 60_000
BEGIN: Final = 1_767_225_600_000 // DAY_MS * DAY_MS
LEARN_DAYS: Final = 7
LEARNED_DAYS: Final = LEARN_DAYS + 1
BURSTS_A_DAY: Final = 3
FRAME: Final = 4_096


def city(rules: int, counties: int = COUNTIES) -> Book:
    """A book with `rules` rules: on all events, on each service, on each type, and then with other windows again."""
    areas = [("city", "", 0)]
    areas += [(f"c{c}", "city", 1) for c in range(counties)]
    areas += [(f"c{c}t{t}", f"c{c}", 2) for c in range(counties) for t in range(TOWNSHIPS)]
    categories = [("incident", "", 0), *((f"s{s}", "incident", 1) for s in range(SERVICES))]
    categories += [(f"s{s}.{k}", f"s{s}", 2) for s in range(SERVICES) for k in range(TYPES)]
    nodes = [code for code, _, _ in categories]
    made = []
    for number in range(rules):
        hours = (1, 3, 24) if number < len(nodes) else (2, 6)
        made.append(
            Rule(
                id=f"r{number:02d}", version="v1", selector=Selector(nodes[number % len(nodes)]), areas="township",
                windows=tuple(h * HOUR_MS for h in hours), step=10 * MINUTE,
                detector=DetectorSpec("surprise", {"learn_days": float(LEARN_DAYS)}), at_least=3,
            )
        )  # fmt: skip
    return Book(
        city="made", areas=_tree(("city", "county", "township"), areas),
        categories=_tree(("all", "service", "type"), categories), calendar=Calendar("UTC"),
        feeds=(FeedPolicy("calls", "incident", lateness=HOUR_MS),), rules=tuple(made),
        desks=(DeskReach("desk", ("city",), ("incident",)),),
    )  # fmt: skip


def _tree(levels: tuple[str, ...], nodes: list[tuple[str, str, int]]) -> Tree:
    return Tree(levels, tuple(Node(code, parent, levels[depth], {"en": code}) for code, parent, depth in nodes))


def frames(book: Book, events_a_day: int, days: float, seed: int, begin: int) -> Iterator[Record]:
    """The log: frames by arrival, at most FRAME rows each, and a tick every minute of stream time."""
    dice = np.random.default_rng(seed)
    areas = tuple(node.code for node in book.areas.nodes)
    categories = tuple(node.code for node in book.categories.nodes)
    leaves = np.array([i for i, node in enumerate(book.areas.nodes) if node.level == "township"])
    types = np.array([i for i, node in enumerate(book.categories.nodes) if node.level == "type"])
    weights = np.random.default_rng(7).gamma(0.7, 1.0, len(leaves) * len(types))
    weights /= weights.sum()
    serial = begin
    for hour in range(int(days * 24)):
        start = begin + hour * HOUR_MS
        n = int(dice.poisson(events_a_day / 24 * (1 + 0.5 * np.sin(2 * np.pi * (hour % 24 - 9) / 24))))
        series = dice.choice(len(weights), n, p=weights)
        occurred = start + np.sort(dice.integers(0, HOUR_MS, n))
        for _ in range(int(dice.random() < BURSTS_A_DAY / 24)):
            burst = dice.integers(8, 40)
            series = np.concatenate([series, np.full(burst, dice.integers(len(weights)))])
            occurred = np.concatenate([occurred, start + dice.integers(0, HOUR_MS, burst)])
        rows = np.zeros(len(series), ROW)
        rows["area"], rows["category"] = leaves[series // len(types)], types[series % len(types)]
        rows["id0"] = dice.integers(0, 2**63, len(rows)).astype(np.uint64)
        rows["id1"] = dice.integers(0, 2**63, len(rows)).astype(np.uint64)
        rows["content"] = rows["id0"] >> np.uint64(3)
        rows["offset"] = serial + np.arange(len(rows))
        serial += len(rows)
        rows["occurred_at"], rows["due_at"], rows["count"] = occurred, NO_TIME, 1
        rows["arrived_at"] = occurred + dice.exponential(2 * MINUTE, len(rows)).astype(np.int64)
        again = rows[dice.random(len(rows)) < 0.01].copy()
        again["arrived_at"] += dice.integers(MINUTE, 20 * MINUTE, len(again))
        mended = rows[dice.random(len(rows)) < 0.005].copy()
        mended["arrived_at"] += dice.integers(MINUTE, 20 * MINUTE, len(mended))
        mended["revision"], mended["content"] = 1, mended["content"] + np.uint64(1)
        rows = np.concatenate([rows, again, mended])
        yield from _cut(rows[np.argsort(rows["arrived_at"], kind="stable")], areas, categories, start)


def _cut(rows: np.ndarray, areas: tuple[str, ...], categories: tuple[str, ...], start: int) -> Iterator[Record]:
    rows["arrived_at"] = np.minimum(rows["arrived_at"], start + HOUR_MS - 1)
    for minute in range(60):
        end = start + (minute + 1) * MINUTE
        first, last = np.searchsorted(rows["arrived_at"], (end - MINUTE, end))
        for at in range(first, last, FRAME):
            some = rows[at : min(at + FRAME, last)]
            yield Frame("made", ("calls",), ("filed",), categories, areas, ("",), ("p",), some)
        yield Tick(end)


@dataclass(slots=True)
class Run:
    """What one day measured."""

    how: str
    events: int
    seconds: float
    signals: int


def run(rules: int, events_a_day: int) -> Iterator[Run]:
    """Learn from some days, then time a day at hand, and a day as it comes."""
    book = city(rules)
    engine = Engine(book, clock="stream")
    offset = 0
    for day in range(LEARNED_DAYS + 2):
        records = [*enumerate(frames(book, events_a_day, 1.0, day, BEGIN + day * DAY_MS), offset + 1)]
        offset += len(records)
        events = sum(len(record.rows) for _, record in records if isinstance(record, Frame))
        live = day == LEARNED_DAYS + 1
        begun = time.process_time()
        if live:
            signals = sum(len(engine.apply(record, at)) for at, record in records)
        else:
            signals = sum(1 for _ in engine.apply_all(records))
        seconds = time.process_time() - begun
        if day >= LEARNED_DAYS:
            yield Run("record by record" if live else "at hand", events, seconds, signals)
    assert not engine.stopped, engine.stopped


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events-a-day", type=int, default=500_000)
    arguments.add_argument("--rules", type=int, nargs="*", default=[10, 30])
    given = arguments.parse_args()
    for rules in given.rules:
        for found in run(rules, given.events_a_day):
            print(
                f"{rules} rules, a day {found.how}: {found.events} events in {found.seconds:.1f} s of one core,"
                f" {found.events / found.seconds:,.0f} a second, {found.signals} signals",
                flush=True,
            )


if __name__ == "__main__":
    main()
