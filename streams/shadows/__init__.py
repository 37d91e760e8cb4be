"""Candidates of rules in shadow: what they were worth, and when they may be promoted."""

from streams.shadows.promotion import (
    Outcomes,
    Promotion,
    Served,
    Trial,
    check_ripe,
    lacks,
    promotion,
    reached,
    served,
    trials_of,
)
from streams.shadows.words import lines

__all__ = [
    "Outcomes", "Promotion", "Served", "Trial", "check_ripe", "lacks", "lines", "promotion", "reached", "served",
    "trials_of",
]  # fmt: skip
