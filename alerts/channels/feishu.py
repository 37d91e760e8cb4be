"""The robot of a Feishu or Lark group (飞书自定义机器人).

Takes 100 messages a minute and 5 a second, a request of at most 20 KB; here it gets 20 a minute like the others, for
the people in the group. Signed the other way round from DingTalk: time and secret are the key, the message is empty.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, ClassVar

from alerts.channels.robot import Meaning, Packed

_WRONG = Meaning(refused=True)


class Feishu:
    """`secret`: the one of "签名校验"; b"" where the robot is kept by words or addresses instead."""

    meanings: ClassVar[Mapping[int, Meaning]] = {
        11232: Meaning(wait_ms=60_000),  # too many messages
        9499: _WRONG,  # a request that it cannot read
    }

    def __init__(self, secret: bytes = b"") -> None:
        self._secret = secret

    def packed(self, text: str, at: int) -> Packed:
        body: dict[str, object] = {"msg_type": "text", "content": {"text": text}}
        if self._secret:
            seconds = at // 1000
            body |= {"timestamp": str(seconds), "sign": sign(self._secret, seconds)}
        return Packed(body)

    def link(self, words: str, link: str) -> str:
        return f"{words} {link}"

    def code(self, answer: dict[str, Any]) -> object:
        """`code`, or, where only the older field stands, `StatusCode`."""
        return answer.get("code", answer.get("StatusCode"))


def sign(secret: bytes, seconds: int) -> str:
    """Base64 of the HMAC-SHA256 of nothing under the time (s), a line break and the secret as key."""
    return base64.b64encode(hmac.new(b"%d\n%s" % (seconds, secret), b"", hashlib.sha256).digest()).decode()
