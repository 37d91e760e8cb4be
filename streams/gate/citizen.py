"""Citizen numbers: the 18-digit Chinese number by its checksum, the old 15-digit one, the US form with hyphens.

A random 18-digit number passes province, birthday and checksum once in some 60,000.
Source: GB 11643-1999; ISO 7064, MOD 11-2.
"""

from __future__ import annotations

import re
from typing import Final

from streams.gate.view import View

_RUN: Final = re.compile(r"(?=([0-9]{17}[0-9Xx]))")
_OLD: Final = re.compile(r"(?<![0-9A-Za-z])[0-9]{15}(?![0-9A-Za-z])")
_US: Final = re.compile(r"(?<![0-9A-Za-z-])(?!000|666|9)[0-9]{3}([- ])(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![0-9A-Za-z-])")
_PREFECTURES: Final = {
    province: frozenset((*range(1, last_city + 1), *range(21, last_region + 1), *extra))
    for province, last_city, last_region, extra in (
        ("11", 2, 0, ()), ("12", 2, 0, ()), ("13", 11, 30, ()), ("14", 11, 27, ()), ("15", 9, 30, ()),
        ("21", 14, 0, ()), ("22", 8, 0, (24,)), ("23", 12, 27, ()), ("31", 2, 0, ()), ("32", 13, 31, ()),
        ("33", 11, 27, ()), ("34", 18, 29, ()), ("35", 9, 27, ()), ("36", 11, 25, ()), ("37", 17, 31, ()),
        ("41", 18, 30, (90,)), ("42", 13, 28, (90,)), ("43", 13, 33, ()), ("44", 21, 29, (51, 52, 53)),
        ("45", 14, 30, ()), ("46", 4, 0, (90,)), ("50", 3, 0, ()), ("51", 20, 37, ()), ("52", 6, 29, ()),
        ("53", 9, 36, ()), ("54", 6, 26, ()), ("61", 10, 29, ()), ("62", 12, 30, ()), ("63", 2, 28, ()),
        ("64", 5, 22, ()), ("65", 5, 43, (90,)),
    )
}  # fmt: skip
"""Of each province the cities, the former regions (21 and up) and the counties without one (90), for the old form."""
_PROVINCES: Final = frozenset((*_PREFECTURES, "71", "81", "82", "83"))
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS: Final = "10X98765432"
_LONGEST_MONTHS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def citizen(view: View) -> bool:
    """Whether a citizen number stands in the text."""
    if any(is_citizen_number(found[1]) for found in _RUN.finditer(view.compact)):
        return True
    if any(is_old_citizen_number(found[0]) for found in _OLD.finditer(view.compact)):
        return True
    return _US.search(view.plain) is not None


def is_citizen_number(digits: str) -> bool:
    """An 18-character number with province, birthday and checksum.

    >>> is_citizen_number("11010519491231002X")
    True
    """
    if digits[:2] not in _PROVINCES or not _birthday(int(digits[6:10]), digits[10:14]):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(WEIGHTS, digits, strict=False))
    return CHECKS[total % 11] == digits[17].upper()


def is_old_citizen_number(digits: str) -> bool:
    """A 15-digit number, given until 1999: a birthday of 1915 to 1999 and no checksum.

    The prefecture must be one that the province has or had, the county 01-35 or 81-85: by province and birthday
    alone one random number in 100 would pass, so it is one in 1,200.
    """
    county = int(digits[4:6])
    if int(digits[2:4]) not in _PREFECTURES.get(digits[:2], ()) or not (1 <= county <= 35 or 81 <= county <= 85):
        return False
    return int(digits[6:8]) >= 15 and digits[12:] != "000" and _birthday(1900 + int(digits[6:8]), digits[8:12])


def _birthday(year: int, month_day: str) -> bool:
    month, day = int(month_day[:2]), int(month_day[2:])
    return 1900 <= year < 2040 and 1 <= month <= 12 and 1 <= day <= _LONGEST_MONTHS[month - 1]
