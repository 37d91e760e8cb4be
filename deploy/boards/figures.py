"""What a board shows, as values: words in both languages, queries, units. How it is drawn: written.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["lines", "bars", "number", "state", "table", "map"]
"""lines, bars: over time. number: the last value, coloured by its bounds. state: a band a series, by its value.
table: rows as they come. map: a point a row, at its columns `latitude` and `longitude`, as large as `value`."""
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
class Column:
    """A column of a query in words. `hue`: its colour; `dashed`, `band`: how its line is drawn, `band` filled up to the
    column `low`."""

    name: str
    said: Said
    hue: str = ""
    dashed: bool = False
    band: bool = False
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One panel, over Prometheus by `queries` or over the alert store by `sql`. `worry`, `bad`: bounds from which a
    number is yellow, red; of lines they are drawn.

    `span`: columns of 24.
    """

    title: Said
    meaning: Said
    queries: Queries = ()
    unit: str = "short"
    kind: Kind = "lines"
    span: int = 8
    worry: float | None = None
    bad: float | None = None
    sql: str = ""
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    title: Said
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Pick:
    """One value that a reader chooses: `sql` gives what there is, as `__text` and `__value`."""

    name: str
    said: Said
    sql: str


@dataclass(frozen=True, slots=True)
class Board:
    """A board. `chooses`: the label by which a reader narrows it, with the metric that has its values. `picks`: what he
    chooses of the alert store, each out of what those before it leave. `marks`: SQL of what is marked over the figures;
    "": alerts of Tocsin itself are."""

    name: str
    title: Said
    meaning: Said
    rows: tuple[Row, ...]
    chooses: tuple[str, str, Said] | None = field(default=None)
    picks: tuple[Pick, ...] = ()
    marks: str = ""
    back: str = "now-6h"

    def figures(self) -> Iterator[Figure]:
        for row in self.rows:
            yield from row.figures

    def queries(self) -> Iterator[str]:
        """Every query, with the reader's choice left open."""
        for figure in self.figures():
            for query, _ in figure.queries:
                yield open_to_all(query)

    def statements(self) -> Iterator[str]:
        """Every statement, as it is sent but for what Grafana fills in (`filled`)."""
        for figure in self.figures():
            if figure.sql:
                yield figure.sql
        if self.marks:
            yield self.marks


def spread(histogram: str, by: str = "", match: str = "", legend: str = "") -> Queries:
    """The median of a histogram and its 99th percentile, for each value of the label `by`, of what `match` lets in."""
    labels = f"le, {by}" if by else "le"
    buckets = f"sum by ({labels}) (rate({histogram}_bucket{match}[$__rate_interval]))"
    return tuple(
        (f"histogram_quantile({part}, {buckets})", f"{legend}{name}")
        for part, name in (("0.5", "p50"), ("0.99", "p99"))
    )


def filled(statement: str, values: Mapping[str, str], begun: int, end: int) -> str:
    """A statement as Grafana sends it where a reader has chosen `values`, for times of [begun, end], ms."""
    told = {"$__from": str(begun), "$__to": str(end)}
    for name, value in values.items():
        quoted = "'" + value.replace("'", "''") + "'"
        told |= {f"${{{name}:sqlstring}}": quoted, f"${{{name}:raw}}": value, f"${{{name}}}": value}
    for name, value in told.items():
        statement = statement.replace(name, value)
    return statement


def open_to_all(query: str) -> str:
    """A query as Grafana sends it where a reader has chosen everything."""
    for name, value in (("$city", ".*"), ("${city:text}", ".*"), ("$__rate_interval", "1m")):
        query = query.replace(name, value)
    return query
