"""Durations, rates, days and hours as people write them: 10m, 1h, 7d; 2 per month; 2016-01-23; 08:00."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
WEEK: Final = 7 * DAY
LONGEST: Final = 3660 * DAY

_UNITS: Final = {"s": 1000, "m": MINUTE, "h": HOUR, "d": DAY, "w": WEEK}
_DURATION: Final = re.compile(r"([0-9]{1,6})(s|m|h|d|w)\Z")
_RATE: Final = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,6})?) per (week|month|year)\Z")
_MONTHS: Final = {"week": 7 / 30, "month": 1.0, "year": 365 / 30}
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_HOUR: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]\Z")


def milliseconds(value: Any) -> int:
    """`10m` -> 600000. Zero is a duration; the longest is ten years."""
    if isinstance(value, str) and (match := _DURATION.match(value)):
        duration = int(match[1]) * _UNITS[match[2]]
        if duration <= LONGEST:
            return duration
    raise PydanticCustomError("duration-unreadable", "not a duration", {"value": value})


def written(duration: int) -> str:
    """600000 -> `10m`: the largest unit that fits."""
    for unit in ("w", "d", "h", "m", "s"):
        if duration and duration % _UNITS[unit] == 0:
            return f"{duration // _UNITS[unit]}{unit}"
    return f"{duration / 1000:g}s"


def per_month(value: Any) -> float:
    """`2 per month` -> 2.0; a month is 30 days."""
    if isinstance(value, str) and (match := _RATE.match(value)) and float(match[1]) > 0:
        return float(match[1]) / _MONTHS[match[2]]
    raise PydanticCustomError("rate-unreadable", "not a rate", {"value": value})


def _day(value: Any) -> str:
    try:
        if isinstance(value, str) and date.fromisoformat(value).isoformat() == value:
            return value
    except ValueError:
        pass  # said below, like every other form that is no day
    raise PydanticCustomError("day-unreadable", "not a day", {"value": value})


def _hour(value: Any) -> str:
    if isinstance(value, str) and _HOUR.match(value):
        return value
    raise PydanticCustomError("hour-unreadable", "not an hour", {"value": value})


def _form(pattern: re.Pattern[str]) -> WithJsonSchema:
    """What an editor is told of a form: the same pattern as the reader's."""
    return WithJsonSchema({"type": "string", "pattern": f"^{pattern.pattern.removesuffix(chr(92) + 'Z')}$"})


Duration = Annotated[int, BeforeValidator(milliseconds), _form(_DURATION)]
"""Milliseconds."""
PerMonth = Annotated[float, BeforeValidator(per_month), _form(_RATE)]
Day = Annotated[str, BeforeValidator(_day), _form(_DATE)]
"""A local date, ISO."""
Hour = Annotated[str, BeforeValidator(_hour), _form(_HOUR)]
"""HH:MM, local."""
