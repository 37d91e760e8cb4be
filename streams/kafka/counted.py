"""Counts as they lie in their topic: a record a cell, absolute; of each key the last one is all there is to know.

The key names city, rule, area, category, length and start. What a settled cell counts by now has a key of its own
beside it: compaction would else forget what was expected.
"""

from __future__ import annotations

from typing import Final

import msgspec

from rules.shown import Count, Recount

SEPARATOR: Final = "\x1f"
_LATER: Final = "later"


def entry(city: str, row: Count | Recount) -> tuple[bytes, bytes]:
    """Key and value of a row's record."""
    where = [city, row.rule, row.area, row.category, str(row.step), str(row.start)]
    if isinstance(row, Recount):
        where.append(_LATER)
    return SEPARATOR.join(where).encode(), msgspec.json.encode(row)


def read(key: bytes, value: bytes) -> tuple[str, Count | Recount]:
    """City and row of a record. Raises msgspec.MsgspecError where it is none of ours, or of a format to come."""
    city = key.decode("utf-8", "replace").partition(SEPARATOR)[0]
    return city, msgspec.json.decode(value, type=Count | Recount)
