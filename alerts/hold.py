"""The budget of a desk: how many alerts may interrupt it in one turn of duty; what is more is held, never dropped.

The top rank always passes, and counts for nothing. What is held has no clock and is on no channel; it is on the board's
list, ranked, and comes out when it worsens to the top rank, when a turn begins that has room for it, or by hand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.alert import Alert
from alerts.desks import Desk
from alerts.shifts import turn_at

KEPT_FREE: Final = 2
"""One part in so many of a turn's budget is kept for what is new; the rest may go to what an earlier turn held."""


FLOOD: Final = 5
"""So many held in one turn are told of, in one notice; and again at each tenfold."""


def begun(desk: Desk | None, now: int) -> tuple[int, int] | None:
    """(budget, beginning of the turn in ms) of a desk that has a budget and is staffed at `now`; else None: no bound.

    A desk that nobody staffs hands on at once: there is nobody to be flooded.
    """
    if desk is None or desk.budget is None:
        return None
    turn = turn_at(desk, now)
    return (desk.budget, turn.since) if turn is not None else None


def admitted(fresh: Sequence[Alert], free: int, top: int) -> set[str]:
    """Ids of those that may interrupt: all of the top rank, and of the others the `free` most urgent. An exercise
    does, and takes nobody's place."""
    passing = {alert.id for alert in fresh if alert.rank >= top or alert.signal.kind == "exercise"}
    rest = sorted((alert for alert in fresh if alert.id not in passing), key=lambda alert: -alert.rank)
    return passing | {alert.id for alert in rest[: max(0, free)]}


def let_out(held: Sequence[Alert], budget: int | None, told: int, top: int) -> list[str]:
    """Ids of held alerts for which the turn has room (`budget` None: for all): what still runs, the most urgent first.
    The top rank needs none."""
    running = [alert for alert in held if alert.state == "open"]
    if budget is None:
        return [alert.id for alert in running]
    passing = admitted(running, budget - budget // KEPT_FREE - told, top)
    return [alert.id for alert in running if alert.id in passing]


def flood(before: int, after: int) -> int:
    """The step that a desk is told of when what a turn holds grows from `before` to `after`; 0: none.

    >>> flood(0, 4), flood(3, 7), flood(7, 40), flood(40, 600)
    (0, 5, 0, 500)
    """
    step, told = FLOOD, 0
    while step <= after:
        told = step if step > before else told
        step *= 10
    return told


@dataclass(frozen=True, slots=True)
class Group:
    """Held alerts of one rule in one area: how many, the worst rank and colour, since when the first is held (ms)."""

    rule: str
    area: str
    count: int
    rank: int
    colour: str
    since: int


def digest(held: Iterable[Alert]) -> list[Group]:
    """Every held alert in exactly one group; the worst group first, then the largest."""
    groups: dict[tuple[str, str], list[Alert]] = {}
    for alert in held:
        groups.setdefault((alert.signal.rule, alert.signal.area), []).append(alert)
    made = [_group(rule, area, alerts) for (rule, area), alerts in groups.items()]
    return sorted(made, key=lambda group: (-group.rank, -group.count, group.rule, group.area))


def _group(rule: str, area: str, alerts: Sequence[Alert]) -> Group:
    worst = max(alerts, key=lambda alert: alert.rank)
    since = min(alert.duty.held_at for alert in alerts)
    return Group(rule, area, len(alerts), worst.rank, worst.colour, since)
