"""Plots of a report as plain numbers for its SVG templates: what is where, in the units of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from streams.backtest.report import Found, Month, Report

WIDE: Final = 900
BAND_WIDE, BAND_HIGH = 420, 110


class Bar(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    side: str  # old or new
    title: str


class Bars(NamedTuple):
    """Bars of one desk, month by month; `high` of the picture; `most` is what its top stands for."""

    desk: str
    wide: float
    high: float
    most: int
    bars: tuple[Bar, ...]
    names: tuple[tuple[float, str], ...]


class Tick(NamedTuple):
    x: float
    y: float
    colour: str
    link: str
    title: str


class Line(NamedTuple):
    """All alerts of the span on one line of time, old above new; labels as spans behind."""

    wide: float
    high: float
    ticks: tuple[Tick, ...]
    spans: tuple[tuple[float, float, str], ...]
    names: tuple[tuple[float, str], ...]


class Band(NamedTuple):
    """Counts against what was expected, up to the alert."""

    wide: float
    high: float
    most: float
    area: str  # the band from low to high, as points of a polygon
    expected: str
    bars: tuple[tuple[float, float, float, float, bool, str], ...]  # x, y, width, height, over the limit, title
    limits: tuple[tuple[float, float, float], ...]  # x, y, width
    since: str
    until: str


def bars(report: Report) -> list[Bars]:
    """One picture a desk."""
    desks = sorted({month.desk for month in report.months})
    return [_bars(desk, [month for month in report.months if month.desk == desk]) for desk in desks]


def _bars(desk: str, months: Sequence[Month], high: float = 120) -> Bars:
    most = max(max(month.old, month.new or 0) for month in months)
    slot = min(WIDE / len(months), 90)
    made: list[Bar] = []
    for n, month in enumerate(months):
        sides = [("old", month.old)] + ([("new", month.new)] if month.new is not None else [])
        width = slot * 0.8 / len(sides)
        for m, (side, count) in enumerate(sides):
            tall = high * count / max(most, 1)
            title = f"{month.month}: {count}"
            made.append(
                Bar(round(n * slot + m * width, 1), round(high - tall, 1), round(width - 1, 1), tall, side, title)
            )
    names = tuple((round((n + 0.4) * slot, 1), month.month) for n, month in enumerate(months))
    return Bars(desk, slot * len(months), high, most, tuple(made), names)


def line(report: Report) -> Line:
    """The whole span, with every alert."""
    since, until = _ms(report.since), _ms(report.until)

    def x(at: str) -> float:
        return round(WIDE * min(max((_ms(at) - since) / max(until - since, 1), 0), 1), 2)

    rows = [("old", report.old_alerts, 8)] + ([("new", report.new_alerts, 34)] if report.new_alerts is not None else [])
    ticks = [
        Tick(x(a.said_at), y, a.colour, f"{side}-{a.key}", f"{a.said_at} {a.rule} {a.area} {a.category}")
        for side, alerts, y in rows
        for a in alerts
    ]
    spans = [(x(one.start), max(x(one.end) - x(one.start), 1.5), one.why) for one in report.labels]
    days = [datetime.fromisoformat(text) for text in (report.since, report.until)]
    months: list[tuple[float, str]] = []
    year, month = days[0].year, days[0].month + 1
    while (at := datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1, tzinfo=days[0].tzinfo)) < days[1]:
        months.append((x(at.isoformat()), f"{at:%Y-%m}"))
        month += 1
    return Line(WIDE, 30 + 26 * (len(rows) - 1), tuple(ticks), tuple(spans), tuple(months))


def band(alert: Found) -> Band | None:
    """The band of an alert; None where it keeps none (a threshold has no expectation, yet cells all the same)."""
    if not alert.cells:
        return None
    most = max(max(observed, high, limit) for _, observed, _, _, high, limit, _ in alert.cells)
    slot = BAND_WIDE / len(alert.cells)

    def y(value: float) -> float:
        return round(BAND_HIGH * (1 - value / max(most, 1)), 1)

    upper = [f"{(n + 0.5) * slot:.1f},{y(cell[4])}" for n, cell in enumerate(alert.cells)]
    lower = [f"{(n + 0.5) * slot:.1f},{y(cell[3])}" for n, cell in enumerate(alert.cells)]
    return Band(
        BAND_WIDE,
        BAND_HIGH,
        most,
        " ".join([*upper, *reversed(lower)]),
        " ".join(f"{(n + 0.5) * slot:.1f},{y(cell[2])}" for n, cell in enumerate(alert.cells)),
        tuple(
            (round(n * slot + 1, 1), y(observed), round(slot - 2, 1), round(BAND_HIGH - y(observed), 1),
             0 <= limit <= observed, f"{start}: {observed}, {expected:g}")
            for n, (start, observed, expected, _, _, limit, _) in enumerate(alert.cells)
        ),
        tuple((round(n * slot, 1), y(cell[5]), round(slot, 1)) for n, cell in enumerate(alert.cells) if cell[5] >= 0),
        alert.cells[0][0],
        alert.cells[-1][0],
    )  # fmt: skip


def _ms(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000
