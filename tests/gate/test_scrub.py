"""What is kept of a refused record helps to mend a feed, and names nobody."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.gate.scrub import KEPT_BYTES, kept, scrub, words_of

LEADS = {"title": "category", "when": "occurred_at", "addr": "place", "no": "id", "n": "count"}
VOCABULARY = words_of(["fire", "Fire: BUILDING FIRE", "火灾"])


def shown(**record: object) -> dict[str, object]:
    return dict(msgspec.json.decode(kept(record, LEADS, VOCABULARY)))


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


def test_of_a_code_that_no_table_knows_the_known_words_are_shown() -> None:
    assert shown(title="Fire: BARN FIRE 12")["title"] == "fire: •••• fire ##"
    assert shown(title="火灾")["title"] == "火灾"


def test_of_a_time_the_form_is_shown() -> None:
    assert shown(when="23/01/2016T10:15 PM, Bob")["when"] == "##/##/####t##:## pm, •••"


def test_of_places_and_ids_the_length_is_shown() -> None:
    assert shown(addr="MAIN ST", no="e-1") == {"addr": "‹7 characters›", "no": "‹3 characters›"}


def test_of_a_strange_column_not_even_the_name_is_shown() -> None:
    assert shown(title="fire", **{"13812345678": "yes"}) == {"title": "fire", "#2": "‹3 characters›"}


def test_what_is_not_text_is_counted() -> None:
    assert shown(title=None, n=[1, 2], addr={"a": 1}) == {"title": None, "n": "‹2 items›", "addr": "‹1 items›"}


@given(st.text(max_size=100))
def test_no_word_is_shown_that_the_city_does_not_use(text: str) -> None:
    said = str(shown(title=text)["title"])
    assert words_of([said]) <= VOCABULARY
    assert not any(char.isdecimal() for char in said)


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=400), max_size=20))
def test_kept_bytes_are_bounded(record: dict[str, str]) -> None:
    assert len(kept(record, dict.fromkeys(record, "category"), VOCABULARY)) <= KEPT_BYTES
