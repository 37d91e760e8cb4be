"""What an intake must know of the past of its cities, beside the offsets that it commits: in their metadata.

It is written in the same transaction as the records that it tells of, and read by whoever takes the partition over.
"""

from __future__ import annotations

from typing import Final

import msgspec

from streams.messages import SpokenError

MOST_BYTES: Final = 4_000
"""What a broker keeps beside an offset (offset.metadata.max.bytes, 4096 unless it was changed)."""


class Marks(msgspec.Struct):
    """Of one partition, by city: the last tick that was written out of it, ms; of the orders, the book in force."""

    shown: dict[str, int] = {}
    books: dict[str, str] = {}

    def text(self) -> str:
        """Raises SpokenError where the cities of one partition are more than a broker keeps marks of."""
        data = msgspec.json.encode(self)
        if len(data) > MOST_BYTES:
            raise SpokenError("kafka-crowded", cities=max(len(self.shown), len(self.books)))
        return data.decode()


def marks_of(text: str | None) -> Marks:
    return msgspec.json.decode(text, type=Marks) if text else Marks()
