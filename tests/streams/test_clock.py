"""The one wall clock: believed while it agrees with the time since boot."""

from __future__ import annotations

import time

import pytest

from streams.clock import HandClock, WallClock


def test_now_is_in_milliseconds_of_the_machine() -> None:
    assert abs(WallClock().now() - 1000 * time.time()) < 5_000


@pytest.mark.parametrize("step", [86_400.0, -3_600.0])
def test_a_step_of_the_machine_s_clock_is_not_believed(monkeypatch: pytest.MonkeyPatch, step: float) -> None:
    wall = WallClock()
    before, real = wall.now(), time.time
    monkeypatch.setattr(time, "time", lambda: real() + step)
    assert abs(wall.now() - before) < 5_000
    assert wall.apart_seconds() == pytest.approx(step, abs=5)
    monkeypatch.undo()
    assert wall.apart_seconds() == 0


def test_slewing_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    wall, real = WallClock(), time.time
    monkeypatch.setattr(time, "time", lambda: real() + 30)
    assert wall.apart_seconds() == 0


def test_the_hand_clock_moves_when_told() -> None:
    hand = HandClock(5)
    hand.forward(1.5)
    assert (hand.now(), hand.steady()) == (1_505, 1.5)
