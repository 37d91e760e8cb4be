"""Bank cards: an issuer's prefix, a length that the issuer uses, and the Luhn digit.

One in ten random numbers passes Luhn; with Visa's prefix, a 4, one in a hundred. In an undisguised identity only
UnionPay's 621 to 625 and 628 count (one in 1,600), or the four-digit groups of a card.
Source: ISO/IEC 7812-1, annex B.
"""

from __future__ import annotations

import re
from typing import Final

from streams.gate.view import View

_RUN: Final = re.compile(r"(?<![0-9])[0-9]{13,19}(?![0-9])")
_GROUPED: Final = re.compile(r"(?<![0-9])[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,4}(?:\1[0-9]{1,3})?(?![0-9])")
_SPACES: Final = re.compile(r"(?<=[0-9]) (?=[0-9])")
_UNION_PAY: Final = re.compile(r"62[1-58][0-9]{13,16}")
_ISSUED: Final = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"  # Visa
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"  # Mastercard
    r"|3[47][0-9]{13}"  # American Express
    r"|3(?:0[0-5]|[689][0-9])[0-9]{11}"  # Diners
    r"|35(?:2[89]|[3-8][0-9])[0-9]{12}"  # JCB
    r"|(?:6011|64[4-9][0-9]|65[0-9]{2})[0-9]{12}"  # Discover
    r"|62[0-9]{14,17}"  # UnionPay
)
_DOUBLED: Final = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def card(view: View) -> bool:
    """Whether a card number stands in the text."""
    form = _ISSUED if view.strict else _UNION_PAY
    source = view.compact if view.strict else _SPACES.sub("", view.plain)
    if any(form.fullmatch(found[0]) and luhn(found[0]) for found in _RUN.finditer(source)):
        return True
    grouped = (re.sub("[ -]", "", found[0]) for found in _GROUPED.finditer(view.plain))
    return any(_ISSUED.fullmatch(digits) and luhn(digits) for digits in grouped)


def luhn(digits: str) -> bool:
    """Whether the last digit is the Luhn digit of the others.

    >>> luhn("4111111111111111"), luhn("4111111111111112")
    (True, False)
    """
    numbers = [int(digit) for digit in reversed(digits)]
    return (sum(numbers[::2]) + sum(_DOUBLED[number] for number in numbers[1::2])) % 10 == 0
