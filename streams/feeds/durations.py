"""Durations as people write them (`90s`, `10m`, `1h`, `7d`, `2w`), in ms inside."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import BeforeValidator, Field

_UNITS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_SHAPE: Final = re.compile(r"([0-9]{1,9})\s*(ms|s|m|h|d|w)", re.ASCII)


def duration(text: object) -> int:
    """`text` in ms. Raises ValueError where it is no number with a unit.

    >>> duration("90s"), duration("2w")
    (90000, 1209600000)
    """
    found = _SHAPE.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise ValueError("a duration is a whole number and a unit: 90s, 10m, 1h, 7d or 2w")
    return int(found[1]) * _UNITS[found[2]]


Duration = Annotated[int, BeforeValidator(duration), Field(json_schema_extra={"type": "string", "examples": ["1h"]})]
"""A field of a file that people write; ms once it is read."""
