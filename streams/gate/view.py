"""A text as the detectors see it: folded to plain letters and digits, whatever it was dressed in."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Final

from streams.gate.drawn import without_drawn


class Class(IntEnum):
    """What a text is used for, and so how hard the gate looks.

    An identity may be any number, so only what no numbering scheme makes by chance is refused. A place is an
    address. A plain text would be kept as it is, so names are looked for too.
    """

    ID = 0
    PART = 1  # one of several columns that make an identity: as ID, but words are not taken for names
    PLACE = 2
    PLAIN = 3


@dataclass(frozen=True, slots=True)
class View:
    """`plain`: NFKC, ASCII digits, nothing invisible, without what was drawn by lot. `compact`: the same with
    separators between digits taken out. `disguised`: the digits had to be uncovered, so chance is no excuse."""

    plain: str
    compact: str
    kind: Class
    disguised: bool

    @property
    def strict(self) -> bool:
        """Whether a number alone is enough: not in an undisguised identity."""
        return self.disguised or self.kind >= Class.PLACE


_FILLERS: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u180e")
_HAN_DIGITS: Final = {ord(char): str(i % 10) for i, char in enumerate("〇一二三四五六七八九零壹贰叁肆伍陆柒捌玖")}
_HAN_RUN: Final = re.compile(r"[〇零一二三四五六七八九壹贰叁肆伍陆柒捌玖]{7,}")
_BETWEEN: Final = re.compile(r"(?<=[0-9Xx])[\s\-\u2010-\u2015_·・()/*]+(?=[0-9Xx])")
_SPELLED: Final = re.compile(r"(?<![0-9])[0-9](?:[\W_]{1,3}[0-9Xx](?![0-9])){8,}")
_APART: Final = re.compile(r"[\W_]+")


def view_of(text: str, kind: Class, disguised: bool = False) -> View:
    """The view of one text."""
    if text.isascii() and text.isprintable():
        plain = text
    else:
        plain = fold(text)
        disguised = disguised or _digits_were_hidden(text, plain)
    if kind in (Class.ID, Class.PART) and not disguised:
        plain = without_drawn(plain)
    spelled = _SPELLED.search(plain)
    if spelled is not None:
        digits = _APART.sub("", spelled[0])
        return View(plain, f"{_compact(plain)} {digits}", kind, True)
    return View(plain, _compact(plain), kind, disguised)


def fold(text: str) -> str:
    """NFKC; digits of every script as ASCII, also Chinese numerals in runs of seven; nothing invisible."""
    folded = unicodedata.normalize("NFKC", text)
    folded = "".join(map(_shown, folded))
    return _HAN_RUN.sub(lambda run: run[0].translate(_HAN_DIGITS), folded)


def _compact(plain: str) -> str:
    return _BETWEEN.sub("", plain)


def _digits_were_hidden(text: str, plain: str) -> bool:
    """Whether more ASCII digits show now than before, or something invisible is gone."""
    shown = sum(char in "0123456789" for char in plain)
    before = sum(char in "0123456789" for char in text)
    return shown > before or (shown > 0 and any(_shown(char) == "" for char in text))


@lru_cache(maxsize=8192)
def _shown(char: str) -> str:
    if char.isascii():
        return char if char.isprintable() else " " if char in "\t\n\r" else ""
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    if category in ("No", "Nl"):
        digit = unicodedata.digit(char, None)
        return char if digit is None else str(digit)
    if category in ("Cf", "Mn", "Me", "Cc", "Co") or char in _FILLERS:
        return ""
    return " " if category in ("Zs", "Zl", "Zp") else char
