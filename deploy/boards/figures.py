"""What a board shows, as values: words in both languages, queries, units. How it is drawn: written.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["lines", "number", "state"]
"""lines: over time. number: the last value, coloured by its bounds. state: a band a series, by its value."""
Queries = tuple[tuple[str, str], ...]
"""(PromQL, legend)."""


@dataclass(frozen=True, slots=True)
class Said:
    """Words in English and Chinese."""

    en: str
    zh: str

    def in_(self, language: str) -> str:
        return self.zh if language == "zh-CN" else self.en


@dataclass(frozen=True, slots=True)
class Figure:
    """One panel. `worry`, `bad`: bounds from which a number is yellow, red.

    `span`: columns of 24.
    """

    title: Said
    meaning: Said
    queries: Queries
    unit: str = "short"
    kind: Kind = "lines"
    span: int = 8
    worry: float | None = None
    bad: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    title: Said
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A board. `chooses`: the label by which a reader narrows it, with the metric that has its values."""

    name: str
    title: Said
    meaning: Said
    rows: tuple[Row, ...]
    chooses: tuple[str, str, Said] | None = field(default=None)

    def figures(self) -> Iterator[Figure]:
        for row in self.rows:
            yield from row.figures

    def queries(self) -> Iterator[str]:
        """Every query, with the reader's choice left open."""
        for figure in self.figures():
            for query, _ in figure.queries:
                yield open_to_all(query)


def spread(histogram: str, by: str = "", match: str = "", legend: str = "") -> Queries:
    """The median of a histogram and its 99th percentile, for each value of the label `by`, of what `match` lets in."""
    labels = f"le, {by}" if by else "le"
    buckets = f"sum by ({labels}) (rate({histogram}_bucket{match}[$__rate_interval]))"
    return tuple(
        (f"histogram_quantile({part}, {buckets})", f"{legend}{name}")
        for part, name in (("0.5", "p50"), ("0.99", "p99"))
    )


def open_to_all(query: str) -> str:
    """A query as Grafana sends it where a reader has chosen everything."""
    for name, value in (("$city", ".*"), ("$__rate_interval", "1m")):
        query = query.replace(name, value)
    return query
