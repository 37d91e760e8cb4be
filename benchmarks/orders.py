"""A real month read in many orders: the canonical dumps must be equal to the byte (law 1).

    python -m benchmarks.orders [CITY] [--orders 100] [--month 2016-01-15]

What lies before the month is judged once. Then, for each order by its seed: the rows between two ticks are shuffled,
some of them are read again, and frames are cut anew; one order in ten is judged record by record, the others as a
replay judges, looking ahead. Ticks lie ten minutes apart, so that there is something to shuffle.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from random import Random
from typing import Final

import numpy as np
from msgspec import structs

from benchmarks.houston import HOUSTON
from benchmarks.labels import CITIES, city_of, past_of
from rules import canonical
from rules.book import Book
from rules.engine import Engine
from rules.records import Frame, Record, Tick, joined
from rules.signals import Signal
from streams import past

MONTHS: Final = {"montgomery": "2016-01-15", "boston": "2024-01-15", HOUSTON: "2024-04-01"}
MONTH: Final = timedelta(days=30)
AGAIN: Final = 0.1
"""The share of rows that are read again."""
LARGEST: Final = 40
"""Rows of a frame, at the most."""


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a log between ticks, and the engine as it stood before."""

    book: Book
    before: bytes
    offset: int
    told: tuple[Signal, ...]
    records: tuple[Record, ...]

    @property
    def rows(self) -> int:
        return sum(len(record.rows) for record in self.records if isinstance(record, Frame))


def month_of(name: str, begin: datetime) -> Month:
    """Judge what lies before `begin`; the month after it, with a tick every ten minutes."""
    city = city_of(name)
    start, end = (round(at.timestamp() * 1000) for at in (begin, begin + MONTH))
    records = [*_thinned(past_of(city, until=end).records)]
    place = next(n for n, record in enumerate(records) if isinstance(record, Tick) and record.now >= start) + 1
    engine = Engine(city.book, clock="stream")
    told = tuple(engine.apply_all([*enumerate(records[:place], 1)]))
    return Month(city.book, engine.snapshot(), place, told, tuple(records[place:]))


def _thinned(records: Iterator[Record]) -> Iterator[Record]:
    """The same rows with fewer ticks: those on a round ten minutes, and the last."""
    tick = None
    for record in records:
        if isinstance(record, Tick) and record.now % past.GRAIN:
            tick = record
            continue
        tick = None if isinstance(record, Tick) else tick
        yield record
    if tick is not None:
        yield tick


def read_in_order(month: Month, seed: int | None) -> bytes:
    """The canonical dump of the month read in the order of a seed; None: as it came."""
    records = month.records if seed is None else [*_shuffled(month.records, Random(seed))]
    engine = Engine.restore(month.before, {month.book.digest: month.book})
    numbered = [*enumerate(records, month.offset + 1)]
    if seed is not None and seed % 10 == 0:
        said = [signal for offset, record in numbered for signal in engine.apply(record, offset)]
    else:
        said = [*engine.apply_all(numbered)]
    return canonical.lines([*month.told, *said])


def _shuffled(records: Sequence[Record], dice: Random) -> Iterator[Record]:
    between: list[Frame] = []
    for record in records:
        if isinstance(record, Frame):
            between.append(record)
            continue
        yield from _reordered(between, dice)
        between = []
        yield record
    yield from _reordered(between, dice)


def _reordered(frames: Sequence[Frame], dice: Random) -> Iterator[Frame]:
    """The rows of some frames in another order, some again, in frames of another size."""
    pieces = []
    for frame in joined(frames):
        order = [*range(len(frame.rows))]
        order += [place for place in order if dice.random() < AGAIN]
        dice.shuffle(order)
        while order:
            size = dice.randint(1, LARGEST)
            pieces.append(structs.replace(frame, rows=frame.rows[np.array(order[:size])]))
            del order[:size]
    dice.shuffle(pieces)
    yield from pieces


def _digest(month: Month, seed: int | None) -> str:
    return sha256(read_in_order(month, seed)).hexdigest()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("city", nargs="?", default=CITIES[0], choices=[*MONTHS])
    arguments.add_argument("--orders", type=int, default=100)
    arguments.add_argument("--month", help="its first day, UTC")
    arguments.add_argument("--processes", type=int, default=2)
    given = arguments.parse_args()
    begin = datetime.fromisoformat(given.month or MONTHS[given.city]).replace(tzinfo=UTC)
    month = month_of(given.city, begin)
    plain = read_in_order(month, None)
    wanted = sha256(plain).hexdigest()
    with ProcessPoolExecutor(given.processes) as pool:
        found = [*pool.map(partial(_digest, month), range(given.orders))]
    other = [seed for seed, digest in enumerate(found) if digest != wanted]
    print(
        f"{given.city}, 30 days from {begin.date()}: {month.rows} rows, {len(plain.splitlines())} alerts in the dump;"
        f" {given.orders} orders of reading, {len(other)} with another dump {other or ''}".rstrip()
    )
    sys.exit(bool(other))


if __name__ == "__main__":
    main()
