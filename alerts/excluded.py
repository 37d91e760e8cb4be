"""Times that an operator keeps out of what is learned as usual, as far as one alert goes. Pure.

Offered where an alert was found true, or its data at fault: what came then is no part of what is usual. Not for alerts
of single matters, whose rules learn nothing, nor for the watcher's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from alerts.alert import Alert
from rules.book import Book
from rules.records import Exclude
from rules.signals import COUNTED, ON_MATTERS
from rules.trees import Tree

OFFERED_BY: Final = frozenset({"confirmed", "data_fault"})
BACK_MS: Final = 35 * 86_400_000
"""So far back the engine keeps such an order; a test holds it against the engine's."""


def fits(alert: Alert, now: int) -> bool:
    """Whether the time of an alert can be kept out at all; what was found of it is another question. `now`: the city's
    clock, ms UTC."""
    return alert.signal.kind in COUNTED - ON_MATTERS and alert.signal.last > now - BACK_MS


def found_so(alert: Alert) -> bool:
    """Whether it was closed with an outcome that offers it."""
    return alert.duty.stage == "closed" and alert.duty.outcome in OFFERED_BY


def touches(alert: Alert, since: int, until: int) -> bool:
    """Whether [since, until) and the time of the alert have some of it in common. Times ms UTC."""
    return since < until and since < alert.signal.last and until > alert.signal.first


def wish(alert: Alert, since: int = 0, until: int = 0) -> Exclude:
    """The order for its area and category; without times for just its own time."""
    signal = alert.signal
    return Exclude(0, signal.area, signal.category, since or signal.first, until or signal.last)


def of_alert(alert: Alert, orders: Iterable[Exclude], book: Book) -> list[Exclude]:
    """Those that keep some of the alert's time out, the first ordered first."""
    signal = alert.signal
    return [
        one
        for one in orders
        if touches(alert, one.since, one.until)
        and _holds(book.areas, one.area, signal.area)
        and _holds(book.categories, one.category, signal.category)
    ]


def covered(wished: Exclude, orders: Iterable[Exclude], book: Book) -> bool:
    """Whether one of the orders has all of it already."""
    return any(
        one.since <= wished.since
        and wished.until <= one.until
        and _holds(book.areas, one.area, wished.area)
        and _holds(book.categories, one.category, wished.category)
        for one in orders
    )


def _holds(tree: Tree, upper: str, lower: str) -> bool:
    """What the tree has no more holds itself alone."""
    return upper == lower or (upper in tree.by_code and lower in tree.by_code and tree.holds(upper, lower))
