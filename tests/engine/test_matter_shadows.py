"""Rules on matters in shadow: the same laws as of rules on counts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from rules.book import MatterRule
from rules.canonical import canonical, final_states
from rules.engine import Engine
from rules.records import StartShadow, UseBook
from rules.shadows.score import shadows_of
from rules.signals import Signal
from tests.engine.matters import RULES, STEPS, Told, city, log_of, matters, rule
from tests.engine.test_shadows import NOTHING, flat, judged, with_orders
from tests.engine.worlds import HOUR, TICKS

LATE: Final = RULES[0]
VARIANTS: Final = (
    msgspec.structs.replace(LATE, version="v2", warned=50),
    msgspec.structs.replace(LATE, version="v3", areas="city", colours=(("red", 1.0),)),
    msgspec.structs.replace(LATE, version="v4", at_least=2),
    rule("new", version="v5", kind="repeat", n=2, within=5 * HOUR),
    rule("late", version="v6", kind="repeat", n=2, within=5 * HOUR, on="place"),
)
SOME: Final = [
    *(Told(n, 5 + n, 6 + n, matter=n) for n in range(1, 4)),
    Told(9, 200, 201, stage="replied"),
    *(Told(n, 300 + n, 301 + n, matter=n, area="south") for n in range(11, 14)),
]
assert "filed" in STEPS


def start(candidate: MatterRule) -> StartShadow:
    return StartShadow(0, candidate.id, msgspec.json.encode(candidate), on_matters=True, by="A-1", reason="sooner")


@given(
    night=matters(), candidate=st.sampled_from(VARIANTS), minute=st.sampled_from((20, 90, 300)), cut=st.integers(1, 130)
)
@example(night=SOME, candidate=VARIANTS[0], minute=20, cut=30)
def test_a_shadow_changes_no_signal_and_hears_the_same_after_any_restart(
    night: list[Told], candidate: MatterRule, minute: int, cut: int
) -> None:
    records, of = log_of(night, TICKS), city()
    bare = judged(with_orders(records, {minute: (NOTHING,)}), of)[1]
    shadowed = with_orders(records, {minute: (start(candidate),)})
    engine, said = judged(shadowed, of)
    assert said == bare
    again, _ = judged(shadowed, of, cut=cut)
    ahead = Engine(of)
    assert list(ahead.apply_all(list(enumerate(shadowed, 1)))) == flat(bare)
    assert shadows_of(engine) == shadows_of(again) == shadows_of(ahead)


@given(
    night=matters(), candidate=st.sampled_from(VARIANTS), minute=st.sampled_from((20, 90, 300)),
    later=st.sampled_from((15, 60, 300)),
)  # fmt: skip
@example(night=SOME, candidate=VARIANTS[0], minute=20, later=300)
def test_from_its_promotion_on_a_shadow_tells_what_it_had_told_in_force_from_its_start(
    night: list[Told], candidate: MatterRule, minute: int, later: int
) -> None:
    of = city()
    others = [one for one in RULES if one.id != candidate.id]
    new = city(sorted((candidate, *others), key=lambda one: one.id))
    used = UseBook(0, new.digest)
    promoted = with_orders(log_of(night, TICKS), {minute: (start(candidate),), minute + later: (used,)})
    in_force = with_orders(log_of(night, TICKS), {minute: (used,), minute + later: (NOTHING,)})
    _, said = judged(promoted, of, new)
    _, lived = judged(in_force, of, new)
    place = promoted.index(next(one for one in promoted if isinstance(one, UseBook)))
    running = [one for one in final_states(flat(lived[:place])).values() if one.state == "running"]
    told = [one for one in flat(said[place:]) if (one.rule, one.rule_version) == (candidate.id, candidate.version)]
    wanted = [one for one in [*running, *flat(lived[place:])] if one.rule == candidate.id]
    assert _figures(told) == _figures(wanted)


def _figures(signals: Iterable[Signal]) -> list[dict[str, object]]:
    """Under whichever version of those that hear alike they were said; how fresh the feeds were is of the moment."""
    return [{**one, "rule_version": ""} for one in canonical(signals)]
