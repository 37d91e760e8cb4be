"""A shadow on the page of its rule: how it did beside what runs, and which alerts it would lose or bring. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from alerts.console.naming import Names
from alerts.shadowing import DeskLoad, Promotion, Served
from rules.shadows.said import Said

SHOWN: Final = 20
"""Alerts of a list that are drawn, the latest; of the rest the number is told."""


@dataclass(frozen=True, slots=True)
class SaidRow:
    said: Said
    where: str
    what: str


@dataclass(frozen=True, slots=True)
class ShadowFigures:
    """`lost`: confirmed alerts that it does not say; `gained`: of its new ones those that were written down as
    missed."""

    report: Promotion
    served: tuple[tuple[str, Served], ...]
    loads: tuple[tuple[str, DeskLoad], ...]
    lost: tuple[SaidRow, ...]
    gained: frozenset[str]
    new: tuple[SaidRow, ...]


def shadow_figures(report: Promotion, names: Names) -> ShadowFigures:
    """Desks, areas and categories by their names."""
    state, found = report.state, report.outcomes
    return ShadowFigures(
        report,
        tuple((names.desk(one.desk), one) for one in report.served),
        tuple((names.desk(one.desk), one) for one in report.loads),
        tuple(_rows(state.theirs, found.confirmed_lost, names)),
        frozenset(found.gained),
        tuple(_rows(state.ours, found.new, names)),
    )


def _rows(said: Sequence[Said], ids: Sequence[str], names: Names) -> list[SaidRow]:
    """The latest first."""
    wanted = set(ids)
    rows = [
        SaidRow(one, names.area(one.area), names.of_office(names.category(one.category), one.office))
        for one in said
        if one.alert in wanted
    ]
    return rows[: -SHOWN - 1 : -1]
