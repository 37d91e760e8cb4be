"""The robot of a WeCom group (企业微信群机器人).

Takes 20 messages a minute, each of at most 4,096 bytes of markdown (bytes, not characters; of plain text only 2,048).
It signs nothing: whoever has its address can speak.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from alerts.channels.robot import Meaning, Packed

_WRONG = Meaning(refused=True)


class WeCom:
    meanings: ClassVar[Mapping[int, Meaning]] = {
        45009: Meaning(wait_ms=60_000),  # too many messages
        -1: Meaning(wait_ms=5_000),  # busy
        40008: _WRONG,  # no such type of message
        40058: _WRONG,  # a parameter out of its bounds: too many bytes
        44004: _WRONG,  # empty
        45002: _WRONG,  # too long
    }

    def packed(self, text: str, at: int) -> Packed:
        return Packed({"msgtype": "markdown", "markdown": {"content": text}})

    def link(self, words: str, link: str) -> str:
        return f"[{words}]({link})"

    def code(self, answer: dict[str, Any]) -> object:
        return answer.get("errcode")
