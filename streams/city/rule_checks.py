"""A rule beside everything it names: trees, feeds, detectors, the ladder, desks, languages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rules.book import DetectorSpec, FeedPolicy
from rules.detectors.register import BROKEN, DETECTORS, make, parameters
from streams.city.any_rule_checks import AnyRuleCheck, feeds_of
from streams.city.durations import DAY, HOUR, MINUTE, WEEK, written
from streams.city.rule_file import Once, RuleFile
from streams.city.yaml import Document
from streams.problems import Problems

MOST_OPEN_BUCKETS: Final = 256
_OUT_OF_RANGE: Final = re.compile(r"(\w+) is (.+?): (.+)")
"""How the register refuses a value: name, value, what to do."""


class RuleCheck(AnyRuleCheck[RuleFile]):
    """One rule's checks; each says what it finds at its own place."""

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
        tree = self.around.categories.tree
        if self.rule.categories is None or tree is None:
            return
        if self.rule.categories not in tree.levels:
            self._say(("categories",), "level-unknown", level=self.rule.categories, known=list(tree.levels))
            return
        own = tree.by_code.get(self.rule.counts.category)
        if own and tree.levels.index(self.rule.categories) < tree.levels.index(own.level):
            self._say(("categories",), "level-above", level=self.rule.categories, category=own.code, own=own.level)

    def _feeds(self) -> None:
        if counted := self._named_feeds():
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
        if kind in BROKEN:
            self._say(("detector", "kind"), "detector-broken", kind=kind, why=BROKEN[kind])
            return
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
