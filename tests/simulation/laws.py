"""The laws that every made world must keep, whatever befell it. Each is a question; its answer is "" where it holds."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulation import count_laws, desk_laws, log_laws, reading_laws
from tests.simulation.found import Found
from tests.simulation.lived import Lived


def broken(lived: Lived) -> dict[str, str]:
    """Law -> what is wrong; empty where the world is sound."""
    found = Found(lived)
    answers = {law.__name__: law(found) for law in LAWS}
    return {name: answer for name, answer in answers.items() if answer}


LAWS: tuple[Callable[[Found], str], ...] = (
    log_laws.everything_answered_is_in_the_log,
    log_laws.nothing_is_in_the_log_that_nobody_sent,
    log_laws.rows_say_what_was_sent,
    log_laws.arrivals_are_true,
    log_laws.ticks_never_go_back_and_rows_come_after_them,
    log_laws.ticks_never_run_ahead_of_the_time,
    log_laws.what_the_contract_refuses_is_answered_and_kept,
    log_laws.accepted_once,
    log_laws.law_9_balances,
    count_laws.every_series_counts_what_was_sent,
    count_laws.thresholds_speak_where_a_hand_count_says,
    count_laws.large_spikes_are_heard,
    reading_laws.law_2_restarts_say_the_same_signals,
    reading_laws.another_reading_comes_to_the_same_dump,
    reading_laws.undisturbed_says_the_same,
    reading_laws.shadows_are_heard_by_nobody,
    reading_laws.law_10_a_rule_that_raises_stops_alone,
    desk_laws.the_desk_holds_what_was_said,
    desk_laws.every_move_is_heard_once,
    desk_laws.law_8_nothing_is_over_while_a_feed_is_silent,
)
