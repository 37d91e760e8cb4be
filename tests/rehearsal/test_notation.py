"""The short notations of cases: counts and times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from streams.city.case_file import LONGEST_CASE, counts_of, moment, moment_written


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("9", (9,)),
        (9, (9,)),
        ("3x2 0x3 9", (3, 3, 0, 0, 0, 9)),
        ("4+2x3 1", (4, 6, 8, 1)),
        ("5+1", (5,)),
        ("  1\n2 ", (1, 2)),
    ],
)
def test_a_series_is_read_slot_by_slot(text: object, counts: tuple[int, ...]) -> None:
    assert counts_of(text) == counts


@pytest.mark.parametrize(
    "text", ["", "  ", "x3", "3x", "3x0", "-1", "1.5", "3 x 2", "٣", "1x20001", "10001", "1+9x9999", True, None, [1]]
)
def test_what_is_no_series_is_refused(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        counts_of(text)


@pytest.mark.parametrize("text", ["", "2", "h", "2h 30m", "-2h", "2h30", "9999999d", "999999w", 7_200_000, None])
def test_what_is_no_time_of_a_case_is_refused(text: object) -> None:
    with pytest.raises(PydanticCustomError):
        moment(text)


@given(at=st.integers(0, LONGEST_CASE // 1000))
def test_a_time_is_read_as_it_was_written(at: int) -> None:
    assert moment(moment_written(at * 1000)) == at * 1000


def test_a_time_before_the_case_is_written_with_a_minus() -> None:
    assert [moment_written(at) for at in (0, -5_400_000, 90_061_000)] == ["0h", "-1h30m", "1d1h1m1s"]
