"""What the pages of rules ask of a city, cut to what an account may see: figures of a subtree are those of its alerts.

Rules are the whole city's: who changes or stops one must see all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from alerts.access.roles import Who
from alerts.alert import Alert
from alerts.api.door import DutyCity
from alerts.api.troubles import TroubleError
from alerts.workshop import REASON_LONGEST, NearMiss, Standing, Verb, WorkRefused, Workshop

DAYS: Final = 90
"""So far back a rule's alerts are looked at."""
DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class RuleDoor:
    """A city's rules, for `who`."""

    town: DutyCity
    who: Who

    @property
    def whole(self) -> bool:
        """Whether the texts of rules may be read: they name areas of all the city."""
        return self.who.sees_whole(self.town.book())

    @property
    def tunes(self) -> bool:
        """Whether rules may be changed and stopped."""
        return self.whole and self.town.workshop is not None and self.who.may("tune")

    @property
    def reviews(self) -> bool:
        return self.whole and self.town.workshop is not None and self.who.may("review")

    def told(self, rule: str = "") -> list[Alert]:
        """Alerts of rules in force that were told in the last 90 days, of one of them or of all."""
        now = self.town.now()
        since, until = now - DAYS * DAY_MS, now + DAY_MS
        return self.town.seen(
            self.who, (a for a in self.town.store.between(since, until) if rule in ("", a.signal.rule))
        )

    def standing(self) -> Standing:
        """Without what is about areas elsewhere."""
        shop = self.town.workshop
        if shop is None:
            return Standing()
        found, book = shop.standing(), self.town.book()
        owed = tuple(one for one in found.unreviewed if self.whole or (one.area and self._sees(one.area)))
        near: Mapping[str, Sequence[NearMiss]] | None = None
        if found.near is not None:
            known = {rule.id for rule in book.rules}
            near = {
                rule: tuple(one for one in some if self._sees(one.area))
                for rule, some in found.near.items()
                if rule in known
            }
        return replace(found, unreviewed=owed, near=near)

    def order(self, verb: Verb, rule: str, reason: str) -> None:
        """Stop or start a rule. Raises TroubleError."""
        shop = self.shop()
        try:
            shop.order(verb, rule, self.who.account, self.reason(reason))
        except WorkRefused as refused:
            raise TroubleError(refused.fault) from None
        self.town.ring()

    def review(self, order: str, reason: str) -> None:
        """Look at what another account ordered. Raises TroubleError."""
        if not self.reviews:
            raise TroubleError("unknown")
        shop = self.town.workshop
        assert shop is not None
        try:
            shop.review(order, self.who.account, self.reason(reason))
        except WorkRefused as refused:
            raise TroubleError(refused.fault) from None
        self.town.ring()

    def shop(self) -> Workshop:
        """The workshop, for who may change something there. Raises TroubleError."""
        if self.town.workshop is None or not self.tunes:
            raise TroubleError("unknown")
        return self.town.workshop

    def reason(self, text: str) -> str:
        """Why, in one line, as it is kept. Raises TroubleError."""
        said = " ".join(text.split())
        if not said:
            raise TroubleError("reason_missing")
        if len(said) > REASON_LONGEST:
            raise TroubleError("reason_long")
        self.town.check_texts(said)
        return said

    def _sees(self, area: str) -> bool:
        book = self.town.book()
        return self.who.sees_area(book.city, book.areas, area)
