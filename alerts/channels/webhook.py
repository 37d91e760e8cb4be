"""A signed webhook: the notice as JSON to one address of the desk's choosing.

Bounded in time and size, follows no redirect, uses no proxy, reads no body of the answer. The id of the
notice travels in header and body: whoever honours it hears every notice once.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Final

import httpx2
import msgspec

from alerts.channels.addresses import ForbiddenAddressError, Resolve, judged, lookup
from alerts.channels.port import Message, Outcome, Receipt
from alerts.channels.signature import NOTICE, SIGNATURE, TIMESTAMP, sign

SECONDS: Final = 10.0
"""From the look-up of the name to the status of the answer."""
BODY_BYTES: Final = 256 * 1024
SECRET_BYTES: Final = 16
"""A shorter secret can be guessed."""

_AGAIN: Final = frozenset((408, 425, 429))
"""The refusals that time may mend; any other 4xx is about the message or the road, and no repeat mends it."""


class WebhookChannel:
    """POSTs to `url`. Raises ValueError for an address or a secret that cannot be used.

    `private`: loopback and private networks may be reached (and there `http` is allowed).
    """

    def __init__(
        self,
        name: str,
        url: str,
        secret: bytes,
        *,
        language: str = "en",
        private: bool = False,
        seconds: float = SECONDS,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = lookup,
    ) -> None:
        self.name = name
        self.language = language
        self._url = _checked(url, private=private)
        if len(secret) < SECRET_BYTES:
            raise ValueError(f"the secret has {len(secret)} bytes: give {SECRET_BYTES} or more")
        self._secret = secret
        self._private = private
        self._seconds = seconds
        self._tls = tls or ssl.create_default_context()
        self._resolve = resolve

    def deliver(self, message: Message, at: int) -> Receipt:
        body = msgspec.json.encode(message)
        if len(body) > BODY_BYTES:
            return Receipt(at, "refused", f"larger than {BODY_BYTES} bytes")
        outcome, detail, retry_after = asyncio.run(self._try(message.id, body, at // 1000))
        return Receipt(at, outcome, detail, retry_after)

    def close(self) -> None:
        """Nothing stays open between two notices."""

    async def _try(self, notice: str, body: bytes, timestamp: int) -> tuple[Outcome, str, int]:
        """One try, each fault told by whether the other side can have heard it."""
        try:
            async with asyncio.timeout(self._seconds):
                return await self._post(notice, body, timestamp)
        except ForbiddenAddressError as fault:
            return "failed", str(fault), 0
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            return "failed", "no connection", 0
        except httpx2.TransportError as fault:
            return "in_doubt", type(fault).__name__, 0
        except TimeoutError:
            return "in_doubt", f"no answer within {self._seconds:g} s", 0
        except OSError:
            return "failed", "the name has no address", 0

    async def _post(self, notice: str, body: bytes, timestamp: int) -> tuple[Outcome, str, int]:
        url = self._url
        tls = url.scheme == "https"
        port = url.port or (443 if tls else 80)
        addresses = await judged(_host(url), port, private=self._private, tls=tls, resolve=self._resolve)
        headers = {
            "Host": url.netloc.decode("ascii"),
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "tocsin",
            TIMESTAMP: str(timestamp),
            SIGNATURE: sign(self._secret, timestamp, body),
            NOTICE: notice,
        }
        timeout = httpx2.Timeout(self._seconds, connect=self._seconds / len(addresses))
        async with httpx2.AsyncClient(verify=self._tls, trust_env=False, timeout=timeout) as client:
            for address in addresses[:-1]:
                with contextlib.suppress(httpx2.ConnectError, httpx2.ConnectTimeout):  # the next one may answer
                    return await self._send(client, address, body, headers)
            return await self._send(client, addresses[-1], body, headers)

    async def _send(
        self, client: httpx2.AsyncClient, address: str, body: bytes, headers: dict[str, str]
    ) -> tuple[Outcome, str, int]:
        request = client.build_request(
            "POST",
            self._url.copy_with(host=address),
            content=body,
            headers=headers,
            extensions={"sni_hostname": _host(self._url)},  # the certificate is judged by the name
        )
        answer = await client.send(request, stream=True, follow_redirects=False)
        await answer.aclose()
        return _read(answer)


def _host(url: httpx2.URL) -> str:
    """The host as it is looked up: ASCII, also where it was written in another script."""
    return url.raw_host.decode("ascii")


def _checked(text: str, *, private: bool) -> httpx2.URL:
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL as fault:
        raise ValueError(f"the address cannot be read: {fault}") from fault
    if url.scheme != "https" and not (url.scheme == "http" and private):
        raise ValueError("the address must begin with https:// (http:// only for a private one)")
    if not url.host or url.userinfo or url.fragment:
        raise ValueError("the address needs a host, and holds no account and no fragment")
    return url


def _read(answer: httpx2.Response) -> tuple[Outcome, str, int]:
    status = answer.status_code
    if 200 <= status < 300:
        return "accepted", f"http {status}", 0
    if status in _AGAIN or status >= 500:
        return "failed", f"http {status}", _seconds_asked(answer.headers.get("Retry-After", "")) * 1000
    return "refused", f"http {status}", 0


def _seconds_asked(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 6 else 0
