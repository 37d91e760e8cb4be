"""Simulated worlds on the tree of Zhejiang: quiet weeks to learn from, then rises whose place and size are known.

A township's events are Poisson: rate x hour of week x a gamma factor of its city's day (a city's days are not all
alike, and no township's alone are not). Some rows name only their county, as real feeds do.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

import numpy as np
from scipy.stats import nbinom, poisson

from rules.calendar import DAY_MS, HOUR_MS
from rules.detectors.port import FloatArray, IntArray
from rules.detectors.tail import smallest
from rules.records import NO_TIME, ROW, Frame, Record, Tick
from rules.trees import Node, Tree

AREAS: Final = Path(__file__).parent / "zhejiang" / "areas.csv"
START: Final = 1_704_038_400_000  # Monday 2024-01-01 00:00 in Shanghai
STEP: Final = 600_000
LEARN_DAYS: Final = 44
APART: Final = 30 * HOUR_MS
"""Between the end of a rise and the next in the same city: the longest window, and what an episode keeps."""
LONGEST: Final = 24 * HOUR_MS
LENGTHS: Final = (HOUR_MS, 3 * HOUR_MS, 24 * HOUR_MS)
_DAY_SPREAD: Final = 0.02  # variance of the factor of a city's day
_LAG_MS: Final = 90_000.0  # mean of the time between occurring and arriving
_LATEST: Final = 540_000
_BARE: Final = 0.05  # share of a county's rows that name no township
_HOURS: Final = np.array([3, 2, 2, 2, 2, 3, 5, 8, 10, 10, 9, 8, 8, 8, 9, 9, 10, 11, 11, 10, 9, 8, 6, 4]) / 167 * 24
_WEEKDAYS: Final = np.array([1.05, 1.02, 1.0, 1.0, 1.08, 0.97, 0.88])

Kind = Literal["alone", "confounded", "even"]


def read_tree() -> Tree:
    """Province, cities, counties and townships, parents first."""
    with AREAS.open(encoding="utf-8", newline="") as file:
        nodes = tuple(
            Node(row["code"], row["parent"], row["level"], {"zh-CN": row["name.zh-CN"]}) for row in csv.DictReader(file)
        )
    return Tree(("province", "city", "county", "township"), nodes)


@dataclass(frozen=True, slots=True)
class Rise:
    """What was put in: `events` more than usual at `area` in [start, end). `even`: all its children by one factor."""

    kind: Kind
    area: str
    start: int
    end: int
    rate: float  # events a day usual at the node
    extra: float  # expected number of events put in
    power: float  # how often the detector that knows the true law reaches its limit in [start, end)


class World:
    """One seeded province. Rates in events a day."""

    def __init__(self, tree: Tree, seed: int) -> None:
        self.tree = tree
        self.dice = np.random.default_rng(seed)
        self.codes = tuple(node.code for node in tree.nodes)
        self.place = {code: i for i, code in enumerate(self.codes)}
        self.own = self._rates()
        self.cities = [code for code in self.codes if tree.by_code[code].level == "city"]

    def _rates(self) -> FloatArray:
        """Events a day that name each node itself: townships, and some bare counties."""
        own = np.zeros(len(self.codes))
        for code, node in self.tree.by_code.items():
            if node.level == "township":
                own[self.place[code]] = np.clip(self.dice.lognormal(math.log(0.3), 1.4), 0.05, 50.0)
        for code, node in self.tree.by_code.items():
            if node.level == "county":
                kids = [self.place[kid] for kid in self.tree.children[code]]
                own[self.place[code]] = max(_BARE * own[kids].sum(), 0.05) if len(kids) > 1 else 0.0
        return own

    @cached_property
    def rates(self) -> FloatArray:
        """Events a day that count at each node."""
        rates = np.zeros(len(self.codes))
        for code in self.codes:
            for above in self.tree.paths[code]:
                rates[self.place[above]] += self.own[self.place[code]]
        return rates

    # what is usual

    def shape(self, at: IntArray) -> FloatArray:
        """The factor of the hour of the week, in Shanghai; mean 1 over a week."""
        hours = (at - START) // HOUR_MS
        shape: FloatArray = _HOURS[hours % 24] * _WEEKDAYS[hours // 24 % 7]
        return shape

    def expected(self, area: str, start: int, end: int) -> float:
        """Events usual at a node in [start, end)."""
        minutes = np.arange(start, end, STEP)
        return float(self.rates[self.place[area]] * self.shape(minutes).sum() * STEP / DAY_MS)

    def usual(self, days: int) -> tuple[IntArray, IntArray]:
        """(time, place) of the events of all days."""
        hours = START + np.arange(days * 24) * HOUR_MS
        city_of = np.array(
            [self.cities.index(path[-2]) if len(path := self.tree.paths[code]) > 1 else 0 for code in self.codes]
        )
        factor = self.dice.gamma(1 / _DAY_SPREAD, _DAY_SPREAD, (days, len(self.cities)))
        times, places = [], []
        for i, (hour, shape) in enumerate(zip(hours.tolist(), self.shape(hours).tolist(), strict=True)):
            drawn = self.dice.poisson(self.own * shape / 24 * factor[i // 24, city_of])
            where = np.repeat(np.arange(len(self.codes)), drawn)
            times.append(hour + self.dice.integers(0, HOUR_MS, len(where)))
            places.append(where)
        return np.concatenate(times), np.concatenate(places)

    # what is put in

    def rises(self, wanted: Sequence[tuple[Kind, int]], height: float) -> tuple[list[Rise], IntArray, IntArray]:
        """Rises of the kinds wanted, spread over cities and time, and the (time, place) of their events."""
        free = dict.fromkeys(self.cities, START + LEARN_DAYS * DAY_MS)
        kinds = [kind for kind, n in wanted for _ in range(n)]
        found, times, places = [], [], []
        for number in self.dice.permutation(len(kinds)).tolist():
            kind = kinds[number]
            city = min(free, key=lambda code: (free[code], code))
            length = int(self.dice.choice(LENGTHS))
            start = (free[city] + int(self.dice.integers(0, 6 * HOUR_MS))) // STEP * STEP
            rise, when, where = self._rise(kind, self._node(kind, city), start, start + length, height)
            free[city] = rise.end + APART
            found.append(rise)
            times.append(when)
            places.append(where)
        return found, np.concatenate(times), np.concatenate(places)

    def _node(self, kind: Kind, city: str) -> str:
        """A node below a city: a parent for an even rise, else mostly a township, rates spread over the decades."""
        tree = self.tree
        below = [code for code in self.codes if tree.holds(city, code)]
        if kind == "even":
            parents = [c for c in below if tree.by_code[c].level != "township" and len(tree.children[c]) > 2]
            return str(self.dice.choice(parents))
        level = "county" if self.dice.random() < 0.2 else "township"
        nodes = [c for c in below if tree.by_code[c].level == level and self.own[self.place[c]] > 0]
        nodes = [c for c in nodes if self.rates[self.place[c]] <= 50.0]
        wanted = self.dice.uniform(math.log(0.05), math.log(50.0))
        return min(nodes, key=lambda c: (abs(math.log(self.rates[self.place[c]]) - wanted), c))

    def _rise(self, kind: Kind, area: str, start: int, end: int, height: float) -> tuple[Rise, IntArray, IntArray]:
        mean = self.expected(area, start, end)
        power = float(self.dice.uniform(0.5, 0.95))
        extra = size_heard(mean, _DAY_SPREAD * mean, height, power)
        rise = Rise(kind, area, start, end, float(self.rates[self.place[area]]), extra, power)
        added = np.zeros(len(self.codes))
        if kind == "even":
            added += extra * self._shares(area)
        else:
            added[self.place[area]] += extra
        if kind == "confounded":
            added += self._mild(area, start, end)
        drawn = self.dice.poisson(added)
        where = np.repeat(np.arange(len(self.codes)), drawn)
        return rise, self.dice.integers(start, end, len(where)), where

    def _shares(self, area: str) -> FloatArray:
        """How a node's usual events are spread over what lies below it."""
        mine = np.array([self.tree.holds(area, code) for code in self.codes])
        share: FloatArray = np.where(mine, self.own, 0.0)
        share /= share.sum()
        return share

    def _mild(self, area: str, start: int, end: int) -> FloatArray:
        """Siblings with higher counts of their own, 1 to 2 standard deviations each, up to a third of them; and a
        rise of the whole parent by 1 to 1.5 of its own. Neither would be heard alone."""
        parent = self.tree.by_code[area].parent
        extra = self.dice.uniform(1.0, 1.5) * self._deviation(parent, start, end) * self._shares(parent)
        siblings = [code for code in self.tree.children[parent] if code != area]
        for code in self.dice.permutation(siblings)[: min(3, len(siblings) // 3)].tolist():
            extra += self.dice.uniform(1.0, 2.0) * self._deviation(code, start, end) * self._shares(code)
        return extra

    def _deviation(self, area: str, start: int, end: int) -> float:
        mean = self.expected(area, start, end)
        return math.sqrt(mean + _DAY_SPREAD * mean**2)


def size_heard(mean: float, over: float, height: float, power: float) -> float:
    """The expected number of events more with which a count reaches its true limit with probability `power`."""
    limit = max(3, int(smallest(np.array([mean]), np.array([over]), np.array([height]))[0]))
    few = np.arange(limit)
    usual = nbinom.pmf(few, mean / over, 1 / (1 + over)) if over > 0 else poisson.pmf(few, mean)
    low, high = 0.0, 4.0 * limit + 20
    for _ in range(60):
        extra = (low + high) / 2
        heard = 1.0 - float((usual * poisson.cdf(limit - 1 - few, extra)).sum())
        low, high = (low, extra) if heard >= power else (extra, high)
    return high


def log_of(world: World, feed: str, city: str, times: IntArray, places: IntArray) -> Iterator[Record]:
    """A frame and a tick every ten minutes, rows in order of arrival."""
    lag = np.minimum(world.dice.exponential(_LAG_MS, len(times)).astype(np.int64), _LATEST)
    order = np.argsort(times + lag, kind="stable")
    rows = np.zeros(len(times), ROW)
    rows["area"] = places[order]
    rows["occurred_at"], rows["arrived_at"] = times[order], (times + lag)[order]
    rows["id0"] = rows["offset"] = np.arange(1, len(times) + 1)
    rows["id1"], rows["count"], rows["due_at"] = 7, 1, NO_TIME
    ends = np.arange(START + STEP, int(rows["arrived_at"][-1]) + 2 * STEP + LONGEST, STEP)
    cuts = np.searchsorted(rows["arrived_at"], ends, side="right")
    begin = 0
    for end, cut in zip(ends.tolist(), cuts.tolist(), strict=True):
        if cut > begin:
            yield Frame(city, (feed,), ("filed",), ("incident",), world.codes, ("",), ("p",), rows[begin:cut])
        begin = cut
        yield Tick(end)
