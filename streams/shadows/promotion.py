"""The promotion report: what a shadow would have told against what was told, and against what desks found of that.

Of what only the shadow said nobody knows whether it was worth a call: it is counted as new, and where a form "missed"
lies within it, as gained. Times in ms.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Final, NamedTuple

import msgspec

from alerts.chain import Missed
from alerts.desks import Desk
from alerts.report_card import FALSE
from alerts.shadowing import DeskLoad, Outcomes, Promotion, Served
from rules.book import Book, MatterRule, Rule
from rules.calendar import DAY_MS
from rules.engine import Engine
from rules.records import StartShadow
from rules.shadows.said import Said
from rules.shadows.score import paired
from rules.shadows.state import ShadowState
from streams.backtest.report import MONTH, promised_by
from streams.backtest.shifts import shift_starts, spread, whole_shifts
from streams.releases import ReleaseError

HEARD_AFTER_MS: Final = 2 * 3_600_000
"""What was missed counts as heard by an alert that began up to so long after it."""


def promotion(
    state: ShadowState, rule: Rule | MatterRule, book: Book, desks: Sequence[Desk], found: Mapping[str, str],
    missed: Iterable[Missed],
) -> Promotion:  # fmt: skip
    """`found`: alert -> its outcome, "" or left out where it has none; `missed`: what no alert told of."""
    return Promotion(
        city=book.city,
        state=state,
        served=served(state, rule, book, desks),
        outcomes=_outcomes(state, book, found, list(missed)),
        loads=tuple(_load(desk, state, rule, book) for desk in desks if desk.id in reached(rule, book)),
    )


def reached(rule: Rule | MatterRule, book: Book) -> set[str]:
    """The first desks of all that a rule may name."""
    levels = book.areas.levels
    depth = levels.index(rule.areas) if rule.areas in levels else 0
    areas = [node.code for node in book.areas.nodes if levels.index(node.level) <= depth]
    chosen = rule.selector.category
    categories = [node.code for node in book.categories.nodes if book.categories.holds(chosen, node.code)]
    if isinstance(rule, MatterRule) or not rule.categories:
        categories = [chosen]
    return {book.first_desk(area, category) for area in areas for category in categories} - {""}


def served(state: ShadowState, rule: Rule | MatterRule, book: Book, desks: Iterable[Desk]) -> tuple[Served, ...]:
    """Of each desk that the rule reaches, by name."""
    mine = reached(rule, book)
    return tuple(
        Served(desk.id, whole_shifts(desk, state.begun, state.until), state.shifts)
        for desk in sorted(desks, key=lambda desk: desk.id)
        if desk.id in mine
    )


def lacks(state: ShadowState, rule: Rule | MatterRule, book: Book, desks: Iterable[Desk]) -> str:
    """Whole shifts by desk where they do not suffice; "" where they do."""
    return _lacking(served(state, rule, book, desks))


def _lacking(found: Iterable[Served]) -> str:
    found = tuple(found)
    if all(one.shifts >= one.needed for one in found):
        return ""
    return ", ".join(f"{one.desk} {one.shifts}" for one in found)


def hurried(reason: str, lacking: str, shifts: int, early: str) -> str:
    """Why a candidate is promoted before its shifts: with those that there were, and why it could not wait."""
    return f"{reason}; {lacking} / {shifts}: {early}"


def order_of(rule: Rule | MatterRule, text: str, shifts: int) -> StartShadow:
    """The Order that begins a shadow; who gives it and why is put in by hand."""
    return StartShadow(
        0, rule.id, msgspec.json.encode(rule), on_matters=isinstance(rule, MatterRule), text=text, shifts=shifts
    )


class Trial(NamedTuple):
    """A shadow at work, as far as its age goes. Times in ms."""

    rule: Rule | MatterRule
    begun: int
    until: int
    shifts: int


def trials_of(engine: Engine) -> tuple[Trial, ...]:
    """All of them at the engine's last tick."""
    now = engine.tick or 0
    return tuple(Trial(one.rule, one.begun, now, one.order.shifts) for one in engine.shadows.at_work.values())


def check_ripe(trials: Iterable[Trial], release: Book, desks: Sequence[Desk]) -> None:
    """Raises ReleaseError where a release brings the text of a shadow that has not had its shifts: a shadow is promoted
    by its own command, which asks for a reason."""
    for trial in trials:
        if release.rule(trial.rule.id) != trial.rule:
            continue
        mine = reached(trial.rule, release)
        turns = {desk.id: whole_shifts(desk, trial.begun, trial.until) for desk in desks if desk.id in mine}
        told = _lacking(Served(desk, had, trial.shifts) for desk, had in sorted(turns.items()))
        if told:
            raise ReleaseError("shadow-young", rule=trial.rule.id, needed=trial.shifts, told=told)


def _outcomes(state: ShadowState, book: Book, found: Mapping[str, str], missed: Sequence[Missed]) -> Outcomes:
    pairs = {state.theirs[pair.theirs].alert: pair for pair in paired(state.ours, state.theirs)}
    matched = {pair.ours for pair in pairs.values()}
    told = [said.alert for said in state.theirs]
    confirmed = [alert for alert in told if found.get(alert) == "confirmed"]
    false = [alert for alert in told if found.get(alert) in FALSE]
    others = [alert for alert in told if alert not in {*confirmed, *false}]
    new = [said for place, said in enumerate(state.ours) if place not in matched]
    first = [pairs[alert].earlier_minutes for alert in confirmed if alert in pairs]
    return Outcomes(
        confirmed_kept=tuple(alert for alert in confirmed if alert in pairs),
        confirmed_lost=tuple(alert for alert in confirmed if alert not in pairs),
        false_dropped=tuple(alert for alert in false if alert not in pairs),
        false_kept=tuple(alert for alert in false if alert in pairs),
        others_kept=tuple(alert for alert in others if alert in pairs),
        others_dropped=tuple(alert for alert in others if alert not in pairs),
        new=tuple(said.alert for said in new),
        gained=tuple(said.alert for said in new if any(_tells_of(said, one, book) for one in missed)),
        earlier_minutes=round(median(first), 1) if first else None,
    )


def _tells_of(said: Said, missed: Missed, book: Book) -> bool:
    """Whether an alert names what was missed, or a part of it or a whole that holds it, at its time."""
    near = [
        tree.holds(one, other) or tree.holds(other, one)
        for tree, one, other in (
            (book.areas, said.area, missed.area),
            (book.categories, said.category, missed.category),
        )
        if one in tree.by_code and other in tree.by_code
    ]
    return len(near) == len((said.area, said.category)) and all(near) and (
        said.first - HEARD_AFTER_MS <= missed.time <= said.last
    )  # fmt: skip


def _load(desk: Desk, state: ShadowState, rule: Rule | MatterRule, book: Book) -> DeskLoad:
    begins = shift_starts(desk, state.begun, max(state.until, state.begun + 1))
    months = max(state.until - state.begun, DAY_MS) / MONTH
    sides = [
        [one.said_at for one in said if book.first_desk(one.area, one.category) == desk.id]
        for said in (state.ours, state.theirs)
    ]
    in_force = book.rule(rule.id)
    return DeskLoad(
        desk=desk.id,
        ours=spread(begins, sides[0]),
        theirs=spread(begins, sides[1]),
        ours_a_month=round(len(sides[0]) / months, 2),
        theirs_a_month=round(len(sides[1]) / months, 2),
        promised=promised_by(rule),
        promised_in_force=None if in_force is None else promised_by(in_force),
    )
