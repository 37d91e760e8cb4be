"""What time does to an alert: who should have answered by now, and what follows. A pure function of alert, desks, now.

A desk has so long to take an alert as its clock for the colour says; then the desk above is told, whose clock runs from
there. An acknowledgement lapses. Clocks run on real seconds, through shifts and daylight saving alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from alerts.alert import Alert
from alerts.desks import Desk
from alerts.duty import OWED, WAITING, Act
from alerts.shifts import turn_at
from rules.signals import COUNTED

CLOCK: Final = "clock"
"""The role of what moved by itself."""


def next_act(alert: Alert, desks: Mapping[str, Desk]) -> Act | None:
    """What a clock does about the alert next, dated with the moment it is due; None: nothing, ever.

    A desk that nobody staffs when it is told hands on at once, where it has a desk above. What is over, has no clock,
    or has reached the highest desk stays where it is: `overdue` lists it.
    """
    duty = alert.duty
    if alert.state != "open":
        return None
    if duty.stage == "taken":
        desk = desks.get(duty.desk)
        if desk is None or not desk.lapse:
            return None
        return Act("lapse", duty.taken_at + desk.lapse, desk=duty.desk, role=CLOCK, rank=alert.rank)
    due = answer_due(alert, desks)
    above = desk_above(alert, desks)
    if not due or not above:
        return None
    unstaffed = turn_at(desks[duty.asked], duty.since) is None
    why, at = ("unstaffed", duty.since) if unstaffed else ("unanswered", due)
    return Act("raise", at, desk=duty.asked, role=CLOCK, to=above, why=why, rank=alert.rank)


def answer_due(alert: Alert, desks: Mapping[str, Desk]) -> int:
    """By when the desk that was told last must have taken the alert, ms UTC; 0: no clock runs."""
    duty, desk = alert.duty, desks.get(alert.duty.asked)
    if alert.state != "open" or duty.stage not in WAITING or not duty.since or desk is None:
        return 0
    clock = desk.clocks.get(alert.colour)
    return duty.since + clock if clock is not None else 0


def desk_above(alert: Alert, desks: Mapping[str, Desk]) -> str:
    """The next desk above those that were told; "" where there is none."""
    told = alert.duty.desks
    desk = desks.get(alert.duty.asked)
    above = desk.parent if desk is not None else ""
    return above if above in desks and above not in told else ""


@dataclass(frozen=True, slots=True)
class Overdue:
    """An alert that somebody should have taken: at which desk, since when it is overdue (ms), how many desks know."""

    alert: Alert
    desk: str
    since: int
    levels: int


def overdue(alerts: Iterable[Alert], desks: Mapping[str, Desk], now: int) -> list[Overdue]:
    """What a supervisor looks at: nobody took it in time, at any level. Highest rank first, then longest overdue."""
    found = []
    for alert in alerts:
        duty = alert.duty
        if duty.stage not in WAITING or alert.state != "open":
            continue
        due = answer_due(alert, desks)
        if duty.above:
            found.append(Overdue(alert, duty.asked, duty.since, len(duty.desks)))
        elif 0 < due <= now:
            found.append(Overdue(alert, duty.asked, due, 1))
    return sorted(found, key=lambda one: (-one.alert.rank, one.since, one.alert.id))


def freeze(alert: Alert, blind: frozenset[str], now: int) -> Act | None:
    """Whether the alert can be confirmed no longer, or again: a feed that it rests on fell silent, or is heard."""
    duty = alert.duty
    rests_on = {one.feed for one in alert.signal.evidence.feeds} if alert.signal.kind in COUNTED else set()
    frozen = alert.state == "open" and duty.stage in OWED and not blind.isdisjoint(rests_on)
    if frozen == bool(duty.frozen_at):
        return None
    return Act("freeze" if frozen else "thaw", now, role=CLOCK, rank=alert.rank)
