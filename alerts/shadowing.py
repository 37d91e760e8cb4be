"""Candidates of rules in shadow: begun from a draft, held against what runs, promoted by a second account. A port."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from alerts.chain import Missed
from alerts.store import Store
from rules.shadows.state import ShadowState

LOOK_BACK_MS: Final = 7 * 86_400_000
"""An alert may have begun so long before it was said."""

Spread = tuple[float, float, int]
"""Alerts a shift: median, 95th percentile, most."""


class Served(msgspec.Struct, frozen=True):
    """Whole shifts of a desk since the shadow began, and how many there must be."""

    desk: str
    shifts: int
    needed: int


class DeskLoad(msgspec.Struct, frozen=True):
    """Alerts a shift (median, 95th percentile, most) and a month of 30 days, of the shadow and of what is in force.
    `promised`: what each text promises this desk a month; None: nothing."""

    desk: str
    ours: Spread
    theirs: Spread
    ours_a_month: float
    theirs_a_month: float
    promised: float | None
    promised_in_force: float | None


class Outcomes(msgspec.Struct, frozen=True):
    """Alerts that were told, by what they were found to be and whether the shadow says them too; by their ids.

    `gained`: of the shadow's new ones those in which something lies that was written down as missed.
    `earlier_minutes`: by how many minutes the shadow was first with those confirmed, in the middle; None: none was.
    """

    confirmed_kept: tuple[str, ...]
    confirmed_lost: tuple[str, ...]
    false_dropped: tuple[str, ...]
    false_kept: tuple[str, ...]
    others_kept: tuple[str, ...]
    others_dropped: tuple[str, ...]
    new: tuple[str, ...]
    gained: tuple[str, ...]
    earlier_minutes: float | None


class Promotion(msgspec.Struct, frozen=True):
    """All there is to say before a shadow is promoted."""

    city: str
    state: ShadowState
    served: tuple[Served, ...]
    outcomes: Outcomes
    loads: tuple[DeskLoad, ...]

    @property
    def ripe(self) -> bool:
        """Whether each desk had the shifts that it takes."""
        return all(one.shifts >= one.needed for one in self.served)


class Shadowing(Protocol):
    """The shadows of one city; what is refused raises `alerts.workfaults.WorkRefused`."""

    def shadows(self) -> Sequence[ShadowState]:
        """By rule, without their weeks."""
        ...

    def report(self, rule: str, found: Mapping[str, str], missed: Iterable[Missed]) -> Promotion | None:
        """`found`: alert -> its outcome; `missed`: what no alert told of since it began. None: there is no shadow."""
        ...

    def begin(self, rule: str, seen: str, by: str, reason: str) -> None:
        """Let the draft of a rule judge in shadow. `seen`: the draft's stamp. Waits until the city has taken it. Raises
        WorkRefused."""
        ...

    def promote(self, rule: str, by: str, reason: str, early: str) -> str:
        """Put it in force as a release of whoever began it, approved by `by`; the release. `early`: why it cannot wait
        for its shifts, "" it has had them. Raises WorkRefused."""
        ...

    def drop(self, rule: str, by: str, reason: str) -> None:
        """End it; what it said is forgotten. Raises WorkRefused."""
        ...


def found_beside(store: Store, state: ShadowState) -> dict[str, str]:
    """Alert -> its outcome, of all that the rule in force may have told beside a shadow."""
    since = min([state.begun, *(said.first for said in state.theirs)]) - LOOK_BACK_MS
    return {alert.id: alert.duty.outcome for alert in store.between(since, state.until + LOOK_BACK_MS)}
