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

SHOWN: Final[frozenset[Verb]] = BY_HAND | {"hold", "lapse", "freeze", "thaw", "rewind"}
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
class DutyFigures:
    """`due`: by when the desk `asked` must take it, ms; 0: no clock. `can`: moves that may be made by hand now."""

    duty: Duty
    asked: str
    above: str  # the desk that a raise would tell; "" none
    holder: str
    due: int
    done: tuple[Done, ...]
    can: frozenset[Verb]


def duty_figures(
    alert: Alert, links: Sequence[Link], desks: Mapping[str, Desk], names: Names, *, moves: bool
) -> DutyFigures:
    """`moves`: whether whoever looks may move alerts at all."""
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
        done=tuple(
            Done(
                act.at,
                act.verb,
                names.desk(act.desk) if act.desk else "",
                act.role,
                names.desk(act.to) if act.to else "",
                act.outcome,
                " – ".join(text for text in (act.why if act.verb in ("close", "reopen") else "", act.note) if text),
            )
            for act in acts
        ),
        can=frozenset(can),
    )
