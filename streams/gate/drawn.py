"""Ids that were drawn by lot: UUIDs, ULIDs and digests in hexadecimal. Chance puts a number into one of 40,000 of them.

What stands inside such a token is nobody's number, so the gate does not look there; the digits at its ends stay, as a
number may go on in what stands beside. A number that somebody wrote into the form of one is known by what surrounds it:
zeros, fillers and ascending digits are not drawn. Source: RFC 9562; github.com/ulid/spec.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

SHORTEST: Final = 24
CARD: Final = 16
"""Digits of four groups of four."""
LONG: Final = 13
"""Digits from which on a run in an undisguised id may be a number."""
MOST_DIGITS: Final = 8
"""Of a ULID, in a row: letters are two in three of its characters, so a longer run is no chance."""

_TOKEN: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12})"
    r"|[0-9a-f]{24,128}|[0-9A-F]{24,128}"
    r"|(?P<ulid>0[1-3](?:[0-9A-HJKMNP-TV-Z]{24}|[0-9a-hjkmnp-tv-z]{24}))"  # its time is of 2004 to 2109
    r")(?![0-9A-Za-z])"
)
_DIGITS: Final = re.compile(r"[0-9]+")
_ENDS: Final = re.compile(r"(?P<first>[0-9]{0,12})[0-9A-Za-z-]*?(?P<last>[0-9]{0,12})")


def without_drawn(text: str) -> str:
    """The text without the inside of tokens that were drawn by lot. Behind a UUID that was not stands, by itself, what
    may be a card in it: four groups of four digits that fillers surround.

    >>> without_drawn("inc-7b34ea16-4586-4791-9232-1156b9db3ee3"), without_drawn("ffffffff-4111-1111-1111-1111ffffffff")
    ('inc-7u0u3', 'ffffffff-4111-1111-1111-1111ffffffffu4111-1111-1111-1111u')
    """
    return text if len(text) < SHORTEST else _TOKEN.sub(_cut, text)


def _cut(token: re.Match[str]) -> str:
    characters = token[0].replace("-", "")
    if token["uuid"] is not None:
        cards = list(_cards(characters))
        if cards:
            return f"{token[0]}u{'u'.join(cards)}u"
    elif token["ulid"] is not None:
        if any(len(run) > MOST_DIGITS for run in _DIGITS.findall(characters)):
            return token[0]
    elif not all(_drawn(characters[: run.start()] + characters[run.end() :]) for run in _long(characters)):
        return token[0]
    ends = _ENDS.fullmatch(token[0])
    assert ends is not None
    return f"{ends['first']}u0u{ends['last']}"


def _cards(characters: str) -> Iterator[str]:
    """Four groups of four digits in a UUID, with what is around them not drawn by lot."""
    for at in range(0, len(characters) - CARD + 1, 4):
        four = characters[at : at + CARD]
        if four.isdecimal() and not _drawn(characters[:at] + characters[at + CARD :]):
            yield "-".join(four[i : i + 4] for i in range(0, CARD, 4))


def _long(characters: str) -> Iterator[re.Match[str]]:
    return (run for run in _DIGITS.finditer(characters) if run.end() - run.start() >= LONG)


def _drawn(around: str) -> bool:
    """Whether hexadecimal digits look drawn by lot: both letters and digits, not few different ones, and not more than
    half of them the same as or one above the one before. Of 16 that were drawn one in 1,600 does not look so."""
    if around.isalpha() or not around or around.isdecimal():
        return False
    values = [int(char, 16) for char in around]
    steps = sum(after - before in (0, 1) for before, after in pairwise(values))
    return len(set(values)) >= min(6, len(around) // 2) and 2 * steps <= len(around)
