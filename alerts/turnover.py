"""The hand-over at a change of shift: what one turn of a desk leaves to the next. Pure.

A clock makes one for each turn that begins. It is a place in the chain: what was owed there is the fold of the acts up
to it, so that the page of any past change can be made again from the chain, and nothing that was open is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from alerts import clocks
from alerts.alert import Alert
from alerts.chain import Handover, Kept, Link, Missed, Mute, Unmute, decode
from alerts.desks import Desk
from alerts.duty import BY_HAND, OWED, WAITING, Act, Verb
from alerts.shifts import Turn, turn_at

UNREAD_MS: Final = 15 * 60_000
"""So long the incoming desk has to read; then the desk above is told, and after as long again the next."""
KEPT: Final = 30
"""Hand-overs of a desk that are listed, the latest last; the chain keeps every one."""
MOVES_SHOWN: Final = 200
_TOLD: Final[frozenset[Verb]] = BY_HAND | {"lapse"}


@dataclass(frozen=True, slots=True)
class Turnover:
    """One hand-over of a desk. `seq`: its entry; 0: it is still to come. `after`: the entry of the one before, 0: none.

    `notes`: what the outgoing turn wrote for it; `unread`: each time that a desk above was told.
    """

    made: Handover
    seq: int = 0
    after: int = 0
    notes: tuple[Handover, ...] = ()
    read: Handover | None = None
    unread: tuple[Handover, ...] = ()

    @property
    def owed(self) -> bool:
        """Whether somebody still has to read it. Nobody has handed over the first that there is."""
        return bool(self.seq and self.after) and self.read is None

    @property
    def due(self) -> int:
        """When the next desk is told that nobody has read it, ms UTC."""
        return self.made.at + UNREAD_MS * (1 + len(self.unread))


@dataclass(frozen=True, slots=True)
class Handovers:
    """The hand-overs of one desk, oldest first, and the one to come: its `made` is empty but for the desk."""

    past: tuple[Turnover, ...]
    coming: Turnover

    @property
    def last(self) -> Turnover | None:
        return self.past[-1] if self.past else None

    def of_turn(self, turn: int) -> Turnover | None:
        return next((one for one in reversed(self.past) if one.made.turn == turn), None)


def turned(known: Mapping[str, Handovers], entries: Iterable[tuple[int, Kept]]) -> Mapping[str, Handovers]:
    """Hand-overs by desk after more entries of the chain, each with its number."""
    found = dict(known)
    for seq, entry in entries:
        if isinstance(entry, Handover):
            before = found.get(entry.desk, Handovers((), Turnover(Handover(0, "handed", entry.desk))))
            found[entry.desk] = _after(before, seq, entry)
    return found


def _after(before: Handovers, seq: int, entry: Handover) -> Handovers:
    if entry.step == "noted":
        return replace(before, coming=replace(before.coming, notes=(*before.coming.notes, entry)))
    if entry.step == "handed":
        made = replace(before.coming, made=entry, seq=seq)
        return Handovers((*before.past, made)[-KEPT:], Turnover(Handover(0, "handed", entry.desk), after=seq))
    return replace(before, past=tuple(_heard(one, entry) for one in before.past))


def _heard(one: Turnover, entry: Handover) -> Turnover:
    if one.made.turn != entry.turn:
        return one
    if entry.step == "read":
        return replace(one, read=one.read or entry)
    return replace(one, unread=(*one.unread, entry))


def handed_over(desk: Desk, known: Handovers | None, now: int) -> Turn | None:
    """The turn that has begun by `now` (ms UTC) and that nothing was handed to yet; None: none has.

    A desk without shifts is always there: it hands over to nobody. What a clock that was ahead made hinders nothing.
    """
    turn = turn_at(desk, now) if desk.shifts else None
    if turn is None:
        return None
    last = known.last.made.turn if known is not None and known.last is not None else 0
    return turn if turn.since > last or last > now + clocks.SLACK_MS else None


def rises_to(turnover: Turnover, desks: Mapping[str, Desk], now: int) -> str:
    """The desk to be told at `now` that nobody has read the hand-over; "": none, or not yet.

    Each time one level higher. Where there is no desk above, the desk itself is reminded, once.
    """
    if not turnover.owed or now < turnover.due:
        return ""
    told = [turnover.made.desk, *(one.to for one in turnover.unread)]
    here = desks.get(told[-1])
    above = here.parent if here is not None else ""
    if above in desks and above not in told:
        return above
    return turnover.made.desk if not turnover.unread else ""


@dataclass(frozen=True, slots=True)
class Lapse:
    """A taken alert, and when its acknowledgement lapses, ms UTC; 0: never."""

    alert: Alert
    at: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a hand-over holds. Alerts carry the duty that they had then; each stands in one of the first four lists.

    `overdue`: ids of `waiting` that nobody took in time. `moves`: what this desk did in the turn that ended, oldest
    first, the last `MOVES_SHOWN` of `moved`. `closed` by this desk, `confirmed` of them.
    """

    turnover: Turnover
    at: int
    waiting: tuple[Alert, ...]
    taken: tuple[Lapse, ...]
    held: tuple[Alert, ...]
    muted: tuple[Alert, ...]
    overdue: frozenset[str]
    mutes: tuple[Mute, ...]
    blind: tuple[str, ...]
    moves: tuple[Link, ...]
    moved: int
    closed: int
    confirmed: int

    @property
    def owed(self) -> int:
        """How many alerts somebody still owes an outcome."""
        return len(self.waiting) + len(self.taken) + len(self.held) + len(self.muted)

    @property
    def worst(self) -> Alert | None:
        every = [*self.waiting, *(one.alert for one in self.taken), *self.held, *self.muted]
        return max(every, key=lambda alert: (alert.rank, alert.id), default=None)


def sheet(
    turnover: Turnover,
    owed: Iterable[Alert],
    mutes: Iterable[Mute],
    links: Iterable[Link],
    desks: Mapping[str, Desk],
    blind: Sequence[str],
    at: int,
    concerns: Callable[[Mute], bool],
    drills: Collection[str] = (),
) -> Sheet:
    """`owed`: alerts with the duty that they had at `at`; `mutes`: those that ran then; `links`: the chain between the
    hand-over before and this one. `concerns`: whether a mute hides alerts of this desk. `drills`: ids of exercises,
    whose closings are counted nowhere."""
    desk = turnover.made.desk
    mine = [a for a in owed if a.duty.stage in OWED and (desk in a.duty.desks or desk in (a.duty.desk, a.desk))]
    mine.sort(key=lambda alert: (-alert.rank, alert.signal.said_at, alert.id))
    hiding = [mute for mute in mutes if concerns(mute)]
    ids = {mute.id for mute in hiding}
    kept = [alert for alert in mine if alert.duty.held_at]
    waiting = [alert for alert in mine if alert.duty.stage in WAITING and not alert.duty.held_at]
    moves = [one for one in links if _is_move_of(one, desk)]
    real = (decode(one.body).act for one in moves if one.alert not in drills)
    outcomes = [act.outcome for act in real if isinstance(act, Act) and act.outcome]
    return Sheet(
        turnover=turnover,
        at=at,
        waiting=tuple(waiting),
        taken=tuple(Lapse(alert, _lapses(alert, desks)) for alert in mine if alert.duty.stage == "taken"),
        held=tuple(alert for alert in kept if alert.duty.mute not in ids),
        muted=tuple(alert for alert in kept if alert.duty.mute in ids),
        overdue=frozenset(one.alert.id for one in clocks.overdue(waiting, desks, at)),
        mutes=tuple(sorted(hiding, key=lambda mute: (mute.until, mute.id))),
        blind=tuple(blind),
        moves=tuple(moves[-MOVES_SHOWN:]),
        moved=len(moves),
        closed=len(outcomes),
        confirmed=outcomes.count("confirmed"),
    )


def _lapses(alert: Alert, desks: Mapping[str, Desk]) -> int:
    holder = desks.get(alert.duty.desk)
    return alert.duty.taken_at + holder.lapse if holder is not None and holder.lapse else 0


def _is_move_of(one: Link, desk: str) -> bool:
    act = decode(one.body).act
    if isinstance(act, Act):
        return act.desk == desk and act.verb in _TOLD and act.role not in ("budget", "engine")
    return isinstance(act, Missed | Mute | Unmute) and act.desk == desk
