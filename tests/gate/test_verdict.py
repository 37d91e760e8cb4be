"""The gate's verdicts: what it stops, and what it must let pass."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.gate import Class, Gate
from streams.gate.layers import layers
from streams.refusals import Reason
from tests.gate.planted import DRESSES, KINDS, as_is

ALLOWED = 0.001
"""False refusals of random ids."""


def verdict(text: str, kind: Class = Class.PLACE) -> Reason | None:
    return Gate().verdict(text, kind)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("11010519491231002X", Reason.CITIZEN_NUMBER),
        ("110105194912310021", None),  # the checksum is wrong
        ("110105491231002", Reason.CITIZEN_NUMBER),
        ("123-45-6789", Reason.CITIZEN_NUMBER),
        ("000-45-6789", None),
        ("13812345678", Reason.PHONE),
        ("+86 138 1234 5678", Reason.PHONE),
        ("(215) 555-1234", Reason.PHONE),
        ("12812345678", None),
        ("4111111111111111", Reason.CARD),
        ("4111111111111112", None),
        ("9111111111111111", None),
        ("京A12345", Reason.PLATE),
        ("浙 A·D12345", Reason.PLATE),
        ("someone@example.org", Reason.EMAIL),
        ("someone (at) example dot org", Reason.EMAIL),
        ("caller name: bob", Reason.NAME),
        ("王先生", Reason.NAME),
    ],
)
def test_what_a_place_may_hold(text: str, reason: Reason | None) -> None:
    assert verdict(text) is reason


@pytest.mark.parametrize(
    "text",
    [
        "MAIN ST & N BROAD ST",
        "145-151 Ipswich St|2215.0",
        "1200 W SAM HOUSTON PKWY N @ I-10",
        "40.2978759,-75.5812935",
        "120.155123,30.274111",
        "文三路138号12幢3单元1402室",
        "张家村6组",
        "MARTIN LUTHER KING BLVD",
        "RT 202 NB AT RT 73",
    ],
)
def test_addresses_pass(text: str) -> None:
    assert verdict(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "101001240734",
        "2016-000123",
        "INC-2016-01-23-00017",
        "3f2b8c1e-9d44-4c51-a7f0-112233445566",
        "A16-0123456/2",
        "e-1",
    ],
)
def test_ids_of_common_schemes_pass(text: str) -> None:
    assert verdict(text, Class.ID) is None


@pytest.mark.parametrize("digits", range(8, 20))
def test_random_numbers_are_ids_at_every_length(digits: int) -> None:
    dice = Random(digits)
    ids = [str(dice.randrange(10 ** (digits - 1), 10**digits)) for _ in range(20_000)]
    refused = Gate().judge(ids, Class.ID)
    assert len(refused) <= ALLOWED * len(ids) + 3 * (ALLOWED * len(ids)) ** 0.5


@pytest.mark.nightly
def test_of_two_million_random_ids_at_most_one_in_a_thousand_is_refused() -> None:
    dice = Random(5)
    for _ in range(20):
        ids = [str(dice.randrange(10 ** (n - 1), 10**n)) for n in (dice.randint(8, 19) for _ in range(100_000))]
        assert len(Gate().judge(ids, Class.ID)) <= ALLOWED * len(ids)


@pytest.mark.parametrize(
    "digits", ["138 1234 5678", "+8613812345678", "tel13812345678", "１３８１２３４５６７８", "138\u200b12345678"]
)
def test_a_mobile_that_no_numbering_makes_is_no_id(digits: str) -> None:
    assert verdict(digits, Class.ID) is Reason.PHONE


def test_a_bare_mobile_may_be_an_id_because_one_number_in_fourteen_looks_like_one() -> None:
    assert verdict("13812345678", Class.ID) is None


@pytest.mark.parametrize("kind", [Class.ID, Class.PART, Class.PLACE, Class.PLAIN])
def test_a_citizen_number_is_refused_in_every_class_and_dress(kind: Class) -> None:
    gate = Gate()
    passed = [dress.__name__ for dress in DRESSES if gate.verdict(dress("11010519491231002X"), kind) is None]
    assert passed == []


@pytest.mark.parametrize("dress", DRESSES)
def test_the_scan_of_ids_overlooks_no_citizen_number(dress: Callable[[str], str]) -> None:
    """The scan that decides what is looked at closely must not be the hole."""
    dice = Random(8)
    for _ in range(40):
        assert verdict(dress(KINDS[0](dice)), Class.ID) is Reason.CITIZEN_NUMBER


def test_scanning_a_column_says_the_same_as_looking_at_each_text() -> None:
    dice = Random(11)
    texts = [dice.choice(DRESSES)(dice.choice(KINDS)(dice)) for _ in range(300)] + [
        "MAIN ST",
        "",
        "a\x1eb",
        "e-1",
        "İ tel 1234567",
    ] * 10
    for kind in Class:
        column = Gate().judge(texts, kind)
        single = {i: reason for i, text in enumerate(texts) if (reason := Gate().verdict(text, kind))}
        assert column == single


def test_what_was_refused_is_not_remembered() -> None:
    gate = Gate()
    gate.judge(["13812345678", "MAIN ST", "(215) 555-1234"], Class.PLACE)
    assert "13812345678" not in repr(gate._clean)
    assert "555-1234" not in repr(gate._clean)


@given(st.text(max_size=80), st.sampled_from(Class))
def test_no_text_breaks_the_gate(text: str, kind: Class) -> None:
    first = Gate().verdict(text, kind)
    assert first == Gate().verdict(text, kind)
    assert first is None or first in Reason


@given(st.integers(0, 2**32))
def test_a_dress_over_a_dress_is_seen_through(seed: int) -> None:
    dice = Random(seed)
    secret = KINDS[0](dice)
    coded = [dress for dress in DRESSES if dress.__name__ in ("based", "percent", "utf16", "zipped", "entities")]
    text = dice.choice(coded)(dice.choice(coded)(secret))
    assert verdict(text) is Reason.CITIZEN_NUMBER


def test_a_bomb_under_an_encoding_is_not_unpacked() -> None:
    bomb = base64.b64encode(gzip.compress(b"a" * 50_000_000)).decode()
    assert all(len(text) <= 70_000 for text in layers(bomb))


def test_planted_dresses_begin_with_the_plain_one() -> None:
    assert DRESSES[0] is as_is
