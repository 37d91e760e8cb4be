"""Signed links: one purpose, one alert, one desk, one notice, for a while."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import life
from alerts.alert import Reason
from alerts.links import VALID_MS, Link, LinkError, link_key, link_of, read_link, sign_link
from alerts.notice import compose
from tests.alerts.signals import NOON, signal

KEY = link_key(b"the key of the city, 32 bytes ..")
LINK = Link("take", "montgomery", "a1", "county", NOON, NOON + VALID_MS)


def test_a_link_says_what_was_signed_until_it_expires() -> None:
    token = sign_link(KEY, LINK)
    assert read_link(KEY, token, NOON) == read_link(KEY, token, NOON + VALID_MS - 1) == LINK
    with pytest.raises(LinkError, match="expired"):
        read_link(KEY, token, NOON + VALID_MS)


@pytest.mark.parametrize(
    "change",
    [{"alert": "a2"}, {"desk": "eastern"}, {"told_at": NOON + 1}, {"expires_at": NOON * 2}, {"city": "boston"}],
)
def test_a_link_for_one_thing_is_no_link_for_another(change: dict[str, object]) -> None:
    mine, other = sign_link(KEY, LINK), sign_link(KEY, msgspec.structs.replace(LINK, **change))
    assert mine != other
    forged = mine[:43] + other[43:]  # the signature of one before the body of the other
    with pytest.raises(LinkError, match="forged"):
        read_link(KEY, forged, NOON)


def test_a_key_of_another_city_or_purpose_signs_no_link() -> None:
    token = sign_link(KEY, LINK)
    for key in (link_key(b"another"), b"the key of the city, 32 bytes .."):
        with pytest.raises(LinkError, match="forged"):
            read_link(key, token, NOON)


@given(st.text(max_size=400) | st.binary(max_size=300).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_whatever_is_no_token_of_ours_is_forged_and_nothing_else(token: str) -> None:
    with pytest.raises(LinkError, match="forged"):
        read_link(KEY, token, NOON)


@pytest.mark.parametrize(("reason", "asks"), [("first", True), ("worse", True), ("reminder", True), ("over", False)])
def test_news_that_asks_for_somebody_carries_a_link_the_same_at_every_try(reason: Reason, asks: bool) -> None:
    alert, _ = life.apply(None, signal(1), "county", NOON)
    notice = compose(alert, reason, "county", "mail", NOON)
    link = link_of("https://desk.example.org/", KEY)
    assert link(notice) == link(notice)
    assert link(notice).startswith("https://desk.example.org/take/montgomery/") is asks
    if asks:
        assert read_link(KEY, link(notice).rpartition("/")[2], NOON) == LINK
