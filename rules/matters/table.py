"""The table of legal clocks: for each type of matter how long an office has, counted how, and since when that holds."""

from __future__ import annotations

from functools import cached_property
from typing import Literal

import msgspec

Unit = Literal["hours", "days", "working_days"]
Step = Literal["filed", "accepted", "replied", "extended", "paused", "resumed", "returned", "reopened"]
"""What a stage of a matter means to its clocks."""


class Length(msgspec.Struct, frozen=True):
    """How long an office has. `hours` are time that passed; a day is a local one, whatever its length."""

    amount: int
    unit: Unit


class Clocks(msgspec.Struct, frozen=True, omit_defaults=True):
    """The clocks of one type of matter: a category with all below it, for matters filed in [valid_from, valid_to).

    Local dates, ISO; "" is open. `reply_from` acceptance: the time to reply runs from the acceptance; before, only the
    time to accept does.
    """

    category: str
    valid_from: str = ""
    valid_to: str = ""
    accept: Length | None = None
    reply: Length | None = None
    reply_from: Literal["receipt", "acceptance"] = "receipt"
    reopened: Length | None = None  # None: as `reply`
    extension: Length | None = None  # of the same unit as `reply`
    extensions: int = 1  # how often at most
    return_within: Length | None = None  # a return that comes later stops nothing; None: any does
    on_holiday: Literal["stays", "moves_on"] = "stays"  # the last of `days` that is no working day


class Deadlines(msgspec.Struct, frozen=True, dict=True):
    """All clocks of a city, and what its feeds' stages mean."""

    clocks: tuple[Clocks, ...] = ()
    stages: dict[str, Step] = {}

    @cached_property
    def by_category(self) -> dict[str, tuple[Clocks, ...]]:
        found: dict[str, list[Clocks]] = {}
        for one in self.clocks:
            found.setdefault(one.category, []).append(one)
        return {category: tuple(some) for category, some in found.items()}

    def of(self, path: tuple[str, ...], day: str) -> Clocks | None:
        """The clocks of a category, given as its path up to the root, for a matter filed on a local day; None: none."""
        for code in path:
            for one in self.by_category.get(code, ()):
                if one.valid_from <= day and (not one.valid_to or day < one.valid_to):
                    return one
        return None
