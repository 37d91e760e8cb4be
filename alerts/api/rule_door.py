"""What the pages of rules ask of a city, cut to what an account may see: figures of a subtree are those of its alerts.

Rules are the whole city's: who changes or stops one must see all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final, get_args

from alerts.access.roles import Who
from alerts.alert import Alert
from alerts.api.door import DutyCity
from alerts.api.troubles import TroubleError
from alerts.drafting import Draft, Override, Texts
from alerts.near import NearCell
from alerts.releasing import Release
from alerts.shadowing import Promotion, found_beside
from alerts.trials import Past, Tried
from alerts.workfaults import WorkRefused
from alerts.workshop import REASON_LONGEST, Standing, Verb, Workshop
from rules.shadows.state import ShadowState

DAYS: Final = 90
"""So far back a rule's alerts are looked at."""
DAY_MS: Final = 86_400_000
LEAST_RARER: Final = 0.01
MOST_RARER: Final = 1000.0
MOST_FLOOR: Final = 1_000_000
_KEY: Final = re.compile(r"^\s*(- )?\s*[A-Za-z_-]+:")
"""What stands before a value in a rule's file is a word of ours; one with digits or other letters is looked at."""


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

    def told(self, rule: str | None = None) -> list[Alert]:
        """Alerts of rules in force that were told in the last 90 days of the city, of one of them or of all."""
        now = self.town.city_now() or self.town.now()
        since, until = now - DAYS * DAY_MS, now + DAY_MS
        return self.town.seen(self.who, self.town.store.between(since, until, rule=rule))

    def standing(self) -> Standing:
        """Without what is about areas elsewhere."""
        shop = self.town.workshop
        if shop is None:
            return Standing()
        found = shop.standing()
        owed = tuple(one for one in found.unreviewed if self.whole or (one.area and self._sees(one.area)))
        return replace(found, unreviewed=owed)

    def near(self) -> list[NearCell]:
        """What came near in the last day, the nearest first."""
        return self.town.near(self.who, self.town.city_now() - DAY_MS)

    def order(self, verb: Verb, rule: str, reason: str) -> None:
        """Stop or start a rule. Raises TroubleError."""
        shop, why = self.shop(), self.reason(reason)
        with _told():
            shop.order(verb, rule, self.who.account, why)
        self.town.ring()

    def review(self, order: str, reason: str) -> None:
        """Look at what another account ordered. Raises TroubleError."""
        shop = self.town.workshop
        if shop is None or not self.reviews:
            raise TroubleError("unknown")
        why = self.reason(reason)
        with _told():
            shop.review(order, self.who.account, why)
        self.town.ring()

    # what is being written

    def reading(self) -> Workshop:
        """The workshop, for who may read texts. Raises TroubleError."""
        if self.town.workshop is None or not self.whole:
            raise TroubleError("unknown")
        return self.town.workshop

    def begin(self, rule: str, copied: str) -> None:
        """A draft of a new rule. Raises TroubleError."""
        shop = self.shop()
        self.town.check_texts(rule.strip())
        with _told():
            shop.drafting.begin(rule.strip(), copied, self.who.account)

    def keep(self, rule: str, texts: Texts, seen: str) -> None:
        """Save a draft. Raises TroubleError."""
        shop = self.shop()
        self.check_lines(f"{texts.rule}\n{texts.cases}")
        with _told():
            shop.drafting.keep(rule, texts, seen, self.who.account)

    def override(self, rule: str, area: str, rarer: str, at_least: str, reason: str) -> None:
        """Lay an override into the draft: as many times rarer, or with another floor. Raises TroubleError."""
        shop, why = self.shop(), self.reason(reason)
        if area not in self.town.book().areas.by_code:
            raise TroubleError("wrong_form", ("area",))
        times, floor = _times(rarer), _floor(at_least)
        if times == 1.0 and floor is None:
            raise TroubleError("override_empty")
        with _told():
            shop.drafting.override(rule, Override(area, times, floor, why, "", ""), self.who.account)

    def lift(self, rule: str, area: str) -> None:
        """Take an override out of the draft. Raises TroubleError."""
        shop = self.shop()
        with _told():
            shop.drafting.lift(rule, area, self.who.account)

    def drop(self, rule: str, seen: str) -> None:
        """Throw the draft away that was `seen`. Raises TroubleError."""
        shop = self.shop()
        with _told():
            shop.drafting.drop(rule, seen)

    # what is tried

    def begin_trial(self, rule: str, seen: str, past: str) -> None:
        """Try the draft on the past. Raises TroubleError."""
        shop = self.shop()
        wanted = next((one for one in get_args(Past) if one == past), None)
        if wanted is None:
            raise TroubleError("wrong_form", ("past",))
        with _told():
            shop.trials.begin(rule, seen, wanted, self.who.account)

    def cancel_trial(self, trial: str) -> None:
        """End it. Raises TroubleError."""
        self.shop().trials.cancel(trial)

    def found(self, rule: str, tried: Tried) -> dict[str, Alert]:
        """By their key, the alerts that desks were told of where the old rules spoke."""
        keys = {one.key for one in tried.old}
        if not keys:
            return {}
        alerts = self.town.store.between(tried.since - DAY_MS, tried.until + DAY_MS, rule=rule)
        return {a.signal.key: a for a in self.town.seen(self.who, alerts) if a.signal.key in keys}

    # what is in shadow

    def shadows(self) -> Sequence[ShadowState]:
        """By rule, without their weeks; none where they may not be seen."""
        return self.town.workshop.shadowing.shadows() if self.town.workshop is not None and self.whole else ()

    def report(self, rule: str) -> Promotion | None:
        """What a shadow would have told against what was told and found; None: there is none. Raises TroubleError."""
        shop = self.reading()
        state = next((one for one in shop.shadowing.shadows() if one.rule == rule), None)
        if state is None:
            return None
        missed = [one for one in self.town.told_missed(self.who) if one.time >= state.begun]
        return shop.shadowing.report(rule, found_beside(self.town.store, state), missed)

    def begin_shadow(self, rule: str, seen: str, reason: str) -> None:
        """Let the draft judge in shadow. Raises TroubleError."""
        shop, why = self.shop(), self.reason(reason)
        with _told():
            shop.shadowing.begin(rule, seen, self.who.account, why)

    def promote(self, rule: str, reason: str, early: str) -> str:
        """Put in force what another account began; the release. `early`: why it cannot wait for its shifts. Raises
        TroubleError."""
        shop, why = self.shop(), self.reason(reason)
        hurry = self.reason(early) if early.strip() else ""
        with _told():
            made = shop.shadowing.promote(rule, self.who.account, why, hurry)
        self.town.ring()
        return made

    def drop_shadow(self, rule: str, reason: str) -> None:
        """End it. Raises TroubleError."""
        shop, why = self.shop(), self.reason(reason)
        with _told():
            shop.shadowing.drop(rule, self.who.account, why)

    # what is released

    def publish(self, rule: str, seen: str, reason: str) -> str:
        """Make a release of the draft; its id. Raises TroubleError."""
        shop, why = self.shop(), self.reason(reason)
        with _told():
            return shop.releasing.publish(rule, seen, self.who.account, why)

    def approve(self, release: str, reason: str) -> None:
        """Put in force what another account published. Raises TroubleError."""
        shop, why = self.shop(), self.reason(reason)
        with _told():
            shop.releasing.approve(release, self.who.account, why)
        self.town.ring()

    def in_force(self) -> str:
        """The release that runs, which one goes back from; "" none."""
        shop = self.shop()
        with _told():
            return shop.releasing.in_force()

    def roll_back(self, seen: str, reason: str) -> None:
        """Go back from the release that was `seen` to the one before. Raises TroubleError."""
        shop, why = self.shop(), self.reason(reason)
        with _told():
            shop.releasing.roll_back(seen, self.who.account, why)
        self.town.ring()

    def difference(self, release: str) -> Sequence[str]:
        """Raises TroubleError."""
        shop = self.reading()
        with _told():
            return shop.releasing.difference(release)

    def releases(self) -> Sequence[Release]:
        """Newest first; none where there are none, or they may not be seen."""
        if self.town.workshop is None or not self.whole:
            return ()
        with _told():
            return self.town.workshop.releasing.releases()

    def drafts(self) -> Sequence[Draft]:
        return self.town.workshop.drafting.drafts() if self.town.workshop is not None and self.whole else ()

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

    def check_lines(self, text: str) -> None:
        """Raises TroubleError where a value in a file seems to name a person."""
        self.town.check_texts(*(_KEY.sub("", line).strip() for line in text.splitlines()))

    def _sees(self, area: str) -> bool:
        book = self.town.book()
        return self.who.sees_area(book.city, book.areas, area)


@contextmanager
def _told() -> Iterator[None]:
    """What the workshop refuses, as it is answered."""
    try:
        yield
    except WorkRefused as refused:
        raise TroubleError(refused.fault) from None


def _times(text: str) -> float:
    """How many times rarer; 1 where nothing is said. Raises TroubleError."""
    try:
        times = float(text) if text.strip() else 1.0
    except ValueError:
        times = 0.0
    if not LEAST_RARER <= times <= MOST_RARER:
        raise TroubleError("wrong_form", ("rarer",))
    return times


def _floor(text: str) -> int | None:
    """Raises TroubleError."""
    said = text.strip()
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:7]) <= MOST_FLOOR):
        raise TroubleError("wrong_form", ("at_least",))
    return int(said)
