"""Ids drawn by lot pass, whatever digits chance puts into them; a number written into the form of one does not."""

from __future__ import annotations

import base64
import string
import uuid
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.gate import Class, Gate
from streams.gate.drawn import without_drawn
from streams.refusals import Reason
from tests.gate.planted import card_number, citizen_number

IDS = 200_000
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def drawn(dice: Random) -> str:
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))


def ulid(dice: Random) -> str:
    value = (1_700_000_000_000 + dice.getrandbits(36) << 80) | dice.getrandbits(80)
    return "".join(CROCKFORD[value >> 5 * place & 31] for place in reversed(range(26)))


def verdict(text: str) -> Reason | None:
    return Gate().verdict(text, Class.ID)


def grouped(card: str) -> str:
    return "-".join(card[at : at + 4] for at in range(0, 16, 4))


def test_of_200_000_uuids_none_is_refused() -> None:
    dice = Random(9562)
    gate, ids = Gate(), [drawn(dice) for _ in range(IDS)]
    assert [ids[i] for i in gate.judge(ids, Class.ID)] == []


@pytest.mark.parametrize(
    "text",
    [
        "7b34ea16-4586-4791-9232-1156b9db3ee3",  # each of these holds what looks like a number
        "7B34EA16-4586-4791-9232-1156B9DB3EE3",
        "{5eb5f3f8-5175-4458-9408-2333aefb4747}",
        "urn:uuid:e54c4535-7634-4810-8ac6-bf5e4725d3d8",
        "incident/0193d9f2-4848-7143-8866-5501e1e1c8e7",
        "f6fb5a6249010504420453db6cac285003eb4a99",
        "1f023fe5c49ea5a8613692694047d11bd19af1990cd752e5814b56eb09d41d9a",
        "01JY2F0KYP0QQJPD374547Q3YB",
        "01KF2DMQDE5CYQH4GDGQXES7SF",
        "nn2YuEBXF6FALnH3rTduO",
    ],
)
def test_what_chance_wrote_into_a_uuid_a_digest_or_a_ulid_is_nobodys_number(text: str) -> None:
    assert verdict(text) is None


@pytest.mark.parametrize("bits", [96, 128, 160, 256])
def test_of_20_000_digests_none_is_refused(bits: int) -> None:
    dice = Random(bits)
    ids = [f"{dice.getrandbits(bits):0{bits // 4}x}" for _ in range(20_000)]
    assert [ids[i] for i in Gate().judge(ids, Class.ID)] == []


def test_of_20_000_ulids_none_is_refused() -> None:
    dice = Random(26)
    ids = [ulid(dice) for _ in range(20_000)]
    assert [ids[i] for i in Gate().judge(ids, Class.ID)] == []


@pytest.mark.parametrize(
    "form",
    [
        "00000000-{0}-{1}-{2}-{3}00000000",
        "ffffffff-{0}-{1}-{2}-{3}ffffffff",
        "deadbeef-{0}-{1}-{2}-{3}cafebabe",
        "abcdefab-{0}-{1}-{2}-{3}00000000",
        "00000000-{0}-{1}-{2}-{3}abcdefab",
        "12345678-{0}-{1}-{2}-{3}12345678",
        "aaaa0000-{0}-{1}-{2}-{3}0000aaaa",
    ],
)
def test_a_card_number_written_into_the_form_of_a_uuid_is_refused(form: str) -> None:
    dice = Random(form)
    for _ in range(40):
        card = card_number(dice)
        assert verdict(form.format(*grouped(card).split("-"))) is Reason.CARD


@pytest.mark.parametrize("filler", ["0" * 16, "f" * 16, "0a" * 8, "deadbeefcafebabe", "1234567890123456"])
def test_a_number_padded_to_a_digest_is_refused(filler: str) -> None:
    dice = Random(filler)
    for _ in range(40):
        number = citizen_number(dice)[:17] + "0"  # an X has no place among hexadecimal digits
        while verdict(number) is None:
            number = citizen_number(dice)[:17] + "0"
        assert verdict(f"{filler[:7]}{number}{filler[9:]}") is not None


def test_a_number_spelled_in_the_bytes_of_a_uuid_is_refused() -> None:
    card = card_number(Random(3)).encode().hex()
    assert verdict(str(uuid.UUID(card))) is Reason.CARD


@given(st.integers(0, 2**32), st.sampled_from([" ", ", ", "/", "|", "; card "]), st.booleans())
def test_a_number_beside_a_uuid_is_refused(seed: int, between: str, behind: bool) -> None:
    dice = Random(seed)
    number = dice.choice((grouped(card_number(dice)), citizen_number(dice), "tel 13812345678"))
    parts = (drawn(dice), number) if behind else (number, drawn(dice))
    assert verdict(between.join(parts)) is not None


@given(st.integers(0, 2**32), st.integers(1, 3))
def test_a_card_number_that_begins_before_a_uuid_and_ends_in_it_is_refused(seed: int, groups: int) -> None:
    """Its last digits are the first of the token, or its first the last."""
    dice = Random(seed)
    card = grouped(card_number(dice))
    cut = 5 * groups
    tail = drawn(dice)[:4].translate(str.maketrans(string.digits, "abcdefabcd"))
    token = drawn(dice)
    assert verdict(card[:15] + card[15:] + tail + token[8:]) is Reason.CARD
    assert verdict(token[:24] + "abcdefab" + card[:4] + card[4:cut] + card[cut:]) is Reason.CARD


def test_uuids_are_looked_into_where_the_value_is_kept_as_it_is() -> None:
    """A source or a code stands on screens: there chance is no excuse."""
    assert Gate().verdict("7b34ea16-4586-4791-9232-1156b9db3ee3", Class.PLAIN) is Reason.CARD


@given(st.integers(0, 2**128 - 1))
def test_what_is_left_of_a_uuid_is_its_ends(value: int) -> None:
    """Where fillers stand around what may be a card, all of it and the card."""
    text = str(uuid.UUID(int=value))
    left = without_drawn(text)
    first, inside, last = left.partition("u0u")
    assert left.startswith(text) or (inside and text.startswith(first) and text.endswith(last))


@given(st.integers(0, 2**32))
def test_an_address_under_an_encoding_is_still_found(seed: int) -> None:
    dice = Random(seed)
    address = f"某人{dice.choice('abc')}@例子.{dice.choice(('cn', '中国', 'com', '公司'))}"
    data = address.encode(dice.choice(("utf-8", "gb18030", "utf-16-le")))
    assert Gate().verdict(base64.b64encode(data).decode(), Class.PLACE) is Reason.EMAIL
