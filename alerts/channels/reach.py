"""One guarded request to an address that somebody else chose: of a channel, or of a feed that is polled.

Bounded in time, follows no redirect, uses no proxy, and goes to an address that was judged (`addresses`).
"""

from __future__ import annotations

import contextlib
import logging
import ssl
from collections.abc import AsyncIterator, Mapping

import httpx2

from alerts.channels.addresses import Resolve, judged, lookup

for _library in ("httpx2", "httpcore2"):  # they log whole addresses, and in that of a robot lies its token
    logging.getLogger(_library).setLevel(logging.WARNING)


class Reach:
    """Requests to `url`, each bounded by `seconds`. Raises ValueError for an address that cannot be used.

    `private`: loopback and private networks may be reached (and there `http` is allowed).
    """

    def __init__(
        self,
        url: str,
        *,
        private: bool,
        seconds: float,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = lookup,
    ) -> None:
        self.url = _checked(url, private=private)
        self.seconds = seconds
        self._private = private
        self._tls = tls or ssl.create_default_context()
        self._resolve = resolve

    @contextlib.asynccontextmanager
    async def answered(
        self, method: str, headers: Mapping[str, str], *, url: httpx2.URL | None = None, body: bytes = b""
    ) -> AsyncIterator[httpx2.Response]:
        """The answer, its body unread. `url`: in place of `self.url`, with the same host.

        Raises ForbiddenAddressError, httpx2.TransportError, OSError where the name has no address.
        """
        url = url or self.url
        tls = url.scheme == "https"
        port = url.port or (443 if tls else 80)
        addresses = await judged(_host(url), port, private=self._private, tls=tls, resolve=self._resolve)
        whole = {"Host": url.netloc.decode("ascii"), "User-Agent": "tocsin", **headers}
        timeout = httpx2.Timeout(self.seconds, connect=self.seconds / len(addresses))
        async with httpx2.AsyncClient(verify=self._tls, trust_env=False, timeout=timeout) as client:
            answer = await self._first(client, method, url, addresses, whole, body)
            try:
                yield answer
            finally:
                await answer.aclose()

    async def _first(
        self,
        client: httpx2.AsyncClient,
        method: str,
        url: httpx2.URL,
        addresses: list[str],
        headers: Mapping[str, str],
        body: bytes,
    ) -> httpx2.Response:
        for address in addresses[:-1]:
            with contextlib.suppress(httpx2.ConnectError, httpx2.ConnectTimeout):  # the next one may answer
                return await _send(client, method, url, address, headers, body)
        return await _send(client, method, url, addresses[-1], headers, body)


async def _send(
    client: httpx2.AsyncClient, method: str, url: httpx2.URL, address: str, headers: Mapping[str, str], body: bytes
) -> httpx2.Response:
    request = client.build_request(
        method,
        url.copy_with(host=address),
        content=body,
        headers=dict(headers),
        extensions={"sni_hostname": _host(url)},  # the certificate is judged by the name
    )
    return await client.send(request, stream=True, follow_redirects=False)


def seconds_asked(answer: httpx2.Response) -> int:
    """The seconds of its `Retry-After`; 0 without one, and for a date."""
    value = answer.headers.get("Retry-After", "")
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 6 else 0


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
