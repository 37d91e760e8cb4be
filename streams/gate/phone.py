"""Telephone numbers of persons: Chinese mobiles, clear US forms, anything with a country code and a plus.

Of random 11-digit numbers one in fourteen looks like a Chinese mobile. So a bare one is refused in a place or a
plain text, but in an identity only in a form that no numbering scheme makes: grouped, with a country code, with a
word beside it, or disguised. What passes is hashed at once under the city's key.
"""

from __future__ import annotations

import re
from typing import Final

from streams.gate.view import View

_MOBILE: Final = re.compile(r"(?<![0-9])(?:1[3-9][0-9]{9}|(?:00?)?861[3-9][0-9]{9})(?![0-9])")
_ABROAD: Final = re.compile(r"(?<![0-9])(?:00?)?861[3-9][0-9]{9}(?![0-9])")
_GROUPED: Final = re.compile(r"(?<![0-9A-Za-z.-])1[3-9][0-9]([ .-])[0-9]{4}\1[0-9]{4}(?![0-9A-Za-z-])")
_PLUS: Final = re.compile(r"\+ ?\(?[1-9](?:[ ().-]{0,2}[0-9]){7,14}(?![0-9])")
_US: Final = re.compile(
    r"(?<![0-9A-Za-z-])(?:1[ .-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}([.-]))[2-9][0-9]{2}(?(1)\1|[ .-])"
    r"[0-9]{4}(?![0-9A-Za-z-])"
)
_US_BRACKETED: Final = re.compile(r"\([2-9][0-9]{2}\)[2-9][0-9]{2}[.-][0-9]{4}(?![0-9])")
_LANDLINE: Final = re.compile(r"(?<![0-9A-Za-z])\(?0(?:10|2[0-9]|[3-9][0-9]{2})\)?[ -][2-8][0-9]{6,7}(?![0-9])")
_TOLD: Final = re.compile(
    r"(?:(?<![a-z])(?:tel|phone|mobile|cell|whatsapp|wechat|weixin|qq|fax)|电话|手机|联系方式|微信|座机)[^0-9]{0,6}[0-9]{6,}",
    re.IGNORECASE,
)


def phone(view: View) -> bool:
    """Whether a telephone number stands in the text."""
    if _PLUS.search(view.plain) or _US.search(view.plain) or _TOLD.search(view.compact) or _GROUPED.search(view.plain):
        return True
    if "(" in view.plain and _US_BRACKETED.search("".join(view.plain.split())):
        return True
    if view.strict:
        return bool(_MOBILE.search(view.compact) or _LANDLINE.search(view.plain))
    return _ABROAD.search(view.plain) is not None
