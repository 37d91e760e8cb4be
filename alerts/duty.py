"""What the desk has done about an alert: the pure table of moves of people and clocks, and how each changes the duty.

The engine says whether something runs (`alerts.life`); this says whether somebody has it. The duty of an alert is the
fold of its acts, so that the chain of acts (`alerts.chain`) proves it: nothing is known here that no act has said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, Literal, get_args

import msgspec

Stage = Literal["open", "raised", "taken", "closed", "withdrawn", "merged"]
"""open: nobody has it. raised: nobody has it, and a desk above was told. taken: a desk has acknowledged it.
closed: with an outcome. withdrawn, merged: the engine took it back or joined it to another; nothing is owed."""

Outcome = Literal["confirmed", "expected", "not_real", "data_fault", "cannot_tell"]
"""What the officer found it to be."""

Heard = Literal["first", "worse", "spread", "corrected", "over", "withdrawn", "merged"]
"""What the engine says of it."""

Verb = Literal[
    "take", "leave", "raise", "close", "reopen", "note",  # people; clocks raise too
    "hold", "release",  # the budget; people release too
    "call", "lapse", "remind", "freeze", "thaw", "rewind",  # clocks
    Heard,
]  # fmt: skip

BY_HAND: Final[frozenset[Verb]] = frozenset(("take", "leave", "raise", "close", "reopen", "note", "release"))
WAITING: Final[frozenset[Stage]] = frozenset(("open", "raised"))
"""Nobody has it: the clock of the last desk that was told runs."""
OWED: Final[frozenset[Stage]] = frozenset(("open", "raised", "taken"))
"""Somebody still owes an outcome."""

TEXT_LONGEST: Final = 500
"""Characters of a note or a reason."""

MOVES: Final[Mapping[tuple[Stage, Verb], Stage]] = {
    ("open", "take"): "taken",
    ("raised", "take"): "taken",
    ("taken", "take"): "taken",  # the acknowledgement is renewed, or another desk has it now
    ("taken", "leave"): "open",
    ("taken", "lapse"): "open",
    ("open", "raise"): "raised",
    ("raised", "raise"): "raised",
    ("taken", "raise"): "raised",
    ("open", "close"): "closed",
    ("raised", "close"): "closed",
    ("taken", "close"): "closed",
    ("closed", "close"): "closed",  # seen otherwise afterwards: both outcomes stay in the chain
    ("closed", "reopen"): "open",
    ("open", "hold"): "open",
    ("open", "release"): "open",
    ("open", "freeze"): "open",
    ("raised", "freeze"): "raised",
    ("taken", "freeze"): "taken",
    ("open", "call"): "open",
    ("raised", "call"): "raised",
    ("open", "remind"): "open",
    ("raised", "remind"): "raised",
    ("open", "rewind"): "open",
    ("raised", "rewind"): "raised",
    ("taken", "rewind"): "taken",
    ("open", "thaw"): "open",
    ("raised", "thaw"): "raised",
    ("taken", "thaw"): "taken",
    ("closed", "thaw"): "closed",
    ("withdrawn", "thaw"): "withdrawn",
    ("merged", "thaw"): "merged",
    ("open", "note"): "open",
    ("raised", "note"): "raised",
    ("taken", "note"): "taken",
    ("closed", "note"): "closed",
    ("withdrawn", "note"): "withdrawn",
    ("merged", "note"): "merged",
}
"""Where people and clocks take an alert. What is not here cannot be done."""

HEARD: Final[Mapping[Verb, Mapping[Stage, Stage]]] = {
    "first": {},
    "worse": {"closed": "open"},  # what was closed at a lower rank is not what it is now
    "spread": {},
    "over": {},
    "corrected": {"withdrawn": "open", "merged": "open"},  # late evidence brings it back, or parts it
    "withdrawn": dict.fromkeys(get_args(Stage), "withdrawn"),
    "merged": dict.fromkeys(get_args(Stage), "merged"),
}
"""Where the engine takes it; a stage that is not named stays."""

Fault = Literal[
    "not_from_here", "not_a_hand", "outcome_missing", "outcome_elsewhere", "reason_missing", "cannot_confirm",
    "desk_missing", "desk_has_it", "desk_elsewhere", "text_long", "changed", "not_held", "key_used",
]  # fmt: skip
"""Why a move is refused: a closed list, spoken by `alerts.api.troubles`."""


class MoveRefused(Exception):
    """A move that cannot be made from where the alert is. Nothing of it was written."""

    def __init__(self, fault: Fault, stage: Stage, verb: Verb) -> None:
        super().__init__(f"{verb} of an alert that is {stage}: {fault}")
        self.fault = fault
        self.stage = stage
        self.verb = verb


class Act(msgspec.Struct, frozen=True, omit_defaults=True, tag="move", tag_field="form"):
    """One move, as the chain keeps it. `at` is the desk's clock, ms UTC.

    `account` is a duty number; empty where the engine or a clock moved, whose `role` says which. `desk`: of people and
    clocks the desk that acts; of the engine the first desk of the alert as it is now. `rank`: of the alert at that
    time. `timed` is False where nobody was told (a load of the past): no clock starts then.
    """

    verb: Verb
    at: int
    account: str = ""
    desk: str = ""
    role: str = ""
    to: str = ""  # of a raise: the desk above; of a call: the channel
    outcome: Outcome | Literal[""] = ""
    why: str = ""  # of an outcome, a raise, a reopening
    note: str = ""
    rank: int = 0
    timed: bool = True
    mute: str = ""  # of a hold: the mute that hides it
    by: str = ""  # of a hold: the alert that explains it; neither of both: the budget holds it
    key: str = ""  # of the request that asked for it: asked again, it is not made again


class Duty(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is known of an alert at its desk. Times: the desk's clock, ms UTC; 0: not, or not known.

    `first` is the first desk; `above` the desks to which it was raised, in order. `since`: when the last of them began
    to owe an answer; 0: no clock runs. `account` and `desk` hold it while it is taken, closed it when it is closed.
    """

    stage: Stage = "open"
    acts: int = 0  # how many have made it what it is: who has seen fewer has not seen this
    first: str = ""
    above: tuple[str, ...] = ()
    called: tuple[str, ...] = ()  # channels that wait until nobody has taken it, and were told by now
    since: int = 0
    account: str = ""
    desk: str = ""
    taken_at: int = 0
    closed_at: int = 0
    outcome: Outcome | Literal[""] = ""
    why: str = ""
    rank: int = 0  # at the last act
    told_at: int = 0  # when its first desk was interrupted for it: what the budget counts; 0: never
    held_at: int = 0  # since then a budget or a mute keeps it back: on no channel, no clock
    mute: str = ""  # the last mute that hid it
    by: str = ""  # the alert that explains it, while it is held for that
    reminded_at: int = 0  # when the desk that was told last was reminded, there being none above; 0: not yet
    frozen_at: int = 0  # since then a feed that it rests on is blind: it can be neither confirmed nor denied

    @property
    def desks(self) -> tuple[str, ...]:
        """Every desk that was told, the first desk first."""
        return ((self.first,) if self.first else ()) + self.above

    @property
    def asked(self) -> str:
        """The desk whose clock runs: the last one that was told."""
        return self.above[-1] if self.above else self.first


NOBODY: Final = Duty()


def fold(duty: Duty, act: Act) -> Duty:
    """The duty after `act`. Raises MoveRefused where the table has no such move, or the move lacks what it must say."""
    changed = _heard(duty, act) if act.verb in HEARD else _moved(duty, act)
    by = changed.by if changed.held_at else ""
    return msgspec.structs.replace(changed, acts=duty.acts + 1, rank=act.rank, by=by)


def _heard(duty: Duty, act: Act) -> Duty:
    """The engine's move. A first desk that is another one now owes an answer of its own."""
    stage = HEARD[act.verb].get(duty.stage, duty.stage)
    if stage not in OWED:
        duty = msgspec.structs.replace(duty, held_at=0)
    passed_on = bool(duty.first) and act.desk != duty.first and stage in OWED
    anew = act.verb == "first" or stage != duty.stage or passed_on
    if passed_on or (stage == "open" and stage != duty.stage):
        duty = msgspec.structs.replace(_unanswered(duty), above=(), called=())
        stage = "open"
    since = act.at if act.timed else 0
    waits = stage in WAITING and not duty.held_at
    worse = act.verb == "worse" and waits
    above = tuple(desk for desk in duty.above if desk != act.desk)
    if anew and waits and act.timed and (passed_on or not duty.told_at):
        duty = msgspec.structs.replace(duty, told_at=act.at)
    return msgspec.structs.replace(
        duty,
        stage=stage,
        first=act.desk,
        above=above,
        since=since if (anew and waits) or worse else duty.since,
    )


def _moved(duty: Duty, act: Act) -> Duty:
    """A move of people or clocks."""
    stage = MOVES.get((duty.stage, act.verb))
    if stage is None:
        raise MoveRefused("not_from_here", duty.stage, act.verb)
    if max(len(act.note), len(act.why)) > TEXT_LONGEST:
        raise MoveRefused("text_long", duty.stage, act.verb)
    if act.verb != "close" and act.outcome:
        raise MoveRefused("outcome_elsewhere", duty.stage, act.verb)
    return _MAKERS[act.verb](msgspec.structs.replace(duty, stage=stage), act, duty.stage)


def _taken(duty: Duty, act: Act, _was: Stage) -> Duty:
    return msgspec.structs.replace(duty, account=act.account, desk=act.desk, taken_at=act.at, since=0, held_at=0)


def _held(duty: Duty, act: Act, _was: Stage) -> Duty:
    """Kept back before its desk was told: it was never interrupted."""
    return msgspec.structs.replace(duty, held_at=duty.held_at or act.at, told_at=0, since=0, mute=act.mute, by=act.by)


def _released(duty: Duty, act: Act, was: Stage) -> Duty:
    if not duty.held_at:
        raise MoveRefused("not_held", was, act.verb)
    return msgspec.structs.replace(duty, held_at=0, told_at=act.at, since=act.at)


def _left(duty: Duty, act: Act, _was: Stage) -> Duty:
    """Given back, or lapsed: the desk that had it, or the last one that was told, owes an answer anew."""
    return msgspec.structs.replace(_unanswered(duty), since=act.at)


def _raised(duty: Duty, act: Act, was: Stage) -> Duty:
    if not act.to:
        raise MoveRefused("desk_missing", was, act.verb)
    if act.to in duty.desks:
        raise MoveRefused("desk_has_it", was, act.verb)
    return msgspec.structs.replace(_unanswered(duty), above=(*duty.above, act.to), since=act.at, held_at=0)


def _closed(duty: Duty, act: Act, was: Stage) -> Duty:
    """With an outcome, and a reason for every outcome but the one that asks for action. While a feed that the alert
    rests on is blind nobody can see that nothing happens: then it is confirmed, a fault of the data, or untold."""
    if not act.outcome:
        raise MoveRefused("outcome_missing", was, act.verb)
    if act.outcome != "confirmed" and not act.why.strip():
        raise MoveRefused("reason_missing", was, act.verb)
    if duty.frozen_at and act.outcome in ("expected", "not_real"):
        raise MoveRefused("cannot_confirm", was, act.verb)
    return msgspec.structs.replace(
        duty,
        account=act.account,
        desk=act.desk,
        closed_at=act.at,
        since=0,
        held_at=0,
        outcome=act.outcome,
        why=act.why,
    )


def _reopened(duty: Duty, act: Act, _was: Stage) -> Duty:
    return msgspec.structs.replace(_unanswered(duty), since=act.at)


def _frozen(duty: Duty, act: Act, _was: Stage) -> Duty:
    return msgspec.structs.replace(duty, frozen_at=duty.frozen_at or act.at)


def _thawed(duty: Duty, _act: Act, _was: Stage) -> Duty:
    return msgspec.structs.replace(duty, frozen_at=0)


def _rewound(duty: Duty, act: Act, _was: Stage) -> Duty:
    """The desk's clock was ahead and is right again: what lies in its future is now."""
    return msgspec.structs.replace(
        duty,
        since=min(duty.since, act.at),
        taken_at=min(duty.taken_at, act.at),
        told_at=min(duty.told_at, act.at),
        held_at=min(duty.held_at, act.at),
        reminded_at=0,
    )


def _called(duty: Duty, act: Act, _was: Stage) -> Duty:
    """A further channel of the desk that was told last. Its clock goes on."""
    return msgspec.structs.replace(duty, called=(*duty.called, act.to))


def _reminded(duty: Duty, act: Act, _was: Stage) -> Duty:
    return msgspec.structs.replace(duty, reminded_at=act.at)


def _noted(duty: Duty, act: Act, was: Stage) -> Duty:
    if not act.note.strip():
        raise MoveRefused("reason_missing", was, act.verb)
    return duty


_MAKERS: Final[Mapping[Verb, Callable[[Duty, Act, Stage], Duty]]] = {
    "take": _taken,
    "hold": _held,
    "release": _released,
    "leave": _left,
    "lapse": _left,
    "raise": _raised,
    "close": _closed,
    "reopen": _reopened,
    "freeze": _frozen,
    "thaw": _thawed,
    "rewind": _rewound,
    "call": _called,
    "remind": _reminded,
    "note": _noted,
}


def _unanswered(duty: Duty) -> Duty:
    return msgspec.structs.replace(duty, account="", desk="", taken_at=0, closed_at=0, outcome="", why="")
