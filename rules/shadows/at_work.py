"""The shadows of a city at work: each judges by the code and, where it can, by the counts of the rules in force.

A shadow begins as a release would: what the rule in force has learned and has running is copied, as far as it means the
same, and the copy goes on under the candidate's text. When a book brings that very text, the shadow itself takes the
place of what ran, so that from then on the city is told what it would be told had the candidate been in force since the
shadow began. Until then nothing that it says leaves as a signal, and no rule in force judges otherwise for its sake.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from rules.book import Book, MatterRule, Rule
from rules.counts import Counts, Touched
from rules.matters.followers import Followers
from rules.records import Shadowing, StartShadow
from rules.shadows.handing import hand_over, hand_over_matters
from rules.shadows.said import Sayings
from rules.shadows.twin import twin_of, twin_of_matters
from rules.sharing import Counted, apart_of, goes_on
from rules.signals import COUNTED, Signal
from rules.watch import RuleWatch

if TYPE_CHECKING:
    from rules.engine import Engine, Group

MOST: Final = 8
"""Shadows of a city at a time: each costs what a rule costs."""
MARK: Final = "~"
"""Behind the id of a rule: the name under which its shadow is stopped and calibrated. No id may hold it."""
UNFIT: Final = "unfit"
"""Why a shadow judges nothing whose category or levels the book in force does not have."""


class Shadow:
    """A candidate, what it would have told since it began, and what the rule in force told."""

    def __init__(self, order: StartShadow, rule: Rule | MatterRule, begun: int) -> None:
        self.order = order
        self.rule = rule
        self.begun = begun
        self.name = rule.id + MARK
        self.watch: RuleWatch | None = None  # of a rule on counts, while the book has what it names
        self.ours = Sayings(begun)
        self.theirs = Sayings(begun)


class Shadows:
    """By the id of the rule that each is a candidate for."""

    def __init__(self) -> None:
        self.at_work: dict[str, Shadow] = {}
        self.matters = Followers()

    def watches(self) -> list[RuleWatch]:
        """Those on counts that have anything to judge by."""
        return [shadow.watch for shadow in self.at_work.values() if shadow.watch is not None]

    # how they come and go

    def obey(self, order: Shadowing, at: int, engine: Engine) -> None:
        """An Order acts at `at`, ms."""
        if isinstance(order, StartShadow):
            self.start(order, at, engine)
        else:
            self.drop(order.rule, engine)

    def start(self, order: StartShadow, at: int, engine: Engine) -> None:
        """A candidate judges what begins from `at` on. One that runs already, in shadow or in force, stays as it is:
        then the Order was handed over twice."""
        rule = candidate_in(order)
        if rule is None or engine.book.rule(rule.id) == rule:
            return
        present = self.at_work.get(rule.id)
        if (present is not None and present.rule == rule) or (present is None and len(self.at_work) >= MOST):
            return
        self.drop(rule.id, engine)
        shadow = self.at_work[rule.id] = Shadow(order, rule, at)
        base = engine.rules.get(rule.id)
        if isinstance(rule, Rule) and base is not None:
            shadow.watch = twin_of(base)
            if rule.id in engine.stopped:  # what was not judged meanwhile is not judged later
                twin, shadow.watch = shadow.watch, engine.fresh(base.rule, base.fingerprint, at)
                shadow.watch.judge.adopt(twin.judge)
                shadow.watch.judge.calibrated = twin.judge.calibrated
        followed = engine.matters.watches.get(rule.id)
        if isinstance(rule, MatterRule) and followed is not None:
            self.matters.watches[shadow.name] = twin_of_matters(followed, engine.names)
        self.open(engine, at, engine.counts)
        engine.group()

    def drop(self, rule: str, engine: Engine) -> None:
        """Judge by it no longer; its counts go with the next book, unless others use them."""
        shadow = self.at_work.pop(rule, None)
        if shadow is not None:
            engine.stopped.pop(shadow.name, None)
            engine.apart.pop(shadow.name, None)
            self.matters.watches.pop(shadow.name, None)
            engine.group()

    def open(self, engine: Engine, at: int | None, before: Mapping[str, Counts]) -> None:
        """Judge by the engine's book from now on. `before`: counts that there were, by name."""
        book = engine.book
        fitting = {shadow.name: shadow for shadow in self.at_work.values() if fits(shadow.rule, book)}
        for shadow in self.at_work.values():
            if shadow.name not in fitting:
                shadow.watch = None
                engine.stopped.setdefault(shadow.name, (engine.offset, UNFIT))
            elif engine.stopped.get(shadow.name, (0, ""))[1] == UNFIT:
                del engine.stopped[shadow.name]
        for shadow in fitting.values():
            if isinstance(shadow.rule, Rule):
                name = self._counts_name(shadow, engine, at)
                counts = engine.counts.get(name) or before.get(name)
                engine.counts[name] = counts or engine.new_counts(shadow.rule, book, name, at)
                if shadow.watch is not None and shadow.watch.counts is not engine.counts[name]:
                    shadow.watch.fingerprint = ""  # others count it from now on, and so it begins anew
                shadow.watch = engine.watch(shadow.rule, name, book, at, shadow.watch)
                shadow.watch.name = shadow.name
        on_matters = {name: one.rule for name, one in fitting.items() if isinstance(one.rule, MatterRule)}
        self.matters.open(on_matters, book, at, 0)

    def _counts_name(self, shadow: Shadow, engine: Engine, at: int | None) -> str:
        """The counts that a shadow has, while they serve; else such as it would have in the place of the rule in force,
        so that it may take them along when it is promoted. `at`: None where an engine is made of rows."""
        assert isinstance(shadow.rule, Rule)
        usual, watch = apart_of(shadow.rule, engine.book), shadow.watch
        kept = engine.apart.pop(shadow.name, "")
        if at is None:
            name = kept or usual
        else:
            had = Counted(watch.rule, watch.fingerprint) if watch is not None else None
            name = had.counts if had is not None and goes_on(shadow.rule, engine.book, had) else usual
        if name != usual:
            engine.apart[shadow.name] = name
        return name

    def promote(self, book: Book, engine: Engine) -> None:
        """A book is about to be opened: shadows of the very rules that it brings take the place of what ran."""
        for rule in book.all_rules:
            shadow = self.at_work.get(rule.id)
            if shadow is None or shadow.rule != rule:
                continue
            del self.at_work[rule.id]
            raised = engine.stopped.pop(shadow.name, None)
            followed = self.matters.watches.pop(shadow.name, None)
            if followed is not None:
                hand_over_matters(engine.matters.watches.get(rule.id), followed)
                engine.part_with(rule.id)
                followed.name, engine.matters.watches[rule.id] = rule.id, followed
                if rule.id in engine.stopped:
                    followed.cells.part(engine.tick or 0)
            elif shadow.watch is not None:
                arriving = hand_over(engine.rules.get(rule.id), shadow.watch)
                engine.part_with(rule.id)
                shadow.watch.name, engine.rules[rule.id] = rule.id, shadow.watch
                if rule.id in engine.stopped:  # what was stopped by hand stays so: a start begins anew
                    shadow.watch.speech.part()
                else:
                    engine.arriving += arriving
            if raised is not None and raised[1] != UNFIT and rule.id not in engine.stopped:
                engine.stopped[rule.id] = raised
                engine.broken.append(rule.id)

    # what they hear and say

    def note(self, signals: Iterable[Signal]) -> None:
        """What the rules in force tell, as far as a shadow is held against them."""
        for signal in signals if self.at_work else ():
            if (shadow := self.at_work.get(signal.rule)) is not None and signal.kind in COUNTED:
                shadow.theirs.note([signal])

    def hear(self, dirty: Mapping[str, Touched], engine: Engine) -> None:
        """A frame has changed counts."""
        speaker = engine.speaker() if self.at_work else None
        for shadow in self.at_work.values():
            watch = shadow.watch
            touched = dirty.get(watch.fingerprint) if watch is not None else None
            if watch is None or speaker is None or not touched or watch.name in engine.stopped:
                continue
            if not engine.muted(watch, 0):
                work = lambda w=watch, t=touched: w.hear(t, engine.context(w), speaker)  # noqa: E731 - guarded
                shadow.ours.note(engine.guarded(watch, work))

    def say(self, groups: Iterable[Group], changed: Collection[str], engine: Engine) -> None:
        """The end of a tick; `changed`: feeds that are silent, or heard again."""
        if not self.at_work:
            return
        speaker = engine.speaker()
        judged = {rule.name for group in groups for rule in group.rules}
        for shadow in self.at_work.values():
            watch = shadow.watch
            if watch is None or watch.name not in judged or watch.name in engine.stopped:
                continue
            if watch.woken or any(feed in watch.counts.lateness for feed in changed):
                work = lambda w=watch: w.say(engine.context(w), speaker)  # noqa: E731 - guarded
                shadow.ours.note(engine.guarded(watch, work))
        for signal in self.matters.say(engine, speaker):
            if signal.rule in self.at_work:
                self.at_work[signal.rule].ours.note([signal])


def candidate_in(order: StartShadow) -> Rule | MatterRule | None:
    """The rule that an Order brings; None where it brings none that this version reads."""
    rule: Rule | MatterRule
    try:
        if order.on_matters:
            rule = msgspec.json.decode(order.compiled, type=MatterRule)
        else:
            rule = msgspec.json.decode(order.compiled, type=Rule)
    except msgspec.MsgspecError:
        return None
    return rule if rule.id == order.rule else None


def fits(rule: Rule | MatterRule, book: Book) -> bool:
    """Whether a book has the category and levels that a rule names."""
    levels = isinstance(rule, MatterRule) or not rule.categories or rule.categories in book.categories.levels
    return rule.selector.category in book.categories.by_code and rule.areas in book.areas.levels and levels
