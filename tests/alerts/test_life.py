"""The life of an alert: which signals move it, and which moves its desk is told."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import life
from alerts.alert import REASONS, Alert, AlertState, Reason
from alerts.life import MOVES, MOVES_KEPT, apply
from rules.signals import Signal, SignalState
from tests.alerts.signals import HOUR, NOON, RANKS, evidence, signal


def told(*signals: Signal, widened: bool = False) -> tuple[Alert, Reason | None]:
    alert: Alert | None = None
    reason: Reason | None = None
    for i, one in enumerate(signals):
        alert, reason = apply(alert, one, "county", i, widened=widened)
    assert alert is not None
    return alert, reason


def test_the_first_signal_opens_an_alert_at_its_desk() -> None:
    alert, reason = apply(None, signal(1), "county", 77)
    assert reason == "first"
    assert (alert.state, alert.desk, alert.colour, alert.announced_at) == ("open", "county", "yellow", 77)
    assert [(move.reason, move.wall_at, move.at) for move in alert.moves] == [("first", 77, signal(1).at)]


def test_an_alert_first_heard_of_when_it_is_over_is_told_once() -> None:
    alert, reason = told(signal(1, state="over", over_at=NOON))
    assert (alert.state, reason) == ("over", "first")


@pytest.mark.parametrize("state", ["withdrawn", "merged"])
def test_what_was_taken_back_before_anyone_heard_of_it_stays_unsaid(state: SignalState) -> None:
    alert, reason = told(signal(1, state=state))
    assert reason is None
    assert (alert.moves, alert.announced_at) == ((), 0)


def test_what_was_never_told_is_first_told_when_it_stands() -> None:
    _, reason = told(signal(1, state="withdrawn"), signal(2))
    assert reason == "first"


def test_a_rising_count_of_the_same_colour_is_kept_and_not_told() -> None:
    alert, reason = told(signal(1), signal(2, evidence=evidence(observed=11)))
    assert reason is None
    assert alert.signal.evidence.observed == 11
    assert len(alert.moves) == 1


CHANGES: list[tuple[str, dict[str, Any], Reason]] = [
    ("a higher rank", {"evidence": evidence(2, 12)}, "worse"),
    ("a moved key", {"key": "moved"}, "corrected"),
    ("a lower rank", {"evidence": evidence(0, 9)}, "corrected"),
    ("a count taken back", {"evidence": evidence(1, 8)}, "corrected"),
    ("the end", {"state": "over", "over_at": NOON + HOUR}, "over"),
    ("withdrawal", {"state": "withdrawn"}, "withdrawn"),
    ("a merger", {"state": "merged", "merged_into": "b"}, "merged"),
    ("a name that moved sideways", {"area": "abington"}, "corrected"),
]


@pytest.mark.parametrize(("what", "changes", "reason"), CHANGES, ids=[what for what, _, _ in CHANGES])
def test_a_change_is_told_with_its_reason(what: str, changes: dict[str, Any], reason: Reason) -> None:
    assert told(signal(1), signal(2, **changes))[1] == reason


def test_a_named_area_that_moves_up_is_a_spread() -> None:
    alert, reason = told(signal(1), signal(2, area="montgomery", key="moved"), widened=True)
    assert reason == "spread"
    assert [move.area for move in alert.moves] == ["lower-merion", "montgomery"]


def test_the_gravest_news_names_the_notice() -> None:
    worse_and_wider = signal(2, area="montgomery", evidence=evidence(3, 30))
    assert told(signal(1), worse_and_wider, widened=True)[1] == "worse"
    over_and_worse = signal(2, state="over", evidence=evidence(3, 30))
    assert told(signal(1), over_and_worse)[1] == "over"


def test_a_smaller_count_of_a_rarer_window_is_no_correction() -> None:
    """A peak of 9 in an hour may be rarer than one of 12 in three hours."""
    wide = evidence(1, 12, window=3 * HOUR)
    assert told(signal(1, evidence=wide), signal(2, evidence=evidence(1, 9)))[1] is None


def test_figures_that_change_after_the_end_are_a_correction() -> None:
    over = signal(2, state="over", over_at=NOON)
    late = signal(3, state="over", over_at=NOON, evidence=evidence(1, 10))
    assert told(signal(1), over, late)[1] == "corrected"
    same = signal(3, state="over", over_at=NOON)
    assert told(signal(1), over, same)[1] is None


def test_an_end_that_moves_is_a_correction() -> None:
    over, longer = (signal(i, state="over", over_at=NOON, last=NOON + i) for i in (2, 3))
    assert told(signal(1), over, longer)[1] == "corrected"


@pytest.mark.parametrize("state", ["running", "over"])
def test_what_came_later_is_told_when_it_changes_whether_the_alert_would_have_spoken(state: SignalState) -> None:
    more, fewer = evidence(later=3), evidence(later=3, taken_back=7, would_speak=False)
    said = [signal(n, state=state, evidence=found) for n, found in enumerate((evidence(), more, fewer, more), 1)]
    assert told(*said[:2])[1] is None
    assert told(*said[:2])[0].signal.evidence.later == 3
    alert, reason = told(*said[:3])
    assert (reason, alert.moves[-1].observed) == ("corrected", 5)
    assert told(*said)[1] == "corrected"


def test_the_figures_of_what_was_taken_back_interest_nobody() -> None:
    assert told(signal(1), signal(2, state="withdrawn"), signal(3, state="withdrawn", key="moved"))[1] is None


def test_an_alert_keeps_the_time_at_which_it_was_announced() -> None:
    alert, _ = told(signal(1), signal(2, evidence=evidence(2, 12)), signal(3, evidence=evidence(2, 13)))
    assert alert.announced_at == 0
    assert [move.wall_at for move in alert.moves] == [0, 1]


@pytest.mark.parametrize("end", ["over", "withdrawn", "merged"])
def test_an_alert_that_comes_back_is_told_as_a_correction(end: SignalState) -> None:
    alert, reason = told(signal(1), signal(2, state=end), signal(3))
    assert (alert.state, reason) == ("open", "corrected")


def test_an_end_is_told_once() -> None:
    assert told(signal(1), signal(2, state="withdrawn"), signal(3, state="withdrawn"))[1] is None
    assert told(signal(1), signal(2, state="merged"), signal(3, state="merged"))[1] is None


def test_a_withdrawn_alert_whose_rank_rises_is_not_told_as_worse() -> None:
    assert told(signal(1), signal(2, state="withdrawn"), signal(3, state="merged", evidence=evidence(3)))[1] == "merged"
    assert told(signal(1), signal(2, state="merged"), signal(3, state="merged", evidence=evidence(3)))[1] is None


def test_the_table_knows_every_state_and_every_signal() -> None:
    states: tuple[AlertState | None, ...] = (None, *get_args(AlertState))
    assert set(MOVES) == {(state, heard) for state in states for heard in get_args(SignalState)}


def test_every_reason_can_be_reached_by_a_signal_or_is_of_the_desk_itself() -> None:
    of_the_desk = {"reminder", "taken", "flood", "held", "unread", "unmuted"}
    assert {"first", *(reason for reason, _ in life._CHANGES)} | of_the_desk == set(REASONS)


def test_an_alert_carries_its_first_move_and_its_latest_ones() -> None:
    waves = [signal(i, evidence=evidence(i % 2, 9)) for i in range(1, MOVES_KEPT + 50)]
    alert, _ = told(*waves)
    assert len(alert.moves) == MOVES_KEPT
    assert alert.moves[0].reason == "first"
    assert alert.moves[-1].at == waves[-1].at


signals = st.builds(
    lambda offset, n, state, rank, observed, area, key: signal(
        offset, n=n, state=state, area=area, key=key, evidence=evidence(rank, observed)
    ),
    st.integers(1, 9),
    st.integers(0, 1),
    st.sampled_from(get_args(SignalState)),
    st.integers(0, len(RANKS) - 1),
    st.integers(3, 20),
    st.sampled_from(["ardmore", "lower-merion", "montgomery"]),
    st.sampled_from(["a1", "moved"]),
)


@given(log=st.lists(signals, min_size=1), widened=st.booleans())
def test_repeats_and_stale_causes_change_nothing(log: list[Signal], widened: bool) -> None:
    alert: Alert | None = None
    for at, one in enumerate(log):
        was = alert
        alert, reason = apply(alert, one, "county", at, widened=widened)
        if was is not None and one.cause <= was.signal.cause:
            assert (alert, reason) == (was, None)
        again = apply(alert, one, "elsewhere", at + 1, widened=not widened)
        assert again == (alert, None)


@given(log=st.lists(signals, min_size=1), widened=st.booleans())
def test_the_state_is_that_of_the_latest_signal_and_every_telling_leaves_a_move(
    log: list[Signal], widened: bool
) -> None:
    alert: Alert | None = None
    reasons: list[Reason] = []
    for at, one in enumerate(log):
        alert, reason = apply(alert, one, "county", at, widened=widened)
        reasons += [reason] if reason else []
    assert alert is not None
    latest = max(enumerate(log), key=lambda pair: (pair[1].cause, -pair[0]))[1]
    assert alert.signal == latest
    assert alert.state == {"running": "open"}.get(latest.state, latest.state)
    assert [move.reason for move in alert.moves] == reasons
    assert reasons[:1] in ([], ["first"])
    assert reasons.count("first") <= 1
