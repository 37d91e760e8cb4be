"""Drafts of a served city's rules (`alerts.drafting.Drafting`): kept, checked by the code that reads the city."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from alerts.access.roles import NUMBER
from alerts.drafting import Checked, Draft, Mark, Override, Texts
from alerts.workfaults import WorkRefused
from streams.city import City, read_city
from streams.city.case_checks import ENDING, read_cases
from streams.city.folder import RULES
from streams.city.schema import LONGEST_CODE, is_code
from streams.clock import Clock
from streams.problems import Problem
from streams.releases import Shelf, drift
from streams.workshop import in_force
from streams.workshop.drafts import Drafts
from streams.workshop.overriding import overrides_in, with_overrides

NOBODY: Final = "0"
"""Who wrote an override while the city had no accounts yet: a rule's file takes duty numbers alone."""
_ID: Final = re.compile(r"^id\s*:.*$", re.MULTILINE)


class Writing:
    """Any thread. `city`: as it is served now."""

    def __init__(self, city: Callable[[], City], data: Path, shelf: Shelf, clock: Clock) -> None:
        self._city = city
        self._shelf = shelf
        self._clock = clock
        self._drafts = Drafts(data)

    # what runs

    def files(self) -> dict[str, bytes]:
        """The rule files that run."""
        return in_force.texts(self._city().folder, self._shelf)

    def texts(self, rule: str) -> Texts:
        return in_force.of_rule(self.files(), rule)

    # what is written

    def drafts(self) -> Sequence[Draft]:
        files = self.files()
        found = [self._drafts.get(name) for name in self._drafts.names()]
        return [draft for draft in found if draft is not None and not self._came(draft, files)]

    def draft(self, rule: str) -> Draft | None:
        found = self._drafts.get(rule) if is_rule(rule) else None
        return None if found is None or self._came(found, self.files()) else found

    def _came(self, draft: Draft, files: dict[str, bytes]) -> bool:
        """Whether it has come in force: then it is none any more."""
        if in_force.of_rule(files, draft.rule) != draft.texts:
            return False
        with contextlib.suppress(WorkRefused):  # somebody has begun another one meanwhile, or it cannot be cleared away
            self._drafts.drop(draft.rule, draft.stamp)
        return True

    def begin(self, rule: str, copied: str, by: str) -> Draft:
        if not is_rule(rule):
            raise WorkRefused("rule_name")
        files = self.files()
        if in_force.of_rule(files, rule).rule or self.draft(rule):
            raise WorkRefused("rule_known")
        source = in_force.of_rule(files, copied)
        if not source.rule:
            raise WorkRefused("rule_gone")
        text = _ID.sub(f"id: {rule}", source.rule, count=1)
        return self._put(rule, Texts(text, ""), "", by)

    def keep(self, rule: str, texts: Texts, seen: str, by: str) -> Draft:
        if not is_rule(rule):
            raise WorkRefused("rule_name")
        present = self.draft(rule)
        if present is None and not self.texts(rule).rule:
            raise WorkRefused("draft_gone")
        return self._put(rule, texts, seen, by)

    def drop(self, rule: str, seen: str) -> None:
        if is_rule(rule):
            self._drafts.drop(rule, seen)

    def _put(self, rule: str, texts: Texts, seen: str, by: str) -> Draft:
        return self._drafts.put(rule, texts, seen, self._shelf.in_force(), by, self._clock.now())

    # overrides

    def overrides(self, rule: str) -> Sequence[Override]:
        draft = self.draft(rule)
        return overrides_in((draft.texts if draft else self.texts(rule)).rule) or ()

    def override(self, rule: str, change: Override, by: str) -> Draft:
        today = datetime.fromtimestamp(self._clock.now() // 1000, UTC).astimezone(ZoneInfo(self._city().zone)).date()
        made = replace(change, by=by if NUMBER.fullmatch(by) else NOBODY, on=today.isoformat())
        return self._changed(rule, lambda known: [*(one for one in known if one.area != made.area), made], by)

    def lift(self, rule: str, area: str, by: str) -> Draft:
        def without(known: list[Override]) -> list[Override]:
            left = [one for one in known if one.area != area]
            if len(left) == len(known):
                raise WorkRefused("override_gone")
            return left

        return self._changed(rule, without, by)

    def _changed(self, rule: str, change: Callable[[list[Override]], list[Override]], by: str) -> Draft:
        draft = self.draft(rule)
        texts = draft.texts if draft else self.texts(rule)
        known = overrides_in(texts.rule)
        if known is None:
            raise WorkRefused("override_unread")
        text = with_overrides(texts.rule, change(known))
        return self.keep(rule, replace(texts, rule=text), draft.stamp if draft else "", by)

    # what is wrong with it

    def check(self, draft: Draft, language: str) -> Checked:
        before = self.files()
        after = in_force.with_draft(before, draft)
        return Checked(self._marks(draft, after, language), drift(before, after).lines)

    def ready(self, rule: str, seen: str) -> tuple[Draft, City]:
        """The draft of a rule, and the city as it is with it. `seen`: its stamp. Raises WorkRefused where it is gone,
        was changed by another, or has problems."""
        draft = self.draft(rule)
        if draft is None:
            raise WorkRefused("draft_gone")
        if draft.stamp != seen:
            raise WorkRefused("draft_changed")
        city, problems = self._read(in_force.with_draft(self.files(), draft))
        if city is None or problems:
            raise WorkRefused("draft_unfit")
        return draft, city

    def _marks(self, draft: Draft, files: dict[str, bytes], language: str) -> tuple[Mark, ...]:
        return tuple(_mark(problem, draft.rule, language) for problem in self._read(files)[1])

    def _read(self, files: dict[str, bytes]) -> tuple[City | None, list[Problem]]:
        """The city with these rule files and their cases, and every problem in it."""
        with in_force.laid_out(files) as rules:
            reading = read_city(self._city().folder, rules=rules)
            problems = list(reading.problems)
            if reading.city is not None:
                problems += read_cases(reading.city, rules).problems
        return reading.city, problems


def is_rule(word: str) -> bool:
    """Whether a rule may be called so: a code that is a file's stem."""
    return len(word) <= LONGEST_CODE and is_code(word) and "." not in word


def _mark(problem: Problem, rule: str, language: str) -> Mark:
    own = {f"{RULES}/{rule}.yaml": "rule", f"{RULES}/{rule}{ENDING}": "cases"}
    file = own.get(problem.file, "")
    return Mark(file, problem.file, problem.line, problem.column, problem.text(language))  # type: ignore[arg-type]  # one of three
