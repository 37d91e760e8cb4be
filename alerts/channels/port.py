"""The door of every channel. Ships with its fake, `FakeChannel`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

import msgspec

from alerts.alert import Reason

Outcome = Literal["accepted", "refused", "failed", "in_doubt"]
"""`accepted`: heard. `refused`: will never be taken as it is. `failed`: surely not heard. `in_doubt`: perhaps heard."""


class Receipt(msgspec.Struct, frozen=True):
    """What came of one try. `at` is the try's time, ms UTC; `detail` is a few words, never what the other side sent.

    `road`: no message whatever would have got through (no connection, too many at once): not this one's fault.
    """

    at: int
    outcome: Outcome
    detail: str
    retry_after: int = 0  # ms that the other side asked us to wait
    road: bool = False


class Message(msgspec.Struct, frozen=True):
    """What a channel carries: words for people, and the alert as data (the line of `alerts.jsonl`).

    `exercise`: a drill, said so in its title. `holds`: ids of the notices of a digest, most urgent first, each a line
    of its `text`; `alert` is empty there.
    """

    id: str  # the notice's: the same at every try, so that the receiver can drop a repeat
    city: str
    desk: str
    reason: Reason
    language: str
    title: str
    text: str
    alert: dict[str, object]
    created_at: str  # RFC 3339
    exercise: bool = False
    link: str = ""  # signed address under which the desk may take the alert; "": none
    holds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What the other side takes. `per_minute`: messages, 0: as many as come; `text_bytes`: title, a line break and text
    together in UTF-8, 0: as much as comes."""

    per_minute: int = 0
    text_bytes: int = 0


UNBOUNDED: Final = Limits()


class Channel(Protocol):
    """One road to a desk. `deliver` is bounded in time, and answers with a receipt instead of raising."""

    @property
    def name(self) -> str: ...

    @property
    def language(self) -> str: ...

    @property
    def limits(self) -> Limits: ...

    def deliver(self, message: Message, at: int) -> Receipt:
        """Try once, at `at` (ms UTC)."""
        ...

    def close(self) -> None: ...


class FakeChannel:
    """Records what it was given, and fails as its script says: outcomes for the first tries, then "accepted".

    `heard` is what got through: all that was accepted, and all that was in doubt.
    """

    def __init__(
        self, name: str, language: str = "en", script: Iterable[Outcome] = (), *, limits: Limits = UNBOUNDED
    ) -> None:
        self.name = name
        self.language = language
        self.limits = limits
        self.tried: list[Message] = []
        self.heard: list[Message] = []
        self._script = iter(script)

    def deliver(self, message: Message, at: int) -> Receipt:
        outcome: Outcome = next(self._script, "accepted")
        self.tried.append(message)
        if outcome in ("accepted", "in_doubt"):
            self.heard.append(message)
        return Receipt(at, outcome, "as scripted")

    def close(self) -> None:
        """Nothing to close."""
