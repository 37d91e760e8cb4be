"""One picture a detector, drawn from a seed by the engine itself: counts, what is expected, the limit, the alert.

    python -m benchmarks.pictures

writes docs/pictures/KIND.svg for the pages in docs/detectors. One town without parts; something happens at its end.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from rules.book import Book, DeskReach, DetectorSpec, FeedPolicy, Rule, Selector
from rules.calendar import DAY_MS, HOUR_MS, Calendar
from rules.detectors.port import NEVER, FloatArray, IntArray, Points
from rules.engine import Engine
from rules.records import NO_TIME, ROW, Frame, Record, Tick
from rules.signals import Signal
from rules.trees import Node, Tree

PICTURES: Final = Path(__file__).parent.parent / "docs" / "pictures"
START: Final = 1_704_067_200_000
SEED: Final = 7
Place = Callable[[float], float]
_AREA: Final = Tree(("town",), (Node("town", "", "town", {"en": "Town"}),))
_KIND: Final = Tree(("all",), (Node("any", "", "all", {"en": "any"}),))


@dataclass(frozen=True, slots=True)
class Scene:
    """A rule over a made past: `usual` events a day until `days` - `shown`, then `happens` x as many from `at` hours
    into what is shown, for `hours`."""

    detector: DetectorSpec
    step: int
    window: int
    days: int
    shown: int  # days of the picture
    usual: float
    happens: float
    at: int
    hours: int
    calendar_step: str = ""

    @property
    def rule(self) -> Rule:
        return Rule(
            "shown", "v1", Selector("any"), "town", (self.window,), self.step, self.detector, false_alarms=1.0,
            calendar_step="day" if self.calendar_step else "", keep=2 * self.step,
            colours=(("yellow", 1.0),), at_least=3,
        )  # fmt: skip


HOURLY: Final = (HOUR_MS, 3 * HOUR_MS)
SCENES: Final = {
    "surprise": Scene(DetectorSpec("surprise"), *HOURLY, 42, 3, 60.0, 4.0, 34, 5),
    "drop": Scene(DetectorSpec("drop"), HOUR_MS, 6 * HOUR_MS, 42, 3, 160.0, 0.15, 34, 14),
    "accumulated": Scene(DetectorSpec("accumulated"), DAY_MS, 7 * DAY_MS, 150, 50, 30.0, 1.5, 24 * 24, 2_000, "day"),
    "ratio": Scene(DetectorSpec("ratio", {"times": 3.0, "at_least": 2.0}), *HOURLY, 10, 3, 60.0, 5.0, 38, 4),
    "threshold": Scene(DetectorSpec("threshold", {"n": 25.0}), *HOURLY, 10, 3, 60.0, 4.0, 34, 6),
    "first_seen": Scene(DetectorSpec("first_seen"), HOUR_MS, 7 * DAY_MS, 60, 12, 0.0, 1.0, 120, 2_000),
}
_NEW_A_DAY: Final = 6.0
"""Of what never was before."""


def main() -> None:
    PICTURES.mkdir(exist_ok=True)
    for kind, scene in SCENES.items():
        (PICTURES / f"{kind}.svg").write_text(picture(kind, scene), encoding="utf-8")


def picture(kind: str, scene: Scene) -> str:
    """The scene as an SVG."""
    engine = Engine(_book(scene), clock="stream")
    buckets, told = _lived(engine, scene)
    return _drawn(kind, scene, buckets, told)


@dataclass(frozen=True, slots=True)
class _Buckets:
    """By bucket, oldest first: counts of the window that ends in it, what is expected of it, the limit (NaN: none)."""

    first: int
    counts: IntArray
    expected: FloatArray
    limits: FloatArray


def _book(scene: Scene) -> Book:
    feed = FeedPolicy("calls", "incident", lateness=0, silence=False)
    desk = DeskReach("desk", ("town",), ("any",))
    return Book("shown", _AREA, _KIND, Calendar("UTC"), (feed,), (scene.rule,), (desk,))


def _lived(engine: Engine, scene: Scene) -> tuple[_Buckets, list[Signal]]:
    """Every hour of the past; of each bucket that is shown what was judged, as soon as it is whole."""
    watch = engine.rules["shown"]
    steps = watch.counts.steps
    since = START + (scene.days - scene.shown) * DAY_MS
    rows: list[tuple[int, float, float]] = []
    said: dict[str, Signal] = {}
    for offset, record in enumerate(_records(scene, since), 1):
        for signal in engine.apply(record, offset):
            if signal.rule == "shown":
                said[signal.alert] = signal
        if isinstance(record, Tick) and record.now > since and steps.end(steps.bucket(record.now - 1)) == record.now:
            rows.append(_judged(engine, steps.bucket(record.now - 1)))
    counts, expected, limits = zip(*rows, strict=True)
    kept = _Buckets(steps.bucket(since), np.array(counts), np.array(expected), np.array(limits))
    return kept, [s for s in said.values() if s.state in ("running", "over") and s.last > since]


def _judged(engine: Engine, bucket: int) -> tuple[int, float, float]:
    watch = engine.rules["shown"]
    judge = watch.judge
    if not judge.counts.pairs:
        return 0, np.nan, np.nan
    width = int(judge.widths[-1])
    points = Points(*(np.array([value], np.int64) for value in (0, bucket - width + 1, bucket)))
    law = judge.law(points, bucket)
    limit = int(judge.limits(law, float(judge.height_of(np.array([0]))[0]), 0)[0])
    expected = float(law.mean[0]) if law.enough[0] else np.nan
    return int(judge.counts.ring.total(*points_of(points))[0]), expected, np.nan if limit == NEVER else float(limit)


def points_of(points: Points) -> tuple[IntArray, IntArray, IntArray]:
    """Its three columns."""
    return points.series, points.first, points.last


def _records(scene: Scene, since: int) -> list[Record]:
    dice, number = np.random.default_rng(SEED), 0
    records: list[Record] = []
    begins, ends = since + scene.at * HOUR_MS, since + (scene.at + scene.hours) * HOUR_MS
    for hour in range(START, START + scene.days * DAY_MS, HOUR_MS):
        rhythm = 1.0 + 0.6 * np.sin(2 * np.pi * ((hour // HOUR_MS) % 24 - 9) / 24)
        usual = scene.usual or (_NEW_A_DAY if begins <= hour < ends else 0.0)
        rate = usual * rhythm / 24 * (scene.happens if begins <= hour < ends else 1.0)
        times = np.sort(dice.integers(hour, hour + HOUR_MS, dice.poisson(rate)))
        other = scene.usual == 0 and hour % DAY_MS == 0  # the feed lives, or nothing could be new in it
        rows = np.zeros(len(times) + other, ROW)
        rows["occurred_at"][: len(times)] = times
        rows["occurred_at"][len(times) :] = hour + HOUR_MS - 1
        rows["arrived_at"] = rows["occurred_at"]
        rows["stage"][len(times) :] = 1
        rows["id0"] = rows["offset"] = number + 1 + np.arange(len(rows))
        rows["count"], rows["due_at"] = 1, NO_TIME
        number += len(rows)
        if len(rows):
            records.append(Frame("shown", ("calls",), ("filed", "closed"), ("any",), ("town",), ("",), ("p",), rows))
        records.append(Tick(hour + HOUR_MS))
    return records


def _drawn(kind: str, scene: Scene, shown: _Buckets, told: list[Signal]) -> str:
    width, height, left, low = 720, 260, 50, 220
    count = len(shown.counts)
    most = max(float(shown.counts.max()), float(np.nanmax(shown.limits, initial=1.0)), 1.0) * 1.1
    slot = (width - left - 110) / count

    def x(place: float) -> float:
        return left + slot * place

    def y(value: float) -> float:
        return low - (low - 24) * min(value, most) / most

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">',
        "<style>text { font: 11px sans-serif }</style>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    per_step = scene.step
    for signal in told:
        since = max(0.0, (signal.first - START) / per_step - _begins(scene))
        until = min(float(count), (signal.last - START) / per_step - _begins(scene))
        parts.append(
            f'<rect x="{x(since):.1f}" y="24" width="{max(x(until) - x(since), 2):.1f}" height="{low - 24}"'
            ' fill="#f6d5d0"/>'
        )
        parts.append(f'<text x="{x(since):.1f}" y="18" fill="#b02010">alert</text>')
    parts += [
        f'<rect x="{x(n) + 0.1 * slot:.1f}" y="{y(value):.1f}" width="{0.8 * slot:.1f}" height="{low - y(value):.1f}"'
        ' fill="#7a9cc0"/>'
        for n, value in enumerate(shown.counts.tolist())
        if value
    ]
    parts += _line(shown.expected, x, y, "#404040", "expected", width)
    parts += _line(shown.limits, x, y, "#b02010", "limit", width)
    for mark in (0.0, most / 2.2, most / 1.1):
        parts.append(f'<text x="{left - 6}" y="{y(mark) + 4:.1f}" text-anchor="end">{mark:.0f}</text>')
    hours = scene.window // HOUR_MS
    wide = f"{hours // 24} days" if hours > 24 else f"{hours} hours"
    text = f"{kind}: counts of windows of {wide}, over {scene.shown} days"
    parts.append(f'<text x="{left}" y="{low + 22}">{text}</text></svg>')
    return "\n".join(parts) + "\n"


def _begins(scene: Scene) -> float:
    return (scene.days - scene.shown) * DAY_MS / scene.step


def _line(values: FloatArray, x: Place, y: Place, colour: str, name: str, width: int) -> list[str]:
    """Steps over the buckets; a bucket that waits for its refit has what the one before it had."""
    if not np.nanmax(values, initial=0.0):
        return []
    values = values.copy()
    for n in range(1, len(values)):
        if np.isnan(values[n]):
            values[n] = values[n - 1]
    found, run = [], list[str]()
    for n, value in enumerate([*values.tolist(), np.nan]):
        if np.isnan(value):
            if len(run) > 1:
                found.append(f'<polyline points="{" ".join(run)}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
            run = []
        else:
            run += [f"{x(n):.1f},{y(value):.1f}", f"{x(n + 1):.1f},{y(value):.1f}"]
    known = values[~np.isnan(values)]
    if len(known):
        found.append(f'<text x="{width - 104}" y="{y(float(known[-1])) + 4:.1f}" fill="{colour}">{name}</text>')
    return found


if __name__ == "__main__":
    main()
