"""One guarded POST to an address of the desk's choosing: what webhooks, robots and Alertmanagers have in common.

Bounded in time and size, follows no redirect, uses no proxy; a fault is told by whether the other side can have heard.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import httpx2

from alerts.channels.addresses import ForbiddenAddressError, Resolve, judged, lookup
from alerts.channels.port import Outcome

SECONDS: Final = 10.0
"""From the look-up of the name to the end of the answer."""
ANSWER_BYTES: Final = 64 * 1024
"""An answer is read so far at most."""

for _library in ("httpx2", "httpcore2"):  # they log whole addresses, and in that of a robot lies its token
    logging.getLogger(_library).setLevel(logging.WARNING)

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
        self._url = _checked(url, private=private)
        self._private = private
        self._seconds = seconds
        self._tls = tls or ssl.create_default_context()
        self._resolve = resolve

    def send(
        self, body: bytes, headers: Mapping[str, str], *, query: Mapping[str, str] | None = None, read: bool = False
    ) -> Answer:
        """Once. `query` is added to the address; `read`: the body of an accepting answer is wanted. Never raises."""
        url = self._url.copy_merge_params(query) if query else self._url
        return asyncio.run(self._try(url, body, headers, read))

    async def _try(self, url: httpx2.URL, body: bytes, headers: Mapping[str, str], read: bool) -> Answer:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(url, body, headers, read)
        except ForbiddenAddressError as fault:
            return Answer("failed", str(fault), road=True)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            return Answer("failed", "no connection", road=True)
        except httpx2.TransportError as fault:
            return Answer("in_doubt", type(fault).__name__)
        except TimeoutError:
            return Answer("in_doubt", f"no answer within {self._seconds:g} s")
        except OSError:
            return Answer("failed", "the name has no address", road=True)

    async def _post(self, url: httpx2.URL, body: bytes, headers: Mapping[str, str], read: bool) -> Answer:
        tls = url.scheme == "https"
        port = url.port or (443 if tls else 80)
        addresses = await judged(_host(url), port, private=self._private, tls=tls, resolve=self._resolve)
        whole = {
            "Host": url.netloc.decode("ascii"),
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "tocsin",
            **headers,
        }
        timeout = httpx2.Timeout(self._seconds, connect=self._seconds / len(addresses))
        async with httpx2.AsyncClient(verify=self._tls, trust_env=False, timeout=timeout) as client:
            for address in addresses[:-1]:
                with contextlib.suppress(httpx2.ConnectError, httpx2.ConnectTimeout):  # the next one may answer
                    return await _send(client, url, address, body, whole, read)
            return await _send(client, url, addresses[-1], body, whole, read)


async def _send(
    client: httpx2.AsyncClient, url: httpx2.URL, address: str, body: bytes, headers: Mapping[str, str], read: bool
) -> Answer:
    request = client.build_request(
        "POST",
        url.copy_with(host=address),
        content=body,
        headers=dict(headers),
        extensions={"sni_hostname": _host(url)},  # the certificate is judged by the name
    )
    answer = await client.send(request, stream=True, follow_redirects=False)
    try:
        return await _read(answer, read)
    finally:
        await answer.aclose()


async def _read(answer: httpx2.Response, read: bool) -> Answer:
    status = answer.status_code
    if 200 <= status < 300:
        return Answer("accepted", f"http {status}", body=await _body(answer) if read else b"")
    if status in _AGAIN or status >= 500:
        asked = _seconds_asked(answer.headers.get("Retry-After", "")) * 1000
        return Answer("failed", f"http {status}", asked, road=status in _ROAD)
    return Answer("refused", f"http {status}")


async def _body(answer: httpx2.Response) -> bytes:
    """As much of the answer as its bound lets in."""
    read = b""
    async for piece in answer.aiter_raw():
        read += piece
        if len(read) >= ANSWER_BYTES:
            break
    return read[:ANSWER_BYTES]


def _host(url: httpx2.URL) -> str:
    """The host as it is looked up: ASCII, also where it was written in another script."""
    return url.raw_host.decode("ascii")


def _checked(text: str, *, private: bool) -> httpx2.URL:
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL as fault:
        raise ValueError(f"the address cannot be read: {fault}") from None
    if url.scheme != "https" and not (url.scheme == "http" and private):
        raise ValueError("the address must begin with https:// (http:// only for a private one)")
    if not url.host or url.userinfo or url.fragment:
        raise ValueError("the address needs a host, and holds no account and no fragment")
    return url


def _seconds_asked(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 6 else 0
