"""One rule at work: its judge, its settled fold, the picture of its open buckets, and what it has said."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from rules.book import Book, Rule
from rules.counts import Counts, Touched
from rules.detectors.port import BoolArray, IntArray
from rules.episodes import Fold, fold, forget
from rules.facts import Fact
from rules.hindsight import Span, look_back, span_of
from rules.judge import Judge
from rules.signals import Signal
from rules.speech import Speaker, Speech
from rules.steps import refit_time

if TYPE_CHECKING:
    from rules.context import Context
    from rules.lookahead import Foresight, Lookahead


class RuleWatch:
    """Settled buckets are folded once into `fold`; open ones again whenever a count changes."""

    def __init__(self, rule: Rule, book: Book, counts: Counts, fingerprint: str) -> None:
        self.rule = rule
        self.name = rule.id  # under which it may be stopped; a shadow's is another
        self.fingerprint = fingerprint
        self.counts = counts
        self.judge = Judge(rule, book, counts)
        self.speech = Speech(self.judge)
        self.fold = Fold(np.zeros(0, np.int64))
        self.first_open: int | None = None  # the first bucket not settled for this rule
        self.judges_from: int | None = None  # a rule set judges the buckets that begin at or after its start
        self.woken = False
        self.watched: set[int] = set()  # series that speak or are loud in the last picture
        self.running = False  # whether the last picture holds an episode that is not over for good
        self.loud: set[int] = set()  # open buckets in which a series reaches its height
        self.quiet_until = -1  # rows that arrive up to here surely say nothing (see lookahead)
        self.foresight: Foresight | None = None  # what rows at hand may let it say
        self.foresees = self.judge.room is not None
        self.ahead: Lookahead | None = None  # the rows to come, where they are at hand
        if self.judge.room is not None:
            self.judge.room.may_speak = self._may_speak
        self._drafts: dict[int, Fold] = {}  # by open bucket: the last picture before that bucket was folded into it
        self._moved: dict[int, bool] = {}  # by open bucket: whether that fold spoke, ran on or ended anything
        self._drawn_from = 0  # the first bucket that has changed since then
        self._drawn_missing: dict[int, bool] = {}

    @property
    def in_shadow(self) -> bool:
        """Whether no desk hears of it."""
        return self.name != self.rule.id

    @property
    def missing(self) -> dict[int, bool]:
        """Settled buckets in which a contributing feed was not heard."""
        return self.judge.missing

    @missing.setter
    def missing(self, buckets: dict[int, bool]) -> None:
        self.judge.missing = buckets

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
        if self._empty_from(self.first_open):  # nothing to judge: it may settle with whatever is due next
            return self.judge.next_refit
        return min(self._settles(self.first_open), self.judge.next_refit)

    def _empty_from(self, bucket: int) -> bool:
        """Whether no row has come for `bucket` or later, and nothing runs on or may speak of it."""
        return bucket > self.counts.ring.hi and self.idle and not self.judge.low

    @property
    def idle(self) -> bool:
        """Nothing speaks, nothing runs on, nothing is left to say."""
        return not (self.running or self.loud or self.fold.active or self.woken)

    # what changes

    def hear(self, touched: Touched, context: Context, speaker: Speaker) -> list[Signal]:
        """Counts changed: judge what they touch, and say what is new."""
        return self.say(context, speaker) if self.disturb(touched) else []

    def note(self, touched: Touched) -> None:
        """Counts changed of which the rule surely says nothing."""
        self._drawn_from = min(self._drawn_from, int(touched.buckets.min()))
        if self.judge.room is not None:
            self.judge.room.note(*touched)

    def _may_speak(self, series: IntArray) -> BoolArray | None:
        """Which of `series` may say anything, as far as the rows to come tell; None where they tell nothing."""
        return None if self.foresight is None else self.foresight.may_speak(self, series)

    def interest(self) -> BoolArray | None:
        """Which series must be shown when rows reach them, shape (S,): those that may speak, are loud, or speak; and
        younger ones always. None: all, for nothing is sure."""
        ahead = self.foresight
        if self.woken or ahead is None or not ahead.sure or not ahead.holds(self):
            return None
        found = ahead.series.copy()
        found[[series for series in self.watched if series < len(found)]] = True
        return found

    def quiet_through(self, now: int) -> int:
        """The time up to which the rule need not be shown what comes; `now` where it must."""
        if not self.judge.settled:
            return self.quiet_until
        if self.woken or self.first_open is None or self.judge.next_refit is None:
            return now
        return min(self._settles(self.first_open), self.judge.next_refit) - 1  # what has come may not be counted yet

    def _settles(self, bucket: int) -> int:
        return self.counts.steps.end(bucket) + self.counts.longest_lateness

    def hears(self, touched: Touched) -> None:
        """Counts changed inside a tick: what is new is said at its end."""
        self.disturb(touched)

    def look_back(self, rows: Sequence[tuple[Fact, int]]) -> None:
        """Rows joined settled buckets, or left them: said at the end of the tick where they concern what was said."""
        if self.fold.runs and self.first_open is not None:
            self.woken |= look_back(self.fold, self.counts, self.first_open, rows)

    def span(self) -> Span | None:
        """Of what event times a change must be looked back on; None: of none."""
        if not self.fold.runs or self.first_open is None:
            return None
        return span_of(self.fold, self.counts, self.first_open)

    def disturb(self, touched: Touched) -> bool:
        """Judge changed series in all open buckets that their change reaches. True where the picture may move."""
        if self.judge.settled:  # what is open is not judged, what has settled stays
            return False
        self._drawn_from = min(self._drawn_from, int(touched.buckets.min()))
        room = self.judge.room
        if room is None:
            series = np.unique(touched.series)
        else:
            self.judge.resets = self.fold.reset_for(self.counts)
            series = room.spend(*touched, self._open_from())
            if (touched.deltas < 0).any():  # what is taken back may calm what is loud
                series = np.union1d(series, touched.series[touched.deltas < 0])
        if not len(series):
            return self._wakes(touched)
        widest = int(self.judge.widths[-1]) * self.judge.detector.reach
        first = max(int(touched.buckets.min()), self._open_from())
        last = min(self.counts.ring.hi, int(touched.buckets.max()) + widest - 1)
        moved = False
        for bucket in range(first, last + 1):
            moved |= self._look_again(bucket, series)
        self.woken |= moved
        return self._wakes(touched) or moved

    def _wakes(self, touched: Touched) -> bool:
        """Whether a series that speaks, or that is loud, was touched."""
        if not self.watched or self.watched.isdisjoint(touched.series.tolist()):
            return False
        self.woken = True
        return True

    def _look_again(self, bucket: int, series: IntArray | None) -> bool:
        """Judge one open bucket; True where one of `series` is loud in it, or any where that is None."""
        if not self._judges(bucket):
            return False
        view = self.judge.view(bucket, self.fold.reset_for(self.counts), series)
        loud = view.series[view.loud]
        if len(loud):
            self.loud.add(bucket)
        else:
            self.loud.discard(bucket)
        return bool(len(loud)) if series is None else bool(np.isin(loud, series).any())

    def _judges(self, bucket: int) -> bool:
        return self.judge.may_judge(bucket) and (self.judges_from is None or bucket >= self.judges_from)

    def _open_from(self) -> int:
        if self.first_open is not None:
            return self.first_open
        return self.counts.first_bucket if self.counts.first_bucket is not None else self.counts.ring.hi

    # what is said

    def say(self, context: Context, speaker: Speaker) -> list[Signal]:
        """The picture of this moment against what was told."""
        self.woken = False
        first_open = self._open_from()
        missing = self.missing
        if (self.loud or self.fold.active) and not self.judge.settled:
            missing = self.missing | self._covered(first_open, context)
            picture = self._draw(first_open, missing)
        else:
            picture = self.fold.copy()
        said = list(
            self.speech.say(
                picture, first_open, suspect=context.suspect, speaker=speaker, missing=missing, heard=context.heard
            )
        )
        self.watched = set(picture.active) | {run.series for run in picture.runs.values() if run.last >= first_open}
        for bucket in self.loud:
            view = self.judge.views.get(bucket)
            if view is not None:
                self.watched.update(view.series[view.loud].tolist())
        told = self.speech.told.values()
        self.running = any(alert.state == "running" for alert in told)
        over = {(first, series) for alert in told if alert.state == "over" for series, first, _ in alert.runs}
        if forget(self.fold, self.judge, first_open, over):
            self._drafts.clear()
        return said

    def _draw(self, first_open: int, missing: dict[int, bool]) -> Fold:
        """The settled fold with all open buckets folded into it; those before the first that has changed stand."""
        top = self.counts.ring.hi + 1
        if missing != self._drawn_missing:
            self._drafts.clear()
        standing = {b: draft for b, draft in self._drafts.items() if first_open <= b <= min(self._drawn_from, top)}
        begin = max(standing, default=first_open)
        picture = standing[begin] if standing else self.fold.copy()
        for bucket in range(begin, top):
            standing[bucket], picture = picture, picture.copy()
            self._moved[bucket] = self._judges(bucket) and fold(
                picture, self.judge, bucket, missing=missing.get(bucket, False)
            )
        standing[top] = picture
        self._drafts = standing
        self._moved = {bucket: moved for bucket, moved in self._moved.items() if bucket in standing}
        self._drawn_from, self._drawn_missing = top, dict(missing)
        return picture

    def _covered(self, first_open: int, context: Context) -> dict[int, bool]:
        """The open buckets that an Order has said are missing; of the others that is decided when they settle."""
        bucket, newest = self.counts.steps.bucket, self.counts.ring.hi
        spans = [(max(first_open, bucket(since)), min(newest, bucket(until - 1))) for since, until in context.covered]
        return {b: True for first, last in spans for b in range(first, last + 1)}

    # what settles

    def settle(self, at: int, context: Context, *, muted: bool = False) -> None:
        """Fold the buckets that have settled by `at` for good; `muted` ones surely hold nothing."""
        assert self.first_open is not None
        steps, lateness = self.counts.steps, self.counts.longest_lateness
        while steps.end(self.first_open) + lateness <= at:
            bucket = self.first_open
            empty = self._empty_from(bucket)
            if not empty:
                self.counts.reach(bucket)
            if context.missing(steps.start(bucket), steps.end(bucket)):
                self.missing[bucket] = True
            if empty:
                self.first_open += 1
                continue
            if self.judge.low:
                self.judge.gap_in = cache(lambda a, b: context.longest_gap(steps.start(a), steps.end(b)))
            if not muted:
                self.woken |= self._settle(bucket)
            self.judge.drop(bucket)
            self.loud.discard(bucket)
            self.first_open += 1
            self.woken |= self.running
        if self.counts.ring.hi >= self.counts.ring.lo:
            self.counts.reach(self.first_open - 1)
        if self.counts.first_open is None or self.first_open > self.counts.first_open:
            self.counts.first_open = self.first_open

    def _settle(self, bucket: int) -> bool:
        """Fold a bucket for good, as it was drawn where that holds; whether it spoke, ran on or ended anything."""
        missing = self.missing.get(bucket, False)
        unchanged = bucket < self._drawn_from and missing == self._drawn_missing.get(bucket, False)
        if unchanged and bucket in self._moved and bucket + 1 in self._drafts:
            self.fold = self._drafts[bucket + 1].copy()
            return self._moved[bucket]
        self._drafts.clear()
        if not self._judges(bucket) or not (self.fold.active or self._look_again(bucket, None)):
            return False
        return fold(self.fold, self.judge, bucket, missing=missing)

    def refits_by(self, at: int) -> bool:
        """Whether a refit is due."""
        return self.judge.next_refit is not None and self.judge.next_refit <= at

    def refit(self, at: int) -> None:
        """Run the refits whose nominal time has come; then judge what waited for them."""
        while self.refits_by(at):
            nominal = self.judge.next_refit
            assert nominal is not None
            frozen = [(run.series, run.first, run.last) for run in self.fold.runs.values()]
            frozen += [(series, bucket, bucket) for bucket, series in self.fold.reached]
            self.judge.refit(nominal, frozen, self.missing)
            taken_in = self.judge.learned_to
            if taken_in is not None:
                cell_of = self.counts.steps.cell_of
                self.fold.reached = [item for item in self.fold.reached if cell_of(item[0]) >= taken_in]
            self.judge.next_refit = refit_time(nominal, self.judge.nominal)
            assert self.first_open is not None
            oldest = self.first_open - self.counts.ring.size
            self.missing = {bucket: value for bucket, value in self.missing.items() if bucket > oldest}
            self._limits_moved(at)
            begin = max(self.first_open, self.counts.steps.bucket(nominal))
            for bucket in range(begin, self.counts.ring.hi + 1):
                self.judge.drop(bucket)
                if not self.judge.settled:
                    self.woken |= self._look_again(bucket, None)

    def _limits_moved(self, at: int | None) -> None:
        """Work out anew what open buckets bear; `at`: where that is because of a refit."""
        self._drafts.clear()
        room = self.judge.room
        if room is None:
            return
        room.forget()
        if self.ahead is not None and at is not None:
            self.foresight = self.ahead.foresight(self, at)
            if self.foresight.sure:
                return  # of the few series that may speak it is worked out when they are looked at
        self.judge.resets = self.fold.reset_for(self.counts)
        ring, first = self.counts.ring, self._open_from()
        touched = [ring.touched(bucket) for bucket in range(first, ring.hi + 1)]
        series = np.unique(np.concatenate(touched)) if touched else np.zeros(0, np.int64)
        if len(series):
            room.work_out(series, first)

    def follow(self, rule: Rule, book: Book) -> None:
        """Go on under another text, other colours or other desks: nothing that was counted or learned is lost.

        Heights that were solved for the same promise to the same desks stay.
        """
        if rule.false_alarms != self.rule.false_alarms or book.desks != self.judge.book.desks:
            self.judge.calibrated = {}
        self.rule = self.judge.rule = rule
        self.judge.book = book
        self._judge_anew()

    def recalibrate(self, heights: dict[str, float]) -> None:
        """Heights by first desk from a calibration."""
        if heights:
            self.judge.recalibrate(heights)
            self._judge_anew()

    def _judge_anew(self) -> None:
        """Heights have moved: nothing that was worked out with the old ones stands."""
        self.judge.judge_anew()
        self.loud.clear()
        self.quiet_until, self.foresight = -1, None
        self._limits_moved(None)
        if not self.judge.settled:
            for bucket in range(self._open_from(), self.counts.ring.hi + 1):
                self._look_again(bucket, None)
        self.woken = True


def judges_alike(old: Rule, new: Rule) -> bool:
    """Whether two versions of a rule differ only in words, colours, promise and desks' affairs."""
    return _judged_by(old) == _judged_by(new)


def learns_alike(old: Rule, new: Rule) -> bool:
    """Whether what one version has learned means the same to the other."""
    return _learned_by(old) == _learned_by(new)


def _judged_by(rule: Rule) -> tuple[object, ...]:
    return (*_learned_by(rule), rule.keep, rule.at_least, rule.attribution)


def _learned_by(rule: Rule) -> tuple[object, ...]:
    return (
        rule.id, rule.selector, rule.areas, rule.categories, rule.windows, rule.step, rule.calendar_step,
        rule.once_within, rule.detector,
    )  # fmt: skip
