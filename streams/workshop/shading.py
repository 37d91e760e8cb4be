"""Shadows of a served city's rules (`alerts.shadowing.Shadowing`): what `tocsin rules shadow` does, from a draft."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from alerts.chain import Missed
from alerts.drafting import Draft, Texts
from alerts.shadowing import Promotion
from alerts.workfaults import WorkRefused
from rules.book import Book
from rules.records import DropShadow, StartShadow
from rules.shadows.at_work import MOST
from rules.shadows.score import scored
from rules.shadows.state import ShadowState
from streams.city import City
from streams.shadows import hurried, lacks, order_of, promotion
from streams.stand import AtWork
from streams.workshop import in_force
from streams.workshop.letting import Letting
from streams.workshop.writing import Writing


class Shading:
    """Any thread. `check_cases`: as `Letting` has it; `runs`: the book in force; `shown`: the shadows at work; `give`:
    hands an order over, with account and reason; `see`: waits a moment until pages show what was done."""

    def __init__(
        self,
        city: Callable[[], City],
        writing: Writing,
        letting: Letting,
        check_cases: Callable[[Draft], object],
        runs: Callable[[], Book | None],
        shown: Callable[[], Mapping[str, AtWork]],
        give: Callable[[StartShadow | DropShadow, str, str], object],
        see: Callable[[Callable[[], bool]], object],
    ) -> None:
        self._city, self._writing, self._letting, self._check_cases = city, writing, letting, check_cases
        self._runs, self._shown, self._give, self._see = runs, shown, give, see

    def shadows(self) -> Sequence[ShadowState]:
        return [one.state for _, one in sorted(self._shown().items())]

    def report(self, rule: str, found: Mapping[str, str], missed: Iterable[Missed]) -> Promotion | None:
        one, book = self._shown().get(rule), self._runs()
        if one is None or book is None:
            return None
        return promotion(scored(one.state), one.rule, book, self._city().desks, found, missed)

    def begin(self, rule: str, seen: str, by: str, reason: str) -> None:
        draft, city = self._writing.ready(rule, seen)
        candidate, runs, shown = city.book.rule(rule), self._runs(), self._shown()
        if candidate is None or (runs is not None and runs.rule(rule) == candidate):
            raise WorkRefused("shadow_same")
        if rule in shown:
            raise WorkRefused("shadow_there")
        if len(shown) >= MOST:
            raise WorkRefused("shadows_full")
        if runs is not None and runs.but_for_rules != city.book.but_for_rules:
            raise WorkRefused("release_differs")
        self._give(order_of(candidate, draft.texts.rule, city.shadow_shifts), by, reason)
        self._see(lambda: rule in self._shown())

    def promote(self, rule: str, by: str, reason: str, early: str) -> str:
        one, book, city = self._at_work(rule), self._runs(), self._city()
        state = one.state
        if state.by == by:
            raise WorkRefused("shadow_own")
        if state.stopped or book is None:
            raise WorkRefused("shadow_stopped")
        lacking = lacks(state, one.rule, book, city.desks)
        if lacking and not early:
            raise WorkRefused("shadow_young")
        told = hurried(reason, lacking, state.shifts, early) if lacking else reason
        return self._letting.promote(self._files(state), one.rule, state.by, state.reason, by, told)

    def _files(self, state: ShadowState) -> Mapping[str, bytes]:
        """The files that run, with the candidate's text; with its cases, where it still is the draft of whoever began
        it: they are no other account's. Raises WorkRefused where they fail."""
        draft = self._writing.draft(state.rule)
        if draft is not None and draft.texts.rule == state.text and draft.by == state.by:
            promoted = draft
        else:
            cases = self._writing.texts(state.rule).cases
            promoted = Draft(state.rule, Texts(state.text, cases), state.by, state.begun, "", "")
        self._check_cases(promoted)
        return in_force.with_draft(self._writing.files(), promoted)

    def drop(self, rule: str, by: str, reason: str) -> None:
        self._at_work(rule)
        self._give(DropShadow(0, rule), by, reason)
        self._see(lambda: rule not in self._shown())

    def _at_work(self, rule: str) -> AtWork:
        """Raises WorkRefused."""
        one = self._shown().get(rule)
        if one is None:
            raise WorkRefused("shadow_gone")
        return one
