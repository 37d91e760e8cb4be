"""What stands on the board. Pure: alerts, feeds and the city's clock become figures; the template finds words."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.alert import Alert
from alerts.console.naming import Mark, Names
from alerts.console.rows import Row, ratio_of, row
from alerts.console.source import RECENT, STEP, City, FeedState
from rules.signals import COUNTED

RUNNING_SHOWN: Final = 100
OVER_SHOWN: Final = 30
"""More rows than these are counted in words under their list."""

STACK: Final = 6
"""Squares in a column of the load; in a flood one square stands for several alerts."""


@dataclass(frozen=True, slots=True)
class Column:
    """Ten minutes of the load: squares of the top rank, other squares."""

    top: int
    other: int
    now: bool


@dataclass(frozen=True, slots=True)
class Load:
    columns: tuple[Column, ...]
    labels: tuple[int, ...]  # instants under the axis
    said: int
    worst: int  # most alerts said in ten minutes
    per_square: int


@dataclass(frozen=True, slots=True)
class Areas:
    """Leaves of the area tree, each counted once."""

    quiet: int
    covered: int  # neither speaking nor blind, yet under an alert that names the whole city
    blind: int  # and not speaking
    speaking: int  # and heard
    both: int  # speaking and blind
    whole: int  # alerts that name the whole city, and so no single area
    blind_codes: frozenset[str]

    @property
    def total(self) -> int:
        return self.quiet + self.covered + self.blind + self.speaking + self.both


@dataclass(frozen=True, slots=True)
class FeedRow:
    feed: FeedState
    name: str
    path: str  # of the sparkline, 72 x 22
    blind_from: float  # x where the hatch begins; 72: nowhere


@dataclass(frozen=True, slots=True)
class Board:
    """An exercise has its row, and is in no figure."""

    now: int
    running: tuple[Row, ...]
    running_more: int
    over: tuple[Row, ...]
    over_more: int
    count: int  # of alerts that run
    over_count: int
    by_mark: tuple[tuple[Mark, int], ...]  # running alerts, top rank first
    oldest: int  # since when the oldest running alert runs; 0: none
    last_said: int  # 0: none on the board
    load: Load
    areas: Areas
    feeds: tuple[FeedRow, ...]
    silent: int
    late: int
    unheard: int

    @property
    def well(self) -> int:
        return len(self.feeds) - self.silent - self.late - self.unheard


def board(city: City, names: Names, alerts: Sequence[Alert], feeds: Sequence[FeedState], now: int) -> Board:
    """Running alerts by rank, then by how far over their limit; what is over, newest first."""
    silent = {feed.name for feed in feeds if feed.silent_since}
    said = [alert for alert in alerts if alert.moves]  # the others were taken back before anyone heard of them
    running = [alert for alert in said if alert.state == "open"]
    over = [alert for alert in said if alert.state != "open"]
    first = heapq.nsmallest(
        RUNNING_SHOWN, running, key=lambda one: (-one.rank, -ratio_of(one, now), one.signal.first, one.id)
    )
    last = heapq.nsmallest(OVER_SHOWN, over, key=lambda one: (-one.ended_at, -one.rank, one.id))
    counted = [alert for alert in said if alert.signal.kind != "exercise"]
    earnest = [alert for alert in counted if alert.state == "open"]
    ranks = Counter((one.rank, one.colour) for one in earnest)
    marks = [(names.mark(*rank), n) for rank, n in ranks.items()]
    return Board(
        now=now,
        running=tuple(row(alert, city, names, silent, now) for alert in first),
        running_more=max(len(running) - RUNNING_SHOWN, 0),
        over=tuple(row(alert, city, names, silent, now) for alert in last),
        over_more=max(len(over) - OVER_SHOWN, 0),
        count=len(earnest),
        over_count=len(counted) - len(earnest),
        by_mark=tuple(sorted(_together(marks), key=lambda item: (item[0].digit, item[0].hue))),
        oldest=min((one.signal.first for one in earnest), default=0),
        last_said=max((alert.signal.said_at for alert in counted), default=0),
        load=load(counted, now, top=len(city.ladder) - 1),
        areas=areas(city, said, silent),
        feeds=tuple(feed_row(feed, names, now) for feed in feeds),
        silent=len(silent),
        late=sum(1 for feed in feeds if feed.late and not feed.silent_since),
        unheard=sum(1 for feed in feeds if not (feed.heard_at or feed.late or feed.silent_since)),
    )


def _together(marks: Sequence[tuple[Mark, int]]) -> list[tuple[Mark, int]]:
    """Ranks that are drawn alike are counted as one."""
    counted: Counter[Mark] = Counter()
    for mark, n in marks:
        counted[mark] += n
    return list(counted.items())


def load(alerts: Sequence[Alert], now: int, *, top: int) -> Load:
    """Alerts by the ten minutes in which they were first said, over the last shift."""
    end = (now // STEP + 1) * STEP
    columns = RECENT // STEP
    start = end - RECENT
    said: Counter[int] = Counter()
    said_top: Counter[int] = Counter()
    for alert in alerts:
        place = (alert.signal.said_at - start) // STEP
        if 0 <= place < columns:
            said[place] += 1
            said_top[place] += alert.rank >= top
    worst = max(said.values(), default=0)
    per_square = max(-(-worst // STACK), 1)
    stacks = []
    for place in range(columns):
        high = -(-said[place] // per_square)
        red = min(-(-said_top[place] // per_square), high)
        stacks.append(Column(red, high - red, now=place == columns - 1))
    labels = tuple(start + step * (RECENT // 4) for step in range(4))
    return Load(tuple(stacks), (*labels, now), sum(said.values()), worst, per_square)


def areas(city: City, alerts: Sequence[Alert], silent: Collection[str]) -> Areas:
    """An alert on the whole city marks no single area, but none is quiet under it.

    A silent feed blinds the area its alert names, else all.
    """
    tree = city.book.areas
    leaves = {code for code, kids in tree.children.items() if not kids}
    speaking: set[str] = set()
    blinded: set[str] = set()
    told: set[str] = set()
    whole = 0
    for alert in alerts:
        code = alert.signal.area
        if alert.state != "open" or code not in tree.by_code:
            continue
        if alert.signal.kind == "silence":
            told.add(alert.signal.feed)
            blinded.add(code)
        elif alert.signal.kind in COUNTED:
            whole += code == tree.root
            speaking.update({code} - {tree.root})
    if set(silent) - told:
        blinded.add(tree.root)
    spoken = {leaf for leaf in leaves if speaking.intersection(tree.paths[leaf])}
    blind = {leaf for leaf in leaves if blinded.intersection(tree.paths[leaf])}
    codes = frozenset(code for code, path in tree.paths.items() if blinded.intersection(path))
    both = spoken & blind
    rest = len(leaves - spoken - blind)
    quiet, covered = (0, rest) if whole else (rest, 0)
    return Areas(quiet, covered, len(blind - both), len(spoken - both), len(both), whole, codes)


def feed_row(feed: FeedState, names: Names, now: int) -> FeedRow:
    width, height = 72.0, 22.0
    steps = len(feed.rate)
    path = ""
    if steps > 1:
        tallest = max(*feed.rate, 1)
        points = [
            f"{place * width / (steps - 1):.1f} {height - 3 - (height - 6) * n / tallest:.1f}"
            for place, n in enumerate(feed.rate)
        ]
        path = "M" + "L".join(points)
    blind_from = width
    if feed.silent_since:
        shown = max(steps, 1) * STEP
        blind_from = width * max(0.0, 1 - max(now - feed.silent_since, STEP) / shown)
    return FeedRow(feed, names.feed(feed.name), path, blind_from)
