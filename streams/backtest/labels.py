"""Labels of a city's past: spans in which something is known to have happened, or nothing. `data/labels.csv`.

Heard: first said between the label's start and its end + 2 h, lasting at most max(24 h, twice the label), and naming
the label's category or area (or a node below it). Outside: an alert that overlaps no label that tells of something.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from rules.book import Book
from rules.signals import Signal
from streams.city import City
from streams.city.durations import DAY, HOUR, MINUTE
from streams.messages import SpokenError

AFTER: Final = 2 * HOUR
EXPECTED: Final = "spike"
EVENTFUL: Final = frozenset({"spike", "mass_reporter", "new_category"})
"""Labels that expect something to be heard, or that tell of real rows with one cause."""
COLUMNS: Final = ("start", "end", "area", "category", "expect")
_WHOLE_DAY: Final = len("2015-01-01")


class LabelsError(SpokenError):
    """Labels that cannot be read: one line for people."""


@dataclass(frozen=True, slots=True)
class Label:
    """One labelled span, ms, with the nodes it names; empty tuples mean all."""

    start: int
    end: int
    areas: tuple[str, ...]
    categories: tuple[str, ...]
    expect: str
    certainty: str = ""
    why: str = ""

    def overlaps(self, alert: Signal) -> bool:
        return alert.first <= self.end and alert.last >= self.start

    def named_by(self, alert: Signal, book: Book) -> bool:
        """Whether the alert names the label's area and category, or nodes below them."""
        if self.areas and not any(book.areas.holds(area, alert.area) for area in self.areas):
            return False
        return not self.categories or any(book.categories.holds(c, alert.category) for c in self.categories)

    def heard_as(self, alert: Signal, book: Book) -> bool:
        lasts = max(DAY, 2 * (self.end - self.start))
        in_time = self.start <= alert.said_at <= self.end + AFTER
        return in_time and alert.last - alert.first <= lasts and self.named_by(alert, book)


def read_labels(path: Path, city: City) -> list[Label]:
    """The labels in a CSV with the columns of COLUMNS, and `certainty`, `why` where they are known.

    Times are local; areas and categories are codes, names, or what the feeds call them, with `;` between; ALL is all.
    Raises LabelsError with the line that cannot be read.
    """
    code_of, zone = _coder(city), ZoneInfo(city.zone)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
                raise LabelsError("labels-columns", path=path, missing=", ".join(missing))
            return [_label(row, code_of, zone, path, rows.line_num) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise LabelsError("labels-unreadable", path=path, why=getattr(fault, "strerror", None) or fault) from None


def _label(
    row: Mapping[str, str | None], code_of: Callable[[str], str | None], zone: ZoneInfo, path: Path, line: int
) -> Label:
    told = {name: row.get(name) or "" for name in (*COLUMNS, "certainty", "why")}
    try:
        return Label(
            _time(told["start"], zone, end=False),
            _time(told["end"], zone, end=True),
            _codes(told["area"], code_of),
            _codes(told["category"], code_of),
            told["expect"],
            told["certainty"],
            told["why"],
        )
    except KeyError as fault:
        raise LabelsError("label-names", path=path, line=line, names=fault.args[0]) from None
    except ValueError:
        raise LabelsError("label-times", path=path, line=line, start=told["start"], end=told["end"]) from None


def _codes(text: str, code_of: Callable[[str], str | None]) -> tuple[str, ...]:
    """The nodes that a label names; what the feed leaves out is passed over, but not all of it. Raises KeyError."""
    if text in ("ALL", ""):
        return ()
    known = tuple(code for name in text.split(";") if (code := code_of(name.strip())) is not None)
    if not known:
        raise KeyError(text)
    return known


def _coder(city: City) -> Callable[[str], str | None]:
    """From the labels' names to codes: by tree and tables, else by the patterns of a feed's categories."""
    names = _names(city)
    columns = [feed.columns for feed in city.feeds.values() if feed.columns is not None]
    steps = [step for each in columns for step in each.category or ()]
    matches = [match for step in steps for match in step.patterns or ()]

    def code_of(name: str) -> str | None:
        return names.get(name) or next((match.code for match in matches if re.search(match.pattern, name)), None)

    return code_of


def _names(city: City) -> dict[str, str]:
    """The labels' names for areas and categories -> codes, by the feed's own tables."""
    nodes = (*city.book.areas.nodes, *city.book.categories.nodes)
    names = {name: node.code for node in nodes for name in (node.code, node.code.upper(), *node.names.values())}
    for table in sorted((city.folder / "tables").glob("*.csv")):
        with table.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                value, code = row.get("value"), row.get("code")
                if not value or not code:
                    continue
                names[value] = code
                kind = {"types": "TYPE", "reasons": "REASON"}.get(table.stem)
                if kind:
                    names[f"{kind}={value.rpartition(' > ')[2]}"] = code
    return names


def _time(text: str, zone: ZoneInfo, *, end: bool) -> int:
    """A local date or time, ms; a date that ends something means all of its day. Raises ValueError."""
    at = round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1000)
    return at + DAY - MINUTE if end and len(text) == _WHOLE_DAY else at
