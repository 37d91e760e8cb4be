"""How a shadow did, week by week: what it and the rule in force said alike, what one of them alone, and who was first.

A shadow is worth what it says otherwise. Agreement alone is no merit: a rule that says all that the other says, and as
late, need not be released.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import TYPE_CHECKING, Final

import msgspec

from rules.calendar import DAY_MS
from rules.shadows.said import Said
from rules.shadows.state import ShadowState, Week

if TYPE_CHECKING:
    from rules.engine import Engine
    from rules.shadows.at_work import Shadow

WEEK_MS: Final = 7 * DAY_MS
_MINUTE: Final = 60_000


class Pairing(msgspec.Struct, frozen=True):
    """Alerts of one thing: places in the lists of both sides, and by how many minutes the shadow was first."""

    ours: int
    theirs: int
    earlier_minutes: float


def paired(ours: Sequence[Said], theirs: Sequence[Said]) -> list[Pairing]:
    """Which alerts are of one thing: each of the shadow's with the first of the other side that is still free."""
    free = dict(enumerate(theirs))
    found = []
    for number, mine in enumerate(ours):
        other = next((place for place, told in free.items() if mine.is_same_as(told)), None)
        if other is not None:
            minutes = (free.pop(other).said_at - mine.said_at) / _MINUTE
            found.append(Pairing(number, other, round(minutes, 1)))
    return found


def weeks_of(ours: Sequence[Said], theirs: Sequence[Said], begun: int, until: int) -> tuple[Week, ...]:
    """A row for each week since `begun`, the one under way too. What both said counts in the week of the shadow's."""
    pairs = paired(ours, theirs)
    rows = []
    for since in range(begun, max(until, begun + 1), WEEK_MS):
        beyond = since + WEEK_MS
        mine = [pair for pair in pairs if since <= ours[pair.ours].said_at < beyond]
        rows.append(
            Week(
                since=since,
                until=min(beyond, max(until, since)),
                ours=sum(since <= said.said_at < beyond for said in ours),
                theirs=sum(since <= said.said_at < beyond for said in theirs),
                both=len(mine),
                earlier_minutes=round(median(pair.earlier_minutes for pair in mine), 1) if mine else None,
            )
        )
    return tuple(rows)


def shadows_of(engine: Engine) -> tuple[ShadowState, ...]:
    """All shadows of an engine at its last tick, by rule."""
    return tuple(map(scored, glimpses_of(engine)))


def glimpses_of(engine: Engine) -> tuple[ShadowState, ...]:
    """The same without its weeks, at the price of a copy: for whoever owns the engine and may not wait."""
    return tuple(_state(shadow, engine) for _, shadow in sorted(engine.shadows.at_work.items()))


def scored(glimpse: ShadowState) -> ShadowState:
    """With its weeks, first said first."""
    by_time = lambda said: (said.said_at, said.alert)  # noqa: E731 - a key
    ours, theirs = tuple(sorted(glimpse.ours, key=by_time)), tuple(sorted(glimpse.theirs, key=by_time))
    weeks = weeks_of(ours, theirs, glimpse.begun, glimpse.until)
    return msgspec.structs.replace(glimpse, ours=ours, theirs=theirs, weeks=weeks)


def _state(shadow: Shadow, engine: Engine) -> ShadowState:
    in_force, until = engine.book.rule(shadow.rule.id), max(engine.tick or 0, shadow.begun)
    return ShadowState(
        rule=shadow.rule.id,
        version=shadow.rule.version,
        in_force=in_force.version if in_force is not None else "",
        by=shadow.order.by,
        reason=shadow.order.reason,
        begun=shadow.begun,
        until=until,
        shifts=shadow.order.shifts,
        stopped=engine.stopped.get(shadow.name, (0, ""))[1],
        weeks=(),
        ours=tuple(shadow.ours.alerts.values()),
        theirs=tuple(shadow.theirs.alerts.values()),
        let_go=shadow.ours.let_go + shadow.theirs.let_go,
        text=shadow.order.text,
    )
