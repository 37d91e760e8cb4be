"""What the desk has done about an alert, as the card shows it, and what may be done now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from alerts import clocks
from alerts.alert import Alert
from alerts.chain import Link, decode
from alerts.console.naming import Names
from alerts.desks import Desk
from alerts.duty import BY_HAND, MOVES, Act, Duty, Verb
from rules.records import Exclude

SHOWN: Final[frozenset[Verb]] = BY_HAND | {"hold", "call", "lapse", "remind", "freeze", "thaw", "rewind"}
"""Acts of people and clocks; what the engine did stands among the card's own moves."""


@dataclass(frozen=True, slots=True)
class Done:
    """One act: when, what, at which desk, in whose role, with which words."""

    at: int
    verb: Verb
    desk: str
    role: str
    to: str
    outcome: str
    words: str


@dataclass(frozen=True, slots=True)
class Explained:
    """The other alert of an explanation. `alert` "": one that whoever looks may not see."""

    alert: str
    where: str
    what: str
    why: str = ""  # sum, part


@dataclass(frozen=True, slots=True)
class KeptOut:
    """What is kept out of an alert's time. `offered`: whoever looks may order it; `asked`: another may; `numbered`:
    he may know by which account: officers read desks and roles, operators and who reviews read numbers."""

    orders: tuple[Exclude, ...]
    offered: bool
    asked: bool
    numbered: bool


@dataclass(frozen=True, slots=True)
class DutyFigures:
    """`due`: by when the desk `asked` must take it, ms; 0: no clock. `can`: moves that may be made by hand now."""

    duty: Duty
    asked: str
    above: str  # the desk that a raise would tell; "" none
    holder: str
    due: int
    explained_by: Explained | None  # why it is held, where another alert explains it
    explains: tuple[Explained, ...]  # what is held because of this one
    done: tuple[Done, ...]
    can: frozenset[Verb]
    kept_out: KeptOut | None  # None: nobody knows here


def duty_figures(
    alert: Alert,
    links: Sequence[Link],
    desks: Mapping[str, Desk],
    names: Names,
    *,
    moves: bool,
    explained_by: Alert | None = None,
    explains: Sequence[Alert] = (),
    kept: KeptOut | None = None,
) -> DutyFigures:
    """`moves`: whether whoever looks may move alerts at all. `explained_by`, `explains`: other
    alerts that he may see."""
    duty = alert.duty
    above = clocks.desk_above(alert, desks)
    can: set[Verb] = {verb for verb in BY_HAND if (duty.stage, verb) in MOVES} if moves else set()
    if not above:
        can.discard("raise")
    if not duty.held_at:
        can.discard("release")
    acts = [act for act in (decode(one.body).act for one in links) if isinstance(act, Act) and act.verb in SHOWN]
    return DutyFigures(
        duty=duty,
        asked=names.desk(duty.asked or alert.desk),
        above=names.desk(above) if above else "",
        holder=names.desk(duty.desk) if duty.desk else "",
        due=clocks.answer_due(alert, desks),
        explained_by=_explained_by(alert, explained_by, acts, names),
        explains=tuple(_named(one, names) for one in explains),
        done=tuple(
            Done(
                act.at,
                act.verb,
                names.desk(act.desk) if act.desk else "",
                act.role,
                act.to if act.verb == "call" else names.desk(act.to) if act.to else "",
                act.outcome,
                " – ".join(text for text in (act.why if act.verb in ("close", "reopen") else "", act.note) if text),
            )
            for act in acts
        ),
        can=frozenset(can),
        kept_out=kept,
    )


def _named(alert: Alert, names: Names, why: str = "") -> Explained:
    return Explained(alert.id, names.area(alert.signal.area), names.category(alert.signal.category), why)


def _explained_by(alert: Alert, other: Alert | None, acts: Sequence[Act], names: Names) -> Explained | None:
    if not alert.duty.by:
        return None
    why = next((act.why for act in reversed(acts) if act.verb == "hold" and act.by == alert.duty.by), "")
    return _named(other, names, why) if other is not None else Explained("", "", "", why)
