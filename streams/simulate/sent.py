"""An event as its source writes it."""

from __future__ import annotations

from typing import Literal

import msgspec

from alerts.export import rfc3339


class Sent(msgspec.Struct, frozen=True):
    """One event on its way, by the names of the contract. Times in ms UTC; `place` is a made address, "" for none."""

    feed: str
    kind: Literal["incident", "petition"]
    id: str
    category: str
    area: str
    occurred_at: int
    arrived_at: int
    revision: int = 0
    count: int = 1
    severity: int = 0  # 0: none
    stage: str = "filed"
    place: str = ""

    def fields(self) -> dict[str, object]:
        """What the contract takes of it."""
        found: dict[str, object] = {
            "id": self.id,
            "source": self.feed,
            "kind": self.kind,
            "category": self.category,
            "area": self.area,
            "occurred_at": rfc3339(self.occurred_at),
            "stage": self.stage,
            "revision": self.revision,
            "count": self.count,
        }
        if self.severity:
            found["severity"] = self.severity
        if self.place:
            found["place"] = self.place
        return found

    def line(self) -> bytes:
        """The event as a line that the contract takes: what is pushed."""
        return msgspec.json.encode(self.fields())

    def archived(self) -> bytes:
        """The same with its arrival: a line of an archive, of which time is read too."""
        return msgspec.json.encode({**self.fields(), "arrived_at": rfc3339(self.arrived_at)})
