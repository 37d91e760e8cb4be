"""The page of mutes: those that run with their counter, those that ended with their report, and the form of a new one.

A mute is laid in two steps: what is wished is first held against the last 90 days, and only what was shown can be laid.
Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from alerts.alert import Alert
from alerts.chain import Mute
from alerts.console.naming import Names
from alerts.console.rows import Row, row
from alerts.mutes import Cost, Preview, Standing, cost

ENDED_SHOWN: Final = 50
CONFIRMED_SHOWN: Final = 10
"""Confirmed alerts of a preview that are named, the latest first."""
HIDDEN_SHOWN: Final = 20
"""Of what a running mute hides, the latest."""
HOUR: Final = 3_600_000
HOURS: Final = (1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168)
"""For how long a mute may be asked for; a desk may allow less."""


@dataclass(frozen=True, slots=True)
class MuteRow:
    """`by_hand`: how it ended, where it has ended; `at`: when, ms."""

    mute: Mute
    where: str
    what: str
    rule: str  # "" any
    desk: str
    runs: bool
    cost: Cost
    at: int
    by_hand: bool
    hides: tuple[Row, ...] = ()  # of one that runs: the latest that it hides


@dataclass(frozen=True, slots=True)
class Wished:
    """A mute that was asked about and not laid yet, and what it would have hidden."""

    mute: Mute
    where: str
    what: str
    rule: str
    cost: Cost
    outcomes: tuple[tuple[str, int], ...]  # the most frequent first; "" nobody has closed it
    passed: int
    confirmed: tuple[Row, ...]
    key: str


@dataclass(frozen=True, slots=True)
class MuteFigures:
    running: tuple[MuteRow, ...]
    ended: tuple[MuteRow, ...]
    more: int  # ended ones that are not drawn


def mute_figures(
    mutes: Sequence[Standing], hidden: Callable[[str], Sequence[Alert]], names: Names, now: int, desk_now: int
) -> MuteFigures:
    """`mutes` oldest first, cut to what may be seen; `hidden`: what a mute hides, newest first. What ends first stands
    first. `now` and `desk_now`: the city's clock and the desk's, ms UTC."""
    running = [_running(one, hidden(one.mute.id), names, now) for one in mutes if one.runs(desk_now)]
    ended = [_row(one, names) for one in mutes if not one.runs(desk_now)]
    running.sort(key=lambda one: (one.mute.until, one.mute.id))
    ended.sort(key=lambda one: (-one.at, one.mute.id))
    return MuteFigures(tuple(running), tuple(ended[:ENDED_SHOWN]), max(0, len(ended) - ENDED_SHOWN))


def _running(one: Standing, hidden: Sequence[Alert], names: Names, now: int) -> MuteRow:
    hides = tuple(row(alert, names.city, names, (), now) for alert in hidden[:HIDDEN_SHOWN])
    return replace(_row(one, names), runs=True, cost=cost(one.mute.id, hidden), hides=hides)


def _row(one: Standing, names: Names) -> MuteRow:
    mute, end = one.mute, one.end
    return MuteRow(
        mute,
        names.area(mute.area),
        names.category(mute.category),
        names.rule_name(mute.rule) if mute.rule else "",
        names.desk(mute.desk),
        runs=False,
        cost=Cost(end.hidden, end.confirmed) if end else Cost(0, 0),
        at=end.at if end else mute.until,
        by_hand=end is not None and bool(end.account),
    )


def wished(mute: Mute, found: Preview, names: Names, now: int, key: str) -> Wished:
    """`now`: the city's clock. `key`: under which it is laid once, however often the button is pressed."""
    outcomes: Mapping[str, int] = found.outcomes
    confirmed = [alert for alert in found.alerts if alert.duty.outcome == "confirmed"]
    return Wished(
        mute,
        names.area(mute.area),
        names.category(mute.category),
        names.rule_name(mute.rule) if mute.rule else "",
        found.cost,
        tuple(sorted(outcomes.items(), key=lambda item: (-item[1], item[0]))),
        found.passed,
        tuple(row(alert, names.city, names, (), now) for alert in confirmed[:CONFIRMED_SHOWN]),
        key,
    )
