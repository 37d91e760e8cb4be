"""The budget of a desk: how many alerts may interrupt it in one turn of duty; what is more is held, never dropped.

The top rank always passes, and counts for nothing. What is held has no clock and is on no channel; it is on the board's
list, ranked, and comes out when it worsens to the top rank, when a turn begins that has room for it, or by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from alerts.alert import Alert
from alerts.desks import Desk
from alerts.shifts import turn_at
from rules.trees import Tree

KEPT_FREE: Final = 2
"""One part in so many of a turn's budget is kept for what is new; the rest may go to what an earlier turn held."""


GROUPS: Final = 100
"""More groups by rule and area than this are gathered by area."""
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
    """Held alerts of one rule in one area: how many, the worst rank and colour, since when the first is held (ms).

    Of a storm, of several `rules` in one area and below it: `rule` is "" then.
    """

    rule: str
    area: str
    count: int
    rank: int
    colour: str
    since: int
    rules: int = 1


def digest(held: Iterable[Alert]) -> list[Group]:
    """Every held alert in exactly one group; the worst group first, then the largest."""
    return [group for group, _ in gathered(held, None)]


def gathered(
    held: Iterable[Alert], areas: Tree | None, within: str = "", most: int = GROUPS
) -> list[tuple[Group, list[Alert]]]:
    """The groups of `digest`, each with its alerts; where they are more than `most`, one group an area and what lies
    below it, at the deepest level of `areas` that is few enough: at the highest those right below `within` ("": the
    root), however many they are. Who looks at one of them alone finds it split further."""
    known = list(held)
    found = _split(known, lambda alert: (alert.signal.rule, alert.signal.area))
    if areas is not None and len(found) > most:
        top = areas.depth(within or areas.root)
        for depth in range(max(map(areas.depth, areas.by_code)), top, -1):
            found = _split(known, partial(_lifted, areas, depth))
            if len(found) <= most:
                break
    made = [(_group(rule, area, alerts), alerts) for (rule, area), alerts in found.items()]
    return sorted(made, key=lambda one: (-one[0].rank, -one[0].count, one[0].rule, one[0].area))


def _split(held: Iterable[Alert], key: Callable[[Alert], tuple[str, str]]) -> dict[tuple[str, str], list[Alert]]:
    groups: dict[tuple[str, str], list[Alert]] = {}
    for alert in held:
        groups.setdefault(key(alert), []).append(alert)
    return groups


def _lifted(areas: Tree, depth: int, alert: Alert) -> tuple[str, str]:
    """Whatever the rule, the area at `depth` that holds it; its own, where that lies higher or the tree has lost it."""
    code = alert.signal.area
    path = areas.paths.get(code, (code,))
    return "", path[max(0, len(path) - 1 - depth)]


def _group(rule: str, area: str, alerts: Sequence[Alert]) -> Group:
    worst = max(alerts, key=lambda alert: alert.rank)
    since = min(alert.duty.held_at for alert in alerts)
    rules = {alert.signal.rule for alert in alerts}
    only = min(rules) if len(rules) == 1 else rule
    return Group(only, area, len(alerts), worst.rank, worst.colour, since, len(rules))
