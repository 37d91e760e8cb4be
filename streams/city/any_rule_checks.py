"""What is asked of a rule of either kind, beside all that it names: id, level, category, feeds, colours, people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from rules.book import FeedPolicy
from streams.city.city_file import CityFile
from streams.city.matter_file import MatterRuleFile
from streams.city.names import check_languages, check_written_names
from streams.city.rule_file import RuleFile
from streams.city.tree_checks import Grown
from streams.city.yaml import Document, Path
from streams.problems import Problems

AnyRule = TypeVar("AnyRule", bound=RuleFile | MatterRuleFile)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a rule is checked against. None: it could not be read, and nothing is said about it."""

    city: CityFile
    areas: Grown
    categories: Grown
    feeds: Mapping[str, FeedPolicy] | None
    stages: Mapping[str, frozenset[str]]  # feed -> the stages that its events may have
    heard: frozenset[str] | None  # categories that a desk answers for, somewhere


def feeds_of(rule: RuleFile | MatterRuleFile, feeds: Mapping[str, FeedPolicy]) -> list[FeedPolicy]:
    """The feeds whose events the rule counts, or whose matters it follows."""
    kind = rule.counts.kind
    named = rule.counts.feeds or list(feeds)
    return [feeds[name] for name in named if name in feeds and kind in (None, feeds[name].kind)]


class AnyRuleCheck(Generic[AnyRule]):
    """One rule's checks; each says what it finds at its own place."""

    def __init__(self, document: Document, rule: AnyRule, around: Surroundings, problems: Problems) -> None:
        self.document = document
        self.rule = rule
        self.around = around
        self.problems = problems

    def _say(self, path: Path, message: str, /, **values: object) -> None:
        self.problems.say(self.document.file, self.document.place(path), message, **values)

    def _identity(self) -> None:
        stem = re.sub(r"^.*/|\.yaml$", "", self.document.file)
        if self.rule.id != stem:
            self._say(("id",), "id-not-file", rule=self.rule.id, stem=stem)
        levels = self.around.city.area_levels
        if levels and self.rule.areas not in levels:
            self._say(("areas",), "level-unknown", level=self.rule.areas, known=list(levels))

    def _category(self) -> None:
        """The category that it counts or follows, and the desks that would hear of it."""
        path, code = ("counts", "category"), self.rule.counts.category
        self._known_category(path, code)
        tree = self.around.categories.tree
        if tree is not None and code in tree.by_code and self.around.heard is not None:
            heard = [category for category in self.around.heard if category in tree.by_code]
            if not any(tree.holds(category, code) or tree.holds(code, category) for category in heard):
                self._say(path, "rule-unheard", rule=self.rule.id, category=code)

    def _known_category(self, path: Path, code: str) -> None:
        known = self.around.categories.nodes
        if known is not None and code not in known:
            self._say(path, "category-unknown", code=code, guess=self.problems.guess(code, known))

    def _named_feeds(self) -> list[FeedPolicy]:
        """Says what is wrong with the feeds that it names; those that are left."""
        feeds, counts = self.around.feeds, self.rule.counts
        if feeds is None:
            return []
        for number, name in enumerate(counts.feeds):
            path = ("counts", "feeds", number)
            if name not in feeds:
                self._say(path, "feed-unknown", feed=name, guess=self.problems.guess(name, feeds))
            elif counts.kind not in (None, feeds[name].kind):
                self._say(path, "feed-other-kind", feed=name, kind=feeds[name].kind, wanted=counts.kind)
        found = feeds_of(self.rule, feeds)
        if not found and not counts.feeds:
            self._say(("counts",), "rule-without-feed", kind=counts.kind or "any")
        return found

    def _colours(self) -> None:
        ladder, before = self.around.city.colours, 0.0
        if not ladder:
            return
        for colour in [colour for colour in ladder if colour in self.rule.colours]:
            times = self.rule.colours[colour]
            if times <= before:
                self._say(("colours", colour), "colours-order", colour=colour, times=f"{times:g}")
            before = times
        for colour in self.rule.colours:
            if colour not in ladder:
                place = self.document.key_place(("colours", colour))
                self.problems.say(self.document.file, place, "colour-unknown", colour=colour, known=list(ladder))

    def _people(self) -> None:
        rule, languages = self.rule, self.around.city.languages
        if rule.owner is None or not rule.owner.strip():
            self._say((), "rule-without-owner", rule=rule.id)
        for language in languages:
            if not rule.guidance.get(language, "").strip():
                self._say(("guidance",), "rule-without-guidance", rule=rule.id, language=language)
        check_languages(self.document, ("guidance",), rule.guidance, languages, self.problems)
        if rule.names:
            check_written_names(self.document, ("names",), rule.id, rule.names, languages, self.problems)
