"""The page of an area: what runs in it and below it, and how its sub-areas stand. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.alert import Alert
from alerts.api.areas import by_area
from alerts.console.naming import Mark, Names
from alerts.console.rows import Row, row
from rules.trees import Tree

RUNNING_SHOWN: Final = 100
OVER_SHOWN: Final = 30
SUBS_SHOWN: Final = 300


@dataclass(frozen=True, slots=True)
class SubArea:
    """A sub-area with all below it. `mark`: of the worst that runs there; None: nothing runs. `said`: in 24 hours."""

    code: str
    name: str
    running: int
    mark: Mark | None
    said: int
    held: int
    leaf: bool


@dataclass(frozen=True, slots=True)
class AreaFigures:
    """`path`: areas above it that may be seen, the widest first. `here`: what runs and names this very area; `above`:
    what runs and names an area that holds it; `held`: kept back here; `said`: told in 24 hours."""

    code: str
    name: str
    level: str
    path: tuple[tuple[str, str], ...]
    running: tuple[Row, ...]
    running_more: int
    over: tuple[Row, ...]
    over_more: int
    above: tuple[Row, ...]
    subs: tuple[SubArea, ...]
    subs_more: int
    said: int
    held: int


def area_figures(
    code: str,
    alerts: Sequence[Alert],
    said: Sequence[Alert],
    held: Sequence[Alert],
    seen: Collection[str],
    names: Names,
    silent: Collection[str],
    now: int,
) -> AreaFigures:
    """`alerts`: what runs and what ended lately; `said`: told in 24 hours; `held`: kept back; all cut to the areas
    `seen`, as the path is."""
    tree = names.city.book.areas
    told = [alert for alert in alerts if alert.moves]
    inside = [alert for alert in told if _in(tree, code, alert)]
    running = [row(alert, names.city, names, silent, now) for alert in inside if alert.state == "open"]
    running.sort(key=lambda one: (-one.alert.rank, -one.ratio, one.since, one.alert.id))
    over = [row(alert, names.city, names, silent, now) for alert in inside if alert.state != "open"]
    over.sort(key=lambda one: (-one.ended, one.alert.id))
    path = tree.paths[code]
    wider = [
        row(alert, names.city, names, silent, now)
        for alert in told
        if alert.state == "open" and alert.signal.area != code and alert.signal.area in path
    ]
    lately, kept = by_area(tree, said), by_area(tree, held)
    subs = [_sub(sub, inside, lately[sub], kept[sub], names) for sub in tree.children.get(code, ())]
    subs.sort(key=lambda sub: (sub.mark.digit if sub.mark else 9, -sub.running, -sub.said, sub.name))
    return AreaFigures(
        code,
        names.area(code),
        tree.by_code[code].level,
        tuple((one, names.area(one)) for one in _widest_first(tree, path) if one != code and one in seen),
        tuple(running[:RUNNING_SHOWN]),
        max(0, len(running) - RUNNING_SHOWN),
        tuple(over[:OVER_SHOWN]),
        max(0, len(over) - OVER_SHOWN),
        tuple(wider),
        tuple(subs[:SUBS_SHOWN]),
        max(0, len(subs) - SUBS_SHOWN),
        lately[code],
        kept[code],
    )


def _sub(code: str, alerts: Sequence[Alert], said: int, held: int, names: Names) -> SubArea:
    tree = names.city.book.areas
    here = [alert for alert in alerts if alert.state == "open" and _in(tree, code, alert)]
    running = [alert for alert in here if alert.signal.kind != "exercise"]
    worst = max(running, key=lambda alert: alert.rank, default=None)
    return SubArea(
        code,
        names.area(code),
        len(running),
        names.mark(worst.rank, worst.colour) if worst is not None else None,
        said,
        held,
        leaf=not tree.children.get(code),
    )


def _in(tree: Tree, code: str, alert: Alert) -> bool:
    return alert.signal.area in tree.by_code and tree.holds(code, alert.signal.area)


def _widest_first(tree: Tree, path: Collection[str]) -> list[str]:
    return sorted(path, key=tree.depth)
