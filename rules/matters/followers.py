"""All rules on matters of a city, at work."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from rules.book import Book, MatterRule
from rules.coming import Coming
from rules.identities import Change
from rules.matters.watch import MatterWatch
from rules.names import Names
from rules.signals import Signal, SignalKind
from rules.speech import Speaker, Told

if TYPE_CHECKING:
    from rules.engine import Engine

Parted = tuple[str, str, SignalKind, Told]
"""(rule, version, kind, what ran): an alert whose rule was stopped or replaced."""


class Followers:
    """Each rule's watch, by the name under which it may be stopped."""

    def __init__(self) -> None:
        self.watches: dict[str, MatterWatch] = {}

    def hear(self, new: Coming, changes: Sequence[Change], names: Names) -> None:
        """New rows, and what was put in and taken back of known ones; each is known from when it arrived."""
        for watch in self.watches.values():
            watch.hear(new, names)
            watch.hear_changes(changes)

    def begin(self, since: int) -> None:
        """Time is known from here on."""
        for watch in self.watches.values():
            watch.begin(since)

    def next_due(self, stopped: Collection[str]) -> int | None:
        """The first step at which a rule that is not stopped may find something changed."""
        dues = [watch.next_due() for name, watch in self.watches.items() if name not in stopped]
        return min((due for due in dues if due is not None), default=None)

    def advance(self, now: int, engine: Engine) -> None:
        """Look at all that is due up to `now`."""
        for name, watch in self.watches.items():
            if name not in engine.stopped:
                engine.guarded(watch, lambda w=watch: w.advance(now, engine.context(w)))

    def say(self, engine: Engine, speaker: Speaker) -> list[Signal]:
        """What is new."""
        said: list[Signal] = []
        for name, watch in self.watches.items():
            if name not in engine.stopped:
                said += watch.cells.say(engine.context(watch), speaker)
        return said

    def start(self, rule: str, at: int) -> None:
        """A rule that was stopped judges again."""
        if rule in self.watches:
            self.watches[rule].start(at)

    def part(self, rule: str, now: int) -> list[Parted]:
        """What a rule has running ends with it."""
        return self._part(self.watches[rule], now) if rule in self.watches else []

    def open(self, rules: Mapping[str, MatterRule], book: Book, at: int | None, now: int) -> list[Parted]:
        """Follow `rules`, by their names, under another book from `at` on (None: the first). One that hears what it
        heard goes on with all its matters; a new one hears what arrives from now on."""
        parted: list[Parted] = []
        before, self.watches = self.watches, {}
        for name, rule in rules.items():
            old = before.get(name)
            if old is not None and old.selects_alike(rule, book):
                before.pop(name).follow(rule, book)
                self.watches[name] = old
                if at is not None:
                    old.start(at)
                continue
            fresh = self.watches[name] = MatterWatch(rule, book, at or 0)
            fresh.name = name
            if at is not None:
                fresh.begin(at)
        for gone in before.values():
            parted += self._part(gone, now)
        return parted

    def _part(self, watch: MatterWatch, now: int) -> list[Parted]:
        rule = watch.rule
        return [(rule.id, rule.version, rule.kind, told) for told in watch.cells.part(now)]
