"""Passwords, second factors and tokens: what is kept of each, and how it is compared. The standard library alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from typing import Final

SCRYPT: Final = {"n": 1 << 14, "r": 8, "p": 1, "maxmem": 64 << 20}
"""16 MiB and some 50 ms for a try."""
SALT_BYTES: Final = 16
PASSWORD_LEAST: Final = 12
PASSWORD_LONGEST: Final = 256
"""Of one that is chosen. Given at a login nothing is cut off: a longer one is another one."""

STEP_SECONDS: Final = 30
DIGITS: Final = 6
STEPS_ASIDE: Final = 1
"""A code of the step before and of the one after is taken: clocks of telephones differ."""


def hashed(password: str) -> bytes:
    """Salt and scrypt of a password."""
    salt = secrets.token_bytes(SALT_BYTES)
    return salt + hashlib.scrypt(password.encode(), salt=salt, **SCRYPT)


NOBODYS: Final = bytes(SALT_BYTES + 64)
"""Compared where there is no such account, so that the answer takes as long."""


def is_password(password: str, kept: bytes) -> bool:
    salt, known = kept[:SALT_BYTES], kept[SALT_BYTES:]
    given = hashlib.scrypt(password.encode(), salt=salt, **SCRYPT)
    return hmac.compare_digest(given, known)


def fresh_factor() -> bytes:
    """The secret of a second factor: 160 bits."""
    return secrets.token_bytes(20)


def factor_address(number: str, factor: bytes) -> str:
    """What an authenticator reads: shown once, when the account is made."""
    return f"otpauth://totp/Tocsin:{number}?secret={base64.b32encode(factor).decode()}&issuer=Tocsin"


def code_at(factor: bytes, step: int) -> str:
    """The code of a step (unix seconds / 30). RFC 6238 over HMAC-SHA1.

    >>> code_at(b"12345678901234567890", 59 // 30)
    '287082'
    """
    digest = hmac.new(factor, step.to_bytes(8, "big"), hashlib.sha1).digest()
    place = digest[-1] & 15
    number = int.from_bytes(digest[place : place + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(code: str, factor: bytes, now: int, last: int) -> int:
    """The step that `code` belongs to at `now` (ms); 0 where it is none, or not later than `last`: used once."""
    middle = now // 1000 // STEP_SECONDS
    for step in range(middle - STEPS_ASIDE, middle + STEPS_ASIDE + 1):
        if step > last and hmac.compare_digest(code_at(factor, step).encode(), code.encode()):
            return step
    return 0


def fresh_token() -> str:
    """A session's or a token's secret: 256 bits, shown to its holder alone."""
    return secrets.token_urlsafe(32)


def token_key(token: str) -> str:
    """What is kept of it: it is random, so a plain hash is right."""
    return hashlib.sha256(token.encode()).hexdigest()
