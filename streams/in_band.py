"""Time that is brought among records: `{"tick": t}`, on the stream clock alone."""

from __future__ import annotations

import msgspec


class BandTick(msgspec.Struct, forbid_unknown_fields=True):
    """`t` in ms: what arrived by then has been brought."""

    tick: int
