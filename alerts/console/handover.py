"""The page of a hand-over: what one turn of a desk leaves to the next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alerts.alert import Alert
from alerts.chain import Handover, Missed, Mute, decode
from alerts.console.desk import HeldGroup, held_groups
from alerts.console.naming import Names
from alerts.console.rows import Row, row
from alerts.console.source import FeedState
from alerts.desks import Desk
from alerts.duty import Act
from alerts.shifts import turn_at
from alerts.turnover import Handovers, Sheet, Turnover

ROWS_SHOWN: Final = 100
"""Alerts of a list that are drawn; the rest is a number."""
PAST_SHOWN: Final = 6


@dataclass(frozen=True, slots=True)
class Line:
    """An alert that was handed over. `desk`: who had it then, else who had to take it; `at`: when its acknowledgement
    lapses, ms, 0: never. `now`: its stage as it is by now, "" where that is the same."""

    row: Row
    desk: str
    late: bool
    at: int
    now: str


@dataclass(frozen=True, slots=True)
class MuteEnd:
    where: str
    what: str
    reason: str
    until: int


@dataclass(frozen=True, slots=True)
class Moved:
    """One move of the turn that ended: `verb`, of which alert ("" of none), in whose words."""

    at: int
    verb: str
    alert: str
    where: str
    outcome: str
    words: str


@dataclass(frozen=True, slots=True)
class HandoverFigures:
    """`own`: (desk, name, whether a hand-over is owed there) of whoever looks. `until`: when the turn ends, ms, 0: not
    known. `can`: whether he may confirm and note. `more`: alerts that are not drawn."""

    desk: str
    name: str
    own: tuple[tuple[str, str, bool], ...]
    turnover: Turnover
    until: int
    rises_to: str
    as_of: int
    waiting: tuple[Line, ...]
    taken: tuple[Line, ...]
    more: int
    held: tuple[HeldGroup, ...]
    held_count: int
    muted_count: int
    mutes: tuple[MuteEnd, ...]
    blind: tuple[str, ...]
    moves: tuple[Moved, ...]
    moves_more: int
    closed: int
    confirmed: int
    overdue: int
    notes: tuple[Handover, ...]
    coming: tuple[Handover, ...]
    past: tuple[Turnover, ...]
    can: bool


def handover_figures(
    page: Sheet,
    known: Mapping[str, Handovers],
    own: Sequence[str],
    present: Mapping[str, Alert],
    desks: Mapping[str, Desk],
    names: Names,
    feeds: Sequence[FeedState],
    now: int,
    *,
    can: bool,
) -> HandoverFigures:
    """`present`: the alerts of the page as they are by now; `now`: the city's clock."""
    one, silent = page.turnover, {feed.name for feed in feeds if feed.silent_since}
    desk, turn = one.made.desk, one.made.turn
    of = known.get(desk)
    here = desks.get(desk)
    during = turn_at(here, turn) if here is not None and turn else None

    def line(alert: Alert, at: int = 0) -> Line:
        by_now = present.get(alert.id, alert)
        return Line(
            row(by_now, names.city, names, silent, now),
            names.desk(alert.duty.desk or alert.duty.asked or alert.desk),
            alert.id in page.overdue,
            at,
            by_now.duty.stage if by_now.duty.stage != alert.duty.stage else "",
        )

    waiting = [line(alert) for alert in sorted(page.waiting, key=lambda alert: alert.id not in page.overdue)]
    last = one.unread[-1].to if one.unread else desk
    above = desks[last].parent if last in desks else ""
    return HandoverFigures(
        desk=desk,
        name=names.desk(desk),
        own=tuple((name, names.desk(name), _is_owed(known.get(name))) for name in own),
        turnover=one,
        until=during.until if during is not None else 0,
        rises_to=names.desk(above) if above else "",
        as_of=page.at,
        waiting=tuple(waiting[:ROWS_SHOWN]),
        taken=tuple(line(held.alert, held.at) for held in page.taken[:ROWS_SHOWN]),
        more=max(0, len(waiting) - ROWS_SHOWN) + max(0, len(page.taken) - ROWS_SHOWN),
        held=held_groups(page.held, names),
        held_count=len(page.held),
        muted_count=len(page.muted),
        mutes=tuple(_mute(mute, names) for mute in page.mutes),
        blind=tuple(names.feed(name) for name in page.blind),
        moves=tuple(_moves(page, present, names)),
        moves_more=page.moved - len(page.moves),
        closed=page.closed,
        confirmed=page.confirmed,
        overdue=len(page.overdue),
        notes=one.notes,
        coming=of.coming.notes if of is not None and one.seq else (),
        past=of.past[-PAST_SHOWN:][::-1] if of is not None else (),
        can=can,
    )


def _is_owed(known: Handovers | None) -> bool:
    return known is not None and known.last is not None and known.last.owed


def _mute(mute: Mute, names: Names) -> MuteEnd:
    what = names.rule_name(mute.rule) if mute.rule else names.category(mute.category)
    return MuteEnd(names.area(mute.area), what, mute.reason, mute.until)


def _moves(page: Sheet, present: Mapping[str, Alert], names: Names) -> list[Moved]:
    found = []
    for one in page.moves:
        act, alert = decode(one.body).act, present.get(one.alert)
        outcome, words, where = "", "", names.area(alert.signal.area) if alert is not None else ""
        if isinstance(act, Act):
            outcome, words = act.outcome, " – ".join(text for text in (act.why, act.note) if text)
            words = "" if act.verb == "raise" and not act.account else words
        elif isinstance(act, Mute):
            where, words = names.area(act.area), act.reason
        elif isinstance(act, Missed):
            where, words = names.area(act.area), act.note
        found.append(Moved(one.at, one.verb, one.alert if alert is not None else "", where, outcome, words))
    return found
