"""What is kept of a refused record helps to mend a feed, and names nobody."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.gate import Gate
from streams.gate.scrub import KEPT_BYTES, kept, scrub

LEADS = {"title": "category", "when": "occurred_at", "addr": "place", "no": "id", "n": "count"}


def shown(**record: object) -> dict[str, object]:
    return dict(msgspec.json.decode(kept(record, LEADS, Gate())))


@pytest.mark.parametrize(
    "run",
    [
        "1381234567",
        "138-1234-567",
        "1 3 8 1 2 3 4",
        "١٢٣٤٥٦٧٨",
        "１２３４５６７",
        "12\u200b34\u200b56\u200b78",
        "१२३४५६७",
    ],
)
def test_seven_digits_of_any_script_are_replaced(run: str) -> None:
    assert scrub(f"a {run} b") == "a ‹digits› b"


def test_six_digits_stay() -> None:
    assert scrub("zip 123456") == "zip 123456"


def test_a_code_that_no_table_knows_is_shown_so_that_it_can_be_added() -> None:
    assert shown(title="Fire: BARN FIRE")["title"] == "Fire: BARN FIRE"


def test_of_a_time_the_form_is_shown() -> None:
    assert shown(when="23/01/2016 10:15")["when"] == "##/##/#### ##:##"


def test_of_places_and_ids_the_length_is_shown() -> None:
    assert shown(addr="MAIN ST", no="e-1") == {"addr": "‹7 characters›", "no": "‹3 characters›"}


def test_of_a_strange_column_not_even_the_name_is_shown() -> None:
    assert shown(title="x", **{"13812345678": "yes"}) == {"title": "x", "#2": "‹3 characters›"}


@pytest.mark.parametrize("text", ["Mr. John Smith", "李小明", "call 13812345678", "a.b@c.org", "MTM4MTIzNDU2Nzg="])
def test_a_person_in_a_code_is_not_shown(text: str) -> None:
    assert shown(title=text)["title"] == f"‹{len(text)} characters›"


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=400), max_size=20))
def test_kept_bytes_are_bounded(record: dict[str, str]) -> None:
    assert len(kept(record, dict.fromkeys(record, "category"), Gate())) <= KEPT_BYTES
