"""Asking a process of ours, from another one, for what it tells: through no proxy, with a token where it wants one."""

from __future__ import annotations

from typing import Final

import httpx2

ANSWER_SECONDS: Final = 5.0
PAGE_BYTES: Final = 8 << 20
"""More than any page of figures holds."""


def asking(token: str) -> httpx2.Client:
    """A client that waits ANSWER_SECONDS at each step. `token`: of an account with the role system; "": none."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx2.Client(timeout=ANSWER_SECONDS, trust_env=False, headers=headers)
