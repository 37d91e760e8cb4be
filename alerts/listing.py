"""A list of what is held, as one notice carries it: each alert by colour and place, none of them asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from alerts.alert import Alert
from rules.signals import SignalKind

ROWS: Final = 30
"""Alerts of one list; in Chinese so many fit into 4,096 bytes."""


class Row(msgspec.Struct, frozen=True):
    alert: str
    kind: SignalKind
    colour: str
    rule: str
    area: str
    category: str
    feed: str


class Listing(msgspec.Struct, frozen=True):
    """`rows`: the gravest first. `more`: alerts that are held for the first time too, and stand in no row."""

    rows: tuple[Row, ...]
    more: int


def listed(held: Sequence[Alert]) -> str:
    """A list of `held`, the gravest first, as a notice carries it."""
    rows = tuple(
        Row(one.id, one.signal.kind, one.colour, one.signal.rule, one.signal.area, one.signal.category, one.signal.feed)
        for one in held[:ROWS]
    )
    return msgspec.json.encode(Listing(rows, len(held) - len(rows))).decode()


def listing_in(about: str) -> Listing:
    """The list that a notice carries. Raises msgspec.ValidationError."""
    return msgspec.json.decode(about, type=Listing)
