"""The report as one HTML page: no script, nothing fetched; plots by SVG templates of our own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from streams.backtest import plots
from streams.backtest.report import Change, Found, Heard, Report
from streams.city import City
from streams.messages import say

SHOWN: Final = 500
"""Of more alerts the number is told; report.json holds all."""


def page(report: Report, city: City, language: str) -> str:
    """The page in `language`."""
    environment = Environment(loader=PackageLoader("streams.backtest", "templates"), autoescape=True)
    environment.undefined = StrictUndefined
    sides: list[tuple[str, tuple[Found, ...]]] = [("old", report.old_alerts)]
    if report.new_alerts is not None:
        sides.append(("new", report.new_alerts))
    book = city.book
    areas = {node.code: book.areas.name(node.code, language) for node in book.areas.nodes}
    categories = {node.code: book.categories.name(node.code, language) for node in book.categories.nodes}
    linked = _linked(report)
    return environment.get_template("backtest.html").render(
        report=report,
        language=language,
        say=partial(_said, language),
        city=city.names.get(language, city.name),
        folder=city.folder.name,
        desks={desk.id: desk.names.get(language, desk.id) for desk in city.desks},
        areas=areas,
        categories=categories,
        bars=plots.bars(report),
        line=plots.line(report),
        band=plots.band,
        by_link={f"{side}-{alert.key}": alert for side, alerts in sides for alert in alerts},
        sides=[(name, _shown(name, alerts, linked), len(alerts)) for name, alerts in sides],
        linked=linked,
    )


def _said(language: str, name: str, **values: object) -> str:
    return say(f"backtest-{name}", language, **values)


def _linked(report: Report) -> frozenset[str]:
    """Alerts on which a difference or a label rests: these are shown always, and with their band."""
    rests: list[Change | Heard] = [*report.differences, *report.labels]
    return frozenset(f"{side}-{key}" for one in rests for side, key in (("old", one.old), ("new", one.new)) if key)


def _shown(side: str, alerts: Sequence[Found], linked: Collection[str]) -> list[Found]:
    """The first so many, and all that are linked to."""
    return [alert for n, alert in enumerate(alerts) if n < SHOWN or f"{side}-{alert.key}" in linked]
