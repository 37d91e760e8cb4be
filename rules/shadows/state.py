"""How a shadow stands: values for pages, commands and reports, apart from the engine that they are taken from."""

from __future__ import annotations

import msgspec

from rules.shadows.said import Said


class Week(msgspec.Struct, frozen=True):
    """Alerts told first in [since, until), ms. `earlier_minutes`: the median of what both said; None: there is none."""

    since: int
    until: int
    ours: int
    theirs: int
    both: int
    earlier_minutes: float | None

    @property
    def agreement(self) -> float | None:
        """The part of all that either said which both said; None where nothing was said."""
        said = self.ours + self.theirs - self.both
        return self.both / said if said else None


class ShadowState(msgspec.Struct, frozen=True):
    """A candidate at work, for pages, commands and reports. Times in ms; `by`: the duty number that began it.

    `in_force`: the version beside which it runs, "" where there is none. `stopped`: why it judges nothing, "" where it
    does. `weeks`: the last one may be under way. `ours` and `theirs`: what it and the one in force said since it began,
    first said first; `let_go`: how many older ones are remembered no more. `shifts`: so many whole shifts of each desk
    that it reaches before it may be promoted without a reason for the hurry.
    """

    rule: str
    version: str
    in_force: str
    by: str
    reason: str
    begun: int
    until: int
    shifts: int
    stopped: str
    weeks: tuple[Week, ...]
    ours: tuple[Said, ...]
    theirs: tuple[Said, ...]
    let_go: int
    text: str
