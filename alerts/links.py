"""Signed links by which a desk takes an alert out of a message: who holds one may do this one thing, for a while.

A link is bound to the alert, the desk that it was sent to, the move that it told of and what it is for. It carries no
account and no name. Opening it changes nothing: programs that look at links in messages open every one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Final, Literal

import msgspec

from alerts.alert import Reason
from alerts.notice import Notice

Purpose = Literal["take"]
Taken = Literal["taken", "already", "ended"]
"""What came of it: taken by this; taken before; nothing to take any more."""
Fault = Literal["forged", "expired"]

ASKING: Final[frozenset[Reason]] = frozenset(("first", "worse", "spread", "reminder"))
VALID_MS: Final = 24 * 3_600_000
"""A link outlives a shift, and no more."""
LONGEST: Final = 1_024
"""No token of ours is longer, in characters."""
_VERSION: Final = b"1"
_MAC_BYTES: Final = 32


class LinkError(Exception):
    """The token is not ours, or its time is over. `why` is all that anybody is told."""

    def __init__(self, why: Fault) -> None:
        super().__init__(why)
        self.why: Fault = why


class Link(msgspec.Struct, frozen=True, array_like=True):
    """What a token says. `told_at`: when the notice was written that carried it; both times ms UTC."""

    purpose: Purpose
    city: str
    alert: str
    desk: str
    told_at: int
    expires_at: int


def link_key(key: bytes) -> bytes:
    """A key for links alone, out of the city's: what is signed here is believed nowhere else."""
    return hmac.new(key, b"tocsin links, version 1", hashlib.sha256).digest()


def link_of(base: str, key: bytes) -> Callable[[Notice], str]:
    """Makes the address that goes out with a notice: below `base` (the console's own address), signed with `key`.

    "" for news that asks nobody to come. The same notice carries the same link at every try.
    """

    def link(notice: Notice) -> str:
        if notice.reason not in ASKING:
            return ""
        said = Link("take", notice.city, notice.alert_id, notice.desk, notice.created_at, notice.created_at + VALID_MS)
        return f"{base.rstrip('/')}/take/{notice.city}/{sign_link(key, said)}"

    return link


def sign_link(key: bytes, link: Link) -> str:
    """The token of `link`: letters, digits, - and _."""
    body = msgspec.json.encode(link)
    return base64.urlsafe_b64encode(_mac(key, body) + body).rstrip(b"=").decode("ascii")


def read_link(key: bytes, token: str, now: int) -> Link:
    """What `token` says at `now` (ms UTC). Raises LinkError."""
    if len(token) > LONGEST or not token.isascii():
        raise LinkError("forged")
    try:
        data = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise LinkError("forged") from None
    mac, body = data[:_MAC_BYTES], data[_MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, body)):
        raise LinkError("forged")
    link = msgspec.json.decode(body, type=Link)
    if now >= link.expires_at:
        raise LinkError("expired")
    return link


def _mac(key: bytes, body: bytes) -> bytes:
    return hmac.new(key, _VERSION + body, hashlib.sha256).digest()
