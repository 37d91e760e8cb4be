"""What a series costs, and how long a restart takes: `python -m benchmarks.memory`.

A made city of three levels (townships below 60 counties), one category a rule, the default detector at every level with
windows of 1, 3 and 24 hours under a step of ten minutes. It is in daily use: each county brings events every day, a
township every few days. So that a year can be lived in minutes, all of a quarter of an hour arrives in one frame.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import numpy as np

from rules.book import Book, DeskReach, DetectorSpec, FeedPolicy, Rule, Selector
from rules.calendar import DAY_MS, HOUR_MS, Calendar
from rules.engine import Engine
from rules.records import NO_TIME, ROW, Frame, Record, Tick
from rules.trees import Node, Tree
from streams.engines import RuleEngines
from streams.journal import Journal, Snapshot
from streams.metrics import Metrics
from streams.runtime.recovery import EPOCH, FIRST_BOOK, restored

BEGIN: Final = 1_767_225_600_000 // DAY_MS * DAY_MS
MINUTE: Final = 60_000
FRAME_MS: Final = 15 * MINUTE
COUNTIES: Final = 60
TAIL_TICKS: Final = 60
"""A kill finds a minute of ticks behind the last snapshot (`TOCSIN_SNAPSHOT_SECONDS`)."""


def city(townships: int, rules: int) -> Book:
    """A book of `rules` rules, each on a category of its own."""
    areas = [("city", "", "city"), *((f"c{c}", "city", "county") for c in range(COUNTIES))]
    areas += [(f"t{t}", f"c{t % COUNTIES}", "township") for t in range(townships)]
    kinds = [("incident", "", "all"), *((f"k{n}", "incident", "type") for n in range(rules))]
    made = [
        Rule(
            id=f"r{n:02d}", version="v1", selector=Selector(f"k{n}"), areas="township",
            windows=(HOUR_MS, 3 * HOUR_MS, DAY_MS), step=10 * MINUTE, detector=DetectorSpec("surprise"), at_least=3,
        )
        for n in range(rules)
    ]  # fmt: skip
    return Book(
        city="made", areas=_tree(("city", "county", "township"), areas), categories=_tree(("all", "type"), kinds),
        calendar=Calendar("UTC"), feeds=(FeedPolicy("calls", "incident", lateness=HOUR_MS),), rules=tuple(made),
        desks=(DeskReach("desk", ("city",), ("incident",)),),
    )  # fmt: skip


def _tree(levels: tuple[str, ...], nodes: list[tuple[str, str, str]]) -> Tree:
    return Tree(levels, tuple(Node(code, parent, level, {"en": code}) for code, parent, level in nodes))


def log_of(book: Book, days: int, events_a_day: int) -> Iterator[list[Record]]:
    """The log, a day at a time: a frame and a tick every quarter of an hour."""
    dice = np.random.default_rng(5)
    areas, kinds = (tuple(node.code for node in tree.nodes) for tree in (book.areas, book.categories))
    towns = np.array([n for n, node in enumerate(book.areas.nodes) if node.level == "township"])
    weights = np.random.default_rng(7).gamma(0.7, 1.0, len(towns))
    weights /= weights.sum()
    serial = 0
    for day in range(days):
        records: list[Record] = []
        for start in range(BEGIN + day * DAY_MS, BEGIN + (day + 1) * DAY_MS, FRAME_MS):
            n = int(dice.poisson(events_a_day * FRAME_MS / DAY_MS))
            rows = np.zeros(n, ROW)
            rows["area"] = dice.choice(towns, n, p=weights)
            rows["category"] = 1 + dice.integers(0, len(kinds) - 1, n)
            rows["id0"], rows["id1"] = dice.integers(0, 2**63, (2, n)).astype(np.uint64)
            rows["content"], rows["offset"] = rows["id0"] >> np.uint64(3), serial + np.arange(n)
            rows["occurred_at"] = np.sort(start + dice.integers(0, FRAME_MS, n))
            rows["arrived_at"], rows["due_at"], rows["count"] = start + FRAME_MS - 1, NO_TIME, 1
            serial += n
            if n:
                records.append(Frame("made", ("calls",), ("filed",), kinds, areas, ("",), ("p",), rows))
            records.append(Tick(start + FRAME_MS))
        yield records


def live(book: Book, journal: Journal, days: int, events_a_day: int) -> Engine:
    """The engine after its days; its log lies in the journal."""
    engine = Engine(book)
    journal.put_book(book)
    journal.append([], meta={FIRST_BOOK: book.digest, EPOCH: "0"})
    for records in log_of(book, days, events_a_day):
        offsets = journal.append(records)
        for _ in engine.apply_all(list(zip(offsets, records, strict=True))):
            pass
    assert not engine.stopped, engine.stopped
    return engine


def series_of(engine: Engine) -> int:
    return sum(len(counts.pairs) for counts in engine.counts.values())


def resident(engine: Engine) -> Counter[str]:
    """Bytes of the arrays that an engine holds, by part."""
    held: Counter[str] = Counter()
    for counts in engine.counts.values():
        held["counts"] += counts.ring.cum.nbytes + (counts.folded.cum.nbytes if counts.folded is not None else 0)
    for rule in engine.rules.values():
        held["learned"] += sum(a.nbytes for _, memory in rule.judge.memories if memory for a in memory.values())
        room = rule.judge.room
        held["limits"] += rule.fold.resets.nbytes + (room.left.nbytes + room.until.nbytes if room else 0)
    known = engine.identities
    held["identities"] = known.rows.nbytes + known.forget_at.nbytes + known.state.nbytes + known.index.nbytes
    return held


def packed(rows: Mapping[str, bytes]) -> Counter[str]:
    """Bytes of an engine's rows as they lie in the journal, by kind."""
    found: Counter[str] = Counter()
    for name, data in rows.items():
        parts = name.split("/")
        place = {"counts": 3, "rule": 2}.get(parts[0])
        found[parts[0] if place is None else f"{parts[0]}: {parts[place]}"] += len(zlib.compress(data, 1))
    return found


def tell(book: Book, days: int, events_a_day: int, folder: Path) -> None:
    path = folder / "journal.sqlite"
    with closing(Journal.open(path)) as journal:
        begun = time.perf_counter()
        engine = live(book, journal, days, events_a_day)
        _say(f"{len(book.rules)} rules, {len(book.areas.nodes)} areas, {series_of(engine)} live series")
        _say(f"{days} days lived in {time.perf_counter() - begun:.0f} s")
        _table("resident", resident(engine), series_of(engine))
        rows = engine.rows()
        _table("snapshot", packed(rows), series_of(engine))
        _snapshots(journal, engine)
        journal.append([Tick((engine.tick or 0) + n) for n in range(1, TAIL_TICKS + 1)])
    del engine, rows
    begun = time.perf_counter()
    with closing(Journal.open(path)) as journal:
        again = restored(journal, RuleEngines(), book, "wall", None, Metrics()).engine
        tail = sum(1 for offset, record in journal.read(after=again.offset) if again.apply(record, offset) is not None)
    _say(
        f"restart: {time.perf_counter() - begun:.1f} s from opening the journal to the last of {tail} records behind it"
    )


def _snapshots(journal: Journal, engine: Engine) -> None:
    """The first writes all; the second what nobody wrote twice yet; the third nothing but what changed: a tick."""
    for turn in ("first", "second, after a tick", "third, after a tick"):
        now = Tick((engine.tick or 0) + 1)
        engine.apply(now, *journal.append([now]))
        begun = time.perf_counter()
        snapshot = Snapshot(engine.offset, engine.rows())
        between = time.perf_counter()
        written = journal.put_snapshot(snapshot)
        _say(
            f"snapshot, {turn}: {written / 2**20:.2f} MiB written; {between - begun:.2f} s to pack,"
            f" {time.perf_counter() - between:.2f} s to write"
        )


def _table(what: str, found: Counter[str], series: int) -> None:
    total = sum(found.values())
    parts = ", ".join(f"{part} {size / series:.0f}" for part, size in found.most_common() if size >= series)
    _say(f"{what}: {total / series:.0f} bytes a live series ({parts}), {total / 2**20:.1f} MiB in all")


def _say(line: str) -> None:
    print(line, flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--areas", type=int, nargs=2, default=[300, 3_000], metavar=("YEAR", "RESTART"))
    arguments.add_argument("--rules", type=int, nargs=2, default=[3, 30], metavar=("YEAR", "RESTART"))
    arguments.add_argument("--days", type=int, nargs=2, default=[365, 28], metavar=("YEAR", "RESTART"))
    given = arguments.parse_args()
    for townships, rules, days in zip(given.areas, given.rules, given.days, strict=True):
        if days:
            with tempfile.TemporaryDirectory() as folder:
                tell(city(townships, rules), days, townships * rules // 3, Path(folder))
            _say(f"the process held {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB at most")


if __name__ == "__main__":
    main()
