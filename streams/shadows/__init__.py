"""Candidates of rules in shadow: what they were worth, and when they may be promoted."""

from streams.shadows.promotion import (
    Trial,
    check_ripe,
    hurried,
    lacks,
    order_of,
    promotion,
    reached,
    served,
    trials_of,
)
from streams.shadows.words import lines

__all__ = [
    "Trial", "check_ripe", "hurried", "lacks", "lines", "order_of", "promotion", "reached", "served", "trials_of",
]  # fmt: skip
