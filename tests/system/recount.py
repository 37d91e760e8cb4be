"""The figures of an alert's card, computed again from the journal: a script apart from the engine, slow and plain.

    python -m tests.system.recount JOURNAL AREA CATEGORY PEAK   (PEAK: start of the peak bucket, ms)

For rules of the detector `ratio` with one window: they speak of what stands in the log alone, so that every figure can
be told by hand. It reads records and nothing else: no counts, no limits, no snapshots of the engine.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rules.records import Frame
from streams.journal import Journal

HOUR: Final = 3_600_000
STEP: Final = 600_000
WINDOW: Final = HOUR
TIMES, AGAINST, AT_LEAST = 2.0, 4, 2.0
"""The rule of the test."""
BAND: Final = 1.645
AREAS: Final[Mapping[str, str]] = {"east": "newcity", "west": "newcity", "newcity": ""}
CATEGORIES: Final[Mapping[str, str]] = {"crash": "traffic", "lights": "traffic", "traffic": "incident", "incident": ""}


@dataclass(frozen=True)
class Event:
    at: int
    count: int
    area: str
    category: str


@dataclass(frozen=True)
class Figures:
    """What the card must show. Shares: (code, counted, expected), most counted first; hours, oldest first."""

    observed: int
    expected: float
    limit: int
    quiet: int
    window: tuple[int, int]
    areas: list[tuple[str, int, float]]
    counted: list[int]
    usual: list[float]
    limits: list[int | None]
    low: list[float]
    high: list[float]


def standing(path: Path) -> list[Event]:
    """What stands in the journal: of each identity the highest revision, once; of equal ones the first that came."""
    found: dict[tuple[int, int, str], tuple[int, Event]] = {}
    with closing(Journal.open(path, read_only=True)) as journal:
        for _, record in journal.read():
            if not isinstance(record, Frame):
                continue
            for row in record.rows:
                event = Event(
                    int(row["occurred_at"]), int(row["count"]),
                    record.areas[row["area"]], record.categories[row["category"]],
                )  # fmt: skip
                key = int(row["id0"]), int(row["id1"]), record.stages[row["stage"]]
                if key not in found or int(row["revision"]) > found[key][0]:
                    found[key] = int(row["revision"]), event
    return [event for _, event in found.values()]


def lies_in(code: str, node: str, parents: Mapping[str, str]) -> bool:
    while code and code != node:
        code = parents[code]
    return code == node


class Log:
    def __init__(self, events: list[Event]) -> None:
        self.events = events
        self.began = min(event.at for event in events) // STEP * STEP

    def count(self, since: int, until: int, area: str, category: str) -> int:
        return sum(
            event.count
            for event in self.events
            if since <= event.at < until
            and lies_in(event.area, area, AREAS)
            and lies_in(event.category, category, CATEGORIES)
        )

    def usual(self, since: int, until: int, area: str, category: str) -> float:
        """The mean of as many windows of this length right before."""
        return self.count(since - AGAINST * (until - since), since, area, category) / AGAINST

    def limit(self, since: int, until: int, area: str, category: str) -> int | None:
        """The smallest count that is `TIMES` the usual; None: the past is too short."""
        if since - AGAINST * (until - since) < self.began:
            return None
        return math.ceil(TIMES * max(self.usual(since, until, area, category), AT_LEAST))


def figures(path: Path, area: str, category: str, peak: int) -> Figures:
    log = Log(standing(path))
    since, until = peak + STEP - WINDOW, peak + STEP
    limit = log.limit(since, until, area, category)
    assert limit is not None
    last = peak // HOUR * HOUR
    cells = [(start, start + HOUR) for start in range(last - 23 * HOUR, last + HOUR, HOUR)]
    usual = [log.usual(*cell, area, category) for cell in cells]

    parts = [code for code, up in AREAS.items() if up == area]
    shares = [
        (code, log.count(since, until, code, category), log.usual(since, until, code, category)) for code in parts
    ]
    return Figures(
        observed=log.count(since, until, area, category),
        expected=log.usual(since, until, area, category),
        limit=limit,
        quiet=limit - 1,
        window=(since, until),
        areas=sorted((one for one in shares if one[1]), key=lambda one: (-one[1], one[0])),
        counted=[log.count(*cell, area, category) for cell in cells],
        usual=usual,
        limits=[log.limit(*cell, area, category) for cell in cells],
        low=[round(max(0.0, mean - BAND * math.sqrt(mean)), 4) for mean in usual],
        high=[round(mean + BAND * math.sqrt(mean), 4) for mean in usual],
    )


if __name__ == "__main__":
    journal, node, kind, peak = sys.argv[1:]
    sys.stdout.write(json.dumps(asdict(figures(Path(journal), node, kind, int(peak))), indent=1) + "\n")
