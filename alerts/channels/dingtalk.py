"""The robot of a DingTalk group (钉钉自定义机器人).

Takes 20 messages a minute; whoever sends more is shut out for ten minutes. Signed over the time in milliseconds, within
an hour of its own clock. Text, not markdown: nothing in a name is obeyed, and addresses in it can be clicked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, ClassVar

from alerts.channels.robot import Meaning, Packed

_SHUT_OUT = Meaning(wait_ms=600_000)
_WRONG = Meaning(refused=True)


class DingTalk:
    """`secret`: the one of "加签" (SEC...); b"" where the robot is kept by words or addresses instead."""

    meanings: ClassVar[Mapping[int, Meaning]] = {
        130101: _SHUT_OUT,  # too many messages
        410100: _SHUT_OUT,  # the same, of the newer interface
        -1: Meaning(wait_ms=5_000),  # busy
        40035: _WRONG,  # a parameter is missing
        400105: _WRONG,  # no such type of message
        430101: _WRONG,  # an address that it holds to be unsafe
        430102: _WRONG,  # words that it does not let through
        430104: _WRONG,  # the same, of the whole
    }

    def __init__(self, secret: bytes = b"") -> None:
        self._secret = secret

    def packed(self, text: str, at: int) -> Packed:
        body: dict[str, object] = {"msgtype": "text", "text": {"content": text}}
        if not self._secret:
            return Packed(body)
        return Packed(body, {"timestamp": str(at), "sign": sign(self._secret, at)})

    def link(self, words: str, link: str) -> str:
        return f"{words} {link}"

    def code(self, answer: dict[str, Any]) -> object:
        return answer.get("errcode")


def sign(secret: bytes, at: int) -> str:
    """Base64 of the HMAC-SHA256, under the secret, of the time (ms), a line break and the secret itself."""
    return base64.b64encode(hmac.new(secret, b"%d\n%s" % (at, secret), hashlib.sha256).digest()).decode()
