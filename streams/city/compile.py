"""From checked files to the book that the engine reads."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from msgspec import UNSET

from alerts.desks import Desk
from rules.book import Book, DeskReach, DetectorSpec, FeedPolicy, MatterRule, Override, Rule, Selector
from rules.calendar import Calendar
from rules.matters.table import Deadlines
from rules.trees import Tree
from streams.city.any_rule_checks import feeds_of
from streams.city.city_file import CityFile
from streams.city.durations import HOUR
from streams.city.rule_file import Once, RuleFile


def compile_book(
    city: CityFile,
    areas: Tree,
    categories: Tree,
    calendar: Calendar,
    feeds: Mapping[str, FeedPolicy],
    rules: Sequence[tuple[RuleFile, str]],
    desks: Sequence[Desk],
    matter_rules: Sequence[MatterRule] = (),
    deadlines: Deadlines | None = None,
) -> Book:
    """`rules`: each with the text it was read from, whose hash is its version. Everything in order of its id."""
    return Book(
        city=city.name,
        areas=areas,
        categories=categories,
        calendar=calendar,
        feeds=tuple(feeds[name] for name in sorted(feeds)),
        rules=tuple(
            compile_rule(rule, text, feeds, city.colours) for rule, text in sorted(rules, key=lambda pair: pair[0].id)
        ),
        desks=tuple(DeskReach(desk.id, desk.areas, desk.categories, dict(desk.names)) for desk in desks),
        ladder=tuple(city.colours),
        names=dict(city.names),
        matter_rules=tuple(sorted(matter_rules, key=lambda rule: rule.id)) or UNSET,
        deadlines=deadlines if deadlines is not None and matter_rules else UNSET,
    )


def compile_rule(rule: RuleFile, text: str, feeds: Mapping[str, FeedPolicy], ladder: Sequence[str]) -> Rule:
    """The rule as the engine reads it."""
    counts = rule.counts
    return Rule(
        id=rule.id,
        version=version_of(text),
        selector=Selector(
            category=counts.category,
            kind=counts.kind,
            feeds=tuple(sorted(set(counts.feeds))),
            stages=tuple(sorted(set(counts.stages))),
            self_initiated=counts.self_initiated,
            severities=tuple(sorted(set(counts.severities))),
        ),
        areas=rule.areas,
        categories=rule.categories or "",
        windows=tuple(sorted(rule.window)),
        step=rule.step,
        calendar_step=rule.calendar_step,
        detector=DetectorSpec(rule.detector.kind, dict(rule.detector.parameters)),
        false_alarms=rule.false_alarms,
        colours=tuple((colour, rule.colours[colour]) for colour in ladder if colour in rule.colours),
        keep=rule.keep,
        once_within=_once_within(rule, feeds),
        at_least=rule.at_least,
        attribution=rule.attribution != "none",
        owner=rule.owner or "",
        names=dict(rule.names),
        guidance=dict(rule.guidance),
        overrides=overrides_of(rule) or UNSET,
    )


def overrides_of(rule: RuleFile) -> tuple[Override, ...]:
    """In order of their areas' codes."""
    return tuple(
        Override(one.area, one.rarer, one.at_least, one.reason.strip(), one.by, one.on or "")
        for one in sorted(rule.overrides, key=lambda one: one.area)
    )


def version_of(text: str) -> str:
    """Content hash of a rule's text, 12 hex digits; line ends and blanks at line ends do not count."""
    lines = "\n".join(line.rstrip() for line in text.splitlines()).strip()
    return hashlib.blake2b(lines.encode(), digest_size=6).hexdigest()


def _once_within(rule: RuleFile, feeds: Mapping[str, FeedPolicy]) -> int:
    if isinstance(rule.once, Once):
        return rule.once.within
    spikes = rule.once is None and rule.detector.kind != "threshold"
    return HOUR if spikes and any(feed.has_place for feed in feeds_of(rule, feeds)) else 0
