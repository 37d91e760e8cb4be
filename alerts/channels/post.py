"""One guarded POST to an address of the desk's choosing: what webhooks, robots and Alertmanagers have in common.

A fault is told by whether the other side can have heard; an answer is read only so far.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx2

from alerts.channels.addresses import ForbiddenAddressError, Resolve, lookup
from alerts.channels.port import Outcome
from alerts.channels.reach import Reach, seconds_asked

SECONDS: Final = 10.0
"""From the look-up of the name to the end of the answer."""
ANSWER_BYTES: Final = 64 * 1024
"""An answer is read so far at most."""

_AGAIN: Final = frozenset((408, 425, 429))
"""The refusals that time may mend; any other 4xx is about the message or the road, and no repeat mends it."""
_ROAD: Final = frozenset((429, 502, 503, 504))
"""Answers in place of the other side, or to everybody: no message would have got through."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a POST. `body`: of an answer 2xx, where it was asked for; `retry_after` in ms."""

    outcome: Outcome
    detail: str
    retry_after: int = 0
    road: bool = False
    body: bytes = b""


class Post:
    """POSTs to `url`. Raises ValueError for an address that cannot be used.

    `private`: loopback and private networks may be reached (and there `http` is allowed).
    """

    def __init__(
        self,
        url: str,
        *,
        private: bool = False,
        seconds: float = SECONDS,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = lookup,
    ) -> None:
        self._reach = Reach(url, private=private, seconds=seconds, tls=tls, resolve=resolve)

    def send(
        self, body: bytes, headers: Mapping[str, str], *, query: Mapping[str, str] | None = None, read: bool = False
    ) -> Answer:
        """Once. `query` is added to the address; `read`: the body of an accepting answer is wanted. Never raises."""
        url = self._reach.url.copy_merge_params(query) if query else self._reach.url
        return asyncio.run(self._try(url, body, headers, read))

    async def _try(self, url: httpx2.URL, body: bytes, headers: Mapping[str, str], read: bool) -> Answer:
        whole = {"Content-Type": "application/json", "Accept-Encoding": "identity", **headers}
        try:
            async with asyncio.timeout(self._reach.seconds):
                async with self._reach.answered("POST", whole, url=url, body=body) as answer:
                    return await _read(answer, read)
        except ForbiddenAddressError as fault:
            return Answer("failed", str(fault), road=True)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            return Answer("failed", "no connection", road=True)
        except httpx2.TransportError as fault:
            return Answer("in_doubt", type(fault).__name__)
        except TimeoutError:
            return Answer("in_doubt", f"no answer within {self._reach.seconds:g} s")
        except OSError:
            return Answer("failed", "the name has no address", road=True)


async def _read(answer: httpx2.Response, read: bool) -> Answer:
    status = answer.status_code
    if 200 <= status < 300:
        return Answer("accepted", f"http {status}", body=await _body(answer) if read else b"")
    if status in _AGAIN or status >= 500:
        return Answer("failed", f"http {status}", seconds_asked(answer) * 1000, road=status in _ROAD)
    return Answer("refused", f"http {status}")


async def _body(answer: httpx2.Response) -> bytes:
    """As much of the answer as its bound lets in."""
    read = b""
    async for piece in answer.aiter_raw():
        read += piece
        if len(read) >= ANSWER_BYTES:
            break
    return read[:ANSWER_BYTES]
