"""What was put into a made world, so that whoever judges it can be judged."""

from __future__ import annotations

from typing import Literal

import msgspec

from alerts.export import rfc3339

TruthKind = Literal["spike", "gap", "bulk", "clock"]


class Truth(msgspec.Struct, frozen=True):
    """One thing put in. `begin`, `end` in ms UTC, half-open, of what occurred.

    spike  `size` more events than usual, in `area` and `category`
    gap    the feed lost what occurred, `size` events
    bulk   the feed carried `size` events late, all at once at `end`
    clock  the feed's clock was wrong by `size` ms
    """

    kind: TruthKind
    begin: int
    end: int
    size: int
    feed: str = ""
    area: str = ""
    category: str = ""

    def line(self) -> bytes:
        """As JSON, times as people read them."""
        told = msgspec.to_builtins(self)
        return msgspec.json.encode({**told, "begin": rfc3339(self.begin), "end": rfc3339(self.end)})
