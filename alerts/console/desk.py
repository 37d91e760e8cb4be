"""The page of the desk: what is overdue, what is owed, what is held, which mutes run. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alerts import clocks, hold
from alerts.alert import Alert
from alerts.console.naming import Mark, Names
from alerts.console.rows import Row, row
from alerts.console.source import FeedState
from alerts.desks import Desk
from alerts.mutes import Cost, Standing

ROWS_SHOWN: Final = 100
"""Alerts of a list that are drawn; the rest is a number."""
ENDED_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Owed:
    """An alert that somebody owes an outcome. `desk`: who has it, else who must take it; `due` ms, 0: no clock."""

    row: Row
    stage: str
    desk: str
    due: int
    late: bool


@dataclass(frozen=True, slots=True)
class HeldGroup:
    where: str
    rule: str
    count: int
    mark: Mark
    since: int


@dataclass(frozen=True, slots=True)
class MuteLine:
    standing: Standing
    where: str
    what: str
    desk: str
    runs: bool
    cost: Cost


@dataclass(frozen=True, slots=True)
class DeskFigures:
    """`more`: owed alerts that are not drawn."""

    owed: tuple[Owed, ...]
    more: int
    held: tuple[HeldGroup, ...]
    held_count: int
    mutes: tuple[MuteLine, ...]


def desk_figures(
    owed: Sequence[Alert],
    mutes: Sequence[Standing],
    hidden: Callable[[str], Cost],
    desks: Mapping[str, Desk],
    names: Names,
    feeds: Sequence[FeedState],
    now: int,
    desk_now: int,
) -> DeskFigures:
    """`owed`: every alert that nobody has closed, cut to what may be seen; `hidden` counts what a mute hides."""
    silent = {feed.name for feed in feeds if feed.silent_since}
    hiding = {one.mute.id for one in mutes if one.runs(desk_now)}
    kept = [alert for alert in owed if alert.duty.held_at and alert.duty.mute not in hiding]
    asked = [alert for alert in owed if not alert.duty.held_at]
    late = {one.alert.id for one in clocks.overdue(asked, desks, desk_now)}
    asked.sort(key=lambda alert: (alert.id not in late, -alert.rank, -alert.signal.said_at, alert.id))
    return DeskFigures(
        owed=tuple(
            Owed(
                row(alert, names.city, names, silent, now),
                alert.duty.stage,
                names.desk(alert.duty.desk or alert.duty.asked or alert.desk),
                clocks.answer_due(alert, desks),
                alert.id in late,
            )
            for alert in asked[:ROWS_SHOWN]
        ),
        more=max(0, len(asked) - ROWS_SHOWN),
        held=held_groups(kept, names),
        held_count=len(kept),
        mutes=_mute_lines(mutes, hidden, names, desk_now),
    )


def held_groups(held: Iterable[Alert], names: Names) -> tuple[HeldGroup, ...]:
    """Every held alert in one group, in the reader's names; the worst group first. Of a storm one group an area."""
    return tuple(
        HeldGroup(
            names.area(group.area),
            names.rules(group.rule, group.rules),
            group.count,
            names.mark(group.rank, group.colour),
            group.since,
        )
        for group, _ in hold.gathered(held, names.city.book.areas)
    )


def _mute_lines(
    mutes: Sequence[Standing], hidden: Callable[[str], Cost], names: Names, now: int
) -> tuple[MuteLine, ...]:
    """Those that run, then the last that ended."""
    running = [one for one in mutes if one.runs(now)]
    ended = [one for one in mutes if one.end is not None][-ENDED_SHOWN:][::-1]
    return tuple(
        MuteLine(
            one,
            names.area(one.mute.area),
            names.rule_name(one.mute.rule) if one.mute.rule else names.category(one.mute.category),
            names.desk(one.mute.desk),
            one.runs(now),
            Cost(one.end.hidden, one.end.confirmed) if one.end else hidden(one.mute.id),
        )
        for one in (*running, *ended)
    )
