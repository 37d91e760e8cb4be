"""The demo counts what it showed, and names no speed where the pace was chosen for people."""

from __future__ import annotations

import msgspec
import pytest

from streams.clock import WallClock
from streams.demo import Player, free_port
from streams.runtime import Parcel, StoppedError
from streams.settings import Settings
from streams.summary import Summary
from tests.streams.counting import frame

SUMMARY = Summary("town", 7, 0, 0, "", "", 2.0, None, 50.0, 0, {})


class Writer:
    """Takes two parcels, then the board is closed."""

    def __init__(self) -> None:
        self.left = 2

    def submit_waiting(self, _parcel: Parcel) -> None:
        if not self.left:
            raise StoppedError
        self.left -= 1


class Station:
    def __init__(self) -> None:
        self.writer = Writer()


def test_only_what_was_handed_over_is_counted() -> None:
    player = Player(Station(), WallClock(), 60_000.0, 5)  # type: ignore[arg-type]  # a fake of the one door it uses
    player.play([frame([1, 2, 3]), frame([4]), frame([5, 6])])
    assert player.events == 5 + 3 + 1


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_paced_run_names_no_speed(language: str) -> None:
    paced, fast = SUMMARY.line(language), msgspec.structs.replace(SUMMARY, events_per_second=3.5).line(language)
    assert not any(word in paced for word in ("a second", "每秒"))
    assert any(word in fast for word in ("a second", "每秒"))


def test_a_free_port_is_looked_for_up_to_the_last_one_there_is() -> None:
    assert 65_530 <= free_port(Settings(port=65_530)) <= 65_535
