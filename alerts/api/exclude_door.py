"""What an account asks of the times that are kept out of what is learned: which there are for an alert, one more.

An operator of the alert's area may: as `tocsin exclude`, it is reviewed by a second account.
"""

from __future__ import annotations

from dataclasses import dataclass

from alerts import excluded
from alerts.access.roles import Who
from alerts.alert import Alert
from alerts.api.door import DutyCity
from alerts.api.rule_door import RuleDoor
from alerts.api.troubles import TroubleError
from alerts.workfaults import WorkRefused
from rules.records import Exclude


@dataclass(frozen=True, slots=True)
class ExcludeDoor:
    """A city's excluded times, for `who`."""

    town: DutyCity
    who: Who

    def of(self, alert: Alert) -> list[Exclude]:
        """What keeps time of an alert out that `who` may see, the first ordered first."""
        shop = self.town.workshop
        return excluded.of_alert(alert, shop.standing().excluded, self.town.book()) if shop is not None else []

    @property
    def may(self) -> bool:
        """Whether `who` may order it in areas that he sees."""
        return self.town.workshop is not None and self.who.may("tune")

    def fits(self, alert: Alert) -> bool:
        """Whether it may be ordered for an alert: found true or its data at fault, not too long ago, in an area and
        category that are still there."""
        book, signal = self.town.book(), alert.signal
        there = signal.area in book.areas.by_code and signal.category in book.categories.by_code
        return there and excluded.found_so(alert) and excluded.fits(alert, self.town.city_now())

    def order(self, alert_id: str, since: int, until: int, reason: str) -> Exclude:
        """Keep [since, until) out, ms UTC, 0: where the alert itself begins, or ends; the order as it was given. Raises
        TroubleError."""
        alert, shop = self.town.alert(self.who, alert_id), self.town.workshop
        if shop is None or not self.who.may("tune"):
            raise TroubleError("unknown")
        if not self.fits(alert):
            raise TroubleError("exclude_unfit")
        wished = excluded.wish(alert, since, until)
        if not excluded.touches(alert, wished.since, wished.until):
            raise TroubleError("exclude_span")
        if excluded.covered(wished, self.of(alert), self.town.book()):
            raise TroubleError("exclude_there")
        why = RuleDoor(self.town, self.who).reason(reason)
        try:
            given = shop.exclude(wished, self.who.account, why)
        except WorkRefused as refused:
            raise TroubleError(refused.fault) from None
        self.town.ring()
        return given
