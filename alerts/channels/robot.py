"""What the robots of DingTalk, WeCom and Feishu have in common: one POST of a text, always answered with 200.

Whether it was heard stands inside the answer, as a number. What a number means is each robot's own table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Protocol

import msgspec

from alerts.channels.fitting import fitted
from alerts.channels.port import Limits, Message, Receipt
from alerts.channels.post import Answer, Post
from alerts.channels.signature import NOTICE

LIMITS: Final = Limits(per_minute=20, text_bytes=4_096)
"""What all three take. DingTalk and WeCom say 20 a minute; WeCom says 4,096 bytes of markdown, the others more."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a number in the answer says. `refused`: this message will never be taken; else the road is shut, for
    `wait_ms` at least."""

    refused: bool = False
    wait_ms: int = 0


class Kind(Protocol):
    """One robot's own ways."""

    meanings: ClassVar[Mapping[int, Meaning]]

    def packed(self, text: str, at: int) -> Packed:
        """The request that says `text` at `at` (ms UTC)."""
        ...

    def link(self, words: str, link: str) -> str:
        """A line that can be clicked."""
        ...

    def code(self, answer: dict[str, Any]) -> object:
        """The number in an answer; 0: heard."""
        ...


@dataclass(frozen=True, slots=True)
class Packed:
    body: dict[str, object]
    query: Mapping[str, str] = field(default_factory=dict)


class RobotChannel:
    """Says a notice in a group. `post` holds the robot's address, which is its secret; `take_it`: words of the link.

    Of an answer only its number is kept, never its words: they repeat what was sent.
    """

    limits: ClassVar[Limits] = LIMITS

    def __init__(self, name: str, kind: Kind, post: Post, *, language: str, take_it: str) -> None:
        self.name = name
        self.language = language
        self._kind = kind
        self._post = post
        self._take_it = take_it

    def deliver(self, message: Message, at: int) -> Receipt:
        link = self._kind.link(self._take_it, message.link) if message.link else ""
        packed = self._kind.packed(fitted(message, LIMITS.text_bytes, link), at)
        answer = self._post.send(msgspec.json.encode(packed.body), {NOTICE: message.id}, query=packed.query, read=True)
        if answer.outcome == "accepted":
            return self._understood(answer, at)
        if answer.outcome == "refused":  # a robot refuses inside of 200: this came from something before it
            return Receipt(at, "failed", answer.detail, road=True)
        return Receipt(at, answer.outcome, answer.detail, answer.retry_after, answer.road)

    def close(self) -> None:
        """Nothing stays open between two notices."""

    def _understood(self, answer: Answer, at: int) -> Receipt:
        try:
            said = msgspec.json.decode(answer.body, type=dict[str, Any])
        except msgspec.MsgspecError:
            return Receipt(at, "in_doubt", "its answer is not understood")
        code = self._kind.code(said)
        if not isinstance(code, int):
            return Receipt(at, "in_doubt", "its answer is not understood")
        if code == 0:
            return Receipt(at, "accepted", "errcode 0")
        meaning = self._kind.meanings.get(code, Meaning())
        if meaning.refused:
            return Receipt(at, "refused", f"errcode {code}")
        return Receipt(at, "failed", f"errcode {code}", meaning.wait_ms, road=True)
