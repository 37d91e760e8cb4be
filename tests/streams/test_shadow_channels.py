"""A shadow reaches no channel: over random nights, candidates and outcomes, the desk is as if there were none."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import Final, Literal, get_args

from hypothesis import example, given
from hypothesis import strategies as st

from alerts.acting import Acting
from alerts.desks import Desk
from alerts.duty import Act, MoveRefused, Outcome, Verb
from alerts.room import DeskRoom
from alerts.store import MemoryStore
from rules.book import Rule
from rules.engine import Engine
from rules.records import Record
from tests.engine.test_shadows import BURST, CANDIDATES, MANY, MINUTES, NOTHING, OTHERS, VARIANTS, start, with_orders
from tests.engine.worlds import START, TICKS, Event, book, log_of, nights

LINE: Final = "desk/line"
DESK: Final = Desk("desk", {"en": "Desk"}, "UTC", ("city",), ("incident",), ())


def hand(verb: Verb, at: int, outcome: Outcome | Literal[""] = "") -> Act:
    return Act(verb, at, "A100001", "desk", "officer", outcome=outcome, why="seen" if outcome else "")


def lived(records: list[Record], dice: Random) -> MemoryStore:
    """What a desk holds after a night, on which people take alerts and close them with whatever they found."""
    of, store = book([MANY, *OTHERS]), MemoryStore()
    engine, desk = Engine(of), DeskRoom(of, store, {"desk": [LINE]})
    acting = Acting("small", store, {"desk": DESK}, len(of.ladder) - 1)
    for offset, record in enumerate(records, 1):
        said = engine.apply(record, offset)
        if said:
            desk.apply(said, START + offset)
        for alert in store.board():
            if dice.random() < 0.1:
                with suppress(MoveRefused):  # it is closed already
                    acting.by_hand(alert.id, hand("take", START + offset))
                    acting.by_hand(alert.id, hand("close", START + offset, dice.choice(get_args(Outcome))))
    return store


@given(night=nights(), candidate=CANDIDATES, minute=MINUTES, seed=st.integers(0, 1_000))
@example(night=BURST, candidate=VARIANTS[1], minute=20, seed=1)
def test_a_shadow_never_reaches_a_channel(night: list[Event], candidate: Rule, minute: int, seed: int) -> None:
    records = log_of(night, TICKS)
    shadowed = lived(with_orders(records, {minute: (start(candidate),)}), Random(seed))
    bare = lived(with_orders(records, {minute: (NOTHING,)}), Random(seed))
    alerts = list(shadowed.final())
    assert alerts == list(bare.final())
    assert [shadowed.notices_of(one.id) for one in alerts] == [bare.notices_of(one.id) for one in alerts]
    assert list(shadowed.links()) == list(bare.links())
    assert shadowed.backlog() == bare.backlog()
    assert {one.signal.rule_version for one in alerts} <= {"v1"}, "what a desk holds is of the rules in force"
