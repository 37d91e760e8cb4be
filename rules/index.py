"""Where each identity lies: open addressing over columns, a whole frame a step."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rules.detectors.port import BoolArray, IntArray
from rules.facts import FactRows

_PIECE: Final = 1 << 16
"""Rows entered at a time when the table is made anew: what is worked out between stays near at hand."""
_LEAST: Final = 4_096

Places = NDArray[np.int64]
"""Indices of rows, shape (rows,)."""


class Index:
    """Place + 1 by hash of the identity; 0: nothing. Rows that are forgotten stay in it, dead, until it is made anew.

    It keeps no rows: `rows` and `live` are the columns of whoever asks; a place where `live` is 0 is met by nobody.
    """

    def __init__(self) -> None:
        self._table = np.zeros(_LEAST, np.int32)

    @property
    def nbytes(self) -> int:
        """What it takes in memory."""
        return self._table.nbytes

    def holds(self, rows: int) -> bool:
        """Whether there is room for as many."""
        return 2 * rows <= len(self._table)

    def rebuild(self, rows: FactRows, live: NDArray[np.uint8], room: int) -> None:
        """Make it anew for the live rows, with room for as many as `room`."""
        self._table = np.zeros(1 << int(max(_LEAST, 4 * room) - 1).bit_length(), np.int32)
        table, mask = self._table, len(self._table) - 1
        places = np.flatnonzero(live)
        for first in range(0, len(places), _PIECE):
            left = places[first : first + _PIECE]
            slots = self._slots(rows, left)
            while len(left):  # no two are alike: each only looks for a free slot
                free = table[slots] == 0
                table[slots[free]] = left[free] + 1
                lost = table[slots] != left + 1
                left, slots = left[lost], (slots[lost] + 1) & mask

    def _slots(self, rows: FactRows, places: Places | slice) -> IntArray:
        mixed = rows["id0"][places] * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= rows["id1"][places] * np.uint64(0xC2B2AE3D27D4EB4F)
        mixed ^= rows["stage"][places].astype(np.uint64)
        mixed *= np.uint64(0xD6E8FEB86659FD93)
        mixed >>= np.uint64(20)
        return mixed.astype(np.int64) & (len(self._table) - 1)

    def find(self, asked: FactRows, rows: FactRows, live: NDArray[np.uint8]) -> Places:
        """Where the identity of each row of `asked` lies; -1: nobody knows it."""
        found = np.full(len(asked), -1, np.int64)
        left, slots, mask = np.arange(len(asked)), self._slots(asked, slice(None)), len(self._table) - 1
        while len(left):
            there = self._table[slots].astype(np.int64) - 1
            held = there >= 0
            left, slots, there = left[held], slots[held], there[held]
            same = _same(rows, there, asked, left) & (live[there] != 0)
            found[left[same]] = there[same]
            left, slots = left[~same], (slots[~same] + 1) & mask
        return found

    def enter(self, places: Places, rows: FactRows, live: NDArray[np.uint8]) -> BoolArray:
        """Enter live rows; False where an earlier one of `places` has the same identity."""
        mine = np.ones(len(places), bool)
        left, mask = np.arange(len(places)), len(self._table) - 1
        slots = self._slots(rows, places)
        while len(left):
            free = self._table[slots] == 0
            # of several that want one slot the last written wins: written backwards, the first
            self._table[slots[free][::-1]] = places[left[free]][::-1] + 1
            there = self._table[slots].astype(np.int64) - 1
            won = there == places[left]
            lost, others = left[~won], there[~won]
            same = _same(rows, others, rows, places[lost]) & (live[others] != 0)
            mine[lost[same]] = False
            left, slots = lost[~same], (slots[~won][~same] + 1) & mask
        return mine


def _same(rows: FactRows, places: Places, others: FactRows, at: Places) -> BoolArray:
    same: BoolArray = rows["id0"][places] == others["id0"][at]
    same &= rows["id1"][places] == others["id1"][at]
    same &= rows["stage"][places] == others["stage"][at]
    return same
