"""A rule on matters beside everything it names, and as the engine reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from rules.book import Entries, MatterRule, Selector
from rules.matters.table import Deadlines
from streams.city.compile import version_of
from streams.city.durations import DAY, HOUR, MINUTE, WEEK, written
from streams.city.matter_file import (
    AbsenceForm,
    DeadlineForm,
    First,
    MatterRuleFile,
    RepeatForm,
    SequenceForm,
    Step,
)
from streams.city.names import check_languages, check_written_names
from streams.city.rule_checks import Surroundings
from streams.city.yaml import Document, Path
from streams.problems import Problems

LONGEST_ABSENCE: Final = WEEK
"""Beyond, it is no longer remembered whether a feed was heard."""
LONGEST: Final = 366 * DAY


class MatterCheck:
    """One rule's checks; each says what it finds at its own place."""

    def __init__(self, document: Document, rule: MatterRuleFile, around: Surroundings, problems: Problems) -> None:
        self.document = document
        self.rule = rule
        self.around = around
        self.problems = problems

    def run(self) -> None:
        self._identity()
        self._times()
        self._selects()
        self._steps()
        self._colours()
        self._people()

    def _say(self, path: Path, message: str, /, **values: object) -> None:
        self.problems.say(self.document.file, self.document.place(path), message, **values)

    def _identity(self) -> None:
        stem = re.sub(r"^.*/|\.yaml$", "", self.document.file)
        if self.rule.id != stem:
            self._say(("id",), "id-not-file", rule=self.rule.id, stem=stem)
        levels = self.around.city.area_levels
        if levels and self.rule.areas not in levels:
            self._say(("areas",), "level-unknown", level=self.rule.areas, known=list(levels))

    def _times(self) -> None:
        rule, matters = self.rule, self.rule.matters
        if rule.step < MINUTE or rule.step > HOUR or HOUR % rule.step:
            self._say(("step",), "not-one-of", value=written(rule.step), known="1m, 5m, 10m, 15m, 30m, 1h")
        if rule.follow < DAY:
            self._say(("follow",), "out-of-bounds", value=written(rule.follow), bound="≥ 1d")
        if isinstance(matters, DeadlineForm):
            return
        if not rule.step <= matters.within <= LONGEST:
            bound = f"{written(rule.step)} … {written(LONGEST)}"
            self._say(("matters", "within"), "out-of-bounds", value=written(matters.within), bound=bound)
        elif isinstance(matters, AbsenceForm) and matters.within + matters.keep > LONGEST_ABSENCE:
            together, longest = written(matters.within + matters.keep), written(LONGEST_ABSENCE)
            self._say(("matters", "within"), "absence-long", together=together, longest=longest)
        if not isinstance(matters, RepeatForm) and not rule.step <= matters.keep <= LONGEST:
            bound = f"{written(rule.step)} … {written(LONGEST)}"
            self._say(("matters", "keep"), "out-of-bounds", value=written(matters.keep), bound=bound)

    def _selects(self) -> None:
        """The category, the feeds, and the desks that would hear it."""
        known, code = self.around.categories, self.rule.counts.category
        self._category(("counts", "category"), code)
        if known.tree is not None and code in known.tree.by_code and self.around.heard is not None:
            tree = known.tree
            heard = [category for category in self.around.heard if category in tree.by_code]
            if not any(tree.holds(category, code) or tree.holds(code, category) for category in heard):
                self._say(("counts", "category"), "rule-unheard", rule=self.rule.id, category=code)
        feeds, kind = self.around.feeds, self.rule.counts.kind
        if feeds is None:
            return
        for number, name in enumerate(self.rule.counts.feeds):
            path = ("counts", "feeds", number)
            if name not in feeds:
                self._say(path, "feed-unknown", feed=name, guess=self.problems.guess(name, feeds))
            elif kind not in (None, feeds[name].kind):
                self._say(path, "feed-other-kind", feed=name, kind=feeds[name].kind, wanted=kind)
        if not self._heard() and not self.rule.counts.feeds:
            self._say(("counts",), "rule-without-feed", kind=kind or "any")

    def _heard(self) -> list[str]:
        """The feeds that the rule hears."""
        feeds, counts = self.around.feeds or {}, self.rule.counts
        return [n for n, feed in feeds.items() if n in (counts.feeds or feeds) and counts.kind in (None, feed.kind)]

    def _category(self, path: Path, code: str) -> None:
        known = self.around.categories.nodes
        if known is not None and code not in known:
            self._say(path, "category-unknown", code=code, guess=self.problems.guess(code, known))

    def _steps(self) -> None:
        """The stages and categories that it names; for deadlines, the table."""
        stages = frozenset[str]().union(*(self.around.stages.get(name, frozenset()) for name in self._heard()))
        for path, step in _named(self.rule):
            if step.category is not None:
                self._category((*path, "category"), step.category)
            self._stages((*path, "stages"), step.stages, stages)
        matters = self.rule.matters
        if isinstance(matters, RepeatForm):
            both = (("stages", matters.stages), ("ends_with", matters.ends_with))
            for key, given in both:
                if key in matters.model_fields_set:
                    self._stages(("matters", key), given, stages)
        elif isinstance(matters, SequenceForm | AbsenceForm) and _same(matters.first, matters.then):
            self._say(("matters", "then"), "steps-alike")

    def _stages(self, path: Path, given: Sequence[str], known: frozenset[str]) -> None:
        for number, stage in enumerate(given):
            if known and stage not in known:
                guess = self.problems.guess(stage, known)
                self._say((*path, number), "stage-unknown", stage=stage, guess=guess)

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


def _named(rule: MatterRuleFile) -> Iterator[tuple[Path, Step]]:
    matters = rule.matters
    if isinstance(matters, SequenceForm | AbsenceForm):
        yield ("matters", "first"), matters.first
        yield ("matters", "then"), matters.then


def _same(first: Step, then: Step) -> bool:
    return (first.category, sorted(first.stages)) == (then.category, sorted(then.stages))


def compile_matter_rule(rule: MatterRuleFile, text: str, ladder: Sequence[str], table: Deadlines) -> MatterRule:
    """The rule as the engine reads it."""
    counts, matters = rule.counts, rule.matters
    first, then, stages = Entries(), Entries(), sorted(table.stages)
    warned, n, within, keep = 20, 1, 0, 0
    on: Literal["matter", "place", "area"] = "matter"
    if isinstance(matters, DeadlineForm):
        warned = matters.warn_at
    elif isinstance(matters, RepeatForm):
        first, then = Entries("", tuple(matters.stages)), Entries("", tuple(matters.ends_with))
        stages = sorted({*matters.stages, *matters.ends_with})
        n, within, on = matters.contacts, matters.within, matters.on
    else:
        first, then = _entries(matters.first), _entries(matters.then)
        stages = sorted({*first.stages, *then.stages}) if first.stages and then.stages else []
        within, keep, on = matters.within, matters.keep, matters.on
        n = matters.first.times if isinstance(matters.first, First) else 1
    selector = Selector(
        counts.category, counts.kind, tuple(sorted(set(counts.feeds))), tuple(stages), counts.self_initiated,
        tuple(sorted(set(counts.severities))),
    )  # fmt: skip
    return MatterRule(
        rule.id,
        version_of(text),
        matters.rule,
        selector,
        rule.areas,
        rule.step,
        on,
        warned,
        n,
        within,
        keep,
        first,
        then,
        rule.at_least,
        rule.follow,
        tuple((colour, rule.colours[colour]) for colour in ladder if colour in rule.colours),
        rule.owner or "",
        dict(rule.names),
        dict(rule.guidance),
    )


def _entries(step: Step) -> Entries:
    return Entries(step.category or "", tuple(step.stages))
