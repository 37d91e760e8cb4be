"""The console as a channel: the alert is on the board the moment it is committed, so a notice is only marked shown."""

from __future__ import annotations

from typing import ClassVar

from alerts.channels.port import UNBOUNDED, Limits, Message, Receipt


class ConsoleChannel:
    """Accepts every notice. Its receipt says that the board shows the alert, not that anybody looked."""

    limits: ClassVar[Limits] = UNBOUNDED

    def __init__(self, name: str, language: str = "en") -> None:
        self.name = name
        self.language = language

    def deliver(self, message: Message, at: int) -> Receipt:
        return Receipt(at, "accepted", "on the board")

    def close(self) -> None:
        """Nothing to close."""
