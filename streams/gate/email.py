"""E-mail addresses, also with the at sign spelled."""

from __future__ import annotations

import re
from typing import Final

from streams.gate.view import View

_ADDRESS: Final = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_UNDER: Final = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)*\.(?:[A-Za-z]{2,}|中[国國]|公司|网[络址]|香港|台[湾灣])")
"""Under an encoding chance makes an at sign and a dot of random ids: there the end must be one that addresses have."""
_SPELLED: Final = re.compile(
    r"[\w.+-]+\s?(?:@|[\[({<]\s?at\s?[\])}>]|\sat\s)\s?[\w-]+\s?(?:\.|[\[({<]\s?dot\s?[\])}>]|\sdot\s)\s?"
    r"(?:com|cn|net|org|edu|gov|mil|info|io|me|co|hk|tw|us|uk|de|fr|ru|jp|qq|mail)\b",
    re.IGNORECASE,
)
_APART: Final = re.compile(
    r"[\w.+-]@[\w-]+(?:\.[\w-]+)*\.(?:com|cn|net|org|edu|gov|mil|info|io|hk|tw|uk|jp)(?![A-Za-z])"
)


def email(view: View) -> bool:
    """Whether an e-mail address stands in the text."""
    at = "@" in view.plain
    if not at and "at" not in view.plain.lower():
        return False
    address = _UNDER if view.disguised else _ADDRESS
    if (at and address.search(view.plain)) or _SPELLED.search(view.plain):
        return True
    return at and _APART.search("".join(view.plain.split())) is not None
