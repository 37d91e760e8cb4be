"""Corrections: rows that take back what was counted. `tocsin feeds retract` writes them; no feed sends them.

A correction carries what it takes back, so it needs neither the memory of identities nor a horizon. Where the memory
still knows the identity, it is an ordinary revision with count 0 that nothing beats; where it does not, what the
correction carries is put back first, and then revised. It stays known for a horizon from its own arrival, so that
reading it again is a repeat.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from msgspec import structs

from rules.facts import Fact
from rules.records import CORRECTION, Rows

LAST_REVISION: Final = int(np.iinfo(np.int64).max)
"""The revision of a correction: no feed can write one as high."""


def corrections_of(rows: Rows) -> Rows:
    """The rows that take `rows` back, shape (rows,), in their order; see ROW for what lies where."""
    back = rows.copy()
    back["flags"] |= CORRECTION
    back["offset"], back["due_at"] = rows["arrived_at"], rows["revision"]
    back["revision"] = LAST_REVISION
    return back


def carried(fact: Fact, revision: int) -> tuple[Fact, Fact]:
    """(what stands from now on, what is taken back) of a correction; `revision` is the one in its `due_at`."""
    flags, arrived = fact.flags & ~CORRECTION, fact.offset
    old = structs.replace(fact, revision=revision, flags=flags, arrived_at=arrived, received_at=arrived)
    return structs.replace(fact, count=0), old
