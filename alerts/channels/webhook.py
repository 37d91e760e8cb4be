"""A signed webhook: the notice as JSON to one address of the desk's choosing.

No body of the answer is read. The id of the notice travels in header and body: whoever honours it hears every notice
once.
"""

from __future__ import annotations

import ssl
from typing import ClassVar, Final

import msgspec

from alerts.channels.addresses import Resolve, lookup
from alerts.channels.port import UNBOUNDED, Limits, Message, Receipt
from alerts.channels.post import SECONDS, Post
from alerts.channels.signature import NOTICE, SIGNATURE, TIMESTAMP, sign

BODY_BYTES: Final = 256 * 1024
SECRET_BYTES: Final = 16
"""A shorter secret can be guessed."""


class WebhookChannel:
    """POSTs to `url`. Raises ValueError for an address or a secret that cannot be used.

    `private`: loopback and private networks may be reached (and there `http` is allowed).
    """

    limits: ClassVar[Limits] = UNBOUNDED

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
        self._post = Post(url, private=private, seconds=seconds, tls=tls, resolve=resolve)
        if len(secret) < SECRET_BYTES:
            raise ValueError(f"the secret has {len(secret)} bytes: give {SECRET_BYTES} or more")
        self._secret = secret

    def deliver(self, message: Message, at: int) -> Receipt:
        body = msgspec.json.encode(message)
        if len(body) > BODY_BYTES:
            return Receipt(at, "refused", f"larger than {BODY_BYTES} bytes")
        timestamp = at // 1000
        headers = {
            TIMESTAMP: str(timestamp),
            SIGNATURE: sign(self._secret, timestamp, body),
            NOTICE: message.id,
        }
        answer = self._post.send(body, headers)
        return Receipt(at, answer.outcome, answer.detail, answer.retry_after, answer.road)

    def close(self) -> None:
        """Nothing stays open between two notices."""
