"""How times, lengths, numbers and names are written in a language."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal
from babel.units import format_unit

from alerts.words.catalogue import locale
from rules.trees import Tree

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS: Final = (("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000))
_LENGTHS: Final[Mapping[str, Literal["long", "short"]]] = {"en": "long", "zh": "short"}
"""Chinese has one form; Babel keeps it under "short", and writes "3 duration-hour" when asked for the long one."""
_CLOCK: Final = {"en": "EEE d MMM y, HH:mm", "zh": "y年M月d日 EEE HH:mm"}


def clock_time(at: int, zone: str, language: str) -> str:
    """The city's clock at `at` (ms UTC).

    >>> clock_time(1_453_552_200_000, "America/New_York", "en")
    'Sat 23 Jan 2016, 07:30'
    """
    spoken = locale(language)
    local = (_EPOCH + timedelta(milliseconds=at)).astimezone(ZoneInfo(zone))
    return format_datetime(local, _CLOCK[spoken.language], locale=spoken)


def duration(length: int, language: str) -> str:
    """A length (ms) in the largest unit that divides it: a window of 90 minutes is not "2 hours".

    >>> duration(10_800_000, "en"), duration(5_400_000, "zh-CN")
    ('3 hours', '90分钟')
    """
    unit, size = next((u for u in _UNITS if length % u[1] == 0), _UNITS[-1])
    spoken = locale(language)
    return format_unit(length // size, f"duration-{unit}", length=_LENGTHS[spoken.language], locale=spoken)


def number(value: float, language: str) -> str:
    """One decimal below ten, none above: an expectation is no measurement."""
    return format_decimal(round(value, 1 if abs(value) < 10 else 0), locale=locale(language))


def listed(entries: Sequence[str], language: str) -> str:
    return format_list(list(entries), style="standard", locale=locale(language))


def node_name(tree: Tree, code: str, language: str) -> str:
    """The name of an area or category; its code where the tree no longer holds it."""
    return one_line(tree.name(code, language) if code in tree.by_code else code)


def chosen(names: Mapping[str, str], language: str, otherwise: str) -> str:
    """The text in `language`, else in English, else in any, else `otherwise`."""
    return one_line(names.get(language) or names.get("en") or next(iter(names.values()), otherwise))


def one_line(text: str) -> str:
    """Text from data on one line: no break, no control, bidi or zero-width character passes unseen."""
    return "".join(_seen(character) for character in " ".join(text.split()))


def _seen(character: str) -> str:
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co") else character
