"""What people and clocks do about an alert: which moves there are, what each must say, what the engine does to them."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import REASONS
from alerts.duty import (
    BY_HAND,
    HEARD,
    MOVES,
    NOBODY,
    OWED,
    TEXT_LONGEST,
    Act,
    Duty,
    Heard,
    MoveRefused,
    Stage,
    Verb,
    fold,
)
from tests.alerts.signals import NOON

STAGES: tuple[Stage, ...] = get_args(Stage)
WHO: dict[str, Any] = {"account": "1001", "desk": "county", "role": "officer"}


def told(*acts: Act, begun: bool = True) -> Duty:
    duty = NOBODY
    for act in (*((Act("first", NOON, desk="county", role="engine", rank=1),) if begun else ()), *acts):
        duty = fold(duty, act)
    return duty


def hand(verb: Verb, at: int = NOON + 60_000, **changes: Any) -> Act:
    needed = {"close": {"outcome": "confirmed"}, "raise": {"to": "city"}, "note": {"note": "crews asked"}}
    return Act(verb, at, **{**WHO, **needed.get(verb, {}), **changes})


def at_stage(stage: Stage) -> Duty:
    ways: dict[Stage, tuple[Act, ...]] = {
        "open": (),
        "raised": (hand("raise"),),
        "taken": (hand("take"),),
        "closed": (hand("close"),),
        "withdrawn": (Act("withdrawn", NOON + 1, desk="county", role="engine"),),
        "merged": (Act("merged", NOON + 1, desk="county", role="engine"),),
    }
    found = told(*ways[stage])
    assert found.stage == stage
    return found


def refusal(duty: Duty, act: Act) -> str:
    with pytest.raises(MoveRefused) as caught:
        fold(duty, act)
    return caught.value.fault


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("verb", sorted(set(get_args(Verb)) - set(HEARD)))
def test_every_move_leads_where_the_table_says_or_is_refused(stage: Stage, verb: Verb) -> None:
    before, act = at_stage(stage), hand(verb, to="province" if verb == "raise" else "")
    if (verb, stage) == ("release", "open"):
        assert refusal(before, act) == "not_held"
        before = fold(before, Act("hold", NOON, desk="county", role="budget"))
    if (stage, verb) in MOVES:
        after = fold(before, act)
        assert (after.stage, after.acts) == (MOVES[stage, verb], before.acts + 1)
    else:
        assert refusal(before, act) == "not_from_here"


def test_the_engine_can_move_an_alert_from_every_stage() -> None:
    assert set(HEARD) == set(get_args(Heard)) < set(REASONS)
    for stage in STAGES:
        for verb in HEARD:
            assert fold(at_stage(stage), Act(verb, NOON + 5, desk="county", role="engine")).stage in STAGES


def test_no_verb_is_forgotten() -> None:
    assert {verb for _, verb in MOVES} | set(HEARD) == set(get_args(Verb))
    assert {verb for _, verb in MOVES} >= BY_HAND


def test_an_alert_that_is_taken_has_a_desk_and_no_clock() -> None:
    duty = told(hand("take"))
    assert (duty.stage, duty.account, duty.desk, duty.taken_at, duty.since) == (
        "taken", "1001", "county", NOON + 60_000, 0,
    )  # fmt: skip


@pytest.mark.parametrize("verb", ["leave", "lapse"])
def test_what_is_given_back_or_lapses_waits_anew(verb: Verb) -> None:
    duty = told(hand("take"), hand(verb, NOON + 9))
    assert (duty.stage, duty.account, duty.since) == ("open", "", NOON + 9)


def test_a_raised_alert_waits_for_the_desk_above_and_both_know_it() -> None:
    duty = told(hand("take"), hand("raise", NOON + 9, to="city"))
    assert (duty.stage, duty.desks, duty.asked, duty.since) == ("raised", ("county", "city"), "city", NOON + 9)


def test_an_alert_cannot_be_raised_to_nobody_nor_to_a_desk_that_has_it() -> None:
    assert refusal(told(), hand("raise", to="")) == "desk_missing"
    assert refusal(told(hand("raise")), hand("raise")) == "desk_has_it"
    assert refusal(told(), hand("raise", to="county")) == "desk_has_it"


@pytest.mark.parametrize("outcome", ["expected", "not_real", "data_fault", "cannot_tell"])
def test_every_outcome_that_asks_for_no_action_says_why(outcome: Any) -> None:
    assert refusal(told(), hand("close", outcome=outcome, why=" ")) == "reason_missing"
    duty = told(hand("close", outcome=outcome, why="a parade that was announced"))
    assert (duty.stage, duty.outcome, duty.why) == ("closed", outcome, "a parade that was announced")


def test_an_outcome_stands_in_a_closing_and_nowhere_else() -> None:
    assert refusal(told(), hand("close", outcome="")) == "outcome_missing"
    assert refusal(told(), hand("take", outcome="confirmed")) == "outcome_elsewhere"


def test_while_a_feed_is_blind_nobody_can_say_that_nothing_happens() -> None:
    frozen = told(Act("freeze", NOON + 2, role="clock"))
    for outcome in ("expected", "not_real"):
        assert refusal(frozen, hand("close", outcome=outcome, why="it looks calm")) == "cannot_confirm"
    for outcome in ("data_fault", "cannot_tell", "confirmed"):
        assert fold(frozen, hand("close", outcome=outcome, why="crews are there")).stage == "closed"
    heard = fold(frozen, Act("thaw", NOON + 3, role="clock"))
    assert fold(heard, hand("close", outcome="not_real", why="it is calm")).stage == "closed"


def test_an_outcome_may_be_seen_otherwise_afterwards() -> None:
    duty = told(hand("close"), hand("close", outcome="data_fault", why="sent twice"))
    assert (duty.outcome, duty.why) == ("data_fault", "sent twice")


def test_a_reopened_alert_has_no_outcome_and_waits_from_then_on() -> None:
    duty = told(hand("close"), hand("reopen", NOON + 9))
    assert (duty.stage, duty.outcome, duty.closed_at, duty.since) == ("open", "", 0, NOON + 9)


def test_what_was_closed_and_gets_worse_is_open_again() -> None:
    duty = told(hand("close"), Act("worse", NOON + 9, desk="county", role="engine", rank=3))
    assert (duty.stage, duty.outcome, duty.since, duty.rank) == ("open", "", NOON + 9, 3)


def test_what_gets_worse_while_nobody_has_it_is_waited_for_from_then_on() -> None:
    worse = Act("worse", NOON + 9, desk="county", role="engine", rank=3)
    assert told(worse).since == NOON + 9
    assert told(hand("take"), worse).stage == "taken"


def test_another_first_desk_owes_an_answer_of_its_own() -> None:
    spread = Act("spread", NOON + 9, desk="city", role="engine", rank=1)
    duty = told(hand("take"), spread)
    assert (duty.stage, duty.first, duty.account, duty.since) == ("open", "city", "", NOON + 9)
    assert told(hand("close"), spread).stage == "closed"


def test_late_evidence_brings_an_alert_back_to_its_desk() -> None:
    gone = at_stage("withdrawn")
    duty = fold(gone, Act("corrected", NOON + 9, desk="county", role="engine"))
    assert (duty.stage, duty.since) == ("open", NOON + 9)


def test_what_was_loaded_of_the_past_has_no_clock_until_it_gets_worse() -> None:
    loaded = told(Act("first", NOON, desk="county", role="engine", timed=False), begun=False)
    assert (loaded.stage, loaded.since) == ("open", 0)
    assert fold(loaded, Act("worse", NOON + 9, desk="county", role="engine", rank=2)).since == NOON + 9


def test_what_is_held_was_never_told_and_whatever_a_person_does_with_it_lets_it_out() -> None:
    held = told(Act("hold", NOON, desk="county", role="budget"))
    assert (held.held_at, held.told_at, held.since) == (NOON, 0, 0)
    assert fold(held, Act("worse", NOON + 5, desk="county", role="engine", rank=2)).since == 0
    for verb in ("take", "close", "raise", "release"):
        assert fold(held, hand(verb)).held_at == 0
    assert fold(held, Act("withdrawn", NOON + 5, desk="county", role="engine")).held_at == 0


def test_a_note_of_nothing_and_a_text_without_end_are_refused() -> None:
    assert refusal(told(), hand("note", note=" ")) == "reason_missing"
    assert refusal(told(), hand("note", note="x" * (TEXT_LONGEST + 1))) == "text_long"


acts = st.builds(
    lambda verb, at, desk, to, outcome, why, rank: Act(
        verb, at, desk=desk, to=to, outcome=outcome if verb == "close" else "", why=why, rank=rank, note="seen"
    ),
    st.sampled_from(get_args(Verb)),
    st.integers(1, 10**13),
    st.sampled_from(["county", "city"]),
    st.sampled_from(["", "city", "province"]),
    st.sampled_from(["confirmed", "not_real"]),
    st.sampled_from(["", "calm"]),
    st.integers(0, 3),
)


@given(log=st.lists(acts, max_size=30))
def test_whatever_happens_an_alert_is_somewhere_and_only_what_is_closed_has_an_outcome(log: list[Act]) -> None:
    duty = NOBODY
    for act in log:
        try:
            duty = fold(duty, act)
        except MoveRefused:
            continue
        assert bool(duty.outcome) == (duty.stage == "closed") or duty.stage in ("withdrawn", "merged")
        assert (duty.stage == "taken") == bool(duty.taken_at) or duty.stage not in OWED
        assert duty.stage != "taken" or duty.since == 0
        assert len(set(duty.desks)) == len(duty.desks)
