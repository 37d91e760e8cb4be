"""What time does to an alert: who should have answered by now, and what follows. A pure function of alert, desks, now.

A desk has so long to take an alert as its clock for the colour says, and meanwhile further channels of it are called;
then the desk above is told, whose clock runs from there. An acknowledgement lapses. Clocks run on real seconds, through
shifts and daylight saving alike.
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


SLACK_MS: Final = 60_000
"""A clock that was ahead by less delays nothing that matters."""


def next_act(alert: Alert, desks: Mapping[str, Desk], routed: str = "") -> Act | None:
    """What a clock does about the alert next, dated with the moment it is due; None: nothing, ever.

    A desk that nobody staffs when it is told hands on at once, where it has a desk above; so does one that is gone, to
    the desk that hears such alerts now, `routed`. What is over rises no more, for nothing runs. The highest desk is
    reminded at its own deadline, once; then the alert stays where it is, and `overdue` lists it. A channel with a time
    of its own for this colour is called when that has passed; where both are due, before the alert rises.
    """
    duty = alert.duty
    if alert.state != "open" or not desks:
        return None
    if duty.stage == "taken":
        holder = desks.get(duty.desk)
        if holder is not None and not holder.lapse:
            return None
        lapse = holder.lapse if holder is not None else 0
        return Act("lapse", duty.taken_at + lapse, desk=duty.desk, role=CLOCK, rank=alert.rank)
    call, rise = _call(alert, desks), _rise(alert, desks, routed)
    if call is None or (rise is not None and rise.at < call.at):
        return rise
    return call


def _call(alert: Alert, desks: Mapping[str, Desk]) -> Act | None:
    """The next channel of the desk that was told last, of those that wait until nobody has taken it."""
    duty = alert.duty
    desk = desks.get(duty.asked)
    if duty.stage not in WAITING or not duty.since or desk is None:
        return None
    waits = [
        (one.untaken[alert.colour], one.name)
        for one in desk.channels
        if alert.colour in one.untaken and one.name not in duty.called
    ]
    if not waits:
        return None
    wait, name = min(waits, key=lambda pair: pair[0])
    return Act("call", duty.since + wait, desk=duty.asked, role=CLOCK, to=name, why="unanswered", rank=alert.rank)


def _rise(alert: Alert, desks: Mapping[str, Desk], routed: str) -> Act | None:
    """To the desk above, or, where there is none, the reminder of the highest."""
    duty = alert.duty
    due = answer_due(alert, desks)
    above = desk_above(alert, desks, routed)
    desk = desks.get(duty.asked)
    if not due:
        return None
    if not above:
        if desk is None or (duty.reminded_at and duty.reminded_at >= duty.since):
            return None
        return Act("remind", due, desk=duty.asked, role=CLOCK, rank=alert.rank)
    why, at = "unanswered", due
    if desk is None:
        why = "desk_gone"
    elif turn_at(desk, duty.since) is None:
        why, at = "unstaffed", duty.since
    return Act("raise", at, desk=duty.asked, role=CLOCK, to=above, why=why, rank=alert.rank)


def answer_due(alert: Alert, desks: Mapping[str, Desk]) -> int:
    """By when the desk that was told last must have taken the alert, ms UTC; 0: no clock runs."""
    return _owed_by(alert, desks) if alert.state == "open" else 0


def _owed_by(alert: Alert, desks: Mapping[str, Desk]) -> int:
    """The same, also of what is over: its answer is owed all the same. A desk that is gone answers nothing."""
    duty = alert.duty
    if duty.stage not in WAITING or not duty.since:
        return 0
    desk = desks.get(duty.asked)
    if desk is None:
        return duty.since
    clock = desk.clocks.get(alert.colour)
    return duty.since + clock if clock is not None else 0


def desk_above(alert: Alert, desks: Mapping[str, Desk], routed: str = "") -> str:
    """The next desk above those that were told; "" where there is none. Where the desk that was told last is gone, the
    one that hears such alerts now (`routed`, else the alert's own), or the next above that."""
    told = alert.duty.desks
    desk = desks.get(alert.duty.asked)
    if desk is not None:
        return desk.parent if desk.parent in desks and desk.parent not in told else ""
    above, passed = routed or alert.desk, set[str]()
    while above in told and above in desks and above not in passed:
        passed.add(above)
        above = desks[above].parent
    return above if above in desks and above not in told else ""


def desks_above(alert: Alert, desks: Mapping[str, Desk], routed: str = "") -> list[str]:
    """Every desk to which the alert may be raised: the next above those that were told, and all above that one."""
    found: list[str] = []
    above = desk_above(alert, desks, routed)
    while above in desks and above not in found:
        found.append(above)
        above = desks[above].parent
    return [name for name in found if name not in alert.duty.desks]


@dataclass(frozen=True, slots=True)
class Overdue:
    """An alert that somebody should have taken: at which desk, since when it is overdue (ms), how many desks know."""

    alert: Alert
    desk: str
    since: int
    levels: int


def overdue(alerts: Iterable[Alert], desks: Mapping[str, Desk], now: int) -> list[Overdue]:
    """What a supervisor looks at: nobody took it in time, at any level, whether or not it still runs. Highest rank
    first, then longest overdue."""
    found = []
    for alert in alerts:
        duty = alert.duty
        if duty.stage not in WAITING or duty.held_at:
            continue
        due = _owed_by(alert, desks)
        if duty.above:
            found.append(Overdue(alert, duty.asked, duty.since, len(duty.desks)))
        elif 0 < due <= now:
            found.append(Overdue(alert, duty.asked, due, 1))
    return sorted(found, key=lambda one: (-one.alert.rank, one.since, one.alert.id))


def rewind(alert: Alert, now: int) -> Act | None:
    """What sets a duty right that was dated by a clock that was ahead, and would wait as long; None: it is right."""
    duty = alert.duty
    dated = max(duty.since, duty.taken_at, duty.told_at, duty.held_at) if duty.stage in OWED else 0
    return Act("rewind", now, role=CLOCK, rank=alert.rank) if dated > now + SLACK_MS else None


def freeze(alert: Alert, blind: frozenset[str], now: int) -> Act | None:
    """Whether the alert can be confirmed no longer, or again: a feed that it rests on fell silent, or is heard."""
    duty = alert.duty
    rests_on = {one.feed for one in alert.signal.evidence.feeds} if alert.signal.kind in COUNTED else set()
    frozen = alert.state == "open" and duty.stage in OWED and not blind.isdisjoint(rests_on)
    if frozen == bool(duty.frozen_at):
        return None
    return Act("freeze" if frozen else "thaw", now, role=CLOCK, rank=alert.rank)
