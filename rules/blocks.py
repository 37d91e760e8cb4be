"""Counts cut into blocks of buckets, packed: what has settled stays as it is, so that it is written once.

A block holds the events of each bucket, not their running sum: a late change moves one block and not all later ones.
Mostly there is nothing: kept are the series that hold something in a bucket, as steps from one to the next, and what
they hold. A block does not change when series join.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rules.laid import Laid
from rules.packing import pack, unpack
from rules.rings import WIDE, Ring

BLOCK: Final = 32
"""Buckets in a block; of ten minutes: a good five hours."""


def blocks_of(ring: Ring) -> range:
    """The blocks over what a ring holds: block n holds the buckets from n * BLOCK on."""
    return range((ring.lo + 1) // BLOCK, ring.hi // BLOCK + 1) if ring.lo < ring.hi else range(0)


def cut(ring: Ring, laid: Laid | None = None, of: tuple[str, str] = ("", "")) -> dict[int, bytes]:
    """The blocks of a ring that hold events. `laid`: what was laid out before, `of` these counts and this kind."""
    found = {}
    for block in blocks_of(ring):
        first, last = max(ring.lo + 1, block * BLOCK), min(ring.hi, (block + 1) * BLOCK - 1)
        cum = ring.cum[np.arange(first - 1, last + 1) % ring.size, : ring.series]
        begin = first - block * BLOCK
        make = partial(_packed, cum, begin)
        data = make() if laid is None else laid.sums((*of, block * BLOCK + begin), cum, make)
        if data:
            found[block] = data
    return found


def _packed(cum: NDArray[Any], begin: int) -> bytes:
    """A block from its running sums, shape (buckets + 1, series), the first of which is its `begin`th; empty where it
    holds nothing."""
    events = np.zeros((BLOCK, cum.shape[1]), np.int32)
    events[begin : begin + len(cum) - 1] = np.diff(cum, axis=0)
    buckets, series = np.nonzero(events)
    if not len(buckets):
        return b""
    many = np.bincount(buckets, minlength=BLOCK)
    steps = np.diff(series, prepend=0)
    begins = (np.cumsum(many) - many)[many > 0]
    steps[begins] = series[begins]  # each bucket counts its steps from the first series on
    return pack([many, steps, events[buckets, series]], {})


def join(ring: Ring, blocks: Mapping[int, bytes]) -> None:
    """Fill a ring whose size, series, lo and hi are set."""
    cum = np.zeros((ring.size, max(ring.series, 1)), WIDE)
    for block, data in blocks.items():
        many, steps, events = unpack(data, {})
        total = np.cumsum(steps)
        before = np.concatenate([[0], total])[np.cumsum(many) - many]
        series = total - np.repeat(before, many)
        buckets = np.repeat(np.arange(BLOCK) + block * BLOCK, many)
        cum[buckets % ring.size, series] = events
    for bucket in range(ring.lo + 1, ring.hi + 1):
        cum[bucket % ring.size] += cum[(bucket - 1) % ring.size]
    ring.fill(cum)
