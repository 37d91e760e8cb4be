"""A rule beside everything it names: trees, feeds, detectors, the ladder, desks, languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rules.book import DetectorSpec, FeedPolicy
from rules.detectors.register import DETECTORS, make, parameters
from rules.trees import Tree
from streams.city.durations import DAY, HOUR, MINUTE, WEEK, written
from streams.city.names import check_languages, check_names
from streams.city.rule_file import Once, RuleFile
from streams.city.yaml import Document, Path
from streams.problems import Problems, guess

MOST_OPEN_BUCKETS: Final = 256
LONGEST_GUIDANCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a rule is checked against. None: it could not be read, and nothing is said about it."""

    areas: Tree | None
    area_levels: Sequence[str]
    categories: Tree | None
    feeds: Mapping[str, FeedPolicy] | None
    heard: frozenset[tuple[str, str]] | None  # (area, category) roots that a desk answers for
    languages: Sequence[str]
    ladder: Sequence[str]


def feeds_of(rule: RuleFile, feeds: Mapping[str, FeedPolicy]) -> list[FeedPolicy]:
    """The feeds whose events the rule counts."""
    kind = rule.counts.kind
    named = rule.counts.feeds or list(feeds)
    return [feeds[name] for name in named if name in feeds and kind in (None, feeds[name].kind)]


class RuleCheck:
    """One rule's checks; each says what it finds at its own place."""

    def __init__(self, document: Document, rule: RuleFile, around: Surroundings, problems: Problems) -> None:
        self.document = document
        self.rule = rule
        self.around = around
        self.problems = problems

    def run(self) -> None:
        self._identity()
        self._times()
        self._levels()
        self._category()
        self._feeds()
        self._detector()
        self._colours()
        self._people()

    def _say(self, path: Path, message: str, /, **values: object) -> None:
        self.problems.say(self.document.file, self.document.place(path), message, **values)

    def _identity(self) -> None:
        stem = re.sub(r"^.*/|\.yaml$", "", self.document.file)
        if self.rule.id != stem:
            self._say(("id",), "id-not-file", rule=self.rule.id, stem=stem)

    def _times(self) -> None:
        step = self.rule.step
        if step not in (DAY, WEEK) and (step < MINUTE or step > HOUR or HOUR % step):
            self._say(("step",), "step-odd", step=written(step))
            return
        seen: set[int] = set()
        for number, window in enumerate(self.rule.window):
            path = ("window", number)
            if window < step:
                self._say(path, "window-short", window=written(window), step=written(step))
            elif window % step:
                self._say(
                    path, "window-uneven", window=written(window), step=written(step),
                    fits=written(window - window % step),
                )  # fmt: skip
            elif window in seen:
                self._say(path, "listed-twice", value=written(window))
            seen.add(window)
        once = self.rule.once
        if isinstance(once, Once) and once.within == 0:
            self._say(("once", "within"), "once-nothing")

    def _levels(self) -> None:
        levels = list(self.around.area_levels)
        if self.rule.areas not in levels:
            self._say(("areas",), "level-unknown", level=self.rule.areas, known=levels)
        categories = self.around.categories
        if self.rule.categories is None or categories is None:
            return
        if self.rule.categories not in categories.levels:
            self._say(("categories",), "level-unknown", level=self.rule.categories, known=list(categories.levels))
            return
        own = categories.by_code.get(self.rule.counts.category)
        if own and categories.levels.index(self.rule.categories) < categories.levels.index(own.level):
            self._say(("categories",), "level-above", level=self.rule.categories, category=own.code, own=own.level)

    def _category(self) -> None:
        tree, code = self.around.categories, self.rule.counts.category
        if tree is None:
            return
        path = ("counts", "category")
        if code not in tree.by_code:
            self._say(path, "category-unknown", code=code, guess=guess(code, tree.by_code))
        elif self.around.heard is not None and not any(
            tree.holds(category, code) or tree.holds(code, category)
            for _, category in self.around.heard
            if category in tree.by_code
        ):
            self._say(path, "rule-unheard", rule=self.rule.id, category=code)

    def _feeds(self) -> None:
        feeds = self.around.feeds
        if feeds is None:
            return
        for number, name in enumerate(self.rule.counts.feeds):
            if name not in feeds:
                self._say(("counts", "feeds", number), "feed-unknown", feed=name, guess=guess(name, feeds))
            elif self.rule.counts.kind not in (None, feeds[name].kind):
                self._say(
                    ("counts", "feeds", number), "feed-other-kind", feed=name, kind=feeds[name].kind,
                    wanted=self.rule.counts.kind,
                )  # fmt: skip
        counted = feeds_of(self.rule, feeds)
        if not counted and not self.rule.counts.feeds:
            self._say(("counts",), "rule-without-feed", kind=self.rule.counts.kind or "any")
        for feed in counted:
            buckets = -(-feed.lateness // max(self.rule.step, 1))
            if buckets > MOST_OPEN_BUCKETS:
                self._say(
                    ("step",), "too-many-open", feed=feed.name, lateness=written(feed.lateness), count=f"{buckets:,}",
                    step=written(self.rule.step), most=MOST_OPEN_BUCKETS, better=_step_for(feed.lateness),
                )  # fmt: skip
        if isinstance(self.rule.once, Once) and counted and not any(feed.has_place for feed in counted):
            self._say(("once",), "once-without-place", rule=self.rule.id)

    def _detector(self) -> None:
        detector = self.rule.detector
        if detector.kind not in DETECTORS:
            self._say(
                ("detector", "kind"), "detector-unknown", kind=detector.kind, guess=guess(detector.kind, DETECTORS)
            )
            return
        offered = parameters(detector.kind)
        unknown = [name for name in detector.parameters if name not in offered]
        for name in unknown:
            self.problems.say(
                self.document.file, self.document.key_place(("detector", "parameters", name)), "parameter-unknown",
                kind=detector.kind, name=name, guess=guess(name, offered) or "-",
            )  # fmt: skip
        if not unknown:
            try:
                make(DetectorSpec(detector.kind, dict(detector.parameters)))
            except ValueError as fault:
                self._say(("detector", "parameters"), "parameter-refused", kind=detector.kind, why=fault)

    def _colours(self) -> None:
        ladder = list(self.around.ladder)
        before = 0.0
        for colour in [colour for colour in ladder if colour in self.rule.colours]:
            times = self.rule.colours[colour]
            if times <= before:
                self._say(("colours", colour), "colours-order", colour=colour, times=f"{times:g}")
            before = times
        for colour in self.rule.colours:
            if colour not in ladder:
                place = self.document.key_place(("colours", colour))
                self.problems.say(self.document.file, place, "colour-unknown", colour=colour, known=ladder)

    def _people(self) -> None:
        file, rule, languages = self.document.file, self.rule, self.around.languages
        start = self.document.place(())
        if rule.owner is None or not rule.owner.strip():
            self.problems.say(file, start, "rule-without-owner", rule=rule.id)
        for language in languages:
            if not rule.guidance.get(language, "").strip():
                self._say(("guidance",), "rule-without-guidance", rule=rule.id, language=language)
        check_languages(file, self.document.place(("guidance",)), rule.guidance, languages, self.problems)
        if rule.names:
            check_names(file, self.document.place(("names",)), rule.id, rule.names, languages, self.problems)


def _step_for(lateness: int) -> str:
    """The smallest usual step under which a lateness stays within the bound."""
    for step in (10 * MINUTE, 30 * MINUTE, HOUR, DAY, WEEK):
        if -(-lateness // step) <= MOST_OPEN_BUCKETS:
            return written(step)
    return written(WEEK)
