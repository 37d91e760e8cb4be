"""What raw records say of themselves in headers and in band."""

from __future__ import annotations

import pytest

from streams.kafka.wire import ARRIVED, LATEST_MS, raw, tick_in


@pytest.mark.parametrize(
    ("said", "wanted"),
    [(b"1453300000000", 1_453_300_000_000), (b"9" * 5_000, -1), (b"-1", -1), (b"", -1), ("\u0664".encode(), -1)],
)
def test_an_arrival_that_is_no_time_is_told_apart(said: bytes, wanted: int) -> None:
    assert raw(0, b"{}", [(ARRIVED, said)], 0).arrived_at == wanted


def test_a_record_without_the_header_tells_no_arrival() -> None:
    assert raw(0, b"{}", [], 0).arrived_at is None


@pytest.mark.parametrize("tick", [0, -5, LATEST_MS, 10**29])
def test_a_tick_beyond_all_times_is_none(tick: int) -> None:
    assert tick_in(b'{"tick":%d}' % tick) is None
    assert tick_in(b'{"tick":1453300000000}') == 1_453_300_000_000
