"""Vehicle plates: the Chinese ones, whose form is clear, and any with a word such as `plate` beside it."""

from __future__ import annotations

import re
from typing import Final

from streams.gate.view import View

_CHINESE: Final = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领]\s?[A-HJ-NP-Z][\s·•.\-]{0,3}"
    r"(?=[A-Z\s-]{0,7}[0-9])[A-HJ-NP-Z0-9]"
    r"(?:(?:[\s\-]?[A-HJ-NP-Z0-9]){3,4}[挂学警港澳]|(?:[\s\-]?[A-HJ-NP-Z0-9]){4,5})"
    r"(?![A-Z0-9])",
    re.IGNORECASE,
)
_TOLD: Final = re.compile(
    r"(?:(?<![a-z])(?:licen[cs]e|number)\s+plate|(?<![a-z])plate(?:\s+no)?|(?<![a-z])lic\.?\s+no|车牌号?|牌照)"
    r"[^A-Za-z0-9]{1,4}(?=[A-Z -]{0,8}[0-9])[A-Z0-9][A-Z0-9 -]{3,8}",
    re.IGNORECASE,
)


def plate(view: View) -> bool:
    """Whether a vehicle plate stands in the text."""
    return bool(_CHINESE.search(view.plain) or _TOLD.search(view.plain))
