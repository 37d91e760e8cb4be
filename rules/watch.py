"""One rule at work: its judge, its settled fold, the picture of its open buckets, and what it has said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rules.book import Book, Rule
from rules.counts import Counts
from rules.detectors.port import IntArray
from rules.episodes import Fold, fold, forget
from rules.judge import NO_RESET, Judge
from rules.signals import Signal
from rules.speech import Speaker, Speech
from rules.steps import refit_time

if TYPE_CHECKING:
    from rules.engine import Context


class RuleWatch:
    """Settled buckets are folded once into `fold`; open ones again whenever a count changes."""

    def __init__(self, rule: Rule, book: Book, counts: Counts, fingerprint: str) -> None:
        self.rule = rule
        self.fingerprint = fingerprint
        self.counts = counts
        self.judge = Judge(rule, book, counts)
        self.speech = Speech(self.judge)
        self.fold = Fold(np.zeros(0, np.int64))
        self.first_open: int | None = None  # the first bucket not settled for this rule
        self.judges_from: int | None = None  # a rule set judges the buckets that begin at or after its start
        self.missing: dict[int, bool] = {}
        self.woken = False
        self.picture: Fold | None = None

    def begin(self, now: int) -> None:
        """Time is known from here on."""
        steps = self.counts.steps
        self.first_open = steps.bucket(now - self.counts.longest_lateness)
        first = self.counts.first_bucket
        if first is not None:
            self.first_open = min(self.first_open, first)
        self.counts.first_open = max(self.counts.first_open or self.first_open, self.first_open)
        self.judge.next_refit = refit_time(now, self.judge.nominal)

    def next_due(self) -> int | None:
        """When the next bucket settles or the next refit is due."""
        if self.first_open is None or self.judge.next_refit is None:
            return None
        settles = self.counts.steps.end(self.first_open) + self.counts.longest_lateness
        return min(settles, self.judge.next_refit)

    # what changes

    def hear(self, touched: list[tuple[IntArray, int]], context: Context, speaker: Speaker) -> list[Signal]:
        """Counts changed: judge what they touch, and say what is new."""
        if not self.disturb(touched):
            return []
        return self.say(context, speaker)

    def disturb(self, touched: list[tuple[IntArray, int]]) -> bool:
        """Judge changed series in all open buckets that their change reaches. True where the picture may move."""
        moved = False
        widest = int(self.judge.widths[-1])
        first_open = self._open_from()
        for series, bucket in touched:
            for b in range(max(bucket, first_open), min(self.counts.ring.hi, bucket + widest - 1) + 1):
                moved |= self._look_again(b, series)
        moved = moved or bool(self.fold.active) or bool(self.picture and self.picture.episodes)
        self.woken |= moved
        return moved

    def _look_again(self, bucket: int, series: IntArray | None) -> bool:
        if not self.judge.may_judge(bucket) or (self.judges_from is not None and bucket < self.judges_from):
            return False
        view = self.judge.view(bucket, self.fold.reset_for(len(self.counts.pairs)), series)
        return bool(view.loud.any())

    def _open_from(self) -> int:
        if self.first_open is not None:
            return self.first_open
        return self.counts.first_bucket if self.counts.first_bucket is not None else self.counts.ring.hi

    # what is said

    def say(self, context: Context, speaker: Speaker) -> list[Signal]:
        """The picture of this moment against what was told."""
        self.woken = False
        picture = self.fold.copy()
        for bucket in range(self._open_from(), self.counts.ring.hi + 1):
            if self.judge.may_judge(bucket) and (self.judges_from is None or bucket >= self.judges_from):
                fold(picture, self.judge, bucket, missing=self._missing(bucket, context))
        self.picture = picture
        first_open = self._open_from()
        said = self.speech.say(
            picture, first_open, suspect=context.suspect, speaker=speaker, missing=self.missing, heard=context.heard
        )
        return list(said)

    def _missing(self, bucket: int, context: Context) -> bool:
        """Decided once, when the bucket settles; open buckets end nothing on the word of a gap."""
        return self.missing.get(bucket, False)

    # what settles

    def settle(self, at: int, context: Context) -> None:
        """Fold the buckets that have settled by `at` for good."""
        assert self.first_open is not None
        steps, lateness = self.counts.steps, self.counts.longest_lateness
        while steps.end(self.first_open) + lateness <= at:
            bucket = self.first_open
            self.counts.reach(bucket)
            if context.missing(steps.start(bucket), steps.end(bucket)):
                self.missing[bucket] = True
            if self.judge.may_judge(bucket) and (self.judges_from is None or bucket >= self.judges_from):
                self.woken |= fold(self.fold, self.judge, bucket, missing=self.missing.get(bucket, False))
            self.judge.views.pop(bucket, None)
            self.first_open += 1
            if self.counts.first_open is None or self.first_open > self.counts.first_open:
                self.counts.first_open = self.first_open
            if self.fold.episodes:
                before = len(self.fold.episodes)
                forget(self.fold, self.judge, self.first_open)
                self.woken |= len(self.fold.episodes) != before

    def refit(self, at: int, context: Context) -> None:
        """Run the refits whose nominal time has come; then judge what waited for them."""
        while self.judge.next_refit is not None and self.judge.next_refit <= at:
            nominal = self.judge.next_refit
            frozen = [(run.series, run.first, run.last) for run in self.fold.runs.values()]
            self.judge.refit(nominal, frozen, self.missing)
            self.judge.next_refit = refit_time(nominal, self.judge.nominal)
            assert self.first_open is not None
            oldest = self.first_open - self.counts.ring.size
            self.missing = {bucket: value for bucket, value in self.missing.items() if bucket > oldest}
            begin = max(self.first_open, self.counts.steps.bucket(nominal))
            for bucket in range(begin, self.counts.ring.hi + 1):
                self.judge.views.pop(bucket, None)
                self.woken |= self._look_again(bucket, None)

    def recalibrate(self, heights: dict[str, float]) -> None:
        if heights:
            self.judge.recalibrate(heights)
            self.judge.views.clear()
            self.woken = True


__all__ = ["NO_RESET", "RuleWatch"]
