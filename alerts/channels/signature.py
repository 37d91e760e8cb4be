"""The signature of a webhook: HMAC-SHA256 over time and body, so that an old push cannot be sent again."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

TIMESTAMP: Final = "Tocsin-Timestamp"
SIGNATURE: Final = "Tocsin-Signature"
NOTICE: Final = "Tocsin-Notice"

TOLERANCE_SECONDS: Final = 300
"""A receiver takes nothing older or newer than this."""


def sign(secret: bytes, timestamp: int, body: bytes) -> str:
    """`v1=` and the hexadecimal HMAC-SHA256 of `timestamp` (unix seconds), a dot and `body`.

    >>> sign(b"secret", 1453552200, b"{}")[:19]
    'v1=bc4cc31e6dd957a0'
    """
    return "v1=" + hmac.new(secret, b"%d.%s" % (timestamp, body), hashlib.sha256).hexdigest()


def verify(secret: bytes, headers: Mapping[str, str], body: bytes, now: int) -> bool:
    """Whether a receiver may believe `body`. `now` in unix seconds; header names in any case.

    The notice's id (`Tocsin-Notice`, also `id` in the body) is the receiver's key against repeats.
    """
    by_name = {name.lower(): value for name, value in headers.items()}
    stamp, signature = by_name.get(TIMESTAMP.lower(), ""), by_name.get(SIGNATURE.lower(), "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 12):
        return False
    fresh = abs(now - int(stamp)) <= TOLERANCE_SECONDS
    return hmac.compare_digest(sign(secret, int(stamp), body).encode(), signature.encode()) and fresh
