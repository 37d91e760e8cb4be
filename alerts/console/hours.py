"""What was counted of an area, by the hour: figures and drawings of each rule and category. Pure.

A hatched hour was not heard, a dashed bar still counts on; where nothing is known nothing is drawn. Drawn here and not
in the browser: it is there without a script, and the page's own colours hold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from alerts.console.naming import Names
from alerts.counts import DAY_MS
from alerts.near import NearCell, falling_rules
from rules.shown import Count

WIDE: Final = 480.0
HIGH: Final = 112.0
TOP: Final = 8.0
"""Room above the tallest of what is drawn."""
SERIES_SHOWN: Final = 8
"""Drawn at once, what came nearest to its limit first; the rest is a table that leads to each."""
CELLS_SHOWN: Final = 28
"""Of rules that count by the day or week: so many cells up to the end of what was asked for."""
COARSE_MS: Final = CELLS_SHOWN * 7 * DAY_MS
NEAR_SHOWN: Final = 20
DAYS_BACK: Final = 7
"""Days that are one step away; others by their date."""


@dataclass(frozen=True, slots=True)
class Span:
    """What is shown: cells that begin in [since, until), ms. `day`: the local day, None: the last 24 hours."""

    since: int
    until: int
    day: date | None


@dataclass(frozen=True, slots=True)
class Bar:
    """A cell where it is drawn. `row` None: nothing is known of it. `spoke`: its count reached its limit."""

    start: int
    row: Count | None
    x: float
    y: float
    height: float
    spoke: bool

    @property
    def unheard(self) -> bool:
        return self.row is not None and self.row.missing


@dataclass(frozen=True, slots=True)
class Drawing:
    """`wide`: of a bar; `band`, `expected`, `limit`: paths, "" where there is none."""

    bars: tuple[Bar, ...]
    wide: float
    full: int
    band: str
    expected: str
    limit: str


@dataclass(frozen=True, slots=True)
class Series:
    """A rule and a category. `counted`, `expected`: over the `whole` cells, that have settled; `expected` None: of some
    of them nothing is known. `way`: of the way to its limit what the nearest cell went."""

    rule: str
    name: str
    category: str
    category_name: str
    step: int
    whole: int
    counted: int
    expected: float | None
    way: float
    unheard: int
    latest: Count
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class NearLine:
    cell: NearCell
    where: str
    rule: str
    what: str


@dataclass(frozen=True, slots=True)
class HourFigures:
    """`one`: a single series was asked for. `days`: days that are one step away, the latest first. `near_areas`: how
    many areas came near; `near_more`: series that are not named."""

    span: Span
    one: bool
    drawn: tuple[Series, ...]
    more: tuple[Series, ...]
    unheard: int
    days: tuple[date, ...]
    near: tuple[NearLine, ...]
    near_areas: int
    near_more: int


def span_of(day: str, now: int, names: Names) -> Span | None:
    """The span that a word of the address asks for; "": the last 24 hours. None: it is no day, or none yet."""
    if not day:
        return Span(now - DAY_MS + 1, now + 1, None)
    try:
        asked = date.fromisoformat(day)
        since, until = (_midnight(asked + timedelta(days=n), names) for n in (0, 1))
    except (ValueError, OverflowError):
        return None
    return Span(since, min(until, now + 1), asked) if 0 <= since <= now else None


def hour_figures(
    fine: Sequence[Count],
    coarse: Sequence[Count],
    near: Sequence[NearCell],
    span: Span,
    names: Names,
    now: int,
    *,
    one: bool,
) -> HourFigures:
    """`fine`: cells of less than a day within the span; `coarse`: the others, up to its end."""
    by_series: dict[tuple[str, str, int], list[Count]] = {}
    for row in (*fine, *coarse):
        by_series.setdefault((row.rule, row.category, row.step), []).append(row)
    falling = falling_rules(names.city.book)
    series = [
        _series(rows[-CELLS_SHOWN:] if step >= DAY_MS else _filled(rows, span), step, names, falls=rule in falling)
        for (rule, _, step), rows in by_series.items()
    ]
    series.sort(key=lambda one: (-one.way, -one.counted, one.name, one.category_name))
    blind = {(bar.start, each.step) for each in series for bar in each.drawing.bars if bar.unheard}
    today = names.speech.local(now).date()
    return HourFigures(
        span,
        one,
        tuple(series[:SERIES_SHOWN]),
        tuple(series[SERIES_SHOWN:]),
        sum(step < DAY_MS for _, step in blind),
        tuple(today - timedelta(days=n) for n in range(DAYS_BACK)),
        tuple(_near(cell, names) for cell in near[:NEAR_SHOWN]),
        len({cell.row.area for cell in near}),
        max(0, len(near) - NEAR_SHOWN),
    )


def _midnight(day: date, names: Names) -> int:
    return round(datetime.combine(day, time.min, names.speech.zone).timestamp() * 1000)


def _filled(rows: list[Count], span: Span) -> list[Count | int]:
    """Every cell of the span, in order; the start alone where there is no row."""
    step, known = rows[0].step, {row.start: row for row in rows}
    first = span.since + (rows[0].start - span.since) % step
    return [known.get(start, start) for start in range(first, max(span.until, max(known) + 1), step)]


def _series(cells: Sequence[Count | int], step: int, names: Names, *, falls: bool) -> Series:
    rows = [cell for cell in cells if isinstance(cell, Count)]
    latest, settled = rows[-1], [row for row in rows if row.settled]
    known = [row.expected for row in settled if row.expected is not None]
    return Series(
        latest.rule,
        names.rule_name(latest.rule),
        latest.category,
        names.category(latest.category),
        step,
        len(settled),
        sum(row.count for row in settled),
        sum(known) if len(known) == len(settled) else None,
        max(_way(row, falls=falls) for row in rows),
        sum(row.missing for row in rows),
        latest,
        _drawing(cells, falls=falls),
    )


def _way(row: Count, *, falls: bool) -> float:
    """How much of the way to its limit a cell went; 0 where it has none, or of a drop while it still counts."""
    if row.limit is None or (falls and (row.expected is None or row.missing or not row.settled)):
        return 0.0
    if falls:
        return ((row.expected or 0.0) - row.count) / max((row.expected or 0.0) - row.limit, 1.0)
    return row.count / max(row.limit, 1)


def _drawing(cells: Sequence[Count | int], *, falls: bool) -> Drawing:
    rows = [cell for cell in cells if isinstance(cell, Count)]
    tallest = max((max(row.count, row.high or 0.0, row.limit or 0) for row in rows), default=0.0)
    full, wide = max(tallest, 1.0), WIDE / len(cells)

    def y(n: float) -> float:
        return round(HIGH - (HIGH - TOP) * n / full, 1)

    def steps(of: Callable[[Count], float | None]) -> list[list[tuple[float, float]]]:
        """Runs of cells that have the figure, as points left and right of each."""
        runs: list[list[tuple[float, float]]] = [[]]
        for place, cell in enumerate(cells):
            value = of(cell) if isinstance(cell, Count) else None
            if value is None:
                runs.append([])
            else:
                runs[-1] += [(round(place * wide, 1), y(value)), (round((place + 1) * wide, 1), y(value))]
        return [run for run in runs if run]

    highs, lows = steps(lambda row: row.high), steps(lambda row: row.low)
    bars = []
    for place, cell in enumerate(cells):
        row = cell if isinstance(cell, Count) else None
        top = y(row.count) if row else HIGH
        spoke = row is not None and _way(row, falls=falls) >= 1
        start = row.start if row else cell
        assert isinstance(start, int)
        bars.append(Bar(start, row, round(place * wide, 1), top, round(HIGH - top, 1), spoke))
    return Drawing(
        tuple(bars),
        round(wide, 1),
        round(full),
        "".join(f"{_path([*high, *low[::-1]])}Z" for high, low in zip(highs, lows, strict=True)),
        "".join(map(_path, steps(lambda row: row.expected))),
        "".join(map(_path, steps(lambda row: row.limit))),
    )


def _path(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def _near(cell: NearCell, names: Names) -> NearLine:
    row = cell.row
    return NearLine(cell, names.area(row.area), names.rule_name(row.rule), names.category(row.category))
