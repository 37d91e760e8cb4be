"""What was laid out of an engine's memory last, so that what is the same is not laid out again.

No flags of change: whether a part is the same is seen in the part itself, by a checksum of sums, or by the rows
that lay in a span. So nothing can be missed that was forgotten to be marked (docs/decisions/0001-records.md).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from rules.facts import Fact

Where: TypeAlias = tuple[str, str, int]
"""(counts, kind of part, block or span)."""


class Laid:
    """Bytes by part, with what they were made of. What is not asked for between two `begin` is let go."""

    def __init__(self) -> None:
        self._now: dict[Where, tuple[object, bytes]] = {}
        self._before: dict[Where, tuple[object, bytes]] = {}

    def begin(self) -> None:
        """All parts will be asked for once more."""
        self._before, self._now = self._now, {}

    def sums(self, where: Where, sums: NDArray[np.signedinteger], make: Callable[[], bytes]) -> bytes:
        """Of a block of a ring, by its running sums; where they began elsewhere it is made anew."""
        mark = (sums.shape, sums.dtype.str, hashlib.blake2b(sums.tobytes(), digest_size=16).digest())
        return self._as(where, mark, make)

    def facts(self, where: Where, facts: Sequence[Fact], make: Callable[[], bytes]) -> bytes:
        """Of some rows."""
        return self._as(where, facts, make)

    def _as(self, where: Where, of: object, make: Callable[[], bytes]) -> bytes:
        found = self._before.get(where)
        if found is None or found[0] != of:
            found = (of, make())
        self._now[where] = found
        return found[1]
