"""Mutes: somebody says that what begins in an area is not told for a while. Who, why, until when, and what it hid.

A mute hides what begins while it runs; what a desk was told before goes on. Hidden alerts are kept like those that the
budget holds. The top rank passes, unless the mute says twice that it shall not. Mutes lie in the chain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from alerts.alert import Alert
from alerts.chain import Link, Mute, Unmute, decode
from alerts.desks import Desk
from rules.book import Book
from rules.signals import COUNTED

LOOK_BACK_MS: Final = 90 * 86_400_000
"""How far back a preview looks."""


def covers(mute: Mute, alert: Alert, book: Book) -> bool:
    """Whether the mute would hide the alert, had it begun while it ran. The watcher's own alerts are never hidden."""
    signal = alert.signal
    if signal.kind not in COUNTED or (alert.rank >= len(book.ladder) - 1 and not mute.top):
        return False
    in_area = signal.area in book.areas.by_code and book.areas.holds(mute.area, signal.area)
    in_category = signal.category in book.categories.by_code and book.categories.holds(mute.category, signal.category)
    return in_area and in_category and mute.rule in ("", signal.rule)


def concerns(mute: Mute, desk: Desk, book: Book) -> bool:
    """Whether the mute may hide alerts of the desk."""
    return book.areas.meets(mute.area, desk.areas) and book.categories.meets(mute.category, desk.categories)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a mute hides, or would have hidden: how many, and how many of them were confirmed."""

    hidden: int
    confirmed: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a mute would have hidden: the alerts, newest first, and how many of the top rank it lets pass."""

    alerts: tuple[Alert, ...]
    passed: int

    @property
    def cost(self) -> Cost:
        return _cost(self.alerts)

    @property
    def outcomes(self) -> Mapping[str, int]:
        """Outcome -> how many were found to be that; of those that nobody has closed, ""."""
        return Counter(alert.duty.outcome for alert in self.alerts)


def preview(mute: Mute, past: Iterable[Alert], book: Book) -> Preview:
    """What the mute would have hidden of `past`, the alerts that somebody was told of."""
    found = sorted(past, key=lambda alert: (-alert.signal.said_at, alert.id))
    hidden = tuple(alert for alert in found if covers(mute, alert, book))
    whole = msgspec.structs.replace(mute, top=True)
    return Preview(hidden, sum(covers(whole, alert, book) for alert in found) - len(hidden))


def cost(mute_id: str, alerts: Iterable[Alert]) -> Cost:
    """What a mute has hidden by now."""
    return _cost(alert for alert in alerts if alert.duty.mute == mute_id)


def _cost(alerts: Iterable[Alert]) -> Cost:
    outcomes = [alert.duty.outcome for alert in alerts]
    return Cost(len(outcomes), outcomes.count("confirmed"))


class Report(msgspec.Struct, frozen=True):
    """What a desk is told when a mute has ended; `hidden` stands in the notice's own count. Times: ms UTC."""

    area: str
    category: str
    rule: str
    since: int
    ended: int
    confirmed: int


def told_of(mute: Mute, end: Unmute) -> str:
    """The report as a notice carries it."""
    report = Report(mute.area, mute.category, mute.rule, mute.at, end.at, end.confirmed)
    return msgspec.json.encode(report).decode()


def report_in(about: str) -> Report:
    """The report that a notice carries. Raises msgspec.ValidationError."""
    return msgspec.json.decode(about, type=Report)


class Standing(msgspec.Struct, frozen=True):
    """A mute and how it ended; `end` None: it has not been ended, by hand or by its time."""

    mute: Mute
    end: Unmute | None = None

    def runs(self, now: int) -> bool:
        """From when it was laid: a beginning in the future is that of a clock that was ahead."""
        return self.end is None and now < self.mute.until


def standing(links: Iterable[Link]) -> Mapping[str, Standing]:
    """Every mute of a chain, oldest first, by id."""
    found: dict[str, Standing] = {}
    for one in links:
        act = decode(one.body).act
        if isinstance(act, Mute):
            found.setdefault(act.id, Standing(act))
        elif isinstance(act, Unmute) and act.id in found:
            found[act.id] = Standing(found[act.id].mute, act)
    return found
