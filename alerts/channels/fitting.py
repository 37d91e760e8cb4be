"""Words cut to what a robot takes: bytes go from the tail, never the colour and the place, and a link stays whole.

What a robot would read as an order (mention everybody, a link, bold) is made harmless, byte for byte: nothing grows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from alerts.channels.port import Message

CUT: Final = "…"
_HARMLESS: Final = str.maketrans({"<": "(", ">": ")", "[": "(", "]": ")", "*": "-", "`": "'", "#": "-", "~": "-"})


def fitted(message: Message, limit: int, link: str) -> str:
    """Title, text and `link` (a line of its own, "" none) in at most `limit` bytes of UTF-8."""
    tail = f"\n{link}" if link else ""
    head = _head(message, (limit - len(tail.encode())) // 2)
    room = limit - len(tail.encode()) - len(head.encode())
    return head + "".join(_lines(harmless(message.text), room)) + tail


def harmless(text: str) -> str:
    """`text` with the signs that robots obey replaced by plain ones of the same length.

    >>> harmless('<@all> [here](https://x)')
    '(@all) (here)(https://x)'
    """
    return text.translate(_HARMLESS)


def clipped(text: str, limit: int) -> str:
    """As much of `text` as `limit` bytes hold, at the end of a character; a cut is marked."""
    data = text.encode()
    if len(data) <= limit:
        return text
    room = limit - len(CUT.encode())
    return data[:room].decode(errors="ignore") + CUT if room >= 0 else ""


def _head(message: Message, limit: int) -> str:
    """The title; where names are too long for it, the colour and the place by themselves."""
    title = harmless(message.title)
    if len(title.encode()) <= limit:
        return title
    told = (str(message.alert.get(key) or "") for key in ("colour", "area_name", "category_name"))
    parts = [harmless(part) for part in told if part]
    return " ".join(clipped(part, (limit - len(parts)) // len(parts)) for part in parts) or clipped(title, limit)


def _lines(text: str, room: int) -> Iterator[str]:
    for line in text.split("\n") if text else ():
        whole = f"\n{line}"
        if len(whole.encode()) > room:
            yield clipped(whole, room)
            return
        room -= len(whole.encode())
        yield whole
