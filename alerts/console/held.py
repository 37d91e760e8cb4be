"""The page of what budgets hold: ranked, in groups that open, each alert to be let out by hand. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from alerts import hold
from alerts.alert import Alert
from alerts.api.door import Spent
from alerts.console.naming import Mark, Names
from alerts.console.rows import Row, row

GROUPS_SHOWN: Final = hold.GROUPS
"""Groups that are drawn; of a storm they are areas, and the rest of those is a number."""
ROWS_SHOWN: Final = 50
"""Alerts of a group that are drawn."""


@dataclass(frozen=True, slots=True)
class HeldRow:
    row: Row
    desk: str
    since: int  # ms


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """Alerts of one rule in one area, or, of a storm, of several in one area and below it (`wide`): that one is looked
    at alone for what is in it. `more` of them are not drawn; `id`: stays with it wherever it stands in the list."""

    id: str
    area: str
    where: str
    rule: str
    wide: bool
    count: int
    mark: Mark
    since: int
    rows: tuple[HeldRow, ...]

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True, slots=True)
class Budget:
    desk: str
    budget: int
    used: int
    since: int


@dataclass(frozen=True, slots=True)
class HeldFigures:
    """`more`: groups that are not drawn; `area`: the one area that is looked at, "" all."""

    count: int
    groups: tuple[HeldGroup, ...]
    more: int
    budgets: tuple[Budget, ...]
    area: str


def held_figures(
    held: Sequence[Alert], budgets: Sequence[Spent], names: Names, now: int, area: str = ""
) -> HeldFigures:
    """`held`: highest rank first, then longest held, cut to what may be seen. `now`: the city's clock, ms UTC."""
    groups = hold.gathered(held, names.city.book.areas, area)
    return HeldFigures(
        count=len(held),
        groups=tuple(
            HeldGroup(
                f"g-{group.area}-{group.rule}",
                group.area,
                names.area(group.area),
                names.rules(group.rule, group.rules),
                any(one.signal.area != group.area for one in alerts) or group.rules > 1,
                group.count,
                names.mark(group.rank, group.colour),
                group.since,
                tuple(
                    HeldRow(row(one, names.city, names, (), now), names.desk(one.desk), one.duty.held_at)
                    for one in alerts[:ROWS_SHOWN]
                ),
            )
            for group, alerts in groups[:GROUPS_SHOWN]
        ),
        more=max(0, len(groups) - GROUPS_SHOWN),
        budgets=tuple(Budget(names.desk(one.desk), one.budget, one.used, one.since) for one in budgets),
        area=names.area(area) if area else "",
    )
