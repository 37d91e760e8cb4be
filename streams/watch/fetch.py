"""One look at the address of a polled feed: what it answers, unpacked, or that nothing is new there."""

from __future__ import annotations

import asyncio
import ssl
from typing import Final

import httpx2

from alerts.channels.addresses import ForbiddenAddressError, Resolve, lookup
from alerts.channels.reach import Reach, seconds_asked
from streams.feeds.blocks import Comes
from streams.feeds.packed import unpacked
from streams.messages import SpokenError
from streams.refusals import Reason, Refused
from streams.settings import read_secret

SECONDS: Final = 30.0
"""From the look-up of the name to the end of the answer."""
ANSWER_BYTES: Final = 64 * 1024 * 1024
"""Bytes of an answer, unpacked. Larger feeds come as files."""
NOT_MODIFIED: Final = 304
_GZIP: Final = b"\x1f\x8b"  # no CSV, JSON or JSON lines begins so


class FetchError(Exception):
    """The address did not give its feed. The text says why, never the address; `seconds`: how long it asked for."""

    def __init__(self, why: str, seconds: int = 0) -> None:
        super().__init__(why)
        self.seconds = seconds


class Fetch:
    """GETs `url`, again only where it has changed, as far as its server can tell (ETag, Last-Modified).

    `token`: sent as bearer token. `private`: loopback and private networks may be reached, there without TLS.
    Raises ValueError for an address that cannot be used.
    """

    def __init__(
        self,
        url: str,
        token: bytes = b"",
        *,
        private: bool = False,
        seconds: float = SECONDS,
        tls: ssl.SSLContext | None = None,
        resolve: Resolve = lookup,
    ) -> None:
        self._reach = Reach(url, private=private, seconds=seconds, tls=tls, resolve=resolve)
        self._always = {"Accept-Encoding": "gzip"}
        if token:
            self._always["Authorization"] = f"Bearer {_written(token)}"
        self._known: dict[str, str] = {}

    def look(self) -> bytes | None:
        """The body, unpacked; None while it is the one before.

        Raises FetchError, and Refused: bomb, malformed, too_large.
        """
        return asyncio.run(self._look())

    def forget(self) -> None:
        """The next look asks for the whole again: what the last one gave has not been kept."""
        self._known = {}

    async def _look(self) -> bytes | None:
        try:
            async with asyncio.timeout(self._reach.seconds):
                async with self._reach.answered("GET", {**self._always, **self._known}) as answer:
                    return await self._read(answer)
        except ForbiddenAddressError as fault:
            raise FetchError(str(fault)) from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            raise FetchError("no connection") from None
        except httpx2.TransportError as fault:
            raise FetchError(type(fault).__name__) from None
        except TimeoutError:
            raise FetchError(f"no answer within {self._reach.seconds:g} s") from None
        except OSError:
            raise FetchError("the name has no address") from None

    async def _read(self, answer: httpx2.Response) -> bytes | None:
        if answer.status_code == NOT_MODIFIED and self._known:
            return None
        if answer.status_code != httpx2.codes.OK:
            raise FetchError(f"http {answer.status_code}", seconds_asked(answer))
        pieces, size = [], 0
        async for piece in answer.aiter_raw():
            size += len(piece)
            if size > ANSWER_BYTES:
                raise Refused(Reason.TOO_LARGE)
            pieces.append(piece)
        body = b"".join(pieces)
        told = {"If-None-Match": answer.headers.get("ETag"), "If-Modified-Since": answer.headers.get("Last-Modified")}
        self._known = {name: value for name, value in told.items() if value}
        return unpacked(body, ANSWER_BYTES) if body.startswith(_GZIP) else body


def _written(token: bytes) -> str:
    text = token.decode("latin-1").strip()
    if not text.isascii() or not text.isprintable():
        raise ValueError("its secret is no bearer token: one line of ASCII")
    return text


def opened_fetch(feed: str, comes: Comes) -> Fetch:
    """What looks at the `url` of a feed, with its secret. Raises SpokenError where it cannot be opened."""
    try:
        token = read_secret(comes.secret) if comes.secret else b""
        return Fetch(comes.url or "", token, private=comes.private)
    except KeyError:
        raise SpokenError("feed-secret-missing", feed=feed, secret=comes.secret) from None
    except ValueError as fault:
        raise SpokenError("feed-unpolled", feed=feed, why=fault) from None
