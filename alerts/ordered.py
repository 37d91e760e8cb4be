"""What people ordered of the engine, as it stands in the chain."""

from __future__ import annotations

from alerts.chain import Ordered
from rules.records import ByHand, Exclude, HearFeed, MuteFeed, Review, Shadowing, UseBook


def ordered(order: ByHand | Review | UseBook | Shadowing, at: int) -> Ordered:
    """The entry of an order that acts at `at` (ms UTC). Desk and role are nobody's: it was given on the machine."""
    kind = str(order.__struct_config__.tag)
    return Ordered(at, order.id, kind, _about(order), order.reason, account=order.by)


def _about(order: ByHand | Review | UseBook | Shadowing) -> str:
    if isinstance(order, Review):
        return order.order
    if isinstance(order, Exclude):
        return f"{order.area}, {order.category}"
    if isinstance(order, UseBook):
        return order.digest
    return order.feed if isinstance(order, MuteFeed | HearFeed) else order.rule
