"""A rule on matters beside everything it names, and as the engine reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal

from rules.book import Entries, FeedPolicy, MatterRule, Selector
from rules.matters.table import Deadlines
from streams.city.any_rule_checks import AnyRuleCheck
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
from streams.city.yaml import Path

LONGEST_ABSENCE: Final = WEEK
"""Beyond, it is no longer remembered whether a feed was heard."""
LONGEST: Final = 366 * DAY


class MatterCheck(AnyRuleCheck[MatterRuleFile]):
    """One rule's checks; each says what it finds at its own place."""

    def run(self) -> None:
        self._identity()
        self._times()
        self._category()
        self._steps(self._named_feeds())
        self._colours()
        self._people()

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

    def _steps(self, heard: Sequence[FeedPolicy]) -> None:
        """The stages and categories that it names; for deadlines, the table."""
        stages = frozenset[str]().union(*(self.around.stages.get(feed.name, frozenset()) for feed in heard))
        for path, step in _named(self.rule):
            if step.category is not None:
                self._known_category((*path, "category"), step.category)
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
