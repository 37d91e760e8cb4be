"""A notice and its tries: pure."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import life
from alerts.channels.port import Outcome, Receipt
from alerts.notice import (
    BACKOFF_TOP_MS,
    GIVE_UP_AFTER_MS,
    GIVE_UP_ATTEMPTS,
    WAIT_TOP_MS,
    Notice,
    backoff,
    compose,
    is_due,
    settled,
)
from tests.alerts.signals import NOON, signal


def notice(offset: int = 1, desk: str = "county", channel: str = "line") -> Notice:
    alert, reason = life.apply(None, signal(offset), desk, NOON)
    assert reason
    return compose(alert, reason, desk, channel, NOON)


def test_an_id_is_derived_from_signal_desk_and_channel() -> None:
    assert notice().id == notice().id
    assert len({notice().id, notice(2).id, notice(desk="eastern").id, notice(channel="hook").id}) == 4


@given(st.integers(1, 10**6))
def test_the_wait_grows_and_is_bounded(attempt: int) -> None:
    assert 0 < backoff(attempt) <= backoff(attempt + 1) <= BACKOFF_TOP_MS


def test_an_accepted_notice_is_sent() -> None:
    sent = settled(notice(), Receipt(NOON, "accepted", "http 204"))
    assert (sent.state, sent.attempts) == ("sent", 1)


@pytest.mark.parametrize("outcome", ["failed", "in_doubt"])
def test_what_was_perhaps_not_heard_is_tried_again_with_the_same_id(outcome: Outcome) -> None:
    waiting = settled(notice(), Receipt(NOON, outcome, "http 503"))
    assert (waiting.state, waiting.id) == ("pending", notice().id)
    assert not is_due(waiting, NOON)
    assert is_due(waiting, NOON + backoff(1))


def test_a_wait_that_the_other_side_asks_for_is_kept_within_its_bound() -> None:
    asked = settled(notice(), Receipt(NOON, "failed", "http 429", retry_after=60_000))
    assert asked.next_try_at == NOON + 60_000
    absurd = settled(notice(), Receipt(NOON, "failed", "http 429", retry_after=10**12))
    assert absurd.next_try_at == NOON + WAIT_TOP_MS


def test_a_refused_notice_is_a_dead_letter_at_once() -> None:
    assert settled(notice(), Receipt(NOON, "refused", "http 400")).state == "dead"


def test_a_notice_is_given_up_after_a_day_and_many_tries() -> None:
    one = notice()
    for n in range(GIVE_UP_ATTEMPTS):
        assert one.state == "pending"
        one = settled(one, Receipt(NOON + n * BACKOFF_TOP_MS, "failed", "no connection"))
    assert one.state == "pending"
    assert settled(one, Receipt(NOON + GIVE_UP_AFTER_MS, "failed", "no connection")).state == "dead"


def test_a_clock_that_leaps_a_day_ahead_buries_nothing() -> None:
    assert settled(notice(), Receipt(NOON + 2 * GIVE_UP_AFTER_MS, "failed", "no connection")).state == "pending"
