"""The book: everything the engine must know to judge a city. Compiled from the city's folder.

A book is a value with a digest; it takes effect by an Order, and lies in the journal under its digest
as long as frames that it judged are kept.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import Final, Literal

import msgspec

from rules.calendar import Calendar
from rules.matters.table import Deadlines
from rules.trees import Tree

EventKind = Literal["incident", "petition"]
MatterKind = Literal["deadline", "repeat", "sequence", "absence"]
NO_PROMISE: Final = frozenset({"threshold", "ratio", "first_seen"})
"""Detectors that promise nothing about false alarms."""


class FeedPolicy(msgspec.Struct, frozen=True):
    """What the engine must know of a feed. Durations in ms."""

    name: str
    kind: EventKind
    lateness: int  # an event that arrives later than this after it occurred is too late
    horizon: int = 7 * 86_400_000  # identities are remembered this long
    skew: int = 300_000  # an event further than this ahead of its arrival is held
    silence: bool = True  # judged by its own rate; False: silence is normal
    has_place: bool = False
    self_initiated: bool = False
    names: dict[str, str] = {}


class Selector(msgspec.Struct, frozen=True):
    """Which rows a rule counts. Empty tuples mean "all"."""

    category: str
    kind: EventKind | None = None
    feeds: tuple[str, ...] = ()
    stages: tuple[str, ...] = ("filed",)
    self_initiated: bool = False
    severities: tuple[int, ...] = ()


class DetectorSpec(msgspec.Struct, frozen=True):
    """A registered detector kind and its parameters."""

    kind: str
    parameters: dict[str, float] = {}


class Override(msgspec.Struct, frozen=True):
    """Other parameters of a rule in an area and below it. `by`: the duty number of whoever wrote it last."""

    area: str
    rarer: float = 1.0  # so many times rarer than the promise, as colours are
    at_least: int | None = None
    reason: str = ""
    by: str = ""
    on: str = ""  # local date, or empty


class Rule(msgspec.Struct, frozen=True):
    """A rule as the engine reads it. Durations in ms; `step` may be 1d or 1w by `calendar_step`."""

    id: str
    version: str  # content hash of the rule's text, first 12 hex digits
    selector: Selector
    areas: str  # level of the area tree: series are kept there and above
    windows: tuple[int, ...]  # ms, ascending, multiples of step
    step: int  # ms
    detector: DetectorSpec
    categories: str = ""  # level of the category tree; "" is the selector's node alone
    calendar_step: Literal["", "day", "week"] = ""
    false_alarms: float = 2.0  # promised per month and first desk
    colours: tuple[tuple[str, float], ...] = (("yellow", 1.0), ("orange", 10.0), ("red", 100.0))
    keep: int = 7_200_000
    once_within: int = 0  # 0: every row counts; else rows of one place and category within this count once
    at_least: int = 3
    attribution: bool = True
    owner: str = ""
    names: dict[str, str] = {}
    guidance: dict[str, str] = {}
    overrides: tuple[Override, ...] | msgspec.UnsetType = msgspec.UNSET  # left out where there are none: same digest

    def override_at(self, area: str, tree: Tree) -> Override | None:
        """What holds in an area instead: of the overrides of it and of the areas that hold it, the nearest; what that
        one does not say is inherited from the next."""
        if not self.overrides:
            return None
        by_area = {one.area: one for one in self.overrides}
        near = [by_area[code] for code in tree.paths.get(area, ()) if code in by_area]
        if not near:
            return None
        rarer = next((one.rarer for one in near if one.rarer != 1.0), 1.0)
        at_least = next((one.at_least for one in near if one.at_least is not None), None)
        return msgspec.structs.replace(near[0], rarer=rarer, at_least=at_least)


class Entries(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which entries of a matter are meant. "" and empty: all that the rule hears."""

    category: str = ""
    stages: tuple[str, ...] = ()


class MatterRule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rule on single matters, as the engine reads it. Durations in ms; what each kind takes: rules/matters."""

    id: str
    version: str  # content hash of the rule's text, first 12 hex digits
    kind: MatterKind
    selector: Selector
    areas: str  # level of the area tree: an alert names an area of it, or one above
    step: int  # it looks at matters at each multiple
    on: Literal["matter", "place", "area"] = "matter"
    warned: int = 20  # deadline: percent of the time that are left when a matter is due soon
    n: int = 1  # repeat: contacts that speak; sequence: how many of `first`
    within: int = 0
    keep: int = 0  # sequence, absence: how long it speaks
    first: Entries = Entries()  # sequence, absence; of repeat: the contacts
    then: Entries = Entries()  # sequence, absence; of repeat: what ends it
    at_least: int = 1  # fewer matters of one office and area never speak
    follow: int = 366 * 86_400_000  # a matter without news for so long is followed no more
    colours: tuple[tuple[str, float], ...] = (("yellow", 1.0),)  # from so many late matters on
    owner: str = ""
    names: dict[str, str] = {}
    guidance: dict[str, str] = {}


class DeskReach(msgspec.Struct, frozen=True):
    """What a desk answers for: the subtrees of areas x categories. Most specific pair wins."""

    desk: str
    areas: tuple[str, ...]
    categories: tuple[str, ...]
    names: dict[str, str] = {}


class Book(msgspec.Struct, frozen=True, dict=True):
    city: str
    areas: Tree
    categories: Tree
    calendar: Calendar
    feeds: tuple[FeedPolicy, ...]
    rules: tuple[Rule, ...]
    desks: tuple[DeskReach, ...]
    ladder: tuple[str, ...] = ("blue", "yellow", "orange", "red")  # lowest rank first
    names: dict[str, str] = {}
    matter_rules: tuple[MatterRule, ...] | msgspec.UnsetType = msgspec.UNSET  # unset: none, as before there were any
    deadlines: Deadlines | msgspec.UnsetType = msgspec.UNSET

    @property
    def on_matters(self) -> tuple[MatterRule, ...]:
        return self.matter_rules or ()

    @property
    def table(self) -> Deadlines:
        """The city's legal clocks."""
        return self.deadlines or Deadlines()

    @property
    def all_rules(self) -> tuple[Rule | MatterRule, ...]:
        """On counts and on matters, by id."""
        return tuple(sorted((*self.rules, *self.on_matters), key=lambda rule: rule.id))

    @property
    def but_for_rules(self) -> tuple[object, ...]:
        """All that a release of rules leaves as it is."""
        return (self.areas, self.categories, self.calendar, self.feeds, self.desks, self.ladder)

    def rule(self, rule_id: str) -> Rule | MatterRule | None:
        found: Rule | MatterRule | None = next((rule for rule in self.rules if rule.id == rule_id), None)
        return found or next((rule for rule in self.on_matters if rule.id == rule_id), None)

    @cached_property
    def digest(self) -> str:
        """Content hash, 32 hex digits."""
        return hashlib.blake2b(encode(self), digest_size=16).hexdigest()

    @cached_property
    def feed_by_name(self) -> dict[str, FeedPolicy]:
        return {feed.name: feed for feed in self.feeds}

    @cached_property
    def _desks(self) -> dict[tuple[str, str], str]:
        return {}

    def first_desk(self, area: str, category: str) -> str:
        """The most specific desk for (area, category); "" where `tocsin check` was not heeded."""
        found = self._desks.get((area, category))
        if found is None:
            found = self._desks[area, category] = self._find_desk(area, category)
        return found

    def _find_desk(self, area: str, category: str) -> str:
        best, best_depth = "", (-1, -1)
        for desk in self.desks:
            for a in desk.areas:
                for c in desk.categories:
                    if self.areas.holds(a, area) and self.categories.holds(c, category):
                        depth = (self.areas.depth(a), self.categories.depth(c))
                        if depth > best_depth:
                            best, best_depth = desk.desk, depth
        return best


def encode(book: Book) -> bytes:
    return msgspec.json.encode(book, order="deterministic")


def decode(data: bytes) -> Book:
    return msgspec.json.decode(data, type=Book)
