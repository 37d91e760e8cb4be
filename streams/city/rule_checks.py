"""A rule beside everything it names: trees, feeds, detectors, the ladder, desks, languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from rules.book import DetectorSpec, FeedPolicy
from rules.detectors.register import DETECTORS, make, parameters
from streams.city.city_file import CityFile
from streams.city.durations import DAY, HOUR, MINUTE, WEEK, written
from streams.city.names import check_languages, check_written_names
from streams.city.rule_file import Once, RuleFile
from streams.city.tree_checks import Grown
from streams.city.yaml import Document, Path
from streams.problems import Problems

MOST_OPEN_BUCKETS: Final = 256


_OUT_OF_RANGE: Final = re.compile(r"(\w+) is (.+?): (.+)")
"""How the register refuses a value: name, value, what to do."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a rule is checked against. None: it could not be read, and nothing is said about it."""

    city: CityFile
    areas: Grown
    categories: Grown
    feeds: Mapping[str, FeedPolicy] | None
    stages: Mapping[str, frozenset[str]]  # feed -> the stages that its events may have
    heard: frozenset[str] | None  # categories that a desk answers for, somewhere


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
        self._overrides()
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
                fits = written(window - window % step)
                self._say(path, "window-uneven", window=written(window), step=written(step), fits=fits)
            elif window in seen:
                self._say(path, "listed-twice", value=written(window))
            seen.add(window)
        if "keep" in self.rule.model_fields_set and self.rule.keep < step:
            self._say(("keep",), "keep-short", keep=written(self.rule.keep), step=written(step))
        once = self.rule.once
        if isinstance(once, Once) and once.within == 0:
            self._say(("once", "within"), "once-nothing")

    def _levels(self) -> None:
        levels = self.around.city.area_levels
        if levels and self.rule.areas not in levels:
            self._say(("areas",), "level-unknown", level=self.rule.areas, known=list(levels))
        tree = self.around.categories.tree
        if self.rule.categories is None or tree is None:
            return
        if self.rule.categories not in tree.levels:
            self._say(("categories",), "level-unknown", level=self.rule.categories, known=list(tree.levels))
            return
        own = tree.by_code.get(self.rule.counts.category)
        if own and tree.levels.index(self.rule.categories) < tree.levels.index(own.level):
            self._say(("categories",), "level-above", level=self.rule.categories, category=own.code, own=own.level)

    def _category(self) -> None:
        known, code = self.around.categories, self.rule.counts.category
        path = ("counts", "category")
        if known.nodes is not None and code not in known.nodes:
            self._say(path, "category-unknown", code=code, guess=self.problems.guess(code, known.nodes))
        elif known.tree is not None and self.around.heard is not None:
            tree = known.tree
            heard = [category for category in self.around.heard if category in tree.by_code]
            if not any(tree.holds(category, code) or tree.holds(code, category) for category in heard):
                self._say(path, "rule-unheard", rule=self.rule.id, category=code)

    def _feeds(self) -> None:
        feeds = self.around.feeds
        if feeds is None:
            return
        kind = self.rule.counts.kind
        for number, name in enumerate(self.rule.counts.feeds):
            path = ("counts", "feeds", number)
            if name not in feeds:
                self._say(path, "feed-unknown", feed=name, guess=self.problems.guess(name, feeds))
            elif kind not in (None, feeds[name].kind):
                self._say(path, "feed-other-kind", feed=name, kind=feeds[name].kind, wanted=kind)
        counted = feeds_of(self.rule, feeds)
        if not counted and not self.rule.counts.feeds:
            self._say(("counts",), "rule-without-feed", kind=kind or "any")
        if counted:
            self._counted(counted)

    def _counted(self, feeds: Sequence[FeedPolicy]) -> None:
        """What the feeds that are counted allow: stages, lateness, places."""
        stages = frozenset[str]().union(*(self.around.stages[feed.name] for feed in feeds))
        for number, stage in enumerate(self.rule.counts.stages):
            if stage not in stages:
                meant = self.problems.guess(stage, stages)
                self._say(("counts", "stages", number), "stage-unknown", stage=stage, guess=meant)
        step = max(self.rule.step, MINUTE)
        for feed in feeds:
            buckets = -(-feed.lateness // step)
            if buckets > MOST_OPEN_BUCKETS:
                self._say(
                    ("step",),
                    "too-many-open",
                    feed=feed.name,
                    lateness=written(feed.lateness),
                    count=f"{buckets:,}",
                    step=written(step),
                    most=MOST_OPEN_BUCKETS,
                    better=_step_for(feed.lateness),
                )
        if isinstance(self.rule.once, Once) and not any(feed.has_place for feed in feeds):
            self._say(("once",), "once-without-place", rule=self.rule.id)

    def _detector(self) -> None:
        kind, given = self.rule.detector.kind, self.rule.detector.parameters
        if kind not in DETECTORS:
            self._say(("detector", "kind"), "detector-unknown", kind=kind, guess=self.problems.guess(kind, DETECTORS))
            return
        offered = parameters(kind)
        for name, value in given.items():
            path = ("detector", "parameters", name)
            if name not in offered:
                meant = self.problems.guess(name, offered or ["-"])
                place = self.document.key_place(path)
                self.problems.say(self.document.file, place, "parameter-unknown", kind=kind, name=name, guess=meant)
                continue
            try:
                make(DetectorSpec(kind, {name: value}))
            except ValueError as fault:
                told = _OUT_OF_RANGE.fullmatch(str(fault))
                why = told[3] if told else str(fault)
                self._say(path, "parameter-refused", kind=kind, name=name, value=f"{value:g}", why=why)
        if kind == "accumulated" and self.rule.step != DAY:
            self._say(("step",), "step-not-a-day", kind=kind, step=written(self.rule.step))
        self._windows_of(kind, given.get("guard_days", offered.get("guard_days", 0.0)))

    def _windows_of(self, kind: str, guard_days: float) -> None:
        """The windows that a detector can judge; the others judge any."""
        least, most = 0, 0
        if kind == "drop":
            least, most = self.rule.step, WEEK  # a feed's events are remembered for so long, to tell its silences
        elif kind == "accumulated":
            least, most = 3 * DAY, int(guard_days) * DAY  # beyond, a baseline would learn what it is to judge
        elif kind == "first_seen":
            lateness = max((feed.lateness for feed in feeds_of(self.rule, self.around.feeds or {})), default=0)
            least, most = (
                DAY + -(-lateness // HOUR) * HOUR,
                4 * WEEK,
            )  # by then a refit knows the first event, and it is told once
        for number, window in enumerate(self.rule.window):
            if most and not least <= window <= most:
                told = {"kind": kind, "window": written(window), "least": written(least), "most": written(most)}
                self._say(("window", number), "window-not-judged", **told)

    def _colours(self) -> None:
        ladder = self.around.city.colours
        if not ladder:
            return
        before = 0.0
        for colour in [colour for colour in ladder if colour in self.rule.colours]:
            times = self.rule.colours[colour]
            if times <= before:
                self._say(("colours", colour), "colours-order", colour=colour, times=f"{times:g}")
            before = times
        for colour in self.rule.colours:
            if colour not in ladder:
                place = self.document.key_place(("colours", colour))
                self.problems.say(self.document.file, place, "colour-unknown", colour=colour, known=list(ladder))

    def _overrides(self) -> None:
        """Each names an area that the rule keeps series of, once, and changes something there."""
        levels, known = self.around.city.area_levels, self.around.areas
        kept = levels[: levels.index(self.rule.areas) + 1] if self.rule.areas in levels else levels
        seen: dict[str, int] = {}
        for number, one in enumerate(self.rule.overrides):
            path = ("overrides", number, "area")
            node = known.nodes.get(one.area) if known.nodes is not None else None
            if known.nodes is not None and node is None:
                self._say(path, "area-unknown", code=one.area, guess=self.problems.guess(one.area, known.nodes))
            elif node is not None and node.level not in kept:
                self._say(path, "override-too-fine", area=one.area, level=node.level, kept=self.rule.areas)
            elif one.area in seen:
                line = self.document.place(("overrides", seen[one.area], "area")).line
                self._say(path, "override-twice", area=one.area, line=line)
            elif one.rarer == 1.0 and one.at_least is None:
                self._say(("overrides", number), "override-nothing", area=one.area)
            seen.setdefault(one.area, number)

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


def check_twins(rules: Sequence[tuple[Document, RuleFile]], problems: Problems) -> None:
    """Says every rule that judges what another one judges: a desk would be told everything twice."""
    first: dict[object, Document] = {}
    for document, rule in rules:
        other = first.setdefault(_judged(rule), document)
        if other is not document:
            problems.say(document.file, document.place(("id",)), "rule-twin", rule=rule.id, other=other.file)


def _judged(rule: RuleFile) -> tuple[object, ...]:
    """What makes rules twins: whatever they promise, show or forget, they count and judge the same by the same law."""
    counts, detector = rule.counts, rule.detector
    selector = (counts.kind, counts.category, counts.self_initiated)
    lists = (frozenset(counts.feeds), frozenset(counts.stages), frozenset(counts.severities))
    law = (detector.kind, frozenset(detector.parameters.items()))
    kept = (rule.areas, rule.categories, rule.once, rule.at_least, rule.attribution)
    return (selector, lists, frozenset(rule.window), rule.step, law, kept)


def _step_for(lateness: int) -> str:
    """The smallest usual step under which a lateness stays within the bound."""
    for step in (10 * MINUTE, 30 * MINUTE, HOUR, DAY, WEEK):
        if -(-lateness // step) <= MOST_OPEN_BUCKETS:
            return written(step)
    return written(WEEK)
