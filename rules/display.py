"""What pages and boards show of counts: by rule, area and hour what was counted, expected and needed.

The grain is the cell in which detectors learn (an hour for steps below a day, else the step), so that a row says what
an alert's card says of that hour. Shown are the areas down to a level that the city names, and of the topmost area each
category that the rule keeps. A cell is said for good when its last bucket has settled; one that holds open buckets
whenever somebody asks and its count has moved. All is absolute: whoever hears a row twice has heard it once.

Looks only: nothing that judges reads from here, and nothing here changes what judges.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from rules.counts import levels_down_to
from rules.detectors.port import NEVER, FloatArray, IntArray, Points
from rules.shown import Count, Recount, finest_shown

if TYPE_CHECKING:
    from rules.watch import RuleWatch

BAND: Final = 1.645
"""The band holds nine in ten quiet counts, by the normal law of the counts' own spread."""
OPEN_CELLS: Final = 48
"""Of the cells that are open the newest ones are said; a feed that may be a week late keeps more."""


class _Shown(NamedTuple):
    """How far a rule has been shown. `cell`: the first that was not said for good; `late`: changes of settled buckets
    that were looked at; `open`: by cell the counts that were said last, shape (shown series,)."""

    watch: RuleWatch
    cell: int
    late: int
    open: dict[int, IntArray]


class Display:
    """`level`: the finest of the areas that are shown; None: as fine as may be. `since`, ms: what ended by then is left
    out."""

    def __init__(self, level: str | None = None, since: int = 0) -> None:
        self.level = level
        self._since = since
        self._shown: dict[str, _Shown] = {}
        self._said: list[Count | Recount] = []
        self._series: dict[str, tuple[int, RuleWatch, IntArray]] = {}
        self._heights: dict[tuple[str, str, str, str], float] = {}

    def follow(self, watch: RuleWatch) -> None:
        """Begin with a rule where it stands: what has settled by then was said, or never will be."""
        before = self._shown.get(watch.rule.id)
        if watch.first_open is not None and (before is None or before.watch is not watch):
            counts = watch.counts
            late = counts.late_dropped + len(counts.late_cells)
            self._shown[watch.rule.id] = _Shown(watch, counts.steps.cell_of(watch.first_open), late, {})

    def settle(self, watch: RuleWatch) -> None:
        """Say what has settled, and what counts otherwise by now. Before a refit, for it lets go of the baselines that
        judged; and before late rows join, for they change counts that some baselines read."""
        self.follow(watch)
        self._count_again(watch)
        shown = self._shown.get(watch.rule.id)
        if shown is None or watch.first_open is None:
            return
        steps = watch.counts.steps
        beyond = steps.cell_of(watch.first_open)
        if beyond <= shown.cell:
            return
        self._shown[watch.rule.id] = shown._replace(cell=beyond)
        for cell in [cell for cell in shown.open if cell < beyond]:
            del shown.open[cell]
        first = max(shown.cell, steps.cell_of(max(watch.counts.ring.lo, 0)) + 1)
        cells = np.arange(first, beyond)
        cells = cells[[steps.cell_start(cell + 1) > self._since for cell in cells.tolist()]]
        series = self._series_of(watch)
        if len(cells) and len(series):
            each, which = np.meshgrid(series, cells, indexing="ij")
            self._say(watch, each.ravel(), which.ravel(), settled=True)

    def take(self, watches: list[RuleWatch], now: int | None) -> list[Count | Recount]:
        """All that was not said yet; `now`: what is open too, up to the cell of that time."""
        for watch in watches:
            self.settle(watch)
            if now is not None:
                self._say_open(watch, now)
        said, self._said = self._said, []
        return said

    def _count_again(self, watch: RuleWatch) -> None:
        """Settled cells that count something else by now."""
        shown, counts = self._shown.get(watch.rule.id), watch.counts
        if shown is None:
            return
        late = counts.late_cells[max(0, shown.late - counts.late_dropped) :]
        if not late:
            return
        self._shown[watch.rule.id] = shown._replace(late=counts.late_dropped + len(counts.late_cells))
        steps, mine = counts.steps, set(self._series_of(watch).tolist())
        for series, cell in sorted({(s, steps.cell_of(b)) for s, b, _ in late if s in mine}):
            first = cell * steps.per_cell
            if cell < shown.cell and first > counts.ring.lo:
                total = int(counts.ring.total(np.array([series]), np.array([first]), np.array([_last(watch, cell)]))[0])
                (area, category), start = counts.pairs[series], steps.cell_start(cell)
                rule = watch.rule
                self._said.append(Recount(rule.id, rule.version, area, category, start, _length(watch), total))

    def _say_open(self, watch: RuleWatch, now: int) -> None:
        shown, counts, steps = self._shown.get(watch.rule.id), watch.counts, watch.counts.steps
        series = self._series_of(watch)
        if shown is None or not len(series):
            return
        newest = steps.cell_of(steps.bucket(now))
        for cell in range(max(shown.cell, newest - OPEN_CELLS + 1), newest + 1):
            if cell * steps.per_cell <= counts.ring.lo:
                continue
            totals = counts.ring.total(series, *_edges(watch, np.full(len(series), cell)))
            before = shown.open.get(cell)
            moved = np.ones(len(series), bool)
            if before is not None:
                moved[: len(before)] = totals[: len(before)] != before
            shown.open[cell] = totals
            if moved.any():
                self._say(watch, series[moved], np.full(int(moved.sum()), cell), settled=False)

    def _say(self, watch: RuleWatch, series: IntArray, cells: IntArray, *, settled: bool) -> None:
        """Rows of points, shape (P,) each."""
        judge, counts, steps, rule = watch.judge, watch.counts, watch.counts.steps, watch.rule
        first, last = _edges(watch, cells)
        totals = counts.ring.total(series, first, last).tolist()
        mean, over = np.full(len(series), np.nan), np.zeros(len(series))
        limits = np.full(len(series), NEVER)
        heights = self._heights_of(watch, series)
        for at in _by_memory(watch, last):
            try:
                law = judge.law(Points(series[at], first[at], last[at]), int(last[at[0]]))
                limits[at] = judge.limits(law, heights[at], series[at])
                mean[at], over[at] = np.where(law.enough, law.mean, np.nan), np.nan_to_num(law.over)
            except (MemoryError, TimeoutError):
                raise
            except Exception:  # noqa: BLE001 - who judges by it meets it too, and is stopped; this is a picture
                mean[at] = np.nan
        wide = BAND * np.sqrt(np.maximum(np.nan_to_num(mean) * (1 + over), 0.0))
        blind = {steps.cell_of(bucket) for bucket, is_blind in judge.missing.items() if is_blind}
        starts = {cell: steps.cell_start(cell) for cell in np.unique(cells).tolist()}
        step = _length(watch)
        rows = zip(series.tolist(), cells.tolist(), totals, mean.tolist(), wide.tolist(), limits.tolist(), strict=True)
        for number, cell, total, expected, width, limit in rows:
            known = not math.isnan(expected)
            area, category = counts.pairs[number]
            self._said.append(
                Count(
                    rule.id,
                    rule.version,
                    area,
                    category,
                    starts[cell],
                    step,
                    total,
                    round(expected, 4) if known else None,
                    round(max(0.0, expected - width), 4) if known else None,
                    round(expected + width, 4) if known else None,
                    limit if known and limit != NEVER else None,
                    cell in blind,
                    settled,
                )
            )

    def _heights_of(self, watch: RuleWatch, series: IntArray) -> FloatArray:
        """As the judge has them, or will: asked of the detector where it has not yet."""
        heights = np.zeros(len(series))
        by_desk: dict[str, float] = {}
        rule, book, detector = watch.rule, watch.judge.book, watch.judge.detector
        for n, number in enumerate(series.tolist()):
            area, category = watch.counts.pairs[number]
            desk = book.first_desk(area, category)
            if desk not in by_desk:
                by_desk[desk] = self._height(watch, desk)
            override = rule.override_at(area, book.areas)
            heights[n] = by_desk[desk] if override is None else detector.rarer(by_desk[desk], override.rarer)
        return heights

    def _height(self, watch: RuleWatch, desk: str) -> float:
        judge = watch.judge
        if desk in judge.calibrated:
            return judge.calibrated[desk]
        key = (judge.rule.id, judge.rule.version, desk, judge.book.digest)
        if key not in self._heights:
            self._heights[key] = judge.analytic(desk)
        return self._heights[key]

    def _series_of(self, watch: RuleWatch) -> IntArray:
        """The series that are shown, in the order in which they joined."""
        known = self._series.get(watch.rule.id)
        pairs = watch.counts.pairs
        if known is None or known[1] is not watch or known[0] != len(pairs):
            areas, chosen = watch.judge.book.areas, watch.counts.selector.category
            level = finest_shown(areas) if self.level is None else self.level
            levels = levels_down_to(areas.levels, level if level in areas.levels else areas.levels[0])
            found = [
                number
                for number, (area, category) in enumerate(pairs)
                if areas.by_code[area].level in levels
                and (category == chosen or areas.by_code[area].level == areas.levels[0])
            ]
            known = self._series[watch.rule.id] = (len(pairs), watch, np.array(found, np.int64))
        return known[2]


def _edges(watch: RuleWatch, cells: IntArray) -> tuple[IntArray, IntArray]:
    """First and last bucket of each cell."""
    first = cells * watch.counts.steps.per_cell
    return first, first + watch.counts.steps.per_cell - 1


def _last(watch: RuleWatch, cell: int) -> int:
    return (cell + 1) * watch.counts.steps.per_cell - 1


def _length(watch: RuleWatch) -> int:
    """Of a cell, ms: a day is one of 24 hours here, whatever the clocks did."""
    return watch.counts.steps.step_ms * watch.counts.steps.per_cell


def _by_memory(watch: RuleWatch, last: IntArray) -> list[IntArray]:
    """Places of buckets, by the memory that judges them."""
    starts = np.array([first for first, _ in watch.judge.memories])
    which = np.searchsorted(starts, last, side="right")
    return [np.flatnonzero(which == number) for number in np.unique(which).tolist()]
