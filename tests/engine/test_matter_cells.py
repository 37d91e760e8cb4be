"""What is said of an office again, where as many matters are due as before."""

from __future__ import annotations

from typing import Any

from rules.signals import Signal
from tests.engine.matters import Told, city, log_of, rule, run
from tests.engine.worlds import MINUTE, START


def next_due(signals: list[Signal]) -> list[tuple[int, int]]:
    """(minute of the step, minute at which the next one is due) of what was said."""
    found = []
    for signal in signals:
        assert signal.evidence.owed
        found.append(((signal.last - START) // MINUTE, (signal.evidence.owed.next_due - START) // MINUTE))
    return found


def step(number: int, minute: int, **said: Any) -> Told:
    """Of a type without a time to accept, so that only what the feed says counts."""
    return Told(number, minute, minute, category="fire.wood", **said)


def test_more_time_for_the_one_that_is_due_next_is_said_at_once_and_the_same_time_once_more_is_not() -> None:
    """A fifth of the time since its filing is left from minute 85 on, and of the longer one from minute 89."""
    granted = (step(2, 92, stage="extended", due=110), step(3, 97, stage="extended", due=110))
    _, said = run(log_of([step(1, 5, due=105), *granted], (80, 91, 95, 101)), city((rule("late"),)))
    assert next_due(said) == [(90, 105), (100, 110)]
