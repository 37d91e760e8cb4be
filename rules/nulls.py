"""Quiet pasts: counts of one rule as its fitted baseline has them, drawn from a seed, with nothing in them to hear.

Means are those that the rule's law has for coming buckets; what a part is (what a series counts and none below it
does) is drawn, and all above it add up. Spread comes as the law has it: clumps (one cause, several rows), shocks that
a series shares with all beneath it (rules/scatter.py), and what is not known of the mean.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from rules.book import Book, Rule
from rules.counts import Counts, laid_out
from rules.detectors import clumps
from rules.detectors.port import FloatArray, IntArray, Memory, Points
from rules.detectors.register import make
from rules.judge import Judge
from rules.rings import WIDE, Ring
from rules.scatter import Family, raked, shocks

_CHUNK: Final = 400_000
_DOUBT_DAYS: Final = 28
"""What is not known of a mean stays wrong about as long as levels remember."""
_SHOWS: Final = 0.02
"""A shock is drawn where it adds so much to the variance of the longest window, in parts of its mean."""


def can_be_drawn(judge: Judge) -> bool:
    """Whether the rule's law is one of means and spreads that are kept in its memory, and it has learned."""
    memory = judge.memories[-1][1]
    return memory is not None and {"spread", "windows", "traits"} <= set(memory) and len(judge.learned) > 0


class Null:
    """Histories of the series that a rule has learned, over buckets [begin, begin + span), judged from `begin` on.

    `judge` judges what was drawn last, with the memory in force and nothing missing.
    """

    def __init__(self, judge: Judge, begin: int, span: int) -> None:
        memory = judge.memories[-1][1]
        assert memory is not None
        rule, book = judge.rule, judge.book
        self.begin, self.beyond = begin, begin + span
        longest = int(judge.widths[-1]) * make(rule.detector).reach
        per_cell = judge.counts.steps.per_cell
        self.first = (begin - longest) // per_cell * per_cell
        self.judge = _judge_of(rule, book, judge.learned, memory, self.first)
        counts = self.counts = self.judge.counts
        self.last = -(-self.beyond // per_cell) * per_cell - 1
        cells = np.arange(self.first // per_cell, (self.last + 1) // per_cell)
        self.cells = cells
        ring = counts.ring = Ring(self.last - self.first + 2)
        ring.series = len(counts.pairs)
        ring.lo, ring.hi = self.first - 1, self.last
        counts.first_bucket = self.first - 1
        self.judge.room = None
        fed = [counts.fed_by(*pair) for pair in counts.pairs]
        self._many = np.array([len(series) for series in fed], np.int64)
        self._flat = np.concatenate(fed)
        self._begins = np.cumsum(self._many) - self._many
        kin = counts.kin
        level = kin.area_depth * (int(kin.category_depth.max(initial=0)) + 1) + kin.category_depth
        family = Family.of(fed, level)
        self.family = family
        means = self._means()
        parts = _parts(means, kin.area_depth + kin.category_depth, fed)
        parts *= raked(parts.sum(axis=1), means.sum(axis=1), family)[:, None]
        self.parts = parts
        spread, lengths = memory["spread"], memory["windows"].astype(np.int64)
        of = self.judge.rows.row_of(np.arange(len(counts.pairs)))
        self.touched: tuple[IntArray, IntArray] = (np.zeros(0, np.int64), np.zeros(0, np.int64))
        """(bucket, series) that hold anything in what was drawn last, by bucket; shape (P,) each."""
        self.clumped, self.onward = clumps.sizes(memory, memory["row"][of].astype(np.int64), spread[of, 0, 0])
        weights = parts.mean(axis=1) * float(lengths[-1])
        every = shocks(spread[of, :, 1], lengths, weights, family)
        doubt = shocks(memory["traits"][of, 2:3], np.array([1]), weights, family)
        per_day = round(float(memory["about"][0] / (7 * memory["about"][4])))
        self.lengths = [*lengths.tolist(), max(1, _DOUBT_DAYS * per_day)]
        self.variances = np.concatenate([every, doubt], axis=1)
        self.variances[self.variances * family.summed(weights)[:, None] < _SHOWS] = 0.0

    def _means(self) -> FloatArray:
        """What each series expects of each cell, shape (S, C)."""
        counts, per_cell = self.counts, self.counts.steps.per_cell
        count, cells = len(counts.pairs), len(self.cells)
        found = np.empty((count, cells))
        rows = max(1, _CHUNK // cells)
        for low in range(0, count, rows):
            series = np.repeat(np.arange(low, min(low + rows, count)), cells)
            first = np.tile(self.cells * per_cell, len(series) // cells)
            law = self.judge.law(Points(series, first, first + per_cell - 1), self.begin)
            found[low : low + rows] = np.nan_to_num(law.mean).reshape(-1, cells)
        return found

    def draw(self, dice: np.random.Generator) -> None:
        """Lay another history before the judge."""
        rates = self.parts.copy()
        count = len(rates)
        for place, length in enumerate(self.lengths):
            variance = self.variances[:, place]
            block = self.cells // length
            block -= block[0]
            for row in self.family.above:
                moved = np.unique(row[(row >= 0) & (variance[row] > 0)])
                if not len(moved):
                    continue
                shape = 1.0 / variance[moved][:, None]
                factor = dice.standard_gamma(np.broadcast_to(shape, (len(moved), int(block[-1]) + 1))) / shape
                at = np.full(count + 1, -1)
                at[moved] = np.arange(len(moved))
                which = at[row]
                under = np.flatnonzero(which >= 0)
                rates[under] *= factor[which[under]][:, block]
        self._fill(*self._events(rates, dice))

    def loud(self, least: float) -> tuple[IntArray, IntArray, FloatArray]:
        """(bucket, series, score) of what was drawn last and reaches `least`, by bucket; shape (P,) each.

        Windows are whole: what a reset cuts off is not known before episodes are.
        """
        buckets, series = self.touched
        if self.judge.low:
            may = self.judge.may_drop(self.begin)
            span = np.arange(self.begin, self.beyond)
            buckets, series = np.repeat(span, len(may)), np.tile(may, len(span))
        best = np.full(len(buckets), -np.inf)
        for low in range(0, len(buckets), _CHUNK):
            part = slice(low, low + _CHUNK)
            best[part] = self.judge.best(series[part], buckets[part])
        loud = best >= least
        return buckets[loud], series[loud], best[loud]

    def _events(self, rates: FloatArray, dice: np.random.Generator) -> tuple[IntArray, IntArray]:
        """(part, bucket) of every event, shape (P,) each."""
        size = 1 + self.clumped / (1 - self.onward)
        many = dice.poisson(rates / size[:, None])
        parts, cells = np.nonzero(many)
        times = many[parts, cells]
        parts, cells = np.repeat(parts, times), np.repeat(cells, times)
        per_cell = self.counts.steps.per_cell
        buckets = self.first + cells * per_cell + dice.integers(per_cell, size=len(cells))
        rows = np.ones(len(parts), np.int64)
        large = np.flatnonzero(dice.random(len(parts)) < self.clumped[parts])
        rows[large] += dice.geometric(1 - self.onward[parts[large]])
        return np.repeat(parts, rows), np.repeat(buckets, rows)

    def _fill(self, parts: IntArray, buckets: IntArray) -> None:
        which, series = laid_out(self._begins[parts], self._many[parts], self._flat)
        ring, count = self.counts.ring, len(self.counts.pairs)
        cum = np.zeros((ring.size, count), WIDE)
        places, times = np.unique((buckets[which] - ring.lo) * count + series, return_counts=True)
        cum.ravel()[places] = times
        np.cumsum(cum, axis=0, out=cum)
        after, series = np.divmod(places, count)
        judged = (after + ring.lo >= self.begin) & (after + ring.lo < self.beyond)
        self.touched = after[judged] + ring.lo, series[judged]
        ring.cum = np.empty_like(cum)
        ring.cum[np.arange(ring.lo, ring.hi + 1) % ring.size] = cum
        self.judge.views.clear()
        self.judge.kept.clear()


def _parts(means: FloatArray, depth: IntArray, fed: list[IntArray]) -> FloatArray:
    """What each series expects that none below it does, shape (S, C)."""
    found = np.zeros_like(means)
    below = np.zeros_like(means)
    for level in range(int(depth.max(initial=0)), -1, -1):
        rows = np.flatnonzero(depth == level)
        found[rows] = np.maximum(means[rows] - below[rows], 0.0)
        for part in rows.tolist():
            above = fed[part]
            below[above[above != part]] += found[part]
    return found


def _judge_of(rule: Rule, book: Book, learned: list[tuple[str, str]], memory: Memory, first: int) -> Judge:
    """A judge of its own, with what another has learned; it judges from bucket `first` on."""
    counts = Counts(rule, book, 1)
    for pair in learned:
        counts.join(pair)
    judge = Judge(rule, book, counts)
    judge.memories = [(first, memory)]
    judge.learned[:] = learned
    return judge
